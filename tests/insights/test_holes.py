"""Days in a row without any order are found, said, and counted in no comparison."""

from datetime import date, timedelta

import pandas as pd
import pytest

from clv.insights.calendar import Stretch
from clv.insights.health import compare
from clv.insights.holes import days_within, holes, in_words
from clv.insights.trend import trend

FIRST, LAST = date(2024, 1, 1), date(2024, 6, 30)
MARCH = Stretch(date(2024, 3, 12), date(2024, 3, 18))


def daily(orders: int, *, without: tuple[Stretch, ...] = (), every: int = 1) -> pd.DataFrame:
    days = pd.date_range(FIRST, LAST)[::every]
    inside = [any(hole.first <= day.date() <= hole.last for hole in without) for day in days]
    kept = days[[not each for each in inside]]
    return pd.DataFrame({"start": kept.date, "orders": orders})


def test_a_week_without_orders_in_a_busy_shop_is_a_hole() -> None:
    assert holes(daily(5, without=(MARCH,)), FIRST, LAST) == (MARCH,)
    assert holes(daily(5), FIRST, LAST) == ()


def test_six_days_of_rest_or_a_week_in_a_quiet_shop_are_none() -> None:
    rest = Stretch(MARCH.first, MARCH.last - timedelta(days=1))
    assert holes(daily(5, without=(rest,)), FIRST, LAST) == ()
    assert holes(daily(1, without=(MARCH,)), FIRST, LAST) == ()
    assert holes(daily(1, every=9), FIRST, LAST) == ()


def test_days_of_a_hole_are_counted_within_a_stretch() -> None:
    assert days_within((MARCH,), Stretch(date(2024, 3, 17), date(2024, 4, 1))) == 2
    assert days_within((MARCH,), Stretch(date(2024, 4, 1), date(2024, 4, 2))) == 0


def test_a_period_with_a_hole_is_compared_by_the_days_it_sold_on() -> None:
    found = compare(date(2024, 1, 1), date(2024, 3, 31), 1, (MARCH,))
    assert found.per_day == pytest.approx(24 / 29)
    assert "24 days against 29" in found.sentence
    assert "12 Mar 2024 to 18 Mar 2024" in found.sentence
    later = compare(FIRST, LAST, 1, (MARCH,))
    assert later.per_day == pytest.approx(30 / 31)
    assert "No orders" not in later.sentence


def test_a_month_with_a_hole_is_compared_with_no_year_before() -> None:
    first, last = date(2023, 1, 1), date(2024, 6, 30)
    starts = pd.date_range(first, last, freq="MS")
    columns = dict.fromkeys(("revenue", "orders", "customers", "pieces", "bought"), 10)
    sums = pd.DataFrame({"start": starts.date, **columns})
    found = trend(sums, "Month", first, last, pieces=True, silent=(MARCH,)).set_index("value")
    assert not found["complete"]["2024-03"]
    assert pd.isna(found["revenue_before"]["2024-03"])
    assert found["revenue_before"]["2024-04"] == 10
    before = Stretch(date(2023, 3, 12), date(2023, 3, 18))
    found = trend(sums, "Month", first, last, pieces=True, silent=(before,)).set_index("value")
    assert pd.isna(found["revenue_before"]["2024-03"])


def test_many_holes_are_named_in_short() -> None:
    assert in_words(()) == ""
    many = tuple(Stretch(date(2024, m, 1), date(2024, m, 9)) for m in range(1, 7))
    assert in_words(many).endswith("1 Apr 2024 to 9 Apr 2024 and 2 more times: closed, or missing "
                                   "in the file.")  # fmt: skip
