"""What is inside a compressed upload: one file, or one of several tables in a zip."""

import bz2
import gzip
import lzma
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from clv.errors import UnreadableFile
from clv.intake.extent import kind_of
from clv.intake.sources import MAX_BYTES
from clv.intake.spool import unique_names
from clv.intake.table_choice import NO_ORDERS, Rank

MAX_RATIO: Final = 100
SMALL: Final = 50_000_000
MAX_PARTS: Final = 500
ZIP: Final = b"PK\x03\x04"
PACKED: Final[dict[bytes, tuple[str, Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\x00": ("xz", lzma.open),
}
WRONG_TYPES: Final = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3", "a database file"),
    (b"{\\rtf", "a text document"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x80\x04\x95", "a Python pickle"),
)
MARKUP: Final = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<body", b"<script")
_COPY: Final = 1 << 20
_LONGEST_NAME: Final = 120
_TABLES: Final = frozenset(
    (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet", ".json",
     ".jsonl", ".ndjson")
)  # fmt: skip
_SHOWS_WHOLE: Final = _TABLES - {".csv", ".tsv", ".tab", ".jsonl", ".ndjson"}
_GLANCE: Final = 1 << 20  # bytes of a text that tell what it holds
_WHOLE: Final = 5_000_000  # bytes of a workbook that is opened to see what it holds
_PATIENCE: Final = 5  # seconds of looking into tables
_NO_TABLES: Final = ("readme", "license", "licence", "changelog", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Unpacked:
    """A file to parse. tables: names of the tables in its zip, if there are several; chosen: the
    one among them, and why."""

    path: Path
    compression: str | None = None
    chosen: str | None = None
    tables: tuple[str, ...] = ()
    why: str = ""


Judge = Callable[[Path], Rank]


def unpack(source: Path, folder: Path, told: str | None, judge: Judge) -> Unpacked:
    """The file itself, or what is inside a compressed one; never more than one layer.

    told: which of several tables in a zip to take; None for the one that looks most like orders
    as `judge` says, and for the biggest where none does.
    """
    head = head_of(source)
    if head.startswith(ZIP):
        with _archive(source) as archive:
            if kind_of(archive) is None:
                return _unzip(archive, folder, source.stat().st_size, told, judge)
    for magic, (name, opener) in PACKED.items():
        if head.startswith(magic):
            with opener(source, "rb") as stream:
                inner = _copy_out(stream, folder, source.stat().st_size)
            return Unpacked(_not_packed_again(inner), name)
    return Unpacked(source)


def head_of(path: Path) -> bytes:
    """The first bytes of a file, which tell what it is."""
    with path.open("rb") as handle:
        return handle.read(512)


def _unzip(
    archive: zipfile.ZipFile, folder: Path, packed: int, told: str | None, judge: Judge
) -> Unpacked:
    tables = _tables(archive)
    several = tuple(tables) if len(tables) > 1 else ()
    chosen, why = told, ""
    if not several:
        (chosen,) = tables
    elif told is None:
        chosen, why = _likeliest(archive, tables, folder, judge)
    if chosen not in tables:
        raise UnreadableFile(
            f"The zip has no table '{chosen}'.", f"Choose one of {', '.join(tables)}."
        )
    with _open(archive, tables[chosen]) as stream:
        inner = _copy_out(stream, folder, packed)
    return Unpacked(_not_packed_again(inner), "zip", chosen if several else None, several, why)


def _likeliest(
    archive: zipfile.ZipFile, tables: dict[str, zipfile.ZipInfo], folder: Path, judge: Judge
) -> tuple[str, str]:
    """The table that looks most like orders, of equals the biggest; and why it is taken."""
    by_size = sorted(tables, key=lambda name: -tables[name].file_size)
    ranks = dict.fromkeys(by_size, NO_ORDERS)
    end = time.process_time() + _PATIENCE
    for name in by_size:
        if time.process_time() < end:
            ranks[name] = judge(_glance(archive, tables[name], folder))
    best = max(by_size, key=lambda name: ranks[name])
    if ranks[best] == NO_ORDERS:
        return best, "as the biggest, for none looks like orders"
    return best, "because it looks like orders"


def _glance(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> Path:
    """The first whole lines of a text, or all of another table that is not big."""
    whole = entry.file_size <= (_WHOLE if _suffix(entry) in _SHOWS_WHOLE else _GLANCE)
    with _open(archive, entry) as stream:
        start = _read(stream, entry.file_size if whole else _GLANCE)
    seen = folder / "glance"
    seen.write_bytes(start if whole else start[: start.rfind(b"\n") + 1])
    return seen


def _tables(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Name to show -> entry, of all files that may be tables (or of the only file)."""
    entries = [entry for entry in archive.infolist() if _is_content(entry.filename)]
    if not entries:
        raise UnreadableFile("The zip holds no file.", "Zip the file with the orders again.")
    if len(entries) > 1:
        likely = [entry for entry in entries if _may_be_table(archive, entry)]
        named = [entry for entry in likely if _suffix(entry) in _TABLES]
        if not likely:
            listed = ", ".join(_shown(entry) for entry in entries[:5])
            raise UnreadableFile(
                f"The zip holds {len(entries)} files ({listed}), and none is a table.",
                "Unpack it and upload the file with the orders.",
            )
        entries = named or likely
    return dict(zip(unique_names([_shown(entry) for entry in entries]), entries, strict=True))


def _is_content(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    hidden = any(part.startswith("._") or part == "__MACOSX" for part in parts)
    return not (name.endswith("/") or hidden or parts[-1:] == (".DS_Store",))


def _may_be_table(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(entry.filename).name.lower()
    if entry.file_size == 0 or name.startswith(_NO_TABLES):
        return False
    if entry.flag_bits & 1:
        return True  # what it is shows with the password only
    with _open(archive, entry) as stream:
        head = _read(stream, 512)
    wrong = tuple(magic for magic, _ in WRONG_TYPES)
    packed = head.startswith(tuple(PACKED)) or (
        head.startswith(ZIP) and _suffix(entry) not in _TABLES
    )
    return not (packed or head.startswith(wrong) or head.lstrip().lower().startswith(MARKUP))


def _suffix(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).suffix.lower()


def _shown(entry: zipfile.ZipInfo) -> str:
    """The name as text to show: nothing invisible in it, and no endless one."""
    text = entry.filename.replace("\\", "/")
    plain = "".join(c for c in text if unicodedata.category(c)[0] != "C")
    return plain if len(plain) <= _LONGEST_NAME else "..." + plain[-_LONGEST_NAME:]


def _open(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    if entry.flag_bits & 1:
        raise UnreadableFile("The zip is protected by a password.", "Unpack it first.")
    try:
        return archive.open(entry)
    except (NotImplementedError, zipfile.BadZipFile, OSError):
        raise _damaged() from None


def _archive(path: Path) -> zipfile.ZipFile:
    """Open a zip, once it is known to stay within bounds when unpacked."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError):
        raise _damaged() from None
    entries = archive.infolist()
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    too_dense = unpacked > SMALL and unpacked > MAX_RATIO * max(packed, 1)
    if len(entries) > MAX_PARTS or unpacked > MAX_BYTES or too_dense:
        archive.close()
        raise _bomb()
    return archive


def _copy_out(stream: IO[bytes], folder: Path, packed: int) -> Path:
    inner, size = folder / "unpacked", 0
    with inner.open("wb") as out:
        while chunk := _read(stream, _COPY):
            size += len(chunk)
            if size > 4 * MAX_BYTES or (size > SMALL and size > MAX_RATIO * packed):
                raise _bomb()
            out.write(chunk)
    return inner


def _read(stream: IO[bytes], size: int) -> bytes:
    try:
        return stream.read(size)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile):
        raise _damaged() from None


def _not_packed_again(inner: Path) -> Path:
    head = head_of(inner)
    packed = head.startswith(tuple(PACKED))
    if head.startswith(ZIP):
        with _archive(inner) as archive:
            packed = kind_of(archive) is None
    if packed:
        raise UnreadableFile(
            "The archive holds another archive.", "Unpack it and upload the file with the orders."
        )
    return inner


def _damaged() -> UnreadableFile:
    return UnreadableFile(
        "The compressed file is damaged: it ends early or its checksum is wrong.",
        "Compress or export it again. Nothing was loaded, so no rows are missing silently.",
    )


def _bomb() -> UnreadableFile:
    return UnreadableFile(
        "The file unpacks to far more than it should.",
        "Upload the unpacked file, with the needed columns only.",
    )
