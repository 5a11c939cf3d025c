import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.models import BGNBD, fit_bg_nbd
from clv.models.bg_nbd_fit import log_likelihood
from clv.models.histogram import collapse, read_customers

PUBLISHED = (0.2425945, 4.4136019, 0.7929199, 2.4258881)  # CDNOW, weeks
UNITS = (7.0, 30.4375, 365.25, 1 / 86_400)  # in days

weeks = st.integers(0, 60)
customer = st.tuples(st.integers(0, 12), weeks, weeks).map(
    lambda c: (c[0], min(c[1:]) if c[0] else 0, max(c[1:]))
)


def parameters(model):
    return np.array([model.r, model.alpha, model.a, model.b])


def test_the_published_cdnow_fit_comes_out(cdnow):
    fit = fit_bg_nbd(cdnow["x"], cdnow["t_x"], cdnow["T"])
    # The published point is the optimum to six digits; ours is not below it.
    assert parameters(fit.model) == pytest.approx(PUBLISHED, rel=1e-5)
    assert fit.log_likelihood == pytest.approx(-9582.429, abs=5e-4)
    published = BGNBD(*PUBLISHED).log_likelihood(cdnow["x"], cdnow["t_x"], cdnow["T"]).sum()
    assert 0 <= fit.log_likelihood - published < 1e-7
    assert fit.verdict.code == "converged"
    assert fit.customers == 2357
    assert fit.notes == ()


def test_the_standard_errors_are_those_of_the_published_fit(cdnow):
    fit = fit_bg_nbd(cdnow["x"], cdnow["t_x"], cdnow["T"])
    assert fit.standard_errors == pytest.approx([0.0126, 0.378, 0.186, 0.705], rel=5e-3)


def test_lifetimes_agrees_where_it_converges(cdnow):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its old dependencies
        from lifetimes import BetaGeoFitter

        theirs = BetaGeoFitter().fit(cdnow["x"], cdnow["t_x"], cdnow["T"])
        expected = theirs.conditional_expected_number_of_purchases_up_to_time(
            39, cdnow["x"], cdnow["t_x"], cdnow["T"]
        )
        alive = theirs.conditional_probability_alive(cdnow["x"], cdnow["t_x"], cdnow["T"])
    ours = fit_bg_nbd(cdnow["x"], cdnow["t_x"], cdnow["T"]).model
    wanted = [theirs.params_[name] for name in ("r", "alpha", "a", "b")]
    assert parameters(ours) == pytest.approx(wanted, rel=1e-4)
    columns = cdnow["x"], cdnow["t_x"], cdnow["T"]
    assert ours.expected_purchases(*columns, 39) == pytest.approx(np.asarray(expected), rel=1e-4)
    assert ours.probability_alive(*columns) == pytest.approx(np.asarray(alive), rel=1e-4)


@pytest.mark.parametrize("theta", [(-1.4, -2.0, -0.2, 0.9), (2.0, 1.0, -6.0, 3.0), (5, 5, 4, -3)])
def test_gradient_and_hessian_are_the_derivatives_of_the_likelihood(simulate, theta):
    histogram = collapse(read_customers(*simulate(500, 0.5, 30, 0.8, 2.5), weights=None)[0])
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
    r, alpha, a, b = np.exp(theta)
    model = BGNBD(r, alpha * histogram.scale, a, b)
    with np.errstate(divide="ignore"):
        rescale = x.sum() * np.log(histogram.scale)
    value = log_likelihood(histogram, theta).value - rescale
    assert value == pytest.approx(model.log_likelihood(x, t_x, T).sum(), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("truth", [(0.25, 31.0, 0.8, 2.4), (1.5, 80.0, 0.4, 6.0)])
def test_the_parameters_of_a_simulated_shop_are_recovered(simulate, truth):
    fit = fit_bg_nbd(*simulate(30_000, *truth, longest=730))
    assert fit.verdict.code == "converged"
    # Whole days cost a little (two orders on one day are one purchase), hence the 10 %.
    error = np.abs(parameters(fit.model) - truth)
    assert (error < 3 * fit.standard_errors + 0.1 * np.array(truth)).all()


def test_a_big_shop_needs_few_passes_because_a_slice_of_it_says_where_to_start(simulate):
    assert fit_bg_nbd(*simulate(20_000, 0.25, 31.0, 0.8, 2.4)).evaluations <= 7


def test_the_standard_errors_cover_the_truth_as_often_as_they_should(simulate):
    truth = np.array([0.5, 100.0, 0.8, 2.5])  # rare orders: days hardly ever coincide
    inside = []
    for seed in range(60):
        fit = fit_bg_nbd(*simulate(1500, *truth, longest=2000, seed=seed))
        error = np.log(parameters(fit.model) / truth)
        inside.append(np.abs(error) < 1.2816 * np.sqrt(np.diag(fit.covariance)))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.08)


def test_a_shop_that_nobody_leaves_is_called_that(simulate):
    fit = fit_bg_nbd(*simulate(1000, 0.8, 60, 0, 1), prior=False)
    assert fit.verdict.code == "boundary"
    assert "nobody ever leaves" in fit.verdict.sentence
    x, t_x, T = simulate(1000, 0.8, 60, 0, 1)
    assert fit.model.probability_alive(x, t_x, T).mean() > 0.99
    yearly = fit.model.expected_purchases(x, t_x, T, 365).sum()
    assert yearly == pytest.approx(
        ((fit.model.r + x) / (fit.model.alpha + T) * 365).sum(), rel=0.01
    )


def test_customers_who_all_buy_at_one_rate_are_called_that(simulate):
    fit = fit_bg_nbd(*simulate(3000, np.inf, 60, 0.8, 2.5))
    assert fit.verdict.code == "boundary"
    assert "same rate" in fit.verdict.sentence
    assert fit.model.r / fit.model.alpha == pytest.approx(1 / 60, rel=0.05)


def test_customers_who_all_leave_with_one_chance_are_called_that(simulate):
    fit = fit_bg_nbd(*simulate(3000, 0.5, 60, 2e4, 8e4))
    assert fit.verdict.code == "boundary"
    assert "equally likely" in fit.verdict.sentence
    assert fit.model.a / (fit.model.a + fit.model.b) == pytest.approx(0.2, rel=0.15)


def test_customers_who_leave_at_once_are_called_that(simulate):
    fit = fit_bg_nbd(*simulate(1000, 0.5, 60, 1e6, 1e-3))
    assert fit.verdict.code == "boundary"
    assert "right after coming back once" in fit.verdict.sentence
