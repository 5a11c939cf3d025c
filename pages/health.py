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

if found.shop.by_customer:
    parts.grid(view, found, mask)
    parts.missing()
    st.stop()
# Only the open tab is computed.
figures, trend, channels, waiting = st.tabs(
    ["Figures", "Over time", "Channels and countries", "Time between orders"],
    key="health",
    bind="query-params",
)
if figures.open:
    with figures:
        parts.grid(view, found, mask)
if trend.open:
    with trend:
        parts.over_time(view, found)
if channels.open:
    with channels:
        parts.by_channel(view, found)
if waiting.open:
    with waiting:
        parts.between_orders(view, found)
