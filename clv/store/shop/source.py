"""The shop database as a source like any file: its orders as a raw table, and how to read them.

    raw = orders(database)
    shop = recipe(raw).clean(raw)

Nothing is guessed: the columns are known, so the analysis is that of the same rows as CSV.
"""

from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from clv import engine, schema
from clv.errors import NotEnoughData
from clv.intake.asking import Answer, ask
from clv.intake.corrections import Corrections
from clv.intake.database import read_table
from clv.intake.mapping import Mapping
from clv.intake.recipe import Recipe
from clv.intake.sources import RawTable
from clv.settings import Rules
from clv.store.shop.database import address_of
from clv.store.shop.fields import CUSTOMER_TYPE, TABLES
from clv.store.shop.views import COLUMNS, ORDERS

NAME: Final = "Shop database"
READABLE: Final = (*TABLES, ORDERS)
_ALWAYS: Final = (schema.CUSTOMER_ID, schema.ORDERED_AT, schema.ORDER_ID, schema.AMOUNT)


def orders(database: sa.Engine) -> RawTable:
    """Every line of every order as text, with what is known of its product and its customer.

    Raises NotEnoughData where there is no line yet. Equal rows give an equal table.
    """
    try:
        raw = read_table(address_of(database), table=ORDERS)
    except NotEnoughData:
        raise NotEnoughData(
            "The shop database has no order lines yet.",
            "Load a file with python -m clv shop load, add rows by the API, or try it with "
            "python -m clv shop synth.",
        ) from None
    return replace(raw, name=NAME)


def is_orders(raw: RawTable) -> bool:
    """Whether this is a table that `orders` gave."""
    from_database = raw.detected.format in ("sqlite", "postgres")
    return from_database and raw.name == NAME and raw.columns == tuple(COLUMNS)


def mapping(raw: RawTable) -> Mapping:
    """What the columns of the orders are; those without any value play no role."""
    used = _used(raw)
    roles = (role for role in schema.ROLES if role in COLUMNS)
    return Mapping(
        columns=tuple((role, role) for role in roles if role in used or role in _ALWAYS),
        attributes=(CUSTOMER_TYPE,) if CUSTOMER_TYPE in used else (),
        date_order="ymd",
        decimal=".",
    )


def recipe(raw: RawTable, rules: Rules | None = None) -> Recipe:
    """How to clean the orders."""
    return Recipe.of(raw, mapping(raw), rules or Rules(), Corrections())


def select(database: sa.Engine, query: str, *, rows: int = 200, seconds: float = 10.0) -> Answer:
    """The first rows of one SELECT over the five tables and the view of the orders, as text.

    Raises UnreadableDatabase for anything that does more than reading them, or takes too long.
    """
    return ask(address_of(database), query, among=READABLE, rows=rows, seconds=seconds)


def _used(raw: RawTable) -> set[str]:
    table = raw.table(engine.connect())
    counts = table.aggregate(
        **{raw.key(name): table[raw.key(name)].count() for name in raw.columns}
    )
    found = counts.execute().iloc[0]
    return {name for name in raw.columns if found[raw.key(name)]}
