from datetime import date

import ibis
import pandas as pd

from clv.insights.revenue import monthly_revenue


def months(*lines: tuple[str, str, str, float], first: str, last: str) -> dict:
    frame = pd.DataFrame(lines, columns=["customer_id", "order_id", "ordered_at", "amount"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    frame["is_refund"] = frame["amount"] < 0
    span = date.fromisoformat(first), date.fromisoformat(last)
    result = monthly_revenue(ibis.memtable(frame), *span).set_index("month")
    return {f"{m:%Y-%m}": (row["revenue"], row["orders"]) for m, row in result.iterrows()}


def test_incomplete_months_are_left_out_and_silent_ones_are_zero():
    found = months(
        ("a", "1", "2024-01-20", 5.0),
        ("a", "2", "2024-02-01", 7.0),
        ("b", "3", "2024-04-30", 9.0),
        ("b", "4", "2024-05-03", 9.0),
        first="2024-01-20",
        last="2024-05-03",
    )
    assert found == {"2024-02": (7.0, 1), "2024-03": (0.0, 0), "2024-04": (9.0, 1)}


def test_two_customers_with_one_order_number_are_two_orders_and_refunds_none():
    found = months(
        ("a", "day", "2024-02-05", 5.0),
        ("b", "day", "2024-02-05", 5.0),
        ("a", "back", "2024-02-15", -2.0),
        first="2024-02-01",
        last="2024-02-29",
    )
    assert found == {"2024-02": (8.0, 2)}
