"""Which customers belong together (tiers, RFM, status), and what each group is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.settings import USUAL, RFMRules, Settings
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
RISKS: Final = ("Protect", "Grow", "Win back", "Let go")
RISK_HELP: Final = {
    "Protect": "Worth more than most, and probably still customers.",
    "Grow": "Probably still customers, and worth less than most.",
    "Win back": "Worth more than most even now, and more likely gone than not.",
    "Let go": "Worth less than most, and more likely gone than not.",
}
LIKELY_GONE: Final = 0.5  # P(alive) below which a customer is more likely gone than not
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


LIST_MARK: Final = ", "  # between the items of a list written as one text
NO_ITEM: Final = "None named"
MOST_ITEMS: Final = 40

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


def value_tiers(predicted_clv: npt.NDArray[np.float64], tiers: int) -> "pd.Categorical[str]":
    """Tier of each customer by quantile of predicted CLV; equal values share a tier.

    Equal values stand at the middle of their ranks, so that a large group of equals is
    neither all best nor all worst.
    """
    values, last = np.asarray(predicted_clv), len(predicted_clv) - 1
    places = np.arange(1, tiers) * max(last, 1) / tiers  # highest ranks of the tiers but the best
    ordered = np.sort(values)
    step = np.zeros(len(values), dtype=np.int8)
    for place in places:
        edge = ordered[min(int(place), last)]
        below, equal = int((values < edge).sum()), int((values == edge).sum())
        middle = below + (equal - 1) / 2
        step += values > edge if middle <= place + 1e-9 else values >= edge
    return _named(tiers - 1 - step, tier_names(tiers))


def rfm_scores(
    customers: pd.DataFrame, analysis_date: date, rules: RFMRules = USUAL
) -> tuple[pd.DataFrame, RFMCuts]:
    """Scores r, f, m from 1 to 5, by quintile or by the cut points of `rules`, and the cut points.

    Equal values get equal scores; r is 5 for the most recent, f and m for the most.
    """
    days = (pd.Timestamp(analysis_date) - customers[schema.LAST_ORDER]).dt.days
    cuts = RFMCuts(
        recency_days=rules.recency_days or _quintiles(days),
        orders=rules.orders or _quintiles(customers[schema.ORDERS]),
        revenue=rules.revenue or _quintiles(customers[schema.REVENUE]),
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


def rfm_codes(scores: pd.DataFrame) -> "pd.Categorical[str]":
    """The three scores as one code, such as 543."""
    names = [f"{r}{f}{m}" for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]
    place = (scores.to_numpy() - 1) @ np.array([25, 5, 1])
    return _named(place, names)


def rfm_grid(rules: RFMRules = USUAL) -> dict[int, tuple[str, ...]]:
    """F score -> the names for R 5, 4, 3, 2, 1."""
    own = dict(rules.names)
    return {
        f: tuple(own.get(f"{5 - place}{f}", name) for place, name in enumerate(row))
        for f, row in RFM_GRID.items()
    }


def segment_names(rules: RFMRules = USUAL) -> tuple[str, ...]:
    """The names on the grid, best first; an own name stands where the usual one would."""
    places: dict[str, int] = {}
    for f, row in rfm_grid(rules).items():
        for usual, name in zip(RFM_GRID[f], row, strict=True):
            place = SEGMENTS.index(name if name in SEGMENTS else usual)
            places[name] = min(place, places.get(name, place))
    return tuple(sorted(places, key=lambda name: (places[name], name)))


def rfm_segments(scores: pd.DataFrame, rules: RFMRules = USUAL) -> "pd.Categorical[str]":
    """The name on the grid for each (r, f)."""
    names, named = segment_names(rules), rfm_grid(rules)
    grid = np.array([[names.index(name) for name in named[f]] for f in range(1, 6)])
    codes = grid[scores["f"].to_numpy() - 1, 5 - scores["r"].to_numpy()]
    return _named(codes, names)


def usual_name(segment: str, rfm: pd.Series) -> str:
    """The usual name of a segment that may carry one of the user's own: that of most of its
    customers, by their RFM codes."""
    if segment in SEGMENTS or rfm.empty:
        return segment
    counts = rfm.astype(str).str[:2].value_counts()
    names = [RFM_GRID[int(cell[1])][5 - int(cell[0])] for cell in counts.index]
    return str(counts.groupby(names).sum().idxmax())


def statuses(
    customers: pd.DataFrame, analysis_date: date, settings: Settings
) -> "pd.Categorical[str]":
    """New, Active, Churned or Long gone, by first and last order."""
    today = pd.Timestamp(analysis_date)
    last, first = (customers[c].to_numpy() for c in (schema.LAST_ORDER, schema.FIRST_ORDER))
    long_gone, churned = (
        last <= np.datetime64(today - pd.DateOffset(months=months))
        for months in (settings.long_gone_months, settings.inactive_months)
    )
    new = first > np.datetime64(today - pd.Timedelta(days=settings.new_days))
    codes = np.select([long_gone, churned, new], [3, 2, 0], 1)
    return _named(codes, STATUSES)


def value_risk(
    predicted_clv: npt.NDArray[np.float64], p_alive: npt.NDArray[np.float64]
) -> "pd.Categorical[str]":
    """Protect, Grow, Win back or Let go: the better half by predicted CLV against P(alive)."""
    better = predicted_clv >= np.median(predicted_clv)
    gone = p_alive < LIKELY_GONE
    return _named(2 * gone + ~better, RISKS)


def _named(codes: Any, names: Sequence[str]) -> "pd.Categorical[str]":
    """Numbers as names: a byte per customer where texts would take sixty."""
    return pd.Categorical.from_codes(np.asarray(codes, dtype=np.int64), categories=pd.Index(names))


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
    codes = np.asarray(pd.Categorical(customers[by], categories=list(order)).codes, dtype=np.intp)
    codes = np.where(counted, codes, -1)
    table = _sums(customers, codes, len(order), valuation)
    table.insert(0, "name", list(order))
    table = table[table["customers"] > 0].reset_index(drop=True)
    table["share_customers"] = table["customers"] / max(1, int(counted.sum()))
    whole = table[schema.PREDICTED_CLV].sum()
    table["share_value"] = table[schema.PREDICTED_CLV] / whole if whole > 0 else np.nan
    return table[SEGMENT_COLUMNS]


def list_table(
    customers: pd.DataFrame,
    by: str,
    valuation: Valuation | None,
    members: npt.NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """What the customers of each item of a list are worth, most customers first, at most 40 items.

    by: column of texts such as "KADIN, ERKEK". A customer with several items counts in each of
    them, so the shares add up to more than one. Returns the columns of `segment_table`.
    """
    counted = np.ones(len(customers), dtype=bool) if members is None else members
    tables = []
    for item in list_items(customers.loc[counted, by])[:MOST_ITEMS]:
        codes = np.where(counted & holds_item(customers[by], item), 0, -1).astype(np.intp)
        one = _sums(customers, codes, 1, valuation)
        one.insert(0, "name", item)
        tables.append(one)
    table = pd.concat(tables, ignore_index=True)
    table["share_customers"] = table["customers"] / max(1, int(counted.sum()))
    whole = float(valuation.value[counted].sum()) if valuation else 0.0
    table["share_value"] = table[schema.PREDICTED_CLV] / whole if whole > 0 else np.nan
    return table[SEGMENT_COLUMNS]


def list_items(column: "pd.Series[str]") -> list[str]:
    """The items of all lists, the most frequent first; NO_ITEM stands for an empty list."""
    lists = column.fillna("").value_counts()  # few different lists, many customers
    single = lists.reset_index(name="customers").set_axis(["item", "customers"], axis=1)
    single = single.assign(item=single["item"].str.split(LIST_MARK)).explode("item")
    counts = single.replace({"item": {"": NO_ITEM}}).groupby("item")["customers"].sum()
    return [str(item) for item in counts.sort_values(ascending=False, kind="stable").index]


def holds_item(column: "pd.Series[str]", item: str) -> npt.NDArray[np.bool_]:
    """Whose list has the item."""
    codes, lists = pd.factorize(column.fillna(""))
    wanted = "" if item == NO_ITEM else item
    has = np.array([wanted in str(text).split(LIST_MARK) for text in lists], dtype=bool)
    return has[codes]


def _sums(
    customers: pd.DataFrame, codes: npt.NDArray[np.intp], groups: int, valuation: Valuation | None
) -> pd.DataFrame:
    """The figures of each group; customers with code -1 are in none."""
    bins = np.where(codes >= 0, codes, groups)

    def total(column: str) -> npt.NDArray[np.float64]:
        values = customers[column].to_numpy(float)
        return np.bincount(bins, values, minlength=groups + 1)[:groups].astype(float)

    size = np.bincount(bins, minlength=groups + 1)[:groups]
    nothing = (Interval(np.nan, np.nan, np.nan),) * groups
    worth = valuation.totals(codes, groups) if valuation else nothing
    orders, revenue = total(schema.ORDERS), total(schema.REVENUE)
    value = np.array([each.value for each in worth])
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.DataFrame(
            {
                "customers": size,
                schema.ORDERS: orders.astype(int),
                schema.REVENUE: revenue,
                "aov": np.where(orders > 0, revenue / orders, np.nan),
                schema.P_ALIVE: total(schema.P_ALIVE) / size,
                schema.HISTORIC_VALUE: total(schema.HISTORIC_VALUE),
                schema.PREDICTED_CLV: value,
                schema.PREDICTED_CLV_LOW: [each.low for each in worth],
                schema.PREDICTED_CLV_HIGH: [each.high for each in worth],
                "predicted_clv_mean": value / size,
                schema.TOTAL_VALUE: total(schema.TOTAL_VALUE),
            }
        )
