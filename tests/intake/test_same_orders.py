"""However a file is written, the same orders come out of it, or the person is asked."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

import clv
from tests.intake import writing
from tests.intake.writing import CLOCKS, DAYS, DIGITS, NumberStyle, Style, Truth

pytestmark = pytest.mark.usefixtures("all_here")

SEEDS = 12
# A failing example goes through the engine: to shrink it takes minutes.
BRIEF = (Phase.explicit, Phase.generate)
CURRENCIES = ("€", "$", "£", "EUR", "USD", "US$", "kr", "zł", "CHF", "₹")
NEGATIVES = ("-{0}", "({0})", "{0}-", "−{0}", "- {0}")


@st.composite
def numbers(draw) -> NumberStyle:
    mark = draw(st.sampled_from((".", ",")))
    groups = ("", " ", "\u00a0", "\u202f", "'", "’", "," if mark == "." else ".")
    sign, blank = draw(st.sampled_from(CURRENCIES)), draw(st.sampled_from(("", " ", "\u00a0")))
    where = draw(st.sampled_from(("nowhere", "before", "after")))
    return NumberStyle(
        mark=mark,
        group=draw(st.sampled_from(groups)),
        before=sign + blank if where == "before" else "",
        after=blank + sign if where == "after" else "",
        negative=draw(st.sampled_from(NEGATIVES)),
        inside=draw(st.booleans()),
        places=draw(st.sampled_from((2, 2, None))),
    )


@st.composite
def files(draw, containers=tuple(writing._WRITERS)) -> tuple[Truth, Style]:
    """A truth and a way to write it that can hold it."""
    digits = draw(st.sampled_from((None, None, None, *DIGITS)))
    unit = DIGITS[digits][0] if digits else draw(st.sampled_from(tuple(CLOCKS)))
    script = draw(st.sampled_from(tuple(writing.THINGS)))
    container = draw(st.sampled_from(("csv", *containers)))
    quoting = draw(st.sampled_from(("minimal", "all", "none")))
    truth = Truth(
        seed=draw(st.integers(0, SEEDS - 1)),
        unit=unit,
        script=script,
        fancy=draw(st.booleans()) and (container != "csv" or quoting != "none"),
    )
    style = Style(
        container=container,
        packed=draw(st.sampled_from(("", "", "gz", "bz2", "xz", "zip"))),
        encoding=draw(st.sampled_from((*writing.UNICODE, *writing.OLDER[script]))),
        delimiter=draw(st.sampled_from((",", ";", "\t", "|"))),
        quoting=quoting,
        line_end=draw(st.sampled_from(("\n", "\r\n", "\r"))),
        number=draw(numbers()),
        day=draw(st.sampled_from(tuple(DAYS))),
        clock=draw(st.sampled_from(tuple(CLOCKS[unit]))),
        digits=digits,
        language=draw(st.sampled_from(tuple(writing.HEADERS))),
        preamble=draw(st.integers(0, 3)),
        columns=draw(st.permutations(range(6)).map(tuple)),
        shuffle=draw(st.none() | st.integers(0, 99)),
        typed=draw(st.booleans()),
    )
    if container == "csv":
        text = "".join(map(str, style.cells(truth.lines()[0], unit)))
        assume(quoting != "none" or _stands_alone(truth, style))
        assume(_can_be_encoded(truth, style))
        assert text
    return truth, style


def _texts(truth: Truth, style: Style) -> list[str]:
    rows = [style.cells(line, truth.unit) for line in truth.lines()]
    return [str(cell) for row in [*rows, style.header] for cell in row if cell is not None]


def _stands_alone(truth: Truth, style: Style) -> bool:
    return not any(style.delimiter in cell for cell in _texts(truth, style))


def _can_be_encoded(truth: Truth, style: Style) -> bool:
    try:
        "".join(_texts(truth, style)).encode(style.encoding)
    except UnicodeEncodeError:
        return False
    return True


def mapping_of(style: Style) -> clv.Mapping:
    return clv.Mapping(
        columns=tuple(zip(writing.ROLES, style.header, strict=True)),
        date_order=style.date_order,
        decimal=style.decimal,
    )


def outcome(shop: clv.Shop) -> tuple[Counter, dict[str, int], float, dict]:
    """All that must not depend on how the file is written."""
    frame = shop.transactions.execute()
    columns = ["customer_id", "order_id", "ordered_at", "booked_at", "is_refund", "quantity",
               "amount", "product"]  # fmt: skip
    seconds = {name: frame[name].dt.round("s") for name in ("ordered_at", "booked_at")}
    product = frame["product"].str.split().str.join(" ")
    rows = frame.assign(product=product, **seconds)[columns].itertuples(index=False, name=None)
    ledger = shop.ledger
    return Counter(rows), ledger.reasons, round(ledger.revenue, 2), dict(shop.revenue_by_policy)


@cache
def expected(truth: Truth):
    """The outcome of the plain CSV."""
    with TemporaryDirectory() as folder:
        path = writing.write(truth, plain(truth), Path(folder))
        return outcome(clv.clean(clv.read(path), mapping_of(Style())))


def plain(truth: Truth) -> Style:
    clock = {"day": "", "minute": "h:m", "second": "h:m:s"}[truth.unit]
    return Style(clock=clock)


def read(truth: Truth, style: Style) -> clv.RawTable:
    with TemporaryDirectory() as folder:
        return clv.read(writing.write(truth, style, Path(folder)))


def test_the_plain_file_says_what_the_truth_says():
    truth = Truth(seed=3)
    lines = [line for line in truth.lines() if line.customer_id and line.amount]
    rows, reasons, _, _ = expected(truth)
    assert rows.total() == len(lines)
    assert "exact duplicate" not in reasons  # one more piece of the same, for all that is said
    booked = Counter((r[0], r[3].to_pydatetime(), r[5], r[6]) for r in rows.elements())
    said = Counter((x.customer_id, x.ordered_at, float(x.quantity), x.amount) for x in lines)
    assert not booked - said


@settings(max_examples=20, phases=BRIEF)
@given(files())
def test_however_it_is_written_the_orders_are_the_same(file):
    truth, style = file
    raw = read(truth, style)
    shop = clv.clean(raw, mapping_of(style))
    assert outcome(shop) == expected(truth)
    first = raw.detected.first_row
    used = shop.transactions.execute()["row_number"].tolist()
    numbers = sorted(used + shop.ledger.rejected_rows()["row_number"].tolist())
    assert numbers == list(range(first, first + len(truth.lines())))


@settings(max_examples=16, phases=BRIEF)
@given(files(), st.booleans())
def test_what_the_data_tell_is_suggested_and_what_they_do_not_is_asked(file, early):
    truth, style = file
    truth = replace(truth, early=early)
    raw = read(truth, style)
    mapping = clv.suggest_mapping(raw)
    assert {role: mapping.column(role) for role in writing.ROLES} == dict(
        zip(writing.ROLES, style.header, strict=True)
    )
    order_is_told = style.date_order == "ymd" or not early
    if order_is_told and _mark_is_told(truth, style):
        assert outcome(clv.clean(raw, mapping)) == expected(truth)
    else:
        assert None in (mapping.date_order, mapping.decimal)
        with pytest.raises(clv.AmbiguousFormat):
            clv.clean(raw, mapping)


def _mark_is_told(truth: Truth, style: Style) -> bool:
    """Whether an amount can be read in one way only; where none has a mark nothing is open."""
    amounts = [style.number.write(line.amount) for line in truth.lines()]
    marked = [text for text in amounts if "." in text or "," in text]
    return style.keeps_types or not marked or style.number.places == 2 or not truth.thousands


@settings(max_examples=6, phases=BRIEF)
@given(files(containers=("csv", "xlsx", "jsonl")), st.sampled_from((",", ".")))
def test_amounts_like_1_234_and_nothing_else_are_asked_about(file, group):
    truth, style = file
    mark = {",": ".", ".": ","}[group]
    number = replace(style.number, mark=mark, group=group, places=None)
    style = replace(style, number=number, typed=False)
    truth = replace(truth, thousands=True)
    assume(style.container != "csv" or style.quoting != "none" or _stands_alone(truth, style))
    raw = read(truth, style)
    mapping = clv.suggest_mapping(raw)
    assert mapping.decimal is None
    with pytest.raises(clv.AmbiguousFormat):
        clv.clean(raw, mapping)
    told = replace(mapping_of(style), decimal=mark)
    assert outcome(clv.clean(raw, told)) == expected(truth)
    assert Decimal(0) not in {line.amount for line in truth.lines()}


@pytest.mark.parametrize(("day", "order"), [("5.1.2021", None), ("13.1.2021", "dmy")])
def test_a_time_after_a_t_hides_no_order_of_day_and_month(tmp_path, day, order):
    path = tmp_path / "moments.csv"
    path.write_text(f"customer,date,amount\nanna,{day}T14:05,20.50\nben,{day}T09:10,5.25\n")
    assert clv.suggest_mapping(clv.read(path)).date_order == order
