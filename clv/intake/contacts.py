"""Columns that say who a customer is and where: to see that two numbers are one person."""

from collections.abc import Callable
from typing import Final

from clv.intake.evidence import Evidence
from clv.intake.sources import RawTable
from clv.intake.vocabulary import meanings

KINDS: Final = (
    "email",
    "name",
    "first_name",
    "last_name",
    "street",
    "postcode",
    "city",
    "phone",
)
_SAMPLE: Final = 1000
_NEEDED: Final = {  # kind -> the meaning that must stand in the name
    "email": "email",
    "first_name": "first",
    "last_name": "last",
    "street": "street",
    "postcode": "postcode",
    "city": "city",
    "phone": "phone",
}
_BESIDE: Final = frozenset(
    {"customer", "billing", "doc", "order", "ship", "recipient", "id", "name", "street", "line"}
)
_OF_OTHERS: Final = frozenset({"ship", "recipient"})  # where it goes is not always who bought
_OF_NAME: Final = frozenset({"customer", "billing", "doc", "ship", "recipient", "name", "order"})


def contact_columns(raw: RawTable) -> dict[str, str]:
    """Kind -> column, for the kinds of KINDS that the file has; of the buyer where it says so."""
    frame = raw.sample(_SAMPLE)
    columns = {name: Evidence.of(frame[name].tolist()) for name in raw.columns}
    found: dict[str, str] = {}
    for kind in KINDS:
        suited = [
            (_preference(kind, column, seen), -position, column)
            for position, (column, seen) in enumerate(columns.items())
            if column not in found.values() and _named(kind, column) and _FITS[kind](seen)
        ]
        if suited:
            found[kind] = max(suited)[2]
    mails = [column for column, seen in columns.items() if seen.emails > 0.8]
    if "email" not in found and len(mails) == 1 and mails[0] not in found.values():
        found["email"] = mails[0]
    return {kind: found[kind] for kind in KINDS if kind in found}


def tells_of_people(column: str) -> bool:
    """Whether the name of a column says that it holds names or addresses of people.

    Rather too often than too seldom: for leaving columns out, not for comparing them.
    """
    meant = meanings(column)
    told = {*_NEEDED.values(), "name", "recipient"}
    return bool(meant & told) and "product" not in meant


def _named(kind: str, column: str) -> bool:
    meant = meanings(column)
    if kind == "name":
        return meant <= _OF_NAME and bool(meant & {"name", "customer"})
    needed = _NEEDED[kind]
    return needed in meant and meant - {needed} <= _BESIDE


def _preference(kind: str, column: str, seen: Evidence) -> int:
    """The buyer's own first, then where the parcel goes; of names those of several words."""
    meant = meanings(column)
    of_buyer = 2 if "customer" in meant or "billing" in meant else 1
    in_full = 4 * (kind == "name" and seen.words > 0.5)
    return of_buyer + in_full - 2 * bool(meant & _OF_OTHERS)


def _letters(seen: Evidence) -> bool:
    """Texts, few of which are numbers, dates or addresses of e-mail."""
    return seen.filled > 0 and max(seen.numbers, seen.dates, seen.emails) < 0.5


def _names(seen: Evidence) -> bool:
    """Products have digits in their names, groups have few names."""
    with_digits = sum(any(c.isdigit() for c in text) for text in seen.counts)
    return _letters(seen) and not seen.is_label and with_digits <= 0.3 * seen.distinct


def _some(seen: Evidence) -> bool:
    return seen.filled > 0 and max(seen.emails, seen.dates) < 0.5


_FITS: Final[dict[str, Callable[[Evidence], bool]]] = {
    "email": lambda seen: seen.emails > 0.5,
    "name": _names,
    "first_name": _letters,
    "last_name": _letters,
    "street": _letters,
    "postcode": _some,
    "city": _letters,
    "phone": _some,
}
