"""How customers buy: pieces per order, and how much the price matters to them."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv import schema
from clv.insights.levels import PRODUCT
from clv.insights.lines import CUSTOMER, ITEM, ORDER, PAID, Lines

Kind = Literal["discount", "label", "price"]
HINTS: Final = ("price", "sensit", "discount", "promo", "rabatt")  # in the names of columns
MOST_VALUES: Final = 12
SENSITIVE: Final = ("la", "less affluent", "price sensitive", "sensitive", "yes", "y", "true")


@dataclass(frozen=True)
class PriceMeasure:
    """How price sensitivity is measured: what it is called, and the column it comes from.

    discount: share of orders with a discount; label: share of orders with a value of an order's
    column; price: mean of the price paid over the usual price (median) in a group of products,
    where low, not high, means sensitive.
    """

    kind: Kind
    label: str
    column: str = ""


def price_measures(lines: Lines) -> tuple[PriceMeasure, ...]:
    """The measures that the columns of a file allow, the one to trust most first."""
    found = []
    if schema.DISCOUNT in lines.roles:
        found.append(PriceMeasure("discount", "Orders with a discount", schema.DISCOUNT))
    labels = [
        PriceMeasure("label", f"Orders by {label}", column)
        for label, column in lines.attributes
        if any(hint in label.casefold() for hint in HINTS)
    ]
    found.extend(labels)
    if schema.QUANTITY in lines.roles and lines.levels:
        groups = [level for level in lines.levels if level != PRODUCT]
        column = lines.level_column(groups[-1]) if groups else ITEM
        what = groups[-1] if groups else PRODUCT
        found.append(PriceMeasure("price", f"Price paid, against usual in {what}", column))
    return tuple(found)


def label_values(lines: ir.Table, column: str) -> tuple[str, ...]:
    """The most frequent values of an order's column, by orders."""
    known = lines.filter(lines[column].notnull(), ~lines[schema.IS_REFUND])
    counts = known.group_by(value=known[column].cast("string")).aggregate(n=known[ORDER].nunique())
    top = counts.order_by([ibis.desc("n"), "value"]).limit(MOST_VALUES).execute()
    return tuple(str(value) for value in top["value"])


def likely_sensitive(values: tuple[str, ...]) -> int:
    """The place of the value that most likely means price-sensitive; 0 where none looks so."""
    known = [value.strip().casefold() for value in values]
    return next((known.index(word) for word in SENSITIVE if word in known), 0)


def buying_habits(lines: ir.Table, measure: PriceMeasure, value: str = "") -> pd.DataFrame:
    """Basket size and price sensitivity of each customer; refunds are no purchases.

    value: for a label, the one that is counted. Returns customer (place), basket (mean pieces
    per order), price (see `PriceMeasure`: a share from 0 to 1, or a ratio around 1), orders;
    customers without either figure are left out.
    """
    bought = lines.filter(~lines[schema.IS_REFUND], lines[ORDER].notnull())
    special = _flag(bought, measure, value)
    orders = bought.group_by([CUSTOMER, ORDER]).aggregate(
        pieces=bought[schema.QUANTITY].sum().cast("float64"), special=special.max()
    )
    table = orders.group_by(CUSTOMER).aggregate(
        basket=orders.pieces.mean(), price=orders.special.mean(), orders=orders.count()
    )
    if measure.kind == "price":
        table = table.drop("price").inner_join(_relative_price(bought, measure.column), CUSTOMER)
    known = table.filter(table.basket > 0, table.price.notnull())
    frame: pd.DataFrame = known.order_by(CUSTOMER).execute()
    return frame[[CUSTOMER, "basket", "price", "orders"]]


def _flag(bought: ir.Table, measure: PriceMeasure, value: str) -> Any:
    """1 for a line that makes its order a price-sensitive one, 0 otherwise."""
    if measure.kind == "discount":
        return (bought[measure.column].abs().fill_null(0) > 0).cast("float64")
    if measure.kind == "label":
        return (bought[measure.column].cast("string") == value).cast("float64")
    return bought[PAID]  # not looked at: the price comes from the lines


def _relative_price(bought: ir.Table, column: str) -> ir.Table:
    """customer, price: mean over the lines of the price paid over the median of its group."""
    priced = bought.filter(bought[PAID].notnull(), bought[column].notnull())
    usual = priced.group_by(group=priced[column]).aggregate(usual=priced[PAID].median())
    joined = priced.inner_join(usual, priced[column] == usual.group)
    ratio = joined[PAID] / joined.usual
    return joined.group_by(CUSTOMER).aggregate(price=ratio.mean())
