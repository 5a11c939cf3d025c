from dataclasses import fields
from datetime import date

import numpy as np
import pandas as pd
import pytest

from clv.models import BGNBD, Fit, GammaGamma, fit_bg_nbd, fit_gamma_gamma
from clv.settings import Settings
from clv.valuation import discount_factors, month_ends, value_customers

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


def value(frame=SOME, spread: float = 0.0, **settings):
    options = {"margin": 1.0, "annual_discount": 0.0} | settings
    margin = options.pop("margin")
    fits = known(DAYS, spread), known(MONEY, spread)
    return value_customers(frame, *fits, ON, Settings(**options), margin)


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
    for name in ("value", "low", "high", "undiscounted"):
        assert getattr(two, name) == pytest.approx(2 * getattr(one, name), rel=1e-12)
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
    assert np.isnan([bare.total().low, bare.total().high, *bare.low]).all()
    nothing = value(margin=0.0).without_intervals().total()
    assert np.isnan([nothing.low, nothing.high]).all()


def test_a_group_is_the_sum_of_its_members():
    whole = value()
    mask = np.array([True, False, True, False])
    assert whole.total(mask).value == pytest.approx(whole.value[mask].sum())


def test_a_customer_who_has_left_is_worth_nothing_for_sure():
    gone = value(customers((20, 30, 272, 25.0)))
    assert (gone.low[0], gone.high[0]) == (0.0, 0.0)
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
    for name in ("value", "low", "high", "p_alive", "next_order_days", "expected_orders"):
        assert np.isfinite(getattr(result, name)).all(), name
    assert (result.low <= result.high).all()


def simulate(rng: np.random.Generator, people: int, days: int, ahead: int):
    """Customers drawn from BG/NBD and Gamma-Gamma; their history and what they spend after it."""
    rate = rng.gamma(0.8, 1 / 60.0, people)
    leaves = rng.beta(0.8, 2.5, people)
    scale = rng.gamma(4.0, 1 / 30.0, people)
    rows, later = [], np.zeros(people)
    for i in range(people):
        start = int(rng.integers(0, days // 2))
        at, bought, spent = float(start), [], []
        while True:
            at += rng.exponential(1 / rate[i])
            if at >= days + ahead:
                break
            amount = rng.gamma(6.0, 1 / scale[i])
            if at >= days:
                later[i] += amount
            else:
                bought.append(at)
                spent.append(amount)
            if rng.random() < leaves[i]:
                break
        last = bought[-1] - start if bought else 0.0
        rows.append((len(bought), last, days - start, np.mean(spent) if spent else np.nan))
    return customers(*rows), later


def test_intervals_hold_what_they_claim():
    rng = np.random.default_rng(11)
    inside, hits, customers_seen, cold = 0, 0, 0, 0
    shops = 60
    for _ in range(shops):
        frame, later = simulate(rng, 400, 540, 365)
        x, t_x, T = (frame[c].to_numpy(float) for c in ("frequency", "recency", "T"))
        orders = fit_bg_nbd(x, t_x, T)
        spend = fit_gamma_gamma(x, frame["monetary"].fillna(0).to_numpy())
        settings = Settings(annual_discount=0.0, horizon_months=12)
        result = value_customers(frame, orders, spend, date(2023, 1, 1), settings, 1.0)
        total = result.total()
        inside += total.low <= later.sum() <= total.high
        coldest = result.value <= np.quantile(result.value, 0.1)
        group = result.total(coldest)
        cold += group.low - 1e-9 <= later[coldest].sum() <= group.high + 1e-9
        hits += int(((result.low - 1e-9 <= later) & (later <= result.high + 1e-9)).sum())
        customers_seen += len(frame)
    # 80 % of 60 shops is 48; the bounds are the 99 % range of a binomial.
    assert 40 <= inside <= 56
    # The least valuable tenth mostly orders nothing at all: zero belongs to its interval.
    assert cold >= 42
    # Many customers spend nothing, which the interval holds as a point: never below 80 %.
    assert 0.80 <= hits / customers_seen <= 0.97
