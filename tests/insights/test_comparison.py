from datetime import date
from math import prod

import pytest

from clv.formula import Churn, FormulaTerms, formula_clv
from clv.insights.comparison import ModelTerms, factors, why_different


def formula(churn: float, orders: int = 1200):
    terms = FormulaTerms(
        date(2023, 1, 1),
        date(2023, 12, 31),
        60.0 * orders,
        orders,
        400,
        (("inactivity", Churn(churn, "")),),
    )
    return formula_clv(terms, 0.5, "inactivity")


def model(**changes):
    terms = {
        "orders_per_year": 3.0,
        "order_value": 60.0,
        "discounted_years": 0.95,
        "horizon_months": 12,
        "annual_discount": 0.1,
    } | changes
    clv = 0.5 * prod(terms[k] for k in ("orders_per_year", "order_value", "discounted_years"))
    return ModelTerms(clv=clv, **terms)


def test_the_reasons_multiply_to_the_whole_difference():
    ours, theirs = formula(0.25), model(orders_per_year=1.1, order_value=75.0)
    ratio = prod(reason.ratio for reason in factors(ours, theirs))
    assert ratio == pytest.approx(ours.clv / theirs.clv)


def test_a_long_lifetime_is_named_when_it_is_the_main_reason():
    assert "4.0 years ahead" in why_different(formula(0.25), model())


def test_lost_customers_are_named_when_they_are_the_main_reason():
    sentence = why_different(formula(0.9), model(orders_per_year=0.5))
    assert "order 3.0 times a year" in sentence
    assert "0.5 purchase days a year over all customers" in sentence


def test_the_reason_named_works_in_the_direction_of_the_difference():
    sentence = why_different(formula(0.25), model(orders_per_year=40.0))
    assert "% of the model's figure" in sentence
    assert "times a year" in sentence


def test_agreement_is_said_too():
    assert "within 10" in why_different(formula(1 / 0.95), model())


def test_no_figure_no_sentence():
    assert why_different(formula(0.0), model()) == ""
