"""From a shop to what the data alone decide: customers, test, fits, formula terms."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from clv import schema
from clv.analysis.customer_files import UNTESTED as NO_ORDERS
from clv.analysis.customer_files import WHAT_IS_MISSING, summary_of_file
from clv.errors import CLVError, InvalidSettings, NotEnoughData
from clv.formula import FormulaTerms, measure_margin, measure_terms, measure_terms_of_rows
from clv.insights.channels import channel_column
from clv.insights.chosen_customers import whole_base
from clv.insights.levels import Level, product_levels
from clv.insights.lines import Lines, open_lines
from clv.insights.segments import RFMCuts, rfm_codes, rfm_scores, rfm_segments, statuses
from clv.insights.suitability import Finding, sufficiency, suitability, suitability_of_rows
from clv.intake.shop import Shop
from clv.models import Fit, GammaGamma
from clv.models.ladder import (
    RULE,
    RUNGS,
    default_family,
    fit_purchases,
    fit_rule,
    fit_spend,
)
from clv.settings import Settings
from clv.summary import customer_summary
from clv.validation.contenders import rule_spread
from clv.validation.holdout import take_holdout
from clv.validation.scorecard import Scorecard, Trial, scorecard, try_models
from clv.valuation import Outlook, look_ahead, month_ends

MONTHS_AHEAD: Final = 36  # as far as the table of expected purchases goes; recomputed beyond
UNTESTED: Final = 0.3  # log spread of a rule that no test has measured: off by a third
KEYS: Final = (schema.FREQUENCY, schema.RECENCY, schema.T)


@dataclass(frozen=True)
class ModelResult:
    """The fitted purchase and spend models, or why there are none.

    reason: why this purchase model is used; cautions: plain sentences on what limits the model
    figures for this shop.
    """

    purchases: Fit[Any] | None
    spend: Fit[GammaGamma] | None
    problem: CLVError | None
    reason: str = ""
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """What the data and the choice of model decide.

    customers: the summary, one row each, with what the model says of them whatever the horizon;
    trial: the test on the shop's own past, or untested: why there is none; outlook: None
    without a model; levels: the product hierarchy (`product_levels`).
    """

    shop: Shop
    settings: Settings
    analysis_date: date
    customers: pd.DataFrame
    rfm_cuts: RFMCuts
    model: ModelResult
    outlook: Outlook | None
    trial: Trial | None
    untested: CLVError | None
    terms: FormulaTerms
    measured_margin: float | None  # from the cost column, where there is one
    levels: tuple[Level, ...] = ()
    _cards: dict[float, Scorecard] = field(default_factory=dict, compare=False, repr=False)

    @property
    def window_days(self) -> int:
        """Days from the first order to the analysis date."""
        return (self.analysis_date - self.shop.first).days

    @property
    def usable_margin(self) -> float | None:
        """The measured margin where it can be one."""
        measured = self.measured_margin
        return measured if measured is not None and 0 < measured < 1 else None

    def scorecard(self, coverage: float) -> Scorecard | None:
        """How well the model in use did on the shop's own past; None where it was not tested."""
        if self.trial is None or self.model.purchases is None:
            return None
        if coverage not in self._cards:
            used = self.model.purchases.model.name
            self._cards[coverage] = scorecard(self.trial, used, coverage)
        return self._cards[coverage]

    @cached_property
    def lines(self) -> Lines:
        """The order lines; NotEnoughData for a file with one row per customer."""
        return open_lines(self.shop, self.customers[schema.CUSTOMER_ID], self.levels)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Whether the shop suits the models, and whether there is enough of it, in words."""
        enough = sufficiency(self.customers, self.window_days)
        if self.shop.by_customer:
            whole = whole_base(self.customers, self.analysis_date)
            return (*enough, *whole, *suitability_of_rows(self.customers))
        return (
            *enough,
            *suitability(
                self.shop.transactions, self.customers, self.shop.first, self.analysis_date
            ),
        )


def prepare(shop: Shop, settings: Settings | None = None) -> Prepared:
    """Summarise the customers, test and fit the models, measure the formula's terms.

    Of the settings, those count that do not follow a slider: analysis date, model, and what
    makes a customer new, inactive or long gone.
    """
    settings = settings or Settings()
    day = settings.analysis_date or shop.last
    if day < shop.last:
        raise InvalidSettings(
            f"The analysis date {day} lies before the last order, {shop.last}.",
            "Choose a later day, or leave out the orders after it when cleaning.",
        )
    by_customer = shop.by_customer
    levels = () if by_customer else product_levels(shop.transactions, shop.roles, shop.attributes)
    summary = _summary(shop, day, _of_customers(shop, levels))
    enough = sufficiency(summary, (day - shop.first).days)
    if by_customer:
        enough = (*enough, *whole_base(summary, day))
    trial, untested = (None, NO_ORDERS) if by_customer else _trial(shop, day)
    model = _fit(summary, trial, settings.model, enough, firsts_count=by_customer)
    outlook = None
    terms = _terms(shop, summary, day, settings.inactive_months)
    if model.purchases and model.spend:
        ends = month_ends(day, max(MONTHS_AHEAD, settings.horizon_months))
        outlook = look_ahead(summary, model.purchases, model.spend, ends, firsts_count=by_customer)
        terms = terms.with_model_churn(float(outlook.p_alive.mean()))
    customers, cuts = with_fixed_columns(summary, day, settings, outlook)
    return Prepared(
        shop=shop,
        settings=settings,
        analysis_date=day,
        customers=customers,
        rfm_cuts=cuts,
        model=model,
        outlook=outlook,
        trial=trial,
        untested=untested,
        terms=terms,
        measured_margin=measure_margin(shop.transactions) if schema.COST in shop.roles else None,
        levels=levels,
    )


def _terms(shop: Shop, summary: pd.DataFrame, day: date, inactive_months: int) -> FormulaTerms:
    if shop.by_customer:
        return measure_terms_of_rows(summary, shop.first, day, inactive_months=inactive_months)
    return measure_terms(shop.transactions, shop.first, day, inactive_months=inactive_months)


def _of_customers(shop: Shop, levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """The attributes that speak of the customer or the order, not of the product."""
    return tuple(pair for pair in shop.attributes if pair not in levels)


def _summary(shop: Shop, day: date, attributes: tuple[Level, ...]) -> pd.DataFrame:
    # Labels come from the user's file: they meet our own column names only at the end.
    inner = tuple((f"attribute_{i}", column) for i, (_, column) in enumerate(attributes))
    if shop.by_customer:
        summary = summary_of_file(shop, day, inner)
    else:
        roles = tuple((r, r) for r in (schema.CHANNEL, schema.COUNTRY) if r in shop.roles)
        summary = customer_summary(shop.transactions, day, (*roles, *inner)).execute()
    labels = _labels(shop, attributes)
    summary = summary.rename(columns=dict(zip(dict(inner), labels, strict=True)))
    if len(summary) < 2:
        raise NotEnoughData(
            f"The file has {len(summary)} customer{'' if len(summary) == 1 else 's'} with orders.",
            "Check the column chosen as customer; an analysis needs at least two customers.",
        )
    return summary


def _labels(shop: Shop, attributes: tuple[Level, ...]) -> list[str]:
    """Labels of the attributes; one that is also a name of ours is marked as the file's."""
    roles = (schema.CHANNEL, schema.COUNTRY, schema.INTERESTS)
    channels = (schema.CHANNELS_USED, schema.MAIN_CHANNEL)
    each = [channel_column(w, c) for w in (schema.ORDERS, schema.REVENUE) for c in shop.channels]
    ours = {name.casefold() for name in (*schema.CUSTOMER_COLUMNS, *roles, *channels, *each)}
    return [f"{label} (file)" if label.casefold() in ours else label for label, _ in attributes]


def _trial(shop: Shop, day: date) -> tuple[Trial | None, CLVError | None]:
    try:
        return try_models(take_holdout(shop.transactions, shop.first, day)), None
    except NotEnoughData as error:
        return None, error


def _fit(
    summary: pd.DataFrame,
    trial: Trial | None,
    wanted: str,
    enough: tuple[Finding, ...],
    *,
    firsts_count: bool,
) -> ModelResult:
    x, t_x, T = (summary[name].to_numpy(float) for name in KEYS)
    name, reason = _model_to_use(x, trial, wanted)
    try:
        if name == RULE:
            spread = rule_spread(trial.holdout) if trial else UNTESTED
            purchases: Fit[Any] = fit_rule(spread, T)
        else:
            purchases = fit_purchases(name, x, t_x, T)
        spend = fit_spend(
            x,
            summary[schema.MONETARY].to_numpy(float),
            summary[schema.REVENUE],
            firsts_count=firsts_count,
        )
    except NotEnoughData as error:
        return ModelResult(None, None, error)
    if purchases.model.name != name:
        reason = f"{purchases.model.name} is used in place of {name}. {purchases.verdict.sentence}"
    cautions = tuple(
        f"{fit.verdict.sentence} {RUNGS[fit.rung]}"
        for fit in (purchases, spend)
        if fit.rung != "likelihood"
    )
    scarce = tuple(finding.sentence for finding in enough if finding.concern)
    rows = (WHAT_IS_MISSING,) if firsts_count else ()
    return ModelResult(purchases, spend, None, reason, (*cautions, *scarce, *rows))


def _model_to_use(x: Any, trial: Trial | None, wanted: str) -> tuple[str, str]:
    """The name of the model and why it is used."""
    if wanted != Settings.model:
        chosen = f" The test speaks for {trial.choice.name}." if trial else ""
        return wanted, f"{wanted} is used: you chose it.{chosen}"
    if trial:
        return trial.choice.name, trial.choice.reason
    name = default_family(x)
    why = (
        "most customers bought once, and this model lets them leave after it"
        if name == "MBG/NBD"
        else "it is the usual choice"
    )
    return name, f"{name} is used: {why}, and no test on the past could choose."


def with_fixed_columns(
    summary: pd.DataFrame, day: date, settings: Settings, outlook: Outlook | None
) -> tuple[pd.DataFrame, RFMCuts]:
    """The summary with the columns that no slider changes, and the cut points of RFM."""
    nothing = np.full(len(summary), np.nan)
    scores, cuts = rfm_scores(summary, day)
    columns = {
        schema.P_ALIVE: outlook.p_alive if outlook else nothing,
        schema.EXPECTED_ORDER_VALUE: outlook.per_order if outlook else nothing,
        schema.P_ORDER_30D: outlook.p_order_30d if outlook else nothing,
        schema.RFM: rfm_codes(scores),
        schema.SEGMENT: rfm_segments(scores),
        schema.CUSTOMER_STATUS: statuses(summary, day, settings),
    }
    return summary.assign(**columns), cuts
