"""Which order dates have and which decimal mark numbers have, from every row of a column.

A single telling value decides, however late in the file it stands; without one there are two
readings, and the answer is None: the user must say.
"""

from collections.abc import Sequence
from typing import Any, Final

import ibis

from clv import engine
from clv.intake.mapping import DateOrder, Decimal
from clv.intake.sources import RawTable

_CLEAR_MAJORITY: Final = 20
_NEVER_BEFORE_THE_13TH: Final = 12  # so many days all after the 12th: they are years
_STRAY: Final = 0.01  # fewer doubtful dates than this do not make a column doubtful
_NUMERIC_DAY: Final = r"^([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{4}|[0-9]{2})(?:\b|T)"
_NOT_DIGITS: Final = r"[^0-9.,]*\p{L}\.|[^0-9.,]+"  # the point in "kr." is none of the number


def date_order(raw: RawTable, column: str) -> DateOrder | None:
    """The order of day, month and year in a column; "ymd" when nothing depends on it."""
    table = raw.table(engine.connect())
    text = engine.stripped(table[raw.key(column)])
    short = text.re_search(_NUMERIC_DAY)
    first, second, third = (
        text.re_extract(_NUMERIC_DAY, group).try_cast("int64") for group in (1, 2, 3)
    )
    as_day, as_month = _is_day(first, second), _is_day(second, first)
    seen = (
        table.filter(text.notnull())
        .aggregate(
            rows=ibis._.count(),
            short=short.sum(),
            day=(short & (first > 12) & as_day).sum(),
            month=(short & (second > 12) & as_month).sum(),
            same=(short & (first == second) & as_day).sum(),
            either=(short & (first != second) & as_day & as_month).sum(),
            # 21-02-03 may be the 3rd of February 2021
            year=(short & (first > 12) & _is_day(third, second)).sum(),
            over=(short & (first > 31) & _is_day(third, second)).sum(),
        )
        .execute()
        .fillna(0)
        .iloc[0]
    )
    if seen.year > 0 and seen.year >= (1 - _STRAY) * seen.short:
        return "ymd" if seen.over > 0 or seen.year >= _NEVER_BEFORE_THE_13TH else None
    if _outnumbers(seen.day, seen.month):
        return "dmy"
    if _outnumbers(seen.month, seen.day):
        return "mdy"
    if seen.either > _STRAY * seen.rows or seen.day > 0:
        return None
    return "dmy" if seen.same > _STRAY * seen.rows else "ymd"


def is_constant(raw: RawTable, column: str) -> bool:
    """Whether a column holds one value only, in every row that has one."""
    table = raw.table(engine.connect())
    text = table[raw.key(column)]
    seen = table.aggregate(least=text.min(), most=text.max()).execute().iloc[0]
    return bool(seen.least == seen.most)


def decimal_mark(raw: RawTable, columns: Sequence[str]) -> Decimal | None:
    """The decimal mark of money columns; "." when no number has a mark at all."""
    if not columns:
        return "."
    table = raw.table(engine.connect())
    counts: dict[str, Any] = {}
    for index, column in enumerate(columns):
        core = table[raw.key(column)].re_replace(_NOT_DIGITS, "")
        marked = core.contains(".") | core.contains(",")
        for name, pattern in _TELLING.items():
            counts[f"{name}{index}"] = (marked & core.re_search(pattern)).sum()
        counts[f"marked{index}"] = marked.sum()
    seen = table.aggregate(**counts).execute().fillna(0).iloc[0]
    total = {
        name: sum(int(seen[f"{name}{index}"]) for index in range(len(columns)))
        for name in (*_TELLING, "marked")
    }
    if not total["marked"]:
        return "."
    if _outnumbers(total["point"], total["comma"]):
        return "."
    return "," if _outnumbers(total["comma"], total["point"]) else None


def _telling(mark: str, group: str) -> str:
    """Numbers that can only be read with `mark` as the decimal mark."""
    m, g = f"[{mark}]", f"[{group}]"
    return (
        rf"^[0-9]+{m}(?:[0-9]{{0,2}}|[0-9]{{4,}})$"  # not three digits after the only mark
        rf"|^(?:0|[0-9]{{4,}}){m}[0-9]+$"  # no group starts with 0 or has four digits
        rf"|^[0-9]+(?:{g}[0-9]{{2,3}})+{m}[0-9]*$"  # the last of two marks
        rf"|^[0-9]+(?:{g}[0-9]{{2,3}}){{2,}}$"  # a mark that is repeated groups thousands
    )


_TELLING: Final = {"point": _telling(".", ","), "comma": _telling(",", ".")}


def _is_day(day: Any, month: Any) -> Any:
    """31 February is a slip, and tells nothing about the order."""
    longest = ibis.cases((month == 2, 29), (month.isin((4, 6, 9, 11)), 30), else_=31)
    return day.between(1, longest) & month.between(1, 12)


def _outnumbers(votes: int, against: int) -> bool:
    """A few stray cells do not overrule the rest; they will be listed as unreadable."""
    return votes > _CLEAR_MAJORITY * against
