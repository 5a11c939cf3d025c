"""Numbers with their nouns."""

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

_WIDE: Final = Context(prec=400)  # digits: the largest float has 309 before the point


def rounded(number: float, digits: int = 0) -> str:
    """A number as the tables of a browser round it, 0.5 always up: "54,819" for 54818.5."""
    if not math.isfinite(number):
        return str(float(number))
    exact = Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _WIDE)
    return f"{exact:,}" if exact else f"{abs(exact):,}"


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 as a percentage that no line break takes apart: "40 %"."""
    return f"{rounded(100 * float(share), digits)}\N{NO-BREAK SPACE}%"


def counted(number: int, noun: str, plural: str = "s") -> str:
    """A number with its noun: "1 line", "2,500 lines"; plural: its ending."""
    return f"{number:,} {noun}{'' if number == 1 else plural}"


def verb(number: int, one: str, several: str) -> str:
    """The word that goes with a number: verb(1, "is", "are") is "is"."""
    return one if number == 1 else several
