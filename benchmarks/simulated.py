"""Simulated shops for the benchmarks: customers who do exactly what a model says, in whole days."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv.models import BGNBD, MBGNBD, GammaGamma, ParetoNBD

Purchases = BGNBD | MBGNBD | ParetoNBD


@dataclass(frozen=True)
class Shop:
    """customers: frequency, recency, T (days), monetary; later: what each did after T.

    later_purchases counts purchase days within `horizon` days, later_value is what they cost.
    """

    customers: pd.DataFrame
    later_purchases: np.ndarray
    later_value: np.ndarray


def simulate(
    purchases: Purchases,
    spend: GammaGamma,
    number: int,
    rng: np.random.Generator,
    *,
    days: int = 730,
    horizon: int = 0,
) -> Shop:
    """Draw customers who began on any day of the window, and follow them."""
    T = rng.integers(1, days + 1, number).astype(float)
    rate = rng.gamma(purchases.r, 1 / purchases.alpha, number)
    leaving = _Leaving.of(purchases, number, rng)
    scale = 1 / rng.gamma(spend.q, 1 / spend.v, number)
    x, last, now, spent = (np.zeros(number) for _ in range(4))
    later, value, before = np.zeros(number), np.zeros(number), np.zeros(number)
    alive = leaving.at_first()
    while alive.any():
        now += rng.exponential(1, number) / np.maximum(rate, 1e-300)
        alive &= (now <= T + horizon) & leaving.still_there(now)
        # Purchases of one day are one purchase; the first is on day 0.
        day = np.ceil(now)
        counts = alive & (day > before)
        amount = rng.gamma(spend.p, scale)
        seen, hidden = alive & (day <= T), alive & (day > T)
        x += counts & seen
        last = np.where(seen, day, last)
        spent += seen * amount
        later += counts & hidden
        value += hidden * amount
        before = np.where(alive, day, before)
        alive &= leaving.stays()
    monetary = np.divide(spent, x, out=np.full(number, np.nan), where=x > 0)
    columns = {"frequency": x, "recency": last, "T": T, "monetary": monetary}
    return Shop(pd.DataFrame(columns), later, value)


@dataclass(frozen=True)
class _Leaving:
    """When customers leave: with a chance after purchases, or at the end of a lifetime."""

    rng: np.random.Generator
    number: int
    chance: np.ndarray | None
    lifetime: np.ndarray | None
    at_once: bool

    @classmethod
    def of(cls, model: Purchases, number: int, rng: np.random.Generator) -> "_Leaving":
        if isinstance(model, ParetoNBD):
            lifetime = rng.exponential(1, number) / rng.gamma(model.s, 1 / model.beta, number)
            return cls(rng, number, None, lifetime, False)
        return cls(rng, number, rng.beta(model.a, model.b, number), None, model.leaves_at_once)

    def at_first(self) -> np.ndarray:
        return self.stays() if self.at_once else np.ones(self.number, dtype=bool)

    def stays(self) -> np.ndarray:
        if self.chance is None:
            return np.ones(self.number, dtype=bool)
        return self.rng.random(self.number) >= self.chance

    def still_there(self, now: np.ndarray) -> np.ndarray:
        return np.ones(self.number, bool) if self.lifetime is None else now <= self.lifetime
