"""BG/NBD and MBG/NBD: how often customers buy, and when they leave.

While a customer is alive, purchases are Poisson with a rate that varies between customers
as Gamma(r, alpha); after a purchase the customer leaves with a chance that varies as
Beta(a, b). In BG/NBD the first purchase is exempt, in MBG/NBD it is not: there a customer may
leave right after it. Fader, Hardie & Lee (2005), "Counting your customers the easy way";
Batislam, Denizel & Filiztekin (2007), "Empirical validation and comparison of models for
customer base analysis". Equations are those of the first paper; one more chance to leave
turns b into b + 1 wherever the customer is known to be alive.
Frequency x is the number of repeat purchases, recency t_x the time of the last one and T
the length of the observation, both from the first purchase and in one unit of time; `alpha`
is in that unit too. Published parameters are quoted in weeks, this product counts in days.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.models.bg_nbd_future import (
    count_probabilities,
    count_second_moment,
    expected_count,
)
from clv.models.parameters import check_parameters
from clv.models.special import log_rising

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BGNBD:
    """A BG/NBD model: all methods take arrays (or numbers) and broadcast them."""

    r: float
    alpha: float
    a: float
    b: float

    name: ClassVar[str] = "BG/NBD"
    leaves_at_once: ClassVar[bool] = False  # whether the first purchase may be the last

    def __post_init__(self) -> None:
        check_parameters(self)

    def in_unit(self, days: float) -> Self:
        """The same model, fitted in days, with time in units of `days` days (7: weeks)."""
        return replace(self, alpha=self.alpha / days)

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each customer. Fader, Hardie & Lee (2005), eq. 6."""
        x, t_x, T_ = _floats(frequency), _floats(recency), _floats(T)
        chances = x + self.leaves_at_once  # to leave, so far
        result = (
            log_rising(self.r, x)
            - x * np.log(self.alpha + T_)
            - self.r * np.log1p(T_ / self.alpha)
            + log_rising(self.b, self.a)
            - log_rising(self.b + chances, self.a)
        )
        delta = self._log_odds_of_having_left(x, t_x, T_)
        return np.where(chances > 0, result + np.logaddexp(0, delta), result)

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """P(alive at T). BG/NBD: 1 for one-time buyers, for nobody leaves before a repeat."""
        x, t_x, T_ = _floats(frequency), _floats(recency), _floats(T)
        with np.errstate(over="ignore"):  # odds too large for a number: surely left
            alive = 1 / (1 + np.exp(self._log_odds_of_having_left(x, t_x, T_)))
        return alive if self.leaves_at_once else np.where(x > 0, alive, 1.0)

    def expected_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Expected purchases in (T, T + horizon]. Fader, Hardie & Lee (2005), eq. 10."""
        alive = self.probability_alive(frequency, recency, T)
        return alive * self.expected_purchases_if_alive(frequency, T, horizon)

    def expected_purchases_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Expected purchases in (T, T + horizon] of customers who are alive at T.

        Depends on (x, T) and not on recency: evaluate it once per distinct pair.
        """
        x, u = _floats(frequency), self._u(T, horizon)
        return expected_count(self.r, self.a, self.b_if_alive, x, u)

    def purchases_second_moment_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """E[N^2] of the purchases N in (T, T + horizon] of customers who are alive at T."""
        x, u = _floats(frequency), self._u(T, horizon)
        return count_second_moment(self.r, self.a, self.b_if_alive, x, u)

    def probabilities_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike, most: int
    ) -> Floats:
        """P(N = n), n = 0 to `most`, of the purchases N in (T, T + horizon] of customers who are
        alive at T, on a new last axis. What is missing from a sum of 1 is P(N > most)."""
        x, u = np.broadcast_arrays(_floats(frequency), self._u(T, horizon))
        return count_probabilities(self.r, self.a, self.b_if_alive, x, u, most)

    def probability_of_purchase_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """P(at least one purchase in (T, T + horizon]) of customers who are alive at T."""
        s = self.r + _floats(frequency)
        return np.asarray(-np.expm1(-s * np.log1p(self._u(T, horizon))))

    def median_wait_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Median time from T to the next purchase, given alive at T and a purchase in time.

        Time in the unit of alpha. The wait is Pareto: P(wait > w) = (1 + w / (alpha + T))^-s.
        """
        s = self.r + _floats(frequency)
        within = self.probability_of_purchase_if_alive(frequency, T, horizon)
        return np.asarray((self.alpha + _floats(T)) * np.expm1(-np.log1p(-within / 2) / s))

    def expected_purchases_new(self, horizon: ArrayLike) -> Floats:
        """Expected repeat purchases of a new customer by `horizon`; same paper, eq. 9."""
        return self.expected_purchases(0.0, 0.0, 0.0, horizon)

    @property
    def b_if_alive(self) -> float:
        """b of the chance to leave, given alive, before any repeat purchase is counted."""
        return self.b + self.leaves_at_once

    def _u(self, T: ArrayLike, horizon: ArrayLike) -> Floats:
        return np.asarray(_floats(horizon) / (self.alpha + _floats(T)))

    def _log_odds_of_having_left(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """ln(P(left) / P(alive)); meaningless where there was no chance to leave."""
        stayed = x if self.leaves_at_once else np.maximum(x, 1.0) - 1
        silence = np.log1p((T - t_x) / (self.alpha + t_x))
        return np.asarray((self.r + x) * silence - np.log((self.b + stayed) / self.a))


@dataclass(frozen=True)
class MBGNBD(BGNBD):
    """An MBG/NBD model: like BG/NBD, but a customer may leave right after the first purchase."""

    name: ClassVar[str] = "MBG/NBD"
    leaves_at_once: ClassVar[bool] = True


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
