import mpmath as mp
import numpy as np
import pytest
from scipy.special import betaln
from scipy.stats import nbinom

from clv.models import BGNBD, MBGNBD, fit_bg_nbd, fit_mbg_nbd, purchase_probabilities

PUBLISHED = MBGNBD(0.525, 6.183, 0.891, 1.614)  # CDNOW, weeks
CORNERS = [  # r, alpha, a, b, x, t_x, T, t
    (0.525, 6.183, 0.891, 1.614, 2, 30.43, 38.86, 39),
    (0.525, 6.183, 1.0, 1.614, 0, 0, 38.86, 52),
    (0.5, 3.0, 0.4, 0.6, 0, 0, 39, 52),
    (2.0, 0.1, 0.98, 5.0, 3000, 900, 901, 52),
    (0.3, 30.0, 1e-9, 2.0, 4, 300, 400, 365),
]


def exact(r, alpha, a, b, x, t_x, T, t):
    """ln L, P(alive) and E[Y(t)] by the definitions, to many digits.

    A customer has x + 1 chances to leave, the first right after the first purchase.
    """
    with mp.workdps(80):
        r, alpha, a, b, t_x, T, t = (mp.mpf(value) for value in (r, alpha, a, b, t_x, T, t))
        rate = mp.gamma(r + x) * alpha**r / mp.gamma(r)
        stayed = rate * mp.beta(a, b + x + 1) / mp.beta(a, b) * (alpha + T) ** -(r + x)
        left = rate * mp.beta(a + 1, b + x) / mp.beta(a, b) * (alpha + t_x) ** -(r + x)
        # Alive, the chance to leave is Beta(a, b + x + 1) and the rate Gamma(r + x, alpha + T):
        # P(N >= n) = P(no leaving after n - 1 purchases) P(n arrivals in t).
        n = np.arange(1, 4000)
        stays = np.exp(betaln(float(a), float(b) + x + n) - betaln(float(a), float(b) + x + 1))
        odds = float((alpha + T) / (alpha + T + t))
        purchases = (stays * nbinom.sf(n - 1, float(r) + x, odds)).sum()
        alive = stayed / (stayed + left)
        return float(mp.log(stayed + left)), float(alive), float(alive) * float(purchases)


@pytest.mark.parametrize("corner", CORNERS)
def test_the_formulas_are_those_of_the_definition(corner):
    model, x, t_x, T, t = MBGNBD(*corner[:4]), *corner[4:]
    likelihood, alive, purchases = exact(*corner)
    assert model.log_likelihood(x, t_x, T) == pytest.approx(likelihood, rel=1e-9)
    assert model.probability_alive(x, t_x, T) == pytest.approx(alive, rel=1e-9)
    assert model.expected_purchases(x, t_x, T, t) == pytest.approx(purchases, rel=1e-7)


def test_the_published_cdnow_fit_comes_out(cdnow):
    fit = fit_mbg_nbd(cdnow["x"], cdnow["t_x"], cdnow["T"])
    assert fit.verdict.code == "converged"
    found = [fit.model.r, fit.model.alpha, fit.model.a, fit.model.b]
    assert found == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=5e-4)
    expected = fit.model.expected_purchases(cdnow["x"], cdnow["t_x"], cdnow["T"], 39)
    assert expected.sum() == pytest.approx(1576.7, abs=0.1)
    error = expected - cdnow["later"]
    assert error.abs().mean() == pytest.approx(0.7648, abs=1e-4)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.607, abs=1e-3)


def test_the_likelihood_of_the_histogram_is_that_of_the_customers(cdnow):
    fit = fit_mbg_nbd(cdnow["x"], cdnow["t_x"], cdnow["T"])
    plain = fit.model.log_likelihood(cdnow["x"], cdnow["t_x"], cdnow["T"]).sum()
    assert fit.log_likelihood == pytest.approx(plain, abs=1e-7)


def test_one_time_buyers_may_have_left_and_more_so_the_longer_they_are_silent():
    alive = PUBLISHED.probability_alive(0, 0, [0.0, 10.0, 40.0])
    assert alive[0] == pytest.approx(1.614 / (0.891 + 1.614))  # they may leave at once
    assert (np.diff(alive) < 0).all()
    assert BGNBD(0.525, 6.183, 0.891, 1.614).probability_alive(0, 0, 40.0) == 1


def test_a_new_customer_may_never_come_back_for_having_left():
    model = MBGNBD(r=4.0, alpha=4.0, a=3.0, b=1.0)
    rng = np.random.default_rng(5)
    many = 200_000
    rate, leave = rng.gamma(4.0, 1 / 4.0, many), rng.beta(3.0, 1.0, many)
    alive = rng.random(many) >= leave
    now, count = np.zeros(many), np.zeros(many)
    while alive.any():
        now += rng.exponential(1, many) / rate
        alive &= now <= 10
        count += alive
        alive &= rng.random(many) >= leave
    assert model.expected_purchases_new(10.0) == pytest.approx(count.mean(), rel=0.01)


@pytest.mark.parametrize("family", [BGNBD, MBGNBD])
@pytest.mark.parametrize("x", [0, 3])
def test_the_probabilities_of_the_count_have_its_moments(family, x):
    model = family(0.5, 40.0, 0.8, 2.5)
    chances = model.probabilities_if_alive(x, 200.0, 365.0, 400)
    n = np.arange(401)
    assert chances.sum() == pytest.approx(1, abs=1e-9)
    assert (chances * n).sum() == pytest.approx(
        model.expected_purchases_if_alive(x, 200.0, 365.0), rel=1e-8
    )
    assert (chances * n**2).sum() == pytest.approx(
        model.purchases_second_moment_if_alive(x, 200.0, 365.0), rel=1e-6
    )
    bought = model.probability_of_purchase_if_alive(x, 200.0, 365.0)
    assert 1 - chances[0] == pytest.approx(bought, rel=1e-10)


def test_customers_who_leave_at_once_are_seen_by_this_model_alone():
    rng = np.random.default_rng(2)
    number = 4000
    T = rng.integers(300, 700, number).astype(float)
    rate, leave = rng.gamma(2.0, 1 / 60.0, number), rng.beta(1.2, 1.8, number)
    alive = rng.random(number) >= leave
    x, last, now = np.zeros(number), np.zeros(number), np.zeros(number)
    while alive.any():
        now += rng.exponential(1, number) / rate
        alive &= now <= T
        x += alive
        last = np.where(alive, now, last)
        alive &= rng.random(number) >= leave
    with_leaving, without = (fit(x, last, T) for fit in (fit_mbg_nbd, fit_bg_nbd))
    assert with_leaving.log_likelihood > without.log_likelihood + 20
    error = np.sqrt(np.diag(with_leaving.covariance))
    truth = np.log([2.0, 60.0, 1.2, 1.8])
    found = np.log([getattr(with_leaving.model, name) for name in ("r", "alpha", "a", "b")])
    assert (np.abs(found - truth) < 3 * error).all()


def test_the_distribution_of_purchases_counts_those_who_have_left():
    chances = purchase_probabilities(PUBLISHED, [0, 2], [0, 30.43], 38.86, 39.0, 200)
    assert chances.sum(axis=-1) == pytest.approx([1, 1])
    expected = PUBLISHED.expected_purchases([0, 2], [0, 30.43], 38.86, 39.0)
    assert (chances * np.arange(201)).sum(axis=-1) == pytest.approx(expected, rel=1e-6)
    assert (chances[:, 0] > 1 - PUBLISHED.probability_alive([0, 2], [0, 30.43], 38.86)).all()
