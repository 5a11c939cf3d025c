"""The scorecard: how well each forecast did on the shop's own past, in figures."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from clv import schema
from clv.models import Fit, GammaGamma
from clv.models.ladder import MODELS, fit_spend
from clv.validation.choice import Choice, choose
from clv.validation.contenders import SAMPLE, Contender, models, rules
from clv.validation.holdout import Holdout
from clv.validation.ranking import deciles, normalised_gini, top_share, top_share_wobble
from clv.validation.reliance import Reliance, judge
from clv.validation.tracking import tracking
from clv.valuation import Interval, Valuation, look_ahead, value_customers

TOLERANCE: Final = 1e-6  # of the total: an outcome on the edge of an interval is inside


@dataclass(frozen=True)
class Score:
    """One forecast against what came; NaN where it makes no such forecast.

    purchases, value: forecast totals (purchase days, net revenue); the errors are shares of what
    came, positive when too much was forecast; mae: mean absolute error of a customer's
    purchases; log_score: mean log-probability of what came; gini: normalised, of value;
    top_share: share of the value that came from the tenth of customers ranked best.
    """

    name: str
    is_model: bool
    purchases: float
    purchases_error: float
    value: float
    value_error: float
    mae: float
    log_score: float
    gini: float
    top_share: float


@dataclass(frozen=True)
class Scorecard:
    """What the test on the shop's own past found.

    first, split, end: learned from `first` to `split`, tested until `end`; customers: known at
    the split; purchases, value: what came; scores: of all models, then of the rules; choice:
    the model that the test speaks for; in_use: the model in use; used: the one that is scored
    below, a simpler one where too little was known at the split for the one in use;
    interval: forecast of the net revenue of all with its range; covered: share of customers
    whose value lay in their range; wobble: standard error, by the choice of customers, of how
    much more value the model's best tenth caught than that of the best rule; deciles, tracking:
    frames for charts; reliance: what to rely on and what not.
    """

    first: date
    split: date
    end: date
    customers: int
    purchases: float
    value: float
    scores: tuple[Score, ...]
    choice: Choice
    in_use: str
    used: str
    coverage: float
    interval: Interval
    covered: float
    wobble: float
    deciles: pd.DataFrame = field(repr=False)
    tracking: pd.DataFrame = field(repr=False)
    reliance: tuple[Reliance, ...] = ()

    @property
    def score(self) -> Score:
        """Of the model that was tested."""
        return next(s for s in self.scores if s.name == self.used)

    @property
    def best_rule(self) -> Score:
        """The rule that caught most value with the tenth it ranks best."""
        return max((s for s in self.scores if not s.is_model), key=lambda s: s.top_share)

    @property
    def inside(self) -> bool:
        """Whether the total that came lay in its interval."""
        return self.interval.low <= self.value <= self.interval.high

    @property
    def verdict(self) -> str:
        """One sentence: what to rely on, what not."""
        instead = (
            f"Tested with {self.used}, because too little was known then for {self.in_use}: "
            if self.used != self.in_use
            else ""
        )
        return instead + "; ".join(part.short for part in self.reliance) + "."


@dataclass(frozen=True)
class Trial:
    """A holdout with all forecasts for it: what does not depend on the model in use."""

    holdout: Holdout
    spend: Fit[GammaGamma]
    models: tuple[Contender, ...]
    rules: tuple[Contender, ...]
    choice: Choice


def try_models(holdout: Holdout) -> Trial:
    """Fit all models to what was known at the split, and choose. Raises NotEnoughData."""
    known = holdout.customers
    spend = fit_spend(known[schema.FREQUENCY], known[schema.MONETARY], known[schema.REVENUE])
    contenders = models(holdout, spend)
    simple = rules(holdout, spend)
    able = [c for c in (*contenders, *simple) if c.fit]
    choice = choose(able, float(holdout.purchases.sum()))
    return Trial(holdout, spend, contenders, simple, choice)


def scorecard(trial: Trial, used: str, coverage: float) -> Scorecard:
    """Score every forecast, and the model in use (a name of the trial, else the chosen one) in
    depth."""
    holdout = trial.holdout
    by_name = {c.name: c for c in (*trial.models, *trial.rules) if c.fit}
    contender = by_name.get(used, by_name[trial.choice.name])
    scores = tuple(
        _score(c, holdout, is_model)
        for group, is_model in ((trial.models, True), (trial.rules, False))
        for c in group
    )
    valuation = _valuation(contender, trial, coverage)
    rule = max(trial.rules, key=lambda c: top_share(holdout.revenue, c.rank))
    card = Scorecard(
        first=holdout.first,
        split=holdout.split,
        end=holdout.end,
        customers=len(holdout.customers),
        purchases=float(holdout.purchases.sum()),
        value=float(holdout.revenue.sum()),
        scores=scores,
        choice=trial.choice,
        in_use=used if used in MODELS else contender.name,
        used=contender.name,
        coverage=coverage,
        interval=valuation.total(),
        covered=_covered(valuation, holdout),
        wobble=top_share_wobble(holdout.revenue, contender.rank, rule.rank),
        deciles=deciles(contender.value, holdout.revenue),
        tracking=tracking(contender.fit.model, holdout) if contender.fit else pd.DataFrame(),
    )
    return replace(card, reliance=judge(card))


def _covered(valuation: Valuation, holdout: Holdout) -> float:
    """Share of customers whose value lay in their range, over at most SAMPLE of them."""
    some = np.arange(0, len(holdout.customers), -(-len(holdout.customers) // SAMPLE))
    low, high = valuation.intervals(some)
    came = holdout.revenue[some]
    edge = TOLERANCE * float(np.abs(holdout.revenue).mean())
    return float(((low - edge <= came) & (came <= high + edge)).mean())


def _valuation(contender: Contender, trial: Trial, coverage: float) -> Valuation:
    """Net revenue over the test as the contender foretold it: no margin, no discount."""
    assert contender.fit is not None
    ends = np.array([trial.holdout.days])
    outlook = look_ahead(trial.holdout.customers, contender.fit, trial.spend, ends)
    return value_customers(
        outlook, horizon_months=1, annual_discount=0.0, margin=1.0, coverage=coverage
    )


def _score(contender: Contender, holdout: Holdout, is_model: bool) -> Score:
    came, earned = holdout.purchases, holdout.revenue
    value = float(contender.value.sum())
    return Score(
        name=contender.name,
        is_model=is_model,
        purchases=contender.total,
        purchases_error=_off(contender.total, float(came.sum())),
        value=value,
        value_error=_off(value, float(earned.sum())),
        mae=float(np.abs(contender.purchases - came).mean()),
        log_score=contender.log_score,
        gini=normalised_gini(earned, contender.rank),
        top_share=top_share(earned, contender.rank),
    )


def _off(forecast: float, actual: float) -> float:
    return forecast / actual - 1.0 if actual > 0 else float("nan")
