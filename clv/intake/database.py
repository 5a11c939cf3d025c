"""A table or a query of a database as a raw table: read-only, in batches, as exact text.

    read_table("sqlite:///shop.db", table="orders")
    read_table("postgresql://reader@db/shop", query="SELECT ... FROM ...")

Decimals keep their digits, times are written as ISO says. The address holds credentials, so
nothing of it but the name of the database is ever shown.
"""

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Protocol

import pyarrow
import pyarrow.parquet
import sqlglot
from sqlglot import exp

from clv import engine
from clv.errors import NoRoom, NotEnoughData, UnreadableDatabase
from clv.intake import postgresql, sqlite
from clv.intake.limits import limit_of
from clv.intake.sources import DAMAGED, Detected, RawTable
from clv.intake.spool import MAX_CELLS, MAX_COLUMNS, too_many_columns, unique_names
from clv.schema import ROW_NUMBER

SECONDS: Final = 600
ROWS: Final = 100_000_000
BATCH_CELLS: Final = 400_000  # about 50 MB while they are Python's
Rows = Iterator[Sequence[tuple[str | None, ...]]]


class Connection(Protocol):
    """What an adapter gives: read-only, and over when the time is up."""

    dialect: str
    title: str

    def tables(self) -> list[str]:
        """Names of tables and views that may be read."""

    def select(self, table: str) -> str:
        """The statement that reads a whole table of `tables`."""

    def stream(self, query: str, cells: int) -> tuple[list[str], Rows]:
        """Names of the columns, and rows as text in batches of about `cells` cells."""

    def notes(self) -> list[str]:
        """What a reader should know about how values were written."""


_ADAPTERS: Final[dict[str, Callable[[str, float], AbstractContextManager[Connection]]]] = {
    "sqlite": sqlite.connect,
    "postgresql": postgresql.connect,
    "postgres": postgresql.connect,
}


def is_database(source: object) -> bool:
    """Whether this is the address of a database rather than a file."""
    return "://" in str(source) and not Path(str(source)).exists()


def tables(url: str) -> list[str]:
    """Names of the tables and views that the address gives access to."""
    with connect(url) as connection:
        return connection.tables()


def read_table(url: str, *, table: str | None = None, query: str | None = None) -> RawTable:
    """Read one table, or the result of one SELECT, as text columns.

    Raises UnreadableDatabase in two sentences, NotEnoughData when there is no row.
    """
    with connect(url) as connection:
        if (table is None) == (query is None):
            raise UnreadableDatabase("Name either a table or a query.", _listed(connection))
        if query is not None:
            parsed_select(query, connection.dialect)
            statement, name = query, "query"
        else:
            name = _known(str(table), connection)
            statement = connection.select(name)
        return _spooled(connection, statement, f"{name} ({connection.title})")


def connect(url: str, deadline: float | None = None) -> AbstractContextManager[Connection]:
    """Open a database to read from, until the deadline (of `time.monotonic`)."""
    scheme = url.partition("://")[0].partition("+")[0].lower()
    if scheme not in _ADAPTERS:
        raise UnreadableDatabase(
            "This kind of database cannot be read directly; SQLite and PostgreSQL can.",
            "Start the address with sqlite:/// or postgresql://, or export the table as Parquet.",
        )
    if deadline is None:
        deadline = time.monotonic() + limit_of("CLV_DATABASE_SECONDS", SECONDS)
    return _ADAPTERS[scheme](url, deadline)


def _known(table: str, connection: Connection) -> str:
    """The table as it is called in the database; the likely one is named when there is none."""
    names = connection.tables()
    if table in names:
        return table
    lower = {name.casefold(): name for name in reversed(names)}
    close = get_close_matches(table.casefold(), lower, n=1)
    hint = f"Did you mean '{lower[close[0]]}'?" if close else _listed(connection)
    raise UnreadableDatabase(f"There is no table '{table}' in the database.", hint)


def _listed(connection: Connection) -> str:
    names = connection.tables()
    if not names:
        return "The database shows no tables; check the user's rights."
    return f"Its tables: {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}."


_CHANGES: Final = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock)


def parsed_select(query: str, dialect: str) -> exp.Expr:
    """The query, understood as a single statement that only reads; else UnreadableDatabase."""
    try:
        statements = [found for found in sqlglot.parse(query, read=dialect) if found is not None]
    except (sqlglot.errors.SqlglotError, RecursionError):
        statements = []
    if len(statements) == 1:
        (one,) = statements
        reads = isinstance(one, exp.Select | exp.SetOperation | exp.Subquery)
        if reads and not any(isinstance(node, _CHANGES) for node in one.walk()):
            return one
    raise UnreadableDatabase(
        "The query is not one single statement that only reads.",
        "Give one SELECT (it may start with WITH), without changes to data or locks.",
    )


def _spooled(connection: Connection, statement: str, name: str) -> RawTable:
    partial = engine.workspace() / f".raw-{secrets.token_hex(6)}.partial"
    try:
        columns, rows = _write(connection, statement, partial)
        digest = engine.hash_file(partial)
        path = engine.content_name("raw", "database", digest)
        engine.publish(partial, path)
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NoRoom(
            "The server's disk is full, so the table could not be stored.",
            "Free some space, or set CLV_DATA_DIR to a folder with space.",
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    detected = Detected(format=connection.dialect, header=True, first_row=1)
    return RawTable(path, columns, rows, name, digest, detected, tuple(connection.notes()))


def _write(connection: Connection, statement: str, path: Path) -> tuple[tuple[str, ...], int]:
    """Write the result to a Parquet file, a batch at a time; returns columns and rows."""
    names, batches = connection.stream(statement, BATCH_CELLS)
    if len(names) > MAX_COLUMNS:
        raise too_many_columns(len(names))
    most = min(limit_of("CLV_DATABASE_ROWS", ROWS), MAX_CELLS // len(names))
    schema = _schema(len(names))
    rows = 0
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            if rows + len(batch) > most:
                raise _too_many(most)
            writer.write_table(_arrow(batch, rows, schema))
            rows += len(batch)
    pyarrow.default_memory_pool().release_unused()
    if rows == 0:
        raise NotEnoughData("The table has columns and no rows.", "Choose another one.")
    return unique_names(names), rows


def _arrow(
    batch: Sequence[tuple[str | None, ...]], before: int, schema: pyarrow.Schema
) -> pyarrow.Table:
    numbers = pyarrow.array(range(before + 1, before + len(batch) + 1), pyarrow.int64())
    cells = [
        pyarrow.array([cell or None for cell in column], pyarrow.string())
        for column in zip(*batch, strict=True)
    ]
    damaged = pyarrow.nulls(len(batch), pyarrow.string())
    return pyarrow.table([numbers, *cells, damaged], schema=schema)


def _schema(width: int) -> pyarrow.Schema:
    text = [(f"c{index}", pyarrow.string()) for index in range(width)]
    return pyarrow.schema([(ROW_NUMBER, pyarrow.int64()), *text, (DAMAGED, pyarrow.string())])


def _too_many(most: int) -> UnreadableDatabase:
    return UnreadableDatabase(
        f"The table has more than {most:,} rows, which is over the limit.",
        "Choose fewer columns or years in a query, or raise the limit (CLV_DATABASE_ROWS).",
    )
