"""Customers to fit models to: the published CDNOW sample, and simulated shops."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest


class Shop(NamedTuple):
    """Frequency, recency and T of every customer."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray


@lru_cache
def summarise_cdnow(path: Path) -> pd.DataFrame:
    """One row per customer in weeks up to 1997-09-30, and the purchases in the 39 weeks after.

    x, t_x, T; m, the mean value of the repeat purchase days; later, purchase days after.
    """
    lines = pd.read_csv(
        path, sep=r"\s+", header=None, names=["_", "customer", "day", "cds", "value"], dtype=str
    )
    lines["day"] = pd.to_datetime(lines["day"], format="%Y%m%d")
    lines["value"] = lines["value"].astype(float)
    days = lines.groupby(["customer", "day"], as_index=False)["value"].sum()
    end = pd.Timestamp("1997-09-30")
    seen = days[days["day"] <= end]
    by_customer = seen.groupby("customer")["day"]
    first, last = by_customer.min(), by_customer.max()
    repeat = seen[seen["day"] > seen["customer"].map(first)]
    later = days[days["day"] > end].groupby("customer").size()
    return pd.DataFrame(
        {
            "x": by_customer.size() - 1,
            "t_x": (last - first).dt.days / 7,
            "T": (end - first).dt.days / 7,
            "m": repeat.groupby("customer")["value"].mean().reindex(first.index).fillna(0.0),
            "later": later.reindex(first.index).fillna(0),
        }
    )


@pytest.fixture
def cdnow(real: Callable[[str], Path]) -> pd.DataFrame:
    """The 2,357 customers of the CDNOW sample."""
    return summarise_cdnow(real("cdnow/CDNOW_sample.txt"))


def simulate_shop(
    number: int, r: float, alpha: float, a: float, b: float, *, longest: int = 365, seed: int = 0
) -> Shop:
    """Customers who behave as BG/NBD says, in whole days; r = inf: all at one rate 1 / alpha,
    a = 0: nobody leaves."""
    rng = np.random.default_rng(seed)
    T = rng.integers(1, longest + 1, number).astype(float)
    rate = np.full(number, 1 / alpha) if np.isinf(r) else rng.gamma(r, 1 / alpha, number)
    leaves = rng.beta(a, b, number) if a else np.zeros(number)
    x, last, now = np.zeros(number), np.zeros(number), np.zeros(number)
    alive = np.ones(number, dtype=bool)
    while alive.any():
        now += rng.exponential(1, number) / np.maximum(rate, 1e-300)
        alive &= now <= T
        day = np.ceil(now)
        new = alive & (day > last)
        x += new
        last = np.where(new, day, last)
        alive &= rng.random(number) >= leaves
    return Shop(x, last, T)


@pytest.fixture
def simulate() -> Callable[..., Shop]:
    """The function `simulate_shop`."""
    return simulate_shop
