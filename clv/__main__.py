"""The command line: `python -m clv analyse FILE ...`, `check`, `mapping`; `shop`, `token`.

Exit status 0 when the answer was written, 1 when the file or settings were refused (the two
strings of the error go to standard error), 2 for a call that cannot be understood.
"""

import argparse
import codecs
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pandas as pd

import clv
from clv.exports import to_csv
from clv.intake.database import is_database
from clv.settings import AUTOMATIC, ChurnMethod, ModelName, Refunds
from clv.store import token_commands
from clv.store.shop import commands as shop_commands
from clv.store.shop import source as shop_source
from clv.store.shop.database import open_shop

Say = Callable[[str], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    say = _silent if options.quiet else _say
    try:
        if options.command == "mapping":
            _print_json(clv.suggest_shape(_raw(options, say)).to_json())
        elif options.command == "shop" and options.shop != "analyse":
            shop_commands.run(options, say)
        elif options.command == "token":
            token_commands.run(options, say)
        else:
            _analyse(options, say)
    except clv.CLVError as error:
        print(f"Error: {error.message}\nHint:  {error.hint}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Error: {error.strerror}: {error.filename}", file=sys.stderr)
        print("Hint:  Check that the folder exists and can be written to.", file=sys.stderr)
        return 1
    return 0


def _analyse(options: argparse.Namespace, say: Say) -> None:
    raw = _raw(options, say)
    recipe = _recipe(options, raw, say)
    one_row = (
        "customer" if isinstance(recipe.mapping, clv.CustomerMapping) else "order or order line"
    )
    say(f"  One row per {one_row}")
    for role, column in recipe.mapping.roles.items():
        say(f"  {role:<13} {column}")
    say("Cleaning ...")
    shop = recipe.clean(raw)
    for sentence in shop.in_short:
        say(f"  {sentence}")
    for reason, rows in shop.ledger.reasons.items():
        say(f"  {rows:>9,}  left out: {reason}")
    for changed in shop.ledger.changes:
        say(f"  {changed.rows:>9,}  {changed.change}")
    if options.command == "check":
        return
    say("Fitting and valuing ...")
    settings = clv.Settings(
        margin=options.margin,
        horizon_months=options.horizon,
        annual_discount=options.discount,
        churn_method=options.churn,
        model=options.model,
        analysis_date=options.analysis_date,
    )
    result = clv.analyse(shop, settings)
    say(f"  {result.model.reason or (result.model.problem and result.model.problem.message)}")
    say(f"  {result.verdict}")
    _write(result, recipe, options.out)
    say(f"Written to {options.out}")


def _recipe(options: argparse.Namespace, raw: clv.RawTable, say: Say) -> clv.Recipe:
    """The recipe given, after saying what is different now; else one made from the file."""
    if options.recipe is None:
        rules = clv.Rules(refunds=options.refunds or "net", until=options.analysis_date)
        if shop_source.is_orders(raw):
            return shop_source.recipe(raw, rules)
        return clv.Recipe.of(raw, clv.suggest_shape(raw), rules, clv.Corrections())
    recipe = clv.Recipe.load(options.recipe)
    for sentence in recipe.differences(raw):
        say(f"  {sentence}")
    try:
        recipe.check(raw)
    except clv.AmbiguousFormat as error:
        hint = "Edit date_order, decimal or columns in the recipe, or leave out --recipe."
        raise clv.AmbiguousFormat(error.message, hint) from None
    told = {"refunds": options.refunds, "until": options.analysis_date}
    changes: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    return replace(recipe, rules=replace(recipe.rules, **changes)).for_file(raw)


def _write(result: clv.Analysis, recipe: clv.Recipe, folder: Path) -> None:
    """Write the files, the report last: where it stands, the others are complete."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "customers.csv": _table(result.customers()),
        "segments.csv": _table(result.segments()),
        "ledger.csv": _table(result.shop.ledger.rejected_rows()),
        "changes.csv": _table(result.shop.ledger.changed_rows()),
        "recipe.json": recipe.to_json().encode(),
        "report.json": json.dumps(clv.report(result), indent=2, ensure_ascii=False).encode(),
    }
    for name, content in files.items():
        partial = folder / f".{name}.partial"
        partial.write_bytes(content)
        partial.replace(folder / name)


def _table(frame: pd.DataFrame) -> bytes:
    """CSV with formulas disarmed, without the mark that only spreadsheets want."""
    return to_csv(frame).removeprefix(codecs.BOM_UTF8)


def _raw(options: argparse.Namespace, say: Say) -> clv.RawTable:
    if options.command == "shop":
        say("Reading the shop database ...")
        raw = shop_source.orders(open_shop(options.url))
        say(f"  {raw.rows:,} lines")
        return raw
    first, *others = options.files
    if is_database(first) and not others:
        say("Reading the database ...")  # an address may hold a password
        raw = clv.read(first, table=options.table, query=options.query)
    else:
        say(f"Reading {', '.join(options.files)} ...")
        raw = clv.read(options.files)
    say(f"  {raw.rows:,} rows, {len(raw.columns)} columns")
    for note in raw.notes:
        say(f"  {note}")
    return raw


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m clv", description=clv.__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    analyse = commands.add_parser("analyse", help="value every customer of an order file")
    mapping = commands.add_parser("mapping", help="print the suggested mapping as JSON")
    check = commands.add_parser("check", help="show what cleaning does, and compute nothing")
    token_commands.add_commands(commands.add_parser("token", help="tokens for the API"))
    for command in (analyse, mapping, check):
        command.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help="CSV, Excel, ODS, JSON or Parquet; several that belong together are combined; or "
            "the address of a database (sqlite:///shop.db, postgresql://...)",
        )
        command.add_argument("--table", help="table or view of the database")
        command.add_argument("--query", help="one SELECT to run in the database instead")
        command.add_argument("-q", "--quiet", action="store_true", help="no progress")
    shop = commands.add_parser("shop", help="a database of your own orders: make, fill, analyse")
    of_shop = shop_commands.add_commands(shop).add_parser("analyse", help="value its customers")
    shop_commands.add_address(of_shop)
    for command in (analyse, of_shop):
        _add_settings(command)
    for command in (analyse, check, of_shop):
        _add_rules(command)
    return parser


def _add_settings(analyse: argparse.ArgumentParser) -> None:
    analyse.add_argument(
        "--margin", type=float, help="gross margin, 0 to 1 (default: from a cost column, else 0.4)"
    )
    analyse.add_argument("--horizon", type=int, default=12, help="months to look ahead")
    analyse.add_argument("--discount", type=float, default=0.10, help="yearly rate, 0 to 1")
    analyse.add_argument("--out", type=Path, default=Path("results"), help="folder to write to")
    analyse.add_argument("--model", choices=get_args(ModelName), default=AUTOMATIC)
    analyse.add_argument("--churn", choices=get_args(ChurnMethod), default="period_over_period")


def _add_rules(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--recipe",
        "--mapping",
        type=Path,
        help="JSON file, as written by `analyse` or the app, or as printed by `mapping`",
    )
    command.add_argument(
        "--analysis-date",
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help="the day the figures speak of; later rows are left out",
    )
    command.add_argument(
        "--refunds", choices=get_args(Refunds), help="default: as in the recipe, else net"
    )


def _print_json(text: str) -> None:
    """Print a JSON text; where the terminal lacks a letter, all of them as escapes."""
    try:
        print(text)
    except UnicodeEncodeError:
        print(json.dumps(json.loads(text), indent=2))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _silent(text: str) -> None:
    """Say nothing."""


if __name__ == "__main__":
    sys.exit(main())
