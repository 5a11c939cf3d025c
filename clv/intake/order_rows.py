"""What the rows of one order share: cells written once, and money of all of them.

Two orders may have one number: those of two shops, or numbers that begin again each year. What
is shared is therefore looked for in the rows of one customer, and above before below.
"""

from typing import Any, Final

import ibis
import ibis.expr.types as ir

from clv import schema
from clv.intake.cancellations import CANCELLED

# Columns that belong to the order, not to one of its lines.
_OF_ORDER: Final = (
    schema.ORDERED_AT,
    schema.CHANNEL,
    schema.COUNTRY,
    schema.STATUS,
    schema.CURRENCY,
)
LINE_ROLES: Final = (
    schema.PRODUCT_ID,
    schema.PRODUCT,
    schema.QUANTITY,
    schema.UNIT_PRICE,
)
ONE_ORDER: Final = (schema.ORDER_ID, schema.CUSTOMER_ID)
_BEGIN_AGAIN: Final = 0.5
BESIDE_AMOUNT: Final = (schema.REFUNDED, schema.DISCOUNT)


def continue_orders(lines: ir.Table, names: tuple[str, ...]) -> ir.Table:
    """Rows without an order number join the order above; blank order cells are filled.

    names: the columns in use; of the roles among them those are filled that belong to an order.

    Only a row that says something of a line (product, quantity, price) and nothing of an order
    continues one. One that says neither, such as a total between the lines, does not, and ends
    no order.
    """
    says_line = _any(lines[name].notnull() for name in LINE_ROLES)
    open_row = lines.customer_id.isnull() & lines.ordered_at_text.isnull()
    lines = lines.mutate(
        bare=open_row & lines.order_id.isnull() & says_line,
        begins=~open_row | (lines.order_id.notnull() & says_line),
    )
    so_far = ibis.cumulative_window(order_by=schema.ROW_NUMBER)
    lines = lines.mutate(block=lines.begins.cast("int64").sum().over(so_far))
    head = lines.begins.ifelse(lines.order_id, None)
    lines = lines.mutate(above=head.max().over(ibis.window(group_by="block")))
    lines = lines.mutate(
        continues=lines.bare & lines.above.notnull(),
        order_id=lines.bare.ifelse(lines.above, lines.order_id),
    ).drop("block", "bare", "begins", "above")
    lines = _filled(lines, (schema.CUSTOMER_ID,), (schema.ORDER_ID,))
    filled = tuple(name for name in names if name not in schema.ROLES or name in _OF_ORDER)
    return _filled(lines, filled, ONE_ORDER)


def credit_refunds(lines: ir.Table) -> ir.Table:
    """Rows that name the order that they pay back belong to it, and to its customer.

    Where several customers have an order of that number, only to one of the row's own customer.
    A row that undoes a refund may name that one: it belongs to the order that the refund names.
    Adds names_order: the row names an order, and it is not open whose.
    """
    undone = lines.filter(lines.undone).select(undone_id=lines.refund_of).distinct()
    between = lines.filter(lines.amount < 0, lines.refund_of.notnull())
    between = between.semi_join(undone, between.order_id == undone.undone_id)
    steps = between.group_by(step_id=between.order_id).aggregate(step_of=between.refund_of.min())
    lines = lines.left_join(steps, lines.undone & (lines.refund_of == steps.step_id))
    lines = lines.mutate(refund_of=ibis.coalesce(lines.step_of, lines.refund_of))
    lines = lines.drop("step_id", "step_of")
    sold = lines.filter(lines.order_id.notnull(), lines.amount > 0, ~lines.undone)
    orders = sold.group_by(paid_id=sold.order_id).aggregate(
        paid_by=sold.customer_id.min(), buyers=sold.customer_id.nunique()
    )
    own = sold.select(own_id=sold.order_id, own_by=sold.customer_id).distinct()
    back = (lines.amount < 0) | lines.undone
    joined = lines.left_join(orders, back & (lines.refund_of == orders.paid_id))
    joined = joined.left_join(own, [joined.paid_id == own.own_id, joined.customer_id == own.own_by])
    other = (joined.own_id.isnull() & (joined.buyers > 1)).fill_null(False)
    home, buyer = (
        other.ifelse(None, ibis.coalesce(mine, any_))
        for mine, any_ in ((joined.own_id, joined.paid_id), (joined.own_by, joined.paid_by))
    )
    return joined.mutate(
        names_order=(back & joined.refund_of.notnull() & ~other).fill_null(False),
        order_id=ibis.coalesce(home, joined.order_id),
        customer_id=ibis.coalesce(buyer, joined.customer_id),
    ).drop("paid_id", "paid_by", "buyers", "own_id", "own_by")


def number_by_day(lines: ir.Table) -> ir.Table:
    """Orders told apart by day where their numbers begin again: each year, or each morning.

    So it is where most numbers that stand on several days stand with several customers too.
    """
    known = lines.filter(lines.order_id.notnull(), lines.customer_id.notnull())
    sold = known.filter(known.amount > 0)
    numbers = sold.group_by("order_id").aggregate(
        customers=sold.customer_id.nunique(), days=sold.ordered_at.date().nunique()
    )
    again = numbers.filter(numbers.days > 1)
    share = (again.customers > 1).mean().execute()
    if share is None or not share > _BEGIN_AGAIN:
        return lines
    day = lines.ordered_at.strftime("%Y-%m-%d")
    numbered = lines.order_id + ibis.literal(", ") + day
    return lines.mutate(order_id=ibis.coalesce(numbered, lines.order_id))


def share_out_totals(lines: ir.Table, repeated: frozenset[str]) -> ir.Table:
    """The order's total, once, shared out over its lines by quantity x unit price.

    A row without a total belongs to the one above it. An order with two different totals, or
    with totals on two days, counts both: a refund has a row with a minus, a second delivery an
    invoice of its own. What was paid back
    and the discount are the order's where they are `repeated`, else the sum of the rows.
    Where no line has a price the shares are equal. Rows that do not count have none, unless
    no row of the order counts. A line that takes something back has none either, beside lines
    that do not: its sign is in the total already. Nor has a line that was cancelled, beside lines
    that were not, unless the total has its price in it. The shares add up to the total exactly.
    """
    lines = _filled(lines.mutate(total=lines.amount), ("total",), ONE_ORDER)
    lines = lines.mutate(total_day=lines.ordered_at.date())
    keys = (*ONE_ORDER, "total", "total_day")
    whole = ibis.window(group_by=keys)
    lines = lines.mutate(
        takes_part=_counts(lines), takes_back=(lines.quantity < 0).fill_null(False)
    )
    lines = lines.mutate(sold=(lines.takes_part & ~lines.takes_back).any().over(whole))
    lines = lines.mutate(takes_part=lines.takes_part & ~(lines.takes_back & lines.sold))
    price = (lines.quantity.fill_null(1) * lines.unit_price).abs().fill_null(0)
    lines = lines.mutate(takes_part=lines.takes_part & ~_cancelled_beside(lines, price, whole))
    totals = {schema.AMOUNT: lines.total, **_beside(lines, repeated, whole)}
    return _shared(lines, totals, price, keys).drop("total", "total_day", "takes_back", "sold")


def share_out_repeated(lines: ir.Table, repeated: frozenset[str]) -> ir.Table:
    """What was paid back and the discount of the whole order, shared out over its amounts."""
    if not repeated:
        return lines
    whole = ibis.window(group_by=ONE_ORDER)
    lines = lines.mutate(takes_part=_counts(lines) & (lines.amount > 0).fill_null(False))
    totals = {name: _of_order(lines, name, True).over(whole) for name in sorted(repeated)}
    return _shared(lines, totals, lines.amount.cast("float64").fill_null(0), ONE_ORDER)


def repeated_on_lines(lines: ir.Table, *, per_total: bool) -> frozenset[str]:
    """Those of refund and discount that stand with the order's value on each of its lines.

    Judged by the orders of several lines that have any: the value of a line differs from line
    to line, or is all of the line. per_total: amounts are totals, and tell orders apart.
    """
    known = lines.filter(_counts(lines), lines.order_id.notnull())
    parts: dict[str, Any] = {}
    for name in BESIDE_AMOUNT:
        value, all_of_line = known[name], (known[name] == known.amount.cast("float64"))
        parts |= {
            f"{name}_any": (value != 0).any(),
            f"{name}_filled": value.count() == known.count(),
            f"{name}_values": value.nunique(),
            f"{name}_whole": all_of_line.any(),
        }
    keys = (*ONE_ORDER, schema.AMOUNT) if per_total else ONE_ORDER
    orders = known.group_by(keys).having(known.count() > 1).aggregate(**parts)
    votes: dict[str, Any] = {}
    for name in BESIDE_AMOUNT:
        some = orders[f"{name}_any"].fill_null(False)
        one = some & orders[f"{name}_filled"] & (orders[f"{name}_values"] == 1)
        alike = one & orders[f"{name}_whole"].fill_null(False)
        votes |= {f"{name}_yes": (one & ~alike).sum(), f"{name}_no": (some & ~one).sum()}
    counted = orders.aggregate(**votes).execute().fillna(0).iloc[0]
    return frozenset(
        name for name in BESIDE_AMOUNT if counted[f"{name}_yes"] > counted[f"{name}_no"]
    )


def _cancelled_beside(lines: ir.Table, price: Any, whole: Any) -> Any:
    """Lines that were cancelled, of an order whose total is nearer to the prices of the rest."""
    gone = lines.order_status.lower().strip().re_search(CANCELLED).fill_null(False)
    stays = lines.takes_part & ~gone
    all_of_it = lines.takes_part.ifelse(price, 0).sum().over(whole)
    rest = stays.ifelse(price, 0).sum().over(whole)
    total = lines.total.abs().cast("float64")
    has_it = (total - all_of_it).abs() < (total - rest).abs()
    return gone & stays.any().over(whole) & ~has_it.fill_null(False)


def _beside(lines: ir.Table, repeated: frozenset[str], whole: Any) -> dict[str, Any]:
    return {name: _of_order(lines, name, name in repeated).over(whole) for name in BESIDE_AMOUNT}


def _of_order(lines: ir.Table, name: str, repeated: bool) -> Any:
    """The order's value: the largest of its rows where each repeats it, else their sum."""
    values = _counts(lines).ifelse(lines[name], None)
    return values.max() if repeated else values.sum()


def _counts(lines: ir.Table) -> Any:
    """Whether nothing has been said so far against the row."""
    return (
        lines.copy_row.isnull()
        & ~lines.superseded
        & lines.kind_why.isnull()
        & lines.customer_id.notnull()
        & lines.ordered_at.notnull()
    )


def _filled(lines: ir.Table, names: tuple[str, ...], keys: tuple[str, ...]) -> ir.Table:
    """Blank cells filled from the order's nearest row above, else from its first that has one."""
    above = ibis.window(group_by=keys, order_by=schema.ROW_NUMBER, preceding=None, following=0)
    whole = ibis.window(group_by=keys)
    source = {name: f"source_{name}" for name in names}
    has = {name: lines[name].notnull().ifelse(lines.row_number, None) for name in names}
    lines = lines.mutate(
        **{
            source[name]: ibis.coalesce(at.max().over(above), at.min().over(whole))
            for name, at in has.items()
        }
    )
    # Of the rows with one source only the source itself has a value.
    values = {
        name: lines[name].max().over(ibis.window(group_by=(*keys, source[name]))) for name in names
    }
    known = lines.order_id.notnull()
    filled = {name: known.ifelse(values[name], lines[name]) for name in names}
    return lines.mutate(**filled).drop(*source.values())


def _shared(
    lines: ir.Table, totals: dict[str, Any], weight: Any, keys: tuple[str, ...]
) -> ir.Table:
    """The part of each total that falls on each line that takes part; the column is dropped."""
    whole = ibis.window(group_by=keys)
    lines = lines.mutate(
        weight=lines.takes_part.ifelse(weight, 0), **{f"all_{n}": t for n, t in totals.items()}
    )
    equal = lines.takes_part.any().over(whole).ifelse(lines.takes_part, lines.copy_row.isnull())
    lines = lines.mutate(
        weight=(lines.weight.sum().over(whole) > 0).ifelse(lines.weight, equal.cast("float64"))
    )
    up_to = ibis.window(group_by=keys, order_by=schema.ROW_NUMBER, preceding=None, following=0)
    lines = lines.mutate(
        done=lines.weight.sum().over(up_to), all_weight=lines.weight.sum().over(whole)
    )
    shares = {name: _share(lines, name, lines[f"all_{name}"]) for name in totals}
    extra = ("takes_part", "weight", "done", "all_weight", *(f"all_{name}" for name in totals))
    return lines.mutate(**shares).drop(*extra)


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
