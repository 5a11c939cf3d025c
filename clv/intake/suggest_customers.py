"""Is it a file with one row per customer? And if so, which column says what?

Both from header words and from values: ids that do not come back, a first and a last day in
that order, whole numbers of orders, money. A file that lacks one of them is taken for orders.
"""

from collections.abc import Sequence
from typing import Final

import ibis

from clv import engine
from clv.intake.casting import timestamp
from clv.intake.conventions import date_order, decimal_mark
from clv.intake.customer_mapping import Channel, CustomerMapping
from clv.intake.customer_words import rest, says
from clv.intake.evidence import Evidence
from clv.intake.mapping import MAX_ATTRIBUTES, DateOrder, Mapping
from clv.intake.scoring import may_be
from clv.intake.sources import RawTable
from clv.intake.suggest import SAMPLE_ROWS, suggest_mapping
from clv.intake.vocabulary import fold, likeness
from clv.schema import CURRENCY, CUSTOMER_ID

DISTINCT: Final = 0.95  # share of rows that have a customer of their own
IN_ORDER: Final = 0.95  # share of rows whose first order is not after the last
CODES: Final = 0.8  # share of currency codes in a column of them
_PRIVATE: Final = frozenset({"name", "phone", "zip", "postcode", "address", "email"})

Columns = dict[str, Evidence]


def suggest_shape(raw: RawTable) -> Mapping | CustomerMapping:
    """The likeliest mapping, for rows of orders or rows of customers, whichever they are."""
    return suggest_customers(raw) or suggest_mapping(raw)


def suggest_customers(raw: RawTable) -> CustomerMapping | None:
    """The mapping of a file with one row per customer; None when its rows are orders."""
    if not raw.detected.header:
        return None
    found = propose_customers(raw)
    complete = found.customer_id and found.first_order and found.last_order
    if not (complete and found.orders and found.revenue and _holds(raw, found)):
        return None
    return found


def propose_customers(raw: RawTable) -> CustomerMapping:
    """The best guess for a file that is said to have one row per customer; it may have gaps."""
    frame = raw.sample(SAMPLE_ROWS)
    columns = {name: Evidence.of(frame[name].tolist()) for name in raw.columns}
    dates = [name for name, seen in columns.items() if max(seen.dates, seen.day_numbers) > 0.8]
    first, last = _first_and_last(dates)
    numbers = {
        name: seen
        for name, seen in columns.items()
        if seen.numbers > 0.9 and name not in dates and not _about_one_order(name)
    }
    counts = [n for n, seen in numbers.items() if _is_count(n, seen)]
    values = [n for n in numbers if says(n, "value") and n not in counts]
    channels = channels_of(counts, values)
    orders = _totals(counts, [channel.orders for channel in channels])
    revenue = _totals(values, [c.revenue for c in channels if c.revenue])
    customer = _customer(columns, {*dates, *counts, *values})
    interests = _interests(columns)
    currency = _currency(columns)
    taken = {customer, interests, currency, first, *last, *counts, *values, *dates}
    return CustomerMapping(
        customer_id=customer,
        first_order=first,
        last_order=last,
        orders=orders,
        revenue=revenue,
        channels=channels,
        interests=interests,
        currency=currency,
        attributes=_attributes(columns, taken),
        date_order=_date_order(raw, [name for name in (first, *last) if name]),
        decimal=decimal_mark(raw, [*revenue, *orders]),
    )


def _about_one_order(name: str) -> bool:
    """An average, or what the first or last order alone brought."""
    return says(name, "never") or says(name, "first") or says(name, "last")


def _is_count(name: str, seen: Evidence) -> bool:
    called = says(name, "order") and says(name, "count") and not says(name, "value")
    return called and _whole(seen)


def _whole(seen: Evidence) -> bool:
    known = [value for value in seen.values if value is not None]
    return bool(known) and all(value >= 0 and value == int(value) for value in known)


def _first_and_last(dates: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """Those that speak of orders; without such, a pair that differs in this one word only."""

    def named(kind: str) -> list[str]:
        found = [name for name in dates if says(name, kind) and not says(name, "never")]
        of_orders = [name for name in found if says(name, "order")]
        return of_orders or found

    first, last = named("first"), named("last")
    last = [name for name in last if name not in first]
    if not first or not last:
        return None, ()
    if not says(first[0], "order") or not says(last[0], "order"):
        last = last[:1]
    return first[0], tuple(last)


def channels_of(counts: Sequence[str], values: Sequence[str]) -> tuple[Channel, ...]:
    """Columns of counts and of values that differ in the name of the channel only."""
    by_rest = [_by_rest(names) for names in (counts, values)]
    both = [words for words in by_rest[0] if words and words in by_rest[1]]
    if len(both) < 2:
        return ()
    return tuple(
        Channel(
            name=" ".join(words).capitalize(),
            orders=by_rest[0][words],
            revenue=by_rest[1][words],
        )
        for words in both
    )


def _by_rest(names: Sequence[str]) -> dict[tuple[str, ...], str]:
    parts = [frozenset(fold(name).split()) for name in names]
    common = frozenset.intersection(*parts) if len(parts) > 1 else frozenset()
    found: dict[tuple[str, ...], str] = {}
    for name in names:
        found.setdefault(rest(name, common), name)
    return found


def _totals(names: Sequence[str], of_channels: Sequence[str]) -> tuple[str, ...]:
    """The column of the whole customer, else those of the channels, which add up to it."""
    whole = [name for name in names if name not in of_channels]
    if of_channels and not whole:
        return tuple(of_channels)
    return tuple(whole[:1])


def _customer(columns: Columns, taken: set[str]) -> str | None:
    """The column with an id in its name whose values do not come back."""
    best: tuple[float, str] | None = None
    for place, (name, seen) in enumerate(columns.items()):
        if name in taken or not seen.filled or seen.distinct < DISTINCT * seen.rows:
            continue
        score = max(likeness(name, CUSTOMER_ID), 0.4 * says(name, "customer"))
        if score and (best is None or score - 1e-6 * place > best[0]):
            best = (score - 1e-6 * place, name)
    return best[1] if best else None


def _currency(columns: Columns) -> str | None:
    """The column of currency codes, best one that says so in its name."""
    coins = [name for name, seen in columns.items() if seen.codes > CODES]
    fitting = [name for name in coins if may_be(CURRENCY, name)]
    return max(fitting, key=lambda name: likeness(name, CURRENCY), default=None)


def _interests(columns: Columns) -> str | None:
    for name, seen in columns.items():
        cells = [cell for cell in seen.cells if cell]
        if not cells:
            continue
        lists = sum(cell.startswith("[") and cell.endswith("]") for cell in cells) / len(cells)
        several = sum(any(mark in cell for mark in ",;|") for cell in cells) / len(cells)
        if lists > 0.9 or (several > 0.2 and says(name, "interests") and seen.numbers < 0.1):
            return name
    return None


def _attributes(columns: Columns, taken: set[str | None]) -> tuple[str, ...]:
    kept = [
        name
        for name, seen in columns.items()
        if name not in taken and seen.is_label and not _PRIVATE & set(fold(name).split())
    ]
    return tuple(kept[:MAX_ATTRIBUTES])


def _date_order(raw: RawTable, columns: Sequence[str]) -> DateOrder | None:
    """One order for all date columns of the file: a column that tells speaks for the others."""
    found = [date_order(raw, name) for name in columns]
    telling = [order for order in found if order in ("dmy", "mdy")]
    if telling:
        return telling[0]
    return None if None in found else "ymd"


def _holds(raw: RawTable, mapping: CustomerMapping) -> bool:
    """Over all rows: customers do not come back, and no first order follows the last."""
    assert mapping.customer_id
    assert mapping.first_order
    table = raw.table(engine.connect())
    order = mapping.date_order or "dmy"
    first = timestamp(table[raw.key(mapping.first_order)], order)
    last = [timestamp(table[raw.key(name)], order) for name in mapping.last_order]
    latest = ibis.greatest(*last) if len(last) > 1 else last[0]
    customer = table[raw.key(mapping.customer_id)].strip()
    seen = (
        table.aggregate(
            filled=customer.count(),
            distinct=customer.nunique(),
            dated=(first <= latest).count(),
            in_order=(first <= latest).sum(),
        )
        .execute()
        .fillna(0)
        .iloc[0]
    )
    return bool(
        seen.distinct >= DISTINCT * seen.filled > 0 and seen.in_order >= IN_ORDER * seen.dated > 0
    )
