"""A rule made by hand: checked, and written as the text of a condition."""

import math

from clv.errors import InvalidSettings
from clv.insights.levels import PRODUCT
from clv.insights.selection import (
    COHORT,
    NUMBERS,
    ORDERED,
    Condition,
    Operator,
    Population,
    Selection,
)
from clv.schema import INTERESTS

WORDS: dict[str, Operator] = {"is": "", "is not": "is not"}
LIMITS: dict[str, Operator] = {"at least": "at least", "at most": "at most"}
SPANS = (
    "Write a year as 2024, a month as 2024-03, a day as 2024-03-09, or two of them with “to” "
    "between: 2024-03-01 to 2024-03-15."
)


def comparisons(field: str) -> dict[str, Operator]:
    """How a field can be compared: limits for figures, equality for everything else."""
    return LIMITS if field in NUMBERS else WORDS


def choices(population: Population, field: str, most: int = 500) -> list[str]:
    """Values worth offering for a field; of products those of the most usual names first."""
    if field in population.levels and population.open_lines:
        items = population.open_lines().items
        column = "product" if field == PRODUCT else field
        return sorted(str(name) for name in items[column].unique() if name)[:most]
    return population.values(field, most)


def rule(population: Population, field: str, comparison: str, value: str) -> str:
    """The text of a condition; InvalidSettings, in words, where it cannot be one."""
    value = value.strip()
    if field not in population.fields:
        raise InvalidSettings(f"{field} is no field of these data.", "Choose one of the list.")
    if comparison not in comparisons(field):
        allowed = " or ".join(f"“{word}”" for word in comparisons(field))
        raise InvalidSettings(f"{field} cannot be compared by “{comparison}”.", f"Use {allowed}.")
    if not value:
        raise InvalidSettings("The rule has no value yet.", "Choose or type one.")
    if field in NUMBERS:
        value = _number(field, value)
    condition = Condition(field, value, comparisons(field)[comparison])
    found, unknown = Selection.parse([str(condition)], population.fields)
    if unknown or found.conditions != (condition,):
        hint = SPANS if field in (ORDERED, COHORT) else "Choose one of the list."
        raise InvalidSettings(f"“{value}” is no value that {field} can have.", hint)
    if field not in NUMBERS and not _known(population, field, value):
        hint = SPANS if field in (ORDERED, COHORT) else "Choose one of the list; capitals count."
        raise InvalidSettings(f"No customer has “{value}” as {field}.", hint)
    return str(condition)


def _number(field: str, value: str) -> str:
    try:
        number = float(value.replace(" ", ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidSettings(
            f"“{value}” is no number, and {field} is one.", "Write it like 250 or 12.5."
        )
    return str(int(number)) if number.is_integer() else repr(number)


def _known(population: Population, field: str, value: str) -> bool:
    """Whether anyone could have the value; what is none of the field is a slip of the pen."""
    if value in population.values(field):
        return True
    column = population.labels.get(field)
    if column is not None and column != INTERESTS:
        return bool((population.frame[column].astype(str) == value).any())
    return bool(Selection((Condition(field, value),)).mask(population).any())
