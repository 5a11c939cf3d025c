"""Own rules of the RFM grid as one short text, for a box and for a link, and back.

"R: 30, 60, 90, 180; F: 1, 2, 4, 8; 51: First timers": cut points of R (days since the last
order), F (orders) and M (net revenue), and names of cells, R before F. What is not named is as
usual.
"""

from collections.abc import Mapping
from typing import Final

from clv.errors import InvalidSettings
from clv.insights.segments import RFM_GRID
from clv.settings import RFMRules

CUTS: Final[Mapping[str, str]] = {"R": "recency_days", "F": "orders", "M": "revenue"}
EXAMPLE: Final = "R: 30, 60, 90, 180; F: 1, 2, 4, 8; 51: First timers"


def read_rules(text: str) -> RFMRules:
    """The rules in a text; InvalidSettings where it is none."""
    cuts: dict[str, tuple[float, ...]] = {}
    names: dict[str, str] = {}
    for part in filter(str.strip, text.split(";")):
        key, colon, value = (piece.strip() for piece in part.partition(":"))
        if not colon:
            raise InvalidSettings(f"'{key}' is no rule of the RFM grid.", f"Write: {EXAMPLE}.")
        if key.upper() in CUTS:
            cuts[CUTS[key.upper()]] = _numbers(value)
        else:
            names[key] = value
    return RFMRules(**cuts, names=tuple(sorted(names.items())))


def write_rules(rules: RFMRules) -> str:
    """The text that `read_rules` reads back; "" for the usual rules."""
    cuts = [
        f"{key}: {', '.join(f'{cut:.12g}' for cut in getattr(rules, field))}"
        for key, field in CUTS.items()
        if getattr(rules, field)
    ]
    return "; ".join([*cuts, *(f"{cell}: {name}" for cell, name in sorted(rules.names))])


def changed_names(grid: Mapping[int, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    """The cells of a grid (F score -> names for R 5 to 1) that are not called as usual."""
    changed = [
        (f"{5 - place}{f}", name.strip())
        for f, row in grid.items()
        for place, name in enumerate(row)
        if name.strip() != RFM_GRID[f][place]
    ]
    return tuple(sorted(changed))


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(piece) for piece in text.split(","))
    except ValueError:
        raise InvalidSettings(
            f"'{text}' is no list of numbers.", f"Write four, with commas between: {EXAMPLE}."
        ) from None
