"""How the customers of each group buy: the channel they use most, the price they usually pay."""

from typing import Final

import ibis.expr.types as ir
import pandas as pd

from clv import schema
from clv.insights.grouping import GROUP, with_group
from clv.insights.lines import CUSTOMER, ORDER, PAID

FEWEST_ORDERS: Final = 10  # before a channel or a price is called usual


def usual_channels(lines: ir.Table, groups: bytes) -> pd.DataFrame:
    """The channel with most orders of each group; of two as frequent, the first by name.

    Returns grp, channel, orders (in it), known (orders with a channel), share (0 to 1). An order
    with lines of several channels counts in the first of them by name.
    """
    bought = lines.filter(~lines[schema.IS_REFUND], lines[schema.CHANNEL].notnull())
    # Orders before groups: a join over orders is a fraction of one over lines.
    orders = bought.group_by([CUSTOMER, ORDER]).aggregate(channel=bought[schema.CHANNEL].min())
    grouped = with_group(orders, groups)
    counts = grouped.group_by([GROUP, schema.CHANNEL]).aggregate(orders=grouped.count())
    frame: pd.DataFrame = counts.execute()
    frame["known"] = frame.groupby(GROUP)["orders"].transform("sum")
    frame = frame.sort_values([GROUP, "orders", schema.CHANNEL], ascending=[True, False, True])
    top = frame.drop_duplicates(GROUP).reset_index(drop=True)
    return top.assign(share=top["orders"] / top["known"])


def usual_prices(lines: ir.Table, groups: bytes, column: str | None) -> pd.DataFrame:
    """What one piece usually costs in the product group that each group of customers buys most.

    column: of the coarsest level of products; None: over all products. The product group is
    the one with most lines. Returns grp, name (None over all), pieces (lines with a price), low,
    middle, high (20, 50 and 80 % of these lines paid no more; money for a piece).
    """
    bought = with_group(lines, groups)
    bought = bought.filter(bought[PAID].notnull())
    keys = [GROUP]
    if column is not None:
        bought = bought.filter(bought[column].notnull(), bought[column] != "")
        keys.append(column)
    prices = bought.group_by(keys).aggregate(
        pieces=bought.count(), quantiles=bought[PAID].quantile([0.2, 0.5, 0.8])
    )
    frame: pd.DataFrame = prices.execute()
    frame = frame.rename(columns={column: "name"}) if column else frame.assign(name=None)
    frame = frame.sort_values([GROUP, "pieces", "name"], ascending=[True, False, True])
    top = frame.drop_duplicates(GROUP).reset_index(drop=True)
    ends = pd.DataFrame(top.pop("quantiles").to_list(), columns=["low", "middle", "high"])
    return pd.concat([top[[GROUP, "name", "pieces"]], ends], axis=1)
