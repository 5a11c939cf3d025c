"""Accounts that are hardly one person: resellers, and ids that stand for nobody or for many."""

import re
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv import engine
from clv.intake.fences import Fence, fence
from clv.intake.shop import Shop
from clv.intake.wording import rounded

WHOLESALE, GUEST = "wholesale", "guest"
STEPS: Final = 4.0
MOST: Final = 100  # accounts listed at most
_TIMES_MEAN: Final = 20.0  # what a reseller brings, in mean customers, at least
_SHARE: Final = 0.001  # and of all revenue: less changes no figure of the shop
_FEWEST_GUEST_ORDERS: Final = 10
_ON_ONE_DAY: Final = 20  # orders, at least, of an id that stands for many
_ON_MANY_DAYS: Final = 5.0  # the same as a mean over its days

_FILLER_DAYS: Final = 1.5  # orders on each of its days, of a filler

_GUEST_WORDS: Final = (
    r"^\W*(?:guest|gast|gäste|invit[eé]e?|invitado|ospite|convidado|anonym\w*|an[oó]nimo|unknown"
    r"|unbekannt|inconnu|walk[ -]?in|cash|barverkauf|laufkunde|default|dummy|pos|counter|till"
    r"|retail customer|no customer|not registered|unregistered|test)"
    r"(?:[ _-]?(?:user|customer|account|checkout|kunde|konto|client|sales?|[0-9]{1,3}))?"
    r"(?:@.*)?\W*$"
)
_FILLER: Final = r"^-?(?:0+|9{4,}|1{5,}|1|123456?7?8?9?0?)$"
_MEASURES: Final = {
    "revenue": "revenue of {}, {} times that of a customer in the middle",
    "orders": "{} orders, {} times those of a customer in the middle",
    "pieces_per_order": "{} pieces per order, {} times the usual",
}


def unusual_accounts(shop: Shop) -> pd.DataFrame:
    """Accounts that are likely resellers, or no one person at all, the most revenue first.

    Returns customer_id, kind ("wholesale" or "guest"), orders, days (with an order), pieces (NaN
    without quantities), revenue, share_of_revenue, share_of_orders (0 to 1), reason.
    """
    connection = engine.connect()
    people = connection.create_table("people", _people(shop.open(connection)), temp=True)
    fences = {name: fence(people, name, STEPS) for name in _MEASURES}
    whole = people.aggregate(
        customers=people.count(),
        orders=people.orders.sum(),
        revenue=people.revenue.sum().cast("float64"),
    )
    totals = whole.execute().fillna(0).iloc[0]
    suspects = people.filter(_suspects(people, fences, shop.has_orders))
    found = suspects.mutate(revenue=suspects.revenue.cast("float64")).execute()
    rows = [
        row | {"kind": told[0], "reason": told[1]}
        for row in found.to_dict("records")
        if (told := _told(row, fences, totals, shop.has_orders))
    ]
    frame = pd.DataFrame(rows, columns=[*found.columns, "kind", "reason"])
    frame["share_of_revenue"] = frame["revenue"] / (totals["revenue"] or float("nan"))
    frame["share_of_orders"] = frame["orders"] / (totals["orders"] or float("nan"))
    columns = [
        "customer_id", "kind", "orders", "days", "pieces", "revenue", "share_of_revenue",
        "share_of_orders", "reason",
    ]  # fmt: skip
    ranked = frame.sort_values(["revenue", "customer_id"], ascending=[False, True])
    return ranked[columns].head(MOST).reset_index(drop=True)


def _people(transactions: ir.Table) -> ir.Table:
    """One row per customer who bought: orders, days, revenue, pieces, and the fullest day."""
    bought = ~transactions.is_refund
    pieces = transactions.quantity.abs()
    lines = transactions.mutate(
        day=transactions.ordered_at.date(), signed=bought.ifelse(pieces, -pieces), bought=bought
    )
    daily = lines.group_by(["customer_id", "day"]).aggregate(
        orders=lines.order_id.nunique(where=lines.bought),
        amount=lines.amount.sum(),
        pieces=lines.signed.sum(),
    )
    people = daily.group_by("customer_id").aggregate(
        orders=daily.orders.sum(),
        days=(daily.orders > 0).sum(),
        fullest_day=daily.orders.max(),
        pieces=daily.pieces.sum(),
        revenue=daily.amount.sum(),
    )
    people = people.filter(people.orders > 0)
    return people.mutate(pieces_per_order=people.pieces / people.orders)


def _suspects(people: ir.Table, fences: dict[str, Fence | None], has_orders: bool) -> Any:
    """Whether anything may be unusual about an account; `_told` has the last word."""
    tests: list[Any] = [
        people[name] > found.limit for name, found in fences.items() if found is not None
    ]
    named = people.customer_id.lower().re_search(_GUEST_WORDS)
    tests.append(named | people.customer_id.re_search(_FILLER))
    if has_orders:
        tests.append(people.fullest_day >= _ON_ONE_DAY)
        tests.append(people.orders >= _ON_MANY_DAYS * people.days)
    return ibis.or_(*tests).fill_null(False)


def _told(
    row: dict[Any, Any], fences: dict[str, Fence | None], totals: Any, has_orders: bool
) -> tuple[str, str] | None:
    """Kind and reason of an account, None where it is an ordinary one after all."""
    guest = _guest(row, fences["orders"], has_orders)
    if guest:
        return GUEST, guest
    mean = totals["revenue"] / max(totals["customers"], 1)
    large = row["revenue"] > max(_TIMES_MEAN * mean, _SHARE * totals["revenue"])
    wholesale = _wholesale(row, fences) if large else None
    return (WHOLESALE, wholesale) if wholesale else None


def _guest(row: dict[Any, Any], orders: Fence | None, has_orders: bool) -> str | None:
    one, count, days = str(row["customer_id"]), int(row["orders"]), int(row["days"])
    usual = max(_FEWEST_GUEST_ORDERS, 3 * orders.median if orders else 0)
    if re.search(_GUEST_WORDS, one.lower()):
        return f"'{one}' is no one's id, and has {count:,} orders."
    if re.search(_FILLER, one) and count >= usual and count > _FILLER_DAYS * max(days, 1):
        return f"'{one}' looks like a filler for 'no customer', and has {count:,} orders."
    if not has_orders or count < _ON_ONE_DAY:
        return None
    fullest = int(row["fullest_day"])
    if fullest >= _ON_ONE_DAY or count >= _ON_MANY_DAYS * days:
        return (
            f"{count:,} orders on {days:,} days, up to {fullest:,} on one day: more than one "
            "person buys under this id."
        )
    return None


def _wholesale(row: dict[Any, Any], fences: dict[str, Fence | None]) -> str | None:
    said = []
    for name, words in _MEASURES.items():
        found = fences[name]
        if found and row[name] > found.limit:
            said.append(words.format(rounded(row[name]), rounded(row[name] / found.median)))
    return f"{', '.join(said)}: likely a reseller or a company." if said else None
