"""How numbers and titles are written."""

import textwrap
from typing import Final

MONEY: Final = ",.2f"
COUNT: Final = ",.0f"
PERCENT: Final = ".1%"
PERCENT_AXIS: Final = ".0%"

# Axis labels of money: 1,250 and 3.5 M. The "s" format would write 0.5 as "500m".
SHORT_MONEY: Final = (
    "abs(datum.value) >= 1e6 ? format(datum.value / 1e6, ',.4~f') + ' M' : format(datum.value, ',')"
)

_TITLE_WIDTH: Final = 42  # characters that fit a phone, or a half of a page


def lines(title: str) -> list[str]:
    """A title in lines: Vega does not wrap, it cuts off what does not fit."""
    return textwrap.wrap(title, _TITLE_WIDTH)
