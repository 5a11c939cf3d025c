"""Order statuses: which count as sales and which do not, to be corrected in place."""

from typing import Final

import streamlit as st

from clv.intake.mapping import Mapping
from clv.intake.sources import RawTable
from clv.intake.statuses import Status, chosen_statuses, why_left_out, without_statuses
from clv.intake.wording import counted
from clv.schema import STATUS
from clv.ui import decisions
from clv.ui.findings import statuses_of
from clv.ui.text import plain

SHOWN: Final = 12


def show_statuses(raw: RawTable, chosen: Mapping) -> None:
    """Every status with its rows and how it is read, and a box to leave more of them out."""
    column = chosen.column(STATUS)
    if column is None:
        return
    found = statuses_of(raw, column)
    why = {status.text: why_left_out(status, chosen) for status in found}
    sales = [status for status in found if why[status.text] is None]
    rest = [status for status in found if why[status.text] is not None]
    with st.container(border=True):
        st.markdown(f"**Order status**, by {plain(column)}")
        st.markdown(f":green[:material/check:] **Count as sales**: {_listed(sales)}")
        if rest:
            st.markdown(f":gray[:material/block:] **Left out**: {_listed(rest)}")
        _leave_out(raw, chosen, found)


def _leave_out(raw: RawTable, chosen: Mapping, found: tuple[Status, ...]) -> None:
    named = [status.text for status in found if status.text and not status.is_cancelled]
    before = [text for text in named if text.lower() in chosen_statuses(chosen)]
    key = f"statuses_{decisions.mark(raw)}"
    st.multiselect(
        "Statuses that are no sales",
        named,
        before,
        key=key,
        on_change=lambda: decisions.change(
            raw, mapping=without_statuses(chosen, tuple(st.session_state[key]))
        ),
        placeholder="None besides those left out already",
        help="Say here which statuses mean that nothing was sold, for example orders that were "
        "never paid. Their rows are left out and listed.",
    )


def _listed(found: list[Status]) -> str:
    if not found:
        return "none"
    words = [f"{plain(s.text) or '(blank)'} ({counted(s.rows, 'row')})" for s in found[:SHOWN]]
    more = len(found) - SHOWN
    return ", ".join(words) + (f" and {more:,} more" if more > 0 else "")
