"""Which conditions of a filter pick customers by what they did later."""

from typing import Final

from clv.insights.selection import NUMBERS, ORDERED, RISK, SEGMENT, STATUS, TIER, Selection

HINDSIGHT: Final = (SEGMENT, TIER, STATUS, RISK, ORDERED, "RFM", *NUMBERS)


def picked_in_hindsight(selection: Selection, levels: tuple[str, ...]) -> tuple[str, ...]:
    """The fields in use that say what customers did after their first order.

    Of such customers it is no surprise that they stayed, or left. levels: of products, since
    who bought much has bought more of them.
    """
    used = {condition.field for condition in selection.conditions}
    return tuple(field for field in (*HINDSIGHT, *levels) if field in used)
