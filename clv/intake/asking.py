"""One SELECT of a visitor over some tables of a database: read-only, in little time, few rows.

SQLite itself allows nothing but reading one file. A PostgreSQL server can read much more than a
table with a SELECT, whatever the user may do there: so functions that are not known here and
tables that are not offered are refused, and what runs is written anew from what was understood.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from clv.errors import UnreadableDatabase
from clv.intake.database import Connection, connect, parsed_select

LONGEST: Final = 20_000  # characters of a query
SECONDS: Final = 10.0
_FUNCTIONS: Final = frozenset({"age", "regexp_count", "regexp_like", "to_number", "btrim"})


@dataclass(frozen=True)
class Answer:
    """The first rows as text; more: whether there are others after them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    more: bool


def ask(
    url: str, query: str, *, among: Collection[str], rows: int, seconds: float = SECONDS
) -> Answer:
    """The first `rows` of the result. among: the tables and views that may be read.

    Raises UnreadableDatabase in two sentences.
    """
    if len(query) > LONGEST:
        raise UnreadableDatabase("The query is too long.", f"Use up to {LONGEST:,} characters.")
    with connect(url, time.monotonic() + seconds) as connection:
        tree = parsed_select(query, connection.dialect)
        if connection.dialect == "postgres":
            _refuse_strange(tree, connection, among)
            query = tree.sql("postgres")
        names, batches = connection.stream(query, rows + 1)
        found: list[tuple[str | None, ...]] = []
        for batch in batches:
            found += batch
            if len(found) > rows:
                break
    return Answer(tuple(names), tuple(found[:rows]), len(found) > rows)


def _refuse_strange(tree: exp.Expr, connection: Connection, among: Collection[str]) -> None:
    """Refuse functions and tables that are not offered, also where a name hides another."""
    for call in tree.find_all(exp.Anonymous, exp.AnonymousAggFunc):
        if call.name.lower() not in _FUNCTIONS or isinstance(call.parent, exp.Dot | exp.Table):
            raise UnreadableDatabase(
                f"The function '{call.name}' cannot be used here.",
                "Use the usual functions over numbers, text and dates.",
            )
    hidden = {*connection.tables()} - {*among}
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for name in own:
        if name.startswith("pg_") or name in hidden:
            raise UnreadableDatabase(f"'{name}' is the name of another table.", "Choose another.")
    for table in tree.find_all(exp.Table):
        plain = isinstance(table.this, exp.Identifier) and not table.db
        if not plain or table.name not in {*among, *own}:
            raise UnreadableDatabase(
                f"'{table.name or 'A function'}' is no table that can be read here.",
                f"There are {', '.join(sorted(among))}.",
            )
