"""Data files that never change: named by the hash of their bytes, complete or not there.

A file is written under a temporary name and flushed; then, under the lock of the store, it is
renamed and named by a row of the catalogue. Files that no row names are swept when they are old.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from clv import engine
from clv.errors import CLVError, Damaged, NoRoom, StoreProblem
from clv.store.opening import Store
from clv.store.tables import SAVED_FILES

LEFT_OVER_HOURS: Final = 1.0
BLOCK: Final = 1 << 20
_PARTIAL: Final = ".partial"


@dataclass(frozen=True)
class StoredFile:
    """A file of the store: `name` is the hash of its bytes with an ending."""

    name: str
    size: int


class Batch:
    """Files on their way into the store; only `publish`, under the lock, puts them in place."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._partials: dict[str, Path] = {}

    def copy(self, source: Path) -> StoredFile:
        """Take in a copy of a file."""
        with source.open("rb") as handle:
            return self._take(iter(lambda: handle.read(BLOCK), b""), source.suffix)

    def write(self, content: bytes, suffix: str) -> StoredFile:
        """Take in bytes."""
        return self._take(iter([content]), suffix)

    def publish(self) -> None:
        """Put every file in place. Only with the lock of the store."""
        for name, partial in self._partials.items():
            partial.replace(self._store.files / name)
        flush_folder(self._store.files)
        self._partials = {}

    def abandon(self) -> None:
        """Leave nothing behind of what was not published."""
        for partial in self._partials.values():
            partial.unlink(missing_ok=True)

    def _take(self, blocks: Iterator[bytes], suffix: str) -> StoredFile:
        partial = self._store.files / f".{secrets.token_hex(12)}{_PARTIAL}"
        digest, size = hashlib.sha256(), 0
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                for block in blocks:
                    file.write(block)
                    digest.update(block)
                    size += len(block)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        name = f"{digest.hexdigest()}{suffix}"
        earlier = self._partials.pop(name, None)  # the same bytes twice in one batch
        if earlier is not None:
            earlier.unlink(missing_ok=True)
        self._partials[name] = partial
        return StoredFile(name, size)


@contextlib.contextmanager
def batch(store: Store) -> Iterator[Batch]:
    """A batch of files of which nothing is left behind unless it was published.

    Raises NoRoom when the disk is full, StoreProblem when it cannot be written to.
    """
    files = Batch(store)
    try:
        yield files
    except OSError as problem:
        raise _not_stored(problem) from None
    finally:
        files.abandon()


def checked(store: Store, name: str) -> Path:
    """Where a file is, after its bytes were compared with its name. Raises Damaged."""
    path = store.files / name
    try:
        whole = engine.hash_file(path) == path.name.partition(".")[0]
    except OSError:
        whole = False
    if not whole:
        raise Damaged(
            "A file of this saved analysis is missing, or its bytes have changed on the disk.",
            "Nothing of it is shown, for figures could be wrong. Put the file back from a copy of "
            "the store, or delete this analysis and save it again.",
        )
    return path


def delete_unnamed(store: Store, names: set[str]) -> int:
    """Delete those of these files that no row names any more; how many. Under the lock only."""
    with store.reading() as connection:
        found = sa.select(SAVED_FILES.c.file).where(SAVED_FILES.c.file.in_(sorted(names)))
        kept = set(connection.scalars(found))
    for name in names - kept:
        (store.files / name).unlink(missing_ok=True)
    flush_folder(store.files)
    return len(names - kept)


def sweep(store: Store, *, older_than_hours: float = LEFT_OVER_HOURS) -> int:
    """Delete what broken saves left behind; how many files. Never what a row names."""
    limit, gone = time.time() - 3600 * older_than_hours, 0
    with store.publishing():
        with store.reading() as connection:
            named = set(connection.scalars(sa.select(SAVED_FILES.c.file)))
        for path in store.files.iterdir():
            with contextlib.suppress(FileNotFoundError):  # a batch that is given up meanwhile
                if path.name not in named and path.stat().st_mtime <= limit:
                    path.unlink()
                    gone += 1
    return gone


def flush_folder(folder: Path) -> None:
    """Make renames and deletions in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_stored(problem: OSError) -> CLVError:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NoRoom(
            "The server's disk is full, so the analysis could not be saved. Nothing was lost.",
            "Delete saved analyses that you no longer need, or free some space on the disk.",
        )
    if problem.errno == errno.ENOENT:
        return StoreProblem(
            "The rows of this analysis are no longer in the working folder, so it was not saved.",
            "Load the file again, then save.",
        )
    return StoreProblem(
        f"The analysis could not be saved ({problem.strerror}). Nothing was lost.",
        "Check that the server may write to its folder for saved analyses (CLV_STORE_DIR).",
    )
