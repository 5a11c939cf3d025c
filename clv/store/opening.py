"""The store of a process: its folder, its catalogue, and how they are opened and locked.

The catalogue is SQLite in the folder, or the PostgreSQL database of CLV_STORE_URL; several
processes may use one store at a time.
"""

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from clv import engine
from clv.errors import CLVError, StoreProblem
from clv.store.migrations import migrate

LOCAL: Final = "local"  # the owner of everything where nobody logs in
PATIENCE_SECONDS: Final = 30
_READS: Final = "clv_reads"
_opened: dict[tuple[str, str], "Store"] = {}
_opening = threading.Lock()


@dataclass(frozen=True)
class Store:
    """A folder with files, and the catalogue that says what they are."""

    folder: Path
    engine: sa.Engine

    @property
    def files(self) -> Path:
        """The folder of the data files."""
        return self.folder / "files"

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that may write: all of it happens, or nothing."""
        with _in_words(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads, and waits for nobody."""
        with _in_words(), self.engine.connect() as connection:
            yield connection.execution_options(**{_READS: True})

    @contextlib.contextmanager
    def publishing(self) -> Iterator[None]:
        """One at a time, in all processes: put files in place, or delete them.

        Taken before a transaction, never within one.
        """
        with _locked(self.folder / ".publishing.lock"):
            yield


def open_store() -> Store:
    """The store of this process, made at its first use. Raises StoreProblem."""
    folder, url = engine.store_folder().absolute(), os.environ.get("CLV_STORE_URL", "")
    key = str(folder), url
    with _opening:
        if key not in _opened:
            _opened[key] = _open(folder, url)
        return _opened[key]


def _open(folder: Path, url: str) -> Store:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "files").mkdir(mode=0o700, exist_ok=True)
        catalogue = _server(url) if url else _sqlite(folder / "store.db")
        with _in_words(), _locked(folder / ".opening.lock"):
            if not url:
                _write_ahead(catalogue)
            migrate(catalogue)
    except OSError as problem:
        raise StoreProblem(
            f"The folder for saved analyses cannot be used ({problem.strerror}).",
            "Set CLV_STORE_DIR to a folder that this program may write to.",
        ) from None
    return Store(folder, catalogue)


def _sqlite(path: Path) -> sa.Engine:
    path.touch(mode=0o600)
    catalogue = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": PATIENCE_SECONDS},
        pool_size=8,
        max_overflow=24,
        pool_timeout=PATIENCE_SECONDS,
    )

    @sa.event.listens_for(catalogue, "connect")
    def _settle(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun by us, below
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(catalogue, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A transaction that reads first and writes later could meet another's lock midway.
        reads = connection.get_execution_options().get(_READS)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return catalogue


def _write_ahead(catalogue: sa.Engine) -> None:
    raw = catalogue.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


def _server(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() != "postgresql":
            raise sa.exc.ArgumentError
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=24,
            pool_timeout=PATIENCE_SECONDS,
        )
    except (sa.exc.ArgumentError, ValueError):
        raise StoreProblem(
            "CLV_STORE_URL is not the address of a PostgreSQL database.",
            "Write postgresql://USER:PASSWORD@HOST/DATABASE, or leave it out to use a file.",
        ) from None
    except ImportError:
        raise StoreProblem(
            "The program that speaks to PostgreSQL is not installed.",
            "Install psycopg[binary], or leave CLV_STORE_URL out to use a file.",
        ) from None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What the database says of itself, in two sentences without addresses or values."""
    try:
        yield
    except CLVError:
        raise
    except (sa.exc.OperationalError, sa.exc.InternalError, sa.exc.TimeoutError) as problem:
        raise StoreProblem(
            f"The list of saved analyses cannot be read or written ({type(problem).__name__}).",
            "Try again in a moment; if it stays, check that the disk has space and that the "
            "database of CLV_STORE_URL, if there is one, is running.",
        ) from None
