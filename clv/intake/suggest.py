"""A first mapping for a file nobody has seen: from the names of columns and from their values.

A name alone can mislead, and so can values: each (role, column) pair is scored by both, the
best pairs are taken first, and what the values rule out is never suggested.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from clv.intake.conventions import date_order, decimal_mark
from clv.intake.evidence import Evidence, order_consistency, product_share
from clv.intake.mapping import MAX_ATTRIBUTES, Mapping
from clv.intake.sources import RawTable
from clv.intake.vocabulary import fold, known_export, likeness
from clv.schema import (
    AMOUNT,
    CUSTOMER_ID,
    DISCOUNT,
    NUMBER_ROLES,
    ORDER_ID,
    ORDER_TIME,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    ROLES,
    UNIT_PRICE,
)

SAMPLE_ROWS: Final = 3000
LEAST: Final = 0.3  # below this a pair is no suggestion
_BY_VALUES: Final = 0.35
_PRIVATE: Final = frozenset(
    {"address", "phone", "zip", "postcode", "name", "note", "notes", "addressline2"}
)


@dataclass(frozen=True)
class Suggestion:
    """A mapping, how sure each role is (0 to 1), and some values of each chosen column."""

    mapping: Mapping
    confidence: dict[str, float]
    examples: dict[str, tuple[str, ...]]


def suggest_mapping(raw: RawTable) -> Mapping:
    """The likeliest mapping; `date_order` or `decimal` is None where the data do not decide."""
    return suggest(raw).mapping


def suggest(raw: RawTable) -> Suggestion:
    """The likeliest mapping with its confidence, for people to look over."""
    frame = raw.sample(SAMPLE_ROWS)
    columns = {name: Evidence.of(frame[name].tolist()) for name in raw.columns}
    chosen = _assign(columns) if raw.detected.header else {}
    _drop_false_order(chosen, columns)
    _add_by_values(chosen, columns, named=raw.detected.header)
    _settle_price(chosen, columns)
    money = [chosen[role][0] for role in NUMBER_ROLES if role in chosen and role != QUANTITY]
    counted = [chosen[QUANTITY][0]] if QUANTITY in chosen else []
    mapping = Mapping(
        columns=tuple((role, chosen[role][0]) for role in ROLES if role in chosen),
        attributes=_attributes(columns, {column for column, _ in chosen.values()}),
        date_order=date_order(raw, chosen[ORDERED_AT][0]) if ORDERED_AT in chosen else "ymd",
        decimal=decimal_mark(raw, money or counted),
    )
    return Suggestion(
        mapping,
        {role: round(score, 3) for role, (_, score) in chosen.items()},
        {role: columns[column].examples for role, (column, _) in chosen.items()},
    )


Chosen = dict[str, tuple[str, float]]


def _assign(columns: dict[str, Evidence]) -> Chosen:
    """Best pairs first; a column plays one role, and a role has one column."""
    chosen: Chosen = {}
    for role, names in known_export(tuple(columns)).items():
        filled = [name for name in names if columns[name].filled]
        chosen[role] = ((filled or names)[0], 1.0)
    taken = {column for column, _ in chosen.values()}
    for score, role, column in sorted(_pairs(columns), key=lambda pair: -pair[0]):
        if score >= LEAST and role not in chosen and column not in taken:
            chosen[role] = (column, score)
            taken.add(column)
    return chosen


def _pairs(columns: dict[str, Evidence]) -> Iterator[tuple[float, str, str]]:
    for position, (column, evidence) in enumerate(columns.items()):
        for role in ROLES:
            name = likeness(column, role)
            if name:
                # Of two equals the earlier column: exports put what matters first.
                yield name * _fit(role, evidence) - 1e-6 * position, role, column


def _fit(role: str, seen: Evidence) -> float:
    """0 to 1: how well the values of a column suit a role."""
    if not seen.filled:
        return 0.4  # an empty column may be named rightly, but a filled one is better
    if role == ORDERED_AT:
        return max(seen.dates, 0.9 * seen.day_numbers)
    if role == ORDER_TIME:
        return seen.clocks
    if role == DISCOUNT and seen.is_rate:
        return 0.0  # a share, not money
    if role == QUANTITY:
        return seen.numbers * (1.0 if seen.whole > 0.95 else 0.5)
    if role == AMOUNT and seen.cents < 0.3:
        return 0.95 * seen.numbers if seen.dates <= 0.5 else 0.0
    if role in NUMBER_ROLES:
        return seen.numbers if seen.numbers > 0.5 and not seen.dates > 0.5 else 0.0
    if seen.dates > 0.8 and seen.whole < 0.8:
        return 0.0
    if role in (CUSTOMER_ID, ORDER_ID, PRODUCT_ID):
        return _id_fit(role, seen)
    return 0.2 if seen.numbers > 0.9 and seen.cents > 0.3 else 1.0


def _id_fit(role: str, seen: Evidence) -> float:
    if seen.cents > 0.3:
        return 0.0
    if seen.rows > 20 and seen.distinct == 1:
        return 0.4  # just enough where nothing better is there
    if role == PRODUCT_ID and seen.words > 0.5:
        return 0.5
    return 1.0


def _drop_false_order(chosen: Chosen, columns: dict[str, Evidence]) -> None:
    """One order has one customer and one day: a 'number' shared by several is no order."""
    if ORDER_ID not in chosen or ORDERED_AT not in chosen:
        return
    others = [columns[chosen[role][0]] for role in (CUSTOMER_ID, ORDERED_AT) if role in chosen]
    if order_consistency(columns[chosen[ORDER_ID][0]], others) < 0.8:
        column, _ = chosen.pop(ORDER_ID)
        if CUSTOMER_ID not in chosen and likeness(column, CUSTOMER_ID):
            chosen[CUSTOMER_ID] = (column, likeness(column, CUSTOMER_ID))


def _add_by_values(chosen: Chosen, columns: dict[str, Evidence], *, named: bool) -> None:
    """Fill what names did not tell, from values alone; where there are names, only if unique."""
    taken = {column for column, _ in chosen.values()}
    free = {name: seen for name, seen in columns.items() if name not in taken}

    def take(role: str, score: Callable[[Evidence], float], least: float) -> None:
        found = {name: score(seen) for name, seen in free.items() if score(seen) > least}
        if role not in chosen and found and not (named and len(found) > 1):
            column = max(found, key=lambda name: found[name])
            chosen[role] = (column, _BY_VALUES)
            del free[column]

    take(ORDERED_AT, lambda seen: seen.dates, 0.8)
    if UNIT_PRICE not in chosen:
        take(AMOUNT, lambda seen: seen.cents if seen.numbers > 0.9 else 0.0, 0.3)
    if named:
        take(CUSTOMER_ID, lambda seen: seen.emails, 0.8)
    else:
        take(CUSTOMER_ID, lambda seen: seen.id_likeness, 0.0)
        take(QUANTITY, lambda seen: float(seen.is_small_count), 0.0)


def _settle_price(chosen: Chosen, columns: dict[str, Evidence]) -> None:
    """'Price' without a quantity is what was paid; quantity x price elsewhere is the amount."""
    if AMOUNT not in chosen and UNIT_PRICE in chosen:
        if QUANTITY not in chosen:
            chosen[AMOUNT] = chosen.pop(UNIT_PRICE)
            return
        quantity, price = (columns[chosen[role][0]] for role in (QUANTITY, UNIT_PRICE))
        taken = {column for column, _ in chosen.values()}
        for name, evidence in columns.items():
            if name not in taken and product_share(quantity, price, evidence) > 0.9:
                chosen[AMOUNT] = (name, 0.9)
                return


def _attributes(columns: dict[str, Evidence], taken: set[str]) -> tuple[str, ...]:
    """Columns of few words, which say something about the customer or the order."""
    kept = [
        name
        for name, seen in columns.items()
        if name not in taken and seen.is_label and not _PRIVATE & set(fold(name).split())
    ]
    return tuple(kept[:MAX_ATTRIBUTES])
