"""What is unusual in a shop's lines and accounts. Flagged and explained; nothing is changed."""

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv import schema
from clv.intake.fences import Fence, fence
from clv.intake.shop import Shop
from clv.intake.unusual_accounts import unusual_accounts
from clv.intake.wording import counted, percent, rounded

EXAMPLES: Final = 100  # lines listed at most
_PLURAL: Final = {schema.AMOUNT: "amounts", schema.QUANTITY: "quantities"}


@dataclass(frozen=True, kw_only=True)
class Beyond:
    """The lines whose amount or quantity is far beyond the rest.

    column: "amount" or "quantity"; limit: what is beyond it is flagged, None where there are
    too few lines to tell; cap: the offered cap, q99 + 1.5 (q99 - q01); lines, revenue, share
    (of net revenue): those that stand; paid_back: flagged lines whose money was returned in
    full, which therefore change no revenue, in number and money.
    """

    column: str
    limit: float | None
    cap: float | None
    lines: int = 0
    revenue: float = 0.0
    share: float = 0.0
    paid_back: int = 0
    paid_back_revenue: float = 0.0

    @property
    def sentence(self) -> str:
        """The rule and what it found, in plain words."""
        if self.limit is None:
            return f"There are too few lines to call {_PLURAL[self.column]} unusual."
        rule = (
            f"Lines with {_PLURAL[self.column]} over {rounded(self.limit)} are far beyond the rest"
        )
        part = percent(self.share, 1)
        found = f"{counted(self.lines, 'line')}, {rounded(self.revenue)} of revenue ({part})"
        if not self.lines:
            found = "there are none"
        back = f"; {self.paid_back:,} more paid back in full" if self.paid_back else ""
        return f"{rule}: {found}{back}."


@dataclass(frozen=True)
class Unusual:
    """What is unusual in a shop.

    beyond: for amounts, and for quantities where the file has them; lines: the largest flagged
    lines (row_number, customer_id, order_id, ordered_at, quantity, amount, why, paid_back);
    accounts: customer_id, kind ("wholesale" or "guest"), orders, days, pieces, revenue,
    share_of_revenue, share_of_orders, reason; both the largest first.
    """

    beyond: tuple[Beyond, ...]
    lines: pd.DataFrame
    accounts: pd.DataFrame


def unusual(shop: Shop) -> Unusual:
    """Lines and accounts far beyond the rest of the shop, each with its reason."""
    transactions = shop.transactions
    sales = transactions.filter(~transactions.is_refund)
    columns = [schema.AMOUNT]
    if schema.QUANTITY in shop.roles:
        columns.append(schema.QUANTITY)
    fences = {column: fence(sales, column) for column in columns}
    limits = {column: found.limit for column, found in fences.items() if found}
    flagged = _flagged(transactions, limits)
    net = float(transactions.amount.sum().cast("float64").execute() or 0.0)
    beyond = tuple(_beyond(flagged, c, fences[c], net) for c in columns)
    return Unusual(beyond, _listed(flagged), unusual_accounts(shop))


def cap_effect(shop: Shop, limit: float) -> tuple[int, float]:
    """How many lines a cap at `limit` would lower, and by how much net revenue in all.

    Refunds are lowered like sales, so that a sale and its refund still add up to nothing.
    """
    lines = shop.transactions
    amount = lines.amount.cast("float64")
    over = lines.filter(amount.abs() > limit)
    size = over.amount.cast("float64")
    excess = (size < 0).ifelse(size + limit, size - limit)
    found = over.aggregate(lines=over.count(), excess=excess.sum()).execute().iloc[0]
    return int(found["lines"]), float(found["excess"]) if found["lines"] else 0.0


def _flagged(transactions: ir.Table, limits: dict[str, float]) -> ir.Table:
    """The sales beyond a limit, with why (the columns) and whether they were paid back in full."""
    sales = transactions.filter(~transactions.is_refund)
    over = {column: sales[column].cast("float64") > limit for column, limit in limits.items()}
    nothing = ibis.literal(False)
    sales = sales.mutate(
        over_amount=over.get(schema.AMOUNT, nothing).fill_null(False),
        over_quantity=over.get(schema.QUANTITY, nothing).fill_null(False),
    )
    large = sales.filter(sales.over_amount | sales.over_quantity)
    back = _refunds_of(large, transactions)
    whole = [schema.CUSTOMER_ID, schema.ORDER_ID]
    orders = transactions.semi_join(large, whole).group_by(whole)
    spent = orders.aggregate(left=lambda t: t.amount.sum()).filter(lambda t: t.left <= 0)
    in_full = large.semi_join(spent, whole).select(schema.ROW_NUMBER)
    returned = ibis.union(back, in_full, distinct=True).select(back_row=schema.ROW_NUMBER)
    joined = large.left_join(returned, large.row_number == returned.back_row)
    return joined.mutate(paid_back=joined.back_row.notnull()).drop("back_row")


def _refunds_of(large: ir.Table, transactions: ir.Table) -> ir.Table:
    """row_number of the sales that a refund of the same money pays back, one for one.

    Sums this large are not equal by chance; the product of the refund is often "Manual".
    """
    keys = [schema.CUSTOMER_ID, schema.AMOUNT]
    refunds = transactions.filter(transactions.is_refund)
    refunds = refunds.mutate(amount=-refunds.amount)
    nth = ibis.row_number().over(ibis.window(group_by=keys, order_by=schema.ROW_NUMBER))
    refunds = refunds.semi_join(large, keys).mutate(nth=nth).select(*keys, "nth")
    return large.mutate(nth=nth).semi_join(refunds, [*keys, "nth"]).select(schema.ROW_NUMBER)


def _beyond(flagged: ir.Table, column: str, found: Fence | None, net: float) -> Beyond:
    if found is None:
        return Beyond(column=column, limit=None, cap=None)
    mine = flagged.filter(flagged[f"over_{column}"])
    money = mine.amount.cast("float64")
    sums = (
        mine.aggregate(
            lines=(~mine.paid_back).sum(),
            revenue=money.sum(where=~mine.paid_back),
            paid_back=mine.paid_back.sum(),
            paid_back_revenue=money.sum(where=mine.paid_back),
        )
        .execute()
        .fillna(0)
        .iloc[0]
    )
    return Beyond(
        column=column,
        limit=found.limit,
        cap=found.cap,
        lines=int(sums["lines"]),
        revenue=float(sums["revenue"]),
        share=float(sums["revenue"]) / net if net > 0 else 0.0,
        paid_back=int(sums["paid_back"]),
        paid_back_revenue=float(sums["paid_back_revenue"]),
    )


def _listed(flagged: ir.Table) -> pd.DataFrame:
    why = ibis.cases(
        (flagged.over_amount & flagged.over_quantity, "amount and quantity"),
        (flagged.over_amount, "amount"),
        else_="quantity",
    )
    columns = [
        schema.ROW_NUMBER, schema.CUSTOMER_ID, schema.ORDER_ID, schema.ORDERED_AT, schema.QUANTITY,
    ]  # fmt: skip
    amount = flagged.amount.cast("float64")
    listed = flagged.select(*columns, amount=amount, why=why, paid_back=flagged.paid_back)
    order = [ibis.desc("amount"), ibis.desc("quantity"), schema.ROW_NUMBER]
    frame: pd.DataFrame = listed.order_by(order).limit(EXAMPLES).execute()
    return frame
