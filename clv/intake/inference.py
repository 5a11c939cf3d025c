"""Roles from values alone, for columns whose names say nothing, and corrections of names.

Each function looks at what is chosen so far and adds, moves or drops a role.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from clv.intake.evidence import Evidence
from clv.intake.relations import (
    clumping,
    codes,
    constancy,
    days,
    gap_in_days,
    grows_with,
    is_of_order,
    order_consistency,
    pairs,
    product_share,
    reduced_share,
    repeats_within,
    runs_on,
    share_not_after,
    values_per_group,
)
from clv.intake.scoring import LEAST, Columns, Scores, may_be, says_nothing
from clv.intake.vocabulary import meanings
from clv.schema import (
    AMOUNT,
    CURRENCY,
    CUSTOMER_ID,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT,
    PRODUCT_ID,
    QUANTITY,
    UNIT_PRICE,
)

BY_VALUES: Final = 0.35
_LINE_LEVEL: Final = 0.6  # a name this good beats an order total
_MOST_NUMBERS: Final = 9
_MOSTLY: Final = 0.85
_GROWS: Final = 0.5
_REPEATS: Final = 0.05
_ENOUGH, _ALL_DIFFERENT = 30, 0.85
_LONG_AGO: Final = 60  # days between two dates of one order: the first is of something else

Chosen = dict[str, tuple[str, float]]


def choose_date(chosen: Chosen, columns: Columns, scores: Scores) -> None:
    """Of several dates the one of the order: named so, not constant, before paid and shipped."""
    rivals = {
        column: scores.get((ORDERED_AT, column), 0.0)
        for column, seen in columns.items()
        if seen.dates > 0.8 and not seen.is_constant and column not in _taken(chosen, ORDERED_AT)
    }
    unnamed = [c for c, score in rivals.items() if score < LEAST and says_nothing(c)]
    best = max(rivals.values(), default=0.0)
    if best >= LEAST:
        ranked = [column for column, score in rivals.items() if score >= 0.93 * best]
        unnamed = unnamed if best < 0.45 else []
    else:
        ranked = []
    candidates = [*ranked, *unnamed]
    if not candidates:
        return
    column = _first_of_order(candidates, columns)
    chosen[ORDERED_AT] = (column, max(rivals[column], BY_VALUES))


def _first_of_order(candidates: list[str], columns: Columns) -> str:
    best = candidates[0]
    for column in candidates[1:]:
        one, other = columns[column], columns[best]
        if other.share_filled < 0.5 < one.share_filled:
            best = column
        elif share_not_after(one, other) > 0.95 and one.share_filled >= 0.8 * other.share_filled:
            # Much earlier than all the rest is a birthday or the day of signing up.
            if gap_in_days(one, other) < _LONG_AGO and gap_in_days(one, other) > 0:
                best = column
        elif share_not_after(other, one) > 0.95 and gap_in_days(other, one) >= _LONG_AGO:
            best = column
    return best


def false_order(chosen: Chosen, columns: Columns) -> str | None:
    """The column taken for order numbers when it is none, for one order has one customer and
    one day: a 'number' shared by several is something else."""
    if ORDER_ID not in chosen or ORDERED_AT not in chosen:
        return None
    others = [columns[chosen[role][0]] for role in (CUSTOMER_ID, ORDERED_AT) if role in chosen]
    column, _ = chosen[ORDER_ID]
    if order_consistency(columns[column], others) >= 0.8 or _continues(columns, column, others):
        return None
    return column


def drop_false_products(chosen: Chosen, columns: Columns) -> None:
    """A 'name' that stays with a customer on all days is the customer's, not a product's."""
    if not {CUSTOMER_ID, ORDERED_AT} <= set(chosen):
        return
    who = codes(columns[chosen[CUSTOMER_ID][0]])
    for role in (PRODUCT, PRODUCT_ID):
        if role in chosen and chosen[role][1] < 0.9:
            what = codes(columns[chosen[role][0]])
            if len(values_per_group(who, what)[0]) >= 5 and constancy(who, what) > 0.95:
                del chosen[role]


def _continues(columns: Columns, order: str, others: list[Evidence]) -> bool:
    """The further rows of an order only leave the customer and the day empty."""
    numbers = codes(columns[order])
    return all(constancy(numbers, codes(other)) > 0.9 for other in others)


def add_by_values(chosen: Chosen, columns: Columns, *, named: bool) -> None:
    """Fill what names did not tell, from values alone, where names do not speak against it."""
    if not named or any(says_nothing(column) for column in columns):
        _add_amounts(chosen, columns)
        _add_ids(chosen, columns)
    for role, found in _simple(chosen, columns, named=named):
        if role not in chosen and found not in _taken(chosen):
            chosen[role] = (found, BY_VALUES)


def _simple(chosen: Chosen, columns: Columns, *, named: bool) -> Iterator[tuple[str, str]]:
    """What one column tells by itself: an only date, an only money column, e-mails, codes."""
    free = {c: seen for c, seen in columns.items() if c not in _taken(chosen)}
    dates = [c for c, s in free.items() if s.dates > 0.8 and (not named or may_be(ORDERED_AT, c))]
    if len(dates) == 1 or (dates and not named):
        yield ORDERED_AT, dates[0]
    mails = [c for c, seen in free.items() if seen.emails > 0.8 and may_be(CUSTOMER_ID, c)]
    if len(mails) == 1 or (mails and not named):
        yield CUSTOMER_ID, mails[0]
    if not named:
        ids = {c: s.id_likeness for c, s in free.items() if s.id_likeness > 0}
        if ids:
            yield CUSTOMER_ID, max(ids, key=lambda column: ids[column])
    coins = [c for c, s in free.items() if s.codes > 0.95 and may_be(CURRENCY, c)]
    if len(coins) == 1:
        yield CURRENCY, coins[0]
    money = [c for c, s in free.items() if s.numbers > 0.9 and s.cents > 0.3]
    money = [c for c in money if not named or may_be(AMOUNT, c)]
    if UNIT_PRICE not in chosen and len(money) == 1:
        yield AMOUNT, money[0]


def add_by_guess(chosen: Chosen, columns: Columns) -> None:
    """What is left of nameless columns, by the likeliest reading: all of it to be looked over."""
    free = {c: s for c, s in columns.items() if c not in _taken(chosen) and says_nothing(c)}
    if ORDERED_AT not in chosen:
        moments = [c for c, s in free.items() if s.day_numbers > 0.98 and s.is_rising]
        if len(moments) == 1:
            chosen[ORDERED_AT] = (moments[0], LEAST)
            del free[moments[0]]
            _add_ids(chosen, columns)
    if ORDERED_AT not in chosen:
        return
    free = {c: s for c, s in free.items() if c not in _taken(chosen)}
    money = {c: s.typical for c, s in free.items() if s.numbers > 0.9 and s.cents > 0.3}
    if AMOUNT not in chosen and UNIT_PRICE not in chosen and money:
        # The total is the largest: parts of it, taxes and fees stand beside it.
        chosen[AMOUNT] = (max(money, key=lambda column: money[column]), LEAST)
    counts = [c for c, s in free.items() if s.is_small_count and s.distinct > 2]
    if QUANTITY not in chosen and len(counts) == 1:
        chosen[QUANTITY] = (counts[0], LEAST)
    unique = [
        c
        for c, s in free.items()
        if s.distinct == s.filled == s.rows > 20 and s.cents < 0.1 and s.words < 0.5 and not s.dates
    ]
    if ORDER_ID not in chosen and unique:
        chosen[ORDER_ID] = (unique[0], LEAST)


def _add_amounts(chosen: Chosen, columns: Columns) -> None:
    """Three number columns of which two multiply to the third."""
    if {QUANTITY, UNIT_PRICE, AMOUNT} <= set(chosen):
        return
    free = [
        c
        for c, s in columns.items()
        if c not in _taken(chosen) and s.numbers > 0.9 and s.dates < 0.5 and says_nothing(c)
    ]
    pools = {
        role: [chosen[role][0]] if role in chosen else free[:_MOST_NUMBERS]
        for role in (QUANTITY, UNIT_PRICE, AMOUNT)
    }
    best: tuple[float, tuple[str, str, str]] | None = None
    for q in pools[QUANTITY]:
        if columns[q].whole < 0.95 or not columns[q].is_small_count:
            continue
        for p, a in ((p, a) for p in pools[UNIT_PRICE] for a in pools[AMOUNT]):
            if len({q, p, a}) == 3:
                exact = product_share(columns[q], columns[p], columns[a])
                share = max(exact, 0.9 * reduced_share(columns[q], columns[p], columns[a]))
                share += 0.1 * (columns[q].typical < columns[p].typical)  # pieces are few
                if share > 0.9 and (best is None or share > best[0]):
                    best = share, (q, p, a)
    if best:
        for role, column in zip((QUANTITY, UNIT_PRICE, AMOUNT), best[1], strict=True):
            chosen.setdefault(role, (column, 0.5))


def _add_ids(chosen: Chosen, columns: Columns) -> None:
    """Orders have one day, customers several; a product varies inside an order."""
    if ORDERED_AT not in chosen:
        return
    day = days(columns[chosen[ORDERED_AT][0]])
    free = {
        column: codes(seen)
        for column, seen in columns.items()
        if column not in _taken(chosen)
        and says_nothing(column)
        and seen.share_filled > 0.5
        and seen.cents < 0.1
        and seen.dates < 0.5
        and not (seen.clocks > 0.8 and seen.numbers < 0.2)
        and not seen.is_small_count
        and not seen.is_group
    }
    if ORDER_ID not in chosen:
        orders = {
            column: columns[column].distinct
            for column, found in free.items()
            if len(values_per_group(found, day)[0]) >= 5
            and constancy(found, day) > 0.97
            and columns[column].words < 0.5
        }
        if orders:
            column = max(orders, key=lambda name: orders[name])
            chosen[ORDER_ID] = (column, BY_VALUES)
            del free[column]
    order = codes(columns[chosen[ORDER_ID][0]]) if ORDER_ID in chosen else None
    _add_customer(chosen, columns, free, day, order)
    if PRODUCT_ID not in chosen and order is not None:
        for column, found in free.items():
            if column not in _taken(chosen) and constancy(order, found) < 0.3:
                role = PRODUCT if columns[column].words > 0.5 else PRODUCT_ID
                if columns[column].filled / max(1, columns[column].distinct) > 1.5:
                    chosen.setdefault(role, (column, BY_VALUES))


def _add_customer(
    chosen: Chosen, columns: Columns, free: dict[str, np.ndarray], day: np.ndarray, order: object
) -> None:
    if CUSTOMER_ID in chosen:
        return
    people = {}
    for column, found in free.items():
        rows, different = values_per_group(found, day)
        several = float((different > 1).mean()) if len(rows) else 0.0
        of_order = 1.0 if order is None else constancy(np.asarray(order), found)
        if several > 0.2 and of_order > 0.95:
            gathered = clumping(found, day) if order is None else 1.0
            people[column] = gathered + 0.1 * columns[column].id_likeness
    if people:
        chosen[CUSTOMER_ID] = (max(people, key=lambda name: people[name]), BY_VALUES)


def settle_price(chosen: Chosen, columns: Columns) -> None:
    """'Price' without a quantity is what was paid; quantity x price elsewhere is the amount."""
    if AMOUNT in chosen or UNIT_PRICE not in chosen:
        return
    if QUANTITY not in chosen:
        chosen[AMOUNT] = chosen.pop(UNIT_PRICE)
        return
    quantity, price = (columns[chosen[role][0]] for role in (QUANTITY, UNIT_PRICE))
    for name, evidence in columns.items():
        if name not in _taken(chosen) and product_share(quantity, price, evidence) > 0.9:
            chosen[AMOUNT] = (name, 0.9)
            return
    # A bare 'Price' that grows with the pieces, or is another each time, is that of the line.
    if "unit" in meanings(chosen[UNIT_PRICE][0]):
        return
    if grows_with(quantity, price) > _GROWS or price_never_repeats(chosen, columns):
        chosen[AMOUNT] = (chosen.pop(UNIT_PRICE)[0], BY_VALUES)


def price_never_repeats(chosen: Chosen, columns: Columns) -> bool:
    """Whether a product, or where none is named any row, costs something else each time."""
    seen = columns[chosen[UNIT_PRICE][0]]
    for role in (PRODUCT_ID, PRODUCT):
        if role in chosen:
            share = repeats_within(codes(columns[chosen[role][0]]), codes(seen))
            return share is not None and share < _REPEATS
    return seen.filled >= _ENOUGH and seen.distinct > _ALL_DIFFERENT * seen.filled


def settle_level(chosen: Chosen, columns: Columns, scores: Scores) -> None:
    """A total of the whole order gives way to an amount of the line, where there is one."""
    if AMOUNT not in chosen or not amount_is_of_order(chosen, columns):
        return
    current, _ = chosen[AMOUNT]
    lines = {
        column: score
        for (role, column), score in scores.items()
        if role == AMOUNT
        and score >= _LINE_LEVEL
        and column not in _taken(chosen)
        and column != current
        and columns[column].filled
        and not amount_is_of_order({**chosen, AMOUNT: (column, score)}, columns)
    }
    if lines:
        column = max(lines, key=lambda name: lines[name])
        chosen[AMOUNT] = (column, lines[column])


def amount_is_of_order(chosen: Chosen, columns: Columns) -> bool:
    """Whether the amount chosen is that of the whole order, written once or on every line."""
    if ORDER_ID not in chosen or AMOUNT not in chosen:
        return False
    orders = codes(columns[chosen[ORDER_ID][0]])
    if continues(chosen, columns):
        orders = runs_on(orders)
    elif CUSTOMER_ID in chosen:
        orders = pairs(orders, codes(columns[chosen[CUSTOMER_ID][0]]))
        if ORDERED_AT in chosen:
            orders = pairs(orders, days(columns[chosen[ORDERED_AT][0]]))
    lines = [
        columns[chosen[role][0]]
        for role in (PRODUCT_ID, PRODUCT, QUANTITY, UNIT_PRICE)
        if role in chosen
    ]
    amount = chosen[AMOUNT][0]
    named = {"order", "total"} <= meanings(amount)
    if "price" in meanings(amount) and "total" not in meanings(amount):
        return False  # of a piece, or of the row
    return is_of_order(orders, columns[amount], lines, named=named)


def continues(chosen: Chosen, columns: Columns) -> bool:
    """Whether rows leave order number, customer and day empty and belong to the row above."""
    roles = [role for role in (ORDER_ID, CUSTOMER_ID, ORDERED_AT) if role in chosen]
    if ORDER_ID not in roles or ORDERED_AT not in roles:
        return False
    empty = {role: codes(columns[chosen[role][0]]) < 0 for role in roles}
    lines = [chosen[role][0] for role in (PRODUCT, PRODUCT_ID, QUANTITY) if role in chosen]
    if empty[ORDERED_AT][:1].any() or not empty[ORDERED_AT].any() or not lines:
        return False
    open_rows = empty[ORDERED_AT]
    filled = any((codes(columns[line])[open_rows] >= 0).mean() > 0.8 for line in lines)
    numbers = codes(columns[chosen[ORDER_ID][0]])
    above = np.r_[False, (numbers[1:] == numbers[:-1]) & (numbers[1:] >= 0)]
    belongs = empty[ORDER_ID] | above
    customer = empty.get(CUSTOMER_ID, empty[ORDER_ID])
    # A few totals may stand between the lines.
    fits = bool((customer | above)[open_rows].mean() > _MOSTLY)
    return filled and fits and bool(belongs[open_rows].mean() > _MOSTLY)


def _taken(chosen: Chosen, but: str = "") -> set[str]:
    return {column for role, (column, _) in chosen.items() if role != but}
