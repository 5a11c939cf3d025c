"""Everyone who makes a forecast for the test: the models, and the rules anyone could use."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clv import schema
from clv.models import Fit, GammaGamma, PurchaseModel
from clv.models.ladder import FAMILIES, fit_purchases, fit_rule
from clv.models.pairs import distinct_pairs
from clv.validation.holdout import Holdout

Floats = npt.NDArray[np.float64]

SILENT_DAYS: Final = 91.0  # three months, after which a customer counts as churned
SAMPLE: Final = 20_000  # customers that the log score is taken over
MOST: Final = 60  # purchases told apart by the log score; more are one outcome
RESAMPLES: Final = 400  # of the bootstrap
SEED: Final = 1

LAST_ORDER_RULE: Final = "Days since last order"
PAST_SPEND_RULE: Final = "Past spend"


@dataclass(frozen=True)
class Contender:
    """A forecast for the customers of a holdout, made with what was known at the split.

    purchases, value: expected purchase days and net revenue per customer, NaN where it makes no
    such forecast; rank: what it sorts customers by; fit: for models; log_score: mean
    log-probability it gave to the number of purchases that came; noise: standard deviation of
    the total of purchases by chance alone.
    """

    name: str
    purchases: Floats
    value: Floats
    rank: Floats
    fit: Fit[Any] | None = None
    log_score: float = float("nan")
    noise: float = float("nan")

    @property
    def total(self) -> float:
        """Expected purchases of all customers."""
        return float(self.purchases.sum())


def models(holdout: Holdout, spend: Fit[GammaGamma]) -> tuple[Contender, ...]:
    """Each model of the ladder, fitted to what was known at the split.

    Models that came down to the same simpler one are listed once, under its name.
    """
    x, t_x, T, _ = _columns(holdout)
    per_order = _per_order(holdout, spend)
    found: dict[str, Contender] = {}
    for family in FAMILIES:
        fit = fit_purchases(family, x, t_x, T)
        found.setdefault(fit.model.name, _contender(fit, holdout, per_order))
    return tuple(found.values())


def rules(holdout: Holdout, spend: Fit[GammaGamma]) -> tuple[Contender, ...]:
    """The rules that a forecast has to beat: same rate as before (which can be used as a model,
    and so has a fit), days since the last order, and past spend, which only sorts."""
    x, t_x, T, _ = _columns(holdout)
    per_order = _per_order(holdout, spend)
    spent = holdout.customers[schema.REVENUE].to_numpy(float)
    silence = T - t_x
    pace = x / np.maximum(T, 1.0) * holdout.days
    active = silence < SILENT_DAYS
    nothing = np.full(len(x), np.nan)
    return (
        _contender(fit_rule(rule_spread(holdout), T), holdout, per_order),
        Contender(LAST_ORDER_RULE, pace * active, pace * active * per_order, -silence),
        Contender(PAST_SPEND_RULE, nothing, nothing, spent),
    )


def _per_order(holdout: Holdout, spend: Fit[GammaGamma]) -> Floats:
    """Expected order value of each customer, the same for all contenders."""
    x, _, _, m = _columns(holdout)
    return spend.model.expected_order_value(x, np.maximum(np.nan_to_num(m), 0.0))


def rule_spread(holdout: Holdout) -> float:
    """How surely the same rate as before knows its total: a standard error in log units.

    From a bootstrap with Poisson weights: each time customers are drawn anew, with the ratio of
    what came to what the rule said. It covers the miss itself: the same may happen again.
    """
    x, _, T, _ = _columns(holdout)
    said, came = x / np.maximum(T, 1.0) * holdout.days, holdout.purchases
    rng = np.random.default_rng(SEED)
    # Fewer draws for many customers, whose total hardly varies.
    draws = max(20, min(RESAMPLES, 4_000_000 // len(x)))
    weights = (rng.poisson(1.0, len(x)) for _ in range(draws))
    ratios = [max(float(w @ came), 0.5) / max(float(w @ said), 0.5) for w in weights]
    return float(np.sqrt(np.mean(np.log(ratios) ** 2)))


def _contender(fit: Fit[Any], holdout: Holdout, per_order: Floats) -> Contender:
    x, t_x, T, _ = _columns(holdout)
    model: PurchaseModel = fit.model
    alive = model.probability_alive(x, t_x, T)
    pairs = distinct_pairs(x, T)
    span = pairs.x, pairs.T, holdout.days
    mean = alive * model.expected_purchases_if_alive(*span)[pairs.index]
    square = model.purchases_second_moment_if_alive(*span)[pairs.index]
    variance = alive * square - mean**2
    value = mean * per_order
    return Contender(
        model.name,
        mean,
        value,
        value,
        fit,
        _log_score(model, holdout),
        float(np.sqrt(np.maximum(variance, 0.0).sum())),
    )


def _log_score(model: PurchaseModel, holdout: Holdout) -> float:
    """Mean log-probability of the purchases that came, over at most SAMPLE customers."""
    stride = -(-len(holdout.customers) // SAMPLE)
    x, t_x, T, _ = (column[::stride] for column in _columns(holdout))
    came = holdout.purchases[::stride]
    pairs = distinct_pairs(x, T)
    most = int(min(came.max(initial=0.0), MOST - 1))
    table = model.probabilities_if_alive(pairs.x, pairs.T, holdout.days, most)
    more = np.maximum(1.0 - table.sum(axis=-1, keepdims=True), 0.0)
    table = np.concatenate([table, more], axis=-1)
    count = np.minimum(came, most + 1).astype(int)
    alive = model.probability_alive(x, t_x, T)
    chance = alive * table[pairs.index, count] + (1 - alive) * (count == 0)
    return float(np.log(np.maximum(chance, 1e-12)).mean())


def _columns(holdout: Holdout) -> tuple[Floats, Floats, Floats, Floats]:
    """x, t_x, T in days, and mean value of the repeat purchases (NaN for none), at the split."""
    x, t_x, T, m = (
        holdout.customers[name].to_numpy(dtype=float, na_value=np.nan)
        for name in (schema.FREQUENCY, schema.RECENCY, schema.T, schema.MONETARY)
    )
    return x, t_x, T, m
