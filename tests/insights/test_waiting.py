"""Waits against loops over customers, and the estimate against its definition."""

from datetime import date, timedelta
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.insights.waiting import NUMBERS, by_number, comeback, kaplan_meier, quantile, waits
from tests.insights.hand_made import LAST, analysis, days_of, lines_of


def by_hand() -> list[tuple[int, int, bool]]:
    """(number, days, came) of every wait."""
    found = []
    for days in days_of(lines_of()).values():
        for place, day in enumerate(days):
            came = place + 1 < len(days)
            end = days[place + 1] if came else LAST
            found.append((min(place + 1, NUMBERS), (end - day).days, came))
    return found


def estimate_by_hand(found: list[tuple[int, bool]], until: int) -> float:
    """1 - the product over the days of the share of those under watch who did not order."""
    stays = 1.0
    for day in range(until + 1):
        watched = sum(days >= day for days, _ in found)
        ordered = sum(days == day and came for days, came in found)
        stays *= 1 - ordered / watched if watched else 1
    return 1 - stays


def least_days(found: list[int], share: float) -> int:
    return sorted(found)[ceil(share * len(found) - 1e-9) - 1]


def table(found: list[tuple[int, bool]]) -> pd.DataFrame:
    days, came = zip(*found, strict=True)
    return pd.DataFrame({"number": 1, "days": days, "came": came, "customers": 1})


def test_every_wait_is_counted_with_its_number(tmp_path: Path) -> None:
    counted = analysis(tmp_path).lines.ask(waits, None, (), LAST)
    expected = pd.Series(by_hand()).value_counts()
    shown = {(r.number, r.days, r.came): r.customers for r in counted.itertuples()}
    assert shown == expected.to_dict()


def test_waits_that_ended_give_the_quantiles_of_each_step(tmp_path: Path) -> None:
    steps = by_number(analysis(tmp_path).lines.ask(waits, None, (), LAST)).set_index("number")
    assert steps.loc[1, "step"] == "1 to 2"
    for number, row in steps.iterrows():
        mine = [(days, came) for n, days, came in by_hand() if n == number]
        ended = [days for days, came in mine if came]
        assert (row["customers"], row["came"]) == (len(mine), len(ended))
        for name, share in (("low", 0.2), ("median", 0.5), ("high", 0.8)):
            assert row[name] == least_days(ended, share), (number, name)
        assert row["few"] == (len(ended) < 30)


def test_later_waits_are_one_group() -> None:
    late = table([(3, True), (4, True)]).assign(number=NUMBERS)
    assert by_number(late)["step"].tolist() == ["10 and later"]


def test_the_estimate_counts_waits_still_running_for_as_long_as_they_were_watched() -> None:
    # Of four, one orders on day 2; one is watched for 3 days; of the two left one orders on day 5.
    found = kaplan_meier(table([(2, True), (3, False), (5, True), (9, False)])).set_index("days")
    assert found["again"][1] == 0
    assert found["again"][2] == pytest.approx(1 / 4)
    assert found["again"][4] == pytest.approx(1 / 4)
    assert found["again"][9] == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert found["watched"].to_dict() == {
        0: 4, 1: 4, 2: 4, 3: 3, 4: 2, 5: 2, 6: 1, 7: 1, 8: 1, 9: 1,
    }  # fmt: skip


def test_on_one_day_an_order_comes_before_the_end_of_a_watch() -> None:
    found = kaplan_meier(table([(2, True), (2, False)]))
    assert found["again"].iloc[-1] == pytest.approx(1 / 2)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40))
def test_the_estimate_is_its_definition_and_lies_at_or_below_the_orders_that_came(found) -> None:
    counted = table(found)
    estimate = kaplan_meier(counted)
    assert (estimate["again"].diff().dropna() >= -1e-12).all()
    ended = [days for days, came in found if came]
    for day in (0, 7, 15, 30):
        if day in estimate.index:
            again = estimate["again"][day]
            assert again == pytest.approx(estimate_by_hand(found, day))
            if ended:  # who has not ordered yet can only delay
                assert again <= sum(days <= day for days in ended) / len(ended) + 1e-12


def test_the_win_back_day_holds_four_fifths_of_the_orders_that_came() -> None:
    found = [(day, True) for day in range(1, 101)] + [(90, False)] * 60
    back = comeback(table(found))
    assert (back.ended, back.running, back.median, back.win_back) == (100, 60, 50, 80)
    assert back.by_then == pytest.approx(estimate_by_hand(found, 80))
    assert back.by_then == pytest.approx(80 / 160)
    assert back.seen_until == 90  # 71 are watched on that day, 10 after it
    assert back.later == pytest.approx(estimate_by_hand(found, 90) - 80 / 160)


def test_an_estimate_that_few_were_watched_for_is_not_given() -> None:
    back = comeback(table([(5, True)] * 3 + [(50, True)] * 20 + [(2, False)] * 40))
    assert back.win_back == 50
    assert np.isnan(back.by_then)


def test_nobody_came_back_means_no_figure() -> None:
    counted = table([(5, False), (7, False)])
    assert by_number(counted).empty
    back = comeback(counted)
    assert np.isnan(back.win_back)
    assert (back.ended, back.running) == (0, 2)
    assert np.isnan(quantile(counted[counted["came"]], 0.5))


def test_the_curve_ends_at_one_for_the_orders_that_came(tmp_path: Path) -> None:
    back = comeback(analysis(tmp_path).lines.ask(waits, None, (), LAST))
    seen = back.curve[back.curve["kind"] == "Orders that came"]
    assert seen["share"].max() == pytest.approx(1, abs=0.02)
    assert back.curve["days"].max() <= (LAST - date(2023, 1, 10)) / timedelta(days=1)
