"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods): the first sheet that looks like orders."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

import python_calamine as calamine

from clv.errors import UnreadableFile
from clv.intake.dialect import SAMPLE_RECORDS, Layout, Record, detect_layout
from clv.intake.extent import check_parts, kind_of
from clv.intake.sources import Detected, ReadOptions
from clv.intake.spool import columns_of, spool, summarise
from clv.intake.values import is_date

EXACT: Final = 1e15  # a spreadsheet keeps fifteen digits of a number

Sheet = calamine.CalamineSheet


def read_workbook(path: Path, target: Path, folder: Path, told: ReadOptions) -> dict[str, Any]:
    """Read one sheet into `target`: dates as ISO text, whole numbers without '.0'."""
    is_zip = zipfile.is_zipfile(path)
    notes = check_parts(path) if is_zip else []
    try:
        book = calamine.load_workbook(str(path))
        sheet, layout = _choose(book, told)
        sample = list(islice(_rows(sheet), SAMPLE_RECORDS))
    except calamine.PasswordError:
        raise _protected() from None
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError) as error:
        if "password" in str(error).lower() or _is_encrypted(path):
            raise _protected() from None
        raise UnreadableFile(
            "The workbook is damaged.", "Open it in Excel and save it again, or export a CSV."
        ) from None
    layout, columns = columns_of(layout and _named_from_above(layout, sheet, sample), sample)
    others = [name for name in _visible(book) if name != sheet.name]
    if others and told.sheet is None:
        listed = ", ".join(others[:5]) + (" ..." if len(others) > 5 else "")
        notes.append(f"Only the sheet '{sheet.name}' is read; there are others: {listed}.")
    notes += spool(_rows(sheet), layout, columns.width, target, folder)
    detected = Detected(
        format=_format(path) if is_zip else "xls",
        header=layout.header is not None,
        first_row=layout.first,
        sheet=sheet.name,
        sheets=tuple(book.sheet_names),
    )
    return summarise(target, columns.names, detected, notes)


def _format(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return kind_of(archive) or "xlsx"


def _choose(book: calamine.CalamineWorkbook, told: ReadOptions) -> tuple[Sheet, Layout | None]:
    """The told sheet; else the first with a column of dates; else the biggest table."""
    best: tuple[Sheet, Layout | None] | None = None
    most = -1
    for name in _candidates(book, told):
        sheet = book.get_sheet_by_name(name)
        rows = list(islice(_rows(sheet), SAMPLE_RECORDS))
        layout = detect_layout(rows, told.header)
        if layout and layout.width > 1 and _has_dates(rows, layout):
            return sheet, layout
        cells = sheet.total_height * layout.width if layout and layout.width > 1 else 0
        if cells > most:
            best, most = (sheet, layout), cells
    if best is None:
        raise UnreadableFile("The workbook has no sheets with cells.", "Export the orders again.")
    return best


def _candidates(book: calamine.CalamineWorkbook, told: ReadOptions) -> list[str]:
    """The told sheet, or all that can be seen; hidden ones only where there are no others."""
    if told.sheet is not None:
        if told.sheet not in book.sheet_names:
            raise UnreadableFile(
                f"The workbook has no sheet '{told.sheet}'.",
                f"Choose one of {', '.join(book.sheet_names)}.",
            )
        return [told.sheet]
    return _visible(book)


def _visible(book: calamine.CalamineWorkbook) -> list[str]:
    """Names of the sheets that a person sees; all of them where none is."""
    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        and sheet.visible == calamine.SheetVisibleEnum.Visible
    ]
    return visible or book.sheet_names


def _named_from_above(layout: Layout, sheet: Sheet, rows: list[Record]) -> Layout:
    """Names merged over several rows of a header stand in the first of them."""
    if layout.header is None or sheet.start is None:
        return layout
    names = list(layout.names)
    above = {number: cells for number, cells in rows if number < layout.header}
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        column = left - sheet.start[1]
        if top + 1 in above and bottom + 1 >= layout.header and 0 <= column < len(names):
            names[column] = names[column] or above[top + 1][column]
    return replace(layout, names=tuple(names))


def _has_dates(rows: list[Record], layout: Layout) -> bool:
    body = [cells for number, cells in rows[:SAMPLE_RECORDS] if number >= layout.first]
    return any(
        sum(map(is_date, column)) > 0.5 * len(body)
        for column in zip(*(cells[: layout.width] for cells in body), strict=False)
    )


def _rows(sheet: Sheet) -> Iterator[Record]:
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield number, [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _number(cell: float) -> str:
    """As a spreadsheet shows it; in a form that is warned of where digits may be missing."""
    if cell.is_integer():
        return str(int(cell)) if abs(cell) < EXACT else f"{Decimal(repr(cell)).normalize():E}"
    return repr(cell)


def _is_encrypted(path: Path) -> bool:
    with path.open("rb") as handle:
        return "EncryptedPackage".encode("utf-16-le") in b"".join(islice(handle, 4000))


def _protected() -> UnreadableFile:
    return UnreadableFile(
        "The workbook is protected by a password.", "Save a copy without the password."
    )
