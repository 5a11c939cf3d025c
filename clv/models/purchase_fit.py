"""How every purchase model is fitted: histogram, starts, ladder of two rungs, verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.models.fitting import (
    MIN_REPEAT_CUSTOMERS,
    ROUGHLY,
    Fit,
    Optimum,
    Point,
    Verdict,
    search,
    settle,
    too_little,
)
from clv.models.histogram import Customers, PurchaseHistogram, collapse, read_customers

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Floats = NDArray[np.float64]
M = TypeVar("M", bound="DataclassInstance")

THIN: Final = 2_500  # customers enough to find the region of the optimum


@dataclass(frozen=True)
class Recipe(Generic[M]):
    """What one model brings to its fit; four log-parameters, the first two r and alpha.

    timed: positions of the parameters that are in the unit of time. log_likelihood: of a
    histogram, at log-parameters with time in units of its scale. usual: the centre of the
    priors; starts: where to climb from. leaving: the sentence on parameters 2 and 3 where the
    data leave them open.
    """

    family: Callable[..., M]
    timed: tuple[int, ...]
    log_likelihood: Callable[[PurchaseHistogram, Floats], Point]
    usual: Floats
    starts: Floats
    leaving: Callable[[float, float], str]


def fit_recipe(
    recipe: Recipe[M],
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None,
    prior: bool,
) -> Fit[M]:
    """Maximum likelihood; where it leaves a parameter open and `prior` is set, with the weak prior.

    Never fails on odd data, but says so in the verdict. Raises NotEnoughData without customers.
    """
    customers, notes = read_customers(frequency, recency, T, weights)
    histogram = collapse(customers)
    alone, used = settle(
        partial(recipe.log_likelihood, histogram),
        _starts(recipe, customers, histogram.scale),
        recipe.usual,
        lambda optimum: optimum.identified or not prior,
    )
    unit = np.ones(len(recipe.usual))
    unit[list(recipe.timed)] = histogram.scale
    purchases = float(histogram.more_than.sum())
    return Fit(
        model=recipe.family(*(float(value) for value in np.exp(used.theta) * unit)),
        log_likelihood=used.value - purchases * float(np.log(histogram.scale)),
        covariance=used.covariance(),
        customers=round(customers.number),
        evaluations=alone.evaluations + (0 if used is alone else used.evaluations),
        verdict=_judge(alone, customers.repeat, recipe.leaving),
        notes=notes,
        rung=used.rung,
    )


def _starts(recipe: Recipe[M], customers: Customers, scale: float) -> Floats:
    """Where to start: a thin slice of many customers says it."""
    stride = len(customers.x) // THIN
    if stride <= 1:
        return recipe.starts
    few = collapse(customers.thinned(stride))
    objective = partial(recipe.log_likelihood, few)
    near = search(objective, recipe.starts, recipe.usual, ROUGHLY).theta.copy()
    near[list(recipe.timed)] += np.log(few.scale / scale)
    return np.vstack([near, recipe.starts])


def _judge(
    optimum: Optimum, repeat_customers: float, leaving: Callable[[float, float], str]
) -> Verdict:
    """What the curvature and the data say about a fit, the same in any unit of time."""
    if repeat_customers < MIN_REPEAT_CUSTOMERS:
        return too_little(repeat_customers, "how often customers buy and when they leave")
    if optimum.identified:
        return Verdict("converged", "The data settle how often customers buy and when they leave.")
    _, _, first, second = (float(value) for value in np.exp(optimum.theta))
    sentences = []
    if optimum.vague[2:].any():
        sentences.append(leaving(first, second))
    if optimum.vague[:2].any():
        sentences.append(rate_sentence(optimum))
    return Verdict("boundary", " ".join(sentences) or "The data do not settle this model.")


def rate_sentence(optimum: Optimum) -> str:
    """What it means that the data leave r or alpha open."""
    if optimum.theta[0] > 0:  # r runs away
        return "The data say that all customers buy at the same rate."
    return "The data do not settle how often customers buy."
