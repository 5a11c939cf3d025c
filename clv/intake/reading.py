"""What happens inside the child: unpack, recognise, parse, write one Parquet file of text."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, Final

from clv.errors import UnreadableFile
from clv.intake.columnar import read_parquet
from clv.intake.delimited import read_text
from clv.intake.sources import MAX_BYTES, ReadOptions
from clv.intake.workbook import read_workbook

MAX_RATIO: Final = 100
SMALL: Final = 50_000_000
MAX_PARTS: Final = 500
_COPY: Final = 1 << 20
_WRONG_TYPES: Final = (
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
_PACKED: Final[dict[bytes, tuple[str, Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\x00": ("xz", lzma.open),
}
_MARKUP: Final = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<body", b"<script")


def parse(source: Path, target: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Read `source` into the Parquet file `target`; returns columns, rows, detected, notes."""
    path, compression = _unpack(source, folder)
    head = _head(path)
    told = ReadOptions(**options)
    if head.startswith(b"PAR1"):
        facts = read_parquet(path, target, folder)
    elif head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        facts = read_workbook(path, target, folder, told)
    else:
        _refuse_other_types(head)
        facts = read_text(path, target, folder, told)
    facts["detected"]["compression"] = compression
    return facts


def _unpack(source: Path, folder: Path) -> tuple[Path, str | None]:
    """The file itself, or what is inside a compressed one; never more than one layer."""
    head = _head(source)
    if head.startswith(b"PK\x03\x04") and not _is_workbook(source):
        return _unzip(source, folder), "zip"
    for magic, (name, opener) in _PACKED.items():
        if head.startswith(magic):
            with opener(source, "rb") as stream:
                inner = _copy_out(stream, folder, source.stat().st_size)
            return _not_packed_again(inner), name
    return source, None


def _unzip(source: Path, folder: Path) -> Path:
    with zipfile.ZipFile(source) as archive:
        entries = [entry for entry in _directory(archive) if _is_content(entry.filename)]
        if len(entries) != 1:
            listed = ", ".join(entry.filename for entry in entries[:5])
            raise UnreadableFile(
                f"The zip holds {len(entries)} files ({listed}), not one." if entries
                else "The zip holds no file.",
                "Unpack it and upload the file with the orders.",
            )  # fmt: skip
        if entries[0].flag_bits & 1:
            raise UnreadableFile("The zip is protected by a password.", "Unpack it first.")
        with archive.open(entries[0]) as stream:
            inner = _copy_out(stream, folder, source.stat().st_size)
    return _not_packed_again(inner)


def _is_content(name: str) -> bool:
    return not name.endswith("/") and not name.startswith("__MACOSX/")


def _is_workbook(source: Path) -> bool:
    with zipfile.ZipFile(source) as archive:
        names = {entry.filename for entry in _directory(archive)}
    return "[Content_Types].xml" in names or any(n.startswith("xl/") for n in names)


def _directory(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries of a zip, once they are known to stay within bounds when unpacked."""
    entries = archive.infolist()
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    too_dense = unpacked > SMALL and unpacked > MAX_RATIO * max(packed, 1)
    if len(entries) > MAX_PARTS or unpacked > MAX_BYTES or too_dense:
        raise _bomb()
    return entries


def _copy_out(stream: IO[bytes], folder: Path, packed: int) -> Path:
    inner, size = folder / "unpacked", 0
    try:
        with inner.open("wb") as out:
            while chunk := stream.read(_COPY):
                size += len(chunk)
                if size > 4 * MAX_BYTES or (size > SMALL and size > MAX_RATIO * packed):
                    raise _bomb()
                out.write(chunk)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile):
        raise UnreadableFile(
            "The compressed file is damaged: it ends early or its checksum is wrong.",
            "Compress or export it again. Nothing was loaded, so no rows are missing silently.",
        ) from None
    return inner


def _not_packed_again(inner: Path) -> Path:
    head = _head(inner)
    packed = head.startswith(tuple(_PACKED))
    if packed or (head.startswith(b"PK\x03\x04") and not _is_workbook(inner)):
        raise UnreadableFile(
            "The archive holds another archive.", "Unpack it and upload the file with the orders."
        )
    return inner


def _bomb() -> UnreadableFile:
    return UnreadableFile(
        "The file unpacks to far more than it should.",
        "Upload the unpacked file, with the needed columns only.",
    )


def _refuse_other_types(head: bytes) -> None:
    what = next((name for magic, name in _WRONG_TYPES if head.startswith(magic)), None)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_MARKUP):
        what = "a web page"
    elif start.startswith((b"{", b"[{", b"[[")):
        what = "a JSON file"
    if what:
        raise UnreadableFile(
            f"This is {what}, not a table of orders.",
            "Upload a CSV, Excel (.xlsx, .xls) or Parquet file with one row per order line.",
        )


def _head(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(512)
