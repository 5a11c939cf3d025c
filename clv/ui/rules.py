"""Add a rule: field, comparison and value become a chip of the filter."""

import streamlit as st

from clv.analysis import Analysis
from clv.errors import CLVError
from clv.insights.rules import choices, comparisons, rule
from clv.insights.selection import COHORT, NUMBERS, ORDERED
from clv.ui import filters
from clv.ui.text import show_refusal

_PREFIX = "rule"
_REFUSED = "rule_refused"


def add_rule(found: Analysis) -> None:
    """The form; any rule narrows the list down, and is taken out again at the chips."""
    with st.expander("Add a rule", icon=":material/filter_alt:"):
        st.caption(
            "For example *Orders at least 3*, *Country is not France*, or a product that they "
            "bought. Rules on one field keep whoever fits any of them; different fields must all "
            "hold. The rules stand above the page, where they can be taken out again."
        )
        left, middle, right = st.columns([3, 2, 4])
        field = left.selectbox("Field", found.population.fields, key=f"{_PREFIX}_field")
        comparison = middle.selectbox(
            "Comparison", tuple(comparisons(field)), key=f"{_PREFIX}_how_{field in NUMBERS}"
        )
        with right:
            value = _value(found, field)
        st.button(
            "Add the rule",
            on_click=_add,
            args=(found, field, comparison, value),
            icon=":material/add:",
            key=f"{_PREFIX}_add",
        )
        refused = st.session_state.pop(_REFUSED, None)
        if refused is not None:
            show_refusal(refused)


def _value(found: Analysis, field: str) -> str:
    """A box that suits the field; what was typed or chosen, "" for nothing."""
    key = f"{_PREFIX}_value_{field}"
    if field in NUMBERS:
        return st.text_input("Value", key=key, placeholder="A number, like 250 or 12.5")
    if field in (ORDERED, COHORT):
        return st.text_input("Value", key=key, placeholder="2024, 2024-03 or 2024-03-09")
    chosen = st.selectbox(
        "Value",
        choices(found.population, field),
        index=None,
        key=key,
        accept_new_options=True,
        placeholder="Choose or type a value",
    )
    return chosen or ""


def _add(found: Analysis, field: str, comparison: str, value: str) -> None:
    try:
        text = rule(found.population, field, comparison, value)
    except CLVError as error:
        st.session_state[_REFUSED] = error
        return
    filters.add(text)
