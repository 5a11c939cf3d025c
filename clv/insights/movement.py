"""Who moved up and who slipped between two days of the same file."""

from datetime import date
from typing import Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from clv import schema
from clv.insights.lines import Mask
from clv.insights.segments import STATUSES, rfm_scores, rfm_segments, segment_names, statuses
from clv.settings import Settings
from clv.summary import customer_summary, known_on

NOT_YET: Final = "Not yet a customer"
RANK: Final = "rank"  # R + F score; for a status 3 (new, active), 2 (churned), 1 (long gone)
UP, DOWN, SAME, JOINED = "Moved up", "Slipped", "Stayed level", "Joined"
DIRECTIONS: Final = (UP, DOWN, SAME, JOINED)
_STATUS_RANK: Final = dict(zip(STATUSES, (3, 3, 2, 1), strict=True))


def state_on(
    transactions: ir.Table, customer_ids: pd.Series, day: date, settings: Settings
) -> pd.DataFrame:
    """What every customer was on a day, by what stood in the file then.

    One row per customer, in the order of `customer_ids`: segment and status (NOT_YET before the
    first order), segment_rank and status_rank (higher is better; 0 for NOT_YET), revenue (net
    revenue until that day). Cut points that are not set in `settings` are the quintiles of that
    day.
    """
    empty = {"segment": NOT_YET, "status": NOT_YET}
    zero = {"segment_rank": 0, "status_rank": 0, schema.REVENUE: 0.0}
    summary = customer_summary(known_on(transactions, day), day).execute()
    if summary.empty:
        return pd.DataFrame(empty | zero, index=range(len(customer_ids)))
    scores, _ = rfm_scores(summary, day, settings.rfm)
    status = pd.Series(statuses(summary, day, settings)).astype(str)
    known = pd.DataFrame(
        {
            schema.CUSTOMER_ID: summary[schema.CUSTOMER_ID],
            "segment": pd.Series(rfm_segments(scores, settings.rfm)).astype(str),
            "status": status,
            "segment_rank": scores["r"] + scores["f"],
            "status_rank": status.map(_STATUS_RANK),
            schema.REVENUE: summary[schema.REVENUE],
        }
    ).set_index(schema.CUSTOMER_ID)
    found = known.reindex(customer_ids.to_numpy())
    found = found.fillna(empty | zero).reset_index(drop=True)
    return found.astype({"segment_rank": int, "status_rank": int})


def movement(before: pd.DataFrame, after: pd.DataFrame, by: str, kept: Mask) -> pd.DataFrame:
    """Customers and money by what they were before and what they are after.

    before, after: from `state_on`; by: "segment" or "status"; kept: the customers that count,
    of whom those without an order until the second day are left out. Returns from, to,
    direction (of DIRECTIONS), customers, revenue (net revenue until the second day), share (of
    the customers of `from`).

    Up and down go by the R and F scores together, or by the status; whoever keeps the name stays
    level whatever the scores.
    """
    there = kept & (after[by] != NOT_YET).to_numpy()
    first, second = before[there], after[there]
    change = np.sign(second[f"{by}_rank"].to_numpy() - first[f"{by}_rank"].to_numpy())
    same = first[by].to_numpy() == second[by].to_numpy()
    direction = np.select(
        [(first[by] == NOT_YET).to_numpy(), same, change > 0, change < 0],
        [JOINED, SAME, UP, DOWN],
        SAME,
    )
    moves = pd.DataFrame(
        {
            "from": first[by].to_numpy(),
            "to": second[by].to_numpy(),
            "direction": direction,
            schema.REVENUE: second[schema.REVENUE].to_numpy(float),
        }
    )
    keys = ["from", "to", "direction"]
    table = moves.groupby(keys, as_index=False).agg(
        customers=(schema.REVENUE, "size"), revenue=(schema.REVENUE, "sum")
    )
    # Two moves of one name pair may differ in direction, since a name covers several scores.
    pairs = table.groupby("from")["customers"].transform("sum")
    return table.assign(share=table["customers"] / pairs)


def matrix(moves: pd.DataFrame, order: tuple[str, ...]) -> pd.DataFrame:
    """The moves without their direction, in the order of the names: from, to, customers,
    revenue, share."""
    columns = ["customers", schema.REVENUE, "share"]
    table = moves.groupby(["from", "to"])[columns].sum().reset_index()
    place = {name: i for i, name in enumerate((*order, NOT_YET))}
    keys = np.lexsort((table["to"].map(place), table["from"].map(place)))
    return table.iloc[keys].reset_index(drop=True)


def directions(moves: pd.DataFrame) -> pd.DataFrame:
    """direction (each of DIRECTIONS), customers, revenue."""
    sums = moves.groupby("direction")[["customers", schema.REVENUE]].sum()
    table = sums.reindex(list(DIRECTIONS), fill_value=0).rename_axis("direction").reset_index()
    return table.astype({"customers": int, schema.REVENUE: float})


def order_of(by: str, settings: Settings) -> tuple[str, ...]:
    """The names that a movement by segment or status may show, best first."""
    return segment_names(settings.rfm) if by == "segment" else STATUSES
