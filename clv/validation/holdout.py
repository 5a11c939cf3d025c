"""The test on the shop's own past: what was known on an earlier day, and what came after it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.errors import NotEnoughData
from clv.summary import daily_purchases, holdout_summary

Floats = npt.NDArray[np.float64]

LONGEST: Final = 365  # days held out at most
SHORTEST: Final = 30  # and at least, with as many to learn from
FEWEST: Final = 10  # customers, and purchases after the split, below which a test says nothing


@dataclass(frozen=True)
class Holdout:
    """The customers known at the end of `split` and what they did until the end of `end`.

    customers: columns of `clv.summary.holdout_summary`; daily: of `daily_purchases`.
    """

    first: date
    split: date
    end: date
    customers: pd.DataFrame
    daily: pd.DataFrame

    @property
    def days(self) -> float:
        """Length of the test."""
        return float((self.end - self.split).days)

    @property
    def purchases(self) -> Floats:
        """Purchase days of each customer in the test."""
        return self.customers[schema.LATER_PURCHASES].to_numpy(float)

    @property
    def revenue(self) -> Floats:
        """Net revenue of each customer in the test."""
        return self.customers[schema.LATER_REVENUE].to_numpy(float)


def holdout_days(window_days: int) -> int | None:
    """How much of the window is held out: its last third, at most a year and at least a month.

    None where the window is too short to hold out a month and learn from another.
    """
    if window_days < 2 * SHORTEST:
        return None
    return min(max(round(window_days / 3), SHORTEST), LONGEST)


def take_holdout(transactions: ir.Table, first: date, end: date) -> Holdout:
    """Split the window from `first` to `end`.

    Raises NotEnoughData, in words, where a test would say nothing.
    """
    days = holdout_days((end - first).days)
    if days is None:
        raise NotEnoughData(
            f"The file covers {(end - first).days} days, too few to hold out a month as a test.",
            "Load a longer history to see how well the forecast does.",
        )
    split = end - timedelta(days=days)
    customers = holdout_summary(transactions, split, end).execute()
    later = int(customers[schema.LATER_PURCHASES].sum())
    if len(customers) < FEWEST or later < FEWEST:
        raise NotEnoughData(
            f"Of the {len(customers)} customers known on {split:%d %b %Y}, {later} purchases came "
            "after it: too few to test a forecast on.",
            "Load a longer history to see how well the forecast does.",
        )
    daily = daily_purchases(transactions, split, end).execute()
    return Holdout(first, split, end, customers, daily)
