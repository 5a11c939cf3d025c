"""The mapping step: which column plays which role, with examples, corrected in place."""

from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from clv import schema
from clv.intake.mapping import Mapping
from clv.intake.sources import RawTable
from clv.ui.session import mapping, set_mapping
from clv.ui.text import plain

NOT_IN_FILE: Final = "– not in the file –"
EXAMPLES: Final = 4
DATE_ORDERS: Final = {
    None: "Please choose",
    "ymd": "Year first, 2024-12-31",
    "dmy": "Day first, 31.12.2024",
    "mdy": "Month first, 12/31/2024",
}
DECIMALS: Final = {None: "Please choose", ".": "Point, 1,234.56", ",": "Comma, 1.234,56"}


def show_mapping(raw: RawTable) -> None:
    """One box per role; those that the file seems to have come first."""
    chosen = mapping(raw)
    sample = raw.sample(200)
    first = [
        r for r in schema.ROLES if chosen.column(r) or r in (*schema.REQUIRED_ROLES, schema.AMOUNT)
    ]
    with st.grid(min_column_width=220):
        for role in first:
            _role(raw, chosen, role, sample)
        _format(raw, chosen, "date_order", "How dates are written", DATE_ORDERS)
        _format(raw, chosen, "decimal", "Decimal mark", DECIMALS)
    with st.expander("More columns"), st.grid(min_column_width=220):
        for role in schema.ROLES:
            if role not in first:
                _role(raw, chosen, role, sample)
    st.multiselect(
        "Also keep for each customer",
        [c for c in raw.columns if c not in chosen.roles.values()],
        [c for c in chosen.attributes if c not in chosen.roles.values()],
        key=f"attributes_{raw.path.name}",
        on_change=_set_attributes,
        args=(raw,),
        help="Further columns to look at customers by, for example a region.",
    )


def _role(raw: RawTable, chosen: Mapping, role: str, sample: pd.DataFrame) -> None:
    column = chosen.column(role)
    options = (NOT_IN_FILE, *raw.columns)
    key = f"role_{role}_{raw.path.name}"
    with st.container(border=True):
        st.selectbox(
            schema.ROLE_LABELS[role] + (" *" if role in schema.REQUIRED_ROLES else ""),
            options,
            options.index(column) if column in options else 0,
            key=key,
            on_change=_set_role,
            args=(raw, role, key),
            help=schema.ROLE_HELP[role],
        )
        if column in sample:
            values = sample[column].dropna().drop_duplicates().head(EXAMPLES)
            st.caption("e.g. " + " · ".join(plain(str(v))[:40] for v in values))


def _format(
    raw: RawTable, chosen: Mapping, name: str, label: str, options: dict[str | None, str]
) -> None:
    value = getattr(chosen, name)
    key = f"{name}_{raw.path.name}"
    shown = [k for k in options if k is not None or value is None]
    with st.container(border=True):
        st.selectbox(
            label,
            shown,
            shown.index(value),
            format_func=lambda k: options[k],
            key=key,
            on_change=_set_format,
            args=(raw, name, key),
        )
        st.caption(
            ":orange[**Two readings are possible.** Please choose.]"
            if value is None
            else "Decided from the whole column."
        )


def _set_role(raw: RawTable, role: str, key: str) -> None:
    picked = st.session_state[key]
    set_mapping(raw, mapping(raw).with_roles(**{role: None if picked == NOT_IN_FILE else picked}))


def _set_format(raw: RawTable, name: str, key: str) -> None:
    set_mapping(raw, replace(mapping(raw), **{name: st.session_state[key]}))


def _set_attributes(raw: RawTable) -> None:
    kept = tuple(st.session_state[f"attributes_{raw.path.name}"])
    set_mapping(raw, replace(mapping(raw), attributes=kept))
