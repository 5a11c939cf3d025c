"""Customers: the list, filtered and ordered, on screen and for download."""

import streamlit as st

from clv.ui import customers as parts
from clv.ui.downloads import frame_list
from clv.ui.overview import cautions_in_short
from clv.ui.segments import kept_sentence
from clv.ui.session import members, require_analysis

view, found = require_analysis()
mask = members(view, found)

st.title("Customers")
st.caption(kept_sentence(found, mask))
cautions_in_short(found)
chosen = parts.choose(found.frame[mask])
if chosen.empty:
    st.info("No customer matches. Remove a filter or change the search.")
    st.stop()

parts.table(found, chosen)
if len(chosen) > parts.ON_SCREEN:
    st.caption(f"The first {parts.ON_SCREEN:,} of {len(chosen):,}. The download holds all.")

st.subheader("Download this list")
frame_list(found, chosen, view.where.name or "customers")
