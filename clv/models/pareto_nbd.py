"""Pareto/NBD: how often customers buy, and when they leave, at any time.

While a customer is alive, purchases are Poisson with a rate that varies between customers
as Gamma(r, alpha); the lifetime is exponential with a dropout rate that varies as
Gamma(s, beta), so that customers may leave at any moment, also before any repeat purchase.
Schmittlein, Morrison & Colombo (1987), "Counting your customers: who are they and what will
they do next?"; derivations in Fader & Hardie (2005), "A note on deriving the Pareto/NBD model".
Frequency x is the number of repeat purchases, recency t_x the time of the last one and T
the length of the observation, both from the first purchase and in one unit of time; `alpha`
and `beta` are in that unit too. Published parameters are quoted in weeks, this product counts
in days.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from clv.models.parameters import check_parameters
from clv.models.pareto_nbd_future import (
    count_probabilities,
    count_second_moment,
    expected_count,
    median_wait,
    win,
)
from clv.models.special import log_rising

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ParetoNBD:
    """A Pareto/NBD model: all methods take arrays (or numbers) and broadcast them."""

    r: float
    alpha: float
    s: float
    beta: float

    name: ClassVar[str] = "Pareto/NBD"

    def __post_init__(self) -> None:
        check_parameters(self)

    def in_unit(self, days: float) -> "ParetoNBD":
        """The same model, fitted in days, with time in units of `days` days (7: weeks)."""
        return replace(self, alpha=self.alpha / days, beta=self.beta / days)

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each customer. Fader & Hardie (2005), eq. 17 to 19, as a sum over
        those who left between t_x and T and those who did not."""
        x, t_x, T_ = _floats(frequency), _floats(recency), _floats(T)
        until_last = (
            log_rising(self.r, x)
            - x * np.log(self.alpha + t_x)
            - self.r * np.log1p(t_x / self.alpha)
            - self.s * np.log1p(t_x / self.beta)
        )
        return np.asarray(until_last + np.logaddexp(*self._log_silence(x, t_x, T_)))

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """P(alive at T). Below 1 for one-time buyers too, who may have left since."""
        stayed, left = self._log_silence(_floats(frequency), _floats(recency), _floats(T))
        return np.asarray(expit(stayed - left))

    def expected_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Expected purchases in (T, T + horizon]. Fader & Hardie (2005), eq. 41."""
        alive = self.probability_alive(frequency, recency, T)
        return alive * self.expected_purchases_if_alive(frequency, T, horizon)

    def expected_purchases_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Expected purchases in (T, T + horizon] of customers who are alive at T.

        Depends on (x, T) and not on recency: evaluate it once per distinct pair.
        """
        return expected_count(*self._if_alive(frequency, T), _floats(horizon))

    def purchases_second_moment_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """E[N^2] of the purchases N in (T, T + horizon] of customers who are alive at T."""
        return count_second_moment(*self._if_alive(frequency, T), _floats(horizon))

    def probability_of_purchase_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """P(at least one purchase in (T, T + horizon]) of customers who are alive at T."""
        k, A, s, B = self._if_alive(frequency, T)
        return win(k, A, _floats(s), B, _floats(horizon))

    def probabilities_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike, most: int
    ) -> Floats:
        """P(N = n) of the purchases N in (T, T + horizon], n = 0 to `most`, of customers who are
        alive at T; n is the last axis."""
        return count_probabilities(*self._if_alive(frequency, T), _floats(horizon), most)

    def median_wait_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """Median time from T to the next purchase, given alive at T and a purchase in time.

        Time in the unit of alpha and beta.
        """
        return median_wait(*self._if_alive(frequency, T), _floats(horizon))

    def expected_purchases_new(self, horizon: ArrayLike) -> Floats:
        """Expected repeat purchases of a new customer by `horizon`; same note, eq. 27."""
        return self.expected_purchases_if_alive(0.0, 0.0, horizon)

    def _if_alive(self, frequency: ArrayLike, T: ArrayLike) -> tuple[Floats, Floats, float, Floats]:
        """Shape and scale of the wait for the next purchase, and of that for leaving."""
        T_ = _floats(T)
        return self.r + _floats(frequency), self.alpha + T_, self.s, self.beta + T_

    def _log_silence(self, x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
        """ln P(no purchase in (t_x, T]) with the customer still there at T, and with the customer
        gone before; given that the customer was alive right after the purchase at t_x."""
        k, A, B, silence = self.r + x, self.alpha + t_x, self.beta + t_x, T - t_x
        stayed = -k * np.log1p(silence / A) - self.s * np.log1p(silence / B)
        with np.errstate(divide="ignore"):
            left = np.log(win(_floats(self.s), B, k, A, silence))
        return stayed, left


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
