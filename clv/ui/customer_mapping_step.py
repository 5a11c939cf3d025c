"""The mapping step for files with one row per customer, and the choice between the two shapes."""

from dataclasses import replace
from typing import Any, Final

import pandas as pd
import streamlit as st

from clv.intake.customer_mapping import Channel, CustomerMapping
from clv.intake.sources import RawTable
from clv.intake.suggest_customers import channels_of
from clv.ui import decisions
from clv.ui.mapping_step import (
    DATE_ORDERS,
    DECIMALS,
    EXAMPLES,
    NOT_IN_FILE,
    format_box,
    show_mapping,
)
from clv.ui.text import plain

ORDERS: Final = "One row per order or order line"
CUSTOMERS: Final = "One row per customer"
SINGLE: Final = {
    "customer_id": ("Customer *", "A customer number, an e-mail address or a name."),
    "first_order": ("First order *", "The day of the customer's first order."),
    "currency": ("Currency", "EUR, USD ... Different currencies are never added up."),
    "interests": ("Interests", "A list, such as [Shoes, Sport] or Shoes; Sport."),
}
SEVERAL: Final = {
    "last_order": (
        "Last order *",
        "The day of the customer's last order. Of several columns, one per channel say, the latest "
        "day counts.",
    ),
    "orders": ("Number of orders *", "All orders of the customer. Several columns are added up."),
    "revenue": ("Net revenue *", "All the customer paid. Several columns are added up."),
}


def show_columns(raw: RawTable) -> None:
    """What a row of the file is, as found out, to overrule; then the columns."""
    key = f"shape_{decisions.mark(raw)}"
    is_customers = isinstance(decisions.recipe(raw).mapping, CustomerMapping)
    st.radio(
        "What is a row of this file?",
        (ORDERS, CUSTOMERS),
        int(is_customers),
        key=key,
        horizontal=True,
        on_change=_set_shape,
        args=(raw, key),
        help="A row per customer has first and last order, a number of orders and a sum.",
    )
    if is_customers:
        _show_customer_mapping(raw)
    else:
        show_mapping(raw)


def _show_customer_mapping(raw: RawTable) -> None:
    """One box per thing that the file says of a customer."""
    chosen = customer_mapping(raw)
    sample = raw.sample(200)
    with st.grid(min_column_width=260):
        for name in ("customer_id", "first_order"):
            _single(raw, chosen, name, sample)
        for name in SEVERAL:
            _several(raw, chosen, name, sample)
        for name in ("currency", "interests"):
            _single(raw, chosen, name, sample)
        _format(raw, chosen, "date_order", "How dates are written", DATE_ORDERS)
        _format(raw, chosen, "decimal", "Decimal mark", DECIMALS)
    _channels(raw, chosen)
    free = [c for c in raw.columns if c not in chosen.columns]
    key = f"customer_attributes_{decisions.mark(raw)}"
    st.multiselect(
        "Also keep for each customer",
        free,
        [c for c in chosen.attributes if c in free],
        key=key,
        on_change=_set,
        args=(raw, "attributes", key),
        help="Further columns to look at customers by, for example a region.",
    )


def customer_mapping(raw: RawTable) -> CustomerMapping:
    """The mapping in force for a table with one row per customer."""
    chosen = decisions.recipe(raw).mapping
    return chosen if isinstance(chosen, CustomerMapping) else decisions.proposed_customers(raw)


def _single(raw: RawTable, chosen: CustomerMapping, name: str, sample: pd.DataFrame) -> None:
    label, help_ = SINGLE[name]
    column = getattr(chosen, name)
    options = (NOT_IN_FILE, *raw.columns)
    key = f"customer_{name}_{decisions.mark(raw)}"
    with st.container(border=True):
        st.selectbox(
            label,
            options,
            options.index(column) if column in options else 0,
            key=key,
            on_change=_set,
            args=(raw, name, key),
            help=help_,
        )
        _examples(sample, (column,))


def _several(raw: RawTable, chosen: CustomerMapping, name: str, sample: pd.DataFrame) -> None:
    label, help_ = SEVERAL[name]
    columns = [column for column in getattr(chosen, name) if column in raw.columns]
    key = f"customer_{name}_{decisions.mark(raw)}"
    with st.container(border=True):
        st.multiselect(
            label,
            raw.columns,
            columns,
            key=key,
            on_change=_set,
            args=(raw, name, key),
            help=help_,
        )
        _examples(sample, columns)


def _examples(sample: pd.DataFrame, columns: Any) -> None:
    for column in columns:
        if column in sample:
            values = sample[column].dropna().drop_duplicates().head(EXAMPLES)
            # Of several columns, each says its name: the box above has no room for long ones.
            name = f"**{plain(column)}**: " if len(columns) > 1 else ""
            st.caption(f"{name}e.g. " + " · ".join(plain(str(v))[:40] for v in values))


def _format(
    raw: RawTable, chosen: CustomerMapping, name: str, label: str, options: dict[str | None, str]
) -> None:
    key = f"customer_{name}_{decisions.mark(raw)}"
    value = getattr(chosen, name)
    format_box(name, label, options, value, key, lambda what, _: _set(raw, what, key))


def _channels(raw: RawTable, chosen: CustomerMapping) -> None:
    """Names of the channels whose columns were recognised, to change."""
    if not chosen.channels:
        return
    st.markdown("**Channels**: columns of their own for orders and revenue")
    with st.grid(min_column_width=260):
        for place, channel in enumerate(chosen.channels):
            key = f"channel_{channel.orders}_{decisions.mark(raw)}"
            with st.container(border=True):
                st.text_input(
                    "Name", channel.name, key=key, max_chars=40, on_change=_rename,
                    args=(raw, place, key), label_visibility="collapsed",
                )  # fmt: skip
                st.caption(plain(f"{channel.orders} · {channel.revenue or 'no revenue'}"))


def _rename(raw: RawTable, place: int, key: str) -> None:
    chosen = customer_mapping(raw)
    channels = list(chosen.channels)
    name = st.session_state[key].strip() or channels[place].name
    channels[place] = Channel(
        name=name, orders=channels[place].orders, revenue=channels[place].revenue
    )
    decisions.change(raw, mapping=replace(chosen, channels=tuple(channels)))


def _set_shape(raw: RawTable, key: str) -> None:
    as_customers = st.session_state[key] == CUSTOMERS
    if as_customers:
        decisions.change_rules(raw, cap=None)  # a cap is of single lines
    decisions.change(
        raw,
        mapping=decisions.proposed_customers(raw)
        if as_customers
        else decisions.suggestion(raw).mapping,
    )


def _set(raw: RawTable, name: str, key: str) -> None:
    picked = st.session_state[key]
    change: dict[str, Any] = {name: tuple(picked) if isinstance(picked, list) else picked}
    if picked == NOT_IN_FILE:
        change = {name: None}
    chosen = replace(customer_mapping(raw), **change)
    if name in ("orders", "revenue"):
        chosen = replace(chosen, channels=channels_of(chosen.orders, chosen.revenue))
    kept = tuple(column for column in chosen.attributes if column not in chosen.columns)
    decisions.change(raw, mapping=replace(chosen, attributes=kept))
