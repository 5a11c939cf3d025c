"""Rows of the five tables: list, get, create, replace, change, delete; refusals in words.

    create(database, "customers", {"customer_id": "C1", "country": "France"})
    page = listed(database, "transactions", {"ordered_at_from": "2024-01-01"}, limit=50)
    listed(database, "transactions", {"ordered_at_from": "2024-01-01"}, after=page.next)

Each call is one transaction. Rows are plain values by column name (`fields.columns`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from clv.errors import NoSuchRow, RowInUse, RowRefused
from clv.schema import CUSTOMER_ID, UNIT_PRICE
from clv.store.shop import checking
from clv.store.shop.checking import NOUNS, Known, completed, label, strangers, typed
from clv.store.shop.database import reading, writing
from clv.store.shop.fields import (
    DATES,
    DAY,
    PRODUCTS,
    SALE_ID,
    SALES,
    TRANSACTIONS,
    UNIT_COST,
    Row,
    Value,
    columns,
    key_of,
    named_by,
)
from clv.store.shop.filters import condition
from clv.store.shop.tables import BY_NAME
from clv.store.shop.values import Unfit, stored

MOST_ROWS: Final = 1000  # of a page
_AGAIN: Final = "Correct it and send it again; nothing was changed."


@dataclass(frozen=True)
class Page:
    """Rows in the order of their key; next: where the following page starts, None at the end."""

    rows: tuple[Row, ...]
    next: Value


def listed(
    database: sa.Engine,
    table: str,
    filters: Mapping[str, Any] | None = None,
    *,
    after: Any = None,
    limit: int = 100,
) -> Page:
    """Rows after the key `after`, at most `limit` (1 to 1,000) of them.

    filters: column -> value; of numbers, dates and times also column_from and column_until, both
    included. Raises RowRefused for columns or values that do not fit.
    """
    columns(table)
    limit = max(1, min(limit, MOST_ROWS))
    known, key = BY_NAME[table], key_of(table).name
    query = sa.select(known).where(condition(table, filters or {}))
    if after is not None:
        query = query.where(known.c[key] > key_value(table, after))
    with reading(database) as connection:
        found = connection.execute(query.order_by(known.c[key]).limit(limit + 1)).mappings().all()
    rows = tuple(dict(row) for row in found[:limit])
    return Page(rows, rows[-1][key] if len(found) > limit else None)


def count(database: sa.Engine, table: str, filters: Mapping[str, Any] | None = None) -> int:
    """How many rows there are that fit the filters."""
    columns(table)
    query = sa.select(sa.func.count()).select_from(BY_NAME[table])
    with reading(database) as connection:
        return int(connection.scalar(query.where(condition(table, filters or {}))) or 0)


def get(database: sa.Engine, table: str, key: Any) -> Row:
    """One row; NoSuchRow where there is none."""
    with reading(database) as connection:
        return _get(connection, table, key_value(table, key))


def create(database: sa.Engine, table: str, values: Mapping[str, Any]) -> Row:
    """Add a row and give it back as stored; RowRefused, or RowInUse where its key is taken."""
    row = typed(table, values)
    with _changing(database) as connection:
        key = row[key_of(table).name]
        if key is not None and _find(connection, table, key) is not None:
            raise RowInUse(
                f"{label(table, row)} is in the table {table} already.",
                "Change it there, or choose another key.",
            )
        return _insert(connection, table, row)


def replace(
    database: sa.Engine, table: str, key: Any, values: Mapping[str, Any]
) -> tuple[Row, bool]:
    """Put a whole row in the place of a key: the row, and whether it is new. Twice is as once."""
    key = key_value(table, key)
    row = typed(table, {**values, key_of(table).name: key})
    _same_key(table, key, values)
    with _changing(database) as connection:
        if _find(connection, table, key) is None:
            return _insert(connection, table, row), True
        return _update(connection, table, key, row), False


def change(database: sa.Engine, table: str, key: Any, values: Mapping[str, Any]) -> Row:
    """Change some values of a row; what follows from them is worked out anew."""
    key = key_value(table, key)
    changes = typed(table, values, partly=True)
    _same_key(table, key, values)
    with _changing(database) as connection:
        before = _get(connection, table, key)
        row = checking.without_followers(table, before, changes)
        return _update(connection, table, key, row)


def delete(database: sa.Engine, table: str, key: Any) -> None:
    """Delete a row; RowInUse where other rows name it, NoSuchRow where there is none."""
    key = key_value(table, key)
    known, name = BY_NAME[table], key_of(table).name
    with _changing(database) as connection:
        row = _get(connection, table, key)
        _refuse_orphans(connection, table, row)
        connection.execute(sa.delete(known).where(known.c[name] == key))


def key_value(table: str, key: Any) -> Value:
    """A key as it is stored, from text too; RowRefused where it can be none."""
    field = key_of(table)
    try:
        value = stored(field, key)
    except Unfit as problem:
        raise RowRefused(f"{field.name} {problem}.", _AGAIN) from None
    if value is None:
        raise RowRefused(f"{field.name} is empty.", _AGAIN)
    return value


def add_days(connection: sa.Connection, days: set[date]) -> None:
    """Put days into the calendar that are not there yet."""
    known = BY_NAME[DATES].c[DAY]
    query = sa.select(known).where(known.between(min(days), max(days)))
    there = set(connection.scalars(query))
    new = [checking.calendar(day) for day in sorted(days - there)]
    if new:
        connection.execute(sa.insert(BY_NAME[DATES]), new)


@contextmanager
def _changing(database: sa.Engine) -> Iterator[sa.Connection]:
    try:
        with writing(database) as connection:
            yield connection
    except sa.exc.IntegrityError:  # looked at before, so somebody else was faster
        raise RowInUse(
            "Another change came in between, and the two do not go together.",
            "Look at the rows again, and repeat what is still right.",
        ) from None


def _insert(connection: sa.Connection, table: str, row: Row) -> Row:
    row = _whole(connection, table, row)
    if table == SALES and row[SALE_ID] is None:
        highest = connection.scalar(sa.select(sa.func.max(BY_NAME[SALES].c[SALE_ID])))
        row[SALE_ID] = (highest or 0) + 1
    connection.execute(sa.insert(BY_NAME[table]).values(row))
    return _get(connection, table, row[key_of(table).name])


def _update(connection: sa.Connection, table: str, key: Value, row: Row) -> Row:
    row = _whole(connection, table, row)
    known = BY_NAME[table]
    connection.execute(sa.update(known).where(known.c[key_of(table).name] == key).values(row))
    return _get(connection, table, key)


def _whole(connection: sa.Connection, table: str, row: Row) -> Row:
    """The row, complete; the day it names is in the calendar."""
    known = _known(connection)
    missing = strangers(table, row, known)
    if missing:
        raise RowRefused(" ".join(missing), "Add the missing rows first, or correct the key.")
    row = completed(table, row, known)
    day = row.get(DAY)
    if table == TRANSACTIONS and isinstance(day, date):
        add_days(connection, {day})
    return row


def _known(connection: sa.Connection) -> Known:
    def order(key: Value) -> tuple[str, date] | None:
        row = _find(connection, TRANSACTIONS, key)
        return (row[CUSTOMER_ID], row[DAY]) if row else None  # type: ignore[return-value]

    def product(key: Value) -> tuple[float, float | None] | None:
        row = _find(connection, PRODUCTS, key)
        return (row[UNIT_PRICE], row[UNIT_COST]) if row else None  # type: ignore[return-value]

    return Known(order, product, lambda table, key: _find(connection, table, key) is not None)


def _find(connection: sa.Connection, table: str, key: Value) -> Row | None:
    known = BY_NAME[table]
    found = connection.execute(sa.select(known).where(known.c[key_of(table).name] == key))
    row = found.mappings().first()
    return dict(row) if row else None


def _get(connection: sa.Connection, table: str, key: Value) -> Row:
    row = _find(connection, table, key)
    if row is None:
        raise NoSuchRow(
            f"There is no {NOUNS[table]} '{key}' in the table {table}.", "Check the key."
        )
    return row


def _same_key(table: str, key: Value, values: Mapping[str, Any]) -> None:
    name = key_of(table).name
    if name in values and key_value(table, values[name]) != key:
        raise RowRefused(
            f"{name} of a row cannot be changed.", "Make a new row, and delete this one."
        )


def _refuse_orphans(connection: sa.Connection, table: str, row: Row) -> None:
    key = row[key_of(table).name]
    for other, field in named_by(table):
        known = BY_NAME[other]
        query = sa.select(sa.func.count()).select_from(known).where(known.c[field.name] == key)
        rows = connection.scalar(query) or 0
        if rows:
            nouns = f"{NOUNS[other]}{'' if rows == 1 else 's'}"
            verb = "names" if rows == 1 else "name"
            raise RowInUse(
                f"{label(table, row)} stays: {rows:,} {nouns} in the table {other} {verb} it.",
                f"Delete the rows of {other} first.",
            )
