"""How sure a suggested role is, and why, in words.

The curve from score to confidence was set on the layouts of `benchmarks/layouts.py`, so that
of the roles with a confidence of about 0.8, about eight in ten are right.
"""

from typing import Final

import numpy as np

from clv.intake.evidence import Evidence
from clv.intake.inference import Chosen
from clv.intake.relations import codes, days, order_consistency, product_share, values_per_group
from clv.intake.scoring import Columns, Scores
from clv.intake.vocabulary import likeness, meanings
from clv.intake.wording import percent
from clv.schema import (
    AMOUNT,
    CUSTOMER_ID,
    ORDER_ID,
    ORDERED_AT,
    QUANTITY,
    UNIT_PRICE,
)

SURE: Final = 0.9
LIKELY: Final = 0.6
ALTERNATIVES: Final = 3
_SCORES: Final = (0.0, 0.3, 0.5, 0.7, 0.8, 0.95, 1.0)
_CONFIDENCE: Final = (0.2, 0.5, 0.72, 0.86, 0.92, 0.97, 0.985)
_CLOSE: Final = 0.85  # a rival as good as this part of the best casts doubt


def word(confidence: float) -> str:
    """The name of a confidence: sure, likely or unsure."""
    return "sure" if confidence >= SURE else "likely" if confidence >= LIKELY else "unsure"


def confidence(role: str, chosen: Chosen, columns: Columns, scores: Scores) -> float:
    """0 to 1: how often a suggestion like this one is right."""
    column, score = chosen[role]
    result = float(np.interp(score, _SCORES, _CONFIDENCE))
    rival = max((score for _, score in rivals(role, chosen, scores)), default=0.0)
    if rival > _CLOSE * score:
        result *= 0.9
    if not columns[column].filled:
        return min(result, 0.6)
    if role == UNIT_PRICE and AMOUNT not in chosen and "unit" not in meanings(column):
        result = min(result, 0.8)  # a bare 'Price' may be that of the line
    proof = proven(role, chosen, columns)
    if proof is not None:
        result = 1 - (1 - result) * 0.4 if proof else 0.8 * result
    return result


def rivals(role: str, chosen: Chosen, scores: Scores) -> list[tuple[str, float]]:
    """Columns without a role that could play this one, best first."""
    taken = {column for column, _ in chosen.values()}
    found = [(c, score) for (r, c), score in scores.items() if r == role and c not in taken]
    return sorted(found, key=lambda pair: -pair[1])


def alternatives(
    role: str, sure: float, chosen: Chosen, scores: Scores
) -> tuple[tuple[str, float], ...]:
    """The next best columns, which share the confidence that the suggested one leaves."""
    taken = chosen[role][0] if role in chosen else ""
    found = [(c, s) for (r, c), s in scores.items() if r == role and c != taken and s > 0.2]
    found = sorted(found, key=lambda pair: -pair[1])[:ALTERNATIVES]
    total = sum(score for _, score in found)
    return tuple(
        (column, round((1 - sure) * score / max(1.0, total), 3)) for column, score in found
    )


def proven(role: str, chosen: Chosen, columns: Columns) -> bool | None:
    """Whether the values bear a role out; None when they cannot tell."""
    seen = columns[chosen[role][0]]
    if role == ORDERED_AT:
        return None if seen.filled < 5 else seen.dates > 0.95 and not seen.is_constant
    if role == ORDER_ID:
        others = [columns[chosen[r][0]] for r in (CUSTOMER_ID, ORDERED_AT) if r in chosen]
        if len(others) == 2 and seen.filled - seen.distinct > 5:
            return order_consistency(seen, others) > 0.95 or None
    if role == CUSTOMER_ID and ORDERED_AT in chosen:
        share = _several_days(seen, columns[chosen[ORDERED_AT][0]])
        return None if share is None else share > 0.1 or None
    if role in (AMOUNT, QUANTITY, UNIT_PRICE) and {QUANTITY, UNIT_PRICE, AMOUNT} <= set(chosen):
        return _product(chosen, columns) > 0.9 or None
    return None


def why(role: str, chosen: Chosen, columns: Columns) -> str:
    """One plain sentence: what speaks for this column."""
    column, _ = chosen[role]
    seen = columns[column]
    named = f"Named '{column}'" if likeness(column, role) else f"Column '{column}' by its values"
    return f"{named}; {_fact(role, seen, chosen, columns)}."


def _fact(role: str, seen: Evidence, chosen: Chosen, columns: Columns) -> str:
    if not seen.filled:
        return "it is empty in the rows that were looked at"
    if role == ORDER_ID and ORDERED_AT in chosen and seen.filled > seen.distinct:
        others = [columns[chosen[r][0]] for r in (CUSTOMER_ID, ORDERED_AT) if r in chosen]
        share = order_consistency(seen, others)
        who = "one customer and one day" if CUSTOMER_ID in chosen else "one day"
        return f"{percent(share)} of its numbers that repeat stand with {who}"
    if role == ORDER_ID:
        return "every row has a number of its own"
    if role == CUSTOMER_ID:
        kind = "e-mail addresses" if seen.emails > 0.5 else "values"
        return f"{seen.distinct:,} different {kind} in {seen.filled:,} rows"
    if role == ORDERED_AT:
        return f"{percent(max(seen.dates, seen.day_numbers))} of its cells are dates"
    if role == AMOUNT and {QUANTITY, UNIT_PRICE} <= set(chosen):
        share = _product(chosen, columns)
        if share > 0.5:
            return f"it is quantity x unit price in {percent(share)} of the rows that can tell"
    if seen.numbers > 0.9:
        return f"numbers such as {' and '.join(seen.examples[:2])}"
    return f"values such as {' and '.join(repr(text[:30]) for text in seen.examples[:2])}"


def _product(chosen: Chosen, columns: Columns) -> float:
    quantity, price, amount = (columns[chosen[r][0]] for r in (QUANTITY, UNIT_PRICE, AMOUNT))
    return product_share(quantity, price, amount)


def _several_days(seen: Evidence, date: Evidence) -> float | None:
    rows, different = values_per_group(codes(seen), days(date))
    return float((different > 1).mean()) if len(rows) >= 5 else None
