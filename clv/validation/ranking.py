"""How well a forecast puts customers in order, whatever its level. Ties count as shuffled.

A customer who got back more than they paid counts as having brought nothing: shares of a sum
with negative parts mean little.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BEST: Final = 0.1  # the share of customers that a campaign for the best would address
SAMPLE: Final = 5_000  # customers that the bootstrap draws from
RESAMPLES: Final = 60


def normalised_gini(actual: Floats, score: Floats) -> float:
    """1 when the score sorts customers as their actual value does, 0 for a random order.

    The area between the curve of value caught by the best-scored customers and the diagonal,
    over the same area for a perfect order. NaN when all customers brought the same.
    """
    actual = np.maximum(actual, 0.0)
    perfect = _area(actual, actual)
    return _area(actual, score) / perfect if perfect > 1e-12 else float("nan")


def top_share(actual: Floats, score: Floats, best: float = BEST) -> float:
    """Share of the actual value that the best-scored share of customers brought. NaN without value.

    Customers with equal scores on the edge count in part.
    """
    actual = np.maximum(actual, 0.0)
    total = float(actual.sum())
    if total <= 0 or not len(actual):
        return float("nan")
    ends, caught = _curve(actual, score)
    return float(np.interp(best * len(actual), ends, caught)) / total


def top_share_wobble(actual: Floats, score: Floats, other: Floats) -> float:
    """Standard error of the difference of two top shares, by a bootstrap of the customers."""
    if not (actual > 0).any():
        return float("nan")
    stride = -(-len(actual) // SAMPLE)
    few = (actual[::stride], score[::stride], other[::stride])
    rng = np.random.default_rng(0)
    differences = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, len(few[0]), len(few[0]))
        came, one, two = (column[drawn] for column in few)
        differences.append(top_share(came, one) - top_share(came, two))
    # A part of the customers wobbles more than all of them.
    return float(np.nanstd(differences)) * float(np.sqrt(len(few[0]) / len(actual)))


def deciles(predicted: Floats, actual: Floats) -> pd.DataFrame:
    """Tenths of the customers by predicted value, the best first.

    Returns decile (1 to 10), customers, predicted, actual (sums over its customers); fewer rows
    for fewer than ten customers.
    """
    shuffled = np.random.default_rng(0).permutation(len(predicted))
    order = shuffled[np.argsort(-predicted[shuffled], kind="stable")]
    tenth = np.arange(len(order)) * 10 // max(len(order), 1) + 1
    frame = pd.DataFrame({"decile": tenth, "predicted": predicted[order], "actual": actual[order]})
    grouped = frame.groupby("decile")
    return grouped.agg(
        customers=("actual", "size"), predicted=("predicted", "sum"), actual=("actual", "sum")
    ).reset_index()


def _area(actual: Floats, score: Floats) -> float:
    """Area between the curve of value caught and the diagonal, in shares; 0 without value."""
    total = float(actual.sum())
    if total <= 0 or len(actual) < 2:
        return 0.0
    ends, caught = _curve(actual, score)
    return float(np.trapezoid(caught / total, ends / len(actual))) - 0.5


def _curve(actual: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Number of best-scored customers and the value they brought, at the ends of runs of equals."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.append(np.flatnonzero(np.diff(ranked) != 0), len(ranked) - 1)
    caught = np.cumsum(actual[order])[last]
    return np.append(0.0, last + 1.0), np.append(0.0, caught)
