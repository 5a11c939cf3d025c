"""Gamma-Gamma: what a customer spends per purchase.

A customer's purchases vary as Gamma(p, nu), and nu varies between customers as Gamma(q, v),
independently of how often they buy. Fader, Hardie & Lee (2005), "RFM and CLV"; Fader &
Hardie, note 025. Frequency x is the number of repeat purchases, m their mean value; v is in
the currency of the data.
"""

from dataclasses import dataclass
from math import inf
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.models.parameters import check_parameters
from clv.models.special import log_beta

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GammaGamma:
    """A Gamma-Gamma model: methods take arrays (or numbers) and broadcast them."""

    p: float
    q: float
    v: float

    name: ClassVar[str] = "Gamma-Gamma"

    def __post_init__(self) -> None:
        check_parameters(self)

    def log_likelihood(self, frequency: ArrayLike, monetary: ArrayLike) -> Floats:
        """Log-likelihood of each repeat customer's mean value. Note 025, eq. 1a.

        0 where there is no repeat purchase or no positive value: the model ignores them.
        """
        x, m = np.broadcast_arrays(_floats(frequency), _floats(monetary))
        known = (x > 0) & (m > 0)
        x, m = np.where(known, x, 1.0), np.where(known, m, 1.0)
        spent = x * m
        value = -log_beta(self.p * x, self.q) - np.log(m)
        value -= self.p * x * np.log1p(self.v / spent) + self.q * np.log1p(spent / self.v)
        return np.where(known, value, 0.0)

    @property
    def population_mean(self) -> float:
        """Mean order value over all customers, p v / (q - 1); infinite when q <= 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else inf

    def expected_order_value(self, frequency: ArrayLike, monetary: ArrayLike) -> Floats:
        """Expected value of a customer's next purchases, in the currency of the data.

        Note 025, eq. 5: the customer's own mean drawn towards that of all, and that of all
        where frequency is 0. A mean below zero (refunds) counts as zero. Infinite where the
        model has no finite mean (p x + q <= 1), never so for a fitted model.
        """
        x, m = np.broadcast_arrays(_floats(frequency), _floats(monetary))
        spent = np.where(x > 0, x * np.maximum(m, 0.0), 0.0)
        shape = self.p * x + (self.q - 1)
        if self.q > 1:
            return np.asarray(self.p * (self.v + spent) / shape)
        finite = shape > 0
        return np.where(finite, self.p * (self.v + spent) / np.where(finite, shape, 1.0), inf)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
