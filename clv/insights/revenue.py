"""Revenue over time."""

from datetime import date

import ibis.expr.types as ir
import pandas as pd


def monthly_revenue(transactions: ir.Table, first: date, last: date) -> pd.DataFrame:
    """Net revenue and orders of every calendar month that the file covers completely.

    first, last: the days the file begins and ends. Returns month (its first day), revenue
    (money, refunds in the month they are booked on), orders.
    """
    lines = transactions.mutate(month=transactions.ordered_at.truncate("M").cast("date"))
    months: pd.DataFrame = (
        lines.group_by("month")
        .aggregate(
            revenue=lines.amount.sum().cast("float64"),
            orders=lines.order_id.nunique(where=~lines.is_refund),
        )
        .order_by("month")
        .execute()
    )
    months["month"] = pd.to_datetime(months["month"])
    begins = months["month"] >= pd.Timestamp(first)
    ends = months["month"] + pd.offsets.MonthEnd(0) <= pd.Timestamp(last)
    return months[begins & ends].reset_index(drop=True)
