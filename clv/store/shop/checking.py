"""A whole row: are its values possible, what is worked out, which rows must be there.

`typed` looks at the values alone, `completed` works out what was left out, and `strangers` names
the rows that are missing elsewhere. All say what is wrong in sentences, all at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final

from clv.errors import RowRefused
from clv.schema import (
    AMOUNT,
    COST,
    CUSTOMER_ID,
    DISCOUNT,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    REFUND_OF,
    UNIT_PRICE,
)
from clv.store.shop.fields import (
    CUSTOMERS,
    DATES,
    DAY,
    DISCOUNT_PERCENT,
    PRODUCTS,
    SALES,
    TRANSACTIONS,
    Field,
    Row,
    Value,
    columns,
    key_of,
)
from clv.store.shop.values import DIGITS, Unfit, stored

NOUNS: Final = {
    CUSTOMERS: "customer",
    PRODUCTS: "product",
    DATES: "day",
    TRANSACTIONS: "order",
    SALES: "line",
}
Reader = Callable[[Field, Any], Value]
_SAID: Final = 5  # problems that a message names
# What is worked out anew when another value of the row changes.
FOLLOWS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    TRANSACTIONS: {DAY: (ORDERED_AT,)},
    SALES: {
        CUSTOMER_ID: (ORDER_ID,),
        DAY: (ORDER_ID,),
        UNIT_PRICE: (PRODUCT_ID,),
        AMOUNT: (PRODUCT_ID, QUANTITY, UNIT_PRICE, DISCOUNT),
        COST: (PRODUCT_ID, QUANTITY),
    },
}


@dataclass(frozen=True)
class Known:
    """How to ask for other rows. order: customer and day of an order; product: list price and
    cost of one piece; has: whether a table has a key."""

    order: Callable[[Value], tuple[str, date] | None]
    product: Callable[[Value], tuple[float, float | None] | None]
    has: Callable[[str, Value], bool]


def typed(
    table: str, given: Mapping[str, Any], *, partly: bool = False, read: Reader = stored
) -> Row:
    """The given values as `read` stores them, all columns of the table unless `partly`.

    Raises RowRefused that names every column that does not fit.
    """
    fields = {field.name: field for field in columns(table)}
    problems = [no_column(table, name) for name in given if name not in fields]
    row: Row = {}
    for name, field in fields.items():
        if partly and name not in given:
            continue
        try:
            row[name] = read(field, given.get(name))
        except Unfit as problem:
            problems.append(f"{name} {problem}.")
    refuse(problems)
    return row


def completed(table: str, row: Row, known: Known) -> Row:
    """The row with what was left out; raises RowRefused where its values contradict each other."""
    filled = _FILL[table](row, known) if table in _FILL else {}
    result = {name: filled.get(name) if value is None else value for name, value in row.items()}
    refuse(list(_contradictions(table, result, filled)))
    return result


def strangers(table: str, row: Row, known: Known) -> list[str]:
    """Sentences on the rows that it names and that are not there. Days are made when needed."""
    found = []
    for field in columns(table):
        value = row[field.name]
        if field.names in ("", DATES) or value is None or known.has(field.names, value):
            continue
        if field.name == CUSTOMER_ID and table == SALES:
            continue  # that of the order, which is there
        found.append(
            f"{label(table, row)} names {NOUNS[field.names]} '{value}', "
            f"{'who' if field.names == CUSTOMERS else 'which'} is not in the table {field.names}."
        )
    return found


def label(table: str, row: Row) -> str:
    """What a sentence calls the row: Order 'O1'."""
    value = row.get(key_of(table).name)
    noun = NOUNS[table].capitalize()
    if value is None:
        return f"The new {NOUNS[table]}"
    return f"{noun} '{value}'" if isinstance(value, str) else f"{noun} {value}"


def without_followers(table: str, row: Row, changes: Row) -> Row:
    """The row after changes, without what must be worked out anew because of them."""
    anew = {
        name
        for name, causes in FOLLOWS.get(table, {}).items()
        if name not in changes and any(cause in changes for cause in causes)
    }
    return {**row, **dict.fromkeys(anew), **changes}


def no_column(table: str, name: str) -> str:
    """The sentence for a column that a table does not have, with the likely one."""
    close = get_close_matches(name, [field.name for field in columns(table)], n=1)
    likely = f" Did you mean '{close[0]}'?" if close else ""
    return f"The table {table} has no column '{name}'.{likely}"


def refuse(problems: list[str]) -> None:
    """Raise RowRefused with the problems, if there are any."""
    if not problems:
        return
    more = len(problems) - _SAID
    said = [*problems[:_SAID], *([f"And {more} more."] if more > 0 else [])]
    raise RowRefused(" ".join(said), "Correct it and send it again; nothing was changed.")


def _fill_day(row: Row, _: Known) -> Row:
    day = row[DAY]
    assert isinstance(day, date)
    return calendar(day)


def calendar(day: date) -> Row:
    """The row of a day in the table dates."""
    return {
        DAY: day,
        "year": day.year,
        "quarter": (day.month + 2) // 3,
        "month": day.month,
        "day_of_month": day.day,
        "week": day.isocalendar().week,
        "weekday": day.isoweekday(),
        DISCOUNT_PERCENT: 0.0,
    }


def _fill_order(row: Row, _: Known) -> Row:
    at = row[ORDERED_AT]
    assert isinstance(at, datetime)
    return {DAY: at.date()}


def _fill_sale(row: Row, known: Known) -> Row:
    filled: Row = {}
    if order := known.order(row[ORDER_ID]):
        filled |= {CUSTOMER_ID: order[0], DAY: order[1]}
    price, unit_cost = known.product(row[PRODUCT_ID]) or (0.0, None)
    filled |= {UNIT_PRICE: price, DISCOUNT: 0.0}
    quantity = _as_float(row[QUANTITY])
    price = price if row[UNIT_PRICE] is None else _as_float(row[UNIT_PRICE])
    off = 0.0 if row[DISCOUNT] is None else _as_float(row[DISCOUNT])
    sign = 1.0 if quantity > 0 else -1.0
    filled[AMOUNT] = round(sign * (abs(quantity) * price - off), DIGITS) + 0.0
    if unit_cost is not None:
        filled[COST] = round(quantity * unit_cost, DIGITS)
    return filled


_FILL: Final[dict[str, Callable[[Row, Known], Row]]] = {
    DATES: _fill_day,
    TRANSACTIONS: _fill_order,
    SALES: _fill_sale,
}
_DERIVED: Final = {
    DATES: ("year", "quarter", "month", "day_of_month", "week", "weekday"),
    TRANSACTIONS: (DAY,),
    SALES: (CUSTOMER_ID, DAY),
}


def _contradictions(table: str, row: Row, filled: Row) -> Iterator[str]:
    for name in _DERIVED.get(table, ()):
        if name in filled and row[name] != filled[name]:
            yield f"{name} is {row[name]}, and should be {filled[name]}."
    if table == TRANSACTIONS and row[REFUND_OF] == row[ORDER_ID]:
        yield f"{label(table, row)} cannot pay back itself."
    if table == SALES:
        yield from _signs(row)


def _signs(row: Row) -> Iterator[str]:
    quantity = _as_float(row[QUANTITY])
    if quantity == 0:
        yield "quantity is zero; a line sells something or takes it back."
    for name in (AMOUNT, COST):
        value = row[name]
        if value is not None and _as_float(value) * quantity < 0:
            yield (
                f"{name} must have the sign of quantity: it is {value:g} for {quantity:g} pieces."
            )


def _as_float(value: Value) -> float:
    assert isinstance(value, int | float)
    return float(value)
