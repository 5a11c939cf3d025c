"""How each order status of a file is read: as a sale, or left out and why."""

from dataclasses import dataclass, replace
from typing import Final

import ibis

from clv import engine
from clv.intake.cancellations import CANCELLED
from clv.intake.ledger import Reason
from clv.intake.mapping import LeftOut, Mapping
from clv.intake.sources import RawTable
from clv.schema import STATUS

MOST: Final = 200


@dataclass(frozen=True)
class Status:
    """A status in the file, the number of rows with it, and whether it says "cancelled"."""

    text: str
    rows: int
    is_cancelled: bool


def statuses(raw: RawTable, column: str) -> tuple[Status, ...]:
    """The values of a column of statuses, most rows first; "" stands for a blank cell."""
    table = raw.table(engine.connect())
    text = table[raw.key(column)].fill_null("").strip()
    found = table.select(text=text).group_by("text").aggregate(rows=lambda t: t.count())
    found = found.mutate(is_cancelled=found.text.lower().re_search(CANCELLED))
    rows = found.order_by(ibis.desc("rows"), "text").limit(MOST).execute()
    return tuple(Status(str(t), int(n), bool(c)) for t, n, c in rows.itertuples(index=False))


def why_left_out(status: Status, mapping: Mapping) -> str | None:
    """The reason why orders with a status do not count; None where they do."""
    column, text = mapping.column(STATUS), status.text.lower()
    for rule in mapping.left_out:
        listed = text in {value.strip().lower() for value in rule.values}
        if rule.column == column and text and listed != rule.others:
            return rule.why
    return str(Reason.CANCELLED) if status.is_cancelled else None


def is_about_status(rule: LeftOut, mapping: Mapping) -> bool:
    """Whether a rule does no more than leave out some statuses, as one may choose to."""
    said = (rule.column, rule.others, rule.why)
    return said == (mapping.column(STATUS), False, str(Reason.NOT_AN_ORDER))


def chosen_statuses(mapping: Mapping) -> frozenset[str]:
    """The statuses that such rules leave out, in small letters."""
    rules = (rule for rule in mapping.left_out if is_about_status(rule, mapping))
    return frozenset(value.strip().lower() for rule in rules for value in rule.values)


def without_statuses(mapping: Mapping, texts: tuple[str, ...]) -> Mapping:
    """A copy that leaves out these statuses as no orders, in place of those chosen before."""
    kept = tuple(rule for rule in mapping.left_out if not is_about_status(rule, mapping))
    chosen = (LeftOut(column=mapping.column(STATUS) or "", values=texts),) if texts else ()
    return replace(mapping, left_out=(*kept, *chosen))
