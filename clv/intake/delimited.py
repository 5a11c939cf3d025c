"""Text tables: from bytes in any encoding to a Parquet file of text columns.

Clean big files are parsed by the engine, with everything told to it, and the number of
records is checked against a count of our own. All others, and any file on which the two
disagree, go through the careful reader, record by record, to the same table.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Final

import duckdb
import ibis

from clv import engine
from clv.errors import UnreadableFile
from clv.intake.dialect import BLANKS, Dialect, Layout, Record, detect_dialect, detect_layout
from clv.intake.dialect import records as split
from clv.intake.encoding import CHUNK, Encoding, detect_encoding
from clv.intake.sources import DAMAGED, Detected, ReadOptions
from clv.intake.spool import columns_of, engine_options, spool, summarise
from clv.schema import ROW_NUMBER

SAMPLE_LINES: Final = 1000
SAMPLE_CHARACTERS: Final = 400_000
MAX_LINE: Final = 2_000_000
FAST_BYTES: Final = 1_000_000
_END: Final = "\ue000"  # a private character: marks the end of the text for the careful reader
_GLOB: Final = frozenset("*?[]{}")


@dataclass
class TextFacts:
    """Counted on the way to UTF-8: `ends` are line ends outside of quotes."""

    size: int = 0
    ends: int = 0
    plain_lines: bool = True  # no blank lines, no lone carriage returns, no NULs
    quoted: bool = False
    last: bytes = b"\n"

    def add(self, chunk: bytes) -> None:
        """Count one more piece of the UTF-8 text."""
        seam = self.last[-2:] + chunk
        lone = seam.count(b"\r") - seam.count(b"\r\n") - seam.endswith(b"\r")
        if b"\n\n" in seam or b"\n\r\n" in seam or lone or b"\0" in chunk:
            self.plain_lines = False
        parts = chunk.split(b'"')
        self.ends += sum(part.count(b"\n") for part in parts[int(self.quoted) :: 2])
        self.quoted ^= len(parts) % 2 == 0
        self.size += len(chunk)
        self.last = seam[-2:]

    @property
    def records(self) -> int:
        """Records in all, the last one with or without a line end."""
        return self.ends + (not self.last.endswith(b"\n"))


def read_text(path: Path, target: Path, folder: Path, told: ReadOptions) -> dict[str, Any]:
    """Read a delimited or white-space-aligned text file into `target`."""
    encoding = Encoding(told.encoding) if told.encoding else detect_encoding(path)
    notes = []
    if not encoding.exact:
        notes.append("Some letters are damaged in the file; they are shown as '\ufffd'.")
    text, facts = _as_utf8(path, encoding, folder)
    lines, whole = _sample(text)
    dialect = detect_dialect(lines, told.delimiter)
    if dialect.quote is None and any('"' in line for line in lines):
        notes.append("Quotation marks do not come in pairs; they were read as part of the text.")
    sample = list(_records(lines, dialect))
    sample = sample if whole or len(sample) < 2 else sample[:-1]
    layout, columns = columns_of(detect_layout(sample, told.header), sample)
    fast = facts.plain_lines and facts.size > FAST_BYTES and _is_simple(dialect, layout, sample)
    if not (fast and _by_engine(text, target, dialect, layout, columns.width, facts)):
        with text.open(encoding="utf-8") as handle:
            stream = _careful(handle, dialect)
            notes += spool(stream, layout, columns.width, target, folder)
    detected = Detected(
        format="csv",
        encoding=encoding.name.removesuffix("-sig"),
        delimiter=dialect.delimiter,
        header=layout.header is not None,
        first_row=layout.first,
    )
    return summarise(target, columns.names, detected, notes)


def _as_utf8(path: Path, encoding: Encoding, folder: Path) -> tuple[Path, TextFacts]:
    """The text as UTF-8 without byte order mark or NUL padding: the file itself if it is."""
    if encoding == Encoding("utf-8") and not _GLOB & set(str(path)):
        facts = TextFacts()
        with path.open("rb") as handle:
            padded = False
            while (chunk := handle.read(CHUNK)) and not padded:
                facts.add(chunk)
                padded = b"\0" in chunk
        if not padded:
            return path, facts
    try:
        return _transcode(path, encoding, folder / "text.csv")
    except (UnicodeDecodeError, LookupError):
        raise UnreadableFile(
            f"The text does not fit the encoding {encoding.name}.", "Choose another encoding."
        ) from None


def _transcode(path: Path, encoding: Encoding, out: Path) -> tuple[Path, TextFacts]:
    facts, padded = TextFacts(), False
    errors = "strict" if encoding.exact else "replace"
    with (
        path.open(encoding=encoding.name, errors=errors, newline="") as source,
        out.open("wb") as sink,
    ):
        while chunk := source.read(CHUNK):
            body = chunk.rstrip("\0")
            if body and (padded or "\0" in body):
                raise UnreadableFile(
                    "The file holds NUL bytes between its rows: it is damaged or not a text file.",
                    "Export it again as CSV (UTF-8).",
                )
            padded = padded or len(body) < len(chunk)
            data = body.encode()
            facts.add(data)
            sink.write(data)
    return out, facts


def _sample(path: Path) -> tuple[list[str], bool]:
    """The first lines, and whether they are all there are."""
    lines: list[str] = []
    size = 0
    with path.open(encoding="utf-8") as handle:
        while size < SAMPLE_CHARACTERS and len(lines) < SAMPLE_LINES:
            line = handle.readline(MAX_LINE + 1)
            if len(line) > MAX_LINE:
                raise UnreadableFile(
                    "The file has a line of over two million characters.",
                    "Check that it is a table with one row per line.",
                )
            if not line:
                break
            lines.append(line)
            size += len(line)
        whole = not handle.read(1)
    odd = sum(1 for line in lines for char in line if char < " " and char not in "\t\r\n\f")
    if odd > 0.02 * size:
        raise UnreadableFile(
            "This is not a text file: it is full of control characters.",
            "Upload a CSV, Excel or Parquet file with one row per order line.",
        )
    return lines, whole


def _records(lines: Sequence[str], dialect: Dialect) -> Iterator[Record]:
    """Records of the sample, numbered as in the file."""
    skipped = int(dialect.sep_line)
    try:
        for number, cells in split(lines[skipped:], dialect):
            yield number + skipped, cells
    except csv.Error:
        return


def _is_simple(dialect: Dialect, layout: Layout, sample: Sequence[Record]) -> bool:
    """Whether the engine's own reader sees the same cells as the careful one would."""
    if dialect.delimiter == BLANKS or dialect.quote != '"' or dialect.escape or dialect.sep_line:
        return False
    lead = (cells for number, cells in sample if number < layout.first)
    return not any("\n" in cell for cells in lead for cell in cells) and all(
        len(cells) == layout.width for number, cells in sample if number >= layout.first
    )


def _by_engine(
    text: Path, target: Path, dialect: Dialect, layout: Layout, width: int, facts: TextFacts
) -> bool:
    """Parse with DuckDB; False when it refuses, or finds another number of records."""
    if width != layout.width or facts.quoted:
        return False
    options = engine_options(width, delimiter=dialect.delimiter, quote='"', skip=layout.first - 1)
    connection = engine.connect(text.parent)
    try:
        table = connection.read_csv(str(text), **options)
        number = (ibis.row_number() + layout.first).cast("int64")
        shaped = table.select(number.name(ROW_NUMBER), table, ibis.null("string").name(DAMAGED))
        engine.write_parquet(connection, shaped, target)
        written = int(connection.read_parquet(str(target)).count().execute())
    except duckdb.Error:
        return False
    return written == facts.records - layout.first + 1


def _careful(handle: IO[str], dialect: Dialect) -> Iterator[Record]:
    """Every record of the text; a last record inside an open quote is made too wide to use."""
    skipped = int(dialect.sep_line)
    lines = islice(handle, skipped, None)
    if dialect.delimiter == BLANKS:
        for number, cells in split(lines, dialect):
            yield number + skipped, cells
        return
    number = 0
    try:
        for number, cells in split(chain(lines, [_END]), dialect):
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                yield number + skipped, _unfinished(number + skipped, cells)
                return
            yield number + skipped, cells
    except csv.Error:
        raise _open_quote(number + skipped + 1) from None


def _unfinished(number: int, cells: list[str]) -> list[str]:
    cells[-1] = cells[-1].removesuffix(_END).rstrip("\n")
    if "\n" in cells[-1]:
        raise _open_quote(number)
    return [*cells, *[""] * 1000, "(the record ends inside a quotation)"]


def _open_quote(number: int) -> UnreadableFile:
    return UnreadableFile(
        f"A quotation mark in row {number:,} is opened and never closed, so the rows after it "
        "run together.",
        "Close or remove it, or save the file again as CSV.",
    )
