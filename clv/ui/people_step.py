"""The same person under several ids: proposals to look over, merged only when accepted."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from clv.errors import CLVError
from clv.intake.mapping import Mapping
from clv.intake.same_person import Candidate, fills, merges
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.intake.wording import counted
from clv.ui import decisions
from clv.ui.figures import WRAPPED
from clv.ui.findings import contacts_of, people_of
from clv.ui.text import show_refusal

SHOWN = 200


def show_people(raw: RawTable, shop: Shop) -> None:
    """Look for them on request; then a table to accept from."""
    chosen = decisions.recipe(raw)
    if shop.by_customer or not isinstance(chosen.mapping, Mapping):
        return
    box = f"same_person_{decisions.mark(raw)}"  # known by it, so that it stays open after a merge
    with st.expander(
        "Same person, several ids", icon=":material/group_work:", key=box, on_change="rerun"
    ):
        corrections = chosen.corrections
        if corrections.merges or corrections.fills:
            st.markdown(
                f"Merged: **{counted(len(corrections.merges), 'id')}**. Rows given an id by "
                f"**{counted(len(corrections.fills), 'e-mail address', 'es')}**."
            )
            st.button(
                "Undo all of it",
                on_click=lambda: decisions.change(
                    raw, corrections=replace(corrections, merges=(), fills=(), email_column=None)
                ),
                icon=":material/undo:",
            )
        key = f"people_{raw.path.name}"
        if not st.session_state.get(key):
            st.caption(
                "Guest orders, another spelling of an e-mail address or a name can make two "
                "customers of one. Nothing is merged without you."
            )
            st.button("Look for them", key=f"look_{key}", on_click=_look, args=(key,))
            return
        try:
            found = people_of(raw, chosen.mapping)
        except CLVError as error:
            show_refusal(error)
            return
        _proposals(raw, found)


def _look(key: str) -> None:
    st.session_state[key] = True


def _proposals(raw: RawTable, found: tuple[Candidate, ...]) -> None:
    known = {alias for alias, _ in decisions.recipe(raw).corrections.merges}
    filled = dict(decisions.recipe(raw).corrections.fills)
    open_ = [
        c
        for c in found
        if (c.email not in filled if c.kind == "fill" else not set(c.ids) - {c.keep} <= known)
    ][:SHOWN]
    if not open_:
        st.caption("No other customer looks like the same person as another.")
        return
    table = pd.DataFrame(
        {
            "accept": [candidate.sureness == "sure" for candidate in open_],
            "sureness": [candidate.sureness for candidate in open_],
            "reason": [candidate.reason for candidate in open_],
            "orders": [sum(candidate.orders) for candidate in open_],
            "keep": [candidate.keep for candidate in open_],
            "examples": [" | ".join(candidate.examples) for candidate in open_],
        }
    )
    st.caption(
        f"{counted(len(open_), 'proposal')}. Sure: more than 99 in 100 are right; likely: about "
        "nine in ten; maybe: a hint."
    )
    text = st.column_config.TextColumn
    edited = st.data_editor(
        table,
        key=f"accept_{len(known)}_{decisions.mark(raw)}",
        hide_index=True,
        width="stretch",
        row_height=WRAPPED,
        disabled=["sureness", "reason", "orders", "keep", "examples"],
        column_config={
            "accept": st.column_config.CheckboxColumn("Merge", width=65),
            "sureness": text("How sure", width=80),
            "reason": text("Why", width=260),
            "orders": st.column_config.NumberColumn("Orders", format="%,d", width=70),
            "keep": text("Id that stays", width=110),
            "examples": text("To compare", width=230),
        },
    )
    accepted = [open_[i] for i, yes in enumerate(edited["accept"]) if yes]
    st.button(
        f"Merge the {len(accepted):,} marked",
        disabled=not accepted,
        on_click=_merge,
        args=(raw, accepted),
        icon=":material/merge:",
    )


def _merge(raw: RawTable, accepted: list[Candidate]) -> None:
    corrections = decisions.recipe(raw).corrections.with_merges(merges(accepted))
    email = contacts_of(raw).get("email")
    filled = fills(accepted)
    if filled and email:
        corrections = replace(
            corrections,
            fills=tuple(sorted({**dict(corrections.fills), **dict(filled)}.items())),
            email_column=email,
        )
    decisions.change(raw, corrections=corrections)
