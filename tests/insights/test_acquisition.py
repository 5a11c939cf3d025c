"""What winning customers cost, and when it is earned back."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import UnreadableFile
from clv.insights.acquisition import Curve, curves, payback, paybacks, read_costs
from clv.insights.cohorts import FORECAST, OBSERVED


def cells(*rows: tuple[str, str, int, str, int, float]) -> pd.DataFrame:
    columns = ["group", "cohort", "age", "kind", "size", "revenue"]
    return pd.DataFrame(list(rows), columns=columns)


ONE = cells(
    ("", "2024-01", 0, OBSERVED, 40, 400.0),
    ("", "2024-01", 1, OBSERVED, 40, 0.0),
    ("", "2024-01", 2, FORECAST, 40, 200.0),
)


def test_a_curve_adds_up_the_margin_per_customer_month_by_month() -> None:
    curve = curves(ONE, 0.5, 0.21)["2024-01"]
    assert curve.value == (5.0, 5.0, 7.5)
    assert curve.kinds == (OBSERVED, OBSERVED, FORECAST)
    assert curve.discounted == pytest.approx(5.0 + 2.5 / 1.21 ** (2 / 12))


def test_a_group_takes_what_was_watched_before_what_is_forecast() -> None:
    both = cells(
        ("Web", "2024-01", 0, OBSERVED, 40, 400.0),
        ("Web", "2024-02", 0, OBSERVED, 60, 900.0),
        ("Web", "2024-01", 1, OBSERVED, 40, 80.0),
        ("Web", "2024-02", 1, FORECAST, 60, 600.0),
        ("Web", "2024-01", 2, FORECAST, 40, 40.0),
        ("Web", "2024-02", 2, FORECAST, 60, 160.0),
        ("Web", "2024-01", 3, FORECAST, 40, 20.0),
    )
    curve = curves(both, 1.0, 0.0, by="group")["Web"]
    assert curve.value == pytest.approx((13.0, 15.0, 17.0, 17.5))
    assert curve.kinds == (OBSERVED, OBSERVED, FORECAST, FORECAST)


def test_what_few_customers_were_watched_for_gives_way_to_the_forecast() -> None:
    few = cells(
        ("Web", "2024-01", 0, OBSERVED, 29, 290.0),
        ("Web", "2024-02", 0, FORECAST, 60, 300.0),
    )
    assert curves(few, 1.0, 0.0, by="group")["Web"].value == (5.0,)
    alone = cells(("Web", "2024-01", 0, OBSERVED, 29, 290.0))
    assert curves(alone, 1.0, 0.0, by="group")["Web"].value == (10.0,)


def test_a_curve_ends_where_a_month_is_missing() -> None:
    gap = cells(("", "2024-01", 0, OBSERVED, 40, 40.0), ("", "2024-01", 2, OBSERVED, 40, 40.0))
    assert len(curves(gap, 1.0, 0.0)["2024-01"].value) == 1
    late = cells(("", "2024-01", 1, OBSERVED, 40, 40.0))
    assert curves(late, 1.0, 0.0) == {}


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (5.0, (0, OBSERVED)),
        (5.01, (2, FORECAST)),
        (7.5, (2, FORECAST)),
        (7.51, None),
        (0.0, (0, OBSERVED)),
    ],
)
def test_the_cost_is_earned_back_in_the_first_month_that_reaches_it(cost, expected) -> None:
    assert payback(curves(ONE, 0.5, 0.0)["2024-01"], cost) == expected


def test_money_paid_back_later_does_not_undo_the_month_that_reached_the_cost() -> None:
    assert payback(Curve((9.0, 12.0, 8.0), (OBSERVED,) * 3, 8.0), 10.0) == (1, OBSERVED)


def test_each_cost_is_set_against_the_most_worth_paying() -> None:
    found = {"2024-01": Curve((5.0, 8.0), (OBSERVED, FORECAST), 7.0)}
    sizes = {"2024-01": 100, "2024-02": 50}
    table = paybacks(found, sizes, {"2024-01": 750.0, "2024-02": 10.0, "1999-01": 5.0})
    (row,) = table.to_dict("records")
    assert row == {
        "name": "2024-01", "customers": 100, "cost": 750.0, "each": 7.5, "payback": 1.0,
        "kind": FORECAST, "most": 7.0, "months": 2, "pays": False,
    }  # fmt: skip
    assert paybacks(found, sizes, {"2024-01": 700.0})["pays"].tolist() == [True]
    never = paybacks(found, sizes, {"2024-01": 5000.0})
    assert np.isnan(never["payback"][0])
    assert never["kind"][0] == ""
    assert paybacks(found, sizes, {}).empty


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("month,cost\n2024-01,100\n2024-02,50.5\n", {"2024-01": 100.0, "2024-02": 50.5}),
        ("\ufeffMonth;Cost\n01/2024;1.234,50 €\n", {"2024-01": 1234.5}),
        ("cost\tmonth\n$1,234.50\t2024-1-01\n", {"2024-01": 1234.5}),
        ("month,clicks,cost\n\n2024-11,7,0\n", {"2024-11": 0.0}),
        ("month;cost\n2024-11;12,5\n", {"2024-11": 12.5}),
    ],
)
def test_costs_are_read_as_they_are_written(text: str, expected: dict[str, float]) -> None:
    assert read_costs(text.encode(), "month") == expected


def test_channels_keep_their_names() -> None:
    assert read_costs(b"channel,cost\n Web shop ,10\n", "channel") == {"Web shop": 10.0}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"month,spend\n2024-01,5\n", "no columns month and cost"),
        (b"month,cost\n2024-01\n", "Line 2 of the costs has too few"),
        (b"month,cost\n01/02/2024,5\n", "in place of a month"),
        (b"month,cost\n2024-13,5\n", "in place of a month"),
        (b"month,cost\nsoon,5\n", "in place of a month"),
        (b"month;cost\n2024-01;1,234\n", "in place of an amount"),
        (b"month;cost\n2024-01;1.234.567\n", "in place of an amount"),
        (b"month,cost\n2024-01,-5\n", "in place of an amount"),
        (b"month,cost\n2024-01,much\n", "in place of an amount"),
        (b"month,cost\n2024-01,9999999999999999\n", "in place of an amount"),
        (b"month,cost\n2024-01,5\n2024-01,6\n", "a second time"),
        (b"\xff\xfe\x00", "not text"),
        (b"month,cost\n" + b"9" * 200_000 + b",5\n", "costs"),
        (b"month,cost\n" + b"x" * 1_000_001, "too large"),
    ],
)
def test_costs_that_cannot_be_read_are_refused_in_two_sentences(content: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_costs(content, "month")
    assert says in refused.value.message
    assert refused.value.hint
