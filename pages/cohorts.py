"""Cohorts: customers by the month of their first order, and what winning them may cost."""

import streamlit as st

from clv.insights.selection import COHORT
from clv.ui import acquisition as costs
from clv.ui import cohorts as parts
from clv.ui.overview import cautions_in_short
from clv.ui.segments import kept_sentence
from clv.ui.session import members, require_analysis

view, found = require_analysis()
everyone = members(view, found)
mask = members(view, found, ignore=COHORT)
chosen = view.where.chosen(COHORT)

st.title("Cohorts")
st.caption(
    f"{kept_sentence(found, everyone)} Cohorts are months of the first order; a click on a cell "
    "filters by its cohort, on all pages but this one, where it is highlighted."
)
if not mask.any():
    st.info("No customer passes all filters. Remove one above.")
    st.stop()
cautions_in_short(found)

if found.shop.by_customer:
    parts.of_customers(found, mask, chosen)
    st.stop()

parts.hindsight(view, found)
start = parts.start_of_file(view, found)
cohorts = parts.cohorts(view, found, mask)
parts.show_matrix(view, found, start, cohorts)
parts.best_and_worst(view, found, start, cohorts)
parts.show_growth(view, found, cohorts, costs.cost_line(found, cohorts, chosen))
costs.acquisition(view, found, cohorts, mask)
