"""Tables as files: CSV and XLSX bytes from a frame, and names for them.

A spreadsheet runs text that starts like a formula. So in the CSV for spreadsheets such cells
and headers get a leading apostrophe, numbers stay numbers, and `unguarded` takes the
apostrophe off again. The machine variant is raw. XLSX cells carry their type and need none.
"""

import codecs
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import xlsxwriter

from clv.errors import CLVError

XLSX_ROWS: Final = 100_000
_MAX_NAME: Final = 60

# What stands before the first character that counts: spaces, zero-width marks, quotes.
_SKIPPED = (
    "[ \\x00\u00a0\u2000-\u200f\u202f\u2060\u3000\ufeff\"'`\u00ab\u00bb\u2018-\u201f\uff02\uff07]*"
)
_STARTS_FORMULA = rf"^{_SKIPPED}[=+\-@\t\r\n|%＝＋－＠｜％]"
# Digits, dots and commas are no formula; nor is a phone number written with spaces.
_HARMLESS = r"^(?:[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]{1,3})?%?|\+[0-9][0-9 ]{5,18})$"


def to_csv(frame: pd.DataFrame, *, machine: bool = False) -> bytes:
    """The frame as CSV, UTF-8, dates as 2011-12-09, missing values empty.

    For spreadsheets unless `machine`: marked as UTF-8, formulas disarmed in cells and headers.
    """
    return (b"" if machine else codecs.BOM_UTF8) + _csv(frame, machine=machine)


def csv_stream(frames: Iterable[pd.DataFrame], *, machine: bool = False) -> Iterator[bytes]:
    """The frames, which have one layout, below each other as one CSV; see `to_csv`.

    Without the mark that only spreadsheets want.
    """
    for place, frame in enumerate(frames):
        yield _csv(frame, machine=machine, header=place == 0)


def parquet_stream(frames: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    """The frames, which have one layout, below each other as one Parquet file."""
    sink, writer = _Passing(), None
    for frame in frames:
        table = _arrow(frame)
        if writer is None:
            # A part where a text is missing everywhere must not decide what it is in all.
            kinds = [pa.string() if pa.types.is_null(t) else t for t in table.schema.types]
            layout = pa.schema(zip(table.schema.names, kinds, strict=True))
            writer = pyarrow.parquet.ParquetWriter(sink, layout)
        writer.write_table(table.cast(writer.schema))
        yield sink.take()
    if writer is not None:
        writer.close()
        yield sink.take()


class _Passing(io.RawIOBase):
    """A file that is written at one end and taken away at the other."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        content = bytes(part)
        self._parts.append(content)
        self._written += len(content)
        return len(content)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def unguarded(values: pd.Series) -> pd.Series:
    """Text of a CSV from `to_csv` as it was before: the apostrophes of disarmed cells off."""
    return values.where(~values.map(_is_disarmed, na_action="ignore").eq(True), values.str.slice(1))


def to_xlsx(frame: pd.DataFrame) -> bytes:
    """The frame as a workbook with one sheet: text as text, numbers as numbers, dates as dates.

    Raises CLVError above 100,000 rows.
    """
    if len(frame) > XLSX_ROWS:
        raise CLVError(
            f"{len(frame):,} rows are too many for a workbook; {XLSX_ROWS:,} fit.",
            "Download the CSV, or filter the customers first.",
        )
    table = _arrow(frame)
    out = io.BytesIO()
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("Data")
        number = book.add_format({"num_format": "#,##0.00"})
        header = book.add_format({"bold": True, "bottom": 1})
        for position, name in enumerate(table.column_names):
            sheet.write_string(0, position, name, header)
            sheet.set_column(position, position, min(max(len(name) + 2, 12), 40))
        sheet.freeze_panes(1, 0)
        for row, cells in enumerate(zip(*(c.to_pylist() for c in table.columns), strict=True), 1):
            for position, cell in enumerate(cells):
                _write(sheet, row, position, cell, number)
    return out.getvalue()


def to_parquet(frame: pd.DataFrame) -> bytes:
    """The frame as a Parquet file: text, numbers and dates with their types, nothing changed."""
    out = io.BytesIO()
    pyarrow.parquet.write_table(_arrow(frame), out)
    return out.getvalue()


def file_name(
    what: str, analysis_date: date, horizon_months: int | None, suffix: str, *, version: str = ""
) -> str:
    """A name that any system takes: `champions_2011-12-09_12-months.csv`.

    No horizon where it plays no part. `version` tells apart files that differ in anything
    else: Streamlit may serve the older of two large downloads that have one name.
    """
    months = f"{horizon_months}-month{'s' if horizon_months != 1 else ''}" if horizon_months else ""
    parts = [_slug(what) or "table", f"{analysis_date:%Y-%m-%d}", months, _slug(version)]
    return "_".join(part for part in parts if part) + "." + suffix.lstrip(".")


def _csv(frame: pd.DataFrame, *, machine: bool, header: bool = True) -> bytes:
    table = _arrow(frame)
    if not machine:
        columns = [
            _guarded(column) if pa.types.is_string(column.type) else column
            for column in table.columns
        ]
        names = _guarded(pa.chunked_array([pa.array(table.column_names, pa.string())]))
        table = pa.table(columns, names=names.to_pylist())
    out = io.BytesIO()
    pyarrow.csv.write_csv(table, out, pyarrow.csv.WriteOptions(include_header=header))
    return out.getvalue()


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """Columns as string, number, bool, date or timestamp in seconds; no infinities."""
    columns = [_column(frame.iloc[:, position]) for position in range(frame.shape[1])]
    return pa.table(columns, names=[str(name) for name in frame.columns])


def _column(values: pd.Series) -> pa.ChunkedArray:
    if pd.api.types.is_float_dtype(values.dtype):
        values = values.replace([np.inf, -np.inf], np.nan)
    array = pa.chunked_array(pa.Array.from_pandas(values))
    if pa.types.is_timestamp(array.type):
        days = array.cast(pa.date32(), safe=False)
        midnight = pc.all(pc.equal(days.cast(array.type), array), min_count=0).as_py()
        return days if midnight else array.cast(pa.timestamp("s"), safe=False)
    if pa.types.is_dictionary(array.type) or pa.types.is_large_string(array.type):
        return array.cast(pa.string())
    return array


def _guarded(values: pa.ChunkedArray) -> pa.ChunkedArray:
    risky = pc.and_(
        pc.match_substring_regex(values, _STARTS_FORMULA),
        pc.invert(pc.match_substring_regex(values, _HARMLESS)),
    )
    return pc.if_else(risky, pc.binary_join_element_wise("'", values, ""), values)


def _is_disarmed(text: str) -> bool:
    return text.startswith("'") and bool(re.match(_STARTS_FORMULA, text))


def _write(sheet: Any, row: int, position: int, cell: object, number: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, position, cell)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, position, cell)
    elif isinstance(cell, (date, datetime)):
        sheet.write_datetime(row, position, cell)
    elif isinstance(cell, int):
        sheet.write_number(row, position, cell)
    elif cell is not None:
        sheet.write_number(row, position, float(str(cell)), number)


def _slug(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower())[:_MAX_NAME].strip("-")
