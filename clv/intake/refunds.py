"""Which order a refund belongs to, and what each refund policy does with it.

A refund is a line that takes money back; it is never a purchase. It belongs to
1. the order of the same number, else
2. the customer's latest earlier line of the same product (the same quantity first), else
3. the customer's latest earlier order.
A refund that has none of these pays back an order from before the file: it is rejected,
because that order is not counted either.
"""

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv.intake.ledger import Reason
from clv.settings import Refunds

REFUND = ["row_number", "customer_id", "order_id", "ordered_at", "thing", "quantity"]


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
    refunds = kept.filter(kept.is_refund).select(*REFUND)
    sales = kept.filter(~kept.is_refund).select(*REFUND)
    orders = sales.group_by(["customer_id", "order_id"]).aggregate(
        ordered_at=sales.ordered_at.min()
    )
    homes = connection.create_table("homes", _homes(refunds, sales, orders), temp=True)
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
    return lines.mutate(in_full=_paid_back(lines))


def _homes(refunds: ir.Table, sales: ir.Table, orders: ir.Table) -> ir.Table:
    own = refunds.inner_join(orders, ["customer_id", "order_id"]).select(
        refund_row=refunds.row_number,
        home_id=orders.order_id,
        home_at=orders.ordered_at,
        rank=ibis.literal(0),
    )
    same_thing = refunds.inner_join(
        sales,
        [
            refunds.customer_id == sales.customer_id,
            refunds.thing == sales.thing,
            sales.ordered_at <= refunds.ordered_at,
        ],
    ).select(
        refund_row=refunds.row_number,
        home_id=sales.order_id,
        home_at=sales.ordered_at,
        rank=(refunds.quantity == sales.quantity).ifelse(1, 2),
    )
    latest = refunds.inner_join(
        orders,
        [refunds.customer_id == orders.customer_id, orders.ordered_at <= refunds.ordered_at],
    ).select(
        refund_row=refunds.row_number,
        home_id=orders.order_id,
        home_at=orders.ordered_at,
        rank=ibis.literal(3),
    )
    found = ibis.union(own, same_thing, latest)
    best = ibis.row_number().over(
        ibis.window(
            group_by="refund_row",
            order_by=[found["rank"], found.home_at.desc(), found.home_id],
        )
    )
    return found.mutate(best=best).filter(lambda t: t.best == 0).drop("best", "rank")


def settle_refunds(lines: ir.Table, policy: Refunds) -> ir.Table:
    """Apply the policy: move refunds to their order, leave them where they are, or drop them."""
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


def _paid_back(lines: ir.Table) -> ir.BooleanValue:
    """True on every line of an order whose refunds leave nothing of it."""
    kept = lines.reason.isnull()
    home = lines.is_refund.ifelse(lines.home_id, lines.order_id)
    whole = ibis.window(group_by=[lines.customer_id, home])
    left = kept.ifelse(lines.amount, 0).sum().over(whole)
    refunded = (kept & lines.is_refund & ~lines.inside).any().over(whole)
    return (kept & refunded & (left <= 0)).fill_null(False)


def revenue_by_policy(lines: ir.Table) -> tuple[tuple[str, float], ...]:
    """Net revenue of the file under each refund policy, to compare before choosing.

    "net" and "own_date" differ in when a refund counts, not in the sum.
    """
    settled = [Reason.REFUND_IGNORED.value, Reason.ORDER_REFUNDED.value]
    kept = lines.filter(lines.reason.isnull() | lines.reason.isin(settled))
    stays = (~kept.is_refund | kept.inside) & ~kept.in_full
    sums = kept.aggregate(net=kept.amount.sum(), ignore=kept.amount.sum(where=stays)).execute()
    net, ignore = (float(sums[name][0] or 0.0) for name in ("net", "ignore"))
    return (("net", net), ("own_date", net), ("ignore", ignore))
