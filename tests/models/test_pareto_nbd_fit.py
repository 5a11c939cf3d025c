from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
