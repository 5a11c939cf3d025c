"""Excel workbooks (.xlsx, .xlsm, .xls): the first sheet that looks like a table of orders."""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import python_calamine as calamine

from clv.errors import UnreadableFile
from clv.intake.dialect import SAMPLE_RECORDS, Layout, Record, detect_layout
from clv.intake.sources import Detected, ReadOptions
from clv.intake.spool import columns_of, spool, summarise
from clv.intake.values import is_date

MAX_CELLS: Final = 30_000_000
MAX_COLUMNS_OF_A_SHEET: Final = 16_384
_BLOCK: Final = 1 << 20
_CELL: Final = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")
_ENTITY: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def read_workbook(path: Path, target: Path, folder: Path, told: ReadOptions) -> dict[str, Any]:
    """Read one sheet into `target`: dates as ISO text, whole numbers without '.0'."""
    is_zip = zipfile.is_zipfile(path)
    notes = _check_parts(path) if is_zip else []
    try:
        book = calamine.load_workbook(str(path))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
            and sheet.visible == calamine.SheetVisibleEnum.Visible
        ]
        name, rows, layout = _choose(book, visible or book.sheet_names, told)
    except calamine.PasswordError:
        raise _protected() from None
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError) as error:
        if "password" in str(error).lower() or _is_encrypted(path):
            raise _protected() from None
        raise UnreadableFile(
            "The workbook is damaged.", "Open it in Excel and save it again, or export a CSV."
        ) from None
    layout, columns = columns_of(layout, rows[:SAMPLE_RECORDS])
    notes += spool(rows, layout, columns.width, target, folder)
    detected = Detected(
        format="xlsx" if is_zip else "xls",
        header=layout.header is not None,
        first_row=layout.first,
        sheet=name,
        sheets=tuple(book.sheet_names),
    )
    return summarise(target, columns.names, detected, notes)


def _choose(
    book: calamine.CalamineWorkbook, names: list[str], told: ReadOptions
) -> tuple[str, list[Record], Layout | None]:
    """The told sheet; else the first with a column of dates; else the biggest table."""
    if told.sheet is not None:
        if told.sheet not in book.sheet_names:
            raise UnreadableFile(
                f"The workbook has no sheet '{told.sheet}'.",
                f"Choose one of {', '.join(book.sheet_names)}.",
            )
        names = [told.sheet]
    best: tuple[str, list[Record], Layout | None] | None = None
    most = -1
    for name in names:
        rows = list(_rows(book.get_sheet_by_name(name)))
        layout = detect_layout(rows[:SAMPLE_RECORDS], told.header)
        if layout and layout.width > 1 and _has_dates(rows, layout):
            return name, rows, layout
        cells = len(rows) * layout.width if layout and layout.width > 1 else 0
        if cells > most:
            best, most = (name, rows, layout), cells
    if best is None:
        raise UnreadableFile("The workbook has no sheets with cells.", "Export the orders again.")
    return best


def _has_dates(rows: list[Record], layout: Layout) -> bool:
    body = [cells for number, cells in rows[:SAMPLE_RECORDS] if number >= layout.first]
    return any(
        sum(map(is_date, column)) > 0.5 * len(body)
        for column in zip(*(cells[: layout.width] for cells in body), strict=False)
    )


def _rows(sheet: calamine.CalamineSheet) -> Iterator[Record]:
    for number, cells in enumerate(sheet.to_python(skip_empty_area=False), 1):
        yield number, [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _check_parts(path: Path) -> list[str]:
    """Look at the parts before any parser sees them: no entities, no far-away cells."""
    notes = []
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" not in names:
            raise UnreadableFile(
                "This is not an Excel workbook that can be read.", "Save it as .xlsx or as CSV."
            )
        for name in names:
            if not name.endswith((".xml", ".rels")):
                continue
            with archive.open(name) as part:
                head = part.read(4096)
            if _ENTITY.search(head):
                raise UnreadableFile(
                    "The workbook holds definitions that no spreadsheet writes.",
                    "Open it in Excel and save it again.",
                )
            if name == "xl/workbook.xml" and b'date1904="1"' in head:
                notes.append(
                    "The workbook counts days from 1904: check the dates, and save it with the "
                    "1900 date system if they are four years early."
                )
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as part:
                    _check_extent(part)
    return notes


def _check_extent(part: IO[bytes]) -> None:
    """A parser allots the whole rectangle up to the last cell: refuse it when it is huge."""
    letters: set[bytes] = set()
    rows, tail = 0, b""
    while block := part.read(_BLOCK):
        for column, row in _CELL.findall(tail + block):
            letters.add(column)
            rows = max(rows, int(row))
        tail = block[-32:]
    columns = max((_column_number(name) for name in letters), default=0)
    if rows * columns > MAX_CELLS or columns > MAX_COLUMNS_OF_A_SHEET:
        raise UnreadableFile(
            f"A sheet reaches to row {rows:,} and column {columns:,}, which is over the limit.",
            "Delete the stray cells at the end of the sheet, or export it as CSV.",
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _is_encrypted(path: Path) -> bool:
    with path.open("rb") as handle:
        return "EncryptedPackage".encode("utf-16-le") in b"".join(islice(handle, 4000))


def _protected() -> UnreadableFile:
    return UnreadableFile(
        "The workbook is protected by a password.", "Save a copy without the password."
    )
