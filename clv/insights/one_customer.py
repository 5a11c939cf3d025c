"""One customer: the orders, how P(alive) moved with them, and what was bought."""

from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.insights.lines import ITEM
from clv.models import PurchaseModel
from clv.valuation import Valuation

Floats = npt.NDArray[np.float64]

MOST_POINTS: Final = 500  # of a curve; longer histories are looked at every few days
ORDER: Final = "Order"
REFUND: Final = "Refund"


def orders_and_refunds(lines: ir.Table) -> pd.DataFrame:
    """The orders and refunds among the lines, by day.

    Returns day (datetime; of a refund the day it was booked), kind ("Order" or "Refund"), money
    (of an order before refunds; of a refund negative or zero), pieces (NaN where not known).
    """
    refund = lines[schema.IS_REFUND]
    kinds = lines.mutate(
        kind=ibis.ifelse(refund, REFUND, ORDER), at=ibis.ifelse(refund, lines.booked, lines.day)
    )
    # A refund is told apart by its day: it may stand for several orders, or for none.
    kinds = kinds.mutate(which=ibis.ifelse(refund, -1, kinds["order"]))
    found: pd.DataFrame = (
        kinds.group_by(["kind", "which", "at"])
        .aggregate(
            money=kinds[schema.AMOUNT].sum().cast("float64"),
            pieces=kinds[schema.QUANTITY].sum().cast("float64"),
        )
        .order_by(["at", "kind", "which"])
        .execute()
    )
    found = found.rename(columns={"at": "day"}).drop(columns="which")
    found["day"] = pd.to_datetime(found["day"])
    return found[["day", "kind", "money", "pieces"]]


def purchase_days(lines: ir.Table) -> pd.DataFrame:
    """The days with a purchase: day (datetime), in order."""
    bought = lines.filter(~lines[schema.IS_REFUND])
    days: pd.DataFrame = bought.select("day").distinct().order_by("day").execute()
    return days.assign(day=pd.to_datetime(days["day"]))


def alive_through_time(
    model: PurchaseModel, days: "pd.Series[pd.Timestamp]", until: date
) -> pd.DataFrame:
    """P(alive) on each day of a history, from what was known of the customer on that day.

    days: purchase days, sorted. Returns day (datetime), p_alive (0 to 1) and bought (True on
    purchase days) from the first purchase to `until`; of long histories every few days, and the
    purchase days with the days before them. The model is that of today for the whole history.
    """
    bought = np.asarray(days, dtype="datetime64[D]")
    first, end = bought[0], np.datetime64(until)
    length = int((end - first).astype(int))
    step = max(1, -(-length // MOST_POINTS))
    offsets = np.arange(0, length + 1, step)
    own = (bought - first).astype(int)
    offsets = np.unique(np.concatenate([offsets, own, np.maximum(own - 1, 0), [length]]))
    frequency = np.searchsorted(own, offsets, side="right") - 1
    return pd.DataFrame(
        {
            "day": pd.to_datetime(first + offsets.astype("timedelta64[D]")),
            schema.P_ALIVE: model.probability_alive(frequency, own[frequency], offsets),
            "bought": np.isin(offsets, own),
        }
    )


def alive_since_last(model: PurchaseModel, row: pd.Series, until: date) -> pd.DataFrame:
    """The same from the last order on, of a customer whose single orders are not known."""
    since = int(row[schema.T]) - int(row[schema.RECENCY])
    step = max(1, -(-since // MOST_POINTS))
    silent = np.unique(np.append(np.arange(0, since + 1, step), since))
    last = np.datetime64(until) - np.timedelta64(since, "D")
    recency = float(row[schema.RECENCY])
    alive = model.probability_alive(float(row[schema.FREQUENCY]), recency, recency + silent)
    return pd.DataFrame(
        {
            "day": pd.to_datetime(last + silent.astype("timedelta64[D]")),
            schema.P_ALIVE: alive,
            "bought": silent == 0,
        }
    )


def expected_ahead(valuation: Valuation, place: int, analysis_date: date) -> pd.DataFrame:
    """Expected orders of a customer until the end of each month of the horizon: day, orders."""
    look = valuation.outlook
    by_month = look.by_month[look.pairs.index[place], : valuation.months]
    ends = pd.to_timedelta(np.append(0.0, look.ends[: valuation.months]), unit="D")
    return pd.DataFrame(
        {
            "day": pd.Timestamp(analysis_date) + ends,
            "orders": np.append(0.0, look.p_alive[place] * by_month),
        }
    )


def bought_by(lines: ir.Table, column: str) -> pd.DataFrame:
    """What was bought, by the values of a level's column, the most revenue first.

    Returns name, orders, pieces (NaN where not known), revenue (refunds taken off), last (day of
    the last purchase). What was only paid back is left out.
    """
    known = lines.filter(lines[ITEM].notnull() & (lines[column] != ""))
    bought = ~known[schema.IS_REFUND]
    found: pd.DataFrame = (
        known.group_by(name=known[column])
        .aggregate(
            orders=known["order"].nunique(where=bought),
            pieces=known[schema.QUANTITY].sum(where=bought).cast("float64"),
            revenue=known[schema.AMOUNT].sum().cast("float64"),
            last=known.day.max(where=bought),
        )
        .execute()
    )
    found = found[found["orders"] > 0].assign(last=lambda f: pd.to_datetime(f["last"]))
    return found.sort_values(["revenue", "name"], ascending=[False, True], ignore_index=True)
