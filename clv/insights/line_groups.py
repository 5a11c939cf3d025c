"""Revenue and orders by what an order line says of its order: channel, country."""

import ibis.expr.types as ir
import pandas as pd

from clv import schema
from clv.insights.lines import CUSTOMER, ORDER

NOT_NAMED = "None named"  # lines without a value


def revenue_by(lines: ir.Table, column: str, most: int = 15) -> pd.DataFrame:
    """What each value of a column of the lines brought, the most net revenue first.

    Returns name, revenue (money, refunds taken off), orders (of one order with two values, one
    in each), customers (with an order in it), aov (net revenue per order); the first `most`.
    """
    bought = ~lines[schema.IS_REFUND]
    sums = lines.group_by(name=lines[column].fill_null(NOT_NAMED)).aggregate(
        revenue=lines[schema.AMOUNT].sum().cast("float64"),
        orders=lines[ORDER].nunique(where=bought),
        customers=lines[CUSTOMER].nunique(where=bought),
    )
    found: pd.DataFrame = sums.execute()
    found = found.sort_values(["revenue", "name"], ascending=[False, True], ignore_index=True)
    found = found.head(most)
    return found.assign(aov=found["revenue"] / found["orders"].where(found["orders"] > 0))
