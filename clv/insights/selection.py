"""Which customers are looked at: conditions that a person can read, and a link can carry.

A condition is one text: "Segment: Champions", "Country is not: France", "Orders at least: 3",
"Ordered: 2011-03", "Category: Gifts" (bought from it), "Repeat purchases: 5 to 6", "Net revenue:
20 to under 30". Conditions on one field keep whoever fits any of them; "is not", "at least" and
"at most" must all hold; fields must all hold.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.insights.lines import Lines, Mask, Span
from clv.insights.questions import buyers, ordered_within
from clv.insights.segments import holds_item

Operator = Literal["", "is not", "at least", "at most"]
OPERATORS: Final[tuple[Operator, ...]] = ("is not", "at least", "at most", "")

SEGMENT: Final = "Segment"
TIER: Final = "Tier"
STATUS: Final = "Status"
COHORT: Final = "Cohort"
ORDERED: Final = "Ordered"
RISK: Final = "Value and risk"
REPEATS: Final = "Repeat purchases"
PREDICTED: Final = "Predicted CLV"
SILENT: Final = "Days since last order"
LABELS: Final[Mapping[str, str]] = {
    SEGMENT: schema.SEGMENT,
    TIER: schema.TIER,
    STATUS: schema.CUSTOMER_STATUS,
    RISK: schema.VALUE_RISK,
    "RFM": schema.RFM,
    "Channel": schema.CHANNEL,
    "Country": schema.COUNTRY,
    "Main channel": schema.MAIN_CHANNEL,
    "Channels used": schema.CHANNELS_USED,
    "Interests": schema.INTERESTS,
}
NUMBERS: Final[Mapping[str, str]] = {  # what "at least", "at most" and a range may speak of
    "Orders": schema.ORDERS,
    REPEATS: schema.FREQUENCY,
    "Net revenue": schema.REVENUE,
    PREDICTED: schema.PREDICTED_CLV,
    "Historic value": schema.HISTORIC_VALUE,
    "Total value": schema.TOTAL_VALUE,
    "P(alive), %": schema.P_ALIVE,
    "Order in 30 days, %": schema.P_ORDER_30D,
    SILENT: schema.LAST_ORDER,
    "Days since first order": schema.FIRST_ORDER,
}


@dataclass(frozen=True)
class Condition:
    """One field, how it is compared, and with what."""

    field: str
    value: str
    operator: Operator = ""

    def __str__(self) -> str:
        return f"{self.field}{' ' if self.operator else ''}{self.operator}: {self.value}"


@dataclass(frozen=True)
class Population:
    """The customers of an analysis, and what may be asked of them.

    frame: as in `Analysis`; levels: fields that speak of products bought; open_lines: gives the
    order lines, which take a moment at first; None for a file with one row per customer.
    """

    frame: pd.DataFrame
    analysis_date: date
    levels: tuple[str, ...] = ()
    open_lines: Callable[[], Lines] | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Field -> column of the frame, of the fields that a customer has one value of."""
        ours = {label: name for label, name in LABELS.items() if name in self.frame}
        taken = {*schema.CUSTOMER_COLUMNS, *ours.values()}
        further = [
            name
            for name in self.frame.columns
            if name not in taken and not pd.api.types.is_numeric_dtype(self.frame[name])
        ]
        return ours | {_free(name, self.levels): name for name in further}

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that a condition may name."""
        return (*self.labels, COHORT, ORDERED, *NUMBERS, *self.levels)

    def values(self, field: str, most: int = 40) -> list[str]:
        """The values of a field worth offering, the usual order first."""
        if field == COHORT:
            return sorted(cohort_months(self.frame).unique().tolist())
        column = self.labels.get(field)
        if column is None:
            return []
        found = self.frame[column]
        if isinstance(found.dtype, pd.CategoricalDtype):
            return [str(name) for name in found.cat.categories]
        return [str(value) for value in found.value_counts().index[:most]]


@dataclass(frozen=True)
class Selection:
    """Conditions that all customers shown fulfil; without any, everyone is shown."""

    conditions: tuple[Condition, ...] = ()

    @classmethod
    def parse(
        cls, texts: Iterable[str], fields: Iterable[str]
    ) -> tuple["Selection", tuple[str, ...]]:
        """The conditions in the texts, and the texts that are none for these fields."""
        longest_first = sorted(fields, key=len, reverse=True)
        found, unknown = [], []
        for text in dict.fromkeys(texts):
            condition = _parse(text, longest_first)
            if condition is None:
                unknown.append(text)
            else:
                found.append(condition)
        return cls(tuple(found)), tuple(unknown)

    def without(self, *fields: str) -> "Selection":
        """The same, ignoring some fields."""
        return Selection(tuple(c for c in self.conditions if c.field not in fields))

    def has(self, text: str) -> bool:
        """Whether every condition of a text, one per line, is among these."""
        return {*text.splitlines()} <= {str(condition) for condition in self.conditions}

    def chosen(self, field: str) -> tuple[str, ...]:
        """The values that one field is to have."""
        return tuple(c.value for c in self.conditions if c.field == field and not c.operator)

    @property
    def name(self) -> str:
        """A short name for a list of these customers."""
        return "-".join(condition.value for condition in self.conditions)[:80]

    @property
    def days(self) -> tuple[Span, ...]:
        """The spans of days in which orders count; none is always."""
        return tuple(_span(value) for value in self.chosen(ORDERED))

    def mask(self, population: Population) -> Mask:
        """Which customers fulfil all conditions."""
        kept = np.ones(len(population.frame), dtype=bool)
        either: dict[str, Mask] = {}
        for condition in self.conditions:
            holds = _holds(condition, population)
            if condition.operator:
                kept &= holds
            else:
                nobody = np.zeros(len(kept), dtype=bool)
                either[condition.field] = either.get(condition.field, nobody) | holds
        for holds in either.values():
            kept &= holds
        return kept


EVERYONE: Final = Selection()


def cohort_months(frame: pd.DataFrame) -> "pd.Series[str]":
    """Month of each customer's first order, as "2011-03"."""
    months: pd.Series[str] = frame[schema.FIRST_ORDER].dt.strftime("%Y-%m")
    return months


def _free(name: str, levels: tuple[str, ...]) -> str:
    """A label of the user's file, marked where it is also a field of ours."""
    return f"{name} (file)" if name in {*LABELS, *NUMBERS, *levels, COHORT, ORDERED} else name


def _parse(text: str, fields: list[str]) -> Condition | None:
    for field in fields:
        for operator in OPERATORS:
            start = f"{field} {operator}: " if operator else f"{field}: "
            if text.startswith(start) and len(text) > len(start):
                return _checked(Condition(field, text[len(start) :], operator))
    return None


def _checked(condition: Condition) -> Condition | None:
    """The condition where its value can be one."""
    limited = condition.operator in ("at least", "at most")
    numeric = condition.field in NUMBERS
    if (limited and not numeric) or (numeric and condition.operator == "is not"):
        return None
    try:
        if numeric:
            _range(condition)
        if condition.field == ORDERED:
            _span(condition.value)
    except ValueError:
        return None
    return condition


def between(low: float, high: float) -> str:
    """A range as the value of a condition, its upper end left out: "20 to under 30"."""
    return f"{low:.12g} to under {high:.12g}"


def _range(condition: Condition) -> tuple[float, float]:
    """Lowest and highest figure that a condition on a number lets pass."""
    if condition.operator:
        limit = _finite(condition.value)
        return (limit, np.inf) if condition.operator == "at least" else (-np.inf, limit)
    low, _, high = condition.value.partition(" to ")
    under = high.removeprefix("under ")
    top = _finite(under)
    return _finite(low), top if under == high else float(np.nextafter(top, -np.inf))


def _finite(text: str) -> float:
    number = float(text)
    if not np.isfinite(number):
        raise ValueError(text)
    return number


def _span(value: str) -> Span:
    """ "2011", "2011-03", "2011-03-05" or "2011-03-05 to 2011-04-01" as first and last day."""
    begin, _, end = value.partition(" to ")
    first, last = pd.Period(begin), pd.Period(end or begin)
    if pd.NaT in (first, last) or first.start_time > last.end_time:
        raise ValueError(value)
    return first.start_time.date(), last.end_time.date()


def _holds(condition: Condition, population: Population) -> Mask:
    positive = _positive(condition, population)
    return ~positive if condition.operator == "is not" else positive


def _positive(condition: Condition, population: Population) -> Mask:
    frame, field, value = population.frame, condition.field, condition.value
    if field in NUMBERS:
        figures = _figures(population, field)
        low, high = _range(condition)
        return np.asarray((figures >= low) & (figures <= high))
    if field == COHORT:
        return np.asarray(cohort_months(frame) == value, dtype=bool)
    if field == ORDERED:
        return _ordered(population, _span(value))
    if field in population.levels:
        assert population.open_lines is not None
        lines = population.open_lines()
        column = lines.level_column(field)
        return _places(lines.ask(buyers, None, (), column, value), len(frame))
    column = population.labels[field]
    if column == schema.INTERESTS:
        return holds_item(frame[column], value)
    return np.asarray(frame[column] == value, dtype=bool)


def _ordered(population: Population, span: Span) -> Mask:
    frame = population.frame
    if population.open_lines:
        return _places(population.open_lines().ask(ordered_within, None, (span,)), len(frame))
    first, last = (pd.Timestamp(day) for day in span)
    days = frame[[schema.FIRST_ORDER, schema.LAST_ORDER]]  # all that such a file knows
    return np.asarray(days.apply(lambda day: day.between(first, last)).any(axis=1), dtype=bool)


def _figures(population: Population, field: str) -> npt.NDArray[np.float64]:
    column = NUMBERS[field]
    values = population.frame[column]
    if column in (schema.LAST_ORDER, schema.FIRST_ORDER):
        values = (pd.Timestamp(population.analysis_date) - values).dt.days
    elif field.endswith("%"):
        values = 100 * values
    return np.asarray(values, dtype=np.float64)


def _places(customers: npt.NDArray[np.int32], size: int) -> Mask:
    mask = np.zeros(size, dtype=bool)
    mask[customers] = True
    return mask
