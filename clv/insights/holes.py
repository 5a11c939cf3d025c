"""Days in a row on which nobody ordered, though orders should have come: closed, or missing."""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from clv.insights.calendar import Stretch, day_text

SHORTEST: Final = 7  # days; a shop may well rest for a few
EXPECTED: Final = 20.0  # orders in such a stretch at the usual pace; by chance, 1 in 10^8


def holes(daily: pd.DataFrame, first: date, last: date) -> tuple[Stretch, ...]:
    """The stretches without any order between the first and the last day of a file.

    daily: start (day) and orders of all customers, as `sums_by_bucket` gives them by day.
    """
    days = pd.date_range(first, last)
    orders = daily.set_index(pd.to_datetime(daily["start"]))["orders"].reindex(days).fillna(0)
    usual = float(orders.mean())
    silent = (orders.to_numpy() == 0).astype(int)
    edges = np.diff(np.concatenate([[0], silent, [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return tuple(
        Stretch(days[begin].date(), days[end].date())
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        if end - begin + 1 >= SHORTEST and usual * (end - begin + 1) >= EXPECTED
    )


def days_within(found: tuple[Stretch, ...], stretch: Stretch) -> int:
    """How many days of a stretch lie in the holes."""
    return sum(
        max((min(hole.last, stretch.last) - max(hole.first, stretch.first)).days + 1, 0)
        for hole in found
    )


def in_words(found: tuple[Stretch, ...]) -> str:
    """ "No orders at all from 12 Mar 2007 to 18 Mar 2007: closed, or missing in the file." """
    if not found:
        return ""
    named = [f"{day_text(hole.first)} to {day_text(hole.last)}" for hole in found[:4]]
    more = f" and {len(found) - 4} more times" if len(found) > 4 else ""
    return f"No orders at all from {', '.join(named)}{more}: closed, or missing in the file."
