"""The columns of the five tables, said once: from here come tables, checks and descriptions.

    customers, products, dates      what is sold to whom, and when
    transactions                    one row per order, or per refund
    sales                           their lines, which name the four others

Money is in one currency, with four digits after the point. A refund is a transaction of its own
whose lines have a negative quantity and amount.
"""

from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final, Literal

from clv.errors import RowRefused
from clv.schema import (
    AMOUNT,
    CATEGORY,
    CHANNEL,
    COST,
    COUNTRY,
    CUSTOMER_ID,
    DISCOUNT,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT,
    PRODUCT_ID,
    QUANTITY,
    REFUND_OF,
    SUBCATEGORY,
    UNIT_PRICE,
)
from clv.settings import FIRST_YEAR, LAST_YEAR, MOST

Kind = Literal["text", "integer", "number", "date", "time"]
Value = str | int | float | date | datetime | None
Row = dict[str, Value]

CUSTOMERS: Final = "customers"
PRODUCTS: Final = "products"
DATES: Final = "dates"
TRANSACTIONS: Final = "transactions"
SALES: Final = "sales"

# Columns that only the shop database has.
NAME: Final = "name"
CUSTOMER_TYPE: Final = "customer_type"
JOINED_ON: Final = "joined_on"
UNIT_COST: Final = "unit_cost"
DAY: Final = "day"
DISCOUNT_PERCENT: Final = "discount_percent"
SALE_ID: Final = "sale_id"

FIRST_DAY: Final = date(FIRST_YEAR, 1, 1)
LAST_DAY: Final = date(LAST_YEAR, 12, 31)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column of a table.

    required: never empty; filled: worked out where a new row leaves it out; key: of the table;
    names: the table whose key it holds; low, high: the smallest and the largest value allowed;
    longest: characters of a text.
    """

    name: str
    kind: Kind
    about: str
    required: bool = True
    filled: bool = False
    key: bool = False
    names: str = ""
    longest: int = 300
    low: int | float | date | None = None
    high: int | float | date | None = None

    @property
    def may_be_left_out(self) -> bool:
        """Whether a new row may come without it."""
        return self.filled or not self.required


def _id(
    name: str,
    about: str,
    *,
    key: bool = False,
    names: str = "",
    required: bool = True,
    filled: bool = False,
) -> Field:
    return Field(
        name=name,
        kind="text",
        about=about,
        required=required,
        filled=filled,
        key=key,
        names=names,
        longest=100,
    )


def _text(name: str, about: str, *, required: bool = False) -> Field:
    return Field(name=name, kind="text", about=about, required=required)


def _whole(name: str, about: str, low: int, high: int) -> Field:
    return Field(name=name, kind="integer", about=about, filled=True, low=low, high=high)


def _money(
    name: str, about: str, *, low: float = 0, required: bool = True, filled: bool = False
) -> Field:
    return Field(
        name=name, kind="number", about=about, required=required, filled=filled, low=low, high=MOST
    )


def _day(
    name: str,
    about: str,
    *,
    kind: Kind = "date",
    required: bool = True,
    filled: bool = False,
    key: bool = False,
    names: str = "",
) -> Field:
    return Field(
        name=name,
        kind=kind,
        about=about,
        required=required,
        filled=filled,
        key=key,
        names=names,
        low=FIRST_DAY,
        high=LAST_DAY,
    )


FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    CUSTOMERS: (
        _id(CUSTOMER_ID, "Customer number.", key=True),
        _text(NAME, "Name of the customer."),
        _text(COUNTRY, "Country of the customer."),
        _text(CUSTOMER_TYPE, "Group that you put the customer in."),
        _day(JOINED_ON, "Day on which the customer became one.", required=False),
    ),
    PRODUCTS: (
        _id(PRODUCT_ID, "Product number.", key=True),
        _text(PRODUCT, "Product name.", required=True),
        _text(CATEGORY, "Product group."),
        _text(SUBCATEGORY, "Product group one level down."),
        _money(UNIT_PRICE, "List price of one piece."),
        _money(UNIT_COST, "What one piece costs you.", required=False),
    ),
    DATES: (
        _day(DAY, "The day.", key=True),
        _whole("year", "Year of the day.", FIRST_YEAR, LAST_YEAR),
        _whole("quarter", "Quarter of the day.", 1, 4),
        _whole("month", "Month of the day.", 1, 12),
        _whole("day_of_month", "Day of the month.", 1, 31),
        _whole("week", "Week of the year as ISO 8601 counts.", 1, 53),
        _whole("weekday", "1 for Monday to 7 for Sunday.", 1, 7),
        Field(
            name=DISCOUNT_PERCENT,
            kind="number",
            about="What a sale on this day took off prices; 0 where left out.",
            filled=True,
            low=0,
            high=100,
        ),
    ),
    TRANSACTIONS: (
        _id(ORDER_ID, "Order number.", key=True),
        _id(CUSTOMER_ID, "Who ordered.", names=CUSTOMERS),
        _day(ORDERED_AT, "When.", kind="time"),
        _day(DAY, "The day of ordered_at.", filled=True, names=DATES),
        _text(CHANNEL, "Web, shop, marketplace ..."),
        _id(REFUND_OF, "Of a refund: the order paid back.", names=TRANSACTIONS, required=False),
    ),
    SALES: (
        Field(
            name=SALE_ID,
            kind="integer",
            about="Number of the line; counted on where left out.",
            filled=True,
            key=True,
            low=1,
            high=2**62,
        ),
        _id(ORDER_ID, "The order that the line is of.", names=TRANSACTIONS),
        _id(CUSTOMER_ID, "The customer of the order.", names=CUSTOMERS, filled=True),
        _day(DAY, "The day of the order.", names=DATES, filled=True),
        _id(PRODUCT_ID, "What was sold.", names=PRODUCTS),
        Field(
            name=QUANTITY,
            kind="number",
            about="Number of pieces: not zero, negative for returns.",
            low=-1e9,
            high=1e9,
        ),
        _money(UNIT_PRICE, "Price of one piece; the list price where left out.", filled=True),
        _money(DISCOUNT, "Money off the line; 0 where left out.", filled=True),
        _money(
            AMOUNT,
            "Money for the line, with the sign of quantity; quantity x unit_price, the discount "
            "off, where left out.",
            low=-MOST,
            filled=True,
        ),
        _money(
            COST,
            "What the line cost you, with the sign of quantity; quantity x the unit_cost of the "
            "product where left out.",
            low=-MOST,
            filled=True,
            required=False,
        ),
    ),
}
TABLES: Final = tuple(FIELDS)


def columns(table: str) -> tuple[Field, ...]:
    """The columns of a table in order; RowRefused with the likely name where there is none."""
    if table in FIELDS:
        return FIELDS[table]
    close = get_close_matches(table, TABLES, n=1)
    hint = f"Did you mean '{close[0]}'?" if close else f"The tables are {', '.join(TABLES)}."
    raise RowRefused(f"The shop database has no table '{table}'.", hint)


def key_of(table: str) -> Field:
    """The column that tells the rows of a table apart."""
    return next(field for field in columns(table) if field.key)


def named_by(table: str) -> tuple[tuple[str, Field], ...]:
    """The columns elsewhere that hold keys of this table, with the tables that they are in."""
    return tuple(
        (other, field)
        for other, fields in FIELDS.items()
        for field in fields
        if field.names == table
    )
