"""Files that arrive over the network: who may bring them, where they lie, how much there is.

Everything is a file in the workspace, so that several server processes share one inbox and a
restart forgets nothing. Of a token only the hash is stored.

    door-HASH.json          a permission to upload: whose it is, and whether for one file only
    upload-ID               a complete upload
    upload-ID.part          one that is arriving
    .upload-OWNER-ID.json   name, size and owner of either
"""

import contextlib
import errno
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from clv import engine
from clv.errors import NoRoom, NotAllowed, TooLarge, TooMany, UploadRefused
from clv.intake.limits import file_limit, limit_of

KEPT_HOURS: Final = 24
ONCE_HOURS: Final = 1
STALLED_SECONDS: Final = 60  # without a byte in this time an upload is over
SESSION_BYTES: Final = 4 << 30
TOTAL_BYTES: Final = 40 << 30
AT_A_TIME: Final = 8
NAME_LENGTH: Final = 200
_OWNER: Final = 32  # characters of an owner in file names
_SHORTEST_TOKEN: Final = 32


@dataclass(frozen=True)
class Stored:
    """A complete upload. `name` is the visitor's: text to show, never a path."""

    id: str
    owner: str
    name: str
    size: int
    at: float = 0.0  # seconds since 1970 when the last byte had come

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return engine.workspace() / f"upload-{self.id}"


@dataclass(frozen=True)
class _Door:
    owner: str
    once: bool


class Arrival:
    """An upload on its way to disk: write, then finish or abandon. Used by one task at a time."""

    def __init__(self, upload: Stored, limit: TooLarge | NoRoom, allowed: int) -> None:
        self.upload = upload
        self._refusal, self._allowed, self._counted = limit, allowed, 0
        self._part = upload.path.with_name(f"{upload.path.name}.part")
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(handle, "wb", buffering=0)

    def count(self, size: int) -> None:
        """Take note of bytes that came in; raises before a byte over the limit is written."""
        self._counted += size
        if self._counted > self._allowed:
            raise self._refusal

    def write(self, block: bytes) -> None:
        """Append to the file. NoRoom when the disk is full."""
        try:
            view = memoryview(block)
            while view:
                view = view[self._file.write(view) :]
        except OSError as problem:
            raise _not_stored(problem) from None

    def finish(self) -> Stored:
        """Make the upload complete, durably."""
        try:
            self._file.close()
            engine.publish(self._part, self.upload.path)
            size = self.upload.path.stat().st_size
            stored = replace(self.upload, size=size, at=time.time())
            engine.write_text(_record(stored), json.dumps(asdict(stored)))
        except OSError as problem:
            self.upload.path.unlink(missing_ok=True)
            raise _not_stored(problem) from None
        return stored

    def abandon(self) -> None:
        """Leave nothing behind. After `finish` this does nothing."""
        if self.upload.path.exists():
            return
        with contextlib.suppress(OSError):
            self._file.close()
        self._part.unlink(missing_ok=True)
        _record(self.upload).unlink(missing_ok=True)


def open_door(owner_token: str | None = None) -> str:
    """A new token to upload with: a visitor's own, or one for a single file of that visitor."""
    token = secrets.token_urlsafe(32)
    owner = owner_of(owner_token if owner_token else token)
    door = _Door(owner, once=owner_token is not None)
    engine.write_text(_door_file(token), json.dumps(asdict(door)))
    return token


def keep_door(token: str) -> bool:
    """Keep a visitor's door from the sweep; False when it is gone."""
    try:
        os.utime(_door_file(token))
    except FileNotFoundError:
        return False
    return True


def owner_of(token: str) -> str:
    """The name under which the uploads of a token are filed; tells nothing about the token."""
    return hashlib.sha256(b"owner:" + token.encode()).hexdigest()[:_OWNER]


def admit(token: str, name: str, length: int | None) -> Arrival:
    """Let an upload begin, and reserve its space. `length` None: it did not say.

    Raises NotAllowed, TooLarge, TooMany or NoRoom.
    """
    door = _door(token)
    return _begin(door.owner, name, length, token if door.once else None)


def admit_for(owner: str, name: str, length: int | None) -> Arrival:
    """The same for an owner (`owner_named`) who has shown another permission than a token.

    Raises TooLarge, TooMany or NoRoom.
    """
    return _begin(owner, name, length, None)


def owner_named(name: str) -> str:
    """The name under which the uploads of somebody who is known by name are filed."""
    return hashlib.sha256(b"name:" + name.encode()).hexdigest()[:_OWNER]


def check(token: str, length: int) -> None:
    """Raise what `admit` would raise, and reserve nothing."""
    door = _door(token)
    with _lock():
        _allowance(door.owner, length)


def reopen(token: str, owner: str | None) -> None:
    """Give back a token for one file, whose upload did not arrive."""
    if owner is not None:
        engine.write_text(_door_file(token), json.dumps(asdict(_Door(owner, once=True))))


def arrived(owner: str) -> tuple[Stored, ...]:
    """The complete uploads of an owner, the earliest first."""
    found = [upload for upload in _records(owner) if upload.path.exists()]
    return tuple(sorted(found, key=lambda upload: upload.at))


def is_once(token: str) -> bool:
    """Whether a token is for a single file. NotAllowed when it is none."""
    return _door(token).once


def visitor(token: str) -> str:
    """The owner behind a visitor's own token; NotAllowed for any other token."""
    door = _door(token)
    if door.once:
        raise _not_allowed()
    return door.owner


def remove(upload: Stored) -> None:
    """Delete an upload and what is known of it."""
    upload.path.unlink(missing_ok=True)
    _record(upload).unlink(missing_ok=True)


def sweep(folder: Path, *, older_than_hours: float = KEPT_HOURS) -> int:
    """Delete uploads and doors that nobody has used for a day, and what an abort left behind.

    Returns how many files went. Other files stay.
    """
    now, gone = time.time(), 0
    hours = {"upload-*.part": 1.0, "upload-*": older_than_hours, "door-*.json": KEPT_HOURS}
    for pattern, kept in hours.items():
        for path in folder.glob(pattern):
            with contextlib.suppress(FileNotFoundError):  # another process may sweep as well
                if path.stat().st_mtime < now - kept * 3600:
                    path.unlink()
                    gone += 1
    for record in folder.glob(".upload-*.json"):
        data = folder / f"upload-{record.stem.rpartition('-')[2]}"
        if not data.exists() and not data.with_name(f"{data.name}.part").exists():
            record.unlink(missing_ok=True)
    return gone


def shown_name(name: str) -> str:
    """The last part of a name that was sent, in printable characters."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    printable = "".join(c for c in last if c.isprintable()).strip()
    return printable[-NAME_LENGTH:] or "upload"


def _begin(owner: str, name: str, length: int | None, once: str | None) -> Arrival:
    """An upload with its space reserved; `once` is the token that it uses up."""
    with _lock():
        allowed, refusal = _allowance(owner, length)
        upload = Stored(secrets.token_hex(16), owner, shown_name(name), allowed)
        if once:
            _close(once)
        try:
            engine.write_text(_record(upload), json.dumps(asdict(upload)))
            return Arrival(upload, refusal, allowed)
        except OSError as problem:
            _record(upload).unlink(missing_ok=True)
            if once:
                reopen(once, owner)
            raise _not_stored(problem) from None


def _allowance(owner: str, length: int | None) -> tuple[int, TooLarge | NoRoom]:
    """How many bytes may come, and what to say to more."""
    limit = file_limit()
    if length is not None and length > limit:
        raise _too_large(length, limit)
    _check_traffic()
    records = list(_records())
    own = sum(upload.size for upload in records if upload.owner == owner)
    session = limit_of("CLV_SESSION_BYTES", SESSION_BYTES) - own
    total = limit_of("CLV_UPLOADS_BYTES", TOTAL_BYTES) - sum(upload.size for upload in records)
    free = shutil.disk_usage(engine.workspace()).free
    needed = 1 if length is None else length
    for left, refusal in ((session, _quota_of_session), (total, _quota), (free, _disk_full)):
        if needed > left:
            raise refusal()
    room = min(session, total, free)
    if length is not None:
        return length, _too_large(length, limit)
    return (limit, _too_large(None, limit)) if limit <= room else (room, _quota())


def _check_traffic() -> None:
    now = time.time()
    active = 0
    for part in engine.workspace().glob("upload-*.part"):
        with contextlib.suppress(FileNotFoundError):
            active += part.stat().st_mtime > now - 2 * STALLED_SECONDS
    if active >= limit_of("CLV_UPLOADS_AT_A_TIME", AT_A_TIME):
        raise TooMany("Too many files are arriving at the moment.", "Try again in a minute.")


def _records(owner: str = "*") -> Iterator[Stored]:
    for path in engine.workspace().glob(f".upload-{owner}-*.json"):
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
            yield Stored(**json.loads(path.read_text(encoding="utf-8")))


def _record(upload: Stored) -> Path:
    return engine.workspace() / f".upload-{upload.owner}-{upload.id}.json"


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """One admission at a time, in all processes: two uploads never take the same space."""
    handle = os.open(engine.workspace() / ".uploads.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _door_file(token: str) -> Path:
    return engine.workspace() / f"door-{hashlib.sha256(token.encode()).hexdigest()}.json"


def _door(token: str) -> _Door:
    path = _door_file(token)
    if len(token) < _SHORTEST_TOKEN:
        raise _not_allowed()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        age = time.time() - path.stat().st_mtime
        door = _Door(found["owner"], found["once"])
    except (OSError, ValueError, KeyError):
        raise _not_allowed() from None
    # A visitor's own door is filed under the hash of its token: a second look, in equal time.
    genuine = door.once or hmac.compare_digest(door.owner, owner_of(token))
    if not genuine or age > 3600 * (ONCE_HOURS if door.once else KEPT_HOURS):
        raise _not_allowed()
    return door


def _close(token: str) -> None:
    try:
        _door_file(token).unlink()
    except FileNotFoundError:
        raise _not_allowed() from None


def _not_allowed() -> NotAllowed:
    return NotAllowed(
        "This upload has no valid permission: it has expired or was used already.",
        "Load the page again; it shows a new command for uploads from a script.",
    )


def _too_large(size: int | None, limit: int) -> TooLarge:
    has = "is larger than allowed" if size is None else f"has {size / 1e6:,.0f} MB"
    return TooLarge(
        f"The file {has}; the limit is {limit / 1e6:,.0f} MB.",
        "Leave out columns that are not needed, compress it (.gz), or use Parquet. "
        "Whoever runs the server can raise the limit (CLV_MAX_FILE_BYTES).",
    )


def _quota_of_session() -> NoRoom:
    return NoRoom(
        "Your uploads together take more space than one visitor may use.",
        "Remove files that you no longer need, then try again.",
    )


def _quota() -> NoRoom:
    return NoRoom(
        "The space for uploads on this server is used up.",
        "Try again later, or ask whoever runs the server for more (CLV_UPLOADS_BYTES).",
    )


def _disk_full() -> NoRoom:
    return NoRoom(
        "The server's disk is full, so the file could not be stored.",
        "Free some space on the server's disk, or set CLV_DATA_DIR to a folder with space.",
    )


def _not_stored(problem: OSError) -> UploadRefused:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _disk_full()
    return UploadRefused(
        f"The file arrived but could not be stored ({problem.strerror}).",
        "Check that the server may write to its folder for uploads (CLV_DATA_DIR).",
    )
