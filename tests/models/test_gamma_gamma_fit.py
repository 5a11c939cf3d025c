import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.errors import NotEnoughData
from clv.models import GammaGamma, fit_gamma_gamma
from clv.models.gamma_gamma_fit import _tabulate, log_likelihood

# Published expected values of CDNOW customers 1 to 10.
FIRST_TEN = [
    24.6586,
    18.9115,
    35.1710,
    35.1710,
    35.1710,
    71.4628,
    18.9115,
    35.1710,
    27.2824,
    35.1710,
]


def parameters(model):
    return np.array([model.p, model.q, model.v])


def spenders(number, p, q, v, seed=0):
    """Repeat purchases and their mean value of customers who spend as the model says."""
    rng = np.random.default_rng(seed)
    x = 1 + rng.poisson(rng.gamma(0.8, 3, number))
    return x, rng.gamma(p * x, 1) / x / rng.gamma(q, 1 / v, number)


def test_the_published_cdnow_fit_comes_out(cdnow):
    repeat = cdnow[cdnow["x"] > 0]
    assert repeat["m"].corr(repeat["x"]) == pytest.approx(0.113884, abs=5e-6)
    fit = fit_gamma_gamma(cdnow["x"], cdnow["m"])
    assert parameters(fit.model).round(2).tolist() == [6.25, 3.74, 15.44]
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=5e-5)
    assert fit.customers == 946
    assert fit.verdict.code == "converged"
    total = fit.model.log_likelihood(cdnow["x"], cdnow["m"]).sum()
    assert total == pytest.approx(fit.log_likelihood, rel=1e-12)


def test_the_published_expected_values_come_out(cdnow):
    model = fit_gamma_gamma(cdnow["x"], cdnow["m"]).model
    # Published from an optimum that is good to four digits.
    expected = model.expected_order_value(cdnow["x"], cdnow["m"])[:10]
    assert expected == pytest.approx(FIRST_TEN, rel=3e-4)


def test_lifetimes_agrees_and_is_not_better(cdnow):
    repeat = cdnow[cdnow["x"] > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its old dependencies
        from lifetimes import GammaGammaFitter

        theirs = GammaGammaFitter().fit(repeat["x"], repeat["m"])
    ours = fit_gamma_gamma(cdnow["x"], cdnow["m"])
    model = GammaGamma(*(float(theirs.params_[name]) for name in ("p", "q", "v")))
    assert parameters(ours.model) == pytest.approx(parameters(model), rel=1e-3)
    assert ours.log_likelihood >= model.log_likelihood(repeat["x"], repeat["m"]).sum() - 1e-9


@pytest.mark.parametrize("theta", [(1.8, 1.3, -0.8), (-1.0, 4.0, 3.0), (6.0, 0.2, -5.0)])
def test_gradient_and_hessian_are_the_derivatives_of_the_likelihood(theta):
    x, m = spenders(300, 6, 4, 15)
    table = _tabulate(x.astype(float), m, np.ones(300), float(m.mean()))
    theta, step = np.array(theta), 1e-5
    here = log_likelihood(table, theta)
    for index, direction in enumerate(np.eye(3)):
        up = log_likelihood(table, theta + step * direction)
        down = log_likelihood(table, theta - step * direction)
        slope = (up.value - down.value) / (2 * step)
        bend = (up.gradient - down.gradient) / (2 * step)
        assert here.gradient[index] == pytest.approx(slope, rel=1e-6, abs=1e-4)
        assert here.hessian[index] == pytest.approx(bend, rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("truth", [(6.0, 4.0, 15.0), (2.0, 2.5, 40.0)])
def test_the_parameters_of_simulated_customers_are_recovered(truth):
    fit = fit_gamma_gamma(*spenders(20_000, *truth))
    assert fit.verdict.code == "converged"
    error = np.log(parameters(fit.model) / truth)
    assert (np.abs(error) < 3 * np.sqrt(np.diag(fit.covariance))).all()
    assert fit.model.population_mean == pytest.approx(
        truth[0] * truth[2] / (truth[1] - 1), rel=0.03
    )


def test_the_standard_errors_cover_the_truth_as_often_as_they_should():
    truth = (6.0, 4.0, 15.0)
    inside = []
    for seed in range(100):
        fit = fit_gamma_gamma(*spenders(600, *truth, seed=seed))
        error = np.log(parameters(fit.model) / truth)
        inside.append(np.abs(error) < 1.2816 * np.sqrt(np.diag(fit.covariance)))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.08)


money = st.floats(0.5, 5000)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 9), money), min_size=1, max_size=40))
def test_weights_stand_for_as_many_equal_customers(customers):
    x, m = np.array(customers).T
    weights = 1 + np.arange(len(x)) % 3
    weighted = fit_gamma_gamma(x, m, weights)
    spelled = fit_gamma_gamma(np.repeat(x, weights), np.repeat(m, weights))
    assert weighted.verdict == spelled.verdict
    assert weighted.customers == spelled.customers == weights.sum()
    if weighted.verdict.code == "converged":
        assert weighted.log_likelihood == pytest.approx(spelled.log_likelihood, rel=1e-9)
        assert parameters(weighted.model) == pytest.approx(parameters(spelled.model), rel=1e-4)


@pytest.mark.parametrize("rate", [100.0, 1e-3, 1e6])
def test_the_currency_changes_nothing_but_the_unit(rate):
    for truth in ((6.0, 4.0, 15.0), (6.0, 0.7, 15.0), (3.0, 1e6, 1e7), (1e6, 3.0, 1e-5)):
        x, m = spenders(300, *truth)
        fit, other = fit_gamma_gamma(x, m), fit_gamma_gamma(x, m * rate)
        assert other.verdict == fit.verdict
        expected = other.model.expected_order_value(x, m * rate)
        assert expected == pytest.approx(fit.model.expected_order_value(x, m) * rate, rel=1e-5)
        moved = fit.log_likelihood - len(x) * np.log(rate)
        assert other.log_likelihood == pytest.approx(moved, rel=1e-9, abs=1e-5)


@pytest.mark.parametrize("q", [0.4, 0.7, 0.9])
def test_a_population_without_a_mean_is_detected_and_gets_a_finite_cautious_one(q):
    x, m = spenders(1000, 6.0, q, 15.0)
    fit = fit_gamma_gamma(x, m)
    assert fit.verdict.code == "boundary"
    assert "no stable average order value" in fit.verdict.sentence
    assert fit.model.q == pytest.approx(2.0)
    assert np.isfinite(fit.model.expected_order_value(np.append(x, 0), np.append(m, 0))).all()
    assert np.isfinite(fit.covariance).all()


def test_a_model_that_is_called_converged_has_a_mean_for_certain():
    verdicts = set()
    for seed in range(60):
        fit = fit_gamma_gamma(*spenders(60, 6.0, 1.15, 15.0, seed=seed))
        verdicts.add(fit.verdict.code)
        if fit.verdict.code == "converged":
            assert fit.model.q - fit.standard_errors[1] > 1
    assert verdicts == {"converged", "boundary"}


def test_customers_who_spend_alike_or_always_the_same_are_called_that():
    alike = fit_gamma_gamma(*spenders(500, 3.0, 1e6, 1e7))
    assert (alike.verdict.code, "all customers spend alike" in alike.verdict.sentence) == (
        "boundary",
        True,
    )
    same = fit_gamma_gamma(*spenders(500, 1e6, 3.0, 1e-5))
    assert "the same amount every time" in same.verdict.sentence
    x, m = np.arange(1, 31), np.full(30, 19.99)
    constant = fit_gamma_gamma(x, m)
    assert constant.verdict.code == "boundary"
    assert constant.model.expected_order_value(x, m) == pytest.approx(m, rel=1e-4)
    assert constant.model.population_mean == pytest.approx(19.99, rel=1e-3)


@pytest.mark.parametrize("number", range(1, 10))
def test_fewer_than_ten_customers_are_too_little_and_still_get_a_finite_model(number):
    x, m = spenders(number, 6.0, 4.0, 15.0, seed=number)
    fit = fit_gamma_gamma(x, m)
    assert fit.verdict.code == "too_little_data"
    assert np.isfinite(parameters(fit.model)).all()
    assert np.isfinite(fit.covariance).all()
    assert np.isfinite(fit.model.expected_order_value([0, 3], [0.0, 20.0])).all()


def test_customers_who_came_back_and_paid_nothing_are_left_out_and_noted():
    x, m = spenders(200, 6.0, 4.0, 15.0)
    clean = fit_gamma_gamma(x, m)
    values = np.concatenate([m, [0.0, -20.0, np.nan, 1e-12, 7.0]])
    spoilt = fit_gamma_gamma(np.concatenate([x, [1, 2, 3, 4, 0]]), values)
    assert spoilt.model == clean.model
    assert spoilt.customers == 200
    assert spoilt.notes == ("Customers left out because they came back but paid nothing: 4.",)


def test_nobody_who_came_back_and_paid_is_the_only_refusal():
    for x, m in (([], []), ([0, 0], [5.0, 6.0]), ([2, 3], [0.0, -1.0])):
        with pytest.raises(NotEnoughData):
            fit_gamma_gamma(x, m)


def test_enormous_and_tiny_spending_in_one_shop_stays_finite():
    rng = np.random.default_rng(3)
    x = np.floor(10 ** rng.uniform(0, 4.7, 300))
    fit = fit_gamma_gamma(x, 10 ** rng.uniform(-4, 8, 300))
    assert np.isfinite(parameters(fit.model)).all()
    assert np.isfinite(fit.covariance).all()
    assert fit.verdict.code == "boundary"
