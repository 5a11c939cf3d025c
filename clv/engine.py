"""The only place that knows which engine runs the tables: DuckDB in this process, through Ibis.

Everything else builds Ibis expressions. Files live in one workspace folder and are
immutable: written under a temporary name, then renamed, named by what they hold.
"""

import contextlib
import hashlib
import os
import secrets
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

MEMORY_LIMIT: Final = "4GB"
KEPT_DAYS: Final = 7
DERIVED: Final = (  # kinds of `content_name`
    *("raw", "shop", "transactions", "customers", "rejected", "changes", "demo", "lines", "items"),
)


def workspace() -> Path:
    """The folder that the engine may read and write: CLV_DATA_DIR, or one in the temp folder."""
    configured = os.environ.get("CLV_DATA_DIR")
    folder = Path(configured) if configured else Path(tempfile.gettempdir()) / f"clv-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def store_folder() -> Path:
    """Where what is saved lies: CLV_STORE_DIR, or beside CLV_DATA_DIR, or among the user's data.

    Never in the workspace, which is swept, nor in the temp folder, which does not last.
    """
    configured, data = os.environ.get("CLV_STORE_DIR"), os.environ.get("CLV_DATA_DIR")
    if configured:
        return Path(configured)
    if data:
        return Path(data).resolve().with_name(f"{Path(data).resolve().name}-store")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "clv"


def stored_files() -> Path:
    """The part of the store that tables are read from."""
    return store_folder() / "files"


def connect(*folders: Path) -> Backend:
    """A private DuckDB that can touch the workspace, what is stored and `folders`, nothing else.

    No network, no extensions, no files elsewhere, and the configuration cannot be changed
    back, whatever a file or column is called.
    """
    connection = ibis.duckdb.connect()
    allowed = ", ".join(_quoted(str(f.resolve())) for f in (workspace(), stored_files(), *folders))
    for statement in (
        f"SET allowed_directories=[{allowed}]",
        f"SET temp_directory={_quoted(str(workspace().resolve() / 'spill'))}",
        "SET autoinstall_known_extensions=false",
        "SET autoload_known_extensions=false",
        "SET python_enable_replacements=false",
        f"SET memory_limit='{os.environ.get('CLV_MEMORY_LIMIT', MEMORY_LIMIT)}'",
        "SET TimeZone='UTC'",
        "SET enable_progress_bar=false",
        "SET enable_external_access=false",
        "SET lock_configuration=true",
    ):
        connection.raw_sql(statement)
    return connection


def write_text(path: Path, text: str) -> Path:
    """Write a text file so that `path` either holds all of it or does not exist."""
    partial = _partial(path)
    try:
        partial.write_text(text, encoding="utf-8")
        publish(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def write_parquet(connection: Backend, expression: ir.Table, path: Path) -> Path:
    """Write a table so that `path` either holds all of it or does not exist."""
    partial = _partial(path)
    try:
        connection.to_parquet(expression, str(partial), compression="zstd")
        publish(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def touch(*paths: Path) -> None:
    """Mark files as in use, which keeps them from the sweep."""
    for path in paths:
        os.utime(path)


def sweep(folder: Path, *, unused_days: float = KEPT_DAYS) -> int:
    """Delete derived files that nobody has used for a week, and leftovers; return how many.

    All of them can be made again from the upload. Other files are left alone.
    """
    limit = time.time() - unused_days * 86_400
    gone = 0
    for pattern in (*(f"{kind}-*" for kind in DERIVED), ".*.partial"):
        for path in folder.glob(pattern):
            with contextlib.suppress(FileNotFoundError):  # another process may sweep as well
                if path.stat().st_mtime < limit:
                    path.unlink()
                    gone += 1
    return gone


def publish(partial: Path, path: Path) -> None:
    """Rename a finished file into place, durably."""
    with partial.open("rb") as handle:
        os.fsync(handle.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def content_name(kind: str, *parts: object, suffix: str = ".parquet") -> Path:
    """Path in the workspace for a `kind` of file that is fully determined by `parts`."""
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    return workspace() / f"{kind}-{digest}{suffix}"


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def _try_strptime(text: str, formats: list[str]) -> datetime: ...  # type: ignore[empty-body]


def parse_timestamp(text: ir.StringValue, formats: list[str]) -> Any:
    """The first of `formats` (strptime codes) that fits each text, else NULL."""
    return _try_strptime(text, formats)


@ibis.udf.scalar.builtin(name="strip_accents")  # type: ignore[untyped-decorator]
def _strip_accents(text: str) -> str: ...  # type: ignore[empty-body]


def without_accents(text: Any) -> Any:
    """Text with accents taken off its letters: 'Müller' is 'Muller'."""
    return _strip_accents(text)


def stripped(text: Any) -> Any:
    """Text without blanks at its ends; the engine's own way is slow, and few cells need it."""
    edges = (text.left(1) <= " ") | (text.right(1) <= " ")
    return ibis.ifelse(edges, text.strip(), text)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.partial")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
