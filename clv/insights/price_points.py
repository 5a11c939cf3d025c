"""What a customer usually pays for a piece: the ideal price point, per category."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv import schema
from clv.insights.levels import PRODUCT
from clv.insights.lines import CUSTOMER, ITEM, PAID, Lines

LOW: Final = 0.2  # the usual range leaves out the cheapest fifth of the purchases
HIGH: Final = 0.8  # and the dearest
CATEGORY: Final = "category"
PRICES: Final = "purchases"


def category_level(lines: Lines) -> str | None:
    """The coarsest group of products of the file; None where it knows products only, or none."""
    return next((label for label in lines.levels if label != PRODUCT), None)


def price_ranges(lines: ir.Table, column: str | None = None) -> pd.DataFrame:
    """The usual prices of each customer, in each category where `column` is given.

    column: of a level. Returns customer (place), category (with a column), purchases (lines with
    a price), price_low, price_median, price_high (money for one piece: 20 %, half and 80 % of
    the purchases cost at most that much), by customer and category. Each purchase counts once,
    whatever its pieces; refunds and lines without pieces have no price.
    """
    priced = lines.filter(lines[PAID].notnull())
    keys: dict[str, Any] = {CUSTOMER: priced[CUSTOMER]}
    if column is not None:
        priced = priced.filter(priced[column].notnull() & (priced[column] != ""))
        keys = {CUSTOMER: priced[CUSTOMER], CATEGORY: priced[column]}
    paid = priced[PAID]
    found: pd.DataFrame = (
        priced.group_by(**keys)
        .aggregate(
            purchases=priced.count(),
            price_low=paid.quantile(LOW),
            price_median=paid.quantile(0.5),
            price_high=paid.quantile(HIGH),
        )
        .order_by(list(keys))
        .execute()
    )
    return found


def item_prices(lines: ir.Table) -> pd.DataFrame:
    """The usual price of each product: item, price (median of what was paid for a piece)."""
    priced = lines.filter(lines[PAID].notnull() & lines[ITEM].notnull())
    found: pd.DataFrame = (
        priced.group_by(ITEM).aggregate(price=priced[PAID].quantile(0.5)).order_by(ITEM).execute()
    )
    return found


def most_ordered(lines: ir.Table, column: str) -> pd.DataFrame:
    """The value of a column that most orders of a customer have.

    Of two with as many orders, the one with more net revenue (refunds taken off), then the one
    with the latest order, then the first by name. Returns customer, value, orders.
    """
    known = lines.filter(lines[column].notnull() & (lines[column] != ""))
    # Order by order first: the engine counts rows faster than distinct values.
    per_order = known.group_by(
        customer=known[CUSTOMER], value=known[column], order=known["order"]
    ).aggregate(
        revenue=known[schema.AMOUNT].sum().cast("float64"),
        latest=known["day"].max(where=~known[schema.IS_REFUND]),
        bought=(~known[schema.IS_REFUND]).any(),
    )
    each = per_order.group_by(["customer", "value"]).aggregate(
        orders=per_order.bought.sum(),
        revenue=per_order.revenue.sum(),
        latest=per_order.latest.max(),
    )
    bought = each.filter(each.orders > 0)
    ranking = [
        bought.orders.desc(),
        bought.revenue.round(4).desc(),
        bought.latest.desc(),
        bought.value,
    ]
    place = ibis.row_number().over(group_by=CUSTOMER, order_by=ranking)
    best = bought.mutate(place=place).filter(ibis._.place == 0)
    found: pd.DataFrame = best.select("customer", "value", "orders").order_by(CUSTOMER).execute()
    return found
