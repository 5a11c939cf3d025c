"""Actions: what to do for each segment, whether it pays, and a list with a control group."""

import streamlit as st

from clv.ui import actions as parts
from clv.ui import campaign_list, campaign_plan
from clv.ui.overview import cautions_in_short
from clv.ui.segments import kept_sentence
from clv.ui.session import members, prospects_within, require_analysis

view, found = require_analysis()
mask = members(view, found)

st.title("What to do")
st.caption(f"{kept_sentence(found, mask)} Click a bar to filter; click again to undo.")
cautions_in_short(found)
parts.segment_chart(view, found)
if not mask.any():
    st.info("No customer passes all filters. Remove one above.")
    st.stop()

# The cards speak of the plan, whose inputs stand below them.
advice, plan = st.container(), st.container()
with plan:
    st.subheader("Does a campaign pay?")
    st.markdown(
        "For the customers shown. Response rates are not in your file: they are your assumption, "
        "and this shows what follows from it."
    )
    campaign = campaign_plan.inputs(found.margin)
who = prospects_within(found, campaign.window_days)

with advice:
    st.subheader("For each segment")
    chosen = view.where.chosen("Segment")
    with st.grid(min_column_width=330):
        for card in parts.cards(view, found, mask, who, campaign):
            with st.container(border=True):
                parts.show(found, card, card.figures.segment in chosen)

pays = None
with plan:
    if who is None:
        st.info("There is no model for this shop, so what a campaign brings cannot be told.")
    else:
        pays = campaign_plan.show(found, who, mask, campaign)

st.subheader("A list with a control group")
st.markdown(
    "Leave some customers out at random, and the next file shows what the campaign brought, not "
    "just what was ordered after it."
)
name = campaign_list.default_name(view.where.name)
campaign_list.show(found, mask, pays, who, campaign.window_days, name)
