"""One customer: worth, orders, P(alive) through time, purchases, and why this segment."""

import streamlit as st

from clv.schema import CUSTOMER_ID
from clv.ui import one_customer as parts
from clv.ui.session import require_analysis
from clv.ui.text import plain

view, found = require_analysis()

st.title("One customer")
if view.where.conditions:
    st.caption("This page shows one customer of all; the filter above does not change it.")
place = parts.choose(found)
if place is None:
    st.stop()

row = found.customers(found.frame.loc[[place]]).iloc[0]
st.header(plain(row[CUSTOMER_ID]))
parts.headline(found, row)

st.subheader("Why this segment, tier and status")
parts.why(found, place)

if found.shop.by_customer:
    parts.through_time(found, place, row)
    st.info(
        "The file has one row per customer: single orders, what was bought, usual prices and "
        "recommended products are not known. Load a file with one row per order line to see them."
    )
    st.stop()

st.subheader("Orders")
parts.orders(found, place)
parts.through_time(found, place, row)

st.subheader("What was bought")
parts.bought(found, place)
parts.recommended(found, place)
