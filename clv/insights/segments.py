"""Which customers belong together (tiers, RFM, status), and what each group is worth."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.settings import Settings
from clv.valuation import Interval, Valuation

# The eleven names on the (frequency, recency) grid of the definitions; R runs 5, 4, 3, 2, 1.
RFM_GRID: Final = {
    5: ("Champions", "Loyal", "Loyal", "At risk", "Cannot lose"),
    4: ("Champions", "Loyal", "Loyal", "At risk", "Cannot lose"),
    3: ("Potential loyalists", "Potential loyalists", "Need attention", "At risk", "Hibernating"),
    2: ("Potential loyalists", "Promising", "About to sleep", "Hibernating", "Hibernating"),
    1: ("New", "Promising", "About to sleep", "Lost", "Lost"),
}
SEGMENTS: Final = (
    "Champions",
    "Loyal",
    "Potential loyalists",
    "New",
    "Promising",
    "Need attention",
    "About to sleep",
    "At risk",
    "Cannot lose",
    "Hibernating",
    "Lost",
)
STATUSES: Final = ("New", "Active", "Churned", "Long gone")
SEGMENT_HELP: Final = {
    "Champions": "Order often and ordered recently.",
    "Loyal": "Order often; the last order is not the most recent.",
    "Potential loyalists": "Recent customers with some orders: on the way up.",
    "New": "The fewest orders, very recent.",
    "Promising": "Few orders, fairly recent.",
    "Need attention": "Average in both; drifting.",
    "About to sleep": "Few orders, and it has been a while.",
    "At risk": "Used to order more than most, not for a long time.",
    "Cannot lose": "Among the most frequent, and silent for longest.",
    "Hibernating": "Some orders, long ago.",
    "Lost": "Few orders, long ago.",
}


SEGMENT_COLUMNS: Final = [
    "name",
    "customers",
    "share_customers",
    schema.ORDERS,
    schema.REVENUE,
    "aov",
    schema.P_ALIVE,
    schema.HISTORIC_VALUE,
    schema.PREDICTED_CLV,
    schema.PREDICTED_CLV_LOW,
    schema.PREDICTED_CLV_HIGH,
    "predicted_clv_mean",
    "share_value",
    schema.TOTAL_VALUE,
]


@dataclass(frozen=True)
class RFMCuts:
    """Upper limits of the quintiles: days since the last order, orders, net revenue."""

    recency_days: tuple[float, ...]
    orders: tuple[float, ...]
    revenue: tuple[float, ...]


def tier_names(tiers: int) -> tuple[str, ...]:
    """A, B, C ... from the most to the least valuable."""
    return tuple("ABCDEFGHIJ"[:tiers])


def value_tiers(predicted_clv: pd.Series, tiers: int) -> pd.Series:
    """Tier of each customer by quantile of predicted CLV; equal values share a tier.

    Equal values stand at the middle of their ranks, so that a large group of equals is
    neither all best nor all worst.
    """
    share = (predicted_clv.rank(method="average") - 1) / max(len(predicted_clv) - 1, 1)
    steps = np.ceil((share * tiers).round(9)).clip(1, tiers).astype(int)
    names = np.array(tier_names(tiers))[::-1]
    return pd.Series(names[steps - 1], index=predicted_clv.index, dtype="str")


def rfm_scores(customers: pd.DataFrame, analysis_date: date) -> tuple[pd.DataFrame, RFMCuts]:
    """Scores r, f, m from 1 to 5 by quintile, and the cut points.

    Equal values get equal scores; r is 5 for the most recent, f and m for the most.
    """
    days = (pd.Timestamp(analysis_date) - customers[schema.LAST_ORDER]).dt.days
    cuts = RFMCuts(
        recency_days=_quintiles(days),
        orders=_quintiles(customers[schema.ORDERS]),
        revenue=_quintiles(customers[schema.REVENUE]),
    )
    scores = pd.DataFrame(
        {
            "r": 5 - np.searchsorted(cuts.recency_days, days),
            "f": 1 + np.searchsorted(cuts.orders, customers[schema.ORDERS]),
            "m": 1 + np.searchsorted(cuts.revenue, customers[schema.REVENUE]),
        },
        index=customers.index,
    )
    return scores, cuts


def _quintiles(values: pd.Series) -> tuple[float, ...]:
    """Upper limits of the first four fifths; a value equal to a limit is below it."""
    return tuple(float(v) for v in np.quantile(values, [0.2, 0.4, 0.6, 0.8], method="lower"))


def rfm_segments(scores: pd.DataFrame) -> pd.Series:
    """The name on the grid for each (r, f)."""
    grid = np.array([RFM_GRID[f] for f in range(1, 6)])
    names = grid[scores["f"].to_numpy() - 1, 5 - scores["r"].to_numpy()]
    return pd.Series(names, index=scores.index, dtype="str")


def statuses(customers: pd.DataFrame, analysis_date: date, settings: Settings) -> pd.Series:
    """New, Active, Churned or Long gone, by first and last order."""
    today = pd.Timestamp(analysis_date)
    last, first = customers[schema.LAST_ORDER], customers[schema.FIRST_ORDER]
    long_gone = last <= today - pd.DateOffset(months=settings.long_gone_months)
    churned = last <= today - pd.DateOffset(months=settings.inactive_months)
    new = first > today - pd.Timedelta(days=settings.new_days)
    chosen = np.select([long_gone, churned, new], ["Long gone", "Churned", "New"], "Active")
    return pd.Series(chosen, index=customers.index, dtype="str")


def segment_table(
    customers: pd.DataFrame,
    by: str,
    order: tuple[str, ...],
    valuation: Valuation | None,
    members: npt.NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """What each group of `customers[by]` is worth, of all customers or of `members` (a mask).

    Returns name, customers, share_customers (0 to 1), orders, revenue, aov (net revenue per
    order), p_alive (mean), historic_value, predicted_clv with _low and _high (sums),
    predicted_clv_mean, total_value, share_value (of the predicted CLV of those counted, 0 to
    1); groups without customers are left out; model figures are NaN without a model.
    """
    counted = np.ones(len(customers), dtype=bool) if members is None else members
    masks = {name: counted & (customers[by] == name).to_numpy() for name in order}
    rows = [
        {"name": name} | _group(customers, mask, valuation)
        for name, mask in masks.items()
        if mask.any()
    ]
    table = pd.DataFrame(rows, columns=SEGMENT_COLUMNS)
    table["share_customers"] = table["customers"] / max(1, int(counted.sum()))
    whole = table[schema.PREDICTED_CLV].sum()
    table["share_value"] = table[schema.PREDICTED_CLV] / whole if whole > 0 else np.nan
    return table


def _group(
    customers: pd.DataFrame, members: npt.NDArray[np.bool_], valuation: Valuation | None
) -> dict[str, float]:
    group = customers[members]
    orders, revenue = int(group[schema.ORDERS].sum()), float(group[schema.REVENUE].sum())
    total = valuation.total(members) if valuation else Interval(np.nan, np.nan, np.nan)
    return {
        "customers": len(group),
        schema.ORDERS: orders,
        schema.REVENUE: revenue,
        "aov": revenue / orders if orders else np.nan,
        schema.P_ALIVE: float(group[schema.P_ALIVE].mean()),
        schema.HISTORIC_VALUE: float(group[schema.HISTORIC_VALUE].sum()),
        schema.PREDICTED_CLV: total.value,
        schema.PREDICTED_CLV_LOW: total.low,
        schema.PREDICTED_CLV_HIGH: total.high,
        "predicted_clv_mean": total.value / len(group),
        schema.TOTAL_VALUE: float(group[schema.TOTAL_VALUE].sum()),
    }
