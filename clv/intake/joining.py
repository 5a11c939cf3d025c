"""Two tables side by side: orders and their lines, lines and their products or customers.

No row of the base is ever multiplied, and none is lost: what has no partner keeps blanks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv.errors import InvalidMapping
from clv.intake.keeping import Made, keep, last_row, origins_of, shifted
from clv.intake.matching import KEY, is_unique, keyed_rows, role_of
from clv.intake.sources import DAMAGED, RawTable
from clv.intake.spool import unique_names
from clv.intake.vocabulary import fold, likeness
from clv.intake.wording import counted, verb
from clv.schema import (
    AMOUNT,
    COST,
    CUSTOMER_ID,
    DISCOUNT,
    ORDER_ID,
    ORDERED_AT,
    REFUNDED,
    ROW_NUMBER,
)

Keys = Sequence[tuple[str, str]]
LIKE: Final = 0.5  # from here on, a name is that of the role


@dataclass(frozen=True)
class _Sides:
    """The base keeps its rows; each of them takes the columns of its partner in the other.

    whole: rows of the other without a partner are orders too, and are added below.
    """

    base: RawTable
    other: RawTable
    keys: tuple[tuple[str, str], ...]
    exact: bool
    whole: bool = False


def join(left: RawTable, right: RawTable, keys: Keys, *, exact: bool = False) -> RawTable:
    """The rows of one table with the columns of the other where `keys` (pairs of columns) agree.

    The table whose keys repeat is the base, else the left one. Keys are compared without blanks
    around them, without '.0' and, unless `exact`, without regard to case. Where the right holds
    orders and the left their lines, orders without lines are kept below. Raises InvalidMapping
    when the keys repeat in both tables.
    """
    for column, partner in keys:
        left.key(column), right.key(partner)
    name = left.name if right.name in left.name else f"{left.name} + {right.name}"
    how = f"join {left.path.name} {[*keys]} {exact}"
    return keep((left, right), how, name, lambda c: _made(c, left, right, tuple(keys), exact))


def money_of(other: RawTable, keys: Keys) -> tuple[str, ...]:
    """Columns of money in a table of orders or of customers: no line has them for its own."""
    if not _is_of_orders(other, keys[0][1]) and role_of(other, keys[0][1]) != CUSTOMER_ID:
        return ()
    money = (AMOUNT, DISCOUNT, REFUNDED, COST)
    own = {partner for _, partner in keys}
    return tuple(
        name
        for name in other.columns
        if name not in own and any(likeness(name, role) >= LIKE for role in money)
    )


def joined_names(base: Sequence[str], other: RawTable, keys: Keys) -> dict[str, str]:
    """Column of `other` -> its name beside the columns `base`; the keys have those of the base."""
    own = {partner: column for column, partner in keys}
    left_out = {*other.provenance, *_sums_of_customers(other, keys)}
    kept = [name for name in other.columns if name not in own and name not in left_out]
    taken = {fold(name) for name in base}
    lead = PurePath(other.name).stem or other.name
    shown = [f"{lead}.{name}" if fold(name) in taken else name for name in kept]
    unique = unique_names([*base, *shown])[len(base) :]
    return own | dict(zip(kept, unique, strict=True))


def _made(
    connection: Backend, left: RawTable, right: RawTable, keys: tuple[tuple[str, str], ...],
    exact: bool,
) -> Made:  # fmt: skip
    sides = _sides(connection, left, right, keys, exact)
    base, other = sides.base, sides.other
    names = joined_names(base.columns, other, sides.keys)
    added = [name for name in names if name not in {partner for _, partner in sides.keys}]
    ours = keyed_rows(base, connection, [column for column, _ in sides.keys], exact=exact)
    theirs = keyed_rows(other, connection, [partner for _, partner in sides.keys], exact=exact)
    rename = {f"o{index}": other.key(name) for index, name in enumerate(added)}
    partners = theirs.filter(theirs[KEY].notnull()).select(KEY, **rename)
    if _repeats(partners):  # rows that are equal: any others were ruled out before
        partners = partners.distinct()
    width = len(base.columns)
    paired = ours.left_join(partners, KEY)
    cells: dict[str, Any] = {f"c{i}": paired[f"c{i}"] for i in range(width)}
    cells |= {f"c{width + i}": paired[f"o{i}"] for i in range(len(added))}
    table = paired.select(ROW_NUMBER, **cells, **{DAMAGED: paired[DAMAGED]})
    origins = origins_of(base)
    rest = theirs.anti_join(ours.filter(ours[KEY].notnull()), KEY)
    alone = int(rest.count().execute())
    if sides.whole and alone:
        before = last_row(base, connection)
        table = table.union(_below(rest, sides, added, before), distinct=False)
        origins = (*origins, *shifted(origins_of(other), before))
    lonely = int(ours.anti_join(partners, KEY).count().execute())
    notes = _notes(sides, lonely, alone)
    repeats = money_of(other, sides.keys) if sides.whole and _repeats(ours) else ()
    return Made(
        table=table,
        columns=(*base.columns, *(names[name] for name in added)),
        origins=origins,
        notes=(*base.notes, *(n for n in other.notes if n not in base.notes), *notes),
        provenance=base.provenance,
        repeated=(*base.repeated, *(names[name] for name in repeats)),
    )


def _sides(
    connection: Backend, left: RawTable, right: RawTable, keys: tuple[tuple[str, str], ...],
    exact: bool,
) -> _Sides:  # fmt: skip
    turned = tuple((partner, column) for column, partner in keys)
    if is_unique(right, connection, [partner for _, partner in keys], exact=exact):
        return _Sides(left, right, keys, exact, _is_of_orders(right, keys[0][1]))
    if is_unique(left, connection, [column for column, _ in keys], exact=exact):
        return _Sides(right, left, turned, exact, _is_of_orders(left, keys[0][0]))
    listed = " and ".join(f"'{column}'" for column, _ in keys)
    raise InvalidMapping(
        f"{left.name} and {right.name} cannot be joined by {listed}: the same values stand on "
        "several rows of both, and joining would multiply rows.",
        "Choose a column whose values are unique in one of the files.",
    )


def _repeats(table: ir.Table) -> bool:
    seen = table.aggregate(rows=table[KEY].count(), keys=table[KEY].nunique()).execute().iloc[0]
    return int(seen["rows"]) > int(seen["keys"])


def _is_of_orders(raw: RawTable, key: str) -> bool:
    """Whether rows of a table are orders: its key is their number, and more is said of them."""
    others = [name for name in raw.columns if name != key]
    told = (ORDERED_AT, CUSTOMER_ID, AMOUNT)
    return role_of(raw, key) == ORDER_ID and any(
        likeness(name, role) >= LIKE for name in others for role in told
    )


def _sums_of_customers(raw: RawTable, keys: Keys) -> tuple[str, ...]:
    """'Total spent' of a customer would look like the amount of each order."""
    return money_of(raw, keys) if role_of(raw, keys[0][1]) == CUSTOMER_ID else ()


def _below(rest: ir.Table, sides: _Sides, added: Sequence[str], before: int) -> ir.Table:
    """Orders without lines, in the columns of the joined table."""
    base, other = sides.base, sides.other
    partner_of = dict(sides.keys)
    free = [name for name in other.columns if name not in partner_of.values()]
    by_fold = {fold(name): name for name in reversed(free)}
    cells: dict[str, Any] = {}
    for index, column in enumerate(base.columns):
        source = partner_of.get(column) or by_fold.get(fold(column))
        cells[f"c{index}"] = rest[other.key(source)] if source else ibis.null("string")
    width = len(base.columns)
    cells |= {f"c{width + i}": rest[other.key(name)] for i, name in enumerate(added)}
    number = (rest[ROW_NUMBER] + before).cast("int64")
    return rest.select(**{ROW_NUMBER: number}, **cells, **{DAMAGED: rest[DAMAGED]})


def _notes(sides: _Sides, lonely: int, alone: int) -> list[str]:
    base, other = sides.base.name, sides.other.name
    notes = []
    sums = ", ".join(f"'{name}'" for name in _sums_of_customers(sides.other, sides.keys))
    if sums:
        notes.append(f"{sums} of {other}: sums of a customer, not of an order, are left out.")
    if lonely:
        notes.append(f"{_without_partner(lonely, base, other)}: blank there.")
    if alone and sides.whole:
        are = verb(alone, "it is", "they are")
        notes.append(f"{_without_partner(alone, other, base)}: {are} kept below.")
    elif alone:
        say = verb(alone, "it says", "they say")
        notes.append(f"{_without_partner(alone, other, base)}: {say} nothing here.")
    return notes


def _without_partner(number: int, table: str, other: str) -> str:
    have = verb(number, "has", "have")
    return f"{counted(number, 'row')} of {table} {have} no partner in {other}"
