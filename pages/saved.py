"""Saved: what was kept, to open, rename, share, compare and delete."""

import streamlit as st

from clv.ui import saved as parts
from clv.ui.who import owner

st.title("Saved analyses")
who = owner()
parts.offer_to_save(who)
kept = parts.library(who)
if kept:
    parts.one(who, kept)
if len(kept) > 1:
    st.subheader("Compare two")
    parts.comparison(who, kept)
parts.all_links(who)
