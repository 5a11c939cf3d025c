"""Any upload becomes the same raw table of text, or is refused in two sentences."""

import bz2
import gzip
import lzma
import zipfile
from datetime import date, datetime
from pathlib import Path

import ibis
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv import engine
from clv.errors import CLVError, InvalidMapping, NotEnoughData, UnreadableFile
from clv.intake import delimited, sandbox
from clv.intake.sources import DAMAGED, RawTable, ReadOptions, read

SMALL = "who,day,price\nC1,2021-01-05,12.50\nC2,2021-02-11,7.00\nC1,2021-03-01,9.99\n"
PACKED = gzip.compress(SMALL.encode(), mtime=0)


@pytest.fixture
def upload(tmp_path: Path, here):
    """Write bytes or text to a file and read it."""

    def go(content: bytes | str, name: str = "orders.csv", **options) -> RawTable:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(path, ReadOptions(**options))

    return go


def rows(raw: RawTable) -> list[tuple]:
    frame = raw.table(engine.connect()).order_by("row_number").execute().astype(object)
    return [tuple(row) for row in frame.where(frame.notna(), None).itertuples(index=False)]


def small_again(raw: RawTable) -> bool:
    return raw.columns == ("who", "day", "price") and [row[1:4] for row in rows(raw)] == [
        ("C1", "2021-01-05", "12.50"), ("C2", "2021-02-11", "7.00"), ("C1", "2021-03-01", "9.99"),
    ]  # fmt: skip


def test_every_cell_is_text_as_it_stands_in_the_file(upload):
    raw = upload("who,day,price\n007,2021-01-05, 1.50 \n,x,\n")
    assert rows(raw) == [(2, "007", "2021-01-05", " 1.50 ", None), (3, None, "x", None, None)]
    assert (raw.rows, raw.detected.first_row, raw.key("price")) == (2, 2, "c2")


def test_row_numbers_are_those_of_a_spreadsheet(upload):
    raw = upload('Report\n\nwho,day,what\nC1,2021-01-05,"two\nlines"\n\nC2,2021-02-11,mug\n')
    assert [row[0] for row in rows(raw)] == [4, 6]
    assert raw.detected.first_row == 4
    assert raw.notes == ("1 blank row was skipped.",)


@pytest.mark.parametrize(
    "pack",
    [
        lambda data: data,
        gzip.compress,
        bz2.compress,
        lzma.compress,
        lambda data: gzip.compress(data[:30]) + gzip.compress(data[30:]),
    ],
)
def test_compression_is_recognised_by_content(upload, pack):
    assert small_again(upload(pack(SMALL.encode()), "orders.pdf"))


def test_a_zip_is_unpacked_once_and_within_bounds(upload, tmp_path: Path):
    def zipped(*names: str) -> bytes:
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, SMALL)
        return (tmp_path / "a.zip").read_bytes()

    assert small_again(upload(zipped("../../etc/a.csv", "__MACOSX/a.csv")))
    with pytest.raises(UnreadableFile, match="another archive"):
        upload(gzip.compress(gzip.compress(SMALL.encode())))
    with pytest.raises(UnreadableFile, match="far more than it should"):
        upload(gzip.compress(b"0" * 60_000_000))


def test_a_parquet_file_is_read_as_text(upload, tmp_path: Path):
    text = engine.connect(tmp_path)
    table = ibis.memtable({"who": [1, 2], "day": [date(2021, 1, 5), None], "x": [0.5, 1e16]})
    text.to_parquet(table, str(tmp_path / "t.parquet"))
    raw = upload((tmp_path / "t.parquet").read_bytes(), "orders*.csv")
    assert [row[:3] for row in rows(raw)] == [(2, "1", "2021-01-05"), (3, "2", None)]
    assert (raw.detected.format, raw.columns) == ("parquet", ("who", "day", "x"))


def test_a_workbook_is_read_from_the_sheet_with_orders(upload, tmp_path: Path):
    with xlsxwriter.Workbook(str(tmp_path / "w.xlsx")) as book:
        book.add_worksheet("Notes").write_row(0, 0, ["made", "by", "hand"])
        sheet = book.add_worksheet("Orders")
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(1, 0, ["who", "day", "price", "paid"])
        for row, moment in enumerate([datetime(2021, 1, 5, 8, 30), datetime(2021, 2, 11)], 2):
            sheet.write(row, 0, 17850)
            sheet.write_datetime(row, 1, moment, day)
            sheet.write(row, 2, 261.96)
            sheet.write(row, 3, True)
    data = (tmp_path / "w.xlsx").read_bytes()
    raw = upload(data)
    assert (raw.detected.sheet, raw.detected.sheets) == ("Orders", ("Notes", "Orders"))
    assert rows(raw) == [
        (3, "17850", "2021-01-05 08:30:00", "261.96", "TRUE", None),
        (4, "17850", "2021-02-11", "261.96", "TRUE", None),
    ]
    with pytest.raises(UnreadableFile, match="no sheet 'Sales'"):
        upload(data, sheet="Sales")


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("who,who,WHO", ("who", "who (2)", "WHO")),
        (",day, ", ("Column 1", "day", "Column 3")),
        ('a"b,[0],*', ('a"b', "[0]", "*")),
        (" who ,select,c0", ("who", "select", "c0")),
    ],
)
def test_names_are_kept_and_made_unique(upload, header: str, names):
    raw = upload(header + "\n" + SMALL.split("\n", 1)[1])
    assert raw.columns == names
    assert raw.sample(2)[names[2]].tolist() == ["12.50", "7.00"]


def test_an_unknown_column_is_named_with_the_likely_one(upload):
    with pytest.raises(InvalidMapping, match="Did you mean 'price'"):
        upload(SMALL).key("Prise")


def test_a_record_with_too_many_cells_is_kept_as_text_and_trusted_in_none(upload):
    raw = upload(SMALL + "C9,2021-04-01,12,50\n")
    assert rows(raw)[-1] == (5, None, None, None, "C9 | 2021-04-01 | 12 | 50")
    assert "1 row has more cells" in raw.notes[0]
    assert len(raw.sample()) == 3


def test_a_record_cut_inside_a_quotation_is_not_trusted(upload):
    raw = upload(SMALL.replace("9.99", '"9.99"') * 10 + 'C9,2021-04-01,"12.5')
    last = rows(raw)[-1]
    assert last[1:4] == (None, None, None)
    assert "ends inside a quotation" in last[4]


def test_trailing_delimiters_make_no_column(upload):
    assert small_again(upload(SMALL.replace("\n", ",,\n")))


def test_damaged_ids_of_a_spreadsheet_are_reported(upload):
    raw = upload("who,day\n1.49E+10,2021-01-05\n1.5E+11,2021-01-06\n18E1,2021-01-07\n")
    assert "Column 'who' has 2 values like 1.03E+19" in raw.notes[0]


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", UnreadableFile, "empty"),
        (b"\xef\xbb\xbf", UnreadableFile, "no values"),
        (b"\n\n\n", UnreadableFile, "no values"),
        (b",,,\n,,,\n", UnreadableFile, "single column"),
        (b"who,day,price\n", NotEnoughData, "no rows"),
        (b"who\nC1\nC2\n", UnreadableFile, "single column"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), UnreadableFile, "a picture"),
        (b"<!DOCTYPE html><html>", UnreadableFile, "a web page"),
        (b'{"orders": []}', UnreadableFile, "a JSON file"),
        (bytes(range(1, 255)) * 20, UnreadableFile, "control characters"),
        (b"who,day\nC\x001,2021-01-05\n" * 5, UnreadableFile, "no text has"),
        (b"a,b\n" * 2000 + b"C\x001,2021-01-05\n", UnreadableFile, "NUL bytes"),
        (PACKED[:-12], UnreadableFile, "compressed file is damaged"),
        (b"PAR1" + b"x" * 50, UnreadableFile, "Parquet file is damaged"),
        (",".join(map(str, range(1001))).encode() + b"\n", UnreadableFile, "1,001 columns"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(upload, content, kind, message):
    with pytest.raises(kind) as caught:
        upload(content)
    assert message in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("what", ['"a, b', '"mug', 'a "mug', '"a "mug"', '""mug"'])
def test_a_quotation_mark_amiss_costs_no_row(upload, what: str):
    lines = [f'C{i},2021-01-05,"a, b"\n' for i in range(3000)]
    lines[2000] = f"C2000,2021-01-05,{what}\n"
    raw = upload("who,day,what\n" + "".join(lines))
    assert [row[1] for row in rows(raw)] == [f"C{i}" for i in range(3000)]
    assert rows(raw)[2000][3].strip('"') in ("a, b", "mug", 'a "mug')


def test_a_second_table_with_other_columns_is_not_read_and_counted(upload):
    second = "who,day,price,tax\nC7,2021-04-01,1.00,0.20\n"
    raw = upload(SMALL + second)
    assert small_again(raw)
    assert raw.notes == (
        "A second table with other columns begins in row 5; its 1 rows were not read.",
    )


def test_exports_joined_end_to_end_are_one_table(upload):
    assert upload(SMALL + SMALL).rows == 7


def test_totals_at_the_end_are_kept_and_pointed_out(upload):
    raw = upload(SMALL + "Total,,29.49\n")
    assert raw.rows == 4
    assert raw.notes == ("The table seems to end in totals (row 5); they are no orders.",)


def test_letters_of_windows_that_were_taken_for_latin_1_are_read_as_windows_has_them(upload):
    raw = upload("who,day,what\nC1,2021-01-05,7 \x96 8 \x91tea\x92\nC2,2021-01-06,mug\n")
    assert rows(raw)[0][3] == "7 – 8 ‘tea’"


def test_a_row_that_can_be_cut_in_no_way_is_listed_and_trusted_in_none(upload):
    lines = [f'C{i},2021-01-05,"a, b"\n' for i in range(3000)]
    lines[2000] = 'C2000,"2021-01-05,"a, b", "c, d"\n'
    raw = upload("who,day,what\n" + "".join(lines))
    assert raw.rows == 3000
    assert [row[0] for row in rows(raw) if row[4]] in ([], [2002])


def test_a_missing_file_and_a_too_big_one_are_refused(upload, monkeypatch, tmp_path: Path):
    with pytest.raises(UnreadableFile, match="no file"):
        read(tmp_path / "nowhere.csv")
    monkeypatch.setenv("CLV_MAX_FILE_BYTES", "10")
    with pytest.raises(UnreadableFile, match="the limit is"):
        upload(SMALL)


def test_nul_padding_at_the_end_is_dropped(upload):
    assert small_again(upload(SMALL.encode() + b"\0" * 9000))


def test_one_file_is_parsed_once(upload, monkeypatch):
    first = upload(SMALL, "a.csv")
    monkeypatch.setattr(sandbox, "run", None)
    assert upload(SMALL, "b.csv").path == first.path


def big(count: int = 30_000) -> str:
    rows = (f'C{i},2021-01-05,{i}.50,"tea, {i}",a cup of tea\n' for i in range(count))
    return "Report\nwho,day,price,what,note\n" + "".join(rows)


def test_big_files_go_through_the_engine_in_order(upload, monkeypatch):
    monkeypatch.setattr(delimited, "spool", None)
    raw = upload(big())
    numbers = [(row[0], row[1]) for row in rows(raw)]
    assert numbers == [(i + 3, f"C{i}") for i in range(30_000)]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("C20000,", 'C2"0000,'),
        lambda text: text.replace("C20000,", "\nC20000,"),
        lambda text: text.replace("C20000,", "\rC20000,"),
        lambda text: text.replace("C20000,", "C20000,,,,,,"),
        lambda text: text.replace('"tea, 20000"', '"tea, 20\r\n000"'),
        lambda text: text.replace("\n", "\r"),
        lambda text: text[:-1],
    ],
)
def test_no_row_of_an_odd_big_file_is_lost(upload, change):
    raw = upload(change(big()))
    assert raw.rows == 30_000
    last = rows(raw)[-1]
    assert (last[1], last[3]) == ("C29999", "29999.50")


def test_a_count_of_records_that_differs_sends_the_file_to_the_careful_reader(upload, monkeypatch):
    calls = []
    careful = delimited.spool
    monkeypatch.setattr(delimited, "spool", lambda *args: calls.append(1) or careful(*args))
    monkeypatch.setattr(delimited.TextFacts, "records", property(lambda facts: 29_999))
    assert (upload(big(29_990)).rows, calls) == (29_990, [1])


def test_workbooks_that_no_parser_should_see_are_refused(upload, tmp_path: Path):
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "who")
        sheet.write(1_048_575, 16_383, "day")
    with pytest.raises(UnreadableFile, match="reaches to row 1,048,576 and column 16,384"):
        upload(path.read_bytes())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>')
    with pytest.raises(UnreadableFile, match="definitions that no spreadsheet writes"):
        upload(path.read_bytes())
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000
    with pytest.raises(UnreadableFile, match="workbook is damaged"):
        upload(locked)
    with pytest.raises(UnreadableFile, match="protected by a password"):
        upload(locked + "EncryptedPackage".encode("utf-16-le"))


def test_the_child_takes_on_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "MEMORY_BYTES", 150 << 20)
    (tmp_path / "orders.csv").write_text(SMALL + "C7,2021-05-05,1\n")
    with pytest.raises(UnreadableFile):
        read(tmp_path / "orders.csv")


def test_reading_through_the_child_gives_the_same_table(tmp_path: Path):
    (tmp_path / "orders.csv").write_text(SMALL)
    assert small_again(read(tmp_path / "orders.csv", name="<b>shown</b>"))


@pytest.mark.parametrize(
    ("file", "rows_", "first", "header"),
    [
        ("online_retail/online_retail.csv.gz", 541_909, 2, True),
        ("cdnow/CDNOW_master.txt", 69_659, 2, True),
        ("cdnow/CDNOW_sample.txt", 6_919, 1, False),
        ("apparel/apparelTrans.csv", 3_187, 2, True),
        ("superstore/Sample - Superstore.xls", 9_994, 2, True),
        ("classic_models/sales_data_sample.csv", 2_823, 2, True),
    ],
)
def test_real_files_lose_no_row(real, file: str, rows_: int, first: int, header: bool):
    raw = read(real(file))
    assert (raw.rows, raw.detected.first_row, raw.detected.header) == (rows_, first, header)
    others = "Only the sheet 'Orders' is read; there are others: Returns, People."
    assert raw.notes == ((others,) if file.endswith(".xls") else ())


FIELD = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=8
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(FIELD.map(str.strip).filter(bool), min_size=5, max_size=12),
    mark=st.sampled_from(",;\t|"),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_was_written_is_what_is_read(texts, mark, codec, end, upload):
    quoted = ['"' + text.replace('"', '""') + '"' for text in texts]
    lines = [f"2021-01-{i:02d}{mark}{text}{mark}{i}" for i, text in enumerate(quoted, 10)]
    content = end.join([f"day{mark}note{mark}number", *lines, ""])
    raw = upload(content.encode(codec))
    assert raw.columns == ("day", "note", "number")
    assert [row[2] for row in rows(raw)] == texts


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_table_or_a_refusal(content: bytes, upload):
    try:
        raw = upload(content)
    except CLVError:
        return
    else:
        table = raw.table(engine.connect())
        assert raw.rows == table.count().execute() > 0
        assert {DAMAGED, "row_number", "c0", "c1"} <= set(table.columns)
