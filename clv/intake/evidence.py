"""What the values of a column look like, from a sample of its rows."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clv.intake.marks import ALONE
from clv.intake.values import (
    EPOCH,
    MONTHS,
    SERIAL,
    TIME_OF_DAY,
    is_date,
    is_missing,
    number,
)

_EMAIL: Final = re.compile(r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$")
_DAY_NUMBER: Final = re.compile(f"{EPOCH}|{SERIAL}")
_CLOCK: Final = re.compile(TIME_OF_DAY)
_CENTS: Final = re.compile(r"[.,](?:[1-9]|[0-9]{2})[^0-9.,]{0,5}$")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_CURRENCY_CODE: Final = re.compile(ALONE)
_PARTS: Final = re.compile(r"[0-9]+|[^\W\d_]{3,}")
_MANY: Final = 20
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
        readings = [{text: number(text, mark) for text in self.counts} for mark in (".", ",")]
        read = max(readings, key=lambda one: sum(value is not None for value in one.values()))
        return [None if cell is None else read[cell] for cell in self.cells]

    @cached_property
    def array(self) -> NDArray[np.float64]:
        """The same as an array, NaN where there is no number."""
        return np.array(self.values, dtype=np.float64)

    @cached_property
    def moments(self) -> NDArray[np.float64]:
        """The cells as days in a row, good enough to compare columns; NaN where unreadable."""
        parts = {text: _PARTS.findall(text)[:3] for text in self.counts}
        starts = [part for part in parts.values() if len(part) == 3 and len(part[0]) < 3]
        month_first = any(part[1] > "12" for part in starts if part[1].isdigit())
        read = {text: _rough_day(text, part, month_first) for text, part in parts.items()}
        unknown = float("nan")
        return np.array([unknown if cell is None else read[cell] for cell in self.cells])

    @property
    def typical(self) -> float:
        """The median number; NaN without numbers."""
        return float(np.nanmedian(self.array)) if self.numbers else math.nan

    @property
    def is_rising(self) -> bool:
        """Numbers that hardly ever fall from row to row, and do rise."""
        known = self.array[~np.isnan(self.array)]
        return (
            len(known) > _MANY
            and self.distinct > _MANY
            and bool((np.diff(known) >= 0).mean() > 0.98)
        )

    @property
    def share_filled(self) -> float:
        """Share of cells that hold something."""
        return self.filled / max(1, self.rows)

    @cached_property
    def codes(self) -> float:
        """Share of the filled cells that are currency codes or signs."""
        found = sum(count for text, count in self.counts.items() if _CURRENCY_CODE.match(text))
        return found / max(1, self.filled)

    @property
    def is_constant(self) -> bool:
        """One value in many rows."""
        return self.distinct == 1 and self.filled > _MANY

    @property
    def is_group(self) -> bool:
        """So few values in so many rows that they name groups."""
        return self.filled >= 100 and self.distinct <= 12

    @property
    def is_percent(self) -> bool:
        """Whole numbers from 0 to 100, few of them: percentages rather than money."""
        known = [value for value in self.values if value is not None]
        return (
            bool(known)
            and self.whole > 0.99
            and self.cents < 0.01
            and min(known) >= 0
            and max(known) <= 100
            and (self.distinct <= 21)
        )

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
    if any(map(_has_words, text.split("\n"))):
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


def _has_words(line: str) -> bool:
    """Whether a blank stands between two words; in one pass, however long the line is."""
    words = list(_WORD.finditer(line))
    return len(words) > 1 and " " in line[words[0].end() : words[-1].start()]


def _rough_day(text: str, parts: list[str], month_first: bool) -> float:
    """A date as a number that grows with time; a year has 372 days in it."""
    if _DAY_NUMBER.match(text):
        value = float(text)
        digits = len(text.split(".")[0])
        return value if digits < 9 else value / 86_400 / 1000 ** ((digits - 10 + 2) // 3)
    if len(parts) >= 1 and len(parts[0]) >= 8 and parts[0].isdigit():
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:8]]
    months = [MONTHS[part.lower()] for part in parts if part.lower() in MONTHS]
    numbers = [int(part) for part in parts if part.isdigit()]
    if len(numbers) + len(months) < 3:
        return math.nan
    if len(parts[0]) == 4 and not months:
        year, month, day = numbers
    elif months:
        year, month, day = numbers[-1], months[0], numbers[0]
    else:
        day, month, year = (numbers[1], numbers[0], numbers[2]) if month_first else numbers
    century = 0 if year >= 100 else 2000 if year < 70 else 1900
    return (century + year) * 372 + month * 31 + day
