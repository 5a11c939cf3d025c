"""Kinds of rows that are refunds without a minus, such as credit notes: to add or to take away."""

from dataclasses import replace

import streamlit as st

from clv.intake.kinds import by_column
from clv.intake.mapping import Mapping
from clv.intake.sources import RawTable
from clv.ui import decisions
from clv.ui.findings import credits_of


def show_takes_back(raw: RawTable, chosen: Mapping) -> None:
    """A box of the kinds that sound like refunds; those chosen take money back."""
    signed = tuple(kind for kind in chosen.takes_back if kind.signed)
    known = {(kind.column, value.lower()) for kind in signed for value in kind.values}
    plain = (kind for kind in chosen.takes_back if not kind.signed)
    counting = [(kind.column, value) for kind in plain for value in kind.values]
    found = [(kind.column, kind.value) for kind in credits_of(raw, chosen) if kind.plain]
    found = [(column, value) for column, value in found if (column, value.lower()) not in known]
    offered = {f"{column}: {value}": (column, value) for column, value in (*counting, *found)}
    if not offered:
        return
    key = f"takes_back_{decisions.mark(raw)}"

    def keep() -> None:
        kinds = by_column(offered[words] for words in st.session_state[key])
        decisions.change(raw, mapping=replace(chosen, takes_back=(*signed, *kinds)))

    st.multiselect(
        "Rows that take money back",
        list(offered),
        [f"{column}: {value}" for column, value in counting],
        key=key,
        on_change=keep,
        placeholder="None: their amounts count as sales",
        help="Credit notes and returns whose amount has no minus. Rows of these kinds count as "
        "refunds; take one away to count them as sales.",
    )
