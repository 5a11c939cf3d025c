"""PostgreSQL through psycopg 3, which is only needed by those who read from there.

The transaction is read-only by the server's own rule, and every statement has a time limit.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from clv.errors import UnreadableDatabase

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS: Final = 10
_TABLES: Final = """
    SELECT n.nspname, c.relname, pg_table_is_visible(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    ORDER BY 3 DESC, 1, 2
"""


class PostgreSQL:
    """An open connection. Built by `connect`."""

    dialect = "postgres"

    def __init__(self, connection: "psycopg.Connection[Any]", deadline: float) -> None:
        self._connection, self._deadline = connection, deadline
        self.title = connection.info.dbname
        self._names: dict[str, tuple[str, str]] = {}
        self._cursor: Any = None

    def tables(self) -> list[str]:
        """Tables and views that this user may read; with their schema where it is needed."""
        for schema, name, visible in self._connection.execute(_TABLES):
            shown = name if visible in (True, "t") else f"{schema}.{name}"
            self._names[shown] = (schema, name)
        return list(self._names)

    def select(self, table: str) -> str:
        """Everything of one table."""
        schema, name = self._names[table]
        return exp.select("*").from_(exp.table_(name, db=schema, quoted=True)).sql("postgres")

    def stream(
        self, query: str, cells: int
    ) -> tuple[list[str], Iterator[Sequence[tuple[str | None, ...]]]]:
        """Rows as the server writes them as text, through a cursor on the server."""
        self._cursor = cursor = self._connection.cursor(name="rows")
        cursor.execute(query.encode())
        names = [column.name for column in cursor.description or ()]
        if not names:
            raise UnreadableDatabase("The table has no columns.", "Choose another one.")
        return names, self._batches(cursor, max(1, cells // len(names)))

    def notes(self) -> list[str]:
        """In which time zone the server has written times that have one."""
        zone = self._connection.info.parameter_status("TimeZone")
        return [f"Times with a time zone are shown as in {zone}."] if zone else []

    def close(self) -> None:
        """Give up whatever was done; to leave the connection without an error would commit."""
        if self._cursor is not None:
            self._cursor.close()
        self._connection.rollback()

    def _batches(self, cursor: Any, size: int) -> Iterator[Sequence[tuple[str | None, ...]]]:
        while batch := cursor.fetchmany(size):
            if time.monotonic() > self._deadline:
                raise _too_slow()
            yield batch


@contextmanager
def connect(url: str, deadline: float) -> Iterator[PostgreSQL]:
    """Connect until the deadline (of `time.monotonic`)."""
    try:
        import psycopg
    except ImportError:
        raise UnreadableDatabase(
            "Reading from PostgreSQL needs the package psycopg, which is not installed.",
            "Run: .venv/bin/python -m pip install 'psycopg[binary]'",
        ) from None
    milliseconds = max(1, int(1000 * (deadline - time.monotonic())))
    options = (
        f"-c default_transaction_read_only=on -c statement_timeout={milliseconds} "
        "-c datestyle=ISO -c intervalstyle=iso_8601 -c bytea_output=hex"
    )
    try:
        address = url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(
            address,
            connect_timeout=CONNECT_SECONDS,
            options=options,
            application_name="clv",
        ) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            _as_text(connection)
            opened = PostgreSQL(connection, deadline)
            try:
                yield opened
            finally:
                opened.close()
    except psycopg.Error as problem:
        raise _refusal(problem) from None


def _as_text(connection: "psycopg.Connection[Any]") -> None:
    """Take every type as the server writes it: exact decimals, ISO times."""
    from psycopg.types.string import TextLoader

    for known in connection.adapters.types:
        for oid in (known.oid, known.array_oid):
            if oid:
                connection.adapters.register_loader(oid, TextLoader)


def _refusal(problem: "psycopg.Error") -> UnreadableDatabase:
    """Two sentences of ours: the driver's own may hold the user, the host or the password."""
    state = problem.sqlstate or ""
    said = (problem.diag.message_primary or "").rstrip(".")
    if state == "57014":
        return _too_slow()
    said_before = "" if state else str(problem)  # a refused connection comes without a state
    if state.startswith("28") or "authentication failed" in said_before:
        return UnreadableDatabase(
            "The database refused the user or the password.",
            "Correct the address where the server is started (CLV_DATABASE_URL).",
        )
    if state.startswith("3D") or "does not exist" in said_before:
        return UnreadableDatabase(
            "The database of the address does not exist.", "Check the end of the address."
        )
    if state in ("25006", "0A000", "34000"):
        return UnreadableDatabase("The query does more than reading.", "Give one SELECT.")
    if state == "42501":
        return UnreadableDatabase(
            f"The database does not allow that: {said}.", "Ask for the right to read the table."
        )
    if state.startswith(("42", "22")):
        return UnreadableDatabase(f"The query does not fit: {said}.", "Correct it and try again.")
    return UnreadableDatabase(
        "The database could not be reached, or the connection to it broke.",
        "Check that it runs and that the address is right.",
    )


def _too_slow() -> UnreadableDatabase:
    return UnreadableDatabase(
        "Reading the database took too long and was stopped.",
        "Ask for fewer rows, or raise the limit (CLV_DATABASE_SECONDS).",
    )
