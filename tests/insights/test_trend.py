"""The trend against loops over the rows of a file."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv.insights.calendar import buckets, full_months, month_text
from clv.insights.trend import change_over_year, latest, sums_by_bucket, trend
from tests.insights.hand_made import FIRST, LAST, analysis, lines_of, month

KEYS = {
    "Month": lambda day: day.replace(day=1),
    "Week": lambda day: day - timedelta(days=day.weekday()),
    "Day": lambda day: day,
}


def by_hand(unit: str, refunds: str) -> dict[date, dict[str, float]]:
    found: dict[date, dict[str, float]] = {}
    lines = lines_of(refunds=refunds)
    for start in {KEYS[unit](line.day) for line in lines}:
        here = [line for line in lines if KEYS[unit](line.day) == start]
        bought = [line for line in here if not line.refund]
        orders = len({line.order for line in bought})
        revenue = sum(line.amount for line in here)
        found[start] = {
            "revenue": revenue,
            "orders": orders,
            "customers": len({line.customer for line in bought}),
            "basket": sum(line.pieces for line in bought) / orders if orders else np.nan,
            "ticket": revenue / orders if orders else np.nan,
        }
    return found


@pytest.mark.parametrize("refunds", ["net", "own_date"])
@pytest.mark.parametrize("unit", ["Month", "Week", "Day"])
def test_every_place_has_what_its_lines_sum_up_to(tmp_path: Path, unit, refunds) -> None:
    lines = analysis(tmp_path, refunds=refunds).lines
    found = trend(lines.ask(sums_by_bucket, None, (), unit), unit, FIRST, LAST, pieces=True)
    expected = by_hand(unit, refunds)
    assert set(expected) <= set(found["start"].dt.date)
    empty = {"revenue": 0, "orders": 0, "customers": 0, "basket": np.nan, "ticket": np.nan}
    for row in found.to_dict("records"):
        wanted = expected.get(row["start"].date(), empty)
        assert {name: row[name] for name in wanted} == pytest.approx(wanted, nan_ok=True)


def test_places_that_the_file_covers_in_part_are_marked() -> None:
    found = buckets(FIRST, LAST, "Month").set_index("value")["complete"]
    assert not found["2023-01"]
    assert not found["2024-05"]
    assert found["2023-02":"2024-04"].all()
    weeks = buckets(date(2024, 1, 3), date(2024, 1, 21), "Week")
    assert weeks["value"].tolist() == [
        "2024-01-01 to 2024-01-07", "2024-01-08 to 2024-01-14", "2024-01-15 to 2024-01-21",
    ]  # fmt: skip
    assert weeks["complete"].tolist() == [False, True, True]
    assert buckets(FIRST, LAST, "Day")["complete"].all()


def test_full_months_are_those_covered_from_end_to_end() -> None:
    def texts(first: date, last: date) -> list[str]:
        return [month_text(n) for n in full_months(first, last)]

    assert texts(date(2023, 12, 1), date(2024, 2, 29)) == ["2023-12", "2024-01", "2024-02"]
    assert texts(date(2023, 12, 2), date(2024, 2, 28)) == ["2024-01"]
    assert texts(date(2023, 12, 2), date(2023, 12, 31)) == []


def test_a_year_before_is_the_same_place_and_only_where_the_file_covers_it(tmp_path: Path) -> None:
    lines = analysis(tmp_path).lines
    found = trend(lines.ask(sums_by_bucket, None, (), "Month"), "Month", FIRST, LAST, pieces=True)
    found = found.set_index("value")
    known = found["revenue_before"].dropna().index.tolist()
    assert known == ["2024-02", "2024-03", "2024-04"]
    assert found["revenue_before"]["2024-03"] == found["revenue"]["2023-03"]
    daily = trend(lines.ask(sums_by_bucket, None, (), "Day"), "Day", FIRST, LAST, pieces=True)
    daily = daily.set_index("start")
    day = pd.Timestamp("2024-05-01")
    assert daily["orders_before"][day] == daily["orders"][day - pd.Timedelta(days=364)]


def test_the_change_over_a_year_takes_only_places_complete_in_both(tmp_path: Path) -> None:
    lines = analysis(tmp_path).lines
    found = trend(lines.ask(sums_by_bucket, None, (), "Month"), "Month", FIRST, LAST, pieces=True)
    sums = {value: row["revenue"] for value, row in found.set_index("value").iterrows()}
    now = sum(sums[f"2024-0{n}"] for n in (2, 3, 4))
    before = sum(sums[f"2023-0{n}"] for n in (2, 3, 4))
    change, places = change_over_year(found, "Month", "revenue")
    assert (places, change) == (3, pytest.approx(now / before - 1))
    short = found.head(5)
    assert np.isnan(change_over_year(short, "Month", "revenue")[0])


def test_without_quantities_lines_are_counted(tmp_path: Path) -> None:
    lines = analysis(tmp_path).lines
    found = trend(lines.ask(sums_by_bucket, None, (), "Month"), "Month", FIRST, LAST, pieces=False)
    bought = [line for line in lines_of() if not line.refund and month(line.day) == "2023-06"]
    shown = found.set_index("value")["basket"]["2023-06"]
    assert shown == pytest.approx(len(bought) / len({line.order for line in bought}))


def test_a_chart_gets_the_latest_places() -> None:
    days = buckets(FIRST, LAST, "Day")
    assert latest(days, "Day")["value"].iloc[-1] == "2024-05-20"
    assert len(latest(days, "Day")) == 63
