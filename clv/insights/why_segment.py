"""Why a customer is in their segment, tier and status: the figures and the limits, in words."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from clv import schema
from clv.insights.segments import LIKELY_GONE, RISK_HELP, RFMCuts, tier_names
from clv.intake.wording import counted, rounded
from clv.settings import Settings

BEST: Final = 5


def why_segment(
    row: pd.Series, cuts: RFMCuts, analysis_date: date, settings: Settings
) -> tuple[str, ...]:
    """Sentences on R, F and the name, and on the status. row: of `Analysis.frame`."""
    silent = (pd.Timestamp(analysis_date) - row[schema.LAST_ORDER]).days
    r, f = (int(score) for score in str(row[schema.RFM])[:2])
    return (
        f"R {r} of 5: the last order was {counted(silent, 'day')} before the analysis date; "
        f"{_recency_limits(r, cuts.recency_days)}.",
        f"F {f} of 5: {counted(int(row[schema.ORDERS]), 'order')}; "
        f"{_order_limits(f, cuts.orders)}.",
        f"On the grid of the page Segments, R {r} and F {f} are called {row[schema.SEGMENT]}.",
        _status(row, silent, settings),
    )


def why_tier(row: pd.Series, frame: pd.DataFrame, settings: Settings, modelled: bool) -> str:
    """The tier: where the customer stands among all, and what the tier begins and ends with."""
    column, what = (
        (schema.PREDICTED_CLV, "predicted CLV")
        if modelled
        else (schema.HISTORIC_VALUE, "historic value")
    )
    own = frame.loc[frame[schema.TIER] == row[schema.TIER], column]
    rank = int((frame[column] > row[column]).sum()) + 1
    last = tier_names(settings.tiers)[-1]
    return (
        f"Tier {row[schema.TIER]} of A to {last}: by {what} number {rank:,} of "
        f"{len(frame):,} customers; the tier holds those from {_money(own.min())} to "
        f"{_money(own.max())}."
    )


def why_risk(row: pd.Series, frame: pd.DataFrame) -> str:
    """Value and risk: predicted CLV against the median, P(alive) against one half."""
    value, median = row[schema.PREDICTED_CLV], float(np.median(frame[schema.PREDICTED_CLV]))
    side = "at least" if value >= median else "below"
    alive, limit = row[schema.P_ALIVE], rounded(100 * LIKELY_GONE)
    odds = f"below {limit} %" if alive < LIKELY_GONE else f"{limit} % or more"
    name = str(row[schema.VALUE_RISK])
    return (
        f"{name}: the predicted CLV is {side} the median of {_money(median)}, and P(alive) is "
        f"{odds}. {RISK_HELP[name]}"
    )


def _recency_limits(score: int, cuts: Sequence[float]) -> str:
    upper = BEST - score  # the best score has the lowest limit
    if upper >= len(cuts):
        return f"more than {rounded(cuts[-1])} days gives R {score}"
    if upper == 0:
        return f"up to {rounded(cuts[0])} days gives R {score}"
    return f"{_between(cuts[upper - 1] + 1, cuts[upper], ' days')} R {score}"


def _order_limits(score: int, cuts: Sequence[float]) -> str:
    upper = score - 1
    if upper >= len(cuts):
        return f"more than {rounded(cuts[-1])} gives F {score}"
    if upper == 0:
        return f"up to {rounded(cuts[0])} gives F {score}"
    return f"{_between(cuts[upper - 1] + 1, cuts[upper], '')} F {score}"


def _between(low: float, high: float, unit: str) -> str:
    if low >= high:
        return f"{rounded(high)}{unit} gives"
    return f"{rounded(low)} to {rounded(high)}{unit} give"


def _status(row: pd.Series, silent: int, settings: Settings) -> str:
    name, inactive, gone = (
        str(row[schema.CUSTOMER_STATUS]),
        counted(settings.inactive_months, "month"),
        counted(settings.long_gone_months, "month"),
    )
    why = {
        "New": f"the first order was within the last {settings.new_days} days",
        "Active": f"the last order was less than {inactive} ago",
        "Churned": f"the last order was {inactive} or more ago, and less than {gone}",
        "Long gone": f"the last order was {gone} or more ago",
    }[name]
    return f"Status {name}: {why} ({counted(silent, 'day')})."


def _money(value: float) -> str:
    return rounded(float(value), 0 if abs(value) >= 1000 else 2)
