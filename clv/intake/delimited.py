"""Text tables: from bytes in any encoding to a Parquet file of text columns.

Clean big files are parsed by the engine, with everything told to it, and the number of
records is checked against a count of our own. All others, and any file on which the two
disagree, go through the careful reader, record by record, to the same table.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import duckdb
import ibis

from clv import engine
from clv.errors import UnreadableFile
from clv.intake.dialect import Layout, common_width, detect_dialect, detect_layout
from clv.intake.encoding import CHUNK, Encoding, detect_encoding
from clv.intake.records import BLANKS, Dialect, Record
from clv.intake.records import records as split
from clv.intake.sources import DAMAGED, Detected, ReadOptions
from clv.intake.spool import columns_of, engine_options, spool, summarise
from clv.intake.wording import counted, verb
from clv.schema import ROW_NUMBER

SAMPLE_LINES: Final = 1000
SAMPLE_CHARACTERS: Final = 400_000
MAX_LINE: Final = 2_000_000
FAST_BYTES: Final = 1_000_000
# Bytes 80 to 9F of Windows that were taken for Latin-1 on the way: control characters that no
# text holds. Browsers read them as Windows does, and so do we.
_FAR_CONTROL: Final = re.compile(rb"\xc2[\x80-\x9f]")
_AS_WINDOWS: Final = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0)
    if code not in (0x81, 0x85, 0x8D, 0x8F, 0x90, 0x9D)
}  # fmt: skip
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
    sample = _sample_records(lines, dialect)
    sample = sample if whole or len(sample) < 2 else sample[:-1]
    layout, columns = columns_of(detect_layout(sample, told.header), sample)
    fast = facts.plain_lines and facts.size > FAST_BYTES and _is_simple(dialect, layout, sample)
    if not (fast and _by_engine(text, target, dialect, layout, columns.width, facts)):
        with text.open(encoding="utf-8") as handle:
            amiss: Counter[str] = Counter()
            stream = _careful(handle, dialect, layout.width, amiss)
            notes += spool(stream, layout, columns, target, folder)
            notes += _about_marks(amiss)
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
                padded = b"\0" in chunk or _FAR_CONTROL.search(chunk) is not None
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
            data = body.translate(_AS_WINDOWS).encode()
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


def _sample_records(lines: Sequence[str], dialect: Dialect) -> list[Record]:
    """Records of the sample, numbered as in the file."""
    body = lines[int(dialect.sep_line) :]
    found = list(split(body, dialect))
    width = common_width(cells for _, cells in found)
    if any(len(cells) != width for _, cells in found):
        found = list(split(body, dialect, width))
    return [(number + int(dialect.sep_line), cells) for number, cells in found]


def _is_simple(dialect: Dialect, layout: Layout, sample: Sequence[Record]) -> bool:
    """Whether the engine's own reader sees the same cells as the careful one would."""
    odd = dialect.escape or dialect.sep_line or dialect.trim or len(dialect.delimiter) > 1
    if dialect.delimiter == BLANKS or dialect.quote != '"' or odd:
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


def _careful(
    handle: IO[str], dialect: Dialect, width: int, amiss: Counter[str]
) -> Iterator[Record]:
    """Every record of the text."""
    skipped = int(dialect.sep_line)
    found = split(islice(handle, skipped, None), dialect, width, amiss)
    return ((number + skipped, cells) for number, cells in found) if skipped else found


def _about_marks(amiss: Counter[str]) -> list[str]:
    """What is said of rows that were read although a mark in them is amiss."""
    if not amiss["mended"]:
        return []
    rows, has, it = amiss["mended"], ("has", "have"), ("it was", "they were")
    return [
        f"{counted(rows, 'row')} {verb(rows, *has)} a quotation mark or delimiter amiss; "
        f"{verb(rows, *it)} read in the one way that fits the columns."
    ]
