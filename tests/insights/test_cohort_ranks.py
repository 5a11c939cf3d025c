"""The best and the worst cohort: against loops, and that chance names nobody."""

from datetime import date
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from clv.insights.calendar import full_months
from clv.insights.cohort_ranks import (
    Start,
    at_age,
    compared_age,
    customers_of_old,
    older_against_later,
    ranked,
    told_apart,
)
from clv.insights.suitability import Finding
from tests.insights.hand_made import FIRST, LAST, analysis, days_of, lines_of, month

YEAR = {"first": date(2023, 1, 1), "last": date(2023, 12, 31)}
JANUARY = 2023 * 12


def cohorts(came: list[int], size: int = 200, mean: float = 50, spread: float = 20) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cohort": JANUARY + np.arange(len(came)),
            "customers": size,
            "came": came,
            "mean": mean,
            "spread": spread,
        }
    )


@pytest.mark.parametrize("refunds", ["net", "own_date"])
@pytest.mark.parametrize("age", [0, 2])
def test_each_cohort_at_an_age(tmp_path: Path, age: int, refunds: str) -> None:
    found = analysis(tmp_path, refunds=refunds).lines.ask(at_age, None, (), age)
    lines = lines_of(refunds=refunds)
    starts = {customer: pd.Period(days[0], "M") for customer, days in days_of(lines).items()}
    for row in found.itertuples():
        begin = pd.Period(year=row.cohort // 12, month=row.cohort % 12 + 1, freq="M")
        members = [customer for customer, start in starts.items() if start == begin]
        money, came = [], 0
        for customer in members:
            mine = [x for x in lines if x.customer == customer]
            until = [x for x in mine if month(x.day) <= str(begin + age)]
            money.append(sum(x.amount for x in until))
            came += any(month(x.day) == str(begin + age) and not x.refund for x in mine)
        assert (row.customers, row.came) == (len(members), came)
        assert row.mean == pytest.approx(np.mean(money))
        assert row.spread == pytest.approx(np.std(money), abs=1e-9)


def test_cohorts_are_compared_at_three_months_or_the_most_that_two_reach() -> None:
    def age(months: int, last: date) -> int | None:
        frame = pd.DataFrame({"cohort": JANUARY + np.arange(months), "size": 50})
        return compared_age(frame, date(2023, 1, 1), last)

    assert age(12, date(2023, 12, 31)) == 3
    assert age(3, date(2023, 3, 31)) == 1
    assert age(3, date(2023, 4, 30)) == 2
    assert age(2, date(2023, 2, 28)) is None
    few = pd.DataFrame({"cohort": JANUARY + np.arange(6), "size": 29})
    assert compared_age(few, date(2023, 1, 1), date(2023, 12, 31)) is None


def test_ranges_are_wilsons_for_shares_and_hold_for_all_cohorts_at_once() -> None:
    found = ranked(cohorts([20, 40, 60]), 3, "retention", margin=0.5, **YEAR)
    assert found["cohort"].tolist() == ["2023-03", "2023-02", "2023-01"]
    z = NormalDist().inv_cdf(1 - 0.05 / 6)
    for row in found.itertuples():
        # Wilson: the ends are where the share lies z standard errors away.
        for end in (row.low, row.high):
            assert abs(row.value - end) == pytest.approx(z * np.sqrt(end * (1 - end) / 200))


def test_ranges_of_money_are_those_of_a_mean() -> None:
    found = ranked(cohorts([20, 40]), 3, "value", margin=0.5, **YEAR)
    z = NormalDist().inv_cdf(1 - 0.05 / 4)
    assert found["value"].tolist() == [25, 25]
    assert found["high"][0] == pytest.approx(25 + 0.5 * z * 20 / np.sqrt(199))


def test_the_best_and_the_worst_are_told_apart_only_without_overlap() -> None:
    near = ranked(cohorts([60, 70, 80]), 3, "retention", margin=0.5, **YEAR)
    assert not told_apart(near)
    far = ranked(cohorts([20, 70, 120]), 3, "retention", margin=0.5, **YEAR)
    assert told_apart(far)
    assert not told_apart(far.head(1))
    assert not told_apart(far.head(0))


def test_equal_cohorts_are_hardly_ever_told_apart() -> None:
    random = np.random.default_rng(5)
    wrong = sum(
        told_apart(
            ranked(
                cohorts(random.binomial(200, 0.25, 9).tolist()), 3, "retention", margin=1, **YEAR
            )
        )
        for _ in range(300)
    )
    assert wrong <= 3


def test_small_young_and_incomplete_cohorts_are_not_compared() -> None:
    table = cohorts([50] * 12)
    table.loc[1, "customers"] = 29
    span = {"first": date(2023, 1, 2), "last": date(2023, 12, 30)}
    found = ranked(table, 3, "retention", margin=1, leave_out=("2023-04",), **span)
    # January is covered in part; September is two months old at the end of November.
    assert sorted(found["cohort"]) == ["2023-03", "2023-05", "2023-06", "2023-07", "2023-08"]


def concern(value: bool) -> tuple[Finding, ...]:
    return (Finding("Start", "?", 9.0, 2.0, "x", value, "."),)


def test_first_cohorts_that_swell_with_customers_of_old_are_named() -> None:
    sizes = pd.Series([900, 300, 110, 60, 50, 40, 50, 50, 50, 50, 50, 50], JANUARY + np.arange(12))
    found = customers_of_old(sizes, concern(True), **YEAR)
    assert found == Start(("2023-01", "2023-02", "2023-03"), 1310, 50.0)
    assert customers_of_old(sizes, concern(False), **YEAR) is None
    flat = pd.Series(50, JANUARY + np.arange(12))
    assert customers_of_old(flat, concern(True), **YEAR).cohorts == ("2023-01",)


def test_older_customers_are_set_against_later_ones_of_the_same_age() -> None:
    table = cohorts([150, 150, 40, 40, 40])
    start = Start(("2023-01", "2023-02"), 400, 200)
    full = full_months(date(2023, 1, 1), date(2023, 7, 31))
    # May is not yet three months old in July.
    assert older_against_later(table, start, full, 3) == (0.75, 0.2)
    assert np.isnan(older_against_later(table.head(2), start, full, 3)[1])


def test_the_hand_made_file_has_no_cohort_large_enough(tmp_path: Path) -> None:
    found = analysis(tmp_path).lines.ask(at_age, None, (), 3)
    assert ranked(found, 3, "retention", first=FIRST, last=LAST, margin=1).empty
