"""The ladder: which model holds for these customers, so that a fit is never just "failed".

Purchases, from the top; each rung is tried where the one above does not hold:
1. the model asked for, by maximum likelihood from several starts: every parameter identified;
2. the same with a weak prior, which fills in what the data leave open (`clv.models.fitting`);
3. NBD, in which nobody leaves: fewer than 10 customers came back;
4. one rate for all: fewer than 3 came back;
5. the same rate as before, a rule: where it foretold the shop's own past better than any model
   (decided in `clv.validation`, with the interval from a bootstrap).
Where most customers buy once, MBG/NBD stands in for BG/NBD, which lets no such customer leave.

Spend: 1. Gamma-Gamma by maximum likelihood; 2. with the weak prior, also where the mean order
value would be infinite (q near 1); 3. the same on all orders instead of repeat orders.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv.errors import NotEnoughData
from clv.models.bg_nbd_fit import fit_bg_nbd, fit_mbg_nbd
from clv.models.fitting import MIN_REPEAT_CUSTOMERS, Fit, Rung, Verdict
from clv.models.gamma_gamma import GammaGamma
from clv.models.gamma_gamma_fit import fit_gamma_gamma
from clv.models.nbd import SameRate
from clv.models.nbd_fit import fit_nbd, fit_one_rate
from clv.models.pareto_nbd_fit import fit_pareto_nbd

Floats = NDArray[np.float64]

RULE: Final = SameRate.name
FAMILIES: Final[Mapping[str, Callable[..., Fit[Any]]]] = {
    "BG/NBD": fit_bg_nbd,
    "MBG/NBD": fit_mbg_nbd,
    "Pareto/NBD": fit_pareto_nbd,
    "NBD": fit_nbd,
}
MODELS: Final = (*FAMILIES, RULE)

FEW: Final = 3  # repeat customers below which not even their differences can be seen
MOSTLY_ONCE: Final = 0.8  # share of one-time buyers from which on MBG/NBD is the default

RUNGS: Final[Mapping[Rung, str]] = {
    "likelihood": "The figures rest on the data alone.",
    "prior": "Where the data are silent, a weak assumption from usual shops fills in; it hardly "
    "moves what many customers settle.",
    "nobody_leaves": "A simpler model is used in which nobody ever leaves, so what it expects does "
    "not fade with the months ahead.",
    "one_rate": "All customers are given one and the same rate of orders: use the total as a rough "
    "guide, and not the order of customers.",
    "all_orders": "Order values rest on all orders, first ones too, and on a weak assumption from "
    "usual shops: use averages, single customers say little.",
    "rule": "Every customer is taken to go on at the own pace so far, and one-time buyers count "
    "for nothing: fair to regular buyers, blind to those who are leaving.",
}


def fit_purchases(
    name: str,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
) -> Fit[Any]:
    """Fit the model of this name (one of FAMILIES), or the first simpler one that holds.

    Raises NotEnoughData where nobody has had time to come back.
    """
    x, T_ = np.asarray(frequency, np.float64), np.asarray(T, np.float64)
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
    _require_time(T_ * weight)
    repeat = float(weight[x > 0].sum())
    fit = FAMILIES[name]
    if repeat < MIN_REPEAT_CUSTOMERS:
        fit = fit_nbd if repeat >= FEW else fit_one_rate
    return fit(frequency, recency, T, weights)


def fit_rule(spread: float, T: ArrayLike) -> Fit[SameRate]:
    """The rule of the same rate as before as a fit.

    spread: standard error of the logarithm of its total. Raises NotEnoughData where nobody has
    had time to come back.
    """
    _require_time(np.asarray(T, np.float64))
    return Fit(
        model=SameRate(),
        log_likelihood=float("nan"),
        covariance=np.array([[spread**2]]),
        customers=np.size(T),
        evaluations=0,
        verdict=Verdict(
            "rule", "No model is fitted; the pace of each customer so far is the forecast."
        ),
        rung="rule",
    )


def fit_spend(
    frequency: ArrayLike,
    monetary: ArrayLike,
    revenue: ArrayLike,
    *,
    firsts_count: bool = False,
) -> Fit[GammaGamma]:
    """Gamma-Gamma on repeat purchases, or on all purchases where too few customers came back.

    revenue: all net revenue of each customer, first purchases included. firsts_count: monetary
    is the mean of all purchases, which are frequency + 1.
    Raises NotEnoughData when nobody paid anything.
    """
    x, m = np.asarray(frequency, np.float64), np.nan_to_num(np.asarray(monetary, np.float64))
    if ((x > 0) & (m > 0)).sum() >= MIN_REPEAT_CUSTOMERS:
        return fit_gamma_gamma(x + 1 if firsts_count else x, m)
    return fit_gamma_gamma(x + 1, np.asarray(revenue, np.float64) / (x + 1), all_orders=True)


def _require_time(T: Floats) -> None:
    if not (T > 0).any():
        raise NotEnoughData(
            "All first orders are on the analysis date, so nobody has had time to come back.",
            "Load a longer history, or use the formula view.",
        )


def default_family(frequency: ArrayLike) -> str:
    """The model to use where the shop's own past cannot decide: BG/NBD, or MBG/NBD where most
    customers bought once."""
    once = float((np.asarray(frequency) == 0).mean())
    return "MBG/NBD" if once > MOSTLY_ONCE else "BG/NBD"
