"""The figures of a period against loops over the rows of a file."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv.analysis import Analysis
from clv.insights.health import (
    Figure,
    activity,
    compare,
    figures_of_customers,
    figures_of_lines,
    standing,
    standing_days,
)
from clv.insights.line_groups import revenue_by
from clv.insights.trend import sums_by_bucket, trend
from tests.insights.hand_made import FIRST, LAST, analysis, days_of, lines_of, month, months


def figures(found: Analysis, length: int) -> dict[str, Figure]:
    lines = found.lines
    days = standing_days(FIRST, LAST)
    by_month = trend(
        lines.ask(sums_by_bucket, None, (), "Month"), "Month", FIRST, LAST, pieces=True
    )
    answers = figures_of_lines(
        by_month,
        lines.ask(activity),
        lines.ask(standing, None, (), days, found.settings),
        compare(FIRST, LAST, length),
        first=FIRST,
        last=LAST,
        pieces=True,
        settings=found.settings,
    )
    return {figure.name: figure for figure in answers}


def sums(begin: str, end: str, refunds: str = "net") -> dict[str, float]:
    inside = [row for row in lines_of(refunds=refunds) if month(row.day) in {*months(begin, end)}]
    bought = [row for row in inside if not row.refund]
    orders = len({row.order for row in bought})
    return {
        "Net revenue": sum(row.amount for row in inside),
        "Orders": orders,
        "Active customers": len({row.customer for row in bought}),
        "Average ticket": sum(row.amount for row in inside) / orders,
        "Average basket": sum(row.pieces for row in bought) / orders,
    }


# The file has 15 full months, February 2023 to April 2024: 12 and 12 before do not fit.
SPANS = {
    12: ("2023-10", "2024-04", "2023-03", "2023-09", 213 / 214),
    3: ("2024-02", "2024-04", "2023-11", "2024-01", 90 / 92),
    1: ("2024-04", "2024-04", "2024-03", "2024-03", 30 / 31),
}


@pytest.mark.parametrize("refunds", ["net", "own_date"])
@pytest.mark.parametrize("length", SPANS)
def test_sums_of_full_months_are_compared_per_day(tmp_path: Path, length, refunds) -> None:
    found = figures(analysis(tmp_path, refunds=refunds), length)
    begin, end, earlier, until, ratio = SPANS[length]
    now, before = sums(begin, end, refunds), sums(earlier, until, refunds)
    for name, value in now.items():
        assert found[name].value == pytest.approx(value), name
        longer = ratio if name in ("Net revenue", "Orders") else 1
        assert found[name].change == pytest.approx(value / (before[name] * longer) - 1), name


@pytest.mark.parametrize("length", SPANS)
def test_churn_is_the_share_of_the_period_before_that_did_not_order(tmp_path, length) -> None:
    found = figures(analysis(tmp_path), length)["Churn"]
    begin, end, earlier, until, _ = SPANS[length]
    bought = [(row.customer, month(row.day)) for row in lines_of() if not row.refund]

    def who(first: str, last: str) -> set[str]:
        return {customer for customer, at in bought if at in {*months(first, last)}}

    known, here = who(earlier, until), who(begin, end)
    assert found.value == pytest.approx(len(known - here) / len(known))
    if length == 1:
        base, stayed = who("2024-02", "2024-02"), who("2024-03", "2024-03")
        assert found.change == pytest.approx(found.value - len(base - stayed) / len(base))
    else:
        assert (found.change is None) == (length == 12)


def on_day(day: date, inactive: int = 3, long_gone: int = 6) -> dict[str, int]:
    found = dict.fromkeys(("customers", "repeat", "churned", "long_gone"), 0)
    gone, lost = (pd.Timestamp(day) - pd.DateOffset(months=m) for m in (inactive, long_gone))
    orders = {(r.customer, r.order, r.day) for r in lines_of() if not r.refund}
    for customer, days in days_of(lines_of()).items():
        until = [d for d in days if d <= day]
        if not until:
            continue
        made = {order for who, order, when in orders if who == customer and when <= day}
        found["customers"] += 1
        found["repeat"] += len(made) >= 2
        found["long_gone"] += pd.Timestamp(until[-1]) <= lost
        found["churned"] += lost < pd.Timestamp(until[-1]) <= gone
    return found


def test_what_customers_were_is_counted_on_each_day(tmp_path: Path) -> None:
    found = analysis(tmp_path, inactive_months=2, long_gone_months=5)
    days = standing_days(FIRST, LAST)
    stood = found.lines.ask(standing, None, (), days, found.settings)
    assert days[-1] == LAST
    assert days[0] == date(2023, 1, 20)
    for row in stood.to_dict("records"):
        day = row.pop("day").date()
        assert row == on_day(day, 2, 5), day


def test_churned_and_long_gone_agree_with_the_status_of_customers(tmp_path: Path) -> None:
    found = analysis(tmp_path)
    status = found.frame["status"].value_counts()
    shown = figures(found, 3)
    assert shown["Churned"].value == status["Churned"]
    assert shown["Long gone"].value == status["Long gone"]
    before = on_day(date(2024, 2, 20))
    assert shown["Churned"].change == pytest.approx(status["Churned"] / before["churned"] - 1)
    # Twelve months after its start the file has had its share of long gone ones.
    gone = before["long_gone"]
    assert shown["Long gone"].change == pytest.approx(status["Long gone"] / gone - 1)
    assert figures(found, 12)["Long gone"].change is None
    rates = {
        day: on_day(day)["repeat"] / on_day(day)["customers"] for day in (LAST, date(2024, 2, 20))
    }
    assert shown["Repeat rate"].value == pytest.approx(rates[LAST])
    assert shown["Repeat rate"].change == pytest.approx(rates[LAST] - rates[date(2024, 2, 20)])


def test_nobody_looks_gone_in_the_first_months_of_a_file_and_no_line_says_so(tmp_path) -> None:
    shown = figures(analysis(tmp_path), 12)
    # From 20 July 2023 on, six months after the file began: 11 days up to 20 May 2024.
    assert len(shown["Churned"].line) == 11
    assert len(shown["Repeat rate"].line) == 17


def test_the_longest_equal_periods_are_compared_and_never_an_incomplete_one() -> None:
    whole = compare(date(2022, 1, 1), date(2023, 12, 31), 12)
    assert (whole.months, str(whole.now.first), str(whole.before.first)) == (
        12, "2023-01-01", "2022-01-01",
    )  # fmt: skip
    assert "per day" not in whole.sentence
    cut = compare(date(2022, 1, 2), date(2023, 12, 30), 12)
    assert (cut.months, str(cut.now.last)) == (11, "2023-11-30")
    assert "too few for 12" in cut.sentence
    one = compare(date(2023, 1, 1), date(2023, 2, 27), 1)
    assert one.before is None
    assert "no period before" in one.sentence
    none = compare(date(2023, 1, 2), date(2023, 2, 27), 1)
    assert (none.months, none.now.days) == (0, 57)
    assert "no period before" in none.sentence


def test_a_file_without_a_full_month_has_figures_and_no_change(tmp_path: Path) -> None:
    found = analysis(tmp_path)
    begin, end = date(2024, 3, 5), date(2024, 3, 25)
    kept = ((begin, end),)
    by_month = found.lines.ask(sums_by_bucket, None, kept, "Month")
    answers = figures_of_lines(
        trend(by_month, "Month", begin, end, pieces=True),
        found.lines.ask(activity, None, kept),
        found.lines.ask(standing, None, kept, (end,), found.settings),
        compare(begin, end, 12),
        first=begin,
        last=end,
        pieces=True,
        settings=found.settings,
    )
    inside = [row for row in lines_of() if begin <= row.day <= end]
    shown = {figure.name: figure for figure in answers}
    assert shown["Net revenue"].value == pytest.approx(sum(row.amount for row in inside))
    assert all(figure.change is None for figure in answers)
    assert np.isnan(shown["Churn"].value)


def test_one_row_per_customer_gives_what_it_can() -> None:
    customers = pd.DataFrame(
        {
            "orders": [1, 2, 5],
            "revenue": [10.0, 30.0, 60.0],
            "last_order": pd.to_datetime(["2023-01-01", "2023-09-30", "2023-12-20"]),
        }
    )
    from clv import Settings

    shown = {f.name: f for f in figures_of_customers(customers, date(2023, 12, 31), 3, Settings())}
    assert shown["Orders so far"].value == 8
    assert shown["Active customers"].value == 1
    assert shown["Average ticket"].value == 12.5
    assert (shown["Churned"].value, shown["Long gone"].value) == (1, 1)
    assert shown["Repeat rate"].value == pytest.approx(2 / 3)


def test_channels_add_up_to_the_whole(tmp_path: Path) -> None:
    found = analysis(tmp_path)
    table = found.lines.ask(revenue_by, None, (), "channel").set_index("name")
    for name in ("Web", "Shop"):
        here = [row for row in lines_of() if row.channel == name]
        assert table.loc[name, "revenue"] == pytest.approx(sum(row.amount for row in here))
        bought = [row for row in here if not row.refund]
        assert table.loc[name, "orders"] == len({row.order for row in bought})
        assert table.loc[name, "customers"] == len({row.customer for row in bought})
    assert table["revenue"].sum() == pytest.approx(found.frame["revenue"].sum())
    assert table["revenue"].is_monotonic_decreasing
