from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.errors import NotEnoughData
from clv.models import fit_bg_nbd
from clv.models.fitting import WEAK
from clv.models.ladder import (
    FAMILIES,
    MODELS,
    RULE,
    RUNGS,
    default_family,
    fit_purchases,
    fit_rule,
    fit_spend,
)
from clv.settings import ModelName


def test_the_models_are_those_that_the_settings_offer():
    assert ("Automatic", *MODELS) == ModelName.__args__


@pytest.mark.parametrize("name", FAMILIES)
def test_enough_data_stay_on_the_first_rung(simulate, name):
    fit = fit_purchases(name, *simulate(3000, 0.8, 40, 0.8, 2.5, longest=730))
    assert fit.model.name == name
    assert fit.rung == ("nobody_leaves" if name == "NBD" else "likelihood")


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD", "Pareto/NBD"])
def test_where_the_data_say_nothing_of_leaving_the_weak_prior_fills_in(simulate, name):
    shop = simulate(1000, 0.8, 60, 0, 1)
    fit = fit_purchases(name, *shop)
    assert fit.rung == "prior"
    assert fit.verdict.code == "boundary"
    # What the data do settle, the rate, stays where they put it.
    alone = FAMILIES[name](*shop, prior=False)
    assert fit.model.r == pytest.approx(alone.model.r, rel=0.1)
    assert np.sqrt(np.diag(fit.covariance)).max() <= 1 / np.sqrt(WEAK) + 1e-9
    some_left = 1 - fit.model.probability_alive(*shop).mean()
    assert 0 < some_left < 0.1


def test_the_weak_prior_counts_no_more_than_a_handful_of_customers(simulate):
    shop = simulate(1000, 0.8, 60, 0, 1)
    fit, alone = fit_bg_nbd(*shop), fit_bg_nbd(*shop, prior=False)
    assert alone.log_likelihood - 5 < fit.log_likelihood <= alone.log_likelihood + 1e-6


def test_the_fewer_come_back_the_simpler_the_model(simulate):
    T = np.full(200, 300.0)
    rungs = []
    for came_back in (12, 9, 3, 2, 0):
        x = np.where(np.arange(200) < came_back, 2.0, 0.0)
        rungs.append(fit_purchases("BG/NBD", x, 100 * x, T).rung)
    assert rungs[0] in ("likelihood", "prior")
    assert rungs[1:] == ["nobody_leaves", "nobody_leaves", "one_rate", "one_rate"]


def test_customers_of_a_single_day_have_no_rung():
    with pytest.raises(NotEnoughData, match="time to come back"):
        fit_purchases("BG/NBD", [0, 0], [0, 0], [0, 0])


whole = st.integers(0, 400)
customer = st.tuples(st.integers(0, 30), whole, whole).map(
    lambda c: (c[0], min(c[1:]) if c[0] else 0, max(c[1:]))
)


@given(st.lists(customer, min_size=1, max_size=40), st.sampled_from(sorted(FAMILIES)))
def test_any_customers_get_a_finite_answer_with_a_rung(rows, name):
    x, t_x, T = np.array(rows, dtype=float).T
    if not T.any():
        return
    fit = fit_purchases(name, x, t_x, T)
    assert fit.rung in RUNGS
    assert np.isfinite(astuple(fit.model)).all()
    assert np.isfinite(fit.covariance).all()
    expected = fit.model.expected_purchases(x, t_x, T, 365.0)
    assert np.isfinite(expected).all()
    assert (expected >= 0).all()


def test_order_values_are_learned_from_first_orders_where_too_few_came_back():
    x = np.array([0.0] * 50 + [1.0] * 3)
    spent = np.linspace(10, 90, 53)
    fit = fit_spend(x, np.where(x > 0, 40.0, np.nan), spent * (x + 1))
    assert fit.rung == "all_orders"
    assert fit.model.population_mean == pytest.approx(50, rel=0.15)
    with pytest.raises(NotEnoughData):
        fit_spend([0, 0], [np.nan, np.nan], [0.0, -5.0])


def test_a_few_giants_give_no_infinite_order_value():
    rng = np.random.default_rng(4)
    scale = 30 / rng.gamma(0.7, 1, 400)  # q = 0.7: the mean of the population is infinite
    m = rng.gamma(6.0, 1, 400) * scale
    fit = fit_spend(np.ones(400), m, 2 * m)
    assert fit.rung == "prior"
    assert np.isfinite(fit.model.population_mean)
    assert "no stable average" in fit.verdict.sentence


def test_the_rule_is_a_fit_with_the_spread_it_is_given():
    fit = fit_rule(0.2, [10.0, 20.0])
    assert fit.model.name == RULE
    assert fit.standard_errors.tolist() == [0.2]
    assert fit.rung == "rule"


def test_where_most_buy_once_the_default_lets_them_leave():
    assert default_family([0] * 9 + [1]) == "MBG/NBD"
    assert default_family([0] * 7 + [1] * 3) == "BG/NBD"


def test_a_file_of_customers_whose_leaving_cannot_be_seen_gets_an_answer_that_says_so(real):
    """FLO: one row per customer, where the tutorial ends at "nobody ever leaves"."""
    flo = pd.read_csv(real("flo/flo_data_20k.csv.gz"))
    first, last = (pd.to_datetime(flo[c]) for c in ("first_order_date", "last_order_date"))
    orders = flo["order_num_total_ever_online"] + flo["order_num_total_ever_offline"]
    spent = flo["customer_value_total_ever_online"] + flo["customer_value_total_ever_offline"]
    x, t_x = orders - 1, (last - first).dt.days
    T = (last.max() - first).dt.days
    for name in ("BG/NBD", "MBG/NBD", "Pareto/NBD"):
        fit = fit_purchases(name, x, t_x, T)
        assert fit.rung in RUNGS
        expected = fit.model.expected_purchases(x, t_x, T, 365.0)
        assert np.isfinite(expected).all()
    spend = fit_spend(x, spent / orders, spent)
    assert np.isfinite(spend.model.expected_order_value(x, spent / orders)).all()
