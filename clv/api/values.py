"""Values of a request as their description says them, and as nothing else.

What reads a request would take "0" for a day of 1970, true for 1 and "yes" for true.
"""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Strict


def _number(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("must be a number")
    return value


def _day(value: Any) -> Any:
    if isinstance(value, date) or value is None:
        return value
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII)):
        raise ValueError("must be a day like 2026-01-31")
    return value


Number = Annotated[float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_number)]
Truth = Annotated[bool, Strict()]
Day = Annotated[date, BeforeValidator(_day)]
