"""Which columns of two tables mean the same: from their names, and from all of their values.

Values alone are not believed when they are small whole numbers: a quantity of 1 to 9 is found
among the customer numbers 1 to 1,000 as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from pathlib import PurePath
from typing import Final

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv import engine
from clv.intake.sources import RawTable
from clv.intake.values import kind
from clv.intake.vocabulary import fold, likeness
from clv.schema import (
    CURRENCY,
    CUSTOMER_ID,
    ID_ROLES,
    NUMBER_ROLES,
    ORDER_ID,
    ORDER_TIME,
    ORDERED_AT,
    PRODUCT_ID,
    STATUS,
)

MAX_PAIRS: Final = 40  # of columns, for two tables
LEAST_RATE: Final = 0.5
KEY: Final = "join_key"
_COPIES: Final = 4  # a table that holds every row more often than this is no lookup
_SAMPLE: Final = 500
_LONG_NUMBER: Final = 6
_GENERIC: Final = frozenset(
    ("id", "nr", "no", "number", "num", "code", "key", "name", "#", "index", "row id", "row",
     "status", "date", "created at", "updated at", "type", "note", "notes")
)  # fmt: skip
_TABLE_OF: Final = {
    ORDER_ID: ("order", "bestell", "auftrag", "auftraeg", "pedido", "commande"),
    CUSTOMER_ID: ("customer", "client", "kund", "user", "member", "buyer", "shopper"),
    PRODUCT_ID: ("produ", "article", "artikel", "sku"),
}
_LINE_WORDS: Final = ("line", "item", "detail", "position")
_OWN_ID: Final = frozenset(("id", "nr", "no", "number", "key", "#"))
_IDS_BY_NAME: Final = 0.5
_MEASURES: Final = (ORDERED_AT, ORDER_TIME, *NUMBER_ROLES, STATUS, CURRENCY)


@dataclass(frozen=True)
class Join:
    """Rows of table `left` find their partner in table `right` (positions in the list given).

    match_rate: share of the left's rows that have a partner. found_rate: share of the right's
    values that are found. right_unique: each value stands once on the right, so that no row of
    the left is multiplied. exact: upper and lower case differ in these values.
    role: what the columns say by their names (order_id, customer_id ...), or None.
    """

    left: int
    right: int
    left_column: str
    right_column: str
    match_rate: float
    found_rate: float
    left_unique: bool
    right_unique: bool
    role: str | None = None
    exact: bool = False

    @property
    def turned(self) -> "Join":
        """The same from the other side."""
        return Join(
            self.right, self.left, self.right_column, self.left_column,
            self.found_rate, self.match_rate, self.right_unique, self.left_unique,
            self.role, self.exact,
        )  # fmt: skip


def suggest_joins(tables: Sequence[RawTable]) -> tuple[Join, ...]:
    """How pairs of tables fit together, best first; `right` is the side of unique values."""
    connection = engine.connect()
    sides = [_Side(raw, connection) for raw in tables]
    found = [
        join
        for left, right in combinations(range(len(tables)), 2)
        for join in _joins(sides[left], sides[right], left, right)
    ]
    return tuple(sorted(found, key=_goodness, reverse=True))


def folded_key(text: ir.StringValue, *, exact: bool = False) -> ir.StringValue:
    """A cell as it is compared: without blanks around it, without '.0', in lower case."""
    plain = text.strip().re_replace(r"\.0+$", "")
    return (plain if exact else plain.lower()).nullif("")


def keyed_rows(
    raw: RawTable, connection: Backend, columns: Sequence[str], *, exact: bool
) -> ir.Table:
    """The table with its key, NULL where a part of it is blank."""
    table = raw.table(connection)
    parts = [folded_key(table[raw.key(column)], exact=exact) for column in columns]
    key = parts[0]
    for part in parts[1:]:
        key = key + "\x1f" + part
    return table.mutate(**{KEY: key})


def is_unique(raw: RawTable, connection: Backend, columns: Sequence[str], *, exact: bool) -> bool:
    """Whether each key stands on one row, or on rows that are equal in every cell."""
    table = keyed_rows(raw, connection, columns, exact=exact)
    table = table.filter(table[KEY].notnull())
    rows, keys = (
        int(n)
        for n in table.aggregate(rows=table.count(), keys=table[KEY].nunique()).execute().iloc[0]
    )
    if rows == keys or rows > _COPIES * keys:
        return rows == keys
    cells = [raw.key(name) for name in raw.columns if name not in raw.provenance]
    return int(table.select(KEY, *cells).distinct().count().execute()) == keys


def role_of(raw: RawTable, column: str) -> str | None:
    """The kind of id that a column is by its name, or by that of its table ('id' in orders)."""
    scores = {role: likeness(column, role) for role in ID_ROLES}
    best = max(scores, key=lambda role: scores[role])
    if fold(column) not in _GENERIC:
        return best if scores[best] >= _IDS_BY_NAME else None
    return _role_of_table(raw.name) if fold(column) in _OWN_ID else None


def _role_of_table(name: str) -> str | None:
    """What the rows of a table called `name` are; None for lines, and where it is not clear."""
    words = fold(PurePath(name.rpartition(": ")[2]).stem)
    if any(word in words for word in _LINE_WORDS):
        return None
    roles = [role for role, stems in _TABLE_OF.items() if any(stem in words for stem in stems)]
    return roles[0] if len(roles) == 1 else None


@dataclass(frozen=True)
class _Side:
    """One table and what is known of its columns."""

    raw: RawTable
    connection: Backend
    counted: dict[tuple[str, bool], "_Keys"] = field(default_factory=dict)

    @cached_property
    def samples(self) -> dict[str, list[str]]:
        frame = self.raw.sample(_SAMPLE)
        names = [name for name in self.raw.columns if name not in self.raw.provenance]
        return {name: [c for c in frame[name] if c and c.strip()] for name in names}

    @cached_property
    def telling(self) -> frozenset[str]:
        """Columns whose values hardly stand in another column by chance: words, long numbers."""
        return frozenset(
            name
            for name, cells in self.samples.items()
            if len({*cells}) >= min(20, len(cells))
            and not any(kind(c) == "date" or len(c.strip()) > 200 for c in cells[:50])
            and sum(not c.strip().isdecimal() or len(c) >= _LONG_NUMBER for c in cells)
            > 0.9 * len(cells)
            and sum("." in c and kind(c) == "number" for c in cells) < 0.1 * len(cells)
        )

    def keys(self, column: str, *, exact: bool) -> "_Keys":
        """Distinct keys of a column with the number of their rows, counted once."""
        if (column, exact) not in self.counted:
            keyed = keyed_rows(self.raw, self.connection, [column], exact=exact)
            keyed = keyed.filter(keyed[KEY].notnull())
            keys = keyed.group_by(KEY).aggregate(n=keyed.count())
            name = f"keys_{id(self)}_{len(self.counted)}"
            table = self.connection.create_table(name, keys, temp=True)
            self.counted[column, exact] = _Keys(
                table,
                int(table.n.sum().execute() or 0),
                int(table.count().execute()),
                is_unique(self.raw, self.connection, [column], exact=exact),
            )
        return self.counted[column, exact]


@dataclass(frozen=True)
class _Keys:
    """The keys of a column: a table of key and n, and what it sums up to."""

    table: ir.Table
    rows: int
    count: int
    unique: bool


def _joins(left: _Side, right: _Side, at_left: int, at_right: int) -> Iterator[Join]:
    pairs = sorted(_pairs(left, right), reverse=True)[:MAX_PAIRS]
    for _, _, one, other, role in pairs:
        for exact in (False, True):
            ours, theirs = left.keys(one, exact=exact), right.keys(other, exact=exact)
            match, found = _measured(ours, theirs)
            if max(match, found) < LEAST_RATE:
                break
            join = Join(
                at_left, at_right, one, other, match, found, ours.unique, theirs.unique, role, exact
            )
            if join.left_unique or join.right_unique or exact:
                yield join.turned if _should_turn(join, left.raw, right.raw) else join
                break


def _should_turn(join: Join, left: RawTable, right: RawTable) -> bool:
    """The unique side goes right; of two, the one that the column leads, as a list's own id."""
    if not (join.left_unique and join.right_unique):
        return join.left_unique
    leads_left = left.columns.index(join.left_column) == 0
    leads_right = right.columns.index(join.right_column) == 0
    return leads_left if leads_left != leads_right else left.rows < right.rows


def _pairs(left: _Side, right: _Side) -> Iterator[tuple[float, int, str, str, str | None]]:
    """(strength, -position, column, column, role) of columns that may mean the same."""
    for index, (one, ours) in enumerate(left.samples.items()):
        for other, theirs in right.samples.items():
            if not ours or not theirs:
                continue
            roles = role_of(left.raw, one), role_of(right.raw, other)
            role = roles[0] if roles[0] == roles[1] else None
            words = one in left.telling and other in right.telling
            strength = 0.0
            if fold(one) == fold(other) and (fold(one) not in _GENERIC or role or words):
                strength = 2.0 if role else 0.0 if _is_measure(one) else 1.5
            elif role:
                strength = 1.0
            elif words and len({*roles} - {None}) < 2:
                strength = 0.5
            if strength:
                yield strength, -index, one, other, role


def _is_measure(column: str) -> bool:
    """Money, counts and dates are no keys."""
    return any(likeness(column, role) >= _IDS_BY_NAME for role in _MEASURES)


def _measured(left: "_Keys", right: "_Keys") -> tuple[float, float]:
    """Share of the rows on the left that have a partner, and of the keys on the right found."""
    if not left.rows or not right.rows:
        return 0.0, 0.0
    both = left.table.inner_join(right.table, KEY)
    seen = both.aggregate(rows=left.table.n.sum().fill_null(0), keys=both.count()).execute()
    return int(seen.at[0, "rows"]) / left.rows, int(seen.at[0, "keys"]) / right.count


def _goodness(join: Join) -> tuple[bool, bool, float, float]:
    best = max(join.match_rate, join.found_rate)
    return join.right_unique, join.role == ORDER_ID, best, join.match_rate
