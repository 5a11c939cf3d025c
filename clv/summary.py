"""Transactions -> one row per customer; and the split of the past into known and yet to come.

A file with one row per customer gets the same columns as far as it can tell (`rows_summary`).

Frequency is purchase days minus one, recency the days from first to last purchase day, T the
days from the first purchase day to the analysis date. Refunds are never purchases; their money
counts on the day they are booked on.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

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


def summary_with(known: ir.Table, new: ir.Table, analysis_date: date) -> ir.Table:
    """The `customer_summary` of those who are in the lines `new`, with their `known` lines."""
    needed = (
        *(schema.CUSTOMER_ID, schema.ORDER_ID, schema.ORDERED_AT),
        *(schema.IS_REFUND, schema.AMOUNT),
    )
    theirs = known.semi_join(new, schema.CUSTOMER_ID)
    return customer_summary(theirs.select(*needed).union(new.select(*needed)), analysis_date)


def known_on(transactions: ir.Table, day: date) -> ir.Table:
    """The lines that stood in the file on `day`: a refund moved to its order did so later."""
    return transactions.filter(
        transactions.ordered_at.date() <= day, transactions.booked_at.date() <= day
    )


def rows_summary(
    rows: ir.Table, analysis_date: date, attributes: tuple[tuple[str, str], ...] = ()
) -> ir.Table:
    """The columns of `customer_summary` from clean rows of a file with one row per customer.

    Such a file counts orders, not purchase days. Several orders of one day are one purchase for
    the models, so frequency = orders - 1 is an upper bound; it is cut to the days between the
    first and the last order, which are all there is room for. Which part of the revenue came
    with the first order is not known: monetary is the mean of all purchases, the first included.
    """
    recency = rows.last_order.delta(rows.first_order, unit="day")
    frequency = ibis.least(rows.orders - 1, recency)
    revenue = rows.revenue.cast("float64")
    return rows.select(
        schema.CUSTOMER_ID,
        schema.FIRST_ORDER,
        schema.LAST_ORDER,
        frequency=frequency,
        recency=recency,
        T=ibis.literal(analysis_date).delta(rows.first_order, unit="day"),
        monetary=revenue / (frequency + 1),
        orders=rows.orders,
        revenue=revenue,
        **{label: rows[column] for label, column in attributes},
    ).order_by(schema.CUSTOMER_ID)


def holdout_summary(transactions: ir.Table, split: date, end: date) -> ir.Table:
    """The customers known on the day `split`, as they looked then, and what they did until `end`.

    Returns the columns of `customer_summary` as of `split`, later_purchases (purchase days after
    it, until `end`) and later_revenue (net revenue of these days). A refund made after `split` of
    an order before it was not known then, and is no part of what came later: it is in neither.
    """
    day = transactions.ordered_at.date()
    known = customer_summary(known_on(transactions, split), split)
    lines = transactions.filter(day > split, day <= end)
    later = lines.group_by(schema.CUSTOMER_ID).aggregate(
        later_purchases=lines.ordered_at.date().nunique(where=~lines.is_refund),
        later_revenue=lines.amount.sum().cast("float64"),
    )
    joined = known.left_join(later, schema.CUSTOMER_ID)
    return joined.select(
        *(joined[name] for name in known.columns),
        later_purchases=joined.later_purchases.fill_null(0),
        later_revenue=joined.later_revenue.fill_null(0.0),
    ).order_by(schema.CUSTOMER_ID)


def daily_purchases(transactions: ir.Table, split: date, end: date) -> ir.Table:
    """First and repeat purchase days per day, of the customers known on `split`, until `end`.

    Returns day (date), first, repeat (counts), sorted by day; days without purchases are absent.
    """
    bought = transactions.filter(~transactions.is_refund)
    days = bought.select(schema.CUSTOMER_ID, day=bought.ordered_at.date()).distinct()
    whole = ibis.window(group_by=schema.CUSTOMER_ID)
    days = days.mutate(start=days.day.min().over(whole))
    days = days.filter(days.start <= split, days.day <= end)
    counts = days.group_by("day").aggregate(
        first=(days.day == days.start).sum(), repeat=(days.day > days.start).sum()
    )
    return counts.order_by("day")


def _latest(lines: ir.Table, column: str) -> ir.Value:
    """The value on the customer's last line; of two on one moment, the greater."""
    value = lines[column]
    return value.argmax(
        ibis.struct({"at": lines.ordered_at, "value": value}), where=value.notnull()
    )
