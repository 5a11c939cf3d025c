from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.errors import NotEnoughData
from clv.models.histogram import collapse, read_customers
from clv.models.pareto_nbd import ParetoNBD
from clv.models.pareto_nbd_fit import fit_pareto_nbd, log_likelihood

PUBLISHED = (0.553, 10.578, 0.606, 11.669)  # CDNOW, weeks
UNITS = (7.0, 30.4375, 365.25, 1 / 86_400)  # in days

weeks = st.integers(0, 60)
customer = st.tuples(st.integers(0, 12), weeks, weeks).map(
    lambda c: (c[0], min(c[1:]) if c[0] else 0, max(c[1:]))
)


class Shop(NamedTuple):
    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray


def simulate(number, r, alpha, s, beta, *, longest=365, seed=0):
    """Customers who behave as Pareto/NBD says, in whole days; r = inf: all at one rate
    1 / alpha, s = inf: all leave at one rate 1 / beta, s = 0: nobody leaves."""
    rng = np.random.default_rng(seed)
    T = rng.integers(1, longest + 1, number).astype(float)
    rate = np.full(number, 1 / alpha) if np.isinf(r) else rng.gamma(r, 1 / alpha, number)
    dropout = np.full(number, 1 / beta)
    if np.isfinite(s):
        dropout = rng.gamma(s, 1 / beta, number) if s else np.zeros(number)
    until = np.minimum(T, rng.exponential(1, number) / np.maximum(dropout, 1e-300))
    x, last, now = np.zeros(number), np.zeros(number), np.zeros(number)
    alive = np.ones(number, dtype=bool)
    while alive.any():
        now += rng.exponential(1, number) / np.maximum(rate, 1e-300)
        alive &= now <= until
        day = np.ceil(now)
        new = alive & (day > last)
        x += new
        last = np.where(new, day, last)
    return Shop(x, last, T)


def parameters(model):
    return np.array([model.r, model.alpha, model.s, model.beta])


def test_the_published_cdnow_fit_comes_out(cdnow):
    fit = fit_pareto_nbd(cdnow["x"], cdnow["t_x"], cdnow["T"])
    assert parameters(fit.model) == pytest.approx(PUBLISHED, abs=5e-4)
    assert fit.log_likelihood == pytest.approx(-9594.976, abs=5e-4)
    assert fit.verdict.code == "converged"
    assert fit.customers == 2357
    assert fit.notes == ()
    assert fit.model.expected_purchases_new(52) == pytest.approx(1.473434, abs=5e-7)


def test_the_fit_reports_the_likelihood_of_its_model_and_no_neighbour_has_a_higher_one(cdnow):
    columns = cdnow["x"], cdnow["t_x"], cdnow["T"]
    fit = fit_pareto_nbd(*columns)
    best = fit.model.log_likelihood(*columns).sum()
    assert fit.log_likelihood == pytest.approx(best, rel=1e-10)
    for index, factor in [(i, f) for i in range(4) for f in (0.999, 1.001)]:
        there = parameters(fit.model)
        there[index] *= factor
        assert ParetoNBD(*there).log_likelihood(*columns).sum() < best


@pytest.mark.filterwarnings("ignore")  # of its old dependencies, and of what it overflows
def test_lifetimes_agrees_where_it_converges(cdnow):
    from lifetimes import ParetoNBDFitter

    columns = cdnow["x"], cdnow["t_x"], cdnow["T"]
    theirs = ParetoNBDFitter().fit(*columns)
    expected = theirs.conditional_expected_number_of_purchases_up_to_time(39, *columns)
    alive = theirs.conditional_probability_alive(*columns)
    ours = fit_pareto_nbd(*columns).model
    wanted = [theirs.params_[name] for name in ("r", "alpha", "s", "beta")]
    assert parameters(ours) == pytest.approx(wanted, rel=2e-3)
    assert ours.expected_purchases(*columns, 39) == pytest.approx(np.asarray(expected), rel=2e-3)
    assert ours.probability_alive(*columns) == pytest.approx(np.asarray(alive), rel=2e-3)
    same = ParetoNBD(*wanted)
    assert same.expected_purchases(*columns, 39) == pytest.approx(np.asarray(expected), rel=1e-6)


THETAS = [
    (-1.4, -2.0, -0.2, 0.9),
    (-0.6, 0.5, -0.5, -1.5),  # alpha > beta
    (2.0, 1.0, -6.0, 3.0),
    (5, 5, 4, -3),
    (-1, -9, -1, -2),  # the integrals need several panels
    (12, 12, 10, 11),
]


@pytest.mark.parametrize("theta", THETAS)
def test_gradient_and_hessian_are_the_derivatives_of_the_likelihood(theta):
    shop = simulate(500, 0.5, 30, 0.6, 80)
    histogram = collapse(read_customers(*shop, weights=None)[0])
    theta, step = np.array(theta, dtype=float), 1e-5
    here = log_likelihood(histogram, theta)
    for index, direction in enumerate(np.eye(4)):
        up = log_likelihood(histogram, theta + step * direction)
        down = log_likelihood(histogram, theta - step * direction)
        slope = (up.value - down.value) / (2 * step)
        bend = (up.gradient - down.gradient) / (2 * step)
        assert here.gradient[index] == pytest.approx(slope, rel=1e-6, abs=1e-5)
        assert here.hessian[index] == pytest.approx(bend, rel=1e-6, abs=1e-5)


@settings(deadline=None, max_examples=60)
@given(st.lists(customer, min_size=1, max_size=30), st.floats(-3, 3), st.floats(-3, 3))
def test_the_histogram_has_the_likelihood_of_its_customers(customers, first, second):
    x, t_x, T = np.array(customers, dtype=float).T
    histogram = collapse(read_customers(x, t_x, T, None)[0])
    theta = np.array([first, second, -second, first / 2])
    r, alpha, s, beta = np.exp(theta)
    model = ParetoNBD(r, alpha * histogram.scale, s, beta * histogram.scale)
    value = log_likelihood(histogram, theta).value - x.sum() * np.log(histogram.scale)
    assert value == pytest.approx(model.log_likelihood(x, t_x, T).sum(), rel=1e-9, abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.lists(customer, min_size=1, max_size=60), st.integers(2, 5))
def test_weights_stand_for_as_many_equal_customers(customers, times):
    x, t_x, T = np.array(customers, dtype=float).T
    weights = 1 + np.arange(len(x)) % times
    weighted = fit_pareto_nbd(x, t_x, T, weights)
    spelled = fit_pareto_nbd(*(np.repeat(column, weights) for column in (x, t_x, T)))
    assert weighted.customers == spelled.customers == weights.sum()
    assert weighted.log_likelihood == pytest.approx(spelled.log_likelihood, rel=1e-9, abs=1e-6)
    assert weighted.verdict == spelled.verdict


def test_weights_and_the_order_of_rows_do_not_change_an_identified_fit():
    shop = simulate(1500, 0.5, 30, 0.6, 80)
    weights = np.tile([1, 2, 3], 500)
    weighted = fit_pareto_nbd(*shop, weights)
    spelled = fit_pareto_nbd(*(np.repeat(column, weights)[::-1] for column in shop))
    assert weighted.verdict.code == "converged"
    assert parameters(weighted.model) == pytest.approx(parameters(spelled.model), rel=1e-6)
    assert weighted.covariance == pytest.approx(spelled.covariance, rel=1e-5)


@pytest.mark.parametrize("unit", UNITS)
def test_the_fit_does_not_depend_on_the_unit_of_time(unit):
    shop = simulate(1500, 0.5, 30, 0.6, 80)
    days = fit_pareto_nbd(*shop)
    other = fit_pareto_nbd(shop.x, shop.t_x / unit, shop.T / unit)
    assert parameters(other.model) == pytest.approx(parameters(days.model.in_unit(unit)), rel=1e-6)
    assert other.covariance == pytest.approx(days.covariance, rel=1e-5)


@pytest.mark.parametrize("truth", [(0.55, 74.0, 0.6, 82.0), (1.5, 80.0, 2.0, 900.0)])
def test_the_parameters_of_a_simulated_shop_are_recovered(truth):
    fit = fit_pareto_nbd(*simulate(30_000, *truth, longest=730))
    assert fit.verdict.code == "converged"
    # Whole days cost a little (two orders on one day are one purchase), hence the 10 %.
    error = np.abs(parameters(fit.model) - truth)
    assert (error < 3 * fit.standard_errors + 0.1 * np.array(truth)).all()


def test_a_big_shop_needs_few_passes_because_a_slice_of_it_says_where_to_start():
    shop = simulate(20_000, 0.55, 74.0, 0.6, 82.0, longest=730)
    assert fit_pareto_nbd(*shop).evaluations <= 7
    # The slice is every eighth customer, here those who have been watched longest.
    by_age = np.argsort(-shop.T)
    order = np.column_stack([by_age[:2500], by_age[2500:].reshape(2500, 7)]).ravel()
    assert fit_pareto_nbd(*(column[order] for column in shop)).evaluations <= 7


def test_the_standard_errors_cover_the_truth_as_often_as_they_should():
    truth = np.array([0.5, 100.0, 1.0, 500.0])  # rare orders: days hardly ever coincide
    inside = []
    for seed in range(60):
        fit = fit_pareto_nbd(*simulate(1500, *truth, longest=2000, seed=seed))
        error = np.log(parameters(fit.model) / truth)
        inside.append(np.abs(error) < 1.2816 * np.sqrt(np.diag(fit.covariance)))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.08)


def test_a_shop_that_nobody_leaves_is_called_that():
    x, t_x, T = simulate(1000, 0.8, 60, 0, 1)
    fit = fit_pareto_nbd(x, t_x, T, prior=False)
    assert fit.verdict.code == "boundary"
    assert "nobody ever leaves" in fit.verdict.sentence
    assert fit.model.probability_alive(x, t_x, T).mean() > 0.97


def test_customers_who_all_buy_at_one_rate_are_called_that():
    fit = fit_pareto_nbd(*simulate(3000, np.inf, 15, 0.6, 80))
    assert fit.verdict.code == "boundary"
    assert "same rate" in fit.verdict.sentence
    assert fit.model.r / fit.model.alpha == pytest.approx(1 / 15, rel=0.05)


def test_customers_who_all_leave_at_one_rate_are_called_that():
    fit = fit_pareto_nbd(*simulate(3000, 0.8, 60, np.inf, 150), prior=False)
    assert fit.verdict.code == "boundary"
    assert "equally likely" in fit.verdict.sentence
    assert fit.model.s / fit.model.beta == pytest.approx(1 / 150, rel=0.15)


def test_customers_who_leave_at_once_or_never_are_called_that():
    shop = simulate(1000, 0.8, 30, 0, 1)
    gone = simulate(1000, 0.8, 30, 0, 1, seed=1).T
    nothing = np.zeros(1000)
    fit = fit_pareto_nbd(
        np.append(shop.x, nothing), np.append(shop.t_x, nothing), np.append(shop.T, gone)
    )
    assert fit.verdict.code == "boundary"
    assert "right after the first purchase, or never" in fit.verdict.sentence


@pytest.mark.parametrize(
    ("came_back", "words"), [(0, "No customer"), (1, "Only 1 customer"), (9, "Only 9 customers")]
)
def test_fewer_than_ten_repeat_customers_are_too_little(came_back, words):
    x = np.repeat([1.0, 0.0], [came_back, 500])
    fit = fit_pareto_nbd(x, np.where(x > 0, 20.0, 0.0), np.full(len(x), 90.0))
    assert fit.verdict.code == "too_little_data"
    assert fit.verdict.sentence.startswith(words)


def test_impossible_rows_are_left_out_and_noted():
    shop = simulate(300, 0.5, 30, 0.6, 80)
    clean = fit_pareto_nbd(*shop)
    spoilt = fit_pareto_nbd(
        *(np.append(column, value) for column, value in zip(shop, (2, 9, 5), strict=True))
    )
    assert spoilt.model == clean.model
    assert spoilt.customers == 300
    assert len(spoilt.notes) == 1


def test_no_customer_is_the_only_refusal():
    with pytest.raises(NotEnoughData):
        fit_pareto_nbd([], [], [])


def odd_population(kind, seed):
    """Data that a fit meets and was not made for; True if they cannot identify the model."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([10, 30, 100, 300]))
    T = rng.integers(1, 730, n).astype(float)
    x = rng.integers(0, 40, n).astype(float)
    if kind == "up to ten customers":
        return simulate(int(rng.integers(1, 11)), 1, 60, 0.6, 80, seed=seed), True
    if kind == "only one-time buyers":
        return (np.zeros(n), np.zeros(n), T), True
    if kind == "no time at all":
        return (np.zeros(n), np.zeros(n), np.zeros(n)), True
    if kind == "purchases in no time at all":
        return (x, np.zeros(n), np.zeros(n)), True
    if kind == "identical rows":
        same = float(rng.integers(0, 30)), float(rng.integers(1, 365)), 365.0
        return tuple(np.full(n, value) for value in same), True
    if kind == "nobody leaves":
        return simulate(n, 1, 60, 0, 1, seed=seed), True
    if kind == "bought until the end":
        return (x, np.where(x > 0, T, 0.0), T), True
    if kind == "up to 50,000 purchases":
        x = np.floor(10 ** rng.uniform(0, 4.7, n))
        return (x, np.floor(T * rng.random(n)), T), False
    if kind == "a robot":
        shop = simulate(n, 0.5, 60, 0.6, 80, seed=seed)
        return (
            np.append(shop.x, 9000.0),
            np.append(shop.t_x, 700.0),
            np.append(shop.T, 720.0),
        ), False
    assert kind == "twice at most"
    x = np.minimum(x, 1)
    return (x, x * rng.integers(1, 30), np.full(n, 30.0)), False


ODD = (
    "up to ten customers",
    "only one-time buyers",
    "no time at all",
    "purchases in no time at all",
    "identical rows",
    "nobody leaves",
    "bought until the end",
    "up to 50,000 purchases",
    "a robot",
    "twice at most",
)


@pytest.mark.parametrize("kind", ODD)
def test_odd_populations_get_a_finite_model_and_the_same_honest_verdict_in_any_unit(kind):
    for seed in range(10):
        (x, t_x, T), hopeless = odd_population(kind, seed)
        unit = UNITS[seed % len(UNITS)]
        fit, other = fit_pareto_nbd(x, t_x, T), fit_pareto_nbd(x, t_x / unit, T / unit)
        assert not (hopeless and fit.verdict.code == "converged"), fit
        assert other.verdict == fit.verdict
        for each in (fit, other):
            assert np.isfinite(parameters(each.model)).all()
            assert np.isfinite(each.covariance).all()
            assert np.isfinite(each.standard_errors).all()
            assert np.isfinite(each.log_likelihood)
        model = fit.model
        for figure in (
            model.log_likelihood(x, t_x, T),
            model.probability_alive(x, t_x, T),
            model.expected_purchases(x, t_x, T, 365),
            model.purchases_second_moment_if_alive(x, T, 365),
            model.median_wait_if_alive(x, T, 365),
            model.probabilities_if_alive(x, T, 365, 5),
            model.expected_purchases_new(365),
        ):
            assert np.isfinite(figure).all()
        if T.any():  # else there is no unit of time to speak of
            moved = fit.log_likelihood + x.sum() * np.log(unit)
            assert other.log_likelihood == pytest.approx(moved, rel=1e-9, abs=1e-5)
            there = other.model.expected_purchases(x, t_x / unit, T / unit, 365 / unit)
            here = model.expected_purchases(x, t_x, T, 365)
            assert there.sum() == pytest.approx(here.sum(), rel=1e-4, abs=1e-6)
