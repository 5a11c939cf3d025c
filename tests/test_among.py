"""A part of the customers gets the figures that it would have on its own, by the same model."""

import numpy as np
import pytest

import clv
from clv.formula import formula_clv, measure_terms


@pytest.fixture(scope="module")
def found() -> clv.Analysis:
    raw = clv.demo("Synthetic shop")
    return clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))


def test_the_formula_is_measured_on_the_orders_of_these_customers(found: clv.Analysis) -> None:
    mask = (found.frame["country"] == found.frame["country"].iloc[0]).to_numpy()
    part = found.among(mask)
    orders = found.shop.transactions
    theirs = orders.filter(orders.customer_id.isin(found.frame["customer_id"][mask].tolist()))
    terms = measure_terms(theirs, found.shop.first, found.analysis_date, inactive_months=3)
    assert part.formula == formula_clv(terms, 0.4, "period_over_period")
    assert part.formula.clv != found.formula.clv


def test_totals_are_sums_over_these_customers_and_steps_end_at_their_mean(
    found: clv.Analysis,
) -> None:
    mask = found.frame["country"].isin(found.frame["country"].iloc[:2]).to_numpy()
    part, frame = found.among(mask), found.frame[mask]
    assert part.totals.customers == mask.sum() > 10
    assert part.totals.revenue == pytest.approx(frame["revenue"].sum())
    assert part.totals.predicted_clv.value == pytest.approx(frame["predicted_clv"].sum())
    assert part.totals.predicted_clv == found.valuation.total(mask)
    steps = part.decomposition.set_index("step")
    assert steps.loc["Predicted CLV", "after"] == pytest.approx(frame["predicted_clv"].mean())


def test_all_customers_are_the_analysis_itself_and_nobody_is_no_error(found: clv.Analysis) -> None:
    assert found.among(np.ones(len(found.frame), dtype=bool)) is found
    nobody = found.among(np.zeros(len(found.frame), dtype=bool))
    assert nobody.totals.customers == 0
    assert nobody.formula.clv is None
    assert nobody.decomposition.empty
