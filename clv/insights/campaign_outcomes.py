"""What the customers of a campaign did before and after the contact, from the order lines."""

from datetime import date, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from clv import schema
from clv.insights.lines import CUSTOMER, DAY, ORDER

PAST_DAYS: Final = 365  # before the contact, whose revenue may narrow the comparison

Floats = npt.NDArray[np.float64]


def outcomes(lines: ir.Table, first: date, last: date) -> pd.DataFrame:
    """What each customer did from `first` to `last`, both included, and spent before.

    Returns customer (place), orders, revenue (net, of orders and refunds counted in these days),
    before (net revenue of the PAST_DAYS days before `first`, as it stood then). Customers who
    did nothing in either time are left out.
    """
    start = ibis.literal(first - timedelta(days=PAST_DAYS))
    begin, end = ibis.literal(first), ibis.literal(last)
    inside = lines[DAY].between(begin, end)
    # A refund made after the contact is no past, even where it lowers an order before it.
    past = (lines[DAY] >= start) & (lines[DAY] < begin) & (lines["booked"] < begin)
    counted = lines.filter(inside | past).mutate(inside=inside, past=past)
    found: pd.DataFrame = (
        counted.group_by(CUSTOMER)
        .aggregate(
            orders=counted[ORDER].nunique(where=counted.inside & ~counted[schema.IS_REFUND]),
            revenue=counted[schema.AMOUNT].sum(where=counted.inside).cast("float64").fill_null(0.0),
            before=counted[schema.AMOUNT].sum(where=counted.past).cast("float64").fill_null(0.0),
        )
        .order_by(CUSTOMER)
        .execute()
    )
    return found


def revenue_by_day(lines: ir.Table, first: date, last: date) -> pd.DataFrame:
    """Net revenue per customer and day. Returns customer, day (days since `first`), revenue."""
    inside = lines.filter(lines[DAY].between(ibis.literal(first), ibis.literal(last)))
    days = inside.mutate(since=inside[DAY].delta(ibis.literal(first), unit="day"))
    found: pd.DataFrame = (
        days.group_by([CUSTOMER, "since"])
        .aggregate(revenue=days[schema.AMOUNT].sum().cast("float64"))
        .order_by([CUSTOMER, "since"])
        .execute()
    )
    return found.rename(columns={"since": "day"})


def cumulative(
    by_day: pd.DataFrame, sizes: dict[str, int], first: date, days: int, coverage: float
) -> pd.DataFrame:
    """Revenue per customer since the contact, day by day, with the range of the mean.

    by_day: group, customer, day (0 to days - 1), revenue, sorted by customer and day; sizes:
    customers of each group, those without a line included. Returns group, date, mean, low, high.
    """
    z = float(stats.norm.ppf((1 + coverage) / 2))
    frames = []
    for group, size in sizes.items():
        rows = by_day[by_day["group"] == group]
        so_far = rows.groupby(CUSTOMER)["revenue"].cumsum().to_numpy(float)
        revenue, day = rows["revenue"].to_numpy(float), rows["day"].to_numpy(np.intp)
        # A customer whose sum goes from s to t changes the sum of squares by t^2 - s^2.
        squares = so_far**2 - (so_far - revenue) ** 2
        total = np.bincount(day, revenue, minlength=days).cumsum()
        square = np.bincount(day, squares, minlength=days).cumsum()
        mean = total / size
        variance = np.maximum(square - size * mean**2, 0.0) / max(size - 1, 1)
        reach = z * np.sqrt(variance / size)
        frames.append(
            pd.DataFrame(
                {
                    "group": group,
                    "date": pd.date_range(pd.Timestamp(first), periods=days),
                    "mean": mean,
                    "low": mean - reach,
                    "high": mean + reach,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
