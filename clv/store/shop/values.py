"""One value for one column: from text or plain values to what is stored, or why not, in words."""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, Final

from clv.store.shop.fields import Field, Value

DIGITS: Final = 4  # after the point that are kept
_NUMBER: Final = re.compile(r"[+-]?\d{1,30}(\.\d{0,30})?(e[+-]?\d{1,2})?", re.IGNORECASE)
_UNPRINTABLE: Final = ("Cc", "Cs", "Zl", "Zp")


class Unfit(Exception):
    """The end of a sentence that begins with the column: "is not a number"."""


def stored(field: Field, given: Any) -> Value:
    """The value as it is stored; raises Unfit. Blank text is an empty cell."""
    if isinstance(given, str):
        given = given.strip()
    if given is None or given == "":
        if field.required and not field.filled:
            raise Unfit("is empty")
        return None
    value = _READ[field.kind](given)
    if isinstance(value, str):
        if len(value) > field.longest:
            raise Unfit(f"has more than {field.longest} characters")
        return value
    _check_range(field, value)
    return value


def _check_range(field: Field, value: Any) -> None:
    day = value.date() if isinstance(value, datetime) else value
    if field.low is not None and not field.low <= day <= field.high:  # type: ignore[operator]
        raise Unfit(f"must lie between {_shown(field.low)} and {_shown(field.high)}")


def _shown(limit: Any) -> str:
    return f"{limit:,.0f}" if isinstance(limit, float) else str(limit)


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise Unfit("is not text")
    unusual = not given.isprintable()  # quick; unusual blanks may stand in names
    if unusual and any(unicodedata.category(letter) in _UNPRINTABLE for letter in given):
        raise Unfit("has line breaks or characters that cannot be shown")
    return given


def _number(given: Any) -> float:
    if isinstance(given, str):
        if not _NUMBER.fullmatch(given):
            raise Unfit("is not a number with a decimal point (1234.50)")
        given = float(given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise Unfit("is not a number")
    if abs(given) > 10.0**30 or not math.isfinite(given):
        raise Unfit("is too large")
    return round(float(given), DIGITS) + 0.0  # no minus before zero


def _integer(given: Any) -> int:
    if isinstance(given, str) and re.fullmatch(r"[+-]?\d{1,20}", given):
        return int(given)
    if isinstance(given, float) and given.is_integer():
        return int(given)
    if isinstance(given, bool) or not isinstance(given, int):
        raise Unfit("is not a whole number")
    return given


def _day(given: Any) -> date:
    moment = _moment(given) if not _is_day(given) else given
    if isinstance(moment, datetime):
        if moment.time() != time():
            raise Unfit("is a time, where a day is needed (2024-01-31)")
        return moment.date()
    return moment  # type: ignore[no-any-return]


def _moment(given: Any) -> datetime:
    if _is_day(given):
        return datetime.combine(given, time())
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise Unfit("is not a date as in 2024-01-31 or 2024-01-31 15:30") from None
    if not isinstance(given, datetime):
        raise Unfit("is not a date")
    if given.tzinfo is not None:
        raise Unfit("has a time zone; write the time of your shop")
    return given.replace(microsecond=0)


def _is_day(given: Any) -> bool:
    return isinstance(given, date) and not isinstance(given, datetime)


_READ: Final[dict[str, Callable[[Any], Value]]] = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "date": _day,
    "time": _moment,
}
