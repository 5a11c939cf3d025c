"""When the customers of each group order: waits between purchase days, who is due, who is late."""

from typing import Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.insights.grouping import GROUP, with_group
from clv.insights.lines import CUSTOMER, DAY, Mask
from clv.insights.waiting import purchase_days

LONG: Final = 0.8  # share of the waits that are no longer than a long wait
FEWEST_WAITS: Final = 10  # before a wait is called usual

Floats = npt.NDArray[np.float64]


def usual_waits(lines: ir.Table, groups: bytes) -> pd.DataFrame:
    """Waits from one purchase day to the next, by group of customers.

    Returns grp, waits (how many), customers (who have one), usual (median, days) and long
    (days that four of five waits do not exceed). Waits that have not ended yet are not in it.
    """
    gaps = with_group(_gaps(lines), groups)
    found: pd.DataFrame = (
        gaps.group_by(GROUP)
        .aggregate(
            waits=gaps.count(),
            customers=gaps[CUSTOMER].nunique(),
            usual=gaps.wait.quantile(0.5),
            long=gaps.wait.quantile(LONG),
        )
        .order_by(GROUP)
        .execute()
    )
    return found


def second_order_wait(lines: ir.Table) -> tuple[int, float]:
    """How many customers have a second purchase day, and the median days to it (NaN without)."""
    gaps = _gaps(lines)
    first = gaps.filter(gaps.place == 1)
    count, wait = first.aggregate(n=first.count(), wait=first.wait.quantile(0.5)).execute().iloc[0]
    return int(count), float(wait) if count else float("nan")


def _gaps(lines: ir.Table) -> ir.Table:
    """Waits that have ended: customer, wait (days), place (of the wait, 1 is the first)."""
    days = purchase_days(lines)
    wait = days.next.delta(days[DAY], unit="day").cast("float64")
    return days.filter(days.next.notnull()).select(CUSTOMER, "place", wait=wait)


def due_within(next_order_days: Floats, members: Mask, days: int) -> int:
    """Members whose next order, in whole days from the analysis date, falls within `days`."""
    return int((members & (np.ceil(next_order_days) <= days)).sum())


def silent_longer(silent_days: Floats, members: Mask, wait: float) -> int:
    """Members whose last order is longer ago than `wait` days."""
    return int((members & (silent_days > wait)).sum())


def passing_within(silent_days: Floats, members: Mask, wait: float, days: int) -> int:
    """Members who reach `wait` days of silence within the next `days`, if they do not order."""
    left = wait - silent_days
    return int((members & (left >= 0) & (left < days)).sum())
