"""Products: what sells to whom, what goes together, and what customers come for."""

import streamlit as st

from clv.ui import bought_with, orders_in_turn
from clv.ui import products as parts
from clv.ui.segments import kept_sentence
from clv.ui.session import members, require_analysis

view, found = require_analysis()
mask = members(view, found)

st.title("Products")
st.caption(kept_sentence(found, mask))
if parts.without_products(view, found):
    st.stop()

level, column, least = parts.choose_level(found)
# Only the open tab is computed.
selling, pairs, first, journey = st.tabs(
    ["What sells", "Bought with", "First product", "Journey"], key="part", bind="query-params"
)
if selling.open:
    with selling:
        groups = parts.sells(view, found, level, column)
        if not groups.empty:
            parts.preferred(view, found, level, column, groups, least)
if pairs.open:
    with pairs:
        chosen = bought_with.choose_product(view, found)
        if chosen:
            bought_with.together(view, found, *chosen, least)
            bought_with.bought_by(view, found, *chosen)
if first.open:
    with first:
        orders_in_turn.first_product(view, found, level, column, least)
if journey.open:
    with journey:
        orders_in_turn.moves(view, found, level, column)
