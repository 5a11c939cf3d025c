"""Revenue over time, and sales before refunds."""

from datetime import date

import ibis.expr.types as ir
import pandas as pd


def monthly_revenue(transactions: ir.Table, first: date, last: date) -> pd.DataFrame:
    """Net revenue and orders of every calendar month that the file covers completely.

    first, last: the days the file begins and ends. Returns month (its first day), revenue
    (money, refunds in the month they are booked on), orders; zeros for a month without any.
    """
    lines = transactions.mutate(month=transactions.ordered_at.truncate("M").cast("date"))
    # An order is its number within its customer: two customers may share a number.
    orders = lines.filter(~lines.is_refund).select("month", "customer_id", "order_id").distinct()
    counted = orders.group_by("month").aggregate(orders=orders.count())
    revenue = lines.group_by("month").aggregate(revenue=lines.amount.sum().cast("float64"))
    months: pd.DataFrame = revenue.left_join(counted, "month").execute()
    begin = pd.Timestamp(first) + pd.offsets.MonthBegin(0)
    end = (pd.Timestamp(last) + pd.Timedelta(days=1)).replace(day=1) - pd.DateOffset(months=1)
    covered = pd.date_range(begin, end, freq="MS", name="month")
    by_month = months.set_index(pd.to_datetime(months["month"]))[["revenue", "orders"]]
    return by_month.reindex(covered).fillna(0).astype({"orders": int}).reset_index()


def gross_sales(transactions: ir.Table) -> pd.DataFrame:
    """Sales before refunds: one row per customer_id with revenue and orders, sorted by it."""
    lines = transactions.filter(~transactions.is_refund)
    sums = lines.group_by("customer_id").aggregate(
        revenue=lines.amount.sum().cast("float64"), orders=lines.order_id.nunique()
    )
    found: pd.DataFrame = sums.order_by("customer_id").execute()
    return found
