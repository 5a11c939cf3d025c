"""Access: tokens for programs, what was done, and erasing a customer."""

import streamlit as st

from clv.ui import access as parts
from clv.ui.who import owner

st.title("Access")
who = owner()
st.subheader("Tokens for programs")
parts.tokens(who)
st.subheader("Erase a customer")
parts.erasing(who)
st.subheader("What was done")
parts.log(who)
