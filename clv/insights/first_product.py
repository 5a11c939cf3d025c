"""What the first order held, and what the customers who came with it are worth."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from clv import schema
from clv.insights.lines import CUSTOMER, NUMBER, Mask
from clv.insights.products import NAME, named
from clv.valuation import Valuation

PLACE: Final = "place"  # of the group in the names, from 0
COLUMNS: Final = [
    NAME,
    "customers",
    "share_customers",
    "days_known",
    "historic_mean",
    "value_mean",
    "value_low",
    "value_high",
    "lift",
    "chance",
]
HARDLY: Final = 0.01  # chance below which a difference is called one; low, since values are skewed


def first_groups(lines: ir.Table, column: str, most: int) -> tuple[tuple[str, ...], pd.DataFrame]:
    """The groups that most customers had in their first order, and who had them.

    Returns the names, at most `most`, and a frame of customer (place) and place (of the name);
    a customer whose first order held several groups is there several times. Refunds are no
    purchases.
    """
    known = named(lines, column)
    first = known.filter((known[NUMBER] == 1) & ~known[schema.IS_REFUND])
    pairs = first.select(CUSTOMER, name=first[column]).distinct()
    counts = pairs.group_by(NAME).aggregate(n=pairs.count())
    top = counts.order_by([ibis.desc("n"), NAME]).limit(most).execute()
    names = tuple(str(name) for name in top[NAME])
    if not names:
        return names, pd.DataFrame({CUSTOMER: np.array([], "int32"), PLACE: np.array([], "int32")})
    places = pd.DataFrame({NAME: names, PLACE: np.arange(len(names), dtype=np.int32)})
    held = pairs.inner_join(ibis.memtable(places), NAME).select(CUSTOMER, PLACE)
    return names, held.execute()


def first_product_value(
    frame: pd.DataFrame,
    kept: Mask,
    valuation: Valuation | None,
    names: tuple[str, ...],
    held: pd.DataFrame,
    *,
    analysis_date: pd.Timestamp,
    least: int,
) -> tuple[pd.DataFrame, float]:
    """What the customers of each first group brought so far, and are expected to bring.

    frame, kept: the customers and which of them count; names, held: from `first_groups`; least:
    customers below which a group is left out. Returns name, customers, share_customers (of
    those kept), days_known (mean since the first order), historic_mean (money per customer,
    margin applied), value_mean with value_low and value_high (predicted CLV per customer, and
    the range of that mean; NaN without a model), lift (value_mean over the mean of all kept),
    chance (`by_chance`, times the groups compared), best first; and that mean.
    """
    held = held[kept[held[CUSTOMER].to_numpy()]]
    who, group = held[CUSTOMER].to_numpy(np.intp), held[PLACE].to_numpy(np.intp)
    size = np.bincount(group, minlength=len(names)).astype(float)
    days = (analysis_date - frame[schema.FIRST_ORDER]).dt.days.to_numpy(float)
    historic = frame[schema.HISTORIC_VALUE].to_numpy(float)

    def each(totals: Any) -> npt.NDArray[np.float64]:
        shared: npt.NDArray[np.float64] = totals / np.where(size > 0, size, np.nan)
        return shared

    def mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return each(np.bincount(group, values[who], minlength=len(names)))

    table = pd.DataFrame({NAME: names, "customers": size.astype(int)})
    table["share_customers"] = size / max(int(kept.sum()), 1)
    table["days_known"], table["historic_mean"] = mean(days), mean(historic)
    table[["value_mean", "value_low", "value_high", "lift", "chance"]] = np.nan
    average = float("nan")
    if valuation is not None and kept.any():
        average = float(valuation.value[kept].mean())
        worth = valuation.totals_of(who, group, len(names))
        for column, end in (("value_mean", "value"), ("value_low", "low"), ("value_high", "high")):
            table[column] = each(np.array([getattr(total, end) for total in worth]))
        table["lift"] = table["value_mean"] / average if average > 0 else np.nan
    table = table[table["customers"] >= max(least, 1)]
    if valuation is not None and len(table):
        each_alone = by_chance(table["value_mean"], table["customers"], valuation.value[kept])
        table = table.assign(chance=np.minimum(each_alone * len(table), 1.0))
    by = "value_mean" if valuation is not None else "historic_mean"
    table = table.sort_values([by, NAME], ascending=[False, True], kind="stable")
    return table[COLUMNS].reset_index(drop=True), average


def by_chance(
    mean: "pd.Series[float]", size: "pd.Series[int]", values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The chance that as many customers, drawn at random, have a mean as far from that of all.

    The range of a mean says what these customers will bring, and not whether the next ones who
    come with the same product will be like them.
    """
    everyone = len(values)
    left = np.maximum(everyone - size.to_numpy(float), 0) / max(everyone - 1, 1)
    error = values.std(ddof=1 if everyone > 1 else 0) * np.sqrt(left / size.to_numpy(float))
    away = np.abs(mean.to_numpy(float) - values.mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = 2 * stats.norm.sf(away / error)
    found: npt.NDArray[np.float64] = np.where(error > 0, chance, 1.0)
    return found


def clear_of_average(table: pd.DataFrame, average: float) -> "pd.Series[Any] | None":
    """Of the groups whose whole range lies above the average, and whom chance hardly explains,
    the one with the highest mean; None where there is none.
    """
    clear = table[(table["value_low"] > average) & (table["chance"] <= HARDLY)]
    return clear.iloc[0] if len(clear) else None
