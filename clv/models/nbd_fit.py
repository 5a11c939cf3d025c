"""Fits NBD and the single rate: the rungs on which nobody leaves, for very few repeat purchases."""

from functools import partial
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.models.bg_nbd_fit import USUAL, rate_part
from clv.models.fitting import (
    MIN_REPEAT_CUSTOMERS,
    Fit,
    Optimum,
    Point,
    Verdict,
    settle,
    too_little,
)
from clv.models.histogram import PurchaseHistogram, collapse, read_customers
from clv.models.nbd import NBD
from clv.models.purchase_fit import rate_sentence

Floats = NDArray[np.float64]

ALIKE: Final = 1e6  # r at which customers differ by a thousandth of their rate
HALF: Final = 0.5  # of a purchase: Jeffreys' prior, so that no purchase is not no rate


def fit_nbd(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None
) -> Fit[NBD]:
    """NBD, with the weak prior where the data leave a parameter open; holds for any customers
    with a history."""
    customers, notes = read_customers(frequency, recency, T, weights)
    histogram = collapse(customers)
    start = USUAL[:2]
    alone, optimum = settle(partial(log_likelihood, histogram), start[None, :], start)
    r, alpha = (float(value) for value in np.exp(optimum.theta))
    purchases = float(histogram.more_than.sum())
    return Fit(
        model=NBD(r, alpha * histogram.scale),
        log_likelihood=optimum.value - purchases * float(np.log(histogram.scale)),
        covariance=optimum.covariance(),
        customers=round(customers.number),
        evaluations=optimum.evaluations,
        verdict=_judge(alone, customers.repeat),
        notes=notes,
        rung="nobody_leaves",
    )


def fit_one_rate(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None
) -> Fit[NBD]:
    """One rate for all: repeat purchases over customer-days, half a purchase added."""
    customers, notes = read_customers(frequency, recency, T, weights)
    histogram = collapse(customers)
    purchases = float(histogram.more_than.sum()) + HALF
    exposure = float(histogram.customers_at @ histogram.times) * histogram.scale
    model = NBD(ALIKE, ALIKE * exposure / purchases)
    columns = (np.asarray(each, np.float64) for each in (customers.x, customers.t_x, customers.T))
    weight = 1.0 if customers.weight is None else customers.weight
    return Fit(
        model=model,
        log_likelihood=float((weight * model.log_likelihood(*columns)).sum()),
        covariance=np.diag([0.0, 1 / purchases]),  # of the logarithm of a gamma(purchases) rate
        customers=round(customers.number),
        evaluations=1,
        verdict=too_little(customers.repeat, "how customers differ"),
        notes=notes,
        rung="one_rate",
    )


def _judge(optimum: Optimum, repeat_customers: float) -> Verdict:
    if repeat_customers < MIN_REPEAT_CUSTOMERS:
        return too_little(repeat_customers, "when customers leave")
    if optimum.identified:
        return Verdict(
            "converged", "The data settle how often customers buy; that nobody leaves is assumed."
        )
    return Verdict("boundary", rate_sentence(optimum))


def log_likelihood(histogram: PurchaseHistogram, theta: Floats) -> Point:
    """Log-likelihood at (ln r, ln alpha) with gradient and Hessian."""
    value, gradient, hessian = rate_part(histogram, theta)
    return Point(theta, value, gradient, hessian)
