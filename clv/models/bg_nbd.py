"""BG/NBD: how often customers buy, and when they leave.

While a customer is alive, purchases are Poisson with a rate that varies between customers
as Gamma(r, alpha); after each repeat purchase the customer leaves with a chance that varies
as Beta(a, b). Fader, Hardie & Lee (2005), "Counting your customers the easy way".
Frequency x is the number of repeat purchases, recency t_x the time of the last one and T
the length of the observation, both from the first purchase and in one unit of time; `alpha`
is in that unit too. Published parameters are quoted in weeks, this product counts in days.
"""

from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from clv.errors import InvalidSettings
from clv.models.bg_nbd_future import count_second_moment, expected_count
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

    def __post_init__(self) -> None:
        for parameter in fields(self):
            value = getattr(self, parameter.name)
            if not (isfinite(value) and value > 0):
                raise InvalidSettings(
                    f"A BG/NBD model cannot have {parameter.name} = {value:g}.",
                    "All four parameters are positive numbers; fit the model to the data again.",
                )

    def in_unit(self, days: float) -> "BGNBD":
        """The same model, fitted in days, with time in units of `days` days (7: weeks)."""
        return replace(self, alpha=self.alpha / days)

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each customer. Fader, Hardie & Lee (2005), eq. 6."""
        x, t_x, T_ = _floats(frequency), _floats(recency), _floats(T)
        result = (
            log_rising(self.r, x)
            - x * np.log(self.alpha + T_)
            - self.r * np.log1p(T_ / self.alpha)
            + log_rising(self.b, self.a)
            - log_rising(self.b + x, self.a)
        )
        delta = self._log_odds_of_having_left(x, t_x, T_)
        return np.where(x > 0, result + np.logaddexp(0, delta), result)

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """P(alive at T). 1 for one-time buyers: this model lets nobody leave before a repeat."""
        x, t_x, T_ = _floats(frequency), _floats(recency), _floats(T)
        return np.where(x > 0, expit(-self._log_odds_of_having_left(x, t_x, T_)), 1.0)

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
        return expected_count(self.r, self.a, self.b, _floats(frequency), self._u(T, horizon))

    def purchases_second_moment_if_alive(
        self, frequency: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Floats:
        """E[N^2] of the purchases N in (T, T + horizon] of customers who are alive at T."""
        return count_second_moment(self.r, self.a, self.b, _floats(frequency), self._u(T, horizon))

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
        return self.expected_purchases_if_alive(0.0, 0.0, horizon)

    def _u(self, T: ArrayLike, horizon: ArrayLike) -> Floats:
        return np.asarray(_floats(horizon) / (self.alpha + _floats(T)))

    def _log_odds_of_having_left(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """ln(P(left) / P(alive)) after a repeat purchase; meaningless where x = 0."""
        repeat = np.maximum(x, 1.0)
        silence = np.log1p((T - t_x) / (self.alpha + t_x))
        return np.asarray(
            np.log(self.a) - np.log(self.b + (repeat - 1)) + (self.r + repeat) * silence
        )


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
