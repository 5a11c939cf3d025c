"""The histogram that a purchase model is fitted to, in place of the customers.

All that BG/NBD asks of a customer is (x, t_x, T). Those who never came back enter by their T
alone; repeat customers with the same three numbers become one row with a weight. Times in
whole days give small tables however many customers there are; any other times work too.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.errors import NotEnoughData

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MOST_PURCHASES: Final = 1_000_000  # more repeat purchases than any customer can have
LONGEST_TABLE: Final = 100_000  # whole numbers of days up to here are looked up directly


@dataclass(frozen=True)
class Customers:
    """Clean rows: x, t_x, T and how many customers each row stands for."""

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats | None

    @property
    def number(self) -> float:
        """How many customers."""
        return float(len(self.x) if self.weight is None else self.weight.sum())

    @property
    def repeat(self) -> float:
        """How many came back at least once."""
        came_back = self.x > 0
        return float(came_back.sum() if self.weight is None else self.weight[came_back].sum())

    def thinned(self, stride: int) -> "Customers":
        """Every stride-th row."""
        weight = None if self.weight is None else self.weight[::stride]
        return Customers(self.x[::stride], self.t_x[::stride], self.T[::stride], weight)


@dataclass(frozen=True)
class PurchaseHistogram:
    """Counts of customers; times in units of `scale`, the mean T, so that no unit matters.

    more_than: customers with more than j repeat purchases, j = 0, 1, ...
    times: all times that occur. customers_at, purchases_at, once_at: customers whose T is
        that time, their repeat purchases, and those of them who never came back.
    x, last, end, weight: one row per distinct (x, t_x, T) of repeat customers and how many
        there are; `last` and `end` are the positions of t_x and T in `times`.
    """

    scale: float
    more_than: Floats
    times: Floats
    customers_at: Floats
    purchases_at: Floats
    once_at: Floats
    x: Index
    last: Index
    end: Index
    weight: Floats

    @cached_property
    def everyone(self) -> "PurchaseHistogram":
        """The same with rows for those who never came back, for models in which they may leave."""
        (T,) = np.nonzero(self.once_at)
        nothing = np.zeros_like(T)
        return replace(
            self,
            x=np.concatenate([nothing, self.x]),
            last=np.concatenate([nothing, self.last]),  # the first of `times` is 0
            end=np.concatenate([T, self.end]),
            weight=np.concatenate([self.once_at[T], self.weight]),
        )


def read_customers(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None
) -> tuple[Customers, tuple[str, ...]]:
    """The rows that describe a possible customer, and a note on those that do not.

    A row is left out when a number is missing or negative, the frequency is not whole, or
    the last purchase lies after the end of the observation; and silently when its weight
    is 0. Raises NotEnoughData when no row is left.
    """
    x, t_x, T_ = (np.ravel(np.asarray(each, dtype=np.float64)) for each in (frequency, recency, T))
    weight = None if weights is None else np.ravel(np.asarray(weights, dtype=np.float64))
    with np.errstate(invalid="ignore"):
        possible = (x >= 0) & (x <= MOST_PURCHASES) & (x == np.floor(x))
        possible &= (T_ >= 0) & np.isfinite(T_)
        possible &= (x == 0) | ((t_x >= 0) & (t_x <= T_ * (1 + 1e-9)))
        if weight is not None:
            possible &= (weight >= 0) & np.isfinite(weight)
    counted = np.ones(len(x), bool) if weight is None else weight != 0
    impossible = int((counted & ~possible).sum())
    used = counted & possible
    if not used.any():
        raise NotEnoughData(
            "There is not one customer to learn from.",
            "Check that the file has customers and order dates, and that no filter hides them.",
        )
    if not used.all():
        x, t_x, T_ = x[used], t_x[used], T_[used]
        weight = None if weight is None else weight[used]
    note = f"Rows left out because no customer can be like that: {impossible}."
    return Customers(x, np.minimum(t_x, T_), T_, weight), (note,) if impossible else ()


def collapse(customers: Customers) -> PurchaseHistogram:
    """The histogram of these customers; it gives their log-likelihood exactly."""
    x, t_x, T, weight = customers.x.astype(np.intp), customers.t_x, customers.T, customers.weight
    back = np.flatnonzero(x)
    times, last, end = _tabulate(np.where(x > 0, t_x, 0.0), T)
    once = np.flatnonzero(x == 0)
    counts = np.bincount(x, weight)
    rows = x[back], last[back], end[back]
    bought = customers.x[back] if weight is None else customers.x[back] * weight[back]
    purchases_at = np.bincount(rows[2], bought, len(times))
    if weight is None:
        rows, row_weight = _distinct(*rows, len(times))
    else:
        row_weight = weight[back]
    scale = float(np.average(T, weights=weight)) or 1.0
    return PurchaseHistogram(
        scale,
        more_than=np.cumsum(counts[:0:-1])[::-1].astype(np.float64),
        times=times / scale,
        customers_at=np.bincount(end, weight, len(times)).astype(np.float64),
        purchases_at=purchases_at.astype(np.float64),
        once_at=np.bincount(end[once], None if weight is None else weight[once], len(times)).astype(
            np.float64
        ),
        x=rows[0],
        last=rows[1],
        end=rows[2],
        weight=row_weight,
    )


def _tabulate(t_x: Floats, T: Floats) -> tuple[Floats, Index, Index]:
    """The distinct times, and the position of each t_x and T among them."""
    longest = float(T.max())
    if longest <= LONGEST_TABLE:
        last, end = t_x.astype(np.intp), T.astype(np.intp)
        if np.array_equal(last, t_x) and np.array_equal(end, T):
            return np.arange(longest + 1), last, end
    times, position = np.unique(np.concatenate([t_x, T]), return_inverse=True)
    return times, position[: len(t_x)], position[len(t_x) :]


def _distinct(
    x: Index, last: Index, end: Index, size: int
) -> tuple[tuple[Index, Index, Index], Floats]:
    """The distinct rows and how often each occurs."""
    if not len(x) or float(x.max()) * size * size > 2.0**62:
        return (x, last, end), np.ones(len(x))
    code = np.sort((x * size + last) * size + end)
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    repeats = np.diff(starts, append=len(code)).astype(np.float64)
    rest, end = np.divmod(code[starts], size)
    x, last = np.divmod(rest, size)
    return (x, last, end), repeats
