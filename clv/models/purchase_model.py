"""What every purchase model answers, whatever it assumes.

Times are from the first purchase and in one unit; arguments broadcast. What a customer who is
alive will do depends on (frequency, T) alone in all of these models, never on recency.
"""

from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class PurchaseModel(Protocol):
    """Purchases to come, given frequency (repeat purchases), recency and T."""

    name: ClassVar[str]

    def in_unit(self, days: float) -> Self:
        """The same model, fitted in days, with time in units of `days` days."""

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """P(alive at T)."""

    def expected_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Expected purchases in (T, T + horizon]."""

    def expected_purchases_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """The same of customers who are alive at T."""

    def purchases_second_moment_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """E[N^2] of these purchases N."""

    def probability_of_purchase_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """P(N > 0)."""

    def probabilities_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike, most: int
    ) -> Floats:
        """P(N = n), n = 0 to `most`, on a new last axis."""

    def median_wait_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Median time to the next purchase, given one within the horizon."""

    def expected_purchases_new(self, horizon: ArrayLike) -> Floats:
        """Expected repeat purchases of a new customer by `horizon`."""


def purchase_probabilities(
    model: PurchaseModel,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    horizon: ArrayLike,
    most: int,
) -> Floats:
    """P(N = n), n = 0 to `most` on a new last axis, of the purchases N in (T, T + horizon].

    Of customers with this history, alive or not: those who have left make none. What is missing
    from a sum of 1 is P(N > most).
    """
    alive = model.probability_alive(frequency, recency, T)[..., None]
    chances = alive * model.probabilities_if_alive(frequency, T, horizon, most)
    chances[..., 0] += 1.0 - alive[..., 0]
    return chances
