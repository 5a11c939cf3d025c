"""The shop database from a shell: `python -m clv shop init`, `synth`, `load`.

(`shop analyse` is the analysis of any file, with the orders of the database in its place.)
"""

import argparse
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, Final

from clv.store.shop.database import create_shop, open_shop
from clv.store.shop.fields import TABLES
from clv.store.shop.loading import LoadRefused, load_file
from clv.store.shop.plan import Plan
from clv.store.shop.rows import count
from clv.store.shop.synthetic import fill, truth_path

Say = Callable[[str], None]

_DEFAULTS: Final = Plan()
_PARAMETERS: Final = {
    "purchase": ("R ALPHA", "orders per day vary between customers as Gamma(R, ALPHA)"),
    "departure": ("A B", "chance of leaving after a repeat order varies as Beta(A, B)"),
    "spend": ("P Q V", "order values: Gamma-Gamma with P, Q and V"),
}


def add_commands(parser: argparse.ArgumentParser) -> Any:
    """Add init, synth and load to `shop`; returns the list of commands, for others to join."""
    commands = parser.add_subparsers(dest="shop", required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="make the tables; once made, it changes nothing")
    synth = commands.add_parser("synth", help="fill it with an invented shop, truth kept beside")
    load = commands.add_parser("load", help="load a file into a table, all of it or nothing")
    for command in (init, synth, load):
        add_address(command)
    for name in ("customers", "products", "months", "seed"):
        synth.add_argument(f"--{name}", type=int, default=getattr(_DEFAULTS, name))
    for name, (metavar, about) in _PARAMETERS.items():
        usual = getattr(_DEFAULTS, name)
        synth.add_argument(
            f"--{name}",
            type=float,
            nargs=len(usual),
            default=usual,
            metavar=tuple(metavar.split()),
            help=f"{about} (default: {' '.join(f'{number:g}' for number in usual)})",
        )
    synth.add_argument("--refund-share", type=float, default=_DEFAULTS.refund_share)
    synth.add_argument("--seasonality", type=float, default=0.0, help="0 to 0.95 (default: none)")
    synth.add_argument("--no-flash-sale", dest="flash_sale", action="store_false")
    synth.add_argument("--last-day", type=date.fromisoformat, default=_DEFAULTS.last_day)
    load.add_argument("table", choices=TABLES)
    load.add_argument("file", type=Path, metavar="FILE")
    return commands


def add_address(command: argparse.ArgumentParser) -> None:
    """The options that every command of the shop has."""
    command.add_argument(
        "--url",
        help="sqlite:///shop.db or postgresql://... (default: CLV_SHOP_URL, else shop.db in the "
        "store folder)",
    )
    command.add_argument("-q", "--quiet", action="store_true", help="no progress")


def run(options: argparse.Namespace, say: Say) -> None:
    """Run init, synth or load."""
    {"init": _init, "synth": _synth, "load": _load}[options.shop](options, say)


def _init(options: argparse.Namespace, say: Say) -> None:
    database = create_shop(options.url)
    say(f"The shop database '{_name(database)}' is there, with the tables {', '.join(TABLES)}.")


def _synth(options: argparse.Namespace, say: Say) -> None:
    given: dict[str, Any] = {field.name: getattr(options, field.name) for field in fields(Plan)}
    given |= {name: tuple(given[name]) for name in _PARAMETERS}
    plan = Plan(**given)
    database = create_shop(options.url)
    say("Inventing the shop ...")
    truth = fill(database, plan)
    for table in TABLES:
        say(f"  {count(database, table):>9,}  {table}")
    for one, other in truth.pairs:
        say(f"  Bought together: {one} and {other}")
    path = truth_path(database)
    say(f"The truth is in {path}.json and {path.name}.parquet")


def _load(options: argparse.Namespace, say: Say) -> None:
    database = open_shop(options.url)
    say(f"Loading {options.file} ...")
    try:
        rows = load_file(database, options.table, options.file)
    except LoadRefused as refused:
        for reject in refused.rejects:
            say(f"  Row {reject.row:>9,}: {reject.why}")
        raise
    say(f"  {rows:,} rows are in the table {options.table}.")


def _name(database: Any) -> str:
    """Its name, without the address, which may hold a password."""
    return Path(str(database.url.database)).name
