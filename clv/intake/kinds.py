"""Rows of a kind: those that are no orders, and those that take money back without a minus.

Bookkeeping writes a credit note as a document of its own kind, its amount often positive. Its
kind is known by `kind_words.json`: words for such documents and for sales, in many languages
(`*` stands for any words), and the words that a column of kinds is called by.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv import engine
from clv.intake.cancellations import CANCELLED
from clv.intake.mapping import LeftOut, Mapping, TakesBack
from clv.intake.sources import RawTable
from clv.intake.vocabulary import fold
from clv.intake.wording import counted, verb
from clv.schema import (
    AMOUNT,
    CATEGORY,
    CHANNEL,
    CUSTOMER_ID,
    ORDER_ID,
    QUANTITY,
    REFUNDED,
    ROW_NUMBER,
    STATUS,
    UNIT_PRICE,
)

KIND_COLUMNS: Final = ("kind_why", "kind_column", "kind_value")
_MAY_BE_A_KIND: Final = (STATUS, CHANNEL, CATEGORY)
_MOST_KINDS: Final = 40
_SAMPLE: Final = 1000
_MINUS: Final = r"^[^0-9]*[-−–(]|[-−–]\s*$"
_A_FEW: Final = 0.5  # more than this share of the rows is no exception
_KNOWN: Final = 0.5  # of the rows' customers bought something as well


@dataclass(frozen=True)
class CreditKind:
    """A kind that says that money went back, and how its rows are written.

    plain: rows with an amount and no minus; minus: rows with one. is_sure: that such rows are
    documents of their own, which take money back.
    """

    column: str
    value: str
    plain: int
    minus: int
    is_sure: bool


def with_kinds(lines: ir.Table, table: ir.Table, raw: RawTable, mapping: Mapping) -> ir.Table:
    """Adds why a row's kind is no order (null where it is one), credited and undone.

    credited: the row takes money back by its kind, and its amount says nothing of it: amount and
    quantity get their minus. undone: it gives back what a refund took, and is no purchase.
    """
    if not (mapping.left_out or mapping.takes_back):
        nothing = {name: ibis.null("string") for name in KIND_COLUMNS}
        no = ibis.literal(False)
        return lines.mutate(**nothing, credited=no, undone=no)
    kinds = _kinds(table, raw, mapping)
    lines = lines.inner_join(kinds, lines.row_number == kinds.kind_row).drop("kind_row")
    credited = (lines.of_credit & (lines.amount > 0)).fill_null(False)
    return lines.mutate(
        credited=credited,
        undone=(lines.of_signed & (lines.amount > 0)).fill_null(False),
        amount=credited.ifelse(-lines.amount, lines.amount),
        quantity=credited.ifelse(-lines.quantity.abs(), lines.quantity),
    ).drop("of_credit", "of_signed")


def _kinds(table: ir.Table, raw: RawTable, mapping: Mapping) -> ir.Table:
    """kind_row with why, column and value where its kind is no order; of_credit, of_signed."""
    cases = []
    for rule in mapping.left_out:
        cell = table[raw.key(rule.column)]
        listed = _is_one_of(cell, rule.values)
        filled = cell.notnull() & (cell.strip() != "")
        met = (filled & ~listed) if rule.others else listed
        cases.append((met, rule.why, rule.column, cell))
    chosen: dict[str, Any] = {
        name: ibis.cases(*((case[0], case[place]) for case in cases), else_=None)
        if cases
        else ibis.null("string")
        for place, name in enumerate(KIND_COLUMNS, 1)
    }
    credit, signed = ibis.literal(False), ibis.literal(False)
    for kind in mapping.takes_back:
        met = _is_one_of(table[raw.key(kind.column)], kind.values)
        credit, signed = (credit, signed | met) if kind.signed else (credit | met, signed)
    return table.select(
        kind_row=table[ROW_NUMBER], of_credit=credit & ~signed, of_signed=signed, **chosen
    )


def _is_one_of(cell: Any, values: tuple[str, ...]) -> Any:
    return cell.strip().lower().isin([value.strip().lower() for value in values]).fill_null(False)


def suggest_takes_back(raw: RawTable, mapping: Mapping) -> tuple[TakesBack, ...]:
    """The kinds of which it is sure that they take money back, by column."""
    signed = {(kind.column, v.lower()) for kind in mapping.takes_back for v in kind.values}
    return by_column(
        (kind.column, kind.value)
        for kind in credit_kinds(raw, mapping)
        if kind.is_sure and kind.plain and (kind.column, kind.value.lower()) not in signed
    )


def suggest_returned(raw: RawTable, mapping: Mapping) -> tuple[LeftOut, ...]:
    """Orders that a column says were returned, with yes or no: all of their money went back.

    So it is where the file says it in no other way: by an amount paid back, or by a minus. A
    table of returns that was joined to its orders leaves such a column.
    """
    if mapping.column(REFUNDED) or not _money(mapping):
        return ()
    taken = {column for role, column in mapping.columns if role not in _MAY_BE_A_KIND}
    free = (name for name in raw.columns if name not in taken)
    flags = [name for name in free if says_returned(name)]
    rules = ((name, _yes(raw, mapping, name)) for name in flags)
    return tuple(
        LeftOut(column=name, values=values, why="order refunded in full")
        for name, values in rules
        if values
    )


def _yes(raw: RawTable, mapping: Mapping, column: str) -> tuple[str, ...]:
    """How a column says yes; () where it says other things, mostly yes, or has rows of a minus."""
    table = raw.table(engine.connect())
    cells = table.select(
        value=table[raw.key(column)].fill_null("").strip(), minus=_has_minus(table, raw, mapping)
    )
    counts = cells.group_by("value").aggregate(rows=cells.count(), minus=cells.minus.sum())
    frame = counts.order_by(ibis.desc("rows"), "value").limit(_MOST_KINDS).execute()
    answers, said = frame["value"].str.lower(), _words()
    yes = answers.isin(said["yes"])
    others = ~yes & ~answers.isin(["", *said["no"]])
    mostly = frame.loc[yes, "rows"].sum() > _A_FEW * frame["rows"].sum()
    if others.any() or mostly or frame["minus"].sum():
        return ()
    return tuple(map(str, frame.loc[yes, "value"]))


def lists_returns(name: str) -> bool:
    """Whether a table is called after what came back: returns.csv, Shop.xlsx: Retouren."""
    return any(_is_in(word, "credit") or says_returned(word) for word in fold(name).split())


def says_returned(column: str) -> bool:
    """Whether a column is called like one that says with yes or no what was returned."""
    return fold(column) in _patterns("returned")


def by_column(pairs: Iterable[tuple[str, str]]) -> tuple[TakesBack, ...]:
    """(column, value) pairs as the rules of a mapping, one per column."""
    values: dict[str, list[str]] = {}
    for column, value in pairs:
        values.setdefault(column, []).append(value)
    return tuple(TakesBack(column=column, values=tuple(v)) for column, v in values.items())


def doubts(raw: RawTable, mapping: Mapping) -> tuple[str, ...]:
    """A sentence for each kind that sounds like a refund and counts as a sale, with what to do."""
    rules = [(rule.column, rule.values) for rule in mapping.left_out]
    rules += [(kind.column, kind.values) for kind in mapping.takes_back]
    known = {(column, value.strip().lower()) for column, values in rules for value in values}
    return tuple(
        f"{counted(kind.plain, 'row')} of the kind '{kind.value}' in '{kind.column}' "
        f"{verb(kind.plain, 'has', 'have')} an amount without a minus, and "
        f"{verb(kind.plain, 'counts as a sale', 'count as sales')}. Where money went back, choose "
        "the kind under 'Rows that take money back', or name it as takes_back in the recipe."
        for kind in credit_kinds(raw, mapping)
        if kind.plain and (kind.column, kind.value.lower()) not in known
    )


def credit_kinds(raw: RawTable, mapping: Mapping) -> tuple[CreditKind, ...]:
    """Every kind in the file that says by its name that money went back."""
    found = []
    for column in _columns(raw, mapping):
        found += _of_column(raw, mapping, column)
    return tuple(found)


def _columns(raw: RawTable, mapping: Mapping) -> list[str]:
    """Columns of a few words that may say of what kind a row is."""
    taken = {c for role, c in mapping.columns if role not in _MAY_BE_A_KIND}
    sample = raw.sample(_SAMPLE)
    free = (name for name in raw.columns if name not in taken and name not in raw.provenance)
    return [name for name in free if sample[name].nunique() <= _MOST_KINDS]


def _of_column(raw: RawTable, mapping: Mapping, column: str) -> list[CreditKind]:
    table = raw.table(engine.connect())
    table = table.mutate(value=table[raw.key(column)].fill_null("").strip())
    counts = table.group_by("value").aggregate(rows=table.count())
    counts = counts.order_by(ibis.desc("rows"), "value").limit(_MOST_KINDS + 1)
    rows = counts.execute().set_index("value")["rows"]
    if len(rows) > _MOST_KINDS:
        return []
    has_sale = any(_is_in(value, "sale") for value in rows.index)
    names = ("credit", "beside_a_sale") if has_sale else ("credit",)
    values = [value for value in rows.index if any(_is_in(value, name) for name in names)]
    if column == mapping.column(STATUS) and not _is_of_kinds(column):
        values = [value for value in values if not re.search(CANCELLED, value.lower())]
    if not values:
        return []
    signs = _signs(table.filter(table.value.isin(values)), raw, mapping).loc[values]
    is_sure = (
        (has_sale or _is_of_kinds(column))
        and not _is_of_states(column)
        and signs["minus"].sum() == 0
        and rows[values].sum() <= _A_FEW * rows.sum()
        and _bought_too(raw, mapping, column, tuple(values))
    )
    return [
        CreditKind(column, str(value), int(kind["plain"]), int(kind["minus"]), bool(is_sure))
        for value, kind in signs.iterrows()
    ]


def _signs(table: ir.Table, raw: RawTable, mapping: Mapping) -> pd.DataFrame:
    """By value: the rows with an amount and no minus (plain), and those with one (minus)."""
    money = [table[raw.key(mapping.roles[role])] for role in _money(mapping)]
    some = money[-1].re_search("[1-9]").fill_null(False) if money else ibis.literal(False)
    minus = _has_minus(table, raw, mapping)
    rows = table.select("value", minus=some & minus, plain=some & ~minus)
    counts = rows.group_by("value").aggregate(minus=rows.minus.sum(), plain=rows.plain.sum())
    found: pd.DataFrame = counts.execute().set_index("value")
    return found


def _has_minus(table: ir.Table, raw: RawTable, mapping: Mapping) -> Any:
    minus = ibis.literal(False)
    for role in _money(mapping):
        minus = minus | table[raw.key(mapping.roles[role])].re_search(_MINUS).fill_null(False)
    return minus


def _money(mapping: Mapping) -> tuple[str, ...]:
    """The roles whose cells have the sign of a row; the last one says whether there is money."""
    roles = (QUANTITY, AMOUNT) if mapping.column(AMOUNT) else (QUANTITY, UNIT_PRICE)
    return tuple(role for role in roles if mapping.column(role))


def _bought_too(raw: RawTable, mapping: Mapping, column: str, values: tuple[str, ...]) -> bool:
    """Whether those who got money back have other rows too, under other or the same numbers.

    Else the kind may be what became of an order, whose only row it is.
    """
    who = mapping.column(CUSTOMER_ID) or mapping.column(ORDER_ID)
    if who is None:
        return False
    table = raw.table(engine.connect())
    credit = _is_one_of(table[raw.key(column)], values)
    rows = table.select(who=table[raw.key(who)], credit=credit).drop_null("who")
    sold = rows.filter(~rows.credit).select(buyer=rows.who).distinct()
    back = rows.filter(rows.credit)
    back = back.left_join(sold, back.who == sold.buyer)
    share = back.buyer.notnull().mean().execute()
    return share is not None and bool(share >= _KNOWN)


def _is_of_kinds(column: str) -> bool:
    words, listed = fold(column).split(), _words()["columns"]
    spoken = any(word in listed["words"] for word in words)
    return spoken and not set(words) & set(listed["never"])


def _is_of_states(column: str) -> bool:
    """A status says what became of an order: its row is the order, not a document beside it."""
    return bool({"status", "state"} & set(fold(column).split()))


def _is_in(value: str, name: str) -> bool:
    folded = fold(value)
    if any(fnmatchcase(folded, pattern) for pattern in _patterns("never")):
        return False
    return any(fnmatchcase(folded, pattern) for pattern in _patterns(name))


@cache
def _patterns(name: str) -> tuple[str, ...]:
    """The words as they are compared; `*` stays."""
    return tuple(
        " ".join(part if part == "*" else fold(part) for part in word.split())
        for word in _words()[name]
    )


@cache
def _words() -> Any:
    path = Path(__file__).with_name("kind_words.json")
    return json.loads(path.read_text(encoding="utf-8"))
