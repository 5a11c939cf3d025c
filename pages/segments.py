"""Segments: who belongs together, what each group is worth, who moved, and what sets it apart."""

import streamlit as st

from clv.schema import INTERESTS
from clv.ui import segments as parts
from clv.ui.figures import months
from clv.ui.movement import moved
from clv.ui.overview import cautions_in_short
from clv.ui.rfm_editor import show_rules
from clv.ui.session import members, require_analysis
from clv.ui.set_apart import profile
from clv.ui.spread import alive_map, value_spread

view, found = require_analysis()
horizon = months(view.horizon_months)

st.title("Segments")
by = parts.choose_grouping(found)
column = parts.groupings(found)[by]
mask = members(view, found)
st.caption(f"{parts.kept_sentence(found, mask)} Click a bar to filter; click again to undo.")

cautions_in_short(found)

# The bars ignore their own filter, so that a click never hides what to click next.
table = found.segments(column, members(view, found, ignore=by))
if table.empty or not mask.any():
    st.info("No customer passes all filters. Remove one above.")
    st.stop()

# Only the open tab is computed.
worth, spread, apart, movement, habits, rules, lists = st.tabs(
    [
        "Worth",
        "Spread",
        "What sets them apart",
        "Movement",
        "Baskets and prices",
        "How they are made",
        "Lists",
    ],
    key="look",
    bind="query-params",
)
if worth.open:
    with worth:
        measure = parts.choose_measure(found)
        title = parts.bars_title(table, by, measure, horizon)
        parts.bars(table, by, measure, view.where.chosen(by), title)
        parts.table(found, found.segments(column, mask))
        if column == INTERESTS:
            st.caption(
                "A customer counts in each of their interests, so shares add up to over 100 %."
            )
        parts.by_channel(found)
if spread.open:
    with spread:
        if found.valuation:
            value_spread(view, found)
            alive_map(view, found)
        else:
            st.info("There is no model for this shop, so there is no predicted CLV to spread.")
if apart.open:
    with apart:
        profile(view, found, by, column)
if movement.open:
    with movement:
        moved(view, found, by)
if habits.open:
    with habits:
        # Its library takes a second to load: only for those who look.
        from clv.ui.clusters import clusters

        clusters(view, found)
if rules.open:
    with rules:
        show_rules(found)
if lists.open:
    with lists:
        parts.lists(view, found, by, column, mask)
