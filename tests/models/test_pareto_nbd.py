import json
from itertools import product
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.errors import InvalidSettings
from clv.models.pareto_nbd import ParetoNBD

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "golden.json"

PUBLISHED = ParetoNBD(0.553, 10.578, 0.606, 11.669)  # CDNOW, weeks
THREE_DIGITS = 1e-3  # published figures rest on parameters of which three digits are published
METHODS = {
    "pn_ll": ParetoNBD.log_likelihood,
    "pn_palive": ParetoNBD.probability_alive,
    "pn_ce": ParetoNBD.expected_purchases,
}
CORNERS = [  # r, alpha, s, beta, x, t_x, T, t
    (0.553, 10.578, 0.606, 11.669, 2, 30.43, 38.86, 39),
    (0.553, 10.578, 1.0, 11.669, 7, 30, 39, 52),  # a pole of the textbook formula
    (0.553, 10.578, 2.0, 10.578, 3, 20, 39, 52),  # alpha = beta; a pole of the second moment
    (0.553, 11.669, 0.606, 10.578, 26, 30.86, 31, 52),
    (0.05, 1e-6, 0.3, 0.2, 0, 0, 300, 900),  # the integrand rises before it falls
    (0.02, 80.0, 0.9, 1e-6, 0, 0, 300, 900),
    (2.0, 0.1, 0.98, 5.0, 5000, 900, 901, 52),
    (2.0, 0.1, 0.98, 5.0, 5000, 900, 960, 52),  # P(alive) = 1e-139
    (900.0, 5e4, 0.7, 80.0, 3, 300, 400, 900),  # everybody buys at the same rate
    (0.3, 30.0, 1e-9, 80.0, 4, 300, 400, 365),  # nobody leaves: small s
    (0.3, 30.0, 0.5, 1e9, 4, 300, 400, 365),  # nobody leaves: large beta
    (0.3, 30.0, 3e4, 1e7, 4, 300, 400, 365),  # all leave at the same rate
    (0.3, 30.0, 500.0, 0.01, 2, 0.5, 40, 365),  # everybody leaves at once
]


def exact_log_likelihood(r, alpha, s, beta, x, t_x, T):
    """Log-likelihood and P(alive) by Fader & Hardie's (2005) hypergeometric functions."""
    with mp.workdps(200):
        r, alpha, s, beta, t_x, T = (mp.mpf(value) for value in (r, alpha, s, beta, t_x, T))
        c, low, high = r + s + x, min(alpha, beta), max(alpha, beta)
        other = s + 1 if alpha >= beta else r + x

        def left_after(t):
            return mp.hyp2f1(c, other, c + 1, (high - low) / (high + t)) / (high + t) ** c

        stayed = (alpha + T) ** -(r + x) * (beta + T) ** -s
        left = s / c * (left_after(t_x) - left_after(T))
        common = mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta)
        return common + mp.log(stayed + left), stayed / (stayed + left)


def integral(f, t, *scales):
    """Integral of f from 0 to t, cut where the scales of f say that it bends."""
    cuts = sorted({mp.mpf(scale) * 2**power for scale in scales for power in range(-6, 8)})
    return mp.quad(f, [mp.mpf(0), *(cut for cut in cuts if cut < t), mp.mpf(t)])


def exact_future(r, alpha, s, beta, x, T, t):
    """E[N], E[N^2] and P(N > 0) if alive, to many digits, from their definition."""
    with mp.workdps(30):
        k, A, B = mp.mpf(r) + x, mp.mpf(alpha) + T, mp.mpf(beta) + T
        scales = A / (k + 1), B / (mp.mpf(s) + 1), A, B

        def there(u):
            return (1 + u / B) ** -mp.mpf(s)

        mean = k / A * integral(there, t, *scales)
        pairs = 2 * k * (k + 1) / A**2 * integral(lambda u: u * there(u), t, *scales)
        first = integral(lambda u: k / A * (1 + u / A) ** -(k + 1) * there(u), t, *scales)
        return float(mean), float(mean + pairs), float(first)


def exact_probability(r, alpha, s, beta, x, T, t, n):
    """P(N = n) if alive: the chance of the nth purchase, and of no other before t or leaving."""
    with mp.workdps(30):
        k, A, B, s = mp.mpf(r) + x, mp.mpf(alpha) + T, mp.mpf(beta) + T, mp.mpf(s)
        ways = mp.gamma(k + n) / mp.gamma(k) / mp.factorial(n)

        def counted(u):
            return ways * (A / (A + u)) ** k * (u / (A + u)) ** n

        left = integral(lambda u: counted(u) * s / B * (1 + u / B) ** -(s + 1), t, A / (k + 1), B)
        return float(left + counted(mp.mpf(t)) * (1 + t / B) ** -s)


def test_the_published_cdnow_predictions_come_out():
    assert PUBLISHED.expected_purchases(26, 30.857143, 31, 52) == pytest.approx(
        25.45647, rel=THREE_DIGITS
    )
    assert PUBLISHED.probability_alive(26, 30.857143, 31) == pytest.approx(0.997874, abs=1e-6)
    assert PUBLISHED.expected_purchases_new(52) == pytest.approx(1.473434, rel=THREE_DIGITS)


def test_buying_more_often_and_then_falling_silent_lowers_the_prediction():
    expected = PUBLISHED.expected_purchases([10, 15, 20, 25], 20, 39, 52)
    published = [0.7062289, 0.1442396, 0.02250658, 0.00309267]
    assert expected == pytest.approx(published, rel=THREE_DIGITS)


def test_the_published_holdout_means_by_frequency_come_out(cdnow):
    expected = PUBLISHED.expected_purchases(cdnow["x"], cdnow["t_x"], cdnow["T"], 39)
    means = cdnow.assign(expected=expected).groupby(cdnow["x"].clip(upper=7))["expected"].mean()
    published = [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
    assert means.tolist() == pytest.approx(published, abs=1e-3)


def test_the_individual_holdout_errors_are_the_known_ones(cdnow):
    expected = PUBLISHED.expected_purchases(cdnow["x"], cdnow["t_x"], cdnow["T"], 39)
    assert expected.sum() == pytest.approx(1665.5, rel=THREE_DIGITS)
    assert (expected - cdnow["later"]).abs().mean() == pytest.approx(0.7545, abs=1e-4)
    assert ((expected - cdnow["later"]) ** 2).mean() ** 0.5 == pytest.approx(1.603, abs=5e-4)
    assert np.corrcoef(expected, cdnow["later"])[0, 1] == pytest.approx(0.6302, abs=1e-4)


def test_every_golden_value_is_met_to_nine_digits():
    if not GOLDEN.exists():
        pytest.skip("golden values not there: shared/corpora/golden.json")
    cases = [case for case in json.loads(GOLDEN.read_text()) if case["fn"] in METHODS]
    assert len(cases) > 150
    for case in cases:
        value = METHODS[case["fn"]](ParetoNBD(*case["args"][:4]), *case["args"][4:])
        wanted = mp.mpf(case["value"])  # down to 1e-1472: below what a float can hold is 0
        assert abs(mp.mpf(float(value)) - wanted) <= max(1e-9 * abs(wanted), 1e-300), case


@pytest.mark.parametrize("corner", CORNERS)
def test_the_formulas_hold_at_the_corners_of_the_model(corner):
    r, alpha, s, beta, x, t_x, T, t = corner
    model = ParetoNBD(r, alpha, s, beta)
    likelihood, alive = exact_log_likelihood(r, alpha, s, beta, x, t_x, T)
    mean, square, bought = exact_future(r, alpha, s, beta, x, T, t)
    assert model.log_likelihood(x, t_x, T) == pytest.approx(float(likelihood), rel=1e-10, abs=1e-13)
    assert model.probability_alive(x, t_x, T) == pytest.approx(float(alive), rel=1e-10)
    assert model.expected_purchases_if_alive(x, T, t) == pytest.approx(mean, rel=1e-10)
    assert model.purchases_second_moment_if_alive(x, T, t) == pytest.approx(square, rel=1e-10)
    assert model.probability_of_purchase_if_alive(x, T, t) == pytest.approx(bought, rel=1e-10)


@pytest.mark.parametrize("corner", CORNERS)
def test_half_of_those_who_buy_in_time_have_bought_by_the_median_wait(corner):
    r, alpha, s, beta, x, _, T, t = corner
    model = ParetoNBD(r, alpha, s, beta)
    wait = model.median_wait_if_alive(x, T, t)
    half = model.probability_of_purchase_if_alive(x, T, t) / 2
    assert 0 < wait < t
    assert model.probability_of_purchase_if_alive(x, T, wait) == pytest.approx(half, rel=1e-10)


@pytest.mark.parametrize("corner", [*CORNERS[:4], CORNERS[8], CORNERS[11]])
@pytest.mark.parametrize("n", [0, 1, 7, 60])
def test_the_chance_of_each_count_is_the_exact_one(corner, n):
    r, alpha, s, beta, x, _, T, t = corner
    chances = ParetoNBD(r, alpha, s, beta).probabilities_if_alive(x, T, t, n)
    wanted = exact_probability(r, alpha, s, beta, x, T, t, n)
    assert chances[n] == pytest.approx(wanted, rel=1e-10)


def test_the_chance_of_a_high_count_is_exact_where_leaving_cuts_it_sharply():
    chances = ParetoNBD(2.0, 50.0, 3.0, 8.0).probabilities_if_alive(40_000, 200, 16, 900)
    for n in (100, 400, 900):
        wanted = exact_probability(2.0, 50.0, 3.0, 8.0, 40_000, 200, 16, n)
        assert chances[n] == pytest.approx(wanted, rel=1e-9)


def test_the_chances_of_all_counts_sum_to_one_and_have_the_moments_of_the_count():
    x, T = np.array([0.0, 2.0, 26.0, 4000.0]), np.array([5.0, 39.0, 31.0, 200.0])
    for model, horizon in product([PUBLISHED, ParetoNBD(2.0, 50.0, 3.0, 8.0)], [4.0, 16.0]):
        chances = model.probabilities_if_alive(x, T, horizon, 700)
        n = np.arange(701)
        mean = model.expected_purchases_if_alive(x, T, horizon)
        square = model.purchases_second_moment_if_alive(x, T, horizon)
        assert chances.sum(axis=-1) == pytest.approx(np.ones(4), abs=1e-10)
        assert chances @ n == pytest.approx(mean, rel=1e-9)
        assert chances @ n**2 == pytest.approx(square, rel=1e-9)
        bought = model.probability_of_purchase_if_alive(x, T, horizon)
        assert 1 - chances[:, 0] == pytest.approx(bought, abs=1e-12)


def test_simulated_customers_behave_as_the_model_says():
    model, x, T, horizon, many = ParetoNBD(0.5, 40.0, 0.8, 90.0), 3, 200, 180, 400_000
    rng = np.random.default_rng(1)
    rate = rng.gamma(model.r + x, 1 / (model.alpha + T), many)
    stay = np.minimum(
        rng.exponential(1, many) / rng.gamma(model.s, 1 / (model.beta + T), many), 180
    )
    first = rng.exponential(1, many) / rate
    count = (first <= stay) * (1 + rng.poisson(rate * np.maximum(stay - first, 0)))
    mean = model.expected_purchases_if_alive(x, T, horizon)
    square = model.purchases_second_moment_if_alive(x, T, horizon)
    assert count.mean() == pytest.approx(mean, rel=0.005)
    assert (count**2).mean() == pytest.approx(square, rel=0.01)
    bought = model.probability_of_purchase_if_alive(x, T, horizon)
    assert (count > 0).mean() == pytest.approx(bought, rel=0.005)
    median = model.median_wait_if_alive(x, T, horizon)
    assert np.median(first[count > 0]) == pytest.approx(median, rel=0.01)
    chances = model.probabilities_if_alive(x, T, horizon, 6)
    assert np.bincount(count)[:7] / many == pytest.approx(chances, abs=0.002)


def test_the_unconditional_expectation_is_the_published_one():
    r, alpha, s, beta = 0.553, 10.578, 0.606, 11.669
    t = np.array([1.0, 39.0, 500.0])
    exact = r * beta / alpha / (s - 1) * (1 - (beta / (beta + t)) ** (s - 1))
    assert PUBLISHED.expected_purchases_new(t) == pytest.approx(exact, rel=1e-12)


def test_one_time_buyers_may_have_left_and_customers_who_fell_silent_even_more_so():
    alive = PUBLISHED.probability_alive([0, 3, 3, 3, 3], [0, 39, 38, 30, 10], 39)
    assert alive[1] == 1 > alive[2] > alive[3] > alive[4] > 0
    assert 0.2 < alive[0] < 0.8


def test_when_nobody_leaves_everybody_is_alive_and_keeps_the_own_rate():
    model = ParetoNBD(r=0.8, alpha=60.0, s=1e-9, beta=20.0)
    assert model.probability_alive([0, 5, 50], [0, 100, 360], 365) == pytest.approx(1)
    expected = model.expected_purchases_if_alive([0, 5, 50], 365, 90)
    assert expected == pytest.approx((0.8 + np.array([0, 5, 50])) / (60 + 365) * 90, rel=1e-6)


def test_models_at_the_end_of_all_scales_give_finite_figures_in_the_right_order():
    x = np.array([0, 0, 1, 2, 1000, 50_000.0])
    t_x = np.array([0, 0, 3, 365, 1, 2999.0])
    T = np.array([0, 1e-3, 5, 365, 700, 3000.0])
    shapes, scales = [1e-10, 0.9, 1e10], [1e-8, 3e3, 1e12]
    for r, alpha, s, beta in product(shapes, scales, shapes, scales):
        model = ParetoNBD(r, alpha, s, beta)
        mean = model.expected_purchases_if_alive(x, T, 30)
        square = model.purchases_second_moment_if_alive(x, T, 30)
        bought = model.probability_of_purchase_if_alive(x, T, 30)
        wait = model.median_wait_if_alive(x, T, 30)
        chances = model.probabilities_if_alive(x, T, 30, 5)
        assert np.isfinite(model.log_likelihood(x, t_x, T)).all()
        assert ((model.probability_alive(x, t_x, T) >= 0) & (wait >= 0) & (wait <= 30)).all()
        at_most = (r + x) * 30 / (alpha + T)
        assert (bought <= np.minimum(mean, 1) * (1 + 1e-9)).all()
        assert (mean <= at_most * (1 + 1e-9)).all()
        assert (np.maximum(mean, mean**2) <= square * (1 + 1e-9)).all()
        assert np.isfinite(square).all()
        assert ((chances >= 0) & (chances.sum(axis=-1, keepdims=True) <= 1 + 1e-9)).all()
        assert 1 - chances[:, 0] == pytest.approx(bought, abs=1e-9)


def test_nothing_happens_within_no_time():
    for moment in (
        PUBLISHED.expected_purchases(3, 20, 39, 0),
        PUBLISHED.purchases_second_moment_if_alive(3, 39, 0),
        PUBLISHED.probability_of_purchase_if_alive(3, 39, 0),
        PUBLISHED.median_wait_if_alive(3, 39, 0),
    ):
        assert moment == 0
    assert PUBLISHED.probabilities_if_alive(3, 39, 0, 2).tolist() == [1, 0, 0]


def test_customers_and_horizons_broadcast_to_a_table():
    x, T = np.array([[0.0], [2.0], [40.0]]), np.array([[5.0], [39.0], [30.0]])
    horizon = np.array([4.0, 52.0])
    for method in (
        PUBLISHED.expected_purchases_if_alive,
        PUBLISHED.purchases_second_moment_if_alive,
        PUBLISHED.probability_of_purchase_if_alive,
        PUBLISHED.median_wait_if_alive,
    ):
        table = method(x, T, horizon)
        assert table.shape == (3, 2)
        assert table[2, 1] == pytest.approx(method(40, 30, 52), rel=1e-14)
    assert PUBLISHED.probabilities_if_alive(x, T, horizon, 8).shape == (3, 2, 9)
    assert PUBLISHED.probability_alive(x, 0.0, T).shape == (3, 1)


def test_no_customers_give_no_figures():
    nobody = np.array([])
    assert PUBLISHED.expected_purchases(nobody, nobody, nobody, 4).shape == (0,)
    assert PUBLISHED.median_wait_if_alive(nobody, nobody, 4).shape == (0,)
    assert PUBLISHED.probabilities_if_alive(nobody, nobody, 4, 3).shape == (0, 4)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_model_with_an_impossible_parameter_is_refused(value):
    with pytest.raises(InvalidSettings, match="beta"):
        ParetoNBD(0.2, 4.0, 0.8, value)


parameter = st.floats(-3, 3).map(lambda power: 10.0**power)


@settings(deadline=None, max_examples=150)
@given(parameter, parameter, parameter, parameter, st.integers(0, 5000), st.data())
def test_predictions_do_not_depend_on_the_unit_of_time_and_stay_within_their_bounds(
    r, alpha, s, beta, x, data
):
    T = data.draw(st.floats(0.1, 3000))
    t_x = data.draw(st.floats(0, T)) if x else 0.0
    horizon = data.draw(st.floats(0.01, 3000))
    days, weeks = ParetoNBD(r, alpha, s, beta), ParetoNBD(r, alpha, s, beta).in_unit(7)
    in_days, in_weeks = (x, T, horizon), (x, T / 7, horizon / 7)
    alive = days.probability_alive(x, t_x, T)
    mean = days.expected_purchases_if_alive(*in_days)
    square = days.purchases_second_moment_if_alive(*in_days)
    bought = days.probability_of_purchase_if_alive(*in_days)
    wait = days.median_wait_if_alive(*in_days)
    assert weeks.probability_alive(x, t_x / 7, T / 7) == pytest.approx(alive, rel=1e-8, abs=1e-300)
    assert weeks.expected_purchases_if_alive(*in_weeks) == pytest.approx(mean, rel=1e-9)
    assert weeks.purchases_second_moment_if_alive(*in_weeks) == pytest.approx(square, rel=1e-9)
    assert weeks.probability_of_purchase_if_alive(*in_weeks) == pytest.approx(bought, rel=1e-9)
    assert weeks.median_wait_if_alive(*in_weeks) * 7 == pytest.approx(wait, rel=1e-9)
    assert 0 <= alive <= 1
    assert 0 < bought <= mean * (1 + 1e-9) <= (r + x) * horizon / (alpha + T) * (1 + 2e-9)
    assert square >= max(mean, mean**2) * (1 - 1e-9)
    assert 0 < wait <= horizon
