"""The formula CLV: order value x purchase frequency x gross margin / churn.

All four terms are measured over one stated period: the last 12 months of the window, or the
whole window if it is shorter. The result is an amount of money per customer, the same for
every customer of the group it is measured on.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from clv import schema
from clv.intake.wording import percent
from clv.schema import DAYS_PER_YEAR
from clv.settings import ChurnMethod

MIN_DAYS: Final = 28  # below four weeks, neither a pace of orders nor "did not come back" holds
SHORT_DAYS: Final = 180  # below half a year, orders a year are an extrapolation
NEEDS_ORDERS: Final = (
    "This way to measure churn needs single orders, and the file has one row per customer."
)
LEAST_CHURN: Final = 0.01  # a lifetime of 100 years is longer than any order file can tell


@dataclass(frozen=True)
class Churn:
    """Share of customers lost per year, and how it was measured; None when it cannot be."""

    rate: float | None
    sentence: str


@dataclass(frozen=True)
class FormulaTerms:
    """What the formula needs, measured once; margin and churn method are chosen later.

    first, last: the period, both days included; net_revenue: money; orders, customers: counts
    in the period; churns: (method, Churn) for every method that could be measured.
    customer_years: where the period of each customer is their own, all of these together.
    """

    first: date
    last: date
    net_revenue: float
    orders: int
    customers: int
    churns: tuple[tuple[ChurnMethod, Churn], ...]
    customer_years: float | None = None

    @property
    def days(self) -> int:
        """Length of the period in days."""
        return (self.last - self.first).days + 1

    @property
    def aov(self) -> float | None:
        """Average order value: net revenue per order."""
        return self.net_revenue / self.orders if self.orders else None

    @property
    def frequency(self) -> float | None:
        """Orders per customer who ordered in the period, per year."""
        if not self.customers:
            return None
        years = self.customer_years or self.customers * self.days / DAYS_PER_YEAR
        return self.orders / years

    def with_model_churn(self, mean_p_alive: float) -> "FormulaTerms":
        """The same terms with churn by the model: 1 - mean P(alive)."""
        sentence = f"The model takes {percent(mean_p_alive)} of these customers to be still active."
        model: tuple[ChurnMethod, Churn] = ("model", Churn(1.0 - mean_p_alive, sentence))
        return replace(self, churns=(*(c for c in self.churns if c[0] != "model"), model))


@dataclass(frozen=True)
class FormulaCLV:
    """The formula CLV of a group with its four terms.

    aov: money per order; frequency: orders per customer and year; margin: share of revenue;
    churn: share of customers lost per year; clv: money per customer, None where `problem`
    says why it has no value; note: how churn was measured.
    """

    first: date
    last: date
    customers: int
    aov: float | None
    frequency: float | None
    margin: float
    churn: float | None
    churn_method: ChurnMethod
    clv: float | None
    note: str
    problem: str

    @property
    def lifetime_years(self) -> float | None:
        """Expected customer lifetime that the formula assumes: 1 / churn, in years."""
        return 1.0 / self.churn if self.churn and self.churn >= LEAST_CHURN else None


def formula_clv(terms: FormulaTerms, margin: float, method: ChurnMethod) -> FormulaCLV:
    """Put the terms together; what has no honest value gets a sentence, not infinity."""
    churn = dict(terms.churns).get(method)
    rate = churn.rate if churn else None
    note = churn.sentence if churn else ""
    clv, problem = None, ""
    if terms.aov is None or terms.frequency is None:
        problem = "Nobody ordered in the period, so there is no order value to start from."
    elif terms.net_revenue <= 0:
        problem = "Refunds exceed sales in the period, so an order brings nothing."
    elif terms.days < MIN_DAYS:
        problem = (
            f"The file covers {terms.days} days, too few to tell how often customers order in a "
            "year. Load a longer history."
        )
    elif churn is None:
        problem = "This way to measure churn needs the model, and the model could not be fitted."
    elif rate is None:
        problem = churn.sentence
    elif rate <= 0:
        problem = (
            "No customer was lost, so the formula would give an infinite value. "
            "Choose another way to measure churn, or load a longer history."
        )
    elif rate < LEAST_CHURN:
        problem = (
            f"A churn of {percent(rate, 2)} a year would mean a lifetime of {1 / rate:,.0f} years, "
            "which no order file can tell. Choose another way to measure churn."
        )
    else:
        clv = terms.aov * terms.frequency * margin / rate
        if rate >= 1:
            note += " Everyone counts as lost within a year, so the value is one year's margin."
        if terms.days < SHORT_DAYS:
            note += f" Orders a year are extrapolated from {terms.days} days."
    if terms.customer_years:
        note += (
            " Orders a year are all orders over the years since each customer's first one, "
            "counted as one year at least."
        )
    return FormulaCLV(
        first=terms.first,
        last=terms.last,
        customers=terms.customers,
        aov=terms.aov,
        frequency=terms.frequency,
        margin=margin,
        churn=rate,
        churn_method=method,
        clv=clv,
        note=note,
        problem=problem,
    )


def measure_terms(
    transactions: ir.Table, first_order: date, analysis_date: date, *, inactive_months: int
) -> FormulaTerms:
    """Measure the terms over the last 12 months before the analysis date.

    transactions: the table of that name (for a group, its rows alone); first_order: first day
    of the window of the whole file.
    """
    lines = transactions.select(
        "customer_id",
        "order_id",
        "amount",
        day=transactions.ordered_at.date(),
        bought=~transactions.is_refund,
    )
    return measure_terms_of_lines(
        lines, first_order, analysis_date, inactive_months=inactive_months
    )


def measure_terms_of_lines(
    lines: ir.Table, first_order: date, analysis_date: date, *, inactive_months: int
) -> FormulaTerms:
    """As `measure_terms`, of lines with customer_id, order_id, amount, day and bought (whether
    the line is a purchase and no refund)."""
    first = max(first_order, _day_after(_months_before(analysis_date, 12)))
    periods = _Periods.of(first_order, analysis_date)
    counted = _counted(
        lines, first, analysis_date, periods, _months_before(analysis_date, inactive_months)
    )
    number = max(counted["everyone"], 1)
    nobody = Churn(None, "There are no customers to measure churn on.")
    once = _ordered_once(1.0 - counted["repeat"] / number)
    silent = _silent(counted["gone"] / number, inactive_months)
    return FormulaTerms(
        first=first,
        last=analysis_date,
        net_revenue=counted["revenue"],
        orders=int(counted["orders"]),
        customers=int(counted["customers"]),
        churns=(
            (
                "period_over_period",
                _period_over_period(periods, int(counted["known"]), int(counted["lost"])),
            ),
            ("one_minus_repeat_rate", once if counted["everyone"] else nobody),
            ("inactivity", silent if counted["everyone"] else nobody),
        ),
    )


@dataclass(frozen=True)
class _Periods:
    """Two periods of one length: from the day after `start` to `middle`, and on to `end`."""

    start: date
    middle: date
    end: date
    whole_years: bool

    @classmethod
    def of(cls, first_order: date, analysis_date: date) -> "_Periods":
        """Two full years where the window holds them, else its two halves."""
        middle, start = (_months_before(analysis_date, months) for months in (12, 24))
        whole_years = first_order <= _day_after(start)
        if not whole_years:
            length = ((analysis_date - first_order).days + 1) // 2
            middle = _days_before(analysis_date, length)
            start = _days_before(analysis_date, 2 * length)
        return cls(start, middle, analysis_date, whole_years)

    @property
    def days(self) -> int:
        """Length of the later one."""
        return (self.end - self.middle).days


def _counted(
    lines: ir.Table, first: date, last: date, periods: _Periods, silent_since: date
) -> dict[str, float]:
    """All that the terms are made of, in one pass over the lines: by order, by customer, in all.

    revenue (money), orders and customers of the days from first to last; everyone who ever
    ordered, of them repeat (two orders or more) and gone (no order after `silent_since`); known
    (ordered in the earlier period), of them lost (not in the later one).
    """
    day, bought = lines.day, lines.bought
    inside = day.between(first, last)
    orders = lines.group_by(["customer_id", "order_id"]).aggregate(
        revenue=lines.amount.sum(where=inside),
        inside=(bought & inside).any(),
        placed=bought.any(),
        last=day.max(where=bought),
        before=(bought & day.between(_day_after(periods.start), periods.middle)).any(),
        after=(bought & day.between(_day_after(periods.middle), periods.end)).any(),
    )
    customers = orders.group_by("customer_id").aggregate(
        revenue=orders.revenue.sum(),
        inside=orders.inside.cast("int64").sum(),
        placed=orders.placed.cast("int64").sum(),
        last=orders.last.max(),
        before=orders.before.any(),
        after=orders.after.any(),
    )
    counts = customers.aggregate(
        revenue=customers.revenue.sum().cast("float64"),
        orders=customers.inside.sum(),
        customers=(customers.inside > 0).cast("int64").sum(),
        everyone=(customers.placed > 0).cast("int64").sum(),
        repeat=(customers.placed >= 2).cast("int64").sum(),
        gone=(customers.last <= silent_since).cast("int64").sum(),
        known=customers.before.cast("int64").sum(),
        lost=(customers.before & ~customers.after).cast("int64").sum(),
    )
    # A sum over nothing is empty.
    return {name: float(value) for name, value in counts.execute().fillna(0.0).iloc[0].items()}


def measure_terms_of_rows(
    customers: pd.DataFrame, first_order: date, analysis_date: date, *, inactive_months: int
) -> FormulaTerms:
    """Measure the terms from one row per customer, over the whole window.

    Orders of the last 12 months are not told apart in such a file. So the period of a customer
    is the time since their first order, but a year at least (or the window, if shorter): on a
    file of up to a year the terms are those of `measure_terms`.
    customers: as `rows_summary` gives them.
    """
    days = (analysis_date - first_order).days + 1
    own = np.maximum(customers[schema.T].to_numpy(float) + 1, min(days, DAYS_PER_YEAR))
    limit = pd.Timestamp(_months_before(analysis_date, inactive_months))
    number = max(len(customers), 1)
    once = 1.0 - float((customers[schema.ORDERS] >= 2).sum()) / number
    gone = float((customers[schema.LAST_ORDER] <= limit).sum()) / number
    return FormulaTerms(
        first=first_order,
        last=analysis_date,
        net_revenue=float(customers[schema.REVENUE].sum()),
        orders=int(customers[schema.ORDERS].sum()),
        customers=len(customers),
        churns=(
            ("period_over_period", Churn(None, NEEDS_ORDERS)),
            ("one_minus_repeat_rate", _ordered_once(once)),
            ("inactivity", _silent(gone, inactive_months)),
        ),
        customer_years=float(own.sum()) / DAYS_PER_YEAR,
    )


def tutorial_score(
    revenue: pd.Series, orders: pd.Series, *, churn: float | None, margin: float
) -> pd.Series:
    """The score of the course notebooks, 1 to 100: money squared, not an amount of money.

    (order value x orders / customers) / churn x (spend x margin), then min-max. Order value x
    orders is the spend, so it is spend squared: churn and margin cancel out, and the few who
    spend most leave everyone else near 1. Negative spend counts as none.
    """
    spend = revenue.clip(lower=0.0)
    order_value = spend / orders.clip(lower=1)
    value = order_value * orders.clip(lower=1) / max(len(spend), 1) / (churn or 1.0)
    score = value * spend * margin
    low, high = score.min(), score.max()
    return 1.0 + 99.0 * (score - low) / (high - low) if high > low else 0.0 * score + 1.0


def measure_margin(transactions: ir.Table) -> float | None:
    """Gross margin: 1 - cost / net revenue over the lines that have both; negative at a loss.

    None where there is no revenue to compare with.
    """
    costed = transactions.filter(transactions.cost.notnull())
    sums = costed.aggregate(
        # Exact sums, so that the order of rows changes nothing.
        cost=costed.cost.cast("decimal(18, 4)").sum().cast("float64"),
        revenue=costed.amount.sum().cast("float64"),
    ).execute()
    cost, revenue = float(sums["cost"][0] or 0.0), float(sums["revenue"][0] or 0.0)
    return 1.0 - cost / revenue if revenue > 0 else None


def _period_over_period(periods: _Periods, known: int, lost: int) -> Churn:
    """Share of the earlier period's customers who did not order in the later one, per year."""
    days = periods.days
    if days < MIN_DAYS:
        return Churn(
            None,
            f"The file covers too short a time to compare two periods: {2 * days} days. "
            "Choose another way to measure churn, or load a longer history.",
        )
    if not known:
        return Churn(None, "Nobody ordered in the period before, so churn cannot be measured.")
    share = lost / known
    if periods.whole_years:
        return Churn(
            share, f"{percent(share)} of the customers of the year before did not order again."
        )
    yearly = 1.0 - (1.0 - share) ** (DAYS_PER_YEAR / days)
    return Churn(
        yearly,
        f"{percent(share)} of the customers of the {days} days before did not order in the last "
        f"{days} days; that is {percent(yearly)} a year at the same pace. The file does not cover "
        "two full years.",
    )


def _ordered_once(share: float) -> Churn:
    return Churn(
        share,
        f"{percent(share)} of all customers ordered only once; that share of the whole file is "
        "used as if it were a yearly rate.",
    )


def _silent(share: float, months: int) -> Churn:
    return Churn(
        share, f"{percent(share)} of all customers have not ordered for {months} months or more."
    )


def _months_before(day: date, months: int) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(months=months)).date()


def _days_before(day: date, days: int) -> date:
    return (pd.Timestamp(day) - pd.Timedelta(days=days)).date()


def _day_after(day: date) -> date:
    return _days_before(day, -1)
