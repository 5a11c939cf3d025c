"""The tables of the shop database for SQLAlchemy, made from `fields`, with every lock they have.

What the data layer refuses in words the database refuses as well, whoever writes: primary and
foreign keys, ranges, signs, and that a line is of the customer and the day of its order.
"""

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from clv.schema import AMOUNT, COST, CUSTOMER_ID, ORDER_ID, QUANTITY, REFUND_OF
from clv.store.shop.fields import DAY, FIELDS, SALES, TRANSACTIONS, Field, key_of

METADATA: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
# SQLite keeps a time as text, and the text is what a file of the same rows would say.
_MOMENT: Final = sa.DateTime().with_variant(
    sqlite.DATETIME(  # type: ignore[no-untyped-call]
        storage_format="%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d"
    ),
    "sqlite",
)
_TYPES: Final[dict[str, Any]] = {
    "integer": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    "number": sa.Numeric(20, 4, asdecimal=False).with_variant(sa.Float(), "sqlite"),
    "date": sa.Date(),
    "time": _MOMENT,
}
_HEADER: Final = (ORDER_ID, CUSTOMER_ID, DAY)  # what a line has in common with its order


def _table(name: str) -> sa.Table:
    fields = FIELDS[name]
    parts: list[Any] = [_column(field) for field in fields]
    for field in fields:
        parts += _checks(field)
        if field.names and not (name == SALES and field.name == ORDER_ID):
            parts.append(_foreign_key(field))
            parts.append(sa.Index(None, field.name))
    return sa.Table(name, METADATA, *parts, *_OF_THE_WHOLE_ROW.get(name, ()))


def _column(field: Field) -> sa.Column[Any]:
    kind = sa.String(field.longest) if field.kind == "text" else _TYPES[field.kind]
    return sa.Column(field.name, kind, primary_key=field.key, nullable=not field.required)


def _foreign_key(field: Field) -> sa.ForeignKeyConstraint:
    # A refund may come before its order within one load, so that is looked at in the end.
    late = {"deferrable": True, "initially": "DEFERRED"} if field.name == REFUND_OF else {}
    target = f"{field.names}.{key_of(field.names).name}"
    return sa.ForeignKeyConstraint([field.name], [target], **late)  # type: ignore[arg-type]


def _checks(field: Field) -> Iterator[sa.CheckConstraint]:
    """The range of a column; for SQLite, which keeps anything anywhere, also its type."""
    name = field.name
    if field.kind == "text":
        yield sa.CheckConstraint(f"length({name}) BETWEEN 1 AND {field.longest}", name)
    elif field.kind == "time":
        yield sa.CheckConstraint(
            f"{name} >= '{field.low}' AND {name} <= '{field.high} 23:59:59'", name
        )
    elif field.kind == "date":
        yield sa.CheckConstraint(f"{name} BETWEEN '{field.low}' AND '{field.high}'", name)
    else:
        yield sa.CheckConstraint(f"{name} BETWEEN {field.low} AND {field.high}", name)
    stored = {
        "text": f"typeof({name}) IN ('text', 'null')",
        "integer": f"typeof({name}) IN ('integer', 'null')",
        "number": f"typeof({name}) IN ('real', 'integer', 'null')",
        "date": f"{name} IS date({name}, '+0 days')",
        "time": f"{name} IS datetime({name}, '+0 days')",
    }[field.kind]
    yield sa.CheckConstraint(stored, f"{name}_kind").ddl_if(dialect="sqlite")


_OF_THE_WHOLE_ROW: Final[dict[str, tuple[Any, ...]]] = {
    TRANSACTIONS: (
        sa.UniqueConstraint(*_HEADER),  # for the lines to name all three
        sa.CheckConstraint(f"{REFUND_OF} <> {ORDER_ID}", "not_of_itself"),
    ),
    SALES: (
        sa.ForeignKeyConstraint(
            _HEADER, [f"{TRANSACTIONS}.{name}" for name in _HEADER], onupdate="CASCADE"
        ),
        sa.Index(None, ORDER_ID),
        sa.CheckConstraint(f"{QUANTITY} <> 0", "some_quantity"),
        sa.CheckConstraint(f"{AMOUNT} * {QUANTITY} >= 0", "amount_sign"),
        sa.CheckConstraint(f"{COST} * {QUANTITY} >= 0", "cost_sign"),
    ),
}

BY_NAME: Final = {name: _table(name) for name in FIELDS}

# Which state the five tables are in: another number after every change, whoever made it.
REVISION: Final = sa.Table(
    "revision",
    METADATA,
    sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", "one"), primary_key=True),
    sa.Column("made", sa.String(64), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)
