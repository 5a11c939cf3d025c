"""How figures are written on pages: money, counts, shares, with their interval and unit."""

import math
from typing import Any, Final

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.intake import wording
from clv.valuation import Interval

WRAPPED: Final = 66  # height of a row in which Streamlit breaks lines: more than 64 pixels
_ALIVE: Final = "Probability of being a customer still."
_ONE_TIME: Final = {
    "BG/NBD": "BG/NBD gives 100 % to everyone who bought once, because it lets nobody leave before "
    "a second order.",
    "NBD": "The model in use gives 100 % to everyone, because it lets nobody leave.",
    "Same rate as before": "The rule in use gives 100 % to everyone: it knows no leaving.",
}


def alive_help(found: Analysis) -> str:
    """What P(alive) means under the model in use."""
    fit = found.model.purchases
    return f"{_ALIVE} {_ONE_TIME.get(fit.model.name, '')}".strip() if fit else _ALIVE


def money(value: float | None) -> str:
    """1,234 from a thousand on, 12.34 below; a dash where there is no figure."""
    if value is None or math.isnan(value):
        return "–"
    if abs(value) >= 1e7:
        return f"{wording.rounded(value / 1e6, 1)} M"
    return wording.rounded(value, 0 if abs(value) >= 1000 else 2)


def share(value: float | None, digits: int = 0) -> str:
    """A share as a percentage."""
    if value is None or math.isnan(value):
        return "–"
    return wording.percent(value, digits)


def significant(value: float, digits: int) -> str:
    """A number rounded to so many digits, and written in full: 200, not 2e+02."""
    return f"{float(f'{value:.{digits}g}'):,.15g}"


def span(interval: Interval, coverage: float) -> str:
    """The interval in words: "80 % interval 1,000 to 1,200"; or that there is none."""
    if math.isnan(interval.low):
        return "No honest interval can be given."
    return f"{share(coverage)} interval {money(interval.low)} to {money(interval.high)}"


def doubt(found: Analysis) -> str:
    """What the test on the own past says against totals, as a sentence; "" where they passed."""
    return _failed(found, "Totals")


def doubt_of_customers(found: Analysis) -> str:
    """The same of the ranges of single customers."""
    return _failed(found, "Single customers")


def _failed(found: Analysis, what: str) -> str:
    parts = found.scorecard.reliance if found.scorecard else ()
    short = next((part.short for part in parts if (part.what, part.grade) == (what, "poor")), "")
    return f"{short[:1].upper()}{short[1:]}." if short else ""


def months(count: int) -> str:
    """A horizon in words."""
    return "1 month" if count == 1 else f"{count} months"


def percentages(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame with shares from 0 to 1 turned into percent, for `percent` columns."""
    return frame.assign(**{column: 100 * frame[column] for column in columns})


def table_height(rows: int, most: int = 8) -> Any:
    """As high as its rows, or as `most` of them: a long table scrolls in itself."""
    return "content" if rows <= most else 36 * (most + 1)


def percent(label: str, help: str | None = None) -> Any:
    """A table column that shows a percentage as a bar with whole numbers."""
    return st.column_config.ProgressColumn(
        label, help=help, format="%.0f %%", min_value=0, max_value=100
    )
