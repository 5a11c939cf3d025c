"""Where the shop database is, how it is opened, and how it is made.

CLV_SHOP_URL names it (sqlite:////data/shop.db, postgresql://...); without, it is the file
shop.db in the store folder. SQLite keeps a log beside the file (WAL), so reading goes on
while somebody writes.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import sqlalchemy as sa

from clv.engine import store_folder
from clv.errors import CLVError, NoShop, RowInUse, UnreadableDatabase
from clv.store.shop.tables import METADATA, REVISION
from clv.store.shop.views import TRIGGERS, VIEWS

Database = sa.Engine  # for those who may not know what is behind it

_READING: Final = "clv_reading"
_BUSY_SECONDS: Final = 30
_MAKING: Final = 7_205_001  # number of a lock
_POOL: Final[dict[str, Any]] = {
    "pool_size": 8,
    "max_overflow": 24,
    "pool_timeout": _BUSY_SECONDS,
}
_UNREACHABLE: Final = UnreadableDatabase(
    "The shop database could not be reached.",
    "Check that it runs, that the address is right and that its folder can be written to.",
)


def shop_url() -> str:
    """The address of the shop database: CLV_SHOP_URL, or a file in the store folder."""
    told = os.environ.get("CLV_SHOP_URL", "").strip()
    return told or f"sqlite:///{quote(str(store_folder() / 'shop.db'))}"


def create_shop(url: str | None = None) -> sa.Engine:
    """Make the tables that are not there yet, and open the database. Twice does no harm."""
    url = url or shop_url()
    if _is_sqlite(url):
        path = sqlite_file(url)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    database = _open(url)
    with _in_words(), database.begin() as connection:
        dialect = database.dialect.name
        if dialect == "postgresql":  # two that make it at a time would meet halfway
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MAKING})")
        _refuse_other_tables(connection)
        METADATA.create_all(connection)
        for statement in (*VIEWS[dialect], *TRIGGERS[dialect]):
            connection.exec_driver_sql(statement)
        if connection.scalar(sa.select(REVISION.c.id)) is None:
            first = {"id": 1, "made": secrets.token_hex(16), "number": 1}
            connection.execute(sa.insert(REVISION).values(first))
    return database


def open_shop(url: str | None = None) -> sa.Engine:
    """Open the database; NoShop in two sentences where nobody has made it."""
    url = url or shop_url()
    missing = _is_sqlite(url) and not sqlite_file(url).is_file()
    if missing or not is_made(_open(url)):
        raise NoShop(
            "There is no shop database yet.",
            "Run python -m clv shop init to make one, or python -m clv shop synth to try it with "
            "an invented shop.",
        )
    return _open(url)


def is_made(database: sa.Engine) -> bool:
    """Whether the tables are there."""
    with reading(database) as connection:
        return sa.inspect(connection).has_table(REVISION.name)


@contextmanager
def reading(database: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads, and sees one state of all tables."""
    with _in_words(), database.connect() as connection:
        options: dict[str, Any] = {_READING: True}
        if database.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        yield connection.execution_options(**options)


@contextmanager
def writing(database: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes: all of it, or nothing. One at a time, on every engine."""
    with _in_words(), database.begin() as connection:
        connection.execute(sa.select(REVISION.c.number).with_for_update())
        yield connection


def state_of(database: sa.Engine) -> str:
    """The same text for the same content of the tables: another after every change."""
    with reading(database) as connection:
        row = connection.execute(sa.select(REVISION.c.made, REVISION.c.number)).one()
    return f"{row.made}-{row.number}"


def address_of(database: sa.Engine) -> str:
    """The address as `clv.read` takes it; holds the password, so it is never shown."""
    if database.dialect.name == "sqlite":
        return f"sqlite:///{quote(str(database.url.database))}"
    return database.url.set(drivername="postgresql").render_as_string(hide_password=False)


def sqlite_file(url: str) -> Path:
    """The file of an address of SQLite, as `clv.read` understands it."""
    return Path(unquote(urlsplit(url).path).removeprefix("/"))


@contextmanager
def _in_words() -> Iterator[None]:
    """What a database says of itself, in two sentences without address or values."""
    try:
        yield
    except (sa.exc.IntegrityError, CLVError):
        raise
    except (sa.exc.DatabaseError, sa.exc.TimeoutError) as problem:
        if "locked" in str(problem):
            raise UnreadableDatabase(
                "The shop database is being written by another program.", "Try again in a minute."
            ) from None
        if isinstance(problem, sa.exc.ProgrammingError):
            raise UnreadableDatabase(
                "The shop database does not allow that.",
                "Check that its user may read and write the tables, and that they are its own.",
            ) from None
        raise _UNREACHABLE from None


def _refuse_other_tables(connection: sa.Connection) -> None:
    """A database of something else is left as it is."""
    there = set(sa.inspect(connection).get_table_names())
    taken = sorted(there & set(METADATA.tables))
    if taken and REVISION.name not in taken:
        raise RowInUse(
            f"The database has a table of its own called {taken[0]}, which is not of this shop.",
            "Give the shop database a file or a database of its own (--url, or CLV_SHOP_URL).",
        )


def _is_sqlite(url: str) -> bool:
    return url.partition("://")[0].partition("+")[0].lower() == "sqlite"


def _open(url: str) -> sa.Engine:
    """The connections to an address; new ones where its file was replaced by another."""
    path = sqlite_file(url) if _is_sqlite(url) else None
    return _engine(url, path.stat().st_ino if path and path.exists() else 0)


@lru_cache(maxsize=16)
def _engine(url: str, _file: int) -> sa.Engine:
    """One pool of connections per address, file and process."""
    if _is_sqlite(url):
        location = sa.URL.create("sqlite", database=str(sqlite_file(url).resolve()))
        database = sa.create_engine(location, connect_args={"timeout": _BUSY_SECONDS}, **_POOL)
        sa.event.listen(database, "connect", _prepare_sqlite)
        sa.event.listen(database, "begin", _begin_sqlite)
        return database
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0].lower() not in ("postgresql", "postgres"):
        raise UnreadableDatabase(
            "The shop database can be kept in SQLite or PostgreSQL only.",
            "Start its address with sqlite:/// or postgresql://.",
        )
    try:
        return sa.create_engine(f"postgresql+psycopg://{rest}", pool_pre_ping=True, **_POOL)
    except ImportError:
        raise UnreadableDatabase(
            "PostgreSQL needs the package psycopg, which is not installed.",
            "Run: .venv/bin/python -m pip install 'psycopg[binary]'",
        ) from None


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, tables included
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # Who writes waits for the lock at once: one who began by reading would be refused.
    only_reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if only_reading else "BEGIN IMMEDIATE")
