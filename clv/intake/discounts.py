"""A discount column, where the amount is quantity x unit price: what it takes off, and how.

An amount that a file states is what was paid; a price seldom is. Whether a discount is money or
a share, of the row or of the whole order, is told from its values and from its name.
"""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np

from clv.intake.evidence import Evidence
from clv.intake.mapping import DiscountIs
from clv.intake.relations import Codes
from clv.intake.vocabulary import fold, likeness
from clv.schema import AMOUNT, CUSTOMER_ID, DISCOUNT, ORDER_ID

FEWEST_ORDERS: Final = 5  # with a discount on several rows, before they say what it belongs to
NEARLY_ALL: Final = 0.95
PERCENT_WORDS: Final = frozenset({"percent", "percentage", "pct", "prozent", "rate", "share"})
INCLUDED_WORDS: Final = frozenset({"included", "applied", "applique", "enthalten", "incluido"})


def after_discount(rows: ir.Table, how: DiscountIs) -> ir.Table:
    """Rows with their discount taken off the amount (quantity x unit price).

    A discount never makes a sale negative, nor a return a sale.
    """
    whole = rows.amount.cast("float64")
    off = rows.discount.abs().fill_null(0.0)
    if how == "line":
        less: Any = off
    elif how == "piece":
        less = off * rows.quantity.abs()
    elif how == "rate":
        less = whole.abs() * ibis.least(off, 1.0)
    elif how == "percent":
        less = whole.abs() * ibis.least(off / 100.0, 1.0)
    else:
        less = _share_of_order(rows, whole, off)
    left = ibis.greatest(whole.abs() - less, 0.0) * whole.sign()
    return rows.mutate(**{AMOUNT: left.round(4).cast(rows.amount.type())})


def _share_of_order(rows: ir.Table, whole: Any, off: Any) -> Any:
    """The part of the order's discount that falls on each row, by what the row costs."""
    order = ibis.window(group_by=[CUSTOMER_ID, ORDER_ID])
    sold = ibis.greatest(whole, 0.0)
    total = sold.sum().over(order)
    share = ibis.ifelse(total > 0, sold / total.nullif(0.0), 0.0)
    return ibis.ifelse(rows[ORDER_ID].isnull(), off, off.max().over(order) * share)


def kind_of_discount(
    name: str, discount: Evidence, price: Evidence, orders: Codes | None
) -> DiscountIs | None:
    """What the values of a discount column take off; None where two readings are as likely."""
    words = set(fold(name).split())
    if words & INCLUDED_WORDS:
        return "included"
    if discount.is_rate:
        return "rate"
    if "%" in name or words & PERCENT_WORDS or _has_percent_signs(discount):
        return "percent"
    if discount.is_percent and discount.distinct > 1:
        return None  # 25 off may be money, or a quarter
    if orders is None:
        return "line"
    off = np.abs(np.nan_to_num(discount.array))
    return _line_or_order(orders, off, np.nan_to_num(price.array))


def likeness_of_share(name: str) -> float:
    """0 to 1: how much a name sounds like a discount, whether or not it says that it is a share."""
    return likeness(" ".join(w for w in fold(name).split() if w not in PERCENT_WORDS), DISCOUNT)


def is_share(discount: Evidence) -> bool:
    """Whether the values can only be shares: below one, or with a percent sign, or whole ones."""
    return discount.is_rate or discount.is_percent or _has_percent_signs(discount)


def _has_percent_signs(discount: Evidence) -> bool:
    signs = sum(count for text, count in discount.counts.items() if text.endswith("%"))
    return signs > NEARLY_ALL * discount.filled > 0


def _line_or_order(orders: Codes, off: Any, price: Any) -> DiscountIs | None:
    """By the orders of several rows that have a discount: the same on all, on one, or neither."""
    same = one = several = 0
    for order in np.unique(orders[(off > 0) & (orders >= 0)]):
        rows = orders == order
        if rows.sum() < 2 or np.ptp(price[rows]) == 0:
            continue  # rows of one price would have one discount each way
        several += 1
        same += np.ptp(off[rows]) == 0
        one += (off[rows] > 0).sum() == 1
    if not several:
        return "line"
    if several >= FEWEST_ORDERS and same >= NEARLY_ALL * several:
        return "order"
    if same == several:
        return None
    # On one row of several: of the order, if always; else some rows are on sale and others not.
    return "order" if several >= FEWEST_ORDERS and one == several else "line"
