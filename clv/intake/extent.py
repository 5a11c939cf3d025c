"""How far the cells of a workbook reach, found out before any parser sees it.

A parser allots the whole rectangle up to the last cell, so that a small file with one cell far
away takes all memory. Each format says in its own way where a cell stands; none of the ways
here builds anything.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from clv.errors import UnreadableFile
from clv.intake.wording import counted, verb

MAX_CELLS: Final = 30_000_000
MAX_COLUMNS_OF_A_SHEET: Final = 16_384
_BLOCK: Final = 1 << 20
_CELL: Final = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")
_ERROR_CELL: Final = re.compile(rb"""<c\s[^<>]*\st=["']e["']""")
_ENTITY: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FROM_1904: Final = re.compile(rb"""date1904\s*=\s*["'](?:1|true)["']""")
_BINARY_SHEETS: Final = ("xl/worksheets/", "xl/chartsheets/", "xl/dialogsheets/")
_ROW, _LAST_CELL, _WORKBOOK = 0, 11, 153  # kinds of records in an .xlsb
_ODS_CELLS: Final = frozenset(("table:table-cell", "table:covered-table-cell"))
_ODS_KIND: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_OTHER_DOCUMENTS: Final = (
    ("word/", "a text document"),
    ("ppt/", "a presentation"),
    ("Index/", "a Numbers, Pages or Keynote document"),
)


def kind_of(archive: zipfile.ZipFile) -> str | None:
    """ "xlsx", "xlsb" or "ods" for a workbook; None for any other zip.

    Raises UnreadableFile for documents that hold no sheets.
    """
    names = set(archive.namelist())
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "mimetype" in names and "content.xml" in names:
        with archive.open("mimetype") as part:
            if part.read(100).strip().startswith(_ODS_KIND):
                return "ods"
        raise _no_sheets("a document of another office program")
    for folder, what in _OTHER_DOCUMENTS:
        if any(name.startswith(folder) and name.endswith((".xml", ".iwa")) for name in names):
            raise _no_sheets(what)
    if "[Content_Types].xml" in names or any(name.startswith("xl/") for name in names):
        return "xlsx"
    return None


def check_parts(path: Path) -> list[str]:
    """Refuse entities and far-away cells; returns notes on what to look out for."""
    with zipfile.ZipFile(path) as archive:
        kind = kind_of(archive)
        if kind == "xlsx" and "xl/workbook.xml" not in archive.namelist():
            raise UnreadableFile(
                "This is not an Excel workbook that can be read.", "Save it as .xlsx or as CSV."
            )
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                with archive.open(name) as part:
                    _refuse_entities(part.read(4096))
        return _CHECKS[kind or "xlsx"](archive)


def _check_xlsx(archive: zipfile.ZipFile) -> list[str]:
    errors = 0
    for name in archive.namelist():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            with archive.open(name) as part:
                errors += _check_sheet(part)
    with archive.open("xl/workbook.xml") as part:
        counts_from_1904 = bool(_FROM_1904.search(part.read(4096)))
    return [*_note_1904(counts_from_1904), *_note_errors(errors)]


def _check_sheet(part: IO[bytes]) -> int:
    """Refuse a sheet of XML that reaches too far; returns how many cells hold errors."""
    letters: set[bytes] = set()
    rows, errors, tail = 0, 0, b""
    while block := part.read(_BLOCK):
        text = tail + block
        cut = max(text.rfind(b"<"), len(text) - 4096)  # a tag cut in two goes to the next block
        text, tail = text[:cut], text[cut:]
        for column, row in _CELL.findall(text):
            letters.add(column)
            rows = max(rows, int(row))
        errors += len(_ERROR_CELL.findall(text))
    for column, row in _CELL.findall(tail):
        letters.add(column)
        rows = max(rows, int(row))
    _refuse_far(rows, max((_column_number(name) for name in letters), default=0))
    return errors


def _check_xlsb(archive: zipfile.ZipFile) -> list[str]:
    errors = 0
    for name in archive.namelist():
        if name.startswith(_BINARY_SHEETS) and not name.endswith(".rels"):
            with archive.open(name) as part:
                errors += _check_binary_sheet(part)
    with archive.open("xl/workbook.bin") as part:
        flags = next((body for kind, body in _records(part) if kind == _WORKBOOK), b"\0")
    return [*_note_1904(bool(flags[:1] and flags[0] & 1)), *_note_errors(errors)]


def _check_binary_sheet(part: IO[bytes]) -> int:
    row = rows = columns = errors = 0
    for kind, body in _records(part):
        if kind == _ROW:
            row = int.from_bytes(body[:4], "little") + 1
        elif 1 < kind <= _LAST_CELL:  # 1 is a blank cell, which takes no room
            rows = max(rows, row)
            columns = max(columns, int.from_bytes(body[:4], "little") + 1)
            errors += kind in (3, 11)
    _refuse_far(rows, columns)
    return errors


def _records(part: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Kind and first four bytes of each record: both numbers before it are of varying length."""
    data, start = part.read(_BLOCK), 0
    while True:
        if start + 10 > len(data):
            data, start = data[start:] + part.read(_BLOCK), 0
            if not data:
                return
        kind, start = data[start], start + 1
        if kind & 0x80:
            kind, start = (kind & 0x7F) | (int.from_bytes(data[start : start + 1]) << 7), start + 1
        size = shift = 0
        for _ in range(4):
            byte = int.from_bytes(data[start : start + 1])
            size, shift, start = size | ((byte & 0x7F) << shift), shift + 7, start + 1
            if not byte & 0x80:
                break
        yield kind, data[start : start + min(size, 4)]
        start += size
        while start > len(data):
            start -= len(data)
            data = part.read(_BLOCK)
            if not data:
                return


def _check_ods(archive: zipfile.ZipFile) -> list[str]:
    """All sheets of an .ods are in one part, and the parser reads all of them at once."""
    reach = _Reach()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reach.start
    parser.EndElementHandler = reach.end
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_entities(b"<!DOCTYPE")
    with archive.open("content.xml") as part:
        try:
            parser.ParseFile(part)
        except expat.ExpatError:
            raise UnreadableFile(
                "The workbook is damaged.", "Open it again and save it, or export a CSV."
            ) from None
    return []


class _Reach:
    """Follows rows and cells of an .ods, each of which may stand for many equal ones."""

    def __init__(self) -> None:
        self.row = self.column = self.last_row = self.last_column = self.cells = 0
        self.repeated = 1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A row begins, or a cell in it."""
        if tag == "table:table":
            self.row = self.last_row = self.last_column = 0
        elif tag == "table:table-row":
            self.repeated = _times(attributes, "table:number-rows-repeated")
            self.column = 0
        elif tag in _ODS_CELLS:
            self.column += _times(attributes, "table:number-columns-repeated")
            if any(name.startswith(("office:", "table:formula")) for name in attributes):
                self.last_row = self.row + self.repeated
                self.last_column = max(self.last_column, self.column)
                _refuse_far(self.last_row, self.last_column, self.cells)
        elif tag == "text:s" and _times(attributes, "text:c") > MAX_COLUMNS_OF_A_SHEET:
            raise _too_far(self.row, self.column)

    def end(self, tag: str) -> None:
        """A row or a sheet ends."""
        if tag == "table:table-row":
            self.row += self.repeated
        elif tag == "table:table":
            self.cells += self.last_row * self.last_column


def _times(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return int(text) if text.isdecimal() and len(text) < 12 else 1 << 40


def _refuse_far(rows: int, columns: int, before: int = 0) -> None:
    if before + rows * columns > MAX_CELLS or columns > MAX_COLUMNS_OF_A_SHEET:
        raise _too_far(rows, columns)


def _too_far(rows: int, columns: int) -> UnreadableFile:
    return UnreadableFile(
        f"A sheet reaches to row {rows:,} and column {columns:,}, which is over the limit.",
        "Delete the stray cells at the end of the sheet, or export it as CSV.",
    )


def _refuse_entities(head: bytes) -> None:
    if _ENTITY.search(head):
        raise UnreadableFile(
            "The workbook holds definitions that no spreadsheet writes.",
            "Open it in Excel and save it again.",
        )


def _no_sheets(what: str) -> UnreadableFile:
    return UnreadableFile(
        f"This is {what}, not a table of orders.", "Save the table as .xlsx, .ods or CSV."
    )


def _note_1904(found: bool) -> list[str]:
    note = (
        "The workbook counts days from 1904: check the dates, and save it with the "
        "1900 date system if they are four years early."
    )
    return [note] if found else []


def _note_errors(cells: int) -> list[str]:
    hold, they = verb(cells, "holds", "hold"), verb(cells, "it was", "they were")
    note = f"{counted(cells, 'cell')} {hold} an error such as #DIV/0!; {they} read as blank."
    return [note] if cells else []


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


_CHECKS: Final[dict[str, Callable[[zipfile.ZipFile], list[str]]]] = {
    "xlsx": _check_xlsx,
    "xlsb": _check_xlsb,
    "ods": _check_ods,
}
