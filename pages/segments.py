"""Segments: who belongs together, and what each group is worth."""

import streamlit as st

from clv.charts.customers import alive_heatmap, value_distribution
from clv.charts.value import concentration
from clv.insights.concentration import concentration_curve, share_of_best
from clv.insights.distributions import alive_grid
from clv.insights.distributions import value_distribution as binned
from clv.schema import INTERESTS, PREDICTED_CLV
from clv.ui import segments as parts
from clv.ui.downloads import customer_list
from clv.ui.figures import alive_help, months, share
from clv.ui.overview import cautions_in_short
from clv.ui.report import report_button
from clv.ui.session import members, require_analysis
from clv.ui.text import plain

view, found = require_analysis()
horizon = months(view.horizon_months)

st.title("Segments")
by, measure = parts.choose_grouping(found)
column = parts.groupings(found)[by]
mask = members(view, found)
st.caption(f"{parts.kept_sentence(found, mask)} Click a bar to filter; click again to undo.")

cautions_in_short(found)

# The bars ignore their own filter, so that a click never hides what to click next.
table = found.segments(column, members(view, found, ignore=by))
if table.empty or not mask.any():
    st.info("No customer passes all filters. Remove one above.")
    st.stop()
parts.bars(
    table,
    by,
    measure,
    view.where.chosen(by),
    parts.bars_title(table, by, measure, horizon),
)
shown = found.segments(column, mask)
parts.table(found, shown)
if column == INTERESTS:
    st.caption("A customer counts in each of their interests, so shares add up to over 100 %.")

kept = found.frame[mask]
if found.valuation:
    left, right = st.columns(2)
    left.altair_chart(
        concentration(
            concentration_curve(kept[PREDICTED_CLV]),
            title="The best 20 % of these customers hold "
            f"{share(share_of_best(kept[PREDICTED_CLV]))} of their predicted CLV",
        ),
        alt="Concentration curve of predicted CLV",
    )
    right.altair_chart(
        value_distribution(
            binned(kept[PREDICTED_CLV]),
            title=f"Half of these customers are worth less than {kept[PREDICTED_CLV].median():,.2f}"
            f" over {horizon}",
        ),
        alt="Histogram of predicted CLV",
    )
    grid = alive_grid(kept)
    st.altair_chart(
        alive_heatmap(
            grid,
            title=parts.alive_title(grid),
        ),
        alt="Heat map of P(alive) by repeat purchases and days since the last one",
    )
    st.caption(alive_help(found))

parts.by_channel(found)

st.subheader("Download a list")
report_button(view, found, (by, column))
with st.grid(min_column_width=300):
    for name in shown["name"]:
        with st.container(border=True):
            group = mask & found.members_of(column, name)
            st.markdown(f"**{plain(name)}**")
            customer_list(found, group, name, key=f"list_{column}_{name}")

with st.expander("How the segments are made"):
    parts.rfm_grid(found)
