"""What every fit of a purchase model keeps to, whichever model it is."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.errors import NotEnoughData
from clv.models import fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd

FAMILIES = {"BG/NBD": fit_bg_nbd, "MBG/NBD": fit_mbg_nbd, "Pareto/NBD": fit_pareto_nbd}
UNITS = (7.0, 30.4375, 365.25, 1 / 86_400)  # in days

every_family = pytest.mark.parametrize("fit", FAMILIES.values(), ids=FAMILIES)
weeks = st.integers(0, 60)
customer = st.tuples(st.integers(0, 12), weeks, weeks).map(
    lambda c: (c[0], min(c[1:]) if c[0] else 0, max(c[1:]))
)


@every_family
@settings(deadline=None, max_examples=25)
@given(st.lists(customer, min_size=1, max_size=60), st.integers(2, 5))
def test_weights_stand_for_as_many_equal_customers(fit, customers, times):
    x, t_x, T = np.array(customers, dtype=float).T
    weights = 1 + np.arange(len(x)) % times
    weighted = fit(x, t_x, T, weights)
    spelled = fit(*(np.repeat(column, weights) for column in (x, t_x, T)))
    assert weighted.customers == spelled.customers == weights.sum()
    # On a ridge without a top the climbs may end apart, but never at different heights.
    assert weighted.log_likelihood == pytest.approx(spelled.log_likelihood, rel=1e-9, abs=1e-3)
    assert weighted.verdict == spelled.verdict


@every_family
def test_weights_and_the_order_of_rows_do_not_change_an_identified_fit(fit, simulate):
    shop = simulate(1500, 0.5, 30, 0.8, 2.5)
    weights = np.tile([1, 2, 3], 500)
    weighted = fit(*shop, weights)
    spelled = fit(*(np.repeat(column, weights)[::-1] for column in shop))
    assert weighted.verdict.code == "converged"
    assert astuple(weighted.model) == pytest.approx(astuple(spelled.model), rel=1e-6)
    assert weighted.covariance == pytest.approx(spelled.covariance, rel=1e-5)


@every_family
@pytest.mark.parametrize("unit", UNITS)
def test_a_fit_does_not_depend_on_the_unit_of_time(fit, unit, simulate):
    x, t_x, T = simulate(1500, 0.5, 30, 0.8, 2.5)
    days, other = fit(x, t_x, T), fit(x, t_x / unit, T / unit)
    assert astuple(other.model) == pytest.approx(astuple(days.model.in_unit(unit)), rel=1e-6)
    assert other.covariance == pytest.approx(days.covariance, rel=1e-5)


@every_family
@pytest.mark.parametrize(
    ("came_back", "words"), [(0, "No customer"), (1, "Only 1 customer"), (9, "Only 9 customers")]
)
def test_fewer_than_ten_repeat_customers_are_too_little(fit, came_back, words):
    x = np.repeat([1.0, 0.0], [came_back, 500])
    found = fit(x, np.where(x > 0, 20.0, 0.0), np.full(len(x), 90.0))
    assert found.verdict.code == "too_little_data"
    assert found.verdict.sentence.startswith(words)


@every_family
def test_impossible_rows_are_left_out_and_noted(fit, simulate):
    shop = simulate(300, 0.5, 30, 0.8, 2.5)
    clean = fit(*shop)
    spoilt = fit(*(np.append(column, value) for column, value in zip(shop, (2, 9, 5), strict=True)))
    assert spoilt.model == clean.model
    assert spoilt.customers == 300
    assert len(spoilt.notes) == 1


@every_family
def test_no_customer_is_the_only_refusal(fit):
    with pytest.raises(NotEnoughData):
        fit([], [], [])


def odd_population(kind, simulate, seed):
    """Data that a fit meets and was not made for; True if they cannot identify the model."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([10, 30, 100, 300]))
    T = rng.integers(1, 730, n).astype(float)
    x = rng.integers(0, 40, n).astype(float)
    if kind == "up to ten customers":
        return simulate(int(rng.integers(1, 11)), 1, 60, 0.8, 2.5, seed=seed), True
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
        shop = simulate(n, 0.5, 60, 0.8, 2.5, seed=seed)
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


@pytest.mark.parametrize("prior", [True, False])
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("family", FAMILIES)
def test_odd_populations_get_a_finite_model_and_the_same_honest_verdict_in_any_unit(
    kind, family, prior, simulate
):
    fit_model = FAMILIES[family]
    for seed in range(10):  # of each of 10 kinds: 100 populations
        (x, t_x, T), hopeless = odd_population(kind, simulate, seed)
        unit = UNITS[seed % len(UNITS)]
        fit = fit_model(x, t_x, T, prior=prior)
        other = fit_model(x, t_x / unit, T / unit, prior=prior)
        # Among customers who never leave, some who never came back look as if they had at once.
        hopeless &= (kind, family) != ("nobody leaves", "MBG/NBD")
        assert not (hopeless and fit.verdict.code == "converged"), fit
        assert other.verdict == fit.verdict
        for each in (fit, other):
            assert np.isfinite(astuple(each.model)).all()
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
