"""The mapping step: which column plays which role, how sure that is, corrected in place."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pandas as pd
import streamlit as st

from clv import schema
from clv.intake.confidence import LIKELY, SURE
from clv.intake.mapping import LeftOut, Mapping
from clv.intake.sources import RawTable
from clv.intake.statuses import is_about_status
from clv.intake.suggest import Suggestion
from clv.ui import decisions
from clv.ui.credit_step import show_takes_back
from clv.ui.status_step import show_statuses
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
AMOUNTS: Final = {"line": "Money for the row", "order": "Total of the order"}
DISCOUNTS: Final = {
    None: "Please choose",
    "line": "Money off the row",
    "piece": "Money off each piece",
    "order": "Money off the whole order",
    "rate": "A share, 0.2 is a fifth off",
    "percent": "A percentage, 20 is a fifth off",
    "included": "Off the price already",
}
Keep = Callable[[str, Any], None]
CHECK: Final = ":orange[**Please check.**]"


def show_mapping(raw: RawTable) -> None:
    """One box per role; those that the file seems to have come first."""
    chosen, found = mapping(raw), decisions.suggestion(raw)
    _recognised(chosen, found)
    sample = raw.sample(200)
    first = [
        r for r in schema.ROLES if chosen.column(r) or r in (*schema.REQUIRED_ROLES, schema.AMOUNT)
    ]
    with st.grid(min_column_width=220):
        for role in first:
            _role(raw, chosen, found, role, sample)
        _format(raw, chosen, "date_order", "How dates are written", DATE_ORDERS)
        _format(raw, chosen, "decimal", "Decimal mark", DECIMALS)
        if {schema.ORDER_ID, schema.AMOUNT} <= set(chosen.roles):
            _format(raw, chosen, "amount_of", "What an amount is", AMOUNTS)
        if schema.AMOUNT not in chosen.roles and schema.DISCOUNT in chosen.roles:
            _format(raw, chosen, "discount_is", "What the discount is", DISCOUNTS)
    show_statuses(raw, chosen)
    with st.expander("More columns"), st.grid(min_column_width=220):
        for role in schema.ROLES:
            if role not in first:
                _role(raw, chosen, found, role, sample)
    _left_out(raw, chosen)
    show_takes_back(raw, chosen)
    key = f"attributes_{decisions.mark(raw)}"
    further = [c for c in raw.columns if c not in chosen.roles.values()]
    if not further:
        return
    st.multiselect(
        "Also keep for each customer",
        further,
        [c for c in chosen.attributes if c not in chosen.roles.values()],
        key=key,
        on_change=lambda: _set(raw, attributes=tuple(st.session_state[key])),
        help="Further columns to look at customers by, for example a region.",
    )


def mapping(raw: RawTable) -> Mapping:
    """The mapping in force for a table of orders."""
    chosen = decisions.recipe(raw).mapping
    return chosen if isinstance(chosen, Mapping) else decisions.suggestion(raw).mapping


def _recognised(chosen: Mapping, found: Suggestion) -> None:
    """The program whose export it is, with its habits; and what to look at."""
    if found.program:
        st.markdown(f"Recognised: **{plain(found.program)}**.")
        for quirk in found.quirks:
            st.caption(plain(quirk))
    doubtful = [
        role for role in (*found.unsure, *_empty(found)) if _is_suggested(chosen, found, role)
    ]
    if doubtful:
        names = ", ".join(schema.ROLE_LABELS[role].lower() for role in doubtful)
        st.warning(f"Not sure about: {names}. Please check.", icon=":material/help:")


def _empty(found: Suggestion) -> list[str]:
    """Roles whose column has no value in the rows looked at."""
    return [role for role in found.mapping.roles if not found.examples.get(role)]


def _is_suggested(chosen: Mapping, found: Suggestion, role: str) -> bool:
    return chosen.column(role) == found.mapping.column(role)


def _role(
    raw: RawTable, chosen: Mapping, found: Suggestion, role: str, sample: pd.DataFrame
) -> None:
    column = chosen.column(role)
    options = (NOT_IN_FILE, *raw.columns)
    key = f"role_{role}_{decisions.mark(raw)}"
    with st.container(border=True):
        st.selectbox(
            schema.ROLE_LABELS[role] + (" *" if role in schema.REQUIRED_ROLES else ""),
            options,
            options.index(column) if column in options else 0,
            key=key,
            on_change=_set_role,
            args=(raw, role, key),
            help=" ".join((schema.ROLE_HELP[role], plain(_why(chosen, found, role)))).strip(),
        )
        if column in sample:
            values = sample[column].dropna().drop_duplicates().head(EXAMPLES)
            st.caption("e.g. " + " · ".join(plain(str(v))[:40] for v in values))
        st.caption(_sureness(chosen, found, role))


def _sureness(chosen: Mapping, found: Suggestion, role: str) -> str:
    """How sure the suggestion is, unless the visitor chose; and why where it is not."""
    column = chosen.column(role)
    if not _is_suggested(chosen, found, role):
        return "As you chose." if column else "Left empty, as you chose."
    if column is None:
        if role in found.missing:
            return f"{CHECK} Nothing in the file looks like it."
        by_parts = role == schema.AMOUNT and {schema.QUANTITY, schema.UNIT_PRICE} <= {*chosen.roles}
        if by_parts and schema.DISCOUNT in chosen.roles:
            return "Quantity x unit price, less the discount, is used."
        return "Quantity x unit price is used." if by_parts else "Not found in the file."
    if role in _empty(found):
        return f"{CHECK} The column is empty."
    share = found.confidence.get(role, 1.0)
    if share >= SURE:
        return ":green[Sure]"
    return f"{'Likely.' if share >= LIKELY else CHECK} {plain(_why(chosen, found, role))}"


def _why(chosen: Mapping, found: Suggestion, role: str) -> str:
    return found.why.get(role, "") if _is_suggested(chosen, found, role) else ""


def format_box(
    name: str, label: str, options: dict[Any, str], value: str | None, key: str, keep: Keep
) -> None:
    """A box for how something is written; None among the options asks to choose."""
    shown = [k for k in options if k is not None or value is None]
    with st.container(border=True):
        st.selectbox(
            label,
            shown,
            shown.index(value),
            format_func=lambda k: options[k],
            key=key,
            on_change=lambda: keep(name, st.session_state[key]),
        )
        st.caption(
            ":orange[**Two readings are possible.** Please choose.]"
            if value is None
            else "Decided from the whole column."
        )


def _format(raw: RawTable, chosen: Mapping, name: str, label: str, options: dict[Any, str]) -> None:
    key = f"{name}_{decisions.mark(raw)}"
    value = getattr(chosen, name)
    format_box(name, label, options, value, key, lambda what, to: _set(raw, **{what: to}))


def _left_out(raw: RawTable, chosen: Mapping) -> None:
    """The kinds of rows that are no orders, to take back; statuses have a box of their own."""
    suggested = decisions.suggestion(raw).mapping.left_out
    of_status = tuple(rule for rule in chosen.left_out if is_about_status(rule, chosen))
    kinds = [rule for rule in (*suggested, *chosen.left_out) if not is_about_status(rule, chosen)]
    offered = {_in_words(rule): rule for rule in kinds}
    if not offered:
        return
    key = f"left_out_{decisions.mark(raw)}"
    st.multiselect(
        "Rows that are no orders",
        list(offered),
        [_in_words(rule) for rule in chosen.left_out if rule not in of_status],
        key=key,
        on_change=lambda: _set(
            raw, left_out=(*(offered[words] for words in st.session_state[key]), *of_status)
        ),
        help="Rows of these kinds are left out and listed. Take one away to count them.",
    )


def _in_words(rule: LeftOut) -> str:
    listed = ", ".join(rule.values[:4]) + (" ..." if len(rule.values) > 4 else "")
    return f"{rule.column}: {'anything but ' if rule.others else ''}{listed} ({rule.why})"


def _set_role(raw: RawTable, role: str, key: str) -> None:
    picked = st.session_state[key]
    column = None if picked == NOT_IN_FILE else picked
    decisions.change(raw, mapping=mapping(raw).with_roles(**{role: column}))


def _set(raw: RawTable, **changes: Any) -> None:
    decisions.change(raw, mapping=replace(mapping(raw), **changes))
