from dataclasses import fields
from datetime import date

import numpy as np
import pandas as pd
import pytest

from clv.models import BGNBD, Fit, GammaGamma
from clv.valuation import discount_factors, look_ahead, month_ends, value_customers

ON = date(1997, 9, 30)
DAYS = BGNBD(r=0.2425945, alpha=4.4136019 * 7, a=0.7929199, b=2.4258881)
MONEY = GammaGamma(p=6.25, q=3.74, v=15.44)


def known(model, spread: float = 0.0) -> Fit:
    """A fit that is certain of its parameters, or nearly so."""
    size = len(fields(model))
    return Fit(model, 0.0, spread * np.eye(size), 100, 1, None)


def customers(*rows: tuple[int, int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["frequency", "recency", "T", "monetary"])


SOME = customers((2, 213, 272, 22.35), (1, 12, 272, 11.77), (0, 0, 272, np.nan), (26, 216, 217, 30))


def value(frame=SOME, spread: float = 0.0, *, horizon_months=12, **settings):
    outlook = look_ahead(
        frame, known(DAYS, spread), known(MONEY, spread), month_ends(ON, horizon_months)
    )
    options = {"margin": 1.0, "annual_discount": 0.0} | settings
    return value_customers(outlook, horizon_months=horizon_months, **options)


def test_heavy_tails_of_order_values_widen_a_total_and_never_narrow_it():
    crowd = pd.concat([SOME.iloc[[2]]] * 200, ignore_index=True)
    widths = []
    for q in (1.2, 1.6, 2.5, 4.0):
        money = GammaGamma(p=6.0, q=q, v=15.44 * (q - 1))
        outlook = look_ahead(crowd, known(DAYS), known(money), month_ends(ON, 12))
        total = value_customers(outlook, horizon_months=12, annual_discount=0.0, margin=1.0).total()
        widths.append((total.high - total.low) / total.value)
    assert widths[0] >= widths[1] >= widths[2] > widths[3] > 0


def test_no_interval_is_given_further_ahead_than_twice_the_history():
    outlook = look_ahead(SOME, known(DAYS), known(MONEY), month_ends(ON, 12))
    ask = {"horizon_months": 12, "annual_discount": 0.0, "margin": 1.0}
    assert value_customers(outlook, **ask, window_days=150).coverage is None
    assert value_customers(outlook, **ask, window_days=190).coverage == 0.8


def test_months_are_those_of_the_calendar():
    assert month_ends(date(2024, 1, 31), 3).tolist() == [29, 60, 90]


def test_the_discount_is_per_year_and_starts_with_the_first_month():
    factors = discount_factors(0.10, 24)
    assert factors[[11, 23]] == pytest.approx([1 / 1.1, 1 / 1.21])
    assert factors[0] == pytest.approx(1.1 ** (-1 / 12))


@pytest.mark.filterwarnings("ignore")
def test_the_value_equals_a_plain_loop_over_an_independent_library():
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    orders, spend = BetaGeoFitter(), GammaGammaFitter()
    orders.params_ = pd.Series({k: getattr(DAYS, k) for k in ("r", "alpha", "a", "b")})
    spend.params_ = pd.Series({k: getattr(MONEY, k) for k in ("p", "q", "v")})
    ends = [0, 30, 61, 91]  # October, November, December 1997 from 30 September on
    for i, row in SOME.fillna(0.0).iterrows():
        expected = 0.0
        for month in (1, 2, 3):
            until, since = (
                orders.conditional_expected_number_of_purchases_up_to_time(
                    day, row["frequency"], row["recency"], row["T"]
                )
                if day
                else 0.0
                for day in (ends[month], ends[month - 1])
            )
            expected += (until - since) * 1.1 ** (-month / 12)
        order = spend.conditional_expected_average_profit(
            pd.Series([row["frequency"]]), pd.Series([row["monetary"]])
        ).iloc[0]
        ours = value(horizon_months=3, annual_discount=0.1, margin=0.3).value[i]
        assert ours == pytest.approx(0.3 * order * expected, rel=1e-8)


def test_more_margin_scales_everything_exactly():
    one, two = value(margin=0.25), value(margin=0.5)
    for name in ("value", "undiscounted"):
        assert getattr(two, name) == pytest.approx(2 * getattr(one, name), rel=1e-12)
    for half, whole in zip(one.intervals(), two.intervals(), strict=True):
        assert whole == pytest.approx(2 * half, rel=1e-12)
    assert two.total().low == pytest.approx(2 * one.total().low, rel=1e-9)


def test_discounting_lowers_the_value_and_none_leaves_it():
    assert (value(annual_discount=0.2).value < value().value).all()
    assert value().undiscounted == pytest.approx(value().value, rel=1e-12)


def test_a_longer_horizon_is_never_worth_less():
    worth = np.array([value(horizon_months=h).value for h in (1, 6, 12, 36)])
    assert (np.diff(worth, axis=0) > 0).all()


def test_the_total_is_the_sum_and_chance_averages_out():
    crowd = pd.concat([SOME] * 500, ignore_index=True)
    few, many = value().total(), value(crowd).total()
    assert many.value == pytest.approx(500 * few.value)
    widths = [(t.high - t.low) / t.value for t in (few, many)]
    assert widths[1] == pytest.approx(widths[0] / np.sqrt(500), rel=0.25)


def test_uncertain_parameters_do_not_average_out():
    def parameter_part(copies: int) -> float:
        crowd = pd.concat([SOME] * copies, ignore_index=True)
        sure, unsure = value(crowd).total(), value(crowd, spread=0.01).total()
        widths = [(t.high - t.low) / t.value for t in (sure, unsure)]
        return float(np.sqrt(widths[1] ** 2 - widths[0] ** 2))

    assert parameter_part(2000) == pytest.approx(parameter_part(200), rel=0.1)


def test_the_interval_of_one_customer_as_a_group_starts_at_nothing_when_they_may_not_order():
    alone = value().total(np.array([False, True, False, False]))
    assert alone.low == 0.0
    assert alone.value <= alone.high


def test_without_intervals_the_figures_stay():
    plain, bare = value(), value().without_intervals()
    assert bare.total().value == plain.total().value
    assert np.isnan([bare.total().low, bare.total().high, *bare.intervals()[0]]).all()
    nothing = value(margin=0.0).without_intervals().total()
    assert np.isnan([nothing.low, nothing.high]).all()


def test_a_shorter_horizon_is_the_beginning_of_a_longer_one():
    outlook = look_ahead(SOME, known(DAYS, 0.01), known(MONEY, 0.01), month_ends(ON, 24))
    part = value_customers(outlook, horizon_months=6, annual_discount=0.1, margin=0.5)
    alone = value(spread=0.01, horizon_months=6, annual_discount=0.1, margin=0.5)
    assert part.value == pytest.approx(alone.value, rel=1e-12)
    assert part.total().high == pytest.approx(alone.total().high, rel=1e-9)


def test_groups_at_once_are_the_groups_one_by_one():
    whole = value(spread=0.05)
    group = np.array([1, 0, -1, 1])
    together = whole.totals(group, 2)
    for number, interval in enumerate(together):
        alone = whole.total(group == number)
        assert (interval.value, interval.low, interval.high) == pytest.approx(
            (alone.value, alone.low, alone.high)
        )


def test_the_moves_are_those_of_the_refitted_value():
    spread = 1e-4  # so small that a move is a derivative
    orders = Fit(DAYS, 0.0, np.diag([spread**2, 0, 0, 0]), 100, 1, None)
    moved = look_ahead(SOME, orders, known(MONEY), month_ends(ON, 12))
    (move,) = value_customers(moved, horizon_months=12, annual_discount=0.1, margin=1.0).moves
    more = BGNBD(DAYS.r * np.exp(spread), DAYS.alpha, DAYS.a, DAYS.b)
    changed = look_ahead(SOME, known(more), known(MONEY), month_ends(ON, 12))
    after = value_customers(changed, horizon_months=12, annual_discount=0.1, margin=1.0).value
    before = value(annual_discount=0.1).value
    assert np.abs(move) == pytest.approx(np.abs(after - before), rel=1e-3)


def test_a_group_is_the_sum_of_its_members():
    whole = value()
    mask = np.array([True, False, True, False])
    assert whole.total(mask).value == pytest.approx(whole.value[mask].sum())


def test_a_customer_who_has_left_is_worth_nothing_for_sure():
    gone = value(customers((20, 30, 272, 25.0)))
    assert [float(end[0]) for end in gone.intervals()] == [0.0, 0.0]
    assert 0 < gone.value[0] < 0.01


def test_everything_stays_finite_at_the_corners():
    corners = customers(
        (0, 0, 0, np.nan),
        (1, 1, 1, 0.0),
        (1, 5, 5, -3.0),
        (5000, 5000, 5000, 1e6),
        (3, 3, 9000, 1e-6),
        (400, 20, 9000, 10.0),
    )
    result = value(corners, spread=0.1)
    low, high = result.intervals()
    for figures in (result.value, low, high, result.next_order_days, result.expected_orders):
        assert np.isfinite(figures).all()
    assert np.isfinite(result.outlook.p_alive).all()
    assert (low <= high).all()


def test_a_customer_who_may_well_bring_nothing_has_a_range_from_zero():
    frame = customers((1, 100, 272, 20.0), (26, 216, 217, 30.0))
    result = value(frame)
    none = 1 - result.p_some_order
    assert 0.1 < none[0] < 0.8
    assert none[1] < 0.1
    low, high = result.intervals()
    assert low[0] == 0.0 < high[0]
    assert 0 < low[1] < result.value[1] < high[1]


def test_some_customers_have_the_ranges_that_they_have_among_all():
    result = value(spread=0.05)
    whole, part = result.intervals(), result.intervals(np.array([3, 0]))
    for every, few in zip(whole, part, strict=True):
        assert few.tolist() == every[[3, 0]].tolist()
