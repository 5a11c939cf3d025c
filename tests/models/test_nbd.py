import numpy as np
import pytest
from scipy.stats import nbinom

from clv.models import BGNBD, NBD, SameRate, fit_nbd, fit_one_rate

MODEL = NBD(r=0.8, alpha=60.0)
X, T = np.array([0.0, 3, 40]), np.array([0.0, 200, 365])


def test_nbd_is_bg_nbd_in_which_nobody_leaves():
    limit = BGNBD(0.8, 60.0, 1e-12, 5.0)
    for method in (
        "expected_purchases_if_alive",
        "purchases_second_moment_if_alive",
        "probability_of_purchase_if_alive",
        "median_wait_if_alive",
    ):
        ours, theirs = (getattr(model, method)(X, T, 90.0) for model in (MODEL, limit))
        assert ours == pytest.approx(theirs, rel=1e-8), method
    assert MODEL.log_likelihood(X, T, T) == pytest.approx(limit.log_likelihood(X, T, T))
    assert MODEL.probability_alive(X, 0.0, T).tolist() == [1, 1, 1]


def test_purchases_to_come_are_negative_binomial():
    chances = MODEL.probabilities_if_alive(3, 200.0, 90.0, 60)
    expected = nbinom.pmf(np.arange(61), 3.8, 260 / 350)
    assert chances == pytest.approx(expected)


def test_the_same_rate_goes_on_and_one_time_buyers_bring_nothing():
    rule = SameRate()
    assert rule.expected_purchases([0, 5], [0, 80], [100, 100], 20.0).tolist() == [0, 1]
    assert rule.probabilities_if_alive([0, 5], 100.0, 20.0, 3)[0].tolist() == [1, 0, 0, 0]
    assert SameRate(0.5).expected_purchases(5, 80, 100, 20.0) == pytest.approx(0.5)
    wait = rule.median_wait_if_alive([0, 5], [0, 0], 20.0)
    assert np.isnan(wait[0])  # there is no next purchase
    assert 0 < wait[1] < 20


@pytest.mark.parametrize("model", [MODEL, SameRate()])
def test_nothing_happens_within_no_time(model):
    assert model.expected_purchases(X, 0.0, T, 0.0).tolist() == [0, 0, 0]
    assert model.probability_of_purchase_if_alive(X, T, 0.0).tolist() == [0, 0, 0]


def test_a_shop_that_nobody_leaves_is_recovered():
    rng = np.random.default_rng(3)
    T = rng.integers(200, 700, 5000).astype(float)
    x = rng.poisson(rng.gamma(0.8, 1 / 60.0, 5000) * T).astype(float)
    fit = fit_nbd(x, np.where(x > 0, T / 2, 0), T)
    assert fit.rung == "nobody_leaves"
    assert fit.model.r == pytest.approx(0.8, rel=0.06)
    assert fit.model.alpha == pytest.approx(60.0, rel=0.08)
    plain = fit.model.log_likelihood(x, 0.0, T).sum()
    assert fit.log_likelihood == pytest.approx(plain, abs=1e-6)


def test_customers_who_all_buy_at_one_rate_are_called_that():
    rng = np.random.default_rng(1)
    fit = fit_nbd(np.full(400, 5.0), np.full(400, 90.0), np.full(400, 100.0))
    assert fit.verdict.code == "boundary"
    assert "same rate" in fit.verdict.sentence
    assert fit.model.expected_purchases(5, 90, 100, 100.0) == pytest.approx(5, rel=0.05)
    mixed = fit_nbd(rng.poisson(rng.gamma(0.8, 6.0, 400)), np.full(400, 1.0), np.full(400, 100.0))
    assert mixed.verdict.code == "converged"


def test_one_rate_is_purchases_over_time_and_never_nothing():
    fit = fit_one_rate([0, 0, 1, 0], [0, 0, 9, 0], [100, 100, 50, 50])
    per_day = fit.model.expected_purchases(0, 0, 0, 1.0)
    assert per_day == pytest.approx(1.5 / 300, rel=1e-3)
    never = fit_one_rate(np.zeros(10), np.zeros(10), np.full(10, 100.0))
    assert never.model.expected_purchases(0, 0, 100, 365.0) == pytest.approx(0.5 * 365 / 1000, 1e-3)
    # The spread of its logarithm is that of a gamma variate with so many purchases.
    assert np.sqrt(never.covariance[1, 1]) == pytest.approx(1 / np.sqrt(0.5))
