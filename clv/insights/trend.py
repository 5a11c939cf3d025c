"""Revenue, orders, customers, basket and ticket over the months, weeks or days of a file.

Money counts on the day of the order: a refund that is netted lowers the day of its order, one
booked on its own date the day it was made. A refund is no order.
"""

from datetime import date
from typing import Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from clv import schema
from clv.insights.calendar import A_YEAR, Stretch, Unit, bucket_of, buckets
from clv.insights.lines import CUSTOMER, DAY, NUMBER

MEASURES: Final = ("revenue", "orders", "customers", "basket", "ticket")
A_YEAR_OF: Final[dict[Unit, int]] = {"Month": 12, "Week": 52, "Day": 364}
# The latest ones that a chart shows: on a phone, more could not be clicked.
SHOWN: Final[dict[Unit, int]] = {"Month": 60, "Week": 78, "Day": 63}


def sums_by_bucket(lines: ir.Table, unit: Unit) -> pd.DataFrame:
    """What each month, week or day with a line brought.

    Returns start (its first day), revenue (money, refunds taken off), orders, customers (who
    ordered), pieces (bought, refunds not taken off; empty where not known), bought (lines).
    """
    bought = ~lines[schema.IS_REFUND]
    table = lines.mutate(start=bucket_of(lines[DAY], unit))
    each = table.group_by([CUSTOMER, "start"]).aggregate(
        revenue=table[schema.AMOUNT].sum(),
        # Orders are numbered in the order of time, so those of a month are the numbers between.
        lowest=table[NUMBER].min(where=bought),
        highest=table[NUMBER].max(where=bought),
        pieces=table[schema.QUANTITY].sum(where=bought),
        bought=bought.cast("int64").sum(),
    )
    sums = each.group_by("start").aggregate(
        revenue=each.revenue.sum().cast("float64"),
        orders=(each.highest - each.lowest + 1).sum().fill_null(0),
        customers=each.lowest.count(),
        pieces=each.pieces.sum().cast("float64"),
        bought=each.bought.sum(),
    )
    found: pd.DataFrame = sums.execute()
    return found


def trend(
    sums: pd.DataFrame,
    unit: Unit,
    first: date,
    last: date,
    *,
    pieces: bool,
    silent: tuple[Stretch, ...] = (),
) -> pd.DataFrame:
    """Every month, week or day of the file, with the same place a year before.

    sums: of `sums_by_bucket`; first, last: the days the file begins and ends; pieces: whether
    the file has quantities, else lines are counted; silent: of `clv.insights.holes`, which
    leave a place incomplete. Returns start, end, value, complete as
    `buckets`; revenue, orders, customers (zero where nobody ordered), basket (pieces, or lines,
    per order), ticket (net revenue per order), NaN without orders; and each with `_before`:
    a year before, NaN where the file does not cover that completely.
    """
    found = buckets(first, last, unit)
    for hole in silent:
        touches = (found["end"] >= pd.Timestamp(hole.first)) & (
            found["start"] <= pd.Timestamp(hole.last)
        )
        found["complete"] &= ~touches
    by_start = sums.set_index(pd.to_datetime(sums["start"])).reindex(found["start"])
    for name in ("revenue", "orders", "customers"):
        found[name] = by_start[name].fillna(0.0).to_numpy(float)
    orders = found["orders"].where(found["orders"] > 0)
    contents = by_start["pieces" if pieces else "bought"].to_numpy(float)
    found["basket"] = contents / orders
    found["ticket"] = found["revenue"] / orders
    return _with_year_before(found, unit)


def latest(found: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The last rows of a trend, as many as a chart can show."""
    return found.tail(SHOWN[unit]).reset_index(drop=True)


def change_over_year(found: pd.DataFrame, unit: Unit, measure: str) -> tuple[float, int]:
    """Relative change of a measure against a year before, and over how many places.

    found: of `trend`. Of the sums over the last 12 months, 52 weeks or 364 days at most that are
    complete in both years (for basket and ticket, of their plain means). NaN without any.
    """
    both = found[found["complete"] & found[f"{measure}_before"].notna() & found[measure].notna()]
    both = both.tail(A_YEAR_OF[unit])
    before, now = both[f"{measure}_before"].sum(), both[measure].sum()
    return (float(now / before - 1) if before > 0 else float("nan")), len(both)


def _with_year_before(found: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    covered = found[found["complete"]].set_index("start")
    places = found["start"] - A_YEAR[unit]
    for name in MEASURES:
        before = covered[name].reindex(places).to_numpy(float)
        # What is not complete itself is compared with nothing.
        found[f"{name}_before"] = np.where(found["complete"], before, np.nan)
    return found
