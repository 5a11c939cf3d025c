"""Encoding, delimiter, quoting and header, each detected from the text alone."""

from pathlib import Path

import pytest

from clv.errors import UnreadableFile
from clv.intake.dialect import detect_dialect, detect_layout, records
from clv.intake.encoding import detect_encoding
from clv.intake.values import is_date, kind, number

ROWS = "C1;2021-01-05;12,50;tea, green\nC2;2021-02-11;1.063,00;mug\nC1;2021-03-01;9,99;mug\n"


def layout_of(text: str, header: bool | None = None):
    lines = text.splitlines(keepends=True)
    dialect = detect_dialect(lines)
    return dialect, detect_layout(list(records(lines[int(dialect.sep_line) :], dialect)), header)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "~", "^"])
def test_the_delimiter_is_the_one_that_makes_columns_of_one_kind(mark: str):
    text = "who;day;price\nC1;2021-01-05;12.50\nC2;2021-02-11;7.00\n".replace(";", mark)
    dialect, layout = layout_of(text)
    assert dialect.delimiter == mark
    assert layout.names == ("who", "day", "price")


def test_decimal_commas_do_not_pass_for_delimiters():
    dialect, layout = layout_of("who;day;price;what\n" + ROWS)
    assert (dialect.delimiter, layout.width) == (";", 4)


def test_runs_of_white_space_part_columns():
    dialect, layout = layout_of(" 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   9.7\n")
    assert (dialect.delimiter, layout.header, layout.first, layout.width) == (" ", None, 1, 5)


def test_a_sep_line_is_believed_and_is_no_row():
    dialect, _ = layout_of("sep=;\nwho;day\nC1;2021-01-05\n")
    assert (dialect.delimiter, dialect.sep_line) == (";", True)


@pytest.mark.parametrize(
    ("quoted", "quote"),
    [("'tea; green'", "'"), ('"tea; green"', '"'), ('"tea; \\"green\\""', '"')],
)
def test_quoting_is_recognised(quoted: str, quote: str):
    lines = ["who;day;what\n", f"C1;2021-01-05;{quoted}\n", "C2;2021-02-11;'s mug\n"]
    dialect = detect_dialect(lines)
    assert dialect.quote == quote
    assert next(r for n, r in records(lines, dialect) if n == 2)[2].startswith("tea; ")


@pytest.mark.parametrize(
    ("lead", "header", "first"),
    [
        ("who;day;price;what\n", 1, 2),
        ("Exported by shop 4.2\n\nwho;day;price;what\n", 3, 4),
        ("Customer;Order;Order;\nwho;day;price;what\n", 2, 3),
        ("who;day;price;what\n\n", 1, 3),
        ("", None, 1),
        ("Exported by shop 4.2\n", None, 2),
    ],
)
def test_the_header_is_the_last_row_of_words_above_the_values(lead, header, first):
    _, layout = layout_of(lead + ROWS)
    assert (layout.header, layout.first) == (header, first)


@pytest.mark.parametrize(
    "slip", ["C9;2024-13-45;x;mug\n", "C9;unknown;#REF!;mug\n", "C9;2021-01-05;abc;mug\n"]
)
def test_a_first_row_of_slips_is_data_and_no_header(slip: str):
    _, layout = layout_of("who;day;price;what\n" + slip + ROWS)
    assert (layout.header, layout.first) == (1, 2)


def test_a_column_may_be_called_by_a_number():
    _, layout = layout_of("who;day;1;what\n" + ROWS)
    assert (layout.header, layout.names) == (1, ("who", "day", "1", "what"))


def test_words_above_columns_of_words_hide_no_header():
    rows = "C1,mug,2021-01-05,7\n" * 4
    _, layout = layout_of("Exported by,Anna,,\nwho,what,day,price\n" + rows)
    assert (layout.header, layout.first) == (2, 3)
    assert layout.names == ("who", "what", "day", "price")


def test_the_user_can_say_that_there_is_no_header():
    _, layout = layout_of("a;b;c;d\n" + ROWS, header=False)
    assert (layout.header, layout.first) == (None, 1)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1252", "Größe;Ñandú;café à la carte;5 €"),
        ("mac_roman", "Größe;Ñandú;café à la carte;naïve"),
        ("cp1250", "Zażółć gęślą jaźń;Příliš žluťoučký kůň;Łódź"),
        ("cp1251", "Дата;Сумма;Код клиента"),
        ("koi8_r", "Дата;Сумма;Код клиента"),
        ("shift_jis", "注文日;顧客番号;カタカナ"),
        ("gb18030", "订单日期;客户;销售额"),
        ("big5", "訂單日期;客戶;金額"),
        ("euc_kr", "주문일자;고객;금액"),
        ("utf-8", "Größe;订单"),
        ("utf-8-sig", "Größe;订单"),
        ("utf-16", "Größe;订单"),
        ("utf-16-le", "who;day"),
        ("utf-32", "who;day"),
    ],
)
def test_the_encoding_is_the_one_that_reads_as_human_text(codec: str, text: str, tmp_path: Path):
    path = tmp_path / "file.csv"
    data = (text + "\n").encode(codec) * 3 if "utf" not in codec else (text + "\n").encode(codec)
    path.write_bytes(data)
    found = detect_encoding(path)
    assert data.decode(found.name) == data.decode(codec)
    assert found.exact


def test_one_damaged_letter_does_not_spoil_all_the_others(tmp_path: Path):
    path = tmp_path / "file.csv"
    path.write_bytes("café;5\n".encode() * 50 + b"caf\xe9;6\n")
    assert (detect_encoding(path).name, detect_encoding(path).exact) == ("utf-8", False)


def test_a_letter_cut_in_two_at_the_end_is_noticed(tmp_path: Path):
    path = tmp_path / "file.csv"
    path.write_bytes("café;5\n".encode() * 50 + b"caf\xc3")
    assert not detect_encoding(path).exact


def test_bytes_without_a_pattern_are_no_text(tmp_path: Path):
    path = tmp_path / "file.csv"
    path.write_bytes(b"a\0b\0\0\0cde\0fg" * 20 + b"x")
    with pytest.raises(UnreadableFile):
        detect_encoding(path)


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1234", 1234, 1234),
        ("1.234,56", None, 1234.56),
        ("1,234.56", 1234.56, None),
        ("1,234", 1234, 1.234),
        ("$1,963.10", 1963.10, None),
        ("(12.30)", -12.30, None),
        ("12.30-", -12.30, None),
        ("-£1,763.39", -1763.39, None),
        ("($26.00)", -26.0, None),
        ("\u221230.59", -30.59, None),
        ("€ 12", 12, 12),
        ("EUR 12.00", 12.0, None),
        ("115,15 EUR", None, 115.15),
        ("1 234,56", None, 1234.56),
        ("1\u00a0234,56", None, 1234.56),
        ("1'234.56", 1234.56, None),
        ("1,23,456.78", 123456.78, None),
        ("1.2.3", None, None),
        ("1,2,345", None, None),
        ("--5", None, None),
        ("12 %", None, None),
        ("12 34", None, None),
        ("#REF!", None, None),
        ("inf", None, None),
        ("1_000", None, None),
        ("", None, None),
    ],
)
def test_numbers_are_read_under_one_decimal_mark(text, point, comma):
    assert (number(text, "."), number(text, ",")) == (point, comma)


@pytest.mark.parametrize(
    "text",
    ["2021-01-17T08:04:11Z", "20210108", "1/2/2021 23:59", "2021年1月4日", "03-Jan-21", "09.01.21",
     "Tue, 05 Jan 2021 02:40:45 +0000", "Jan 5, 2021", "01/10/2021 10:50:26 AM", "4. März 2020"],
)  # fmt: skip
def test_dates_are_recognised(text: str):
    assert is_date(text)


@pytest.mark.parametrize("text", ["12.30", "1.2.3", "2022-13-45", "26.47.1555", "85123A", "May"])
def test_other_texts_are_no_dates(text: str):
    assert not is_date(text)
    assert kind(text) != "date"
