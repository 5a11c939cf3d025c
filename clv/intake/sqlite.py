"""SQLite files, opened read-only: nothing but reading is allowed, whatever is asked."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlglot import exp

from clv.errors import UnreadableDatabase

_READING: Final = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_FUNCTION,
    }
)
_VALUE: Final = 100_000_000  # bytes of one value, so that a query cannot fill the memory
_STEPS: Final = 10_000  # instructions between two looks at the clock


class SQLite:
    """An open file. Built by `connect`."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, title: str) -> None:
        self._connection = connection
        self.title = title

    def tables(self) -> list[str]:
        """Tables and views, without SQLite's own."""
        found = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
        return [name for (name,) in found]

    def select(self, table: str) -> str:
        """Everything of one table."""
        return exp.select("*").from_(exp.table_(table, quoted=True)).sql("sqlite")

    def stream(
        self, query: str, cells: int
    ) -> tuple[list[str], Iterator[Sequence[tuple[str | None, ...]]]]:
        """Rows as text, as they come from the file."""
        cursor = self._connection.execute(query)
        names = [column[0] for column in cursor.description]
        return names, _batches(cursor, max(1, cells // len(names)))

    def notes(self) -> list[str]:
        """Nothing to say: values are as they are stored."""
        return []


@contextmanager
def connect(url: str, deadline: float) -> Iterator[SQLite]:
    """Open the file of sqlite:///PATH until the deadline (of `time.monotonic`)."""
    path = Path(unquote(urlsplit(url).path).removeprefix("/"))
    if not path.is_file():
        raise UnreadableDatabase(
            f"There is no database file '{path.name}'.",
            "Write sqlite:///shop.db for a file in this folder, sqlite:////data/shop.db elsewhere.",
        )
    try:
        opened = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        with closing(opened) as connection:
            connection.text_factory = _decoded
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            connection.set_authorizer(_only_reading)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE)
            yield SQLite(connection, path.name)
    except sqlite3.Error as problem:
        raise _refusal(problem, path.name) from None


def _batches(cursor: sqlite3.Cursor, size: int) -> Iterator[Sequence[tuple[str | None, ...]]]:
    while batch := cursor.fetchmany(size):
        yield [tuple(_text(value) for value in row) for row in batch]


def _only_reading(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")  # different bytes stay different


def _text(value: object) -> str | None:
    """A stored value as text that means exactly the same."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, float):
        shortest = repr(value)
        return format(Decimal(shortest), "f") if "e" in shortest else shortest
    return str(value)


def _refusal(problem: sqlite3.Error, name: str) -> UnreadableDatabase:
    text = str(problem)
    if text == "interrupted":
        return UnreadableDatabase(
            "Reading the database took too long and was stopped.",
            "Ask for fewer rows, or raise the limit (CLV_DATABASE_SECONDS).",
        )
    if "not authorized" in text or "readonly" in text or "prohibited" in text:
        return UnreadableDatabase(
            "The query does more than reading.", "Give one SELECT over the tables of the file."
        )
    if "no such" in text or "syntax error" in text or "ambiguous" in text:
        return UnreadableDatabase(f"The query does not fit: {text}.", "Correct it and try again.")
    if "locked" in text or "busy" in text:
        return UnreadableDatabase(
            f"'{name}' is being written by another program.", "Try again in a minute."
        )
    return UnreadableDatabase(
        f"'{name}' could not be read as an SQLite database.",
        "Check that the file is complete and may be read.",
    )
