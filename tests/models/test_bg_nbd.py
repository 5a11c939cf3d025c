import json
from itertools import product
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln
from scipy.stats import nbinom

from clv.errors import InvalidSettings
from clv.models import BGNBD

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "golden.json"

PUBLISHED = BGNBD(0.2425945, 4.4136019, 0.7929199, 2.4258881)  # CDNOW, weeks
FROM_OTHER_FITS = 1e-4  # published figures rest on parameters that differ in the fifth digit
METHODS = {
    "bg_ll": BGNBD.log_likelihood,
    "bg_palive": BGNBD.probability_alive,
    "bg_ce": BGNBD.expected_purchases,
}
CORNERS = [  # r, alpha, a, b, x, t_x, T, t
    (0.243, 4.414, 0.793, 2.426, 2, 30.43, 38.86, 39),
    (0.243, 4.414, 1.0, 2.426, 7, 30, 39, 52),  # a pole of the textbook formula
    (0.5, 3.0, 0.4, 0.6, 0, 0, 39, 52),  # a + b + x - 1 = 0
    (0.05, 0.5, 1.02, 30.0, 0, 0, 1, 260),  # horizon much longer than the history
    (2.0, 0.1, 0.98, 5.0, 5000, 900, 901, 52),
    (900.0, 5e4, 0.7, 2.1, 3, 300, 400, 900),  # everybody buys at the same rate
    (0.3, 30.0, 0.9, 4e5, 4, 300, 400, 365),  # nobody leaves: large b
    (0.3, 30.0, 1e-9, 2.0, 4, 300, 400, 365),  # nobody leaves: small a
    (0.3, 30.0, 300.0, 900.0, 4, 300, 400, 365),  # all leave with the same chance
    (40.0, 300.0, 0.07, 0.008, 0, 0, 10, 3000),
]


def exact_purchases_if_alive(r, alpha, a, b, x, T, t):
    """Fader, Hardie & Lee (2005), eq. 10 without its last factor, to many digits."""
    with mp.workdps(150):
        r, alpha, a, b, x, T, t = (mp.mpf(value) for value in (r, alpha, a, b, x, T, t))
        a += mp.mpf(10) ** -40  # away from the pole at a = 1
        c = a + b + x - 1
        late = ((alpha + T) / (alpha + T + t)) ** (r + x)
        return c / (a - 1) * (1 - late * mp.hyp2f1(r + x, b + x, c, t / (alpha + T + t)))


def exact_log_likelihood(r, alpha, a, b, x, t_x, T):
    """Fader, Hardie & Lee (2005), eq. 6, to many digits."""
    with mp.workdps(60):
        r, alpha, a, b, t_x, T = (mp.mpf(value) for value in (r, alpha, a, b, t_x, T))
        common = mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha)
        common += mp.log(mp.beta(a, b + x) / mp.beta(a, b)) - (r + x) * mp.log(alpha + T)
        left = a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x) if x else 0
        return common + mp.log(1 + left), 1 / (1 + left)


def test_the_published_cdnow_predictions_come_out():
    assert PUBLISHED.expected_purchases(2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=5e-4)
    assert PUBLISHED.expected_purchases(26, 30.857143, 31, 52) == pytest.approx(
        25.75659, rel=FROM_OTHER_FITS
    )
    assert PUBLISHED.probability_alive(26, 30.857143, 31) == pytest.approx(
        0.9688523, rel=FROM_OTHER_FITS
    )
    new = PUBLISHED.expected_purchases_new([1, 3, 32, 52, 78])
    assert new == pytest.approx([0.0532, 0.1506, 1.0437, 1.444004, 1.8576], rel=1e-3)


def test_buying_more_often_and_then_falling_silent_lowers_the_prediction():
    expected = PUBLISHED.expected_purchases([10, 15, 20, 25], 20, 39, 52)
    assert expected == pytest.approx(
        [0.3474606, 0.04283391, 0.004158973, 0.0003583685], rel=FROM_OTHER_FITS
    )


def test_the_published_check_of_numerical_stability_comes_out():
    model = BGNBD(r=0.25, alpha=4.0, a=0.80, b=2.50)
    likelihood = model.log_likelihood([0, 200], [0, 38], 40)
    assert likelihood == pytest.approx([-0.59947382, 100.7957], rel=1e-6)


def test_the_published_holdout_means_by_frequency_come_out(cdnow):
    expected = PUBLISHED.expected_purchases(cdnow["x"], cdnow["t_x"], cdnow["T"], 39)
    means = cdnow.assign(expected=expected).groupby(cdnow["x"].clip(upper=7))
    assert means.size().tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    actual = [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    assert means["later"].mean().tolist() == pytest.approx(actual, abs=5e-4)
    published = [0.2250893, 0.5231364, 1.044126, 1.520256]
    published += [2.163824, 2.653789, 3.503957, 6.157036]
    assert means["expected"].mean().tolist() == pytest.approx(published, rel=FROM_OTHER_FITS)


def test_every_golden_value_is_met_to_nine_digits():
    if not GOLDEN.exists():
        pytest.skip("golden values not there: shared/corpora/golden.json")
    cases = [case for case in json.loads(GOLDEN.read_text()) if case["fn"] in METHODS]
    assert len(cases) > 100
    for case in cases:
        value = METHODS[case["fn"]](BGNBD(*case["args"][:4]), *case["args"][4:])
        wanted = mp.mpf(case["value"])  # down to 1e-1472: below what a float can hold is 0
        assert abs(mp.mpf(float(value)) - wanted) <= max(1e-9 * abs(wanted), 1e-300), case


@pytest.mark.parametrize("corner", CORNERS)
def test_the_formulas_hold_at_the_corners_of_the_model(corner):
    r, alpha, a, b, x, t_x, T, t = corner
    model = BGNBD(r, alpha, a, b)
    likelihood, alive = exact_log_likelihood(r, alpha, a, b, x, t_x, T)
    purchases = exact_purchases_if_alive(r, alpha, a, b, x, T, t)
    assert model.log_likelihood(x, t_x, T) == pytest.approx(float(likelihood), rel=1e-9)
    assert model.probability_alive(x, t_x, T) == pytest.approx(float(alive), rel=1e-9)
    assert model.expected_purchases_if_alive(x, T, t) == pytest.approx(float(purchases), rel=1e-9)


@pytest.mark.parametrize("corner", [*CORNERS[:3], CORNERS[5], CORNERS[8]])
def test_the_moments_are_those_of_the_distribution_of_the_count(corner):
    r, alpha, a, b, x, _, T, t = corner
    model = BGNBD(r, alpha, a, b)
    n = np.arange(1, 20_000)
    stays = np.exp(betaln(a, b + x + n - 1) - betaln(a, b + x))  # P(still alive before the nth)
    at_least = stays * nbinom.sf(n - 1, r + x, (alpha + T) / (alpha + T + t))
    assert at_least[-1] < 1e-12
    mean, square = at_least.sum(), ((2 * n - 1) * at_least).sum()
    assert model.expected_purchases_if_alive(x, T, t) == pytest.approx(mean, rel=1e-8)
    assert model.purchases_second_moment_if_alive(x, T, t) == pytest.approx(square, rel=1e-7)
    assert model.probability_of_purchase_if_alive(x, T, t) == pytest.approx(at_least[0], rel=1e-8)


def test_simulated_customers_behave_as_the_model_says():
    model, x, T, horizon, many = BGNBD(0.5, 40.0, 0.8, 2.5), 3, 200, 180, 400_000
    rng = np.random.default_rng(1)
    rate = rng.gamma(model.r + x, 1 / (model.alpha + T), many)
    chance = rng.beta(model.a, model.b + x, many)
    count, wait = np.zeros(many), np.zeros(many)
    now, alive = np.zeros(many), np.ones(many, dtype=bool)
    while alive.any():
        now += rng.exponential(1, many) / rate
        alive &= now <= horizon
        wait = np.where(alive & (count == 0), now, wait)
        count += alive
        alive &= rng.random(many) >= chance
    mean = model.expected_purchases_if_alive(x, T, horizon)
    square = model.purchases_second_moment_if_alive(x, T, horizon)
    assert count.mean() == pytest.approx(mean, rel=0.005)
    assert (count**2).mean() == pytest.approx(square, rel=0.01)
    bought = model.probability_of_purchase_if_alive(x, T, horizon)
    assert (count > 0).mean() == pytest.approx(bought, rel=0.005)
    median = model.median_wait_if_alive(x, T, horizon)
    assert np.median(wait[count > 0]) == pytest.approx(median, rel=0.01)


def test_the_unconditional_expectation_is_the_published_one():
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    t = np.array([1.0, 39.0, 500.0])
    # eq. 9 of the paper
    exact = [
        (a + b - 1)
        / (a - 1)
        * (1 - (alpha / (alpha + u)) ** r * mp.hyp2f1(r, b, a + b - 1, u / (alpha + u)))
        for u in t
    ]
    assert BGNBD(r, alpha, a, b).expected_purchases_new(t) == pytest.approx(
        [float(value) for value in exact], rel=1e-10
    )


def test_one_time_buyers_are_alive_and_customers_who_fell_silent_are_less_so():
    alive = PUBLISHED.probability_alive([0, 3, 3, 3], [0, 38, 30, 10], 39)
    assert alive[0] == 1
    assert alive[1] > alive[2] > alive[3] > 0


def test_when_nobody_leaves_everybody_is_alive_and_keeps_the_own_rate():
    model = BGNBD(r=0.8, alpha=60.0, a=1e-9, b=2.0)
    assert model.probability_alive([0, 5, 50], [0, 100, 300], 365) == pytest.approx(1)
    expected = model.expected_purchases_if_alive([0, 5, 50], 365, 90)
    assert expected == pytest.approx((0.8 + np.array([0, 5, 50])) / (60 + 365) * 90, rel=1e-6)


def test_models_at_the_end_of_all_scales_give_finite_figures_in_the_right_order():
    x = np.array([0, 0, 1, 2, 1000, 50_000.0])
    t_x = np.array([0, 0, 3, 365, 1, 2999.0])
    T = np.array([0, 1e-3, 5, 365, 700, 3000.0])
    ends = np.exp([-24.0, -0.1, 24.0])
    for r, alpha, a, b in product(ends, np.exp([-20.0, 8.0, 31.0]), ends, ends):
        model = BGNBD(r, alpha, a, b)
        mean = model.expected_purchases_if_alive(x, T, 30)
        square = model.purchases_second_moment_if_alive(x, T, 30)
        bought = model.probability_of_purchase_if_alive(x, T, 30)
        wait = model.median_wait_if_alive(x, T, 30)
        assert np.isfinite(model.log_likelihood(x, t_x, T)).all()
        assert ((model.probability_alive(x, t_x, T) >= 0) & (wait >= 0) & (wait <= 30)).all()
        at_most = (r + x) * 30 / (alpha + T)
        assert (bought <= mean * (1 + 1e-6)).all()
        assert (mean <= at_most * (1 + 1e-6)).all()
        assert (np.maximum(mean, mean**2) <= square * (1 + 1e-5)).all()
        assert np.isfinite(square).all()


def test_nothing_happens_within_no_time():
    for moment in (
        PUBLISHED.expected_purchases(3, 20, 39, 0),
        PUBLISHED.purchases_second_moment_if_alive(3, 39, 0),
        PUBLISHED.probability_of_purchase_if_alive(3, 39, 0),
        PUBLISHED.median_wait_if_alive(3, 39, 0),
    ):
        assert moment == 0


def test_the_median_wait_is_half_way_for_a_short_horizon_and_stable_for_a_tiny_rate():
    model = BGNBD(r=1e-12, alpha=60.0, a=1.0, b=2.0)
    assert model.median_wait_if_alive(0, 300, 1e-3) == pytest.approx(5e-4, rel=1e-5)
    # A rate near zero leaves log-uniform waits: the median is the geometric middle.
    assert model.median_wait_if_alive(0, 0, 600) == pytest.approx(60 * (11**0.5 - 1), rel=1e-6)


def test_customers_and_horizons_broadcast_to_a_table():
    x, T = np.array([[0.0], [2.0], [40.0]]), np.array([[5.0], [39.0], [30.0]])
    horizon = np.array([4.0, 52.0])
    table = PUBLISHED.expected_purchases_if_alive(x, T, horizon)
    assert table.shape == (3, 2)
    assert table[2, 1] == PUBLISHED.expected_purchases_if_alive(40, 30, 52)
    assert PUBLISHED.purchases_second_moment_if_alive(x, T, horizon).shape == (3, 2)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_model_with_an_impossible_parameter_is_refused(value):
    with pytest.raises(InvalidSettings, match="alpha"):
        BGNBD(0.2, value, 0.8, 2.4)


parameter = st.floats(-3, 3).map(lambda power: 10.0**power)


@settings(deadline=None, max_examples=150)
@given(parameter, parameter, parameter, parameter, st.integers(0, 5000), st.data())
def test_predictions_do_not_depend_on_the_unit_of_time_and_stay_within_their_bounds(
    r, alpha, a, b, x, data
):
    T = data.draw(st.floats(0.1, 3000))
    t_x = data.draw(st.floats(0, T)) if x else 0.0
    horizon = data.draw(st.floats(0.01, 3000))
    days, weeks = BGNBD(r, alpha, a, b), BGNBD(r, alpha, a, b).in_unit(7)
    in_days, in_weeks = (x, T, horizon), (x, T / 7, horizon / 7)
    alive = days.probability_alive(x, t_x, T)
    mean = days.expected_purchases_if_alive(*in_days)
    square = days.purchases_second_moment_if_alive(*in_days)
    bought = days.probability_of_purchase_if_alive(*in_days)
    wait = days.median_wait_if_alive(*in_days)
    assert weeks.probability_alive(x, t_x / 7, T / 7) == pytest.approx(alive, rel=1e-8, abs=1e-300)
    assert weeks.expected_purchases_if_alive(*in_weeks) == pytest.approx(mean, rel=1e-9)
    assert weeks.purchases_second_moment_if_alive(*in_weeks) == pytest.approx(square, rel=1e-9)
    assert weeks.median_wait_if_alive(*in_weeks) * 7 == pytest.approx(wait, rel=1e-9)
    assert 0 <= alive <= 1
    assert 0 < bought <= mean * (1 + 1e-9) <= (r + x) * horizon / (alpha + T) * (1 + 2e-9)
    assert square >= max(mean, mean**2) * (1 - 1e-7)
    assert 0 < wait <= horizon
