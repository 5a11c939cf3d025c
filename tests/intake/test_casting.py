"""Text to typed columns, whole columns at once: what each way of writing comes to."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv import engine, schema
from clv.intake.casting import typed
from clv.intake.conventions import date_order, decimal_mark
from clv.intake.mapping import Mapping
from clv.intake.sources import RawTable, read


@pytest.fixture
def table(tmp_path: Path, here):
    """A raw table from columns of text, parsed in this process."""

    def go(encoding: str = "utf-8", mark: str = ",", **columns: list[str]) -> RawTable:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=mark, quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        path = tmp_path / "orders.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        return read(path)

    return go


def cast(raw: RawTable, date_order="ymd", decimal=".", attributes=(), **roles: str):
    columns = tuple((role, roles[role]) for role in schema.ROLES if role in roles)
    recipe = Mapping(columns=columns, attributes=attributes, date_order=date_order, decimal=decimal)
    frame = typed(raw.table(engine.connect()), raw, recipe).order_by("row_number").execute()
    return frame.astype(object).where(frame.notna(), None)


DAY = datetime(2021, 2, 3)
EVENING = datetime(2021, 2, 3, 14, 5)
DATES = {
    "2021-02-03": DAY,
    "2021-2-3": DAY,
    "2021/02/03": DAY,
    "2021.02.03.": None,
    "2021-02-03 14:05": EVENING,
    "2021-02-03T14:05:00Z": EVENING,
    "2021-02-03T14:05:00.000+09:00": EVENING,
    "2021-02-03 14:05:00 UTC": EVENING,
    "2021-02-03 02:05 PM": EVENING,
    "20210203": DAY,
    "20210203.0": DAY,
    "20210203140500": EVENING,
    "1612361100": EVENING,
    "1612361100000": EVENING,
    "44230": DAY,
    "44230.586805556": datetime(2021, 2, 3, 14, 5),
    "3 Feb 2021": DAY,
    "03-Feb-21": DAY,
    "3. Februar 2021": DAY,
    "3 février 2021": DAY,
    "3 de fevereiro de 2021": DAY,
    "Feb 3, 2021": DAY,
    "February 3rd, 2021, 2:05 pm": EVENING,
    "Wed, 03 Feb 2021 14:05:00 +0000": EVENING,
    "2021年2月3日": DAY,
    "2021年02月03日 14:05": EVENING,
    "2021-02-30": None,
    "2021-13-01": None,
    "0000-00-00": None,
    "1969-12-31": None,
    "2101-01-01": None,
    "0001-01-01": None,
    "soon": None,
    "12": None,
    "2021": None,
    "NULL": None,
    "n/a": None,
    "": None,
}
NUMERIC_DATES = {
    "03/02/2021": DAY,
    "3.2.2021": DAY,
    "03-02-21": DAY,
    "03/02/21 14:05": EVENING,
    "03/02/2021 2:05:00 PM": EVENING,
    "03.02.2021, 14:05": EVENING,
    "3 / 2 / 2021": None,
}


def test_dates_come_to_the_moment_that_was_written(table):
    raw = table(day=list(DATES), who=["C"] * len(DATES))
    got = cast(raw, customer_id="who", ordered_at="day", amount="who")
    seen = dict(zip(DATES, got.ordered_at, strict=True))
    assert {k: v and v.replace(microsecond=0) for k, v in seen.items()} == DATES
    assert got.ordered_at_text.tolist() == [text or None for text in DATES]


@pytest.mark.parametrize(
    ("order", "other"), [("dmy", datetime(2021, 3, 2)), ("mdy", datetime(2021, 2, 3))]
)
def test_the_order_of_day_and_month_is_the_told_one(table, order, other):
    raw = table(day=list(NUMERIC_DATES), who=["C"] * len(NUMERIC_DATES))
    got = cast(raw, date_order=order, customer_id="who", ordered_at="day", amount="who")
    days = {v and (v.month, v.day) for v in got.ordered_at}
    assert days == {None, (2, 3) if order == "dmy" else (3, 2)}
    if order == "dmy":
        assert dict(zip(NUMERIC_DATES, got.ordered_at, strict=True)) == NUMERIC_DATES


def test_two_digit_years_fall_between_1970_and_2069(table):
    raw = table(day=["01/02/69", "01/02/70", "01/02/99"], who=["C"] * 3)
    got = cast(raw, date_order="dmy", customer_id="who", ordered_at="day", amount="who")
    assert [day.year for day in got.ordered_at] == [2069, 1970, 1999]


AMOUNTS = {
    "1234.56": "1234.56", "1,234.56": "1234.56", "$1,963.10": "1963.10", "(12.30)": "-12.30",
    "12.30-": "-12.30", "€ 12": "12", "1 234.56": "1234.56", "1'234.56": "1234.56",
    "EUR 12.00": "12", "12.00 kr": "12", "-£1,763.39": "-1763.39", "($26.00)": "-26",
    "\u221230.59": "-30.59", "1\u00a0234": "1234", "1,23,456.78": "123456.78", "+5": "5",
    "0.00005": "0.0001", "1e3": "1000", "1.2.3": None, "--5": None, "12 %": None, "#REF!": None,
    "1.234,56": None, "12,5": None, "12 34": None, "inf": None, "nan": None, "1e999": None,
    "1000000000000": None, "999999999999.99": "999999999999.99", "NULL": None, "": None,
    "five": None,
}  # fmt: skip


def test_amounts_come_to_exact_decimals(table):
    raw = table(day=["2021-02-03"] * len(AMOUNTS), price=list(AMOUNTS), who=["C"] * len(AMOUNTS))
    got = cast(raw, customer_id="who", ordered_at="day", amount="price")
    want = {text: value and Decimal(value) for text, value in AMOUNTS.items()}
    assert dict(zip(AMOUNTS, got.amount, strict=True)) == want
    assert got.amount_text.tolist() == [text or None for text in AMOUNTS]


def test_a_decimal_comma_turns_the_marks_around(table):
    texts = {"1234,56": "1234.56", "1.234,56": "1234.56", "1.234": "1234", "-0,5": "-0.5",
             "479,45 €": "479.45", "R$ 10,00": "10", "1,234.56": None, "12.5": None}  # fmt: skip
    raw = table(day=["2021-02-03"] * len(texts), price=list(texts), who=["C"] * len(texts))
    got = cast(raw, decimal=",", customer_id="who", ordered_at="day", amount="price")
    want = {text: value and Decimal(value) for text, value in texts.items()}
    assert dict(zip(texts, got.amount, strict=True)) == want


def test_without_an_amount_it_is_quantity_times_price(table):
    raw = table(
        day=["2021-02-03"] * 3, who=["C"] * 3, qty=["3", "-2", "x"], price=["2.55", "0.1", "1"]
    )
    got = cast(raw, customer_id="who", ordered_at="day", quantity="qty", unit_price="price")
    assert got.amount.tolist() == [Decimal("7.65"), Decimal("-0.2"), None]
    assert got.quantity.tolist() == [3.0, -2.0, None]
    assert got.amount_text.tolist() == ["3 x 2.55", "-2 x 0.1", "x x 1"]


def test_an_amount_column_goes_before_quantity_times_price(table):
    raw = table(day=["2021-02-03"], who=["C"], qty=["3"], price=["2"], total=["5"])
    got = cast(
        raw, customer_id="who", ordered_at="day", quantity="qty", unit_price="price", amount="total"
    )
    assert (got.amount[0], got.quantity[0], got.unit_price[0]) == (Decimal(5), 3.0, 2.0)


@pytest.mark.parametrize(
    ("ids", "want"),
    [
        (["007", " C1 ", "1E5", "12.0"], ["007", "C1", "1E5", "12.0"]),
        (["17850.0", "12.0", ""], ["17850", "12", None]),
        (["NULL", "n/a", "C1", ""], [None, None, "C1", None]),
        (["NULL", "n/a", "None", "C1"], ["NULL", "n/a", "None", "C1"]),
        (["184467440737095516168"] * 2, ["184467440737095516168"] * 2),
    ],
)
def test_ids_stay_as_written(table, ids, want):
    raw = table(day=["2021-02-03"] * len(ids), who=ids, total=["5"] * len(ids))
    assert (
        cast(raw, customer_id="who", ordered_at="day", amount="total").customer_id.tolist() == want
    )


def test_one_id_with_a_letter_keeps_the_decimals_of_all(table):
    ids = ["1.0"] * 500 + ["A1"]
    raw = table(day=["2021-02-03"] * 501, who=ids, total=["5"] * 501)
    got = cast(raw, customer_id="who", ordered_at="day", amount="total")
    assert set(got.customer_id) == {"1.0", "A1"}


def test_a_time_of_its_own_is_added_to_the_day(table):
    clocks = ["14:05", "2:05 pm", "14:05:00", "14", "25:00", ""]
    raw = table(day=["2021-02-03"] * 6, at=clocks, who=["C"] * 6)
    got = cast(raw, customer_id="who", ordered_at="day", order_time="at", amount="who")
    hour = datetime(2021, 2, 3, 14)
    assert got.ordered_at.tolist() == [EVENING, EVENING, EVENING, hour, DAY, DAY]


def test_every_role_has_a_column_and_attributes_keep_their_key(table):
    raw = table(day=["2021-02-03"], who=["C"], total=["5"], city=[" Bonn "])
    got = cast(raw, customer_id="who", ordered_at="day", amount="total", attributes=("city",))
    assert got.columns.tolist() == [
        "row_number", "customer_id", "order_id", "product_id", "ordered_at", "quantity",
        "unit_price", "cost", "discount", "refunded", "amount", "product", "category",
        "subcategory", "channel", "country", "order_status", "currency", "refund_of", "c3",
        "ordered_at_text", "amount_text", "quantity_text", "unit_price_text",
        "date_reread", "amount_reread",
    ]  # fmt: skip
    assert (got.c3[0], got.category[0], got.cost[0]) == ("Bonn", None, None)
    recipe = Mapping(columns=(("ordered_at", "day"),), date_order="ymd", decimal=".")
    types = typed(raw.table(engine.connect()), raw, recipe).schema()
    assert str(types["amount"]) == "decimal(18, 4)"
    assert (str(types["category"]), str(types["cost"])) == ("string", "float64")


def test_a_damaged_record_has_no_typed_value_and_shows_its_text(table, tmp_path: Path):
    (tmp_path / "cut.csv").write_text("who,day,total\nC1,2021-02-03,5\nC2,2021-02-04,12,50\n")
    raw = read(tmp_path / "cut.csv")
    got = cast(raw, customer_id="who", ordered_at="day", amount="total")
    assert (got.ordered_at[1], got.amount[1], got.customer_id[1]) == (None, None, None)
    assert got.ordered_at_text[1] == "C2 | 2021-02-04 | 12 | 50"


@pytest.mark.parametrize(
    ("days", "order"),
    [
        (["2021-02-03"] * 3, "ymd"),
        (["01/02/2021"] * 2000 + ["13/02/2021"], "dmy"),
        (["01/02/2021"] * 2000 + ["02/13/2021"], "mdy"),
        (["01/02/2021", "03/02/2021"], None),
        (["01/02/2021", "31/02/2021"], None),
        (["05/05/2021"] * 3, "dmy"),
        (["13/02/2021", "02/13/2021"], None),
        (["13/02/2021"] * 3 + ["02/13/2021"], None),
        (["13/02/2021"] * 30 + ["02/13/2021"], "dmy"),
        (["2021-02-03"] * 300 + ["01/02/2021"], "ymd"),
        (["21-02-03", "99-12-31"], "ymd"),
        (["21-02-03"] * 20, "ymd"),
        (["21-02-03"], None),
        (["21-02-99"], "dmy"),
        (["Feb 3, 2021"], "ymd"),
    ],
)
def test_one_telling_day_decides_the_order_and_none_leaves_it_open(table, days, order):
    raw = table(day=days, who=["C"] * len(days))
    assert date_order(raw, "day") == order


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,234"] * 9, None),
        (["1.234"] * 9, None),
        (["1,234"] * 2000 + ["1,5"], ","),
        (["1,234"] * 2000 + ["1.5"], "."),
        (["1,234,567"], "."),
        (["1.234.567"], ","),
        (["0,125"], ","),
        (["1234,567"], ","),
        (["1 234,567"], ","),
        (["12", "7"], "."),
        (["1,5", "1.5"], None),
        (["$1,963.10"], "."),
    ],
)
def test_one_telling_number_decides_the_decimal_mark(table, texts, mark):
    raw = table(total=texts, who=["C"] * len(texts))
    assert decimal_mark(raw, ["total"]) == mark


def test_number_columns_decide_together(table):
    raw = table(price=["1,234", "1,500"], total=["2,50", "3,00"])
    assert decimal_mark(raw, ["price", "total"]) == ","
    assert decimal_mark(raw, []) == "."


def group(text: str, mark: str) -> str:
    whole, _, cents = text.partition(".")
    return f"{int(whole):,}".replace(",", mark) + "." + cents


WRITE_DATE = {
    "ymd": ["%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%d", "%d-%b-%Y", "%b %d, %Y"],
    "dmy": ["%d/%m/%Y", "%d.%m.%Y %H:%M", "%d-%m-%y"],
    "mdy": ["%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %H:%M"],
}
WRITE_NUMBER = {
    ".": [str, lambda t: group(t, ","), lambda t: "$" + group(t, ","), lambda t: group(t, "'")],
    ",": [
        lambda t: t.replace(".", ","),
        lambda t: group(t, " ").replace(".", ","),
        lambda t: group(t, ";").replace(".", ",").replace(";", ".") + " €",
    ],
}


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_table_reads_the_same_however_it_is_written(data: st.DataObject, table):
    count = 6
    start = datetime(2021, 1, 25, 10, 30)
    telling = [start, datetime(2021, 2, 5, 8, 0)]  # one day after the 12th, one before
    later = st.integers(0, 900).map(lambda days: start + timedelta(days=days))
    days = telling + [data.draw(later) for _ in range(count - 2)]
    cents = [data.draw(st.integers(1, 9_999_999)) for _ in range(count)]
    order = data.draw(st.sampled_from(["ymd", "dmy", "mdy"]))
    decimal = data.draw(st.sampled_from([".", ","]))
    write_date = data.draw(st.sampled_from(WRITE_DATE[order]))
    write_number = data.draw(st.sampled_from(WRITE_NUMBER[decimal]))
    raw = table(
        encoding=data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        mark=data.draw(st.sampled_from(",;\t|~^")),
        who=["Zoë", "0012", "a, b", "O'Neil", "x;y", "Zoë"],
        day=[day.strftime(write_date) for day in days],
        total=[write_number(f"{cent // 100}.{cent % 100:02d}") for cent in cents],
    )
    assert date_order(raw, "day") == order
    assert decimal_mark(raw, ["total"]) == decimal
    got = cast(raw, order, decimal, customer_id="who", ordered_at="day", amount="total")
    assert got.customer_id.tolist() == ["Zoë", "0012", "a, b", "O'Neil", "x;y", "Zoë"]
    assert [day.date() for day in got.ordered_at] == [day.date() for day in days]
    assert got.amount.tolist() == [Decimal(cent) / 100 for cent in cents]
