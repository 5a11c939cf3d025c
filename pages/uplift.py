"""Uplift: what a campaign brought, from the key of its control group and the next file."""

import streamlit as st

from clv.ui import uplift as parts
from clv.ui.places import page_file
from clv.ui.session import require_analysis

view, found = require_analysis()

st.title("What a campaign brought")
parts.stop_without_orders(found)
st.markdown(
    "Load the file with the orders since the campaign under **Your data**, and give the key of the "
    "campaign here. Customers contacted are compared with those left out at random, so the "
    "difference is the campaign's, and the range says how much of it may be chance."
)
key = parts.choose_key()
if key is None:
    st.page_link(
        page_file("actions"),
        label="No key yet? Draw a list with a control group",
        icon=":material/arrow_forward:",
    )
    st.stop()

parts.describe(key)
asked = parts.ask_for(key)
measured = parts.measure(view, found, key, asked)
parts.limits(view, measured, asked.days)
parts.verdict(measured.uplift)
parts.headline(measured.uplift)
parts.chart(view, found, measured)
st.subheader("Both groups")
parts.table(measured.uplift)
with st.expander("How this is measured"):
    st.markdown(
        "Every customer of the key counts in the group they were drawn into, those who ordered "
        "nothing as well. Revenue is net of discounts and refunds, margin is revenue times the "
        "margin in the side bar. Ranges: Student's for means, its spread taken from both groups; "
        "Newcombe's for the share of buyers. How often they hold the truth in simulated campaigns "
        "is in docs/actions.md."
    )
