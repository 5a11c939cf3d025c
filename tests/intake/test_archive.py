"""A zip may hold several tables: one is read, the others are named and can be chosen."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from clv.errors import UnreadableFile
from clv.intake.combine import combine, plan, read_all
from clv.intake.sources import RawTable, ReadOptions, read

pytestmark = pytest.mark.usefixtures("all_here")

SMALL = "who,day,price\nC1,2021-01-05,12.50\nC2,2021-02-11,7.00\n"
BIG = SMALL + "C1,2021-03-01,9.99\n"


@pytest.fixture
def upload(tmp_path: Path):
    """Write a zip of these parts and read it."""

    def go(parts: dict[str, bytes | str], **options) -> RawTable:
        return read(packed(tmp_path / "orders.zip", parts), ReadOptions(**options))

    return go


def packed(path: Path, parts: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def workbook() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for name in ("Notes", "Orders"):
            sheet = book.add_worksheet(name)
            for row, line in enumerate(BIG.splitlines() if name == "Orders" else ["made,by"]):
                sheet.write_row(row, 0, line.split(","))
    return buffer.getvalue()


def test_of_several_tables_the_biggest_is_read_and_another_can_be_chosen(upload):
    parts = {"a/small.csv": SMALL, "big.csv": BIG, "readme.txt": "x" * 9000}
    raw = upload(parts)
    assert raw.rows == 3
    assert (raw.detected.sheet, raw.detected.sheets) == ("big.csv", ("a/small.csv", "big.csv"))
    assert raw.detected.compression == "zip"
    assert raw.notes[0].startswith(
        "The zip holds 2 tables; 'big.csv' was read because it looks like orders. Another one can "
        "be chosen under 'Read it differently'."
    )
    told = upload(parts, sheet="a/small.csv")
    assert told.rows == 2
    assert told.notes[0].startswith("The zip holds 2 tables; 'a/small.csv' was read. Another")
    with pytest.raises(UnreadableFile, match="has no table 'c") as caught:
        upload(parts, sheet="c.csv")
    assert caught.value.hint == "Choose one of a/small.csv, big.csv."


ORDERS = "order id,customer id,date,amount\n" + "".join(
    f"O{i},C{i % 7},2023-{i % 12 + 1:02}-05,{i}.50\n" for i in range(40)
)
CUSTOMERS = "customer id,e-mail,signed up,total spent\n" + "".join(
    f"C{i},c{i}@x.org,2022-01-{i % 28 + 1:02},{i * 3}.25\n" for i in range(900)
)
PLACES = "zip code,city,lat,lng\n" + "".join(f"{i:05},Town {i},{i}.5,1.{i}\n" for i in range(3000))


@pytest.mark.parametrize("beside", [CUSTOMERS, PLACES, "no table at all " * 9000])
def test_of_several_tables_the_one_with_orders_is_read_however_small(upload, beside):
    raw = upload({"other.csv": beside, "sold.csv": ORDERS})
    assert (raw.detected.sheet, raw.rows) == ("sold.csv", 40)
    assert "was read because it looks like orders" in raw.notes[0]


def test_orders_in_a_workbook_are_found_beside_a_bigger_text(upload):
    raw = upload({"places.csv": PLACES, "book.xlsx": workbook()})
    assert (raw.detected.sheet, raw.rows) == ("book.xlsx", 3)


def test_of_several_tables_without_orders_the_biggest_is_read_and_the_note_says_so(upload):
    raw = upload({"a.csv": "city,lat\nX,1.5\nY,2.5\n", "places.csv": PLACES})
    assert raw.detected.sheet == "places.csv"
    assert "'places.csv' was read as the biggest, for none looks like orders." in raw.notes[0]


def test_a_table_too_big_for_a_glance_is_known_by_its_first_lines(upload):
    long = ORDERS + "".join(f"O{i},C{i % 900},2023-04-05,1.50\n" for i in range(60_000))
    raw = upload({"places.csv": PLACES * 40, "sold.csv": long})
    assert (raw.detected.sheet, raw.rows) == ("sold.csv", 60_040)


@pytest.mark.parametrize("beside", ["__MACOSX/._orders.csv", ".DS_Store", "a/._x.csv", "folder/"])
def test_what_file_managers_add_is_no_table(upload, beside):
    raw = upload({"orders.csv": SMALL, beside: "" if beside.endswith("/") else BIG})
    assert (raw.rows, raw.detected.sheets, raw.notes) == (2, (), ())


def test_pictures_documents_and_archives_are_no_tables(upload):
    parts = {
        "orders.csv": SMALL,
        "photo.csv": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "page.html": "<html>" + "x" * 500,
        "manual.pdf": b"%PDF-1.4" + bytes(500),
        "more.csv.gz": gzip.compress(BIG.encode()),
        "more.zip": zip_of_zip(),
        "LICENSE.txt": "free " * 200,
        "empty.csv": "",
    }
    assert (upload(parts).rows, upload(parts).detected.sheets) == (2, ())
    del parts["orders.csv"]
    with pytest.raises(UnreadableFile, match="holds 7 files") as caught:
        upload(parts)
    assert "none is a table" in caught.value.message


def zip_of_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("orders.csv", BIG)
    return buffer.getvalue()


def test_names_are_text_and_nothing_else(upload, tmp_path):
    names = ["../../etc/cron.csv", "/root/a.csv", "C:\\x\\b.csv", "<b>\u202ec\n.csv", "d" * 400]
    raw = upload(dict.fromkeys(names, SMALL) | {"dup\x01.csv": SMALL, "dup.csv": SMALL})
    assert raw.detected.sheets[:4] == (
        "../../etc/cron.csv",
        "/root/a.csv",
        "C:/x/b.csv",
        "<b>c.csv",
    )
    assert raw.detected.sheets[-2:] == ("dup.csv", "dup.csv (2)")
    assert all(len(name) < 130 and name.isprintable() for name in raw.detected.sheets)
    assert [p.name for p in tmp_path.iterdir()] == ["orders.zip"]


def test_a_workbook_in_a_zip_keeps_its_sheets(upload):
    raw = upload({"book.xlsx": workbook()})
    assert (raw.detected.sheet, raw.detected.sheets, raw.rows) == ("Orders", ("Notes", "Orders"), 3)
    raw = upload({"book.xlsx": workbook(), "small.csv": SMALL})
    assert (raw.detected.sheet, raw.rows) == ("book.xlsx", 3)


def test_one_archive_in_another_is_refused(upload):
    for inner in (zip_of_zip(), gzip.compress(BIG.encode())):
        with pytest.raises(UnreadableFile, match="another archive"):
            upload({"inner": inner})


def test_a_protected_zip_and_a_broken_one_say_so(tmp_path):
    path = packed(tmp_path / "a.zip", {"a.csv": SMALL, "b.csv": BIG})
    content = bytearray(path.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    locked = tmp_path / "locked.zip"
    locked.write_bytes(content)
    with pytest.raises(UnreadableFile, match="protected by a password"):
        read(locked)
    content = path.read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[:-30])
    with pytest.raises(UnreadableFile, match="damaged"):
        read(tmp_path / "cut.zip")
    (tmp_path / "flip.zip").write_bytes(content.replace(content[40:50], bytes(10), 1))
    with pytest.raises(UnreadableFile, match="damaged"):
        read(tmp_path / "flip.zip")


def test_a_zip_that_lies_about_sizes_is_stopped_while_it_unpacks(tmp_path):
    path = packed(tmp_path / "a.zip", {"a.csv": b"0" * 60_000_000})
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 1000)
    path.write_bytes(content)
    with pytest.raises(UnreadableFile):
        read(path)


def test_every_table_of_a_zip_can_be_read_and_combined(tmp_path):
    parts = {"jan.csv": SMALL, "feb.csv": SMALL.replace("2021-0", "2022-0"), "x.csv": "a,b\n"}
    tables = read_all(packed(tmp_path / "months.zip", parts))
    assert [raw.name for raw in tables] == ["months.zip: jan.csv", "months.zip: feb.csv"]
    raw = combine(tables, plan(tables))
    assert (raw.rows, raw.origin(2)) == (4, ("months.zip: jan.csv", 2))


def test_a_file_with_one_table_is_all_that_there_is(tmp_path):
    (tmp_path / "a.csv").write_text(SMALL)
    assert [raw.name for raw in read_all(tmp_path / "a.csv")] == ["a.csv"]
