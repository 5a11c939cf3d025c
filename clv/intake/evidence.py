"""What the values of a column look like, from a sample of its rows."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from clv.intake.values import EPOCH, SERIAL, TIME_OF_DAY, is_date, is_missing, number

_EMAIL: Final = re.compile(r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$")
_DAY_NUMBER: Final = re.compile(f"{EPOCH}|{SERIAL}")
_CLOCK: Final = re.compile(TIME_OF_DAY)
_CENTS: Final = re.compile(r"[.,](?:[1-9]|[0-9]{2})[^0-9.,]{0,5}$")
_WORDS: Final = re.compile(r"[^\W\d_]{2,}.* .*[^\W\d_]{2,}")
MOST_LABELS: Final = 40


@dataclass(frozen=True)
class Evidence:
    """Shares (0 to 1) of the filled cells of a sample that look like this or that.

    dates: unmistakable dates; day_numbers: Unix times or Excel days; clocks: times of day;
    numbers, whole (without decimals), cents (with one or two decimals); emails; words.
    """

    cells: tuple[str | None, ...]
    dates: float
    day_numbers: float
    clocks: float
    numbers: float
    whole: float
    cents: float
    emails: float
    words: float

    @classmethod
    def of(cls, values: Sequence[str | None]) -> "Evidence":
        """Look at a sample of a column, in the order of the file."""
        cells = tuple(None if is_missing(value) else str(value).strip() for value in values)
        counts = Counter(cell for cell in cells if cell is not None)
        total = max(counts.total(), 1)
        found: Counter[str] = Counter()
        for text, count in counts.items():  # each distinct text once
            for what in _looks(text):
                found[what] += count
        return cls(
            cells,
            *(
                found[what] / total
                for what in (
                    "date", "day_number", "clock", "number", "whole", "cents", "email", "words"
                )
            ),
        )  # fmt: skip

    @property
    def rows(self) -> int:
        """Size of the sample."""
        return len(self.cells)

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each value stands in the sample."""
        return Counter(cell for cell in self.cells if cell is not None)

    @property
    def filled(self) -> int:
        """Cells that hold something."""
        return self.counts.total()

    @property
    def distinct(self) -> int:
        """Different values."""
        return len(self.counts)

    @property
    def examples(self) -> tuple[str, ...]:
        """Up to three different values."""
        return tuple(list(self.counts)[:3])

    @cached_property
    def values(self) -> list[float | None]:
        """The cells as numbers, under the mark that reads more of them."""
        readings = [
            [None if cell is None else number(cell, mark) for cell in self.cells]
            for mark in (".", ",")
        ]
        return max(readings, key=lambda row: sum(value is not None for value in row))

    @property
    def is_rate(self) -> bool:
        """Numbers from 0 to 1 with fractions among them: shares rather than money."""
        known = [value for value in self.values if value is not None]
        inside = all(0 <= value <= 1 for value in known)
        return bool(known) and inside and any(0 < value < 1 for value in known)

    @property
    def is_small_count(self) -> bool:
        """Whole numbers, few of them, mostly near one: pieces."""
        known = [value for value in self.values if value is not None]
        return bool(known) and self.whole > 0.99 and self.distinct < 100 and max(known) < 1000

    @property
    def id_likeness(self) -> float:
        """How much a nameless column looks like customers: many, repeated, without gaps."""
        if self.dates > 0.5 or self.cents > 0.1 or self.words > 0.9 or self.is_small_count:
            return 0.0
        if self.emails > 0.8:
            return 3.0
        if self.distinct < 2 or self.distinct == self.filled > 20:
            return 0.1
        return 1.0 + self.distinct / self.filled + 0.1 * self._density

    @property
    def _density(self) -> float:
        """1 when the ids count through without gaps."""
        known = [value for value in self.values if value is not None]
        return self.distinct / (max(known) - min(known) + 1) if len(known) == self.filled else 0.0

    @property
    def is_label(self) -> bool:
        """A few short texts that come back: a group, not a value."""
        few = 2 <= self.distinct <= min(MOST_LABELS, self.filled // 5)
        short = all(len(text) <= 40 for text in self.counts)
        return few and short and self.numbers < 0.5 and self.dates < 0.5 and self.clocks < 0.5


def order_consistency(orders: Evidence, others: Sequence[Evidence]) -> float:
    """Share of rows whose order number stands with one customer and one day only.

    Judged on the numbers that repeat; 1 when none does.
    """
    partners: defaultdict[str, set[tuple[str | None, ...]]] = defaultdict(set)
    for order, *rest in zip(orders.cells, *(other.cells for other in others), strict=True):
        if order is not None:
            partners[order].add(tuple(cell and cell[:10] for cell in rest))
    repeated = [order for order, count in orders.counts.items() if count > 1]
    if not repeated:
        return 1.0
    return sum(len(partners[order]) == 1 for order in repeated) / len(repeated)


def product_share(quantity: Evidence, price: Evidence, amount: Evidence) -> float:
    """Share of the sample where quantity x price is the amount, to half a cent."""
    triples = [
        (q, p, a)
        for q, p, a in zip(quantity.values, price.values, amount.values, strict=True)
        if q is not None and p is not None and a is not None
    ]
    telling = [(q, p, a) for q, p, a in triples if q not in (0, 1)]
    if len(telling) < 2:
        return 0.0
    return sum(abs(q * p - a) <= 0.0051 for q, p, a in telling) / len(telling)


def _looks(text: str) -> list[str]:
    found = []
    if is_date(text):
        found.append("date")
    if _DAY_NUMBER.match(text):
        found.append("day_number")
    if _CLOCK.match(text):
        found.append("clock")
    if _EMAIL.match(text):
        found.append("email")
    if _WORDS.search(text):
        found.append("words")
    value = number(text, ".")
    value = number(text, ",") if value is None else value
    if value is not None and math.isfinite(value):
        found.append("number")
        if _CENTS.search(text):
            found.append("cents")
        if value == int(value):
            found.append("whole")
    return found
