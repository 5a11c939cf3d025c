"""Segments: who belongs together, what each group is worth, who moved, and what sets it apart."""

import streamlit as st

from clv.schema import INTERESTS
from clv.ui import segments as parts
from clv.ui.downloads import customer_list
from clv.ui.figures import months
from clv.ui.movement import moved
from clv.ui.overview import cautions_in_short
from clv.ui.profile import profile
from clv.ui.report import report_button
from clv.ui.rfm_editor import show_rules
from clv.ui.session import members, require_analysis
from clv.ui.text import plain

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
worth, apart, movement, habits, rules = st.tabs(
    ["Worth", "What sets them apart", "Movement", "Baskets and prices", "How they are made"],
    key="look",
    bind="query-params",
)
if worth.open:
    with worth:
        measure = parts.choose_measure(found)
        title = parts.bars_title(table, by, measure, horizon)
        parts.bars(table, by, measure, view.where.chosen(by), title)
        shown = found.segments(column, mask)
        parts.table(found, shown)
        if column == INTERESTS:
            st.caption(
                "A customer counts in each of their interests, so shares add up to over 100 %."
            )
        parts.spread(found, found.frame[mask])
        parts.by_channel(found)
        st.subheader("Download a list")
        report_button(view, found, (by, column))
        with st.grid(min_column_width=300):
            for name in shown["name"]:
                with st.container(border=True):
                    group = mask & found.members_of(column, name)
                    st.markdown(f"**{plain(name)}**")
                    customer_list(found, group, name, key=f"list_{column}_{name}")
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
