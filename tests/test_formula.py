from datetime import date

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.formula import FormulaTerms, formula_clv, measure_margin, measure_terms


def orders(*rows: tuple[str, str, float]) -> ibis.expr.types.Table:
    """One order per (customer, day, amount); negative amounts are refunds."""
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    frame["ordered_at"] = pd.to_datetime(frame.pop("day"))
    frame["order_id"] = [str(n) for n in range(len(frame))]
    frame["is_refund"] = frame["amount"] < 0
    return ibis.memtable(frame)


def terms(table: ibis.expr.types.Table, first: str, last: str) -> FormulaTerms:
    return measure_terms(
        table, date.fromisoformat(first), date.fromisoformat(last), inactive_months=3
    )


TWO_YEARS = orders(
    ("stays", "2022-03-01", 100.0),
    ("stays", "2023-03-01", 100.0),
    ("stays", "2023-09-01", 200.0),
    ("leaves", "2022-06-01", 50.0),
    ("leaves again", "2022-07-01", 50.0),
    ("comes", "2023-11-15", 60.0),
    ("comes", "2023-12-01", -10.0),
    ("returns", "2022-12-01", 70.0),
    ("returns", "2023-12-31", 30.0),
)


def test_the_terms_speak_of_the_last_twelve_months():
    measured = terms(TWO_YEARS, "2022-01-01", "2023-12-31")
    assert (measured.first, measured.last) == (date(2023, 1, 1), date(2023, 12, 31))
    assert (measured.orders, measured.customers) == (4, 3)
    assert measured.net_revenue == 380.0
    assert measured.aov == 95.0
    assert measured.frequency == pytest.approx(4 / 3 * 365.25 / 365)


def test_the_four_terms_multiply_to_money_per_customer():
    measured = terms(TWO_YEARS, "2022-01-01", "2023-12-31")
    result = formula_clv(measured, 0.4, "period_over_period")
    assert result.churn == 0.5  # two of four customers of 2022 did not order in 2023
    assert result.clv == pytest.approx(95.0 * (4 / 3 * 365.25 / 365) * 0.4 / 0.5)
    assert result.lifetime_years == 2.0


def test_more_margin_scales_the_formula_exactly():
    measured = terms(TWO_YEARS, "2022-01-01", "2023-12-31")
    low, high = (formula_clv(measured, m, "inactivity").clv for m in (0.2, 0.6))
    assert low is not None
    assert high == pytest.approx(3 * low, rel=1e-12)


@pytest.mark.parametrize(
    ("method", "rate"),
    [
        ("one_minus_repeat_rate", 3 / 5),  # leaves, leaves again, comes: one order each
        ("inactivity", 3 / 5),  # last order on or before 2023-09-30: stays, leaves, leaves again
    ],
)
def test_each_way_to_measure_churn(method, rate):
    measured = terms(TWO_YEARS, "2022-01-01", "2023-12-31")
    assert formula_clv(measured, 0.4, method).churn == pytest.approx(rate)


def test_a_short_window_compares_its_halves_and_says_so_per_year():
    table = orders(
        ("a", "2023-01-01", 10.0),
        ("b", "2023-01-02", 10.0),
        ("b", "2023-06-29", 10.0),
    )
    measured = terms(table, "2023-01-01", "2023-06-29")
    churn = dict(measured.churns)["period_over_period"]
    assert churn.rate == pytest.approx(1 - 0.5 ** (365.25 / 90))
    assert "90 days" in churn.sentence
    assert measured.days == 180


def test_churn_by_the_model_is_one_minus_mean_p_alive():
    measured = terms(TWO_YEARS, "2022-01-01", "2023-12-31")
    assert formula_clv(measured, 0.4, "model").clv is None
    assert formula_clv(measured.with_model_churn(0.7), 0.4, "model").churn == pytest.approx(0.3)


def test_no_churn_gives_a_sentence_and_not_infinity():
    faithful = orders(("a", "2022-06-01", 5.0), ("a", "2023-06-01", 5.0))
    result = formula_clv(terms(faithful, "2022-01-01", "2023-12-31"), 0.4, "period_over_period")
    assert result.clv is None
    assert "No customer was lost" in result.problem


def test_full_churn_is_one_years_margin_and_says_so():
    gone = orders(("a", "2022-06-01", 5.0), ("b", "2023-06-01", 8.0))
    result = formula_clv(terms(gone, "2022-01-01", "2023-12-31"), 0.5, "period_over_period")
    assert result.clv == pytest.approx(8.0 * 365.25 / 365 * 0.5)
    assert "one year's margin" in result.note


def test_a_lifetime_of_a_thousand_years_is_refused():
    measured = terms(TWO_YEARS, "2022-01-01", "2023-12-31").with_model_churn(0.9995)
    result = formula_clv(measured, 0.4, "model")
    assert (result.clv, result.lifetime_years) == (None, None)
    assert "2,000 years" in result.problem


def test_refunds_above_sales_give_a_sentence():
    table = orders(("a", "2023-01-01", 5.0), ("a", "2023-06-01", -9.0))
    result = formula_clv(terms(table, "2023-01-01", "2023-12-31"), 0.5, "inactivity")
    assert result.clv is None
    assert "Refunds exceed sales" in result.problem


def test_orders_a_year_from_few_days_are_refused_or_said_to_be_extrapolated():
    table = orders(("a", "2023-01-01", 5.0), ("b", "2023-02-14", 5.0), ("b", "2023-03-14", 5.0))
    short = formula_clv(terms(table, "2023-01-01", "2023-03-14"), 0.5, "one_minus_repeat_rate")
    assert "extrapolated from 73 days" in short.note
    shorter = formula_clv(terms(table, "2023-03-01", "2023-03-14"), 0.5, "one_minus_repeat_rate")
    assert "too few" in shorter.problem


def test_the_margin_is_measured_from_cost_and_revenue():
    lines = orders(("a", "2023-01-01", 100.0), ("b", "2023-02-14", 50.0), ("c", "2023-03-01", 9.0))
    table = lines.mutate(
        cost=ibis.cases((lines.amount == 100, 60.0), (lines.amount == 50, 15.0), else_=None)
    )
    assert measure_margin(table) == pytest.approx(0.5)
    assert measure_margin(table.mutate(cost=table.amount * 2)) == pytest.approx(-1.0)


def test_an_empty_period_gives_a_sentence():
    old = orders(("a", "2020-06-01", 5.0))
    result = formula_clv(terms(old, "2020-06-01", "2023-12-31"), 0.5, "inactivity")
    assert result.clv is None
    assert "Nobody ordered" in result.problem


def test_two_weeks_of_data_are_too_short_to_compare_periods():
    table = orders(("a", "2023-01-01", 5.0), ("b", "2023-01-14", 5.0))
    churn = dict(terms(table, "2023-01-01", "2023-01-14").churns)["period_over_period"]
    assert churn.rate is None
    assert "too short" in churn.sentence


LINES = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["1", "2", "3", None]),
        st.dates(date(2022, 1, 1), date(2023, 12, 31)),
        st.integers(-50, 100).filter(bool),
    ),
    max_size=12,
)


@given(LINES)
@settings(max_examples=60)
def test_the_terms_are_those_of_a_loop_over_orders_of_several_lines_and_days(
    lines: list[tuple[str, str | None, date, int]],
) -> None:
    # Order numbers recur with other customers; refunds name an order, or none.
    lines = [line for line in lines if line[1] or line[3] < 0]
    bought = [(c, o, d) for c, o, d, amount in lines if amount > 0]
    table = pd.DataFrame(
        {
            "customer_id": pd.Series([line[0] for line in lines], dtype="str"),
            "order_id": pd.Series([line[1] for line in lines], dtype="str"),
            "ordered_at": pd.to_datetime(pd.Series([line[2] for line in lines], dtype="object")),
            "amount": pd.Series([line[3] for line in lines], dtype="float64"),
            "is_refund": pd.Series([line[3] < 0 for line in lines], dtype="bool"),
        }
    )
    measured = terms(ibis.memtable(table), "2022-01-01", "2023-12-31")
    assert measured.net_revenue == sum(m for _, _, day, m in lines if day.year == 2023)
    assert measured.orders == len({(c, o) for c, o, day in bought if day.year == 2023})
    later = {c for c, _, day in bought if day.year == 2023}
    assert measured.customers == len(later)
    everyone = {c for c, _, _ in bought}
    once = [c for c in everyone if len({o for who, o, _ in bought if who == c}) == 1]
    silent = [c for c in everyone if max(d for w, _, d in bought if w == c) <= date(2023, 9, 30)]
    known = {c for c, _, day in bought if day.year == 2022}
    rates = {name: churn.rate for name, churn in measured.churns}
    number = len(everyone)
    assert rates == pytest.approx(
        {
            "period_over_period": len(known - later) / len(known) if known else None,
            "one_minus_repeat_rate": len(once) / number if number else None,
            "inactivity": len(silent) / number if number else None,
        }
    )
