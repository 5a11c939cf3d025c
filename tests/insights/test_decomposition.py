import math
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import clv
from clv.formula import FormulaCLV
from clv.insights.decomposition import (
    COLUMNS,
    DISCOUNT,
    FORMULA,
    HORIZON,
    LEAVING,
    LEFT,
    MODEL,
    ORDER_VALUE,
    PACE,
    ModelMeans,
    decompose,
    decomposition_title,
)
from clv.valuation import discount_factors, month_ends

STEPS = [HORIZON, DISCOUNT, LEFT, LEAVING, PACE, ORDER_VALUE]


def formula(aov=50.0, frequency=4.0, margin=0.5, churn=0.5, **changes) -> FormulaCLV:
    terms = {
        "first": date(2023, 1, 1),
        "last": date(2023, 12, 31),
        "customers": 400,
        "churn_method": "period_over_period",
        "clv": aov * frequency * margin / churn,
        "note": "",
        "problem": "",
    }
    found = {"aov": aov, "frequency": frequency, "margin": margin, "churn": churn}
    return FormulaCLV(**(terms | found | changes))


def model(
    p_alive=0.8, pace=2.0, kept=0.9, value=60.0, worth=0.95, months=12, discount=0.1, margin=0.5
) -> ModelMeans:
    """The means of a model whose factors are these."""
    all_stay = p_alive * pace * months / 12
    undiscounted = all_stay * kept * value * margin
    return ModelMeans(
        p_alive=p_alive,
        expected_orders=all_stay * kept,
        orders_if_all_stay=all_stay,
        clv=undiscounted * worth,
        undiscounted=undiscounted,
        horizon_months=months,
        annual_discount=discount,
    )


def changes(frame: pd.DataFrame) -> dict[str, float]:
    return dict(zip(frame["step"], frame["change"], strict=True))


money = st.floats(0.01, 1e5)
share = st.just(0.0) | st.floats(1e-6, 1.0)
formulas = st.builds(
    formula,
    aov=money,
    frequency=st.floats(0.01, 400),
    margin=share,
    churn=st.floats(0.01, 1),
)
models = st.builds(
    model,
    p_alive=share,
    pace=st.just(0.0) | st.floats(1e-3, 400),
    kept=share,
    value=st.just(0.0) | money,
    worth=share,
    months=st.integers(1, 60),
    discount=share,
    margin=share,
)


@given(formulas, models)
@example(formula(), model(p_alive=0.0))
@example(formula(), model(kept=0.0))
@example(formula(), model(value=0.0))
@example(formula(margin=0.0), model(margin=0.0))
def test_the_steps_add_up_from_the_formula_to_the_model(ours, theirs):
    frame = decompose(ours, theirs)
    assert list(frame["step"]) == [FORMULA, *STEPS, MODEL]
    assert frame["after"].iloc[0] == ours.clv
    assert frame["after"].iloc[-1] == theirs.clv
    assert list(frame["before"].iloc[1:]) == list(frame["after"].iloc[:-1])
    assert (frame["change"] == frame["after"] - frame["before"]).all()
    highest = frame["high"].max()
    assert ours.clv + math.fsum(frame["change"]) == pytest.approx(theirs.clv, abs=1e-9 * highest)


@given(formulas, models)
@example(formula(), model(p_alive=0.0))
@example(formula(), model(kept=0.0))
def test_every_step_is_finite_and_every_bar_starts_at_or_above_zero(ours, theirs):
    frame = decompose(ours, theirs)
    numbers = frame[["before", "after", "change", "low", "high"]].to_numpy()
    assert all(map(math.isfinite, numbers.ravel()))
    assert (frame["low"] >= 0).all()
    assert (frame["low"] <= frame["high"]).all()
    assert not frame["reason"].str.contains("nan|inf|None").any()


@given(formulas, models, st.floats(0.01, 100))
def test_another_currency_scales_every_step(ours, theirs, rate):
    dearer = formula(ours.aov * rate, ours.frequency, ours.margin, ours.churn)
    worth_more = replace(theirs, clv=theirs.clv * rate, undiscounted=theirs.undiscounted * rate)
    before, after = decompose(ours, theirs), decompose(dearer, worth_more)
    tolerance = 1e-9 * after["high"].max()
    assert after["change"].to_numpy() == pytest.approx(
        rate * before["change"].to_numpy(), rel=1e-9, abs=tolerance
    )


@given(formulas, models)
def test_a_horizon_without_end_costs_nothing(ours, theirs):
    endless = decompose(ours, replace(theirs, horizon_months=12 * 5000))
    assert changes(endless)[HORIZON] == pytest.approx(0, abs=1e-9 * ours.clv)


@given(formulas, models)
def test_without_discount_the_discount_costs_nothing(ours, theirs):
    assert changes(decompose(ours, replace(theirs, annual_discount=0.0)))[DISCOUNT] == 0


@given(formulas, models)
def test_the_discount_is_that_of_payments_made_at_the_end_of_each_month(ours, theirs):
    after = decompose(ours, theirs).set_index("step")["after"][DISCOUNT]
    rate = ours.churn + math.log1p(theirs.annual_discount)
    steady = ours.aov * ours.frequency * ours.margin * -math.expm1(-rate * theirs.years) / rate
    one_month = (1 + theirs.annual_discount) ** (-1 / 12)
    assert steady * one_month * (1 - 1e-9) <= after <= steady * (1 + 1e-9)


@given(formulas, st.integers(1, 60), share)
def test_a_model_that_assumes_what_the_formula_does_differs_by_the_horizon_alone(
    ours, months, discount
):
    present = [math.exp(-ours.churn * k / 12) for k in range(months + 1)]
    orders = [(a - b) / ours.churn for a, b in pairwise(present)]
    per_order = ours.aov * ours.margin
    same = ModelMeans(
        p_alive=1.0,
        expected_orders=ours.frequency * sum(orders),
        orders_if_all_stay=ours.frequency * months / 12,
        clv=per_order * ours.frequency * float(discount_factors(discount, months) @ orders),
        undiscounted=per_order * ours.frequency * sum(orders),
        horizon_months=months,
        annual_discount=discount,
    )
    found = changes(decompose(ours, same))
    for step in (LEFT, LEAVING, PACE, ORDER_VALUE):
        assert found[step] == pytest.approx(0, abs=1e-9 * ours.clv), step


def test_the_steps_of_a_shop_worked_out_by_hand():
    # 50 x 4 x 0.5 = 100 of margin a year, at a churn of 50 %: 200 in all.
    # One year of it: 100 (1 - e^-0.5) / 0.5 = 78.6939; no discount.
    # 80 % are still there: 62.9551. Of their orders 90 % are kept: 100 x 0.8 x 0.9 = 72.
    # They order twice a year, not four times: 36. At 60 an order, not 50: 43.2.
    frame = decompose(formula(), model(discount=0.0, worth=1.0))
    found = frame.set_index("step")["after"].to_dict()
    assert found == pytest.approx(
        {
            FORMULA: 200.0,
            HORIZON: 78.69387,
            DISCOUNT: 78.69387,
            LEFT: 62.95509,
            LEAVING: 72.0,
            PACE: 36.0,
            ORDER_VALUE: 43.2,
            MODEL: 43.2,
        }
    )
    assert list(frame["low"]) == pytest.approx(
        [0.0, 78.69387, 78.69387, 62.95509, 62.95509, 36.0, 36.0, 0.0]
    )
    assert list(frame["high"]) == pytest.approx(
        [200.0, 200.0, 78.69387, 78.69387, 72.0, 72.0, 43.2, 43.2]
    )
    assert list(frame["kind"]) == [
        "total",
        "decrease",
        "increase",
        "decrease",
        "increase",
        "decrease",
        "increase",
        "total",
    ]


def test_the_reasons_name_both_sides_of_this_shop():
    reason = decompose(formula(), model()).set_index("step")["reason"].str.replace("\xa0", " ")
    assert "50.00 an order x 4.0 orders a year x margin of 50 % / churn of 50 %" in reason[FORMULA]
    assert "stay 2.0 years on average" in reason[HORIZON]
    assert "stops after 12 months" in reason[HORIZON]
    assert "10 % a year" in reason[DISCOUNT]
    assert "takes 80 % of them to be still active" in reason[LEFT]
    assert "churn loses 21 %, the model loses 10 %" in reason[LEAVING]
    assert "2.0 purchase days a year" in reason[PACE]
    assert "expects 60.00 on average" in reason[ORDER_VALUE]


def test_a_model_in_which_nobody_ever_leaves_has_finite_steps():
    found = changes(decompose(formula(), model(p_alive=1.0, kept=1.0, worth=1.0, discount=0.0)))
    assert found[LEFT] == 0
    assert found[LEAVING] == pytest.approx(100 - 78.69387)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (formula(clv=None), model()),
        (replace(formula(), churn=None, clv=None), model()),
        (replace(formula(), churn=0.0), model()),
        (replace(formula(), aov=None), model()),
        (formula(), None),
        (formula(), replace(model(), clv=math.nan)),
    ],
)
def test_without_both_figures_there_are_no_steps(ours, theirs):
    frame = decompose(ours, theirs)
    assert frame.empty
    assert tuple(frame.columns) == COLUMNS
    assert decomposition_title(frame) == ""


def test_the_title_says_both_figures_and_the_largest_step():
    title = decomposition_title(decompose(formula(), model(discount=0.0, worth=1.0)))
    assert title == (
        "From 200.00 by the formula to 43.20 by the model, per customer: the largest step is the "
        "time horizon, \N{MINUS SIGN}121.31"
    )
    title = decomposition_title(decompose(formula(), model(pace=40.0)))
    assert "how often customers order, +" in title


def test_the_title_says_so_when_nothing_differs():
    frame = decompose(formula(margin=0.0), model(margin=0.0))
    assert decomposition_title(frame) == "Formula and model come to the same 0.00 per customer"


def test_a_real_shop_is_decomposed_to_the_cent(real):
    raw = clv.read(real("cdnow/CDNOW_sample.txt"))
    rules = clv.Rules(until=date(1997, 9, 30))
    shop = clv.clean(raw, clv.suggest_mapping(raw), rules)
    result = clv.analyse(shop, clv.Settings(model="BG/NBD"))
    frame = result.customers()
    fitted = result.model.purchases.model
    rate = (fitted.r + frame["frequency"]) / (fitted.alpha + frame["T"])
    days = month_ends(result.analysis_date, 12)[-1]
    means = ModelMeans(
        p_alive=float(frame["p_alive"].mean()),
        expected_orders=float(frame["expected_orders"].mean()),
        orders_if_all_stay=float((frame["p_alive"] * rate * days).mean()),
        clv=float(frame["predicted_clv"].mean()),
        undiscounted=result.totals.undiscounted / len(frame),
        horizon_months=12,
        annual_discount=0.1,
    )
    assert means.share_kept == pytest.approx(0.765, abs=5e-4)
    steps = decompose(result.formula, means)
    assert result.decomposition["after"].to_numpy() == pytest.approx(steps["after"], rel=1e-5)
    found = changes(steps)
    assert {step: round(change, 2) for step, change in found.items()} == {
        FORMULA: 0.0,
        HORIZON: -15.15,
        DISCOUNT: -1.07,
        LEFT: -4.48,
        LEAVING: 3.78,
        PACE: -11.13,
        ORDER_VALUE: 0.09,
        MODEL: 0.0,
    }
