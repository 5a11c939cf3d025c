"""Customers: the list, filtered and ordered, on screen and for download."""

import streamlit as st

from clv.ui import customers as parts
from clv.ui import people
from clv.ui.audiences import audience_lists
from clv.ui.overview import cautions_in_short
from clv.ui.people_downloads import people_list
from clv.ui.rules import add_rule
from clv.ui.segments import kept_sentence
from clv.ui.session import members, require_analysis

view, found = require_analysis()
mask = members(view, found)

st.title("Customers")
st.caption(kept_sentence(found, mask))
cautions_in_short(found)
add_rule(found)
chosen = parts.choose(found.frame[mask])
if chosen.empty:
    st.info("No customer matches. Remove a filter or change the search.")
    st.stop()

shown = people.with_habits(found, chosen.head(parts.ON_SCREEN))
parts.table(found, shown)
if len(chosen) > parts.ON_SCREEN:
    st.caption(f"The first {parts.ON_SCREEN:,} of {len(chosen):,}. The download holds all.")
for sentence in (people.what_is_missing(found), people.how_recommended(found)):
    if sentence:
        st.caption(sentence)

st.subheader("Download this list")
name = view.where.name or "customers"
people_list(found, chosen, list(shown.columns), name)
audience_lists(found, chosen, name)
