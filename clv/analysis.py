"""The only wiring from transactions to answers: settings in, a frozen Analysis out.

`prepare` does what depends on the data alone (summary, fits, formula terms); `evaluate` puts
margin, horizon and discount to it and is fast enough to follow a slider.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from clv import engine, schema
from clv.errors import CLVError, InvalidSettings, NotEnoughData
from clv.formula import (
    FormulaCLV,
    FormulaTerms,
    formula_clv,
    measure_margin,
    measure_terms,
)
from clv.insights.comparison import ModelTerms, why_different
from clv.insights.segments import (
    SEGMENTS,
    STATUSES,
    RFMCuts,
    rfm_scores,
    rfm_segments,
    segment_table,
    statuses,
    tier_names,
    value_tiers,
)
from clv.intake.cleaning import Shop
from clv.models import BGNBD, Fit, GammaGamma, fit_bg_nbd, fit_gamma_gamma
from clv.settings import ASSUMED_MARGIN, Settings
from clv.summary import collapse, customer_summary
from clv.valuation import Interval, Valuation, month_ends, value_customers

FORESIGHT = 2  # looking further ahead than twice the history, intervals do not hold
FEW_CUSTOMERS, FEW_DAYS, FEW_REPEATS = 500, 180, 50


@dataclass(frozen=True)
class ModelResult:
    """The fitted purchase and spend models, or why there are none.

    cautions: plain sentences on what limits the model figures for this shop.
    """

    purchases: Fit[BGNBD] | None
    spend: Fit[GammaGamma] | None
    problem: CLVError | None
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """What the data alone decide: the customer summary, the fits and the formula's terms."""

    shop: Shop
    analysis_date: date
    summary: pd.DataFrame
    model: ModelResult
    terms: FormulaTerms
    inactive_months: int
    measured_margin: float | None  # from the cost column, where there is one

    @property
    def window_days(self) -> int:
        """Days from the first order to the analysis date."""
        return (self.analysis_date - self.shop.first).days

    @property
    def usable_margin(self) -> float | None:
        """The measured margin where it can be one."""
        measured = self.measured_margin
        return measured if measured is not None and 0 < measured < 1 else None


@dataclass(frozen=True)
class Totals:
    """The whole base, in money with the margin applied.

    predicted_clv: over the horizon, discounted, with its interval; undiscounted: the same
    without discount; None where there is no model.
    """

    customers: int
    revenue: float
    historic_value: float
    predicted_clv: Interval | None
    undiscounted: float | None


@dataclass(frozen=True)
class Analysis:
    """Every figure of one shop under one set of settings."""

    prepared: Prepared
    settings: Settings
    margin: float
    formula: FormulaCLV
    valuation: Valuation | None
    frame: pd.DataFrame
    rfm_cuts: RFMCuts

    @property
    def shop(self) -> Shop:
        """Where the figures come from."""
        return self.prepared.shop

    @property
    def model(self) -> ModelResult:
        """The fitted models and their verdicts."""
        return self.prepared.model

    @property
    def margin_source(self) -> str:
        """Where the margin comes from: "given", "cost column" or "assumed"."""
        if self.settings.margin is not None:
            return "given"
        return "assumed" if self.prepared.usable_margin is None else "cost column"

    @property
    def cautions(self) -> tuple[str, ...]:
        """Plain sentences on what limits the figures of this analysis."""
        found = list(self.model.cautions)
        measured = self.prepared.measured_margin
        if measured is not None and not 0 < measured < 1:
            found.append(
                f"The cost column gives a margin of {measured:.0%}, which cannot be; check that it "
                "holds the cost of the whole line."
            )
        if self.valuation and np.isnan(self.valuation.covariance).any():
            found.append(
                f"You look {self.settings.horizon_months} months ahead from "
                f"{self.prepared.window_days} days of orders: no honest interval can be given."
            )
        return tuple(found)

    @property
    def analysis_date(self) -> date:
        """The day the figures speak of."""
        return self.prepared.analysis_date

    def customers(self) -> pd.DataFrame:
        """One row per customer, sorted by customer_id; the columns of `clv.schema`."""
        return self.frame.copy()

    def segments(self, by: str = schema.SEGMENT, members: Any = None) -> pd.DataFrame:
        """What each segment, tier or status is worth, with intervals (see `segment_table`).

        members: optional mask over `customers()`; only those are counted.
        """
        orders = {
            schema.SEGMENT: SEGMENTS,
            schema.TIER: tier_names(self.settings.tiers),
            schema.CUSTOMER_STATUS: STATUSES,
        }
        order = orders.get(by) or tuple(sorted(self.frame[by].dropna().unique()))
        return segment_table(self.frame, by, order, self.valuation, members)

    @cached_property
    def totals(self) -> Totals:
        """The whole base."""
        return Totals(
            customers=len(self.frame),
            revenue=float(self.frame[schema.REVENUE].sum()),
            historic_value=float(self.frame[schema.HISTORIC_VALUE].sum()),
            predicted_clv=self.valuation.total() if self.valuation else None,
            undiscounted=float(self.valuation.undiscounted.sum()) if self.valuation else None,
        )

    @cached_property
    def why_different(self) -> str:
        """One sentence on why formula and model differ for this shop; empty without both."""
        total = self.totals.predicted_clv
        if self.valuation is None or total is None:
            return ""
        expected = float(self.valuation.expected_orders.sum())
        months = self.settings.horizon_months
        years = months / 12.0
        undiscounted = float(self.valuation.undiscounted.sum())
        value_per_order = undiscounted / self.margin / expected if expected * self.margin else 0.0
        terms = ModelTerms(
            clv=total.value / len(self.frame),
            orders_per_year=expected / len(self.frame) / years,
            order_value=value_per_order,
            discounted_years=years * total.value / undiscounted if undiscounted else 0.0,
            horizon_months=months,
            annual_discount=self.settings.annual_discount,
        )
        return why_different(self.formula, terms)


def analyse(shop: Shop, settings: Settings | None = None) -> Analysis:
    """Value every customer of a shop.

    Raises NotEnoughData for fewer than two customers and InvalidSettings for an analysis date
    before the last order. Where no model can be fitted, the formula still stands and
    `analysis.model.problem` says why.
    """
    settings = settings or Settings()
    prepared = prepare(shop, settings.analysis_date, settings.inactive_months)
    return evaluate(prepared, settings)


def prepare(shop: Shop, analysis_date: date | None = None, inactive_months: int = 3) -> Prepared:
    """Summarise the customers, fit the models and measure the formula's terms."""
    day = analysis_date or shop.last
    if day < shop.last:
        raise InvalidSettings(
            f"The analysis date {day} lies before the last order, {shop.last}.",
            "Choose a later day, or leave out the orders after it when cleaning.",
        )
    connection = engine.connect()
    transactions = shop.open(connection)
    roles = tuple((r, r) for r in (schema.CHANNEL, schema.COUNTRY) if r in shop.roles)
    # Labels come from the user's file: they meet our own column names only at the end.
    inner = tuple((f"attribute_{i}", column) for i, (_, column) in enumerate(shop.attributes))
    summary = customer_summary(transactions, day, (*roles, *inner)).execute()
    summary = summary.rename(columns=dict(zip(dict(inner), _labels(shop), strict=True)))
    if len(summary) < 2:
        raise NotEnoughData(
            f"The file has {len(summary)} customer{'' if len(summary) == 1 else 's'} with orders.",
            "Check the column chosen as customer; an analysis needs at least two customers.",
        )
    model = _fit(summary, (day - shop.first).days)
    terms = measure_terms(transactions, shop.first, day, inactive_months=inactive_months)
    if model.purchases:
        alive = model.purchases.model.probability_alive(
            *(summary[c].to_numpy(float) for c in _KEYS)
        )
        terms = terms.with_model_churn(float(alive.mean()))
    return Prepared(
        shop,
        day,
        summary,
        model,
        terms,
        inactive_months,
        measure_margin(transactions) if schema.COST in shop.roles else None,
    )


def _labels(shop: Shop) -> list[str]:
    """Labels of the attributes; one that is also a name of ours is marked as the file's."""
    ours = {name.casefold() for name in (*schema.CUSTOMER_COLUMNS, schema.CHANNEL, schema.COUNTRY)}
    return [
        f"{label} (file)" if label.casefold() in ours else label for label, _ in shop.attributes
    ]


def _fit(summary: pd.DataFrame, window_days: int) -> ModelResult:
    if not summary[schema.T].any():
        return ModelResult(
            None,
            None,
            NotEnoughData(
                "All first orders are on the analysis date, so nobody has had time to come back.",
                "Load a longer history, or use the formula view.",
            ),
            (),
        )
    rows = collapse(summary)
    columns = (rows[c].to_numpy(float) for c in (*_KEYS, "weight"))
    try:
        purchases = fit_bg_nbd(*columns)
        spend = fit_gamma_gamma(
            summary[schema.FREQUENCY].to_numpy(float),
            np.nan_to_num(summary[schema.MONETARY].to_numpy(float)),
        )
    except CLVError as error:
        return ModelResult(None, None, error, ())
    if not np.isfinite(spend.model.population_mean):
        problem = NotEnoughData(spend.verdict.sentence, "Use the formula view for this shop.")
        return ModelResult(purchases, spend, problem, ())
    return ModelResult(purchases, spend, None, _cautions(summary, window_days, purchases, spend))


_KEYS = (schema.FREQUENCY, schema.RECENCY, schema.T)


def _cautions(
    summary: pd.DataFrame, days: int, purchases: Fit[BGNBD], spend: Fit[GammaGamma]
) -> tuple[str, ...]:
    repeats = int((summary[schema.FREQUENCY] > 0).sum())
    short = [
        text
        for text, few in (
            (f"{len(summary)} customers (500 are better)", len(summary) < FEW_CUSTOMERS),
            (f"{days} days (180 are better)", days < FEW_DAYS),
            (f"{repeats} customers who came back (50 are better)", repeats < FEW_REPEATS),
        )
        if few
    ]
    found = []
    for fit in (purchases.verdict, spend.verdict):
        if fit.code == "boundary":
            limit = " The figures, and their intervals, hold only as far as that is true."
            found.append(fit.sentence + limit)
        elif fit.code != "converged":
            found.append(fit.sentence)
    if short:
        found.append(f"Model figures are indicative only: the file has {', '.join(short)}.")
    return tuple(found)


def evaluate(prepared: Prepared, settings: Settings) -> Analysis:
    """Put margin, horizon, discount and churn method to prepared data."""
    model = prepared.model
    margin = settings.margin
    if margin is None:
        usable = prepared.usable_margin
        margin = ASSUMED_MARGIN if usable is None else usable
    valuation = None
    if model.purchases and model.spend and model.problem is None:
        valuation = value_customers(
            prepared.summary,
            model.purchases,
            model.spend,
            prepared.analysis_date,
            settings,
            margin,
        )
        horizon_days = month_ends(prepared.analysis_date, settings.horizon_months)[-1]
        if horizon_days > FORESIGHT * prepared.window_days:
            valuation = valuation.without_intervals()
    frame, cuts = _customer_frame(prepared, settings, valuation, margin)
    return Analysis(
        prepared=prepared,
        settings=settings,
        margin=margin,
        formula=formula_clv(prepared.terms, margin, settings.churn_method),
        valuation=valuation,
        frame=frame,
        rfm_cuts=cuts,
    )


def _customer_frame(
    prepared: Prepared, settings: Settings, valuation: Valuation | None, margin: float
) -> tuple[pd.DataFrame, RFMCuts]:
    day = prepared.analysis_date
    frame = prepared.summary.copy()
    nothing = np.full(len(frame), np.nan)
    frame[schema.MARGIN] = margin * frame[schema.REVENUE]
    frame[schema.P_ALIVE] = valuation.p_alive if valuation else nothing
    frame[schema.EXPECTED_ORDERS] = valuation.expected_orders if valuation else nothing
    frame[schema.EXPECTED_ORDER_VALUE] = valuation.expected_order_value if valuation else nothing
    frame[schema.HISTORIC_VALUE] = frame[schema.MARGIN]
    frame[schema.PREDICTED_CLV] = valuation.value if valuation else nothing
    frame[schema.PREDICTED_CLV_LOW] = valuation.low if valuation else nothing
    frame[schema.PREDICTED_CLV_HIGH] = valuation.high if valuation else nothing
    frame[schema.TOTAL_VALUE] = frame[schema.HISTORIC_VALUE] + frame[schema.PREDICTED_CLV]
    frame[schema.NEXT_ORDER_DATE] = (
        pd.Timestamp(day) + pd.to_timedelta(np.ceil(valuation.next_order_days), unit="D")
        if valuation
        else pd.NaT
    )
    frame[schema.P_ORDER_30D] = valuation.p_order_30d if valuation else nothing
    ranked = frame[schema.PREDICTED_CLV] if valuation else frame[schema.HISTORIC_VALUE]
    frame[schema.TIER] = value_tiers(ranked, settings.tiers)
    scores, cuts = rfm_scores(frame, day)
    frame[schema.RFM] = (scores @ np.array([100, 10, 1])).astype(str)
    frame[schema.SEGMENT] = rfm_segments(scores)
    frame[schema.CUSTOMER_STATUS] = statuses(frame, day, settings)
    return frame, cuts
