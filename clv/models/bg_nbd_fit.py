"""Fits BG/NBD: the log-likelihood of a histogram with gradient and exact Hessian, and the verdict.

Log-parameters in the order r, alpha, a, b; time in units of the mean T.
"""

from functools import partial
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.models.bg_nbd import BGNBD
from clv.models.fitting import (
    MIN_REPEAT_CUSTOMERS,
    Fit,
    Optimum,
    Point,
    Verdict,
    dot,
    search,
    too_little,
)
from clv.models.histogram import Customers, PurchaseHistogram, collapse, read_customers

Floats = NDArray[np.float64]

BLOCK: Final = 8192  # rows at a time: they stay in the cache, and BLAS starts no threads
THIN: Final = 2_500  # customers enough to find the region of the optimum
USUAL: Final = np.log([0.5, 0.3, 0.8, 2.5])
STARTS: Final = np.log([[0.5, 0.5, 0.8, 2.5], [0.5, 0.5, 0.01, 1.0], [5.0, 5.0, 0.3, 3.0]])


def fit_bg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
) -> Fit[BGNBD]:
    """Maximum likelihood BG/NBD; never fails on odd data, but says so in the verdict.

    One row per customer, or per distinct (frequency, recency, T) with the number of such
    customers as weights. alpha comes back in the unit of time of the data.
    Raises NotEnoughData when there is no customer at all.
    """
    customers, notes = read_customers(frequency, recency, T, weights)
    histogram = collapse(customers)
    optimum = _search(customers, histogram)
    r, alpha, a, b = (float(value) for value in np.exp(optimum.theta))
    purchases = float(histogram.more_than.sum())
    return Fit(
        model=BGNBD(r, alpha * histogram.scale, a, b),
        log_likelihood=optimum.value - purchases * float(np.log(histogram.scale)),
        covariance=optimum.covariance(),
        customers=round(customers.number),
        evaluations=optimum.evaluations,
        verdict=_judge(optimum, customers.repeat),
        notes=notes,
    )


def log_likelihood(histogram: PurchaseHistogram, theta: Floats) -> Point:
    """Log-likelihood at log-parameters `theta`, its gradient and exact Hessian, in one pass.

    Fader, Hardie & Lee (2005), eq. 6, gathered into sums over numbers of purchases (terms in
    x alone), over lengths of observation (terms in T alone) and over rows of repeat customers.
    """
    parts = [_rate_part(histogram, theta), _leaving_part(histogram, theta)]
    parts += _silence_parts(histogram, theta)
    values, gradients, hessians = zip(*parts, strict=True)
    return Point(theta, float(sum(values)), sum(gradients), sum(hessians))


Part = tuple[float, Floats, Floats]  # value, gradient, Hessian


def _rate_part(histogram: PurchaseHistogram, theta: Floats) -> Part:
    """ln Gamma(r + x) - ln Gamma(r) + r ln alpha - (r + x) ln(alpha + T)."""
    r, alpha = np.exp(theta[:2])
    more, n, purchases = histogram.more_than, histogram.customers_at, histogram.purchases_at
    step = r + np.arange(len(more))
    log_time = np.log1p(histogram.times / alpha)
    late = histogram.times / (alpha + histogram.times)
    spent = n * r + purchases
    by_r = r * (dot(more, 1 / step) - dot(n, log_time))
    mixed = r * dot(n, late)
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[:2] = by_r, dot(spent, late) - more.sum()
    hessian[0, 0] = by_r - r * r * dot(more, 1 / step**2)
    hessian[0, 1] = hessian[1, 0] = mixed
    hessian[1, 1] = -dot(spent, late * (1 - late))
    value = dot(more, np.log(step / alpha)) - dot(spent, log_time)
    return value, gradient, hessian


def _leaving_part(histogram: PurchaseHistogram, theta: Floats) -> Part:
    """ln B(a, b + x) - ln B(a, b), as -sum over j < x of ln(1 + a / (b + j))."""
    a, b = np.exp(theta[2:])
    more = histogram.more_than
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


def _silence_parts(histogram: PurchaseHistogram, theta: Floats) -> list[Part]:
    """ln(1 + e^delta) of the repeat customers, delta the log-odds of having left, by block."""
    r, alpha, a, b = np.exp(theta)
    # Everything that costs a logarithm or a division is looked up by x or by time.
    stay = b + np.maximum(np.arange(len(histogram.more_than) + 1.0) - 1, 0)
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


def _search(customers: Customers, histogram: PurchaseHistogram) -> Optimum:
    """The best optimum; a thin slice of many customers says where to start."""
    starts = STARTS
    stride = len(customers.x) // THIN
    if stride > 1:
        few = collapse(customers.thinned(stride))
        near = search(partial(log_likelihood, few), STARTS, USUAL).theta.copy()
        near[1] += np.log(few.scale / histogram.scale)
        starts = np.vstack([near, STARTS])
    return search(partial(log_likelihood, histogram), starts, USUAL)


def _judge(optimum: Optimum, repeat_customers: float) -> Verdict:
    """What the curvature and the data say about this fit, the same in any unit of time."""
    if repeat_customers < MIN_REPEAT_CUSTOMERS:
        return too_little(repeat_customers, "how often customers buy and when they leave")
    if optimum.identified:
        return Verdict("converged", "The data settle how often customers buy and when they leave.")
    r, _, a, b = np.exp(optimum.theta)
    sentences = []
    if optimum.vague[2:].any():
        sentences.append(_leaving_sentence(a / (a + b), a + b))
    if optimum.vague[:2].any():
        sentences.append(
            "The data say that all customers buy at the same rate."
            if r > 1
            else "The data do not settle how often customers buy."
        )
    return Verdict("boundary", " ".join(sentences) or "The data do not settle this model.")


def _leaving_sentence(chance: float, sameness: float) -> str:
    if chance < 0.01:
        return "The data say that nobody ever leaves: every customer counts as still active."
    if chance > 0.99:
        return "The data say that everybody leaves right after coming back once."
    if sameness > 20:
        return "The data say that every customer is equally likely to leave after a purchase."
    if sameness < 0.2:
        return "The data say that customers leave right after coming back once, or never."
    return "The data do not settle how likely customers are to leave."
