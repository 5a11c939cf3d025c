"""NBD and the same rate as before: how often customers buy when nobody leaves.

NBD: purchases are Poisson with a rate that varies between customers as Gamma(r, alpha)
(Ehrenberg 1959; BG/NBD with a = 0). With a very large r all customers buy at one rate, and
the purchases are Poisson. The rule of the same rate as before takes each customer's own pace,
x / T, and nothing else. Times as in BG/NBD, in one unit.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import nbinom

from clv.models.parameters import check_parameters
from clv.models.special import log_rising

Floats = NDArray[np.float64]


class Staying(ABC):
    """Nobody leaves: purchases to come follow from the rate alone, Gamma(shape, time)."""

    @abstractmethod
    def _rate(self, frequency: ArrayLike, T: ArrayLike) -> tuple[Floats, Floats]:
        """Shape and time of the gamma distribution of each customer's rate."""

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """1 for everyone."""
        return np.ones(np.broadcast_shapes(*(np.shape(each) for each in (frequency, recency, T))))

    def expected_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Expected purchases in (T, T + horizon]; recency says nothing here."""
        alive = self.probability_alive(frequency, recency, T)
        return alive * self.expected_purchases_if_alive(frequency, T, horizon)

    def expected_purchases_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Expected purchases in (T, T + horizon]."""
        shape, u = self._u(frequency, T, horizon)
        return shape * u

    def purchases_second_moment_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """E[N^2] of the purchases N in (T, T + horizon]."""
        shape, u = self._u(frequency, T, horizon)
        return shape * u + shape * (shape + 1) * u * u

    def probability_of_purchase_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """P(at least one purchase in (T, T + horizon])."""
        shape, u = self._u(frequency, T, horizon)
        return np.asarray(-np.expm1(-shape * np.log1p(u)))

    def probabilities_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike, most: int
    ) -> Floats:
        """P(N = n), n = 0 to `most`, on a new last axis."""
        shape, u = self._u(frequency, T, horizon)
        n = np.arange(most + 1.0)
        buys = shape[..., None] > 0
        chances = nbinom.pmf(n, np.where(buys, shape[..., None], 1.0), 1 / (1 + u[..., None]))
        return np.where(buys, chances, n == 0)

    def median_wait_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Median time from T to the next purchase, given one within the horizon; NaN if there is
        none to come."""
        shape, u = self._u(frequency, T, horizon)
        within = self.probability_of_purchase_if_alive(frequency, T, horizon)
        time = np.asarray(horizon) / np.where(u > 0, u, 1.0)
        steps = -np.log1p(-within / 2) / np.where(shape > 0, shape, 1.0)
        return np.where(shape > 0, time * np.expm1(steps), np.nan)

    def expected_purchases_new(self, horizon: ArrayLike) -> Floats:
        """Expected repeat purchases of a new customer by `horizon`."""
        return self.expected_purchases_if_alive(0.0, 0.0, horizon)

    def _u(self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> tuple[Floats, Floats]:
        shape, time = self._rate(frequency, T)
        shape, u = np.broadcast_arrays(shape, np.asarray(horizon, np.float64) / time)
        return shape, u


@dataclass(frozen=True)
class NBD(Staying):
    """Rates vary as Gamma(r, alpha), and nobody leaves."""

    r: float
    alpha: float

    name: ClassVar[str] = "NBD"

    def __post_init__(self) -> None:
        check_parameters(self)

    def in_unit(self, days: float) -> "NBD":
        """The same model, fitted in days, with time in units of `days` days."""
        return replace(self, alpha=self.alpha / days)

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each customer; recency is not used."""
        x, _, T_ = (np.asarray(each, np.float64) for each in (frequency, recency, T))
        return np.asarray(
            log_rising(self.r, x) - x * np.log(self.alpha + T_) - self.r * np.log1p(T_ / self.alpha)
        )

    def _rate(self, frequency: ArrayLike, T: ArrayLike) -> tuple[Floats, Floats]:
        x, T_ = np.asarray(frequency, np.float64), np.asarray(T, np.float64)
        return self.r + x, self.alpha + T_


@dataclass(frozen=True)
class SameRate(Staying):
    """Each customer goes on at `level` times the pace so far, x / T; one-time buyers bring none.

    A rule and not a model: it has no likelihood. T counts from one unit of time on, so that a
    purchase on the first day is no infinite pace.
    """

    level: float = 1.0

    name: ClassVar[str] = "Same rate as before"

    def __post_init__(self) -> None:
        check_parameters(self)

    def in_unit(self, days: float) -> "SameRate":  # noqa: ARG002
        """A pace needs no unit."""
        return self

    def _rate(self, frequency: ArrayLike, T: ArrayLike) -> tuple[Floats, Floats]:
        x, T_ = np.asarray(frequency, np.float64), np.asarray(T, np.float64)
        return x, np.maximum(T_, 1.0) / self.level
