"""Where values become unusual: a robust rule on a scale of factors.

Amounts spread by factors and not by sums, so "far beyond the rest" is measured on logarithms: a
value is unusual more than so many robust steps above the median. The step is the larger of what
the middle half (median absolute deviation) and the upper half (95th percentile) would give for a
bell curve, so that a long but smooth tail, as shops have, is not taken for outliers.
"""

from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir
import numpy as np

STEPS: Final = 6.0
FEWEST: Final = 50  # values below which nothing can be called unusual
_SMALLEST_STEP: Final = 0.35  # where nearly all values are equal: about eight times the median
_PER_BELL: Final = 1.4826  # median absolute deviation to standard deviation
_AT_95: Final = 1.645  # standard deviations from the median to the 95th percentile


@dataclass(frozen=True)
class Fence:
    """limit: beyond it a value is unusual; cap: q99 + 1.5 (q99 - q01); median: the typical one."""

    limit: float
    cap: float
    median: float


def fence(table: ir.Table, column: str, steps: float = STEPS) -> Fence | None:
    """Where values of a column become unusual, from its positive ones; None where they are few."""
    positive = table.filter(table[column] > 0).select(value=table[column].cast("float64"))
    points = {"q01": 0.01, "q50": 0.5, "q95": 0.95, "q99": 0.99}
    cuts = {name: positive.value.quantile(share) for name, share in points.items()}
    seen = positive.aggregate(count=positive.count(), **cuts).execute().iloc[0]
    if seen["count"] < FEWEST:
        return None
    middle = float(np.log1p(seen["q50"]))
    spread = ((positive.value + 1).ln() - middle).abs()
    deviation = float(positive.aggregate(middle=spread.median()).execute().iloc[0, 0])
    upper = (float(np.log1p(seen["q95"])) - middle) / _AT_95
    step = max(_PER_BELL * deviation, upper, _SMALLEST_STEP)
    cap = float(seen["q99"] + 1.5 * (seen["q99"] - seen["q01"]))
    return Fence(max(float(np.expm1(middle + steps * step)), cap), cap, float(seen["q50"]))
