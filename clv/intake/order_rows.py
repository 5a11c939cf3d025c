"""What the rows of one order share: cells written once, and an amount for all of them."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir

from clv import schema

# Columns that belong to the order, not to one of its lines.
_OF_ORDER: Final = (
    schema.CUSTOMER_ID,
    schema.ORDERED_AT,
    schema.CHANNEL,
    schema.COUNTRY,
    schema.STATUS,
    schema.CURRENCY,
)
_OF_TOTAL: Final = (schema.AMOUNT, schema.REFUNDED, schema.DISCOUNT)
_OF_LINE: Final = (
    schema.PRODUCT_ID,
    schema.PRODUCT,
    schema.QUANTITY,
    schema.UNIT_PRICE,
)


def continue_orders(lines: ir.Table, attributes: tuple[str, ...] = ()) -> ir.Table:
    """Rows without an order number join the order above; blank order cells are filled.

    Only a row that says something of a line (product, quantity, price) and nothing of an order
    continues one: a total below the table does not.
    """
    bare = (
        lines.order_id.isnull()
        & lines.customer_id.isnull()
        & lines.ordered_at_text.isnull()
        & _any(lines[name].notnull() for name in _OF_LINE)
    )
    so_far = ibis.cumulative_window(order_by=schema.ROW_NUMBER)
    lines = lines.mutate(block=(~bare).cast("int64").sum().over(so_far))
    above = lines.order_id.max().over(ibis.window(group_by="block"))
    lines = lines.mutate(
        continues=bare & above.notnull(),
        order_id=bare.ifelse(above, lines.order_id),
    )
    names = (*_OF_ORDER, *attributes)
    joined, first = _with_first(lines.drop("block"), names)
    filled = {name: ibis.coalesce(joined[name], joined[first[name]]) for name in names}
    return joined.mutate(**filled).drop(*first.values())


def share_out_totals(lines: ir.Table) -> ir.Table:
    """The order's total, once, shared out over its lines by quantity x unit price.

    The total, what was paid back and the discount are those of the first row that has them.
    Where no line has a price they are shared equally. A copy of a row (copy_row) has no share.
    A line that takes something back has none either, beside lines that do not: its sign is
    in the total already. The shares add up to the total exactly.
    """
    counts = lines.copy_row.isnull()
    takes_back = (lines.quantity < 0).fill_null(False)
    sold = (counts & ~takes_back).any().over(ibis.window(group_by=schema.ORDER_ID))
    counts = counts & ~(takes_back & sold)
    price = (lines.quantity.fill_null(1) * lines.unit_price).abs()
    weight = counts.ifelse(price.fill_null(0), 0)
    whole = ibis.window(group_by=schema.ORDER_ID)
    lines = lines.mutate(weight=weight, takes_part=counts.cast("int64"))
    lines = lines.mutate(
        weight=(lines.weight.sum().over(whole) > 0).ifelse(lines.weight, lines.takes_part)
    )
    up_to = ibis.window(
        group_by=schema.ORDER_ID, order_by=schema.ROW_NUMBER, preceding=None, following=0
    )
    lines = lines.mutate(
        done=lines.weight.sum().over(up_to), all_weight=lines.weight.sum().over(whole)
    )
    joined, first = _with_first(lines, _OF_TOTAL)
    shared = {name: _share(joined, name, joined[first[name]]) for name in _OF_TOTAL}
    extra = ("weight", "takes_part", "done", "all_weight", *first.values())
    return joined.mutate(**shared).drop(*extra)


def _with_first(lines: ir.Table, names: tuple[str, ...]) -> tuple[ir.Table, dict[str, str]]:
    """Adds the first value that an order has in each column; returns the names of these."""
    first = {name: f"first_{name}" for name in names}
    orders = lines.filter(lines.order_id.notnull())
    values = orders.group_by(order=orders.order_id).aggregate(
        **{
            first[name]: orders[name].argmin(orders.row_number, where=orders[name].notnull())
            for name in names
        }
    )
    joined = lines.left_join(values, lines.order_id == values.order)
    return joined.drop("order"), first


def _share(lines: ir.Table, name: str, total: Any) -> Any:
    """The part of the order's value that falls on each line; as it is without an order."""
    own = lines[name]
    kind = own.type()

    def up_to(weight: Any) -> Any:
        exact = total.cast("float64") * (weight / lines.all_weight)
        rounded = exact.round(4).cast(kind)
        return (weight >= lines.all_weight).ifelse(total, rounded)

    part = up_to(lines.done) - up_to(lines.done - lines.weight)
    part = (lines.done > lines.weight).ifelse(part, up_to(lines.done))
    part = (lines.weight > 0).ifelse(part, ibis.literal(0).cast(kind))
    known = lines.order_id.notnull() & total.notnull() & (lines.all_weight > 0)
    return known.ifelse(part, own).cast(kind)


def _any(conditions: Any) -> Any:
    found = ibis.literal(False)
    for condition in conditions:
        found = found | condition
    return found
