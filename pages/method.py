"""Method: what every number means, and how it was made for this shop."""

import streamlit as st

from clv.ui import method as parts
from clv.ui.session import require_analysis

view, found = require_analysis()

st.title("How these figures are made")
st.caption("Every figure can be traced: the rows used, the formula, the model and its limits.")

st.subheader("The formula")
parts.formula(found)

st.subheader("The model")
parts.model(found)

st.subheader("The score of the tutorials")
parts.tutorial_score(found)

st.subheader("The rows behind it")
parts.rows(found)

with st.expander("What the words mean"):
    parts.glossary()
