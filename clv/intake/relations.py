"""What columns say about each other: orders with one customer, prices times pieces, days in a row.

All shares are from 0 to 1, over a sample of rows in the order of the file.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clv.intake.evidence import Evidence

Codes = NDArray[np.int64]
_Partners = tuple[str | None, ...]
_TELLING: Final = 0.2  # share of the blocks of rows with one number that have several rows
_CENT: Final = 0.0051
_FEW_GROUPS: Final = 3
_FEW_TO_COMPARE: Final = 10
_GROWTH: Final = 1.1


def order_consistency(orders: Evidence, others: Sequence[Evidence]) -> float:
    """Share of order numbers that stand with one customer and one day only.

    Judged on the numbers that repeat; 1 when none does. Or, where that is more, on those that
    stand in rows below each other: numbers may begin again each year, or in another shop.
    """
    anywhere: defaultdict[Hashable, list[_Partners]] = defaultdict(list)
    below: defaultdict[Hashable, list[_Partners]] = defaultdict(list)
    block, last = 0, None
    for order, *rest in zip(orders.cells, *(other.cells for other in others), strict=True):
        if order is not None:
            block += order != last
            partners = tuple(cell and cell[:10] for cell in rest)
            anywhere[order].append(partners)
            below[block].append(partners)
        last = order
    blocks = [rows for rows in below.values() if len(rows) > 1]
    numbers = [rows for rows in anywhere.values() if len(rows) > 1]
    together = _share_of_one(blocks) if len(blocks) >= _TELLING * len(below) else 0.0
    return max(together, _share_of_one(numbers))


def _share_of_one(groups: Sequence[Sequence[_Partners]]) -> float:
    """Share of the groups whose rows have the same partners; 1 when there is none."""
    return sum(len(set(rows)) == 1 for rows in groups) / len(groups) if groups else 1.0


@np.errstate(over="ignore")  # hostile numbers: infinite is far enough
def product_share(
    quantity: Evidence, price: Evidence, amount: Evidence, *, ones: bool = False
) -> float:
    """Share of the sample where quantity x price is the amount, to half a cent.

    ones: single pieces tell too, whose price and amount are equal.
    """
    q, p, a = (np.array(seen.array) for seen in (quantity, price, amount))
    telling = ~np.isnan(q) & ~np.isnan(p) & ~np.isnan(a) & (q != 0) & ((q != 1) | ones)
    if telling.sum() < 2:
        return 0.0
    return float((np.abs(q * p - a)[telling] <= _CENT).mean())


@np.errstate(over="ignore")
def reduced_share(quantity: Evidence, price: Evidence, amount: Evidence) -> float:
    """The same where the amount may also be less by a discount: most in full, none above."""
    q, p, a = (np.abs(np.array(seen.array)) for seen in (quantity, price, amount))
    known = ~np.isnan(q) & ~np.isnan(p) & ~np.isnan(a) & (q != 0) & (p != 0)
    if (known & (q != 1)).sum() < 2:
        return 0.0
    ratio = a[known] / (q * p)[known]
    inside = (ratio > 0.3) & (ratio < 1.0001 + _CENT / np.maximum(a[known], 0.01))
    full = (np.abs(q * p - a)[known & (q != 1)] <= _CENT).mean()
    return float(inside.mean()) if full > 0.4 else 0.0


def grows_with(quantity: Evidence, price: Evidence) -> float:
    """Correlation of a price with the number of pieces (of their logarithms); 0 if unknown.

    The price of one piece hardly depends on it, the price of the whole line does.
    """
    q, p = (np.abs(np.array(seen.array)) for seen in (quantity, price))
    known = (q > 0) & (p > 0)
    if known.sum() < 50 or len(np.unique(q[known])) < 2:
        return 0.0
    return float(np.nan_to_num(np.corrcoef(np.log(q[known]), np.log(p[known]))).item(1))


def repeats_within(groups: Codes, values: Codes) -> float | None:
    """Share of rows whose value another row of the group has too; None for too few rows."""
    rows, different = values_per_group(groups, values)
    if len(rows) < _FEW_GROUPS or rows.sum() < 30:
        return None
    return float(1 - (different.sum() - len(rows)) / (rows.sum() - len(rows)))


def codes(seen: Evidence) -> Codes:
    """Each value as a whole number, -1 where the cell is empty."""
    numbers = {text: index for index, text in enumerate(seen.counts)}
    return np.array([-1 if cell is None else numbers[cell] for cell in seen.cells], dtype=np.int64)


def days(seen: Evidence) -> Codes:
    """As `codes`, with times of day cut off: 2024-01-02 08:15 and 2024-01-02 are one day."""
    numbers: dict[str, int] = {}
    result = []
    for cell in seen.cells:
        day = "" if cell is None else cell.split(" ")[0].split("T")[0]
        if cell is not None and len(day) < 6:  # 'Jan 02, 2024, 8:15 am'
            day = " ".join(cell.split(" ")[:3]).rstrip(",")
        result.append(-1 if cell is None else numbers.setdefault(day, len(numbers)))
    return np.array(result, dtype=np.int64)


def runs_on(orders: Codes) -> Codes:
    """Order numbers with the empty cells filled from above."""
    at = np.maximum.accumulate(np.where(orders >= 0, np.arange(len(orders)), 0))
    return orders[at] if len(orders) else orders


def pairs(first: Codes, second: Codes) -> Codes:
    """One number for each pair of values; -1 where the first has none."""
    _, numbers = np.unique(np.stack([first, second]), axis=1, return_inverse=True)
    return np.where(first >= 0, numbers.reshape(-1), -1)


def values_per_group(groups: Codes, values: Codes) -> tuple[Codes, Codes]:
    """Per group that has two filled rows or more: its rows, and its different filled values."""
    known = (groups >= 0) & (values >= 0)
    if not known.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    size = int(groups.max()) + 1
    rows = np.bincount(groups[known], minlength=size)
    pairs = np.unique(np.stack([groups[known], values[known]]), axis=1)
    different = np.bincount(pairs[0], minlength=size)
    return rows[rows > 1], different[rows > 1]


def constancy(groups: Codes, values: Codes) -> float:
    """Share of the groups with several rows that have one value only; 1 when there are none."""
    _, different = values_per_group(groups, values)
    return float((different == 1).mean()) if len(different) else 1.0


def clumping(values: Codes, day: Codes) -> float:
    """How much rows of a value gather on few days: high for customers with whole baskets."""
    known = (values >= 0) & (day >= 0)
    if not known.any():
        return 0.0
    pairs = np.unique(np.stack([values[known], day[known]]), axis=1)
    return 1.0 - len(pairs[0]) / float(known.sum())


def is_of_order(
    orders: Codes, amount: Evidence, lines: Sequence[Evidence], *, named: bool = False
) -> bool:
    """Whether an amount is that of the whole order: the same on all its rows, or on the first.

    `lines`: columns that differ from line to line, which prove that the rows are lines.
    named: the column's name says so, which equal values by chance need not prove any more.
    Rows with a minus pay an order back, and have a total of their own.
    """
    values = np.where(np.array(amount.array) < 0, -1, codes(amount))
    _, rows = np.unique(orders[orders >= 0], return_counts=True)
    several = int((rows > 1).sum())
    if not several or not any(constancy(orders, codes(line)) < 0.5 for line in lines):
        return False
    if _on_first_rows(orders, values):
        return True
    _, different = values_per_group(orders, values)
    if len(different) < _FEW_GROUPS or (different == 1).mean() < 0.97:
        return False
    if named:
        return True
    if not _grows_with_rows(orders, amount):
        return False  # rows of one price: sizes of a shirt, seats of a show
    shares = np.bincount(values[values >= 0]) / max(1, int((values >= 0).sum()))
    return bool((shares**2).sum() < 0.3)  # equal by chance would prove nothing


def _grows_with_rows(orders: Codes, amount: Evidence) -> bool:
    """Whether orders of several rows have larger values than those of one; True if unknown."""
    numbers = np.array(amount.array)
    known = (orders >= 0) & ~np.isnan(numbers) & (numbers > 0)
    if not known.any():
        return True
    _, first, rows = np.unique(orders[known], return_index=True, return_counts=True)
    values = numbers[known][first]
    several, single = values[rows > 1], values[rows == 1]
    if min(len(several), len(single)) < _FEW_TO_COMPARE:
        return True
    return bool(np.median(several) > _GROWTH * np.median(single))


def _on_first_rows(orders: Codes, values: Codes) -> bool:
    """Filled on the first row of every order and empty on the others."""
    first = np.r_[True, orders[1:] != orders[:-1]]
    later = ~first & (orders >= 0)
    if not later.any():
        return False
    return bool((values[later] < 0).mean() > 0.97 and (values[first] >= 0).mean() > 0.8)


def share_not_after(first: Evidence, second: Evidence) -> float:
    """Share of rows where one date is on or before another, where both are readable."""
    a, b = first.moments, second.moments
    known = ~np.isnan(a) & ~np.isnan(b)
    return float((a[known] <= b[known]).mean()) if known.any() else 0.5


def gap_in_days(first: Evidence, second: Evidence) -> float:
    """Median days from one date to another."""
    gap = second.moments - first.moments
    return float(np.nanmedian(gap)) if (~np.isnan(gap)).any() else 0.0
