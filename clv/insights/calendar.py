"""Days put into months and weeks, and which of these a file covers from end to end."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import ibis.expr.types as ir
import pandas as pd

Unit = Literal["Month", "Week", "Day"]
UNITS: Final[tuple[Unit, ...]] = ("Month", "Week", "Day")
_STEP: Final = {"Month": pd.DateOffset(months=1), "Week": pd.DateOffset(days=7)}
# The same places a year before: for weeks and days the same days of the week.
A_YEAR: Final[dict[Unit, pd.DateOffset]] = {
    "Month": pd.DateOffset(months=12),
    "Week": pd.DateOffset(days=364),
    "Day": pd.DateOffset(days=364),
}


@dataclass(frozen=True)
class Stretch:
    """Days in a row, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def text(self) -> str:
        """In words: "1 Jan 2024 to 31 Mar 2024"."""
        return f"{day_text(self.first)} to {day_text(self.last)}"


def day_text(day: date) -> str:
    """A day in words: "5 Mar 2024"."""
    return f"{day.day} {day:%b %Y}"


def month_number(day: date) -> int:
    """Months since year 0."""
    return day.year * 12 + day.month - 1


def month_of(day: ir.DateValue) -> ir.IntegerValue:
    """The same of a column of days."""
    return day.year() * 12 + day.month() - 1


def month_start(number: int) -> date:
    """First day of a month."""
    return date(number // 12, number % 12 + 1, 1)


def month_text(number: int) -> str:
    """The month as the filter writes it: "2006-04"."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def month_words(number: int) -> str:
    """The month in words: "April 2006"."""
    return f"{month_start(number):%B %Y}"


def full_months(first: date, last: date) -> range:
    """Numbers of the months that a file from `first` to `last` covers from end to end."""
    begin = month_number(first) + (first.day > 1)
    return range(begin, max(begin, month_number(last + timedelta(days=1))))


def months_stretch(months: range) -> Stretch:
    """The days of months in a row."""
    return Stretch(month_start(months[0]), month_start(months[-1] + 1) - timedelta(days=1))


def bucket_of(day: ir.DateValue, unit: Unit) -> ir.DateValue:
    """First day of the month or week (from Monday) of a column of days; the day itself."""
    if unit == "Day":
        return day
    start: ir.DateValue = day.truncate("M" if unit == "Month" else "W").cast("date")
    return start


def buckets(first: date, last: date, unit: Unit) -> pd.DataFrame:
    """Every month, week or day that `first` to `last` touches, in order.

    Returns start, end (days, both included), until (the day after), middle, value (as the filter
    writes it: "2006-04", "2006-04-03 to 2006-04-09", "2006-04-05"), complete (bool).
    """
    begin = pd.Timestamp(first)
    if unit == "Month":
        begin = begin.replace(day=1)
    elif unit == "Week":
        begin -= pd.Timedelta(days=begin.weekday())
    step = _STEP.get(unit, pd.DateOffset(days=1))
    start = pd.date_range(begin, pd.Timestamp(last), freq=step)
    until = pd.DatetimeIndex([each + step for each in start])
    end = until - pd.Timedelta(days=1)
    written = {
        "Month": start.strftime("%Y-%m"),
        "Week": start.strftime("%Y-%m-%d") + " to " + end.strftime("%Y-%m-%d"),
        "Day": start.strftime("%Y-%m-%d"),
    }
    return pd.DataFrame(
        {
            "start": start,
            "end": end,
            "until": until,
            "middle": start + (until - start) / 2,
            "value": written[unit],
            "complete": (start >= pd.Timestamp(first)) & (end <= pd.Timestamp(last)),
        }
    )
