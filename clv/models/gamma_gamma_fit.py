"""Fits Gamma-Gamma: log-likelihood with gradient and exact Hessian, and the verdict.

Log-parameters in the order p, q, v; money in units of the mean of the customers' means.
"""

from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.errors import NotEnoughData
from clv.models.fitting import (
    MIN_REPEAT_CUSTOMERS,
    ROUGHLY,
    WEAK,
    Fit,
    Optimum,
    Point,
    Verdict,
    climb,
    search,
    settle,
    too_little,
)
from clv.models.gamma_gamma import GammaGamma
from clv.models.histogram import MOST_PURCHASES
from clv.models.special import digamma_rise, log_beta, trigamma

Floats = NDArray[np.float64]

BLOCK: Final = 8192  # rows at a time: they stay in the cache, and BLAS starts no threads
THIN: Final = 5_000  # customers enough to find the region of the optimum
USUAL: Final = np.log([4.0, 4.0, 1.0])
STARTS: Final = np.log([[4.0, 4.0, 1.0], [1.0, 20.0, 20.0], [20.0, 1.5, 0.05]])
NOTHING: Final = 1e-9  # of the mean: less than this is not an order value
HELD_Q: Final = 2.0  # where q is held when the population mean may be infinite
FROM_ALL_ORDERS: Final = Verdict(
    "too_little_data",
    "Too few customers came back and paid, so order values are learned from first orders too.",
)


@dataclass(frozen=True)
class SpendTable:
    """Repeat customers, money in units of `scale`, the mean of their mean values.

    distinct_x, customers_with: the histogram of frequency. spent = x m, weight and
    weight x, by row. log_m: the sum of ln m.
    """

    scale: float
    distinct_x: Floats
    customers_with: Floats
    spent: Floats
    weight: Floats
    weight_x: Floats
    log_m: float


def fit_gamma_gamma(
    frequency: ArrayLike,
    monetary: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    all_orders: bool = False,
) -> Fit[GammaGamma]:
    """Maximum likelihood Gamma-Gamma over customers with repeat purchases of positive value.

    v comes back in the currency of the data. Where the data leave a parameter open, or q is
    within a standard error of 1, at which the mean order value of the population becomes
    infinite, the weak prior is added; where that is not enough, q is held at 2. The verdict
    says so. all_orders: these are all purchases and not repeat purchases, for lack of the
    latter; the weak prior is then part of it. Raises NotEnoughData when there is no such customer.
    """
    x, m, weight, notes = _read(frequency, monetary, weights)
    table = _tabulate(x, m, weight, float(np.average(m, weights=weight)))
    number = float(weight.sum())
    objective = partial(log_likelihood, table)
    starts = STARTS
    stride = len(x) // THIN
    if stride > 1:  # a thin slice says where to start
        few = _tabulate(x[::stride], m[::stride], weight[::stride], table.scale)
        near = search(partial(log_likelihood, few), STARTS, USUAL, ROUGHLY)
        starts = np.vstack([near.theta, STARTS])
    alone, used = settle(objective, starts, USUAL, lambda o: not all_orders and _usable(o))
    if _mean_may_be_infinite(used):
        floor = np.array([-inf, np.log(HELD_Q), -inf])
        used = climb(objective, used.theta, USUAL, precision=WEAK, floor=floor)
    p, q, v = (float(value) for value in np.exp(used.theta))
    return Fit(
        model=GammaGamma(p, q, v * table.scale),
        log_likelihood=used.value - number * float(np.log(table.scale)),
        covariance=used.covariance(),
        customers=round(number),
        evaluations=alone.evaluations + (0 if used is alone else used.evaluations),
        verdict=FROM_ALL_ORDERS if all_orders else _judge(alone, number),
        notes=notes,
        rung="all_orders" if all_orders else used.rung,
    )


def _read(
    frequency: ArrayLike, monetary: ArrayLike, weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats, tuple[str, ...]]:
    """x, m and weight of the customers with repeat purchases of positive value, and a note."""
    x, m = (np.ravel(np.asarray(each, dtype=np.float64)) for each in (frequency, monetary))
    weight = np.ones(len(x)) if weights is None else np.ravel(np.asarray(weights, np.float64))
    came_back = (x > 0) & np.isfinite(x) & (weight > 0) & np.isfinite(weight)
    paid = came_back & (m > 0) & np.isfinite(m)
    if paid.any():
        paid &= m > NOTHING * m[paid].mean()
    else:
        raise NotEnoughData(
            "No customer came back and paid, so there is nothing to learn order values from.",
            "Load a longer history, or use the formula view.",
        )
    unpaid = float(weight[came_back & ~paid].sum())
    notes = (f"Customers left out because they came back but paid nothing: {unpaid:.0f}.",)
    return x[paid], m[paid], weight[paid], notes if unpaid else ()


def _tabulate(x: Floats, m: Floats, weight: Floats, scale: float) -> SpendTable:
    distinct, number = _histogram(x, weight)
    m = m / scale
    return SpendTable(
        scale=scale,
        distinct_x=distinct,
        customers_with=number,
        spent=x * m,
        weight=weight,
        weight_x=weight * x,
        log_m=float(weight @ np.log(m)),
    )


def _histogram(x: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The distinct x and the weight of each."""
    if x.max() <= MOST_PURCHASES and np.array_equal(whole := x.astype(np.intp), x):
        count = np.bincount(whole, weight).astype(np.float64)
        seen = np.flatnonzero(count)
        return seen.astype(np.float64), count[seen]
    distinct, position = np.unique(x, return_inverse=True)
    return distinct, np.bincount(position, weight).astype(np.float64)


def log_likelihood(table: SpendTable, theta: Floats) -> Point:
    """Log-likelihood at log-parameters (p, q, v), its gradient and exact Hessian, in one pass."""
    p, q, v = np.exp(theta)
    x, n = table.distinct_x, table.customers_with
    number, shape = n.sum(), p * x + q
    sums = _sums_over_customers(table, v)
    spread, nearness = n @ trigamma(shape), n @ (x * trigamma(shape))
    by_p = p * (n @ (x * digamma_rise(p * x, q)) - sums.log_v_in_spent)
    by_q = q * (n @ digamma_rise(q, p * x) - sums.log_spent_in_v)
    by_v = q * sums.share_spent - p * sums.x_share_v
    by_pp = by_p + p * p * (n @ (x * x * (trigamma(shape) - trigamma(p * x))))
    by_qq = by_q + q * q * (spread - number * trigamma(q))
    by_pq, by_pv, by_qv = p * q * nearness, -p * sums.x_share_v, q * sums.share_spent
    by_vv = -p * sums.x_product - q * sums.product
    value = -(n @ log_beta(p * x, q)) - table.log_m
    value -= p * sums.log_v_in_spent + q * sums.log_spent_in_v
    return Point(
        theta,
        float(value),
        np.array([by_p, by_q, by_v]),
        np.array([[by_pp, by_pq, by_pv], [by_pq, by_qq, by_qv], [by_pv, by_qv, by_vv]]),
    )


class _Sums(NamedTuple):
    """Sums over customers with y = x m spent; `x_` marks those with weight x."""

    log_spent_in_v: float  # ln(1 + y / v)
    log_v_in_spent: float  # x ln(1 + v / y)
    share_spent: float  # y / (y + v)
    x_share_v: float  # x v / (y + v)
    product: float  # y v / (y + v)^2
    x_product: float


def _sums_over_customers(table: SpendTable, v: float) -> _Sums:
    sums = np.zeros(len(_Sums._fields))
    for first in range(0, len(table.spent), BLOCK):
        rows = slice(first, first + BLOCK)
        weight, weight_x = table.weight[rows], table.weight_x[rows]
        ratio = table.spent[rows] / v
        share_v = 1 / (1 + ratio)
        share = ratio * share_v
        product = share * share_v
        sums += (
            weight @ np.log1p(ratio),
            weight_x @ np.log1p(1 / ratio),
            weight @ share,
            weight_x @ share_v,
            weight @ product,
            weight_x @ product,
        )
    return _Sums(*sums)


def _usable(optimum: Optimum) -> bool:
    return optimum.identified and not _mean_may_be_infinite(optimum)


def _mean_may_be_infinite(optimum: Optimum) -> bool:
    q = float(np.exp(optimum.theta[1]))
    return q < HELD_Q and q - 1 <= q * float(optimum.spread[1])


def _judge(optimum: Optimum, customers: float) -> Verdict:
    """What the curvature and the data say about this fit, the same in any currency."""
    if customers < MIN_REPEAT_CUSTOMERS:
        return too_little(customers, "how spending differs between customers")
    if _mean_may_be_infinite(optimum):
        return Verdict(
            "boundary",
            "A few customers spend so much more than the others that these data have no stable "
            "average order value; order values of customers with few orders are a cautious guess.",
        )
    p, q, _ = np.exp(optimum.theta)
    sentences = []
    if optimum.vague[0] and p > 1:
        sentences.append("The data say that a customer spends the same amount every time.")
    if optimum.vague[1] and q > 1:
        sentences.append("The data say that all customers spend alike.")
    if sentences or not optimum.identified:
        return Verdict("boundary", " ".join(sentences) or "The data do not settle this model.")
    return Verdict("converged", "The data settle how much customers spend, and how they differ.")
