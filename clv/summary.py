"""Transactions -> one row per customer; and the distinct (frequency, recency, T) that a model sees.

Frequency is purchase days minus one, recency the days from first to last purchase day, T the
days from the first purchase day to the analysis date. Refunds are never purchases; their money
counts on the day they are booked on.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv import schema


def customer_summary(
    transactions: ir.Table, analysis_date: date, attributes: tuple[tuple[str, str], ...] = ()
) -> ir.Table:
    """One row per customer who bought something, sorted by customer_id.

    Returns customer_id, first_order, last_order (dates), frequency, recency, T (days),
    monetary (mean net revenue per repeat purchase day, NULL without one), orders, revenue,
    then the attributes, pairs of (label, column of transactions), each with its latest known value.
    """
    lines = transactions.mutate(day=transactions.ordered_at.date(), bought=~transactions.is_refund)
    whole = ibis.window(group_by=schema.CUSTOMER_ID)
    lines = lines.mutate(first_day=lines.day.min(where=lines.bought).over(whole))
    latest = {label: _latest(lines, column) for label, column in attributes}
    per_customer = lines.group_by(schema.CUSTOMER_ID).aggregate(
        first_order=lines.day.min(where=lines.bought),
        last_order=lines.day.max(where=lines.bought),
        days=lines.day.nunique(where=lines.bought),
        orders=lines.order_id.nunique(where=lines.bought),
        revenue=lines.amount.sum().cast("float64"),
        # Everything after the first purchase day, so that a later refund lowers it.
        repeat_revenue=lines.amount.sum(where=lines.day > lines.first_day).cast("float64"),
        **latest,
    )
    per_customer = per_customer.filter(per_customer.days > 0)
    first, last = per_customer.first_order, per_customer.last_order
    frequency = per_customer.days - 1
    repeat = per_customer.repeat_revenue.fill_null(0.0)
    return per_customer.select(
        schema.CUSTOMER_ID,
        schema.FIRST_ORDER,
        schema.LAST_ORDER,
        frequency=frequency,
        recency=last.delta(first, unit="day"),
        T=ibis.literal(analysis_date).delta(first, unit="day"),
        monetary=repeat / frequency.nullif(0),
        orders=per_customer.orders,
        revenue=per_customer.revenue,
        **{label: per_customer[label] for label in latest},
    ).order_by(schema.CUSTOMER_ID)


def _latest(lines: ir.Table, column: str) -> ir.Value:
    """The value on the customer's last line; of two on one moment, the greater."""
    value = lines[column]
    return value.argmax(
        ibis.struct({"at": lines.ordered_at, "value": value}), where=value.notnull()
    )


def collapse(customers: pd.DataFrame) -> pd.DataFrame:
    """The distinct (frequency, recency, T) of `customers` with their number in `weight`.

    Whole days bound its length by the length of the history, not by the number of customers.
    """
    keys = [schema.FREQUENCY, schema.RECENCY, schema.T]
    return customers.groupby(keys, sort=True).size().rename("weight").reset_index()
