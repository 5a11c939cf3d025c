"""Which order a refund belongs to, and what each refund policy does with it.

A refund is a line that takes money back; it is never a purchase. It belongs to
1. the order of the same number, else
2. the customer's latest earlier line of the same product (the same quantity first), else
3. the customer's latest earlier order.
A refund that has none of these pays back an order from before the file: it is rejected,
because that order is not counted either. So is one that names an order which is not there, be it
in a column for that or, where refunds bear the number of their order, by its own number.
Known limit: a refund does not use up what it pays back, so two refunds of equal lines go to the
same order; revenue per customer is right, its split over their orders is not.
"""

from typing import Final

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv.intake.ledger import Reason
from clv.settings import Refunds

REFUND = ["row_number", "customer_id", "order_id", "ordered_at", "thing", "quantity"]
_ENOUGH: Final = 5  # names of orders, before it is plain that they are names of something else


def match_refunds(connection: Backend, staged: ir.Table) -> ir.Table:
    """Find the order of every refund.

    Adds home_id, home_at (number and time of that order), inside (a negative line on the day
    of its own order: a discount, not a refund) and in_full (the line belongs to an order of
    which refunds leave nothing), and rejects the refunds that have no order.
    """
    kept = staged.filter(staged.reason.isnull()).mutate(
        thing=ibis.coalesce(
            staged.product_id, staged["product"], staged.amount.abs().cast("string")
        ),
        quantity=staged.quantity.fill_null(0).abs(),
    )
    refunds = kept.filter(kept.is_refund).select(*REFUND, "names_order")
    # Only customers with a refund need the costly search: most have none.
    sales = kept.filter(~kept.is_refund).select(*REFUND).semi_join(refunds, "customer_id")
    orders = sales.group_by(["customer_id", "order_id"]).aggregate(
        ordered_at=sales.ordered_at.min()
    )
    own = connection.create_table("own_homes", _own(refunds, orders), temp=True)
    rest = refunds.anti_join(own, refunds.row_number == own.refund_row)
    rest = rest.anti_join(_of_before(refunds, own, orders), "row_number")
    homes = connection.create_table("homes", _homes(own, rest, sales, orders), temp=True)
    lines = staged.left_join(homes, staged.row_number == homes.refund_row)
    refund = lines.reason.isnull() & lines.is_refund
    same_day = lines.home_at.date() == lines.ordered_at.date()
    homeless = (refund & lines.home_at.isnull()).fill_null(False)
    lines = lines.mutate(
        inside=(refund & (lines.home_id == lines.order_id) & same_day).fill_null(False),
        reason=ibis.coalesce(
            lines.reason, homeless.ifelse(Reason.REFUND_WITHOUT_ORDER.value, ibis.null(str))
        ),
    )
    return _with_paid_back(lines)


def _own(refunds: ir.Table, orders: ir.Table) -> ir.Table:
    """The refunds that stand under the number of their order, or name it."""
    return refunds.inner_join(orders, ["customer_id", "order_id"]).select(
        refund_row=refunds.row_number,
        home_id=orders.order_id,
        home_at=orders.ordered_at,
        rank=ibis.literal(0),
    )


def _of_before(refunds: ir.Table, own: ir.Table, orders: ir.Table) -> ir.Table:
    """row_number of the refunds that name an order which is not there.

    Numbers that are mostly none of the orders are those of something else, such as of the
    refunds themselves. Those found on the day of their order do not tell: these are discounts.
    """
    seen = refunds.left_join(own, refunds.row_number == own.refund_row)
    shapes = orders.select(shape=_shape(orders.order_id)).distinct()
    seen = seen.mutate(own_shape=_shape(seen.order_id)).left_join(
        shapes, ibis._.own_shape == shapes.shape
    )
    found = seen.home_id.notnull()
    later = found & (seen.home_at.date() != seen.ordered_at.date())
    like = ~seen.names_order & ~found & seen["shape"].notnull()
    counts = seen.aggregate(
        named=seen.names_order.sum(),
        named_found=(seen.names_order & found).sum(),
        later=(~seen.names_order & later).sum(),
        like=like.sum(),
    )
    of = counts.execute().fillna(0).iloc[0]
    names_tell = bool(of.named < _ENOUGH or 2 * of.named_found >= of.named)
    numbers_tell = bool(of.later > 0 and of.later >= of.like)
    gone = (seen.names_order & ~found & names_tell) | (like & numbers_tell)
    return seen.filter(gone).select("row_number")


def _shape(number: ir.StringValue) -> ir.StringValue:
    """How a number is written: "R-1042" and "R-7" are alike, "1042" is another."""
    return number.re_replace("[0-9]+", "9").re_replace(r"\p{L}+", "a")


def _homes(own: ir.Table, rest: ir.Table, sales: ir.Table, orders: ir.Table) -> ir.Table:
    """refund_row with home_id, home_at: the best home of every refund that has one."""
    found = ibis.union(
        own,
        _latest(rest, sales, ["customer_id", "thing", "quantity"], rank=1),
        _latest(rest, sales, ["customer_id", "thing"], rank=2),
        _latest(rest, orders, ["customer_id"], rank=3),
    )
    best = ibis.row_number().over(ibis.window(group_by="refund_row", order_by=found["rank"]))
    return found.mutate(best=best).filter(lambda t: t.best == 0).drop("best", "rank")


def _latest(refunds: ir.Table, sales: ir.Table, keys: list[str], rank: int) -> ir.Table:
    """The latest sale with the same keys at or before each refund.

    A refund at 00:00 has a day and no time of day: it comes after the orders of its day.

    One running maximum over both in order of time: a join would pair every refund with every
    earlier line of the customer, which for a guest account is everything with everything.
    """
    moments = sales.group_by([*keys, "ordered_at"]).aggregate(order_id=sales.order_id.min())
    nothing = ibis.null(sales.ordered_at.type())
    events = ibis.union(
        moments.select(
            *keys,
            "ordered_at",
            refund_row=ibis.null("int64"),
            sold_at=moments.ordered_at,
            sold_id=moments.order_id,
        ),
        refunds.select(
            *keys,
            ordered_at=(refunds.ordered_at == refunds.ordered_at.truncate("D")).ifelse(
                refunds.ordered_at + ibis.interval(days=1) - ibis.interval(microseconds=1),
                refunds.ordered_at,
            ),
            refund_row=refunds.row_number.cast("int64"),
            sold_at=nothing,
            sold_id=ibis.null("string"),
        ),
    )
    so_far = ibis.range_window(group_by=keys, order_by="ordered_at", preceding=None, following=0)
    seen = events.mutate(
        home_at=events.sold_at.max().over(so_far),
        home_id=events.sold_id.argmax(events.sold_at).over(so_far),
    )
    return seen.filter(seen.refund_row.notnull() & seen.home_at.notnull()).select(
        "refund_row", "home_id", "home_at", rank=ibis.literal(rank)
    )


def settle_refunds(lines: ir.Table, policy: Refunds) -> ir.Table:
    """Apply the policy: move refunds to their order, leave them where they are, or drop them.

    What the file says was paid back on a sale (`paid_back`) has no date of its own: it lowers
    the sale, unless refunds are ignored. Adds booked_at, the time that the row itself has.
    """
    lines = lines.mutate(booked_at=lines.ordered_at)
    if policy != "ignore":
        lines = lines.mutate(amount=lines.amount - lines.paid_back)
    if policy == "own_date":
        return lines
    if policy == "net":
        moves = lines.reason.isnull() & lines.home_at.notnull()
        return lines.mutate(
            ordered_at=moves.ifelse(lines.home_at, lines.ordered_at),
            order_id=moves.ifelse(lines.home_id, lines.order_id),
        )
    left_out = ibis.cases(
        (lines.is_refund & ~lines.inside, Reason.REFUND_IGNORED.value),
        (lines.in_full, Reason.ORDER_REFUNDED.value),
    )
    return lines.mutate(reason=ibis.coalesce(lines.reason, left_out))


def _with_paid_back(lines: ir.Table) -> ir.Table:
    """Adds in_full: true on every line of an order whose refunds leave nothing of it."""
    lines = lines.mutate(home=lines.is_refund.ifelse(lines.home_id, lines.order_id))
    kept = lines.filter(lines.reason.isnull())
    back = (kept.is_refund & ~kept.inside) | (kept.paid_back > 0)
    orders = kept.group_by(paid_by=kept.customer_id, paid_home=kept.home).aggregate(
        left=(kept.amount - kept.paid_back).sum(), refunded=back.any()
    )
    gone = orders.filter(orders.refunded & (orders.left <= 0)).drop("left", "refunded")
    same = [lines.customer_id == gone.paid_by, lines.home == gone.paid_home]
    joined = lines.left_join(gone, same)
    in_full = joined.reason.isnull() & joined.paid_home.notnull()
    return joined.mutate(in_full=in_full).drop("home", "paid_by", "paid_home")


def revenue_by_policy(lines: ir.Table, policy: Refunds) -> tuple[tuple[str, float], ...]:
    """Net revenue of the file under each refund policy, to compare before choosing.

    "net" and "own_date" differ in when a refund counts, not in the sum.
    """
    settled = [Reason.REFUND_IGNORED.value, Reason.ORDER_REFUNDED.value]
    kept = lines.filter(lines.reason.isnull() | lines.reason.isin(settled))
    stays = (~kept.is_refund | kept.inside) & ~kept.in_full
    # The lines are settled: under "ignore" what was paid back is still in them.
    gross = kept.amount + kept.paid_back if policy != "ignore" else kept.amount
    net = gross - kept.paid_back
    sums = kept.aggregate(net=net.sum(), ignore=gross.sum(where=stays)).execute()
    net, ignore = (float(sums[name][0] or 0.0) for name in ("net", "ignore"))
    return (("net", net), ("own_date", net), ("ignore", ignore))
