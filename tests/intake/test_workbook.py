"""Workbooks of all kinds give the same table, and none of them takes the memory it asks for."""

import struct
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import xlsxwriter

from clv import engine
from clv.errors import UnreadableFile
from clv.intake import extent
from clv.intake.sources import RawTable, ReadOptions, read

pytestmark = pytest.mark.usefixtures("all_here")

HEADER = ["Order", "Day", "Who", "Price"]
ORDERS = [
    HEADER,
    [1001, date(2021, 1, 5), "Ana", 12.5],
    [1002, date(2021, 2, 11), "Bo & Co", 7],
    [1003, date(2021, 3, 1), "Ana", 9.99],
]
TEXTS = [
    ("1001", "2021-01-05", "Ana", "12.5"),
    ("1002", "2021-02-11", "Bo & Co", "7"),
    ("1003", "2021-03-01", "Ana", "9.99"),
]
NOTES = [["Exported by hand"], ["Ask the shop"]]


def rows(raw: RawTable) -> list[tuple]:
    frame = raw.table(engine.connect()).order_by("row_number").execute().astype(object)
    return [tuple(row) for row in frame.where(frame.notna(), None).itertuples(index=False)]


def texts(raw: RawTable) -> list[tuple]:
    return [row[1:-1] for row in rows(raw)]


def xlsx(path: Path, sheets: dict[str, list[list]], *, hidden: tuple[str, ...] = ()) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for row, values in enumerate(cells):
                for column, value in enumerate(values):
                    sheet.write(row, column, value, day if isinstance(value, date) else None)
            if name in hidden:
                sheet.hide()
        if hidden:
            next(s for s in book.worksheets() if s.name not in hidden).activate()
    return path


def ods(path: Path, sheets: dict[str, str]) -> Path:
    """An .ods whose sheets hold the given rows of XML."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{content}</table:table>'
        for name, content in sheets.items()
    )
    names = ("office", "table", "text")
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in names)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def ods_row(values: list, *, repeated: int = 1) -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{repeated}">'
        + "".join(map(ods_cell, values))
        + "</table:table-row>"
    )


def ods_cell(value: object, *, repeated: int = 1) -> str:
    told = f'table:number-columns-repeated="{repeated}"'
    if value is None:
        return f"<table:table-cell {told}/>"
    if isinstance(value, date):
        return (
            f'<table:table-cell {told} office:value-type="date" '
            f'office:date-value="{value.isoformat()}"/>'
        )
    if isinstance(value, str):
        return (
            f'<table:table-cell {told} office:value-type="string">'
            f"<text:p>{escape(value)}</text:p></table:table-cell>"
        )
    return f'<table:table-cell {told} office:value-type="float" office:value="{value}"/>'


def record(kind: int, body: bytes = b"") -> bytes:
    """One record of an .xlsb: kind and size in groups of seven bits, then the body."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, left = b"", len(body)
    while left > 127:
        size, left = size + bytes([left & 0x7F | 0x80]), left >> 7
    return head + size + bytes([left]) + body


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb_cell(column: int, value: object) -> bytes:
    style = 1 if isinstance(value, date) else 0
    place = struct.pack("<II", column, style)
    if isinstance(value, date):
        value = (value - date(1899, 12, 30)).days
    if isinstance(value, str) and value.startswith("#"):
        return record(3, place + b"\x07")
    if isinstance(value, str):
        return record(6, place + wide(value))
    return record(5, place + struct.pack("<d", value))


def xlsb_row(number: int, values: list, first: int = 0) -> bytes:
    cells = b"".join(xlsb_cell(first + i, v) for i, v in enumerate(values) if v is not None)
    return record(0, struct.pack("<I", number) + bytes(13)) + cells


def xlsb(path: Path, content: bytes, *, flags: int = 0) -> Path:
    """An .xlsb with one sheet of the given records."""
    sheet = record(129) + record(148, bytes(16)) + record(145) + content + record(146) + record(130)
    bundle = struct.pack("<II", 0, 1) + wide("rId1") + wide("Orders")
    book = record(131) + record(153, struct.pack("<III", flags, 0, 0))
    book += record(143) + record(156, bundle) + record(144) + record(132)
    xfs = [struct.pack("<HH", 0, code) + bytes(12) for code in (0, 14)]
    styles = record(617, struct.pack("<I", 2)) + b"".join(record(47, xf) for xf in xfs)
    relations = (
        '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", relations)
        archive.writestr("xl/styles.bin", styles)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def orders_xlsb(path: Path) -> Path:
    return xlsb(path, b"".join(xlsb_row(i, values) for i, values in enumerate(ORDERS)))


def orders_ods(path: Path) -> Path:
    padded = [*ORDERS[:2], *ORDERS[2:]]
    end = ods_row([None], repeated=1_048_500)
    return ods(path, {"Orders": "".join(map(ods_row, padded)) + end})


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: xlsx(path, {"Orders": ORDERS}), "xlsx"),
        (orders_xlsb, "xlsb"),
        (orders_ods, "ods"),
    ],
)
def test_the_same_orders_are_read_from_every_kind_of_workbook(make, kind, tmp_path):
    raw = read(make(tmp_path / "book.bin"))
    assert (raw.columns, texts(raw)) == (tuple(HEADER), TEXTS)
    assert (raw.detected.format, raw.detected.sheet) == (kind, "Orders")
    assert [row[0] for row in rows(raw)] == [2, 3, 4]


def test_rows_and_cells_that_stand_for_many_are_all_read(tmp_path):
    head = ods_row(["who", "day", "a", "b"])
    body = ods_row(["A", date(2021, 1, 5)], repeated=3).replace(
        "</table:table-row>", ods_cell(7, repeated=2) + "</table:table-row>"
    )
    raw = read(ods(tmp_path / "a.ods", {"x": head + ods_row([None], repeated=4) + body}))
    assert texts(raw) == [("A", "2021-01-05", "7", "7")] * 3
    assert [row[0] for row in rows(raw)] == [6, 7, 8]


def far(kind: str, path: Path) -> Path:
    if kind == "xlsb":
        return xlsb(path, xlsb_row(0, ["who", "day"]) + xlsb_row(1_048_575, ["x"], 16_383))
    if kind == "xlsb columns":
        return xlsb(path, xlsb_row(0, ["who"]) + xlsb_row(0, ["x"], 4_000_000_000))
    head = ods_row(["who", "day"])
    blank = ods_row([None], repeated=1_048_000)
    row = f"<table:table-row>{ods_cell(None, repeated=16_000)}{ods_cell(1)}</table:table-row>"
    many = f"<table:table-row>{ods_cell(1, repeated=1_000_000_000)}</table:table-row>"
    sheets = {
        "ods": {"a": head + blank + row},
        "ods rows": {"a": head + ods_row(["A", 1], repeated=2_000_000_000)},
        "ods columns": {"a": head + many},
        "ods text": {"a": head + ods_row(["A"]).replace("A", '<text:s text:c="4000000000"/>')},
        "ods sheets": {str(n): head + ods_row(["A", 1], repeated=1_000_000) for n in range(20)},
        "ods number": {"a": head + ods_row(["A"]).replace('"1"', '"1e9"')},
    }
    return ods(path, sheets[kind])


@pytest.mark.parametrize(
    "kind",
    ["xlsb", "xlsb columns", "ods", "ods rows", "ods columns", "ods text", "ods sheets",
     "ods number"],
)  # fmt: skip
def test_a_cell_far_away_is_refused_before_any_parser_sees_it(kind, tmp_path, monkeypatch):
    monkeypatch.setattr("clv.intake.workbook.calamine", None)
    with pytest.raises(UnreadableFile, match="which is over the limit"):
        read(far(kind, tmp_path / "far"))


def test_entities_of_an_ods_are_refused_wherever_they_stand(tmp_path):
    path = ods(tmp_path / "a.ods", {"a": ods_row(["who", "day"])})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    bad = b"<!--" + b"x" * 5000 + b"-->" + b'<!DOCTYPE x [<!ENTITY a "b">]>'
    parts["content.xml"] = bad + parts["content.xml"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(UnreadableFile, match="definitions that no spreadsheet writes"):
        read(path)


@pytest.mark.parametrize("make", [orders_xlsb, orders_ods])
def test_a_damaged_workbook_is_refused_in_words(make, tmp_path):
    path = make(tmp_path / "book")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in parts:
        if name.endswith(("content.xml", "workbook.bin")):
            parts[name] = parts[name][: len(parts[name]) // 2]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(UnreadableFile, match="damaged"):
        read(path)


@pytest.mark.parametrize(
    ("part", "what"),
    [("word/document.xml", "a text document"), ("Index/Tables/a.iwa", "a Numbers")],
)
def test_other_documents_are_named(part, what, tmp_path):
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(UnreadableFile, match=what):
        read(tmp_path / "a")


def test_a_sheet_of_notes_and_a_hidden_sheet_are_passed_over(tmp_path):
    sheets = {"Info": NOTES, "Old": ORDERS[:2], "Now": ORDERS}
    path = xlsx(tmp_path / "a.xlsx", sheets, hidden=("Old",))
    raw = read(path)
    assert (raw.detected.sheet, raw.rows) == ("Now", 3)
    assert raw.detected.sheets == ("Info", "Old", "Now")
    assert read(path, ReadOptions(sheet="Old")).rows == 1


def test_without_dates_the_biggest_table_is_read(tmp_path):
    small = [["a", "b"], ["x", "y"]]
    path = xlsx(tmp_path / "a.xlsx", {"One": small, "Two": [["c", "d"], *[["x", "y"]] * 5]})
    assert read(path).detected.sheet == "Two"


def test_names_merged_over_several_rows_are_those_of_their_columns(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 1, 1, 1, "Customer")
        sheet.merge_range(0, 2, 1, 2, "Date")
        sheet.merge_range(0, 3, 0, 4, "Amount")
        sheet.write_row(1, 3, ["Net", "Gross"])
        for row in range(2, 8):
            sheet.write(row, 1, f"C{row}")
            sheet.write_datetime(row, 2, datetime(2021, 1, row), day)
            sheet.write_row(row, 3, [10 + row, 12.5 + row])
    raw = read(path)
    assert raw.columns == ("Customer", "Date", "Amount Net", "Amount Gross")
    assert rows(raw)[0] == (3, "C2", "2021-01-02", "12", "14.5", None)


def test_one_name_merged_over_two_rows_is_kept_where_the_others_stand_below(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 1, 0, "Customer")
        sheet.write_row(1, 1, ["Date", "Amount"])
        for row in range(2, 8):
            sheet.write_row(row, 0, [f"C{row}", f"2021-01-0{row}", 10 + row])
    assert read(path).columns == ("Customer", "Date", "Amount")


def test_times_errors_and_truths_have_one_form(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        forms = [
            book.add_format({"num_format": f}) for f in ("hh:mm", "[h]:mm", "yyyy-mm-dd hh:mm")
        ]
        sheet.write_row(0, 0, ["at", "took", "when", "paid", "total"])
        sheet.write(1, 0, time(8, 30), forms[0])
        sheet.write(1, 1, timedelta(hours=30), forms[1])
        sheet.write(1, 2, datetime(2021, 1, 5, 8, 30), forms[2])
        sheet.write(1, 3, False)
        sheet.write_formula(1, 4, "=1/0", None, "#DIV/0!")
    raw = read(path)
    assert texts(raw) == [("08:30:00", "1 day, 6:00:00", "2021-01-05 08:30:00", "FALSE", None)]
    assert raw.notes == ("1 cell holds an error such as #DIV/0!; it was read as blank.",)
    content = xlsb_row(0, HEADER) + xlsb_row(1, [1, date(2021, 1, 5), "A", "#DIV/0!"])
    raw = read(xlsb(tmp_path / "a.xlsb", content, flags=1))
    assert texts(raw)[0][3] is None
    assert "counts days from 1904" in raw.notes[0]
    assert raw.notes[1].startswith("1 cell holds an error")


def test_numbers_longer_than_a_spreadsheet_keeps_are_warned_of(tmp_path):
    long = [123456789012345, 1234567890123456, 12345678901234567890]
    path = xlsx(tmp_path / "a.xlsx", {"a": [["who", "n"], *[["A", n] for n in long]]})
    raw = read(path)
    assert texts(raw)[0] == ("A", "123456789012345")
    assert "Column 'n' has 2 values like 1.03E+19" in raw.notes[0]


def test_records_are_followed_over_the_edges_of_blocks(tmp_path, monkeypatch):
    content = b"".join(xlsb_row(i, ["x" * (i % 300), i]) for i in range(400))
    path = xlsb(tmp_path / "a.xlsb", xlsb_row(0, ["who", "n"]) + content)
    seen = []
    monkeypatch.setattr(extent, "_refuse_far", lambda *found: seen.append(found))
    for block in (16, 31, 257, 1 << 20):
        monkeypatch.setattr(extent, "_BLOCK", block)
        with zipfile.ZipFile(path) as archive:
            extent._check_xlsb(archive)
    assert seen == [(400, 2)] * 4


def test_cells_are_found_over_the_edges_of_blocks(tmp_path, monkeypatch):
    path = xlsx(tmp_path / "a.xlsx", {"a": [["who", "n"], *[["A", n] for n in range(500)]]})
    seen = []
    monkeypatch.setattr(extent, "_refuse_far", lambda *found: seen.append(found))
    for block in (16, 31, 257, 1 << 20):
        monkeypatch.setattr(extent, "_BLOCK", block)
        with zipfile.ZipFile(path) as archive:
            extent._check_xlsx(archive)
    assert seen == [(501, 2)] * 4
