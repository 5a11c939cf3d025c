"""The distinct (frequency, T): all that a purchase model asks of customers who are alive."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGEST_TABLE: Final = 5e7  # codes of pairs up to here are looked up instead of sorted


@dataclass(frozen=True)
class Pairs:
    """The distinct pairs, and which of them each customer has (`index`)."""

    x: Floats
    T: Floats
    index: NDArray[np.intp]


def distinct_pairs(x: Floats, T: Floats) -> Pairs:
    """The distinct (x, T), x and T whole numbers or not."""
    width = float(T.max(initial=0.0)) + 1.0
    code = x * width + T
    if code.max(initial=0.0) < LARGEST_TABLE and np.array_equal(T, np.floor(T)):
        place = code.astype(np.intp)
        seen = np.zeros(int(place.max(initial=0)) + 1, dtype=bool)
        seen[place] = True
        codes, index = np.flatnonzero(seen).astype(float), (np.cumsum(seen) - 1)[place]
    else:
        codes, index = np.unique(code, return_inverse=True)
    return Pairs(codes // width, codes % width, index)
