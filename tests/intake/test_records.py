"""Records whose quotation marks or delimiters do not add up."""

from collections import Counter

import pytest

from clv.intake.dialect import detect_dialect, detect_layout
from clv.intake.records import AMISS, Dialect, cut, records

HEAD = "who,day,price,what\n"
ROW = 'C1,2021-01-05,12.50,"tea, green"\n'


def cells(text: str, mark: str = ",", width: int | None = 4) -> list[list[str]]:
    return [row for _, row in records(text.splitlines(keepends=True), Dialect(mark), width)]


@pytest.mark.parametrize(
    ("odd", "last"),
    [
        ('C2,2021-01-06,7,"Boxer, 5" Inseam"', 'Boxer, 5" Inseam'),
        ('C2,2021-01-06,7,"Table, 48""', 'Table, 48"'),
        ('C2,2021-01-06,7,""tea, green"', '"tea, green'),
        ('C2,2021-01-06,7,"', '"'),
        ('C2,2021-01-06,7,"tea, green', "tea, green"),
        ('C2,2021-01-06,7,5" nail', '5" nail'),
        ('"C2,2021-01-06,7,"tea, green"', "tea, green"),
    ],
)
def test_a_line_with_a_mark_amiss_is_cut_to_the_columns_of_its_table(odd: str, last: str):
    found = cells(HEAD + ROW + odd + "\n" + ROW)
    assert [len(row) for row in found] == [4, 4, 4, 4]
    assert found[2][3] == last
    assert found[3] == ["C1", "2021-01-05", "12.50", "tea, green"]


def test_a_proper_quotation_over_several_lines_stays_one_record():
    found = cells(HEAD + 'C1,2021-01-05,1,"two\nlines, ""so"" to say"\n' + ROW)
    assert [row[3] for row in found] == ["what", 'two\nlines, "so" to say', "tea, green"]


def test_a_quotation_over_several_lines_is_not_torn_in_a_row_that_is_too_wide():
    found = cells(HEAD + 'C1,2021-01-05,1,"two\nlines",more\n' + ROW)
    assert [len(row) for row in found] == [4, 5, 4]


def test_a_broken_line_does_not_take_the_next_row_with_it():
    found = cells(HEAD + '"x\n' + ROW + ROW)
    assert found[1][-1] == AMISS
    assert found[2:] == [["C1", "2021-01-05", "12.50", "tea, green"]] * 2


def test_a_wide_row_without_marks_amiss_is_not_squeezed():
    assert len(cells(HEAD + 'C1,2021-01-05,1,"a","b"\n')[1]) == 5


def test_a_row_parted_by_another_mark_is_read_when_it_fits():
    found = cells(HEAD + "C2;2021-01-06;7;mug\n" + ROW)
    assert found[1] == ["C2", "2021-01-06", "7", "mug"]


def test_what_cannot_be_made_out_is_marked():
    amiss: Counter[str] = Counter()
    lines = [HEAD, '"a" b,"c" d, "e" f, "g" h, "i" j,\n', ROW]
    found = [row for _, row in records(lines, Dialect(","), 4, amiss)]
    assert found[1][-1] == AMISS
    assert found[2][3] == "tea, green"
    assert amiss == {"broken": 1}


@pytest.mark.parametrize("mark", ["||", "::", "<|>", "~~"])
def test_a_delimiter_may_have_several_characters(mark: str):
    text = (HEAD + "C1,2021-01-05,12.50,tea\nC2,2021-02-11,7.00,mug\n" * 5).replace(",", mark)
    lines = text.splitlines(keepends=True)
    dialect = detect_dialect(lines)
    assert dialect.delimiter == mark
    assert next(records(lines, dialect))[1] == ["who", "day", "price", "what"]


def test_the_several_characters_may_stand_in_a_quotation():
    assert cells('a||"b||c"\n', "||", 2) == [["a", "b||c"]]


def test_blanks_after_a_delimiter_are_no_part_of_a_quoted_cell():
    lines = ["who, day, what\n", 'C1, 2021-01-05, "tea, green"\n', 'C2, 2021-01-06, "mug"\n']
    dialect = detect_dialect(lines)
    assert [row for _, row in records(lines, dialect)][1] == ["C1", "2021-01-05", "tea, green"]


def test_a_backslash_escapes_where_it_makes_the_quotes_add_up():
    lines = ["who,day,what\n", 'C1,2021-01-05,"48\\", round"\n', 'C2,2021-01-06,"5\\" in"\n']
    assert detect_dialect(lines).escape == "\\"


def test_single_quotes_are_seen_where_cells_hold_line_ends():
    lines = ["who^day^what\n", "C1^2021-01-05^'two\n", "lines'\n", "C2^2021-01-06^'O''Neil cap'\n"]
    assert detect_dialect(lines).quote == "'"


def test_times_do_not_make_a_colon_a_delimiter():
    lines = [f"28/02/2008,0:{i}0:00,NaN\n" for i in range(6)]
    assert detect_dialect(lines).delimiter == ","


def layout(text: str):
    return detect_layout(list(records(text.splitlines(keepends=True), Dialect(","))))


BODY = "1,2021-01-05,3,4\n2,2021-01-06,4,5\n3,2021-01-07,5,6\n"


@pytest.mark.parametrize(
    ("head", "names", "first"),
    [
        ("Shop,,Order,\nid,day,net,tax\n", ("Shop id", "Shop day", "Order net", "Order tax"), 3),
        ("id,day,Order,\n,,net,tax\n", ("id", "day", "Order net", "Order tax"), 3),
        ("a,b,c,d\na,b,c,d\n", ("a a", "b b", "c c", "d d"), 3),
        ("Report of May,,,\nid,day,net,tax\n", ("id", "day", "net", "tax"), 3),
        (",id,day,net,tax\n", ("id", "day", "net", "tax"), 2),
        ("x,x,x,x\n", ("x", "x", "x", "x"), 2),
    ],
)
def test_rows_of_names_are_put_together(head: str, names: tuple[str, ...], first: int):
    found = layout(head + BODY)
    assert (found.names, found.first) == (names, first)


def test_a_hopeless_line_takes_no_long_time():
    assert cut('"a,' * 3000, Dialect(","), 40) is None
