"""How well each column suits each role: what its name says, times what its values allow."""

from collections.abc import Mapping as Dict
from typing import Final

from clv.intake.evidence import Evidence
from clv.intake.vocabulary import likeness, meanings
from clv.schema import (
    AMOUNT,
    CHANNEL,
    COUNTRY,
    CURRENCY,
    CUSTOMER_ID,
    DISCOUNT,
    NUMBER_ROLES,
    ORDER_ID,
    ORDER_TIME,
    ORDERED_AT,
    PRODUCT,
    PRODUCT_ID,
    QUANTITY,
    ROLES,
    STATUS,
)

LEAST: Final = 0.3  # below this a pair is no suggestion
CONSTANT: Final = 0.4  # a date that never changes is that of the export, if there is another
Scores = dict[tuple[str, str], float]
Columns = Dict[str, Evidence]


def scores(columns: Columns) -> Scores:
    """(role, column) -> 0 to 1, for every pair of which the name says something."""
    found = {}
    for position, (column, evidence) in enumerate(columns.items()):
        for role in ROLES:
            name = likeness(column, role)
            if name:
                # Of two equals the earlier column: exports put what matters first.
                score = name * fit(role, evidence, column) - 1e-6 * position
                if score > 0:
                    found[role, column] = score
    return found


def fit(role: str, seen: Evidence, name: str = "") -> float:
    """0 to 1: how well the values of a column suit a role."""
    if not seen.filled:
        return 0.4  # an empty column may be named rightly, but a filled one is better
    if role == ORDERED_AT:
        return max(seen.dates, 0.9 * seen.day_numbers) * (CONSTANT if seen.is_constant else 1.0)
    if role == ORDER_TIME:
        return seen.clocks
    if role in NUMBER_ROLES:
        return _number_fit(role, seen)
    if seen.dates > 0.8 and seen.whole < 0.8:
        return 0.0
    if role in (CUSTOMER_ID, ORDER_ID, PRODUCT_ID):
        return _id_fit(role, seen, name)
    if role == CURRENCY:
        return 1.0 if seen.codes > 0.8 and seen.distinct <= 30 else 0.2
    if role in (STATUS, CHANNEL, COUNTRY) and seen.numbers > 0.9:
        return 0.5
    if role == STATUS and seen.filled > 50 and seen.distinct > 40:
        return 0.2
    return 0.2 if seen.numbers > 0.9 and seen.cents > 0.3 else 1.0


def _number_fit(role: str, seen: Evidence) -> float:
    if seen.dates > 0.5 and not (role == AMOUNT and seen.whole > 0.9 and seen.dates < 0.9):
        return 0.0
    if role == DISCOUNT and (seen.is_rate or (seen.is_percent and seen.distinct > 1)):
        return 0.0  # a share, not money
    if role == QUANTITY:
        return seen.numbers * (1.0 if seen.whole > 0.95 else 0.5)
    if role == AMOUNT and seen.is_constant:
        return 0.5
    if role == AMOUNT and seen.cents < 0.3:
        return 0.95 * seen.numbers
    return seen.numbers if seen.numbers > 0.5 else 0.0


def _id_fit(role: str, seen: Evidence, name: str) -> float:
    if seen.cents > 0.3:
        return 0.0
    if seen.rows > 20 and seen.distinct == 1:
        return 0.4  # just enough where nothing better is there
    if role == PRODUCT_ID:
        return 0.5 if seen.words > 0.5 else 1.0
    if role == ORDER_ID:
        return 0.5 if seen.is_label else 1.0
    if seen.is_group and seen.emails < 0.5:
        return 0.4  # segments rather than people
    if "email" in meanings(name) and seen.emails < 0.5:
        return 0.5
    zeros = seen.counts.get("0", 0) / max(1, seen.filled)  # guests
    # Two people may have one name, so that a number or an address is a little better.
    named = 0.95 if seen.words > 0.8 else 1.0
    return named * (0.6 + 0.4 * seen.share_filled) * (1 - 0.5 * zeros)


def says_nothing(column: str) -> bool:
    """A name like 'Field1': none of its words is in the dictionary."""
    return not meanings(column) and all(likeness(column, role) < LEAST for role in ROLES)


def may_be(role: str, column: str) -> bool:
    """Whether values alone may give a column a role: its name must not speak of another thing."""
    return (
        says_nothing(column)
        or likeness(column, role) > 0
        or (role == PRODUCT and meanings(column) <= {"product"})
    )
