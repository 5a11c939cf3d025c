"""A file into a table, all of it or nothing: rows that do not fit are listed with their numbers.

    load_file(database, "customers", "customers.csv")

The file is read like any other (CSV, Excel, Parquet, also compressed) and has the columns of the
table under their own names; numbers with a decimal point, days as 2024-01-31. What a new row may
leave out, the file may.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet
import sqlalchemy as sa

from clv.errors import CLVError, RowRefused
from clv.intake.sources import DAMAGED, RawTable, read
from clv.intake.wording import counted
from clv.schema import CUSTOMER_ID, ORDER_ID, PRODUCT_ID, REFUND_OF, ROW_NUMBER, UNIT_PRICE
from clv.store.shop.checking import Known, completed, no_column, strangers, typed
from clv.store.shop.database import writing
from clv.store.shop.fields import (
    DATES,
    DAY,
    PRODUCTS,
    SALE_ID,
    SALES,
    TRANSACTIONS,
    UNIT_COST,
    Field,
    Row,
    Value,
    columns,
    key_of,
)
from clv.store.shop.rows import add_days
from clv.store.shop.tables import BY_NAME
from clv.store.shop.values import stored

BATCH: Final = 5_000
_REMEMBERED: Final = 50_000  # values of a column
LISTED: Final = 20  # rows that do not fit which are shown


@dataclass(frozen=True)
class Reject:
    """A row that does not fit: its number, as a spreadsheet shows it, and why."""

    row: int
    why: str


class LoadRefused(RowRefused):
    """Nothing was loaded: `rejects` are the first rows that do not fit, `rejected` how many."""

    def __init__(self, message: str, hint: str, rejects: tuple[Reject, ...], rejected: int) -> None:
        super().__init__(message, hint)
        self.rejects, self.rejected = rejects, rejected

    def __reduce__(self) -> Any:
        return type(self), (self.message, self.hint, self.rejects, self.rejected)


def load_file(database: sa.Engine, table: str, path: str | Path) -> int:
    """Load every row of a file, in one transaction; returns how many.

    Raises LoadRefused where any row does not fit, RowRefused for columns that the table does
    not have, and what reading the file raises.
    """
    columns(table)
    raw = read(path)
    _check_header(table, raw)
    with writing(database) as connection:
        load = _Load(connection, table)
        for number, cells in _records(raw):
            load.take(number, cells)
        load.finish()
    return load.taken


@dataclass
class _Load:
    """One load in its transaction: what is known, what is waiting to be written, what is wrong."""

    connection: sa.Connection
    table: str
    taken: int = 0
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    refunds: list[tuple[int, Row]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._keys = {self.table: self._column(self.table, key_of(self.table).name)}
        for named in columns(self.table):
            if named.names not in ("", DATES):
                self._keys[named.names] = self._column(named.names, key_of(named.names).name)
        self._orders: dict[Value, tuple[str, date]] = {}
        self._products: dict[Value, tuple[float, float | None]] = {}
        if self.table == SALES:
            self._orders = self._pairs(TRANSACTIONS, ORDER_ID, CUSTOMER_ID, DAY)
            self._products = self._pairs(PRODUCTS, PRODUCT_ID, UNIT_PRICE, UNIT_COST)
        self._known = Known(self._orders.get, self._products.get, self._has)
        self._read: dict[str, dict[str | None, Value]] = {f.name: {} for f in columns(self.table)}
        self._next = max((key for key in self._keys[self.table] if isinstance(key, int)), default=0)

    def take(self, number: int, cells: dict[str, str | None] | None) -> None:
        """Look at one row, and keep it for writing or list it."""
        try:
            if cells is None:
                raise RowRefused(
                    "The row has more cells than there are columns, or ends early.", ""
                )
            self._keep(number, typed(self.table, cells, read=self._value))
        except CLVError as problem:
            self._reject(number, problem.message)
        if len(self.waiting) >= BATCH:
            self._write()

    def finish(self) -> None:
        """Write the rest; raises LoadRefused, and with it undoes everything, if a row is wrong."""
        for number, row in self.refunds:  # the order paid back may stand further down
            for sentence in strangers(self.table, row, self._known):
                self._reject(number, sentence)
        if self.rejected:
            raise _refusal(self.table, self.rejects, self.rejected)
        self._write()

    def _keep(self, number: int, row: Row) -> None:
        name = key_of(self.table).name
        if self.table == SALES and row[SALE_ID] is None:
            row[SALE_ID] = self._next + 1
        key = row[name]
        if key in self._keys[self.table]:
            raise RowRefused(f"{name} '{key}' is there already.", "")
        paid_back = row.get(REFUND_OF)
        missing = strangers(self.table, {**row, REFUND_OF: None}, self._known)
        if missing:
            raise RowRefused(" ".join(missing), "")
        self.waiting.append(completed(self.table, row, self._known))
        self._keys[self.table].add(key)
        self._next = max(self._next, key) if isinstance(key, int) else self._next
        if paid_back is not None:
            self.refunds.append((number, row))

    def _write(self) -> None:
        """Write what is waiting; nothing any more once a row was refused."""
        if self.waiting and not self.rejected:
            if self.table == TRANSACTIONS:
                add_days(self.connection, {row[DAY] for row in self.waiting})  # type: ignore[misc]
            self.connection.execute(sa.insert(BY_NAME[self.table]), self.waiting)
            self.taken += len(self.waiting)
        self.waiting = []

    def _value(self, field: Field, cell: str | None) -> Value:
        """The value of a cell; the same text in the same column is understood once."""
        seen = self._read[field.name]
        if cell not in seen:
            if len(seen) >= _REMEMBERED:
                seen.clear()
            seen[cell] = stored(field, cell)
        return seen[cell]

    def _reject(self, number: int, why: str) -> None:
        self.rejected += 1
        if len(self.rejects) < LISTED:
            self.rejects.append(Reject(number, why))

    def _has(self, table: str, key: Value) -> bool:
        return key in self._keys[table]

    def _column(self, table: str, name: str) -> set[Any]:
        return set(self.connection.scalars(sa.select(BY_NAME[table].c[name])))

    def _pairs(self, table: str, *names: str) -> dict[Value, Any]:
        known = BY_NAME[table].c
        found = self.connection.execute(sa.select(*(known[name] for name in names)))
        return {key: (one, other) for key, one, other in found}


def _check_header(table: str, raw: RawTable) -> None:
    known = {field.name for field in columns(table)}
    problems = [no_column(table, name) for name in raw.columns if name not in known]
    there = set(raw.columns)
    problems += [
        f"The column '{field.name}' is missing."
        for field in columns(table)
        if field.name not in there and not field.may_be_left_out
    ]
    if problems:
        raise RowRefused(
            " ".join(problems),
            f"The columns of {table} are {', '.join(field.name for field in columns(table))}.",
        )


def _records(raw: RawTable) -> Iterator[tuple[int, dict[str, str | None] | None]]:
    """Number and cells of each row; None for a damaged one."""
    keys = [raw.key(name) for name in raw.columns]
    file = pyarrow.parquet.ParquetFile(raw.path)
    for batch in file.iter_batches(BATCH, columns=[ROW_NUMBER, *keys, DAMAGED]):
        cells = [batch.column(key).to_pylist() for key in (ROW_NUMBER, DAMAGED, *keys)]
        for number, damaged, *row in zip(*cells, strict=True):
            yield number, None if damaged else dict(zip(raw.columns, row, strict=True))


def _refusal(table: str, rejects: list[Reject], rejected: int) -> LoadRefused:
    first = sorted(rejects, key=lambda reject: reject.row)
    said = " ".join(f"Row {reject.row}: {reject.why}" for reject in first[:3])
    more = f" And {rejected - 3:,} more." if rejected > 3 else ""
    return LoadRefused(
        f"{counted(rejected, 'row')} of the file cannot go into the table {table}, so none did. "
        f"{said}{more}",
        "Correct the rows and load the file again.",
        tuple(first),
        rejected,
    )
