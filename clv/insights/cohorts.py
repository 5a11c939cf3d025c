"""Cohorts: customers by the month of their first order in the file, and what each month brought.

Age 0 is the month of the first order. Months are calendar months; one that the file covers in
part only is there with what it has, and marked, so that nobody takes it for a fall.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from clv import schema
from clv.insights.calendar import full_months, month_number, month_of, month_start, month_text
from clv.insights.lines import CUSTOMER, DAY, NUMBER
from clv.valuation import Valuation

Floats = npt.NDArray[np.float64]

SMALL: Final = 30  # customers; figures of a smaller cohort are mostly chance
OBSERVED, FORECAST = "Observed", "Forecast"
WHOLE: Final = ""  # the group of a table that is not grouped further


def cohort_cells(lines: ir.Table, column: str = "") -> pd.DataFrame:
    """What the customers of each cohort did in each month, in the order of both.

    column: splits the cohorts by its value on the first order, where there is one. Returns
    group (that value; WHOLE without), cohort, month (months since year 0), customers (who
    ordered), orders, revenue (refunds taken off; what is booked before the first order counts
    with it). Months without a line are absent.
    """
    months = customer_months(lines)
    if column:
        months = months.inner_join(_first(lines, column), CUSTOMER)
    else:
        months = months.mutate(group=ibis.literal(WHOLE))
    cells = months.group_by(["group", "cohort", "month"]).aggregate(
        customers=(months.orders > 0).sum(),
        orders=months.orders.sum(),
        revenue=months.revenue.sum().cast("float64"),
    )
    found: pd.DataFrame = cells.order_by(["group", "cohort", "month"]).execute()
    return found


def customer_months(lines: ir.Table) -> ir.Table:
    """What each customer did in each month with a line: customer, cohort, month (months since
    year 0), orders, revenue (DECIMAL; what is booked before the first order counts with it)."""
    bought = ~lines[schema.IS_REFUND]
    table = lines.mutate(month=month_of(lines[DAY]))
    each = table.group_by([CUSTOMER, "month"]).aggregate(
        revenue=table[schema.AMOUNT].sum(),
        # Orders are numbered in the order of time, so those of a month are the numbers between.
        lowest=table[NUMBER].min(where=bought),
        highest=table[NUMBER].max(where=bought),
    )
    came = each.lowest.notnull()
    cohort = each.month.min(where=came).over(ibis.window(group_by=CUSTOMER))
    each = each.mutate(cohort=cohort, orders=(each.highest - each.lowest + 1).fill_null(0))
    return each.select(
        CUSTOMER,
        "cohort",
        month=ibis.greatest(each.month, each.cohort),
        orders=each.orders,
        revenue=each.revenue,
    )


def first_values(lines: ir.Table, column: str) -> pd.DataFrame:
    """The value of a column on each customer's first order: customer, group (WHOLE: none)."""
    found: pd.DataFrame = _first(lines, column).execute()
    return found


def _first(lines: ir.Table, column: str) -> ir.Table:
    first = lines.filter(lines[NUMBER] == 1, ~lines[schema.IS_REFUND])
    # Of an order with several values the last one in the alphabet, always the same.
    return first.group_by(CUSTOMER).aggregate(group=first[column].max().fill_null(WHOLE))


def matrix(cells: pd.DataFrame, first: date, last: date, margin: float) -> pd.DataFrame:
    """Every cohort in every month until `last`, zero where nobody ordered.

    cells: of `cohort_cells`; first, last: the days the file begins and ends. Returns group,
    cohort and month ("2006-04"), age (months), size (customers of the cohort), customers,
    orders, revenue, retention (customers / size), value (margin so far per customer of the
    cohort), complete (whether the file covers the month from end to end), small (bool), kind.
    """
    if cells.empty:
        return pd.DataFrame(columns=list(_COLUMNS))
    begins = cells[cells["month"] == cells["cohort"]]
    wide = begins[["group", "cohort", "customers"]].rename(columns={"customers": "size"})
    months = pd.DataFrame({"month": np.arange(cells["cohort"].min(), month_number(last) + 1)})
    every = wide.merge(months, how="cross").query("month >= cohort")
    every = every.merge(
        cells[["group", "cohort", "month", "customers", "orders", "revenue"]],
        how="left",
        on=["group", "cohort", "month"],
    ).fillna({"customers": 0, "orders": 0, "revenue": 0.0})
    so_far = every.groupby(["group", "cohort"])["revenue"].cumsum()
    every["value"] = margin * so_far / every["size"]
    every["complete"] = every["month"].isin(full_months(first, last))
    return _named(every, OBSERVED)


_COLUMNS: Final = (
    "group", "cohort", "month", "age", "size", "customers", "orders", "revenue", "retention",
    "value", "complete", "small", "kind",
)  # fmt: skip


def _named(cells: pd.DataFrame, kind: str) -> pd.DataFrame:
    age = cells["month"] - cells["cohort"]
    names = {n: month_text(n) for n in {*cells["month"].tolist(), *cells["cohort"].tolist()}}
    found = cells.assign(
        age=age,
        retention=cells["customers"] / cells["size"],
        small=cells["size"] < SMALL,
        kind=kind,
        month=cells["month"].map(names),
        cohort=cells["cohort"].map(names),
    )
    return found[list(_COLUMNS)].reset_index(drop=True)


@dataclass(frozen=True)
class Ahead:
    """What groups of customers are expected to bring: rows are groups, columns days.

    days: from the analysis date, beginning with 0; orders (purchase days), revenue: until then.
    """

    days: Floats
    orders: Floats
    revenue: Floats


def look_ahead(valuation: Valuation, group: npt.NDArray[np.integer], groups: int) -> Ahead:
    """Expected purchases and revenue of each group until the end of each month of the horizon.

    group: of each customer, from 0; customers of group -1 count nowhere.
    """
    look = valuation.outlook
    inside = np.flatnonzero(group >= 0)
    pairs, table = look.pairs.index[inside], look.by_month[:, : valuation.months]

    def until(weight: Floats) -> Floats:
        place = (group[inside], pairs)
        shape = (groups, len(table))
        totals = np.asarray(sparse.csr_array((weight[inside], place), shape=shape) @ table)
        return np.column_stack([np.zeros(groups), totals])

    days = np.append(0.0, look.ends[: valuation.months])
    return Ahead(days, until(look.p_alive), until(look.weight))


def continue_matrix(
    observed: pd.DataFrame, ahead: Ahead, analysis_date: date, margin: float
) -> pd.DataFrame:
    """The months to come of every cohort, in the columns of `matrix`, kind FORECAST.

    observed: of `matrix`; ahead: its rows in the order of `cohorts_of(observed)`. A month that
    has begun holds what it brought so far and what is expected of the rest; months that the
    horizon does not reach the end of are left out. customers and retention are NaN: the model
    does not say who orders in which month.
    """
    begin = month_number(analysis_date + timedelta(days=1))
    horizon = analysis_date + timedelta(days=int(ahead.days[-1]))
    months = np.arange(begin, month_number(horizon + timedelta(days=1)))
    if observed.empty or not len(months):
        return pd.DataFrame(columns=list(_COLUMNS))
    ends = [(month_start(m + 1) - analysis_date).days - 1 for m in months.tolist()]

    def each_month(until: Floats) -> Floats:
        at = np.array([np.interp(ends, ahead.days, row) for row in until])
        return np.diff(at, axis=1, prepend=0.0)

    keys = cohorts_of(observed)
    begun = keys[["group", "cohort"]].merge(
        observed[observed["month"] == month_text(begin)], how="left", on=["group", "cohort"]
    )
    orders, revenue = each_month(ahead.orders), each_month(ahead.revenue)
    before = observed[observed["month"] < month_text(begin)]
    so_far = keys[["group", "cohort"]].merge(
        before.groupby(["group", "cohort"], as_index=False)["revenue"].sum(), how="left"
    )
    orders[:, 0] += begun["orders"].fillna(0.0).to_numpy(float)
    revenue[:, 0] += begun["revenue"].fillna(0.0).to_numpy(float)
    total = so_far["revenue"].fillna(0.0).to_numpy(float)[:, None] + np.cumsum(revenue, axis=1)
    size = keys["size"].to_numpy(float)
    width = len(months)
    found = pd.DataFrame(
        {
            "group": np.repeat(keys["group"].to_numpy(), width),
            "cohort": np.repeat([_number(text) for text in keys["cohort"]], width),
            "month": np.tile(months, len(keys)),
            "size": np.repeat(keys["size"].to_numpy(), width),
            "customers": np.nan,
            "orders": orders.ravel(),
            "revenue": revenue.ravel(),
            "value": (margin * total / size[:, None]).ravel(),
            "complete": True,
        }
    )
    return _named(found, FORECAST)


def cohorts_of(observed: pd.DataFrame) -> pd.DataFrame:
    """The cohorts of a matrix in its order: group, cohort, size."""
    cohorts = observed.loc[observed["age"] == 0, ["group", "cohort", "size"]]
    return cohorts.reset_index(drop=True)


def with_forecast(observed: pd.DataFrame, forecast: pd.DataFrame) -> pd.DataFrame:
    """Both as one table, each month of a cohort once.

    A month at the end that is covered in part only comes from the forecast, which holds what it
    has brought so far, or is left out where there is none. The months at the start stay: what a
    cohort brought is known, though its month was covered in part only.
    """
    whole = observed.loc[observed["complete"], "month"]
    last = whole.max() if len(whole) else ""
    kept: pd.DataFrame = observed[observed["month"] <= last]
    if forecast.empty:
        return kept.reset_index(drop=True)
    kept = kept[kept["month"] < forecast["month"].min()]
    both: pd.DataFrame = pd.concat([kept, forecast], ignore_index=True)
    return both


def table_of_customers(customers: pd.DataFrame) -> pd.DataFrame:
    """The cohorts of a file with one row per customer: cohort, customers, orders, revenue,
    historic_value, predicted_clv (sums so far; NaN without a model), small."""
    month = customers[schema.FIRST_ORDER].dt.strftime("%Y-%m").rename("cohort")
    kept = customers.groupby(month)
    names = [schema.ORDERS, schema.REVENUE, schema.HISTORIC_VALUE]
    found: pd.DataFrame = kept[names].sum().reset_index()
    found.insert(1, "customers", kept.size().to_numpy())
    found[schema.PREDICTED_CLV] = kept[schema.PREDICTED_CLV].sum(min_count=1).to_numpy()
    found["small"] = found["customers"] < SMALL
    return found


def _number(text: str) -> int:
    year, _, month = text.partition("-")
    return int(year) * 12 + int(month) - 1
