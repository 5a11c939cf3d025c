"""What each channel brought, from files that say it per customer."""

from collections.abc import Sequence

import pandas as pd

from clv import schema


def channel_column(what: str, channel: str) -> str:
    """Name of the column with the orders or the revenue of one channel: "orders, Online"."""
    return f"{what}, {channel}"


def channel_totals(customers: pd.DataFrame, channels: Sequence[str]) -> pd.DataFrame:
    """Returns name, customers (with an order in it; one of two channels counts in both), only
    (customers of no other channel), orders, revenue (NaN where not known), aov, per channel.
    """
    orders = pd.DataFrame({c: customers[channel_column(schema.ORDERS, c)] for c in channels})
    has = orders.fillna(0) > 0
    alone = has.sum(axis=1) == 1
    rows = []
    for channel in channels:
        revenue = customers[channel_column(schema.REVENUE, channel)].sum(min_count=1)
        number = int(orders[channel].sum())
        rows.append(
            {
                "name": channel,
                "customers": int(has[channel].sum()),
                "only": int((has[channel] & alone).sum()),
                schema.ORDERS: number,
                schema.REVENUE: float(revenue),
                "aov": float(revenue) / number if number else float("nan"),
            }
        )
    return pd.DataFrame(rows)
