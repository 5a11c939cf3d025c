"""Fits BG/NBD and MBG/NBD: log-likelihood of a histogram with gradient and Hessian; the verdict.

Log-parameters in the order r, alpha, a, b; time in units of the mean T.
"""

from functools import partial
from typing import Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.models.bg_nbd import BGNBD, MBGNBD
from clv.models.fitting import Fit, Point, dot
from clv.models.histogram import PurchaseHistogram
from clv.models.purchase_fit import Recipe, fit_recipe

Floats = NDArray[np.float64]
M = TypeVar("M", bound=BGNBD)

BLOCK: Final = 16_384  # rows at a time: they stay in the cache, and BLAS starts no threads
USUAL: Final = np.log([0.5, 0.3, 0.8, 2.5])
STARTS: Final = np.log([[0.5, 0.5, 0.8, 2.5], [0.5, 0.5, 0.01, 1.0], [5.0, 5.0, 0.3, 3.0]])


def fit_bg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    prior: bool = True,
) -> Fit[BGNBD]:
    """Maximum likelihood BG/NBD; never fails on odd data, but says so in the verdict.

    One row per customer, or per distinct (frequency, recency, T) with the number of such
    customers as weights. alpha comes back in the unit of time of the data. prior: where the
    data leave a parameter open, add the weak prior (see `clv.models.fitting`).
    Raises NotEnoughData when there is no customer at all.
    """
    return fit_recipe(_recipe(BGNBD), frequency, recency, T, weights, prior)


def fit_mbg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    prior: bool = True,
) -> Fit[MBGNBD]:
    """Maximum likelihood MBG/NBD; as `fit_bg_nbd` in everything else."""
    return fit_recipe(_recipe(MBGNBD), frequency, recency, T, weights, prior)


def _recipe(family: type[M]) -> Recipe[M]:
    return Recipe(
        family=family,
        timed=(1,),
        log_likelihood=partial(log_likelihood, at_once=family.leaves_at_once),
        usual=USUAL,
        starts=STARTS,
        leaving=_leaving_sentence,
    )


def log_likelihood(histogram: PurchaseHistogram, theta: Floats, *, at_once: bool = False) -> Point:
    """Log-likelihood at log-parameters `theta`, its gradient and exact Hessian, in one pass.

    at_once: MBG/NBD, where a customer may leave right after the first purchase. Fader, Hardie &
    Lee (2005), eq. 6, gathered into sums over numbers of purchases (terms in x alone), over
    lengths of observation (terms in T alone) and over rows of customers who may have left.
    """
    chances = histogram.more_than
    if at_once:
        chances = np.concatenate([[histogram.customers_at.sum()], chances])
    parts = [rate_part(histogram, theta), _leaving_part(chances, theta)]
    parts += _silence_parts(histogram, theta, at_once)
    values, gradients, hessians = zip(*parts, strict=True)
    return Point(theta, float(sum(values)), sum(gradients), sum(hessians))


Part = tuple[float, Floats, Floats]  # value, gradient, Hessian


def rate_part(histogram: PurchaseHistogram, theta: Floats) -> Part:
    """ln Gamma(r + x) - ln Gamma(r) + r ln alpha - (r + x) ln(alpha + T)."""
    r, alpha = np.exp(theta[:2])
    more, n, purchases = histogram.more_than, histogram.customers_at, histogram.purchases_at
    step = r + np.arange(len(more))
    log_time = np.log1p(histogram.times / alpha)
    late = histogram.times / (alpha + histogram.times)
    spent = n * r + purchases
    by_r = r * (dot(more, 1 / step) - dot(n, log_time))
    mixed = r * dot(n, late)
    gradient, hessian = np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
    gradient[:2] = by_r, dot(spent, late) - more.sum()
    hessian[0, 0] = by_r - r * r * dot(more, 1 / step**2)
    hessian[0, 1] = hessian[1, 0] = mixed
    hessian[1, 1] = -dot(spent, late * (1 - late))
    value = dot(more, np.log(step / alpha)) - dot(spent, log_time)
    return value, gradient, hessian


def _leaving_part(more: Floats, theta: Floats) -> Part:
    """ln B(a, b + k) - ln B(a, b), as -sum over j < k of ln(1 + a / (b + j)).

    k: how often a customer had the chance to leave; more: customers with k > 0, 1, ...
    """
    a, b = np.exp(theta[2:])
    stay = b + np.arange(len(more))
    both = a + stay
    by_a, by_b = -a * dot(more, 1 / both), a * b * dot(more, 1 / (stay * both))
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[2:] = by_a, by_b
    square = dot(more, 1 / both**2)
    hessian[2, 2] = by_a + a * a * square
    hessian[2, 3] = hessian[3, 2] = a * b * square
    hessian[3, 3] = by_b - a * b * b * dot(more, (stay + both) / (stay * both) ** 2)
    return -dot(more, np.log1p(a / stay)), gradient, hessian


def _silence_parts(histogram: PurchaseHistogram, theta: Floats, at_once: bool) -> list[Part]:
    """ln(1 + e^delta) of all rows, delta the log-odds of having left, by block."""
    r, alpha, a, b = np.exp(theta)
    if at_once:
        histogram = histogram.everyone
    # Everything that costs a logarithm or a division is looked up by x or by time.
    chances = np.arange(len(histogram.more_than) + 1.0) + at_once
    stay = b + np.maximum(chances - 1, 0)
    log_odds = np.log(a / stay)
    by_b, by_bb = -b / stay, -b * (stay - b) / stay**2
    # Times relative to alpha, so that differences stay exact when r and alpha run away.
    log_time = np.log1p(histogram.times / alpha)
    late = histogram.times / (alpha + histogram.times)
    turn = late * (1 - late)
    parts = []
    for first in range(0, len(histogram.x), BLOCK):
        rows = slice(first, first + BLOCK)
        x, last, end = histogram.x[rows], histogram.last[rows], histogram.end[rows]
        s = r + x
        silence = log_time[end] - log_time[last]
        pull = late[last] - late[end]
        delta = log_odds[x] + s * silence
        small = np.exp(-np.abs(delta))  # never overflows
        softplus = np.maximum(delta, 0) + np.log1p(small)
        left = np.where(delta > 0, 1, small) / (1 + small)
        weight = histogram.weight[rows]
        slope = weight * left
        bend = slope * np.where(delta > 0, small, 1) / (1 + small)
        by = np.stack([r * silence, s * pull, np.ones(len(s)), by_b[x]])
        gradient = by @ slope
        hessian = (by * bend) @ by.T
        hessian[0, 0] += gradient[0]
        hessian[0, 1] += r * (slope @ pull)
        hessian[1, 0] = hessian[0, 1]
        hessian[1, 1] += slope @ (s * (turn[end] - turn[last]))
        hessian[3, 3] += slope @ by_bb[x]
        parts.append((float(weight @ softplus), gradient, hessian))
    return parts


def _leaving_sentence(a: float, b: float) -> str:
    chance, sameness = a / (a + b), a + b
    if chance < 0.01:
        return "The data say that nobody ever leaves: nearly every customer counts as still active."
    if chance > 0.99:
        return "The data say that everybody leaves right after coming back once."
    if sameness > 20:
        return "The data say that every customer is equally likely to leave after a purchase."
    if sameness < 0.2:
        return "The data say that customers leave right after coming back once, or never."
    return "The data do not settle how likely customers are to leave."
