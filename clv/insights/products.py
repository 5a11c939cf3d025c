"""What is bought, by whom: the groups of one level of the hierarchy, put to `Lines.ask`."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.insights.lines import CUSTOMER, ORDER

Inside = tuple[tuple[str, tuple[str, ...]], ...]  # (column of a level, its groups to stay within)

NAME: Final = "name"
CODE: Final = "code"  # of the segment of a customer, from 0


def named(lines: ir.Table, column: str) -> ir.Table:
    """The lines whose product has a name in the column of a level."""
    return lines.filter(lines[column].notnull() & (lines[column] != ""))


def within(lines: ir.Table, inside: Inside) -> ir.Table:
    """The lines of the groups that were chosen, on every level where some were."""
    for column, values in inside:
        lines = lines.filter(lines[column].isin(values))
    return lines


def product_groups(
    lines: ir.Table,
    column: str,
    inside: Inside = (),
    *,
    orders: bool = False,
    cost: bool = False,
) -> pd.DataFrame:
    """What each group of a level brought, the highest net revenue first.

    Returns name, customers (with a purchase of it), quantity (pieces bought), revenue (net:
    refunds lower it), share_customers and share_revenue: of all that these lines hold, `inside`
    or not, 0 to 1. orders: also orders, share_orders (with a purchase of it; takes longer).
    cost: also margin (money, over the lines whose cost is known; NaN without any) and
    margin_share (of the net revenue of those lines).
    """
    counted = ("customers", *(("orders",) if orders else ()), schema.REVENUE)
    whole = lines.aggregate(**_figures(lines, orders, cost=False)).execute().iloc[0]
    table = named(within(lines, inside), column)
    by = table.group_by(name=table[column])
    groups: pd.DataFrame = by.aggregate(**_figures(table, orders, cost)).execute()
    for what in counted:
        total = float(whole[what] or 0)
        groups[f"share_{what}"] = groups[what] / total if total > 0 else np.nan
    if cost:
        costed = groups["costed"].astype(float)
        known = costed - groups[schema.COST].astype(float)
        groups[schema.MARGIN] = known.where(groups["costs"] > 0)
        groups["margin_share"] = groups[schema.MARGIN] / costed.where(costed > 0)
        groups = groups.drop(columns=["costs", "costed", schema.COST])
    groups = groups.sort_values([schema.REVENUE, NAME], ascending=[False, True], kind="stable")
    return groups.reset_index(drop=True)


def _figures(lines: ir.Table, orders: bool, cost: bool) -> dict[str, Any]:
    """Sums over lines; purchases only where people, orders and pieces are counted."""
    refund = lines[schema.IS_REFUND]

    def bought(column: str) -> Any:
        return ibis.ifelse(refund, None, lines[column])

    figures = {
        "customers": bought(CUSTOMER).nunique(),
        schema.QUANTITY: bought(schema.QUANTITY).sum().cast("float64").fill_null(0.0),
        schema.REVENUE: lines[schema.AMOUNT].sum().cast("float64").fill_null(0.0),
    }
    if orders:
        figures["orders"] = bought(ORDER).nunique()
    if cost:
        costed = lines[schema.COST].notnull()
        figures["costs"] = costed.sum()
        figures["costed"] = lines[schema.AMOUNT].sum(where=costed).cast("float64").fill_null(0.0)
        figures[schema.COST] = lines[schema.COST].cast("float64").sum().fill_null(0.0)
    return figures


def buyers_by_segment(lines: ir.Table, column: str, codes: bytes, inside: Inside = ()) -> Any:
    """How many customers of each segment bought each group of a level.

    codes: the segment of every customer of the analysis, an int8 each; negative is none.
    Returns code, name, buyers.
    """
    segments = np.frombuffer(codes, dtype=np.int8)
    places = np.flatnonzero(segments >= 0).astype(np.int32)
    of = ibis.memtable(pd.DataFrame({CUSTOMER: places, CODE: segments[places]}))
    table = named(within(lines, inside), column)
    bought = table.filter(~table[schema.IS_REFUND])
    pairs = bought.select(CUSTOMER, name=bought[column]).distinct().inner_join(of, CUSTOMER)
    counts = pairs.group_by([CODE, NAME]).aggregate(buyers=pairs.count())
    return counts.order_by([CODE, NAME]).execute()


def preferences(
    buyers: pd.DataFrame,
    sizes: npt.NDArray[np.int64],
    segments: tuple[str, ...],
    names: tuple[str, ...],
    *,
    least: int,
) -> pd.DataFrame:
    """How much likelier a customer of a segment is to have bought a group than any customer.

    buyers: from `buyers_by_segment`; sizes: customers per segment; names: the groups to show;
    least: buyers in a segment below which nothing is said of it. Returns segment, name, buyers,
    share (of the segment), share_all (of all customers), lift (share / share_all; NaN for too
    few), for every segment that has customers.
    """
    grid = buyers.pivot_table(index=CODE, columns=NAME, values="buyers", fill_value=0)
    grid = grid.reindex(index=range(len(segments)), columns=list(names), fill_value=0)
    counts, size = grid.to_numpy(float), sizes.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / size[:, None]
        share_all = counts.sum(axis=0) / size.sum()
        # A group that hardly anyone bought says nothing even where nobody in a segment did.
        expected = size[:, None] * share_all
        enough = np.maximum(counts, expected) >= least
        lift = np.where(enough, share / share_all, np.nan)
    cells = pd.DataFrame(
        {
            "segment": np.repeat(segments, len(names)),
            NAME: np.tile(names, len(segments)),
            "buyers": counts.ravel().astype(int),
            "share": share.ravel(),
            "share_all": np.tile(share_all, len(segments)),
            "lift": lift.ravel(),
        }
    )
    return cells[np.repeat(size > 0, len(names))].reset_index(drop=True)
