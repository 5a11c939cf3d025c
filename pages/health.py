"""Health: how the shop is, how that changes, and how long customers take to order again."""

import streamlit as st

from clv.ui import health as parts
from clv.ui.overview import cautions_in_short
from clv.ui.segments import kept_sentence
from clv.ui.session import members, require_analysis

view, found = require_analysis()
mask = members(view, found)

st.title("Health")
st.caption(kept_sentence(found, mask))
if not mask.any():
    st.info("No customer passes all filters. Remove one above.")
    st.stop()
cautions_in_short(found)

parts.grid(view, found, mask)
if found.shop.by_customer:
    parts.missing()
    st.stop()
parts.over_time(view, found)
parts.by_channel(view, found)
parts.between_orders(view, found)
