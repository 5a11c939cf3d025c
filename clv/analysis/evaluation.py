"""Margin, horizon and discount put to prepared data: every figure of one analysis."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.analysis.customer_files import formula_of_rows
from clv.analysis.preparation import ModelResult, Prepared, prepare
from clv.formula import (
    FormulaCLV,
    FormulaTerms,
    formula_clv,
    measure_terms_of_rows,
    tutorial_score,
)
from clv.insights.decomposition import ModelMeans, decompose
from clv.insights.levels import level_labels
from clv.insights.lines import Lines, Mask
from clv.insights.questions import formula_terms
from clv.insights.revenue import gross_sales
from clv.insights.segments import (
    RISKS,
    STATUSES,
    RFMCuts,
    holds_item,
    list_table,
    rfm_codes,
    rfm_scores,
    rfm_segments,
    segment_names,
    segment_table,
    tier_names,
    value_risk,
    value_tiers,
)
from clv.insights.selection import Population
from clv.intake.shop import Shop
from clv.intake.wording import percent
from clv.settings import ASSUMED_MARGIN, USUAL, Settings
from clv.validation.scorecard import Scorecard
from clv.validation.sensitivity import View, sensitivity
from clv.valuation import Interval, Valuation, look_ahead, month_ends, value_customers

AN_INSTANT = 1e-3  # days, in which nobody has time to leave


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
    """Every figure of one shop under one set of settings.

    frame: one row per customer, sorted by customer_id: the columns of `clv.schema` but for the
    interval and the next order date, which `customers` adds. members: mask over it; formula,
    totals and decomposition are those of these customers, None for all (see `among`).
    """

    prepared: Prepared
    settings: Settings
    margin: float
    formula: FormulaCLV
    valuation: Valuation | None
    frame: pd.DataFrame
    members: Mask | None = None

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
                f"The cost column gives a margin of {percent(measured)}, which cannot be; check "
                "that it holds the cost of the whole line."
            )
        if self.valuation and self.valuation.coverage is None:
            found.append(
                f"You look {self.settings.horizon_months} months ahead from "
                f"{self.prepared.window_days} days of orders: no honest interval can be given."
            )
        return tuple(found)

    @property
    def analysis_date(self) -> date:
        """The day the figures speak of."""
        return self.prepared.analysis_date

    @property
    def lines(self) -> Lines:
        """The order lines; NotEnoughData for a file with one row per customer."""
        return self.prepared.lines

    @cached_property
    def population(self) -> Population:
        """The customers, to be selected from."""
        if self.shop.by_customer:
            return Population(self.frame, self.analysis_date)
        levels = level_labels(self.prepared.levels, self.shop.roles)
        return Population(self.frame, self.analysis_date, levels, lambda: self.lines)

    @property
    def rfm_cuts(self) -> RFMCuts:
        """The cut points of the RFM scores."""
        own = self.settings.rfm
        usual = self.prepared.rfm_cuts
        return RFMCuts(
            recency_days=own.recency_days or usual.recency_days,
            orders=own.orders or usual.orders,
            revenue=own.revenue or usual.revenue,
        )

    @property
    def scorecard(self) -> Scorecard | None:
        """How well the model did on the shop's own past; None where it could not be tested."""
        return self.prepared.scorecard(self.settings.coverage)

    @property
    def verdict(self) -> str:
        """One sentence on what to rely on; why there is none where the past was too short."""
        card, untested = self.scorecard, self.prepared.untested
        if card:
            return card.verdict
        return f"Not tested on your own past. {untested.message}" if untested else ""

    def customers(self, chosen: pd.DataFrame | None = None) -> pd.DataFrame:
        """One row per customer with every column of `clv.schema`.

        chosen: rows of `frame`, in any order; default all, sorted by customer_id.
        """
        rows = (self.frame if chosen is None else chosen).copy()
        places = rows.index.to_numpy()
        nothing = np.full(len(rows), np.nan)
        low, high = self.valuation.intervals(places) if self.valuation else (nothing, nothing)
        rows[schema.PREDICTED_CLV_LOW], rows[schema.PREDICTED_CLV_HIGH] = low, high
        days = self.valuation.next_order_days[places] if self.valuation else nothing
        day = pd.Timestamp(self.analysis_date)
        rows[schema.NEXT_ORDER_DATE] = day + pd.to_timedelta(np.ceil(days), unit="D")
        ours = [name for name in schema.CUSTOMER_COLUMNS if name in rows]
        return rows[[*ours, *self._further(rows)]]

    def _further(self, rows: pd.DataFrame) -> list[str]:
        return [name for name in rows.columns if name not in schema.CUSTOMER_COLUMNS]

    def segments(self, by: str = schema.SEGMENT, members: Any = None) -> pd.DataFrame:
        """What each segment, tier or status is worth, with intervals (see `segment_table`).

        by: also an attribute; with "interests" a customer counts in each of them.
        members: optional mask over `customers()`; only those are counted.
        """
        if by == schema.INTERESTS:
            return list_table(self.frame, by, self.valuation, members)
        orders = {
            schema.SEGMENT: segment_names(self.settings.rfm),
            schema.TIER: tier_names(self.settings.tiers),
            schema.CUSTOMER_STATUS: STATUSES,
            schema.VALUE_RISK: RISKS,
        }
        order = orders.get(by) or tuple(sorted(self.frame[by].dropna().unique()))
        return segment_table(self.frame, by, order, self.valuation, members)

    def members_of(self, by: str, name: str) -> npt.NDArray[np.bool_]:
        """Mask over `frame` of the customers of one group of `segments(by)`."""
        if by == schema.INTERESTS:
            return holds_item(self.frame[by], name)
        return (self.frame[by] == name).to_numpy(dtype=bool)

    @cached_property
    def totals(self) -> Totals:
        """The whole base."""
        valuation, chosen = self.valuation, self._chosen
        frame = self.frame[chosen]
        return Totals(
            customers=len(frame),
            revenue=float(frame[schema.REVENUE].sum()),
            historic_value=float(frame[schema.HISTORIC_VALUE].sum()),
            predicted_clv=valuation.total(self.members) if valuation else None,
            undiscounted=float(valuation.undiscounted[chosen].sum()) if valuation else None,
        )

    def among(self, members: Mask) -> "Analysis":
        """The same of some customers (a mask over `frame`): formula, totals and decomposition are
        theirs. Churn is then measured among them, too."""
        if members.all():
            return self
        terms = self._terms_of(members)
        if self.valuation and members.any():
            terms = terms.with_model_churn(float(self.valuation.outlook.p_alive[members].mean()))
        formula = _formula(self.prepared, terms, self.settings, self.margin)
        return replace(self, formula=formula, members=members)

    def _terms_of(self, members: Mask) -> FormulaTerms:
        first, day, months = self.shop.first, self.analysis_date, self.settings.inactive_months
        if self.shop.by_customer:
            rows = self.frame[members]
            return measure_terms_of_rows(rows, first, day, inactive_months=months)
        return self.lines.ask(formula_terms, members, (), first, day, months)

    @property
    def _chosen(self) -> Mask | slice:
        return slice(None) if self.members is None else self.members

    @cached_property
    def decomposition(self) -> pd.DataFrame:
        """From the formula's figure to the model's, step by step (see `decompose`)."""
        return decompose(self.formula, self._model_means())

    def earlier_views(self) -> tuple[View, ...]:
        """The predicted CLV of the whole base as it would have looked one to three months ago,
        the model fitted anew each time; empty without a model and without single orders.
        Takes a moment."""
        fit = self.model.purchases
        if fit is None or self.valuation is None or self.shop.by_customer:
            return ()
        return sensitivity(
            self.shop.transactions,
            self.shop.first,
            self.analysis_date,
            fit.model.name,
            rule_spread=float(np.sqrt(fit.covariance[0, 0])),
            settings=self.settings,
            margin=self.margin,
        )

    def tutorial_score(self) -> pd.Series:
        """The score of the course notebooks per row of `frame` (see `clv.formula`): 1 to 100,
        money squared. Like there, cancellations are left out and what they cancel stays: sales
        before refunds."""
        sales = self.frame
        if not self.shop.by_customer:
            found = gross_sales(self.shop.transactions).set_index(schema.CUSTOMER_ID)
            sales = found.reindex(self.frame[schema.CUSTOMER_ID]).set_index(self.frame.index)
        return tutorial_score(
            sales[schema.REVENUE],
            sales[schema.ORDERS],
            churn=self.formula.churn,
            margin=self.margin,
        )

    def _model_means(self) -> ModelMeans | None:
        valuation = self.valuation
        if valuation is None or not np.any(self.members is None or self.members):
            return None
        look, chosen = valuation.outlook, self._chosen
        pace = look.if_alive(look.purchases.expected_purchases_if_alive, AN_INSTANT) / AN_INSTANT
        staying = look.p_alive * pace[look.pairs.index] * valuation.horizon
        return ModelMeans(
            p_alive=float(look.p_alive[chosen].mean()),
            expected_orders=float(valuation.expected_orders[chosen].mean()),
            orders_if_all_stay=float(staying[chosen].mean()),
            clv=float(valuation.value[chosen].mean()),
            undiscounted=float(valuation.undiscounted[chosen].mean()),
            horizon_months=self.settings.horizon_months,
            annual_discount=self.settings.annual_discount,
        )


def analyse(shop: Shop, settings: Settings | None = None) -> Analysis:
    """Value every customer of a shop.

    Raises NotEnoughData for fewer than two customers and InvalidSettings for an analysis date
    before the last order. Where no model can be fitted, the formula still stands and
    `analysis.model.problem` says why.
    """
    settings = settings or Settings()
    return evaluate(prepare(shop, settings), settings)


def evaluate(prepared: Prepared, settings: Settings) -> Analysis:
    """Put margin, horizon, discount and churn method to prepared data."""
    margin = settings.margin
    if margin is None:
        usable = prepared.usable_margin
        margin = ASSUMED_MARGIN if usable is None else usable
    valuation = _valuation(prepared, settings, margin)
    return Analysis(
        prepared=prepared,
        settings=settings,
        margin=margin,
        formula=_formula(prepared, prepared.terms, settings, margin),
        valuation=valuation,
        frame=_frame(prepared, settings, valuation, margin),
    )


def _formula(
    prepared: Prepared, terms: FormulaTerms, settings: Settings, margin: float
) -> FormulaCLV:
    if prepared.shop.by_customer:
        return formula_of_rows(terms, margin, settings)
    return formula_clv(terms, margin, settings.churn_method)


def _valuation(prepared: Prepared, settings: Settings, margin: float) -> Valuation | None:
    outlook, model = prepared.outlook, prepared.model
    if outlook is None or model.purchases is None or model.spend is None:
        return None
    if settings.horizon_months > len(outlook.ends):
        ends = month_ends(prepared.analysis_date, settings.horizon_months)
        outlook = look_ahead(
            prepared.customers,
            model.purchases,
            model.spend,
            ends,
            firsts_count=prepared.shop.by_customer,
        )
    return value_customers(
        outlook,
        horizon_months=settings.horizon_months,
        annual_discount=settings.annual_discount,
        margin=margin,
        coverage=settings.coverage,
        window_days=prepared.window_days,
    )


def _frame(
    prepared: Prepared, settings: Settings, valuation: Valuation | None, margin: float
) -> pd.DataFrame:
    base = prepared.customers
    nothing = np.full(len(base), np.nan)
    historic = margin * base[schema.REVENUE].to_numpy()
    predicted = valuation.value if valuation else nothing
    columns: dict[str, Any] = {
        schema.MARGIN: historic,
        schema.HISTORIC_VALUE: historic,
        schema.EXPECTED_ORDERS: valuation.expected_orders if valuation else nothing,
        schema.PREDICTED_CLV: predicted,
        schema.TOTAL_VALUE: historic + predicted,
        schema.TIER: value_tiers(predicted if valuation else historic, settings.tiers),
    }
    if valuation:
        p_alive = base[schema.P_ALIVE].to_numpy()
        columns[schema.VALUE_RISK] = value_risk(predicted, p_alive)
    if settings.rfm != USUAL:
        scores, _ = rfm_scores(base, prepared.analysis_date, settings.rfm)
        columns[schema.RFM] = rfm_codes(scores)
        columns[schema.SEGMENT] = rfm_segments(scores, settings.rfm)
    return base.assign(**columns)
