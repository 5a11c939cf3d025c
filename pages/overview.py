"""Overview: what the customers are worth, by the formula and by the model."""

import streamlit as st

from clv.charts.waterfall import waterfall
from clv.insights.decomposition import decomposition_title
from clv.ui import overview as parts
from clv.ui.figures import share
from clv.ui.report import report_button
from clv.ui.segments import kept_sentence
from clv.ui.session import among, members, require_analysis
from clv.ui.spread import value_spread
from clv.ui.text import plain

view, everyone = require_analysis()
mask = members(view, everyone)
found = among(view, everyone)

st.title("What your customers are worth")
st.caption(
    f"{plain(found.shop.name)} · as of {found.analysis_date:%d %B %Y} · "
    f"{share(view.margin)} margin · "
    f"amounts in {plain(found.shop.currency or 'the currency of the file')}"
)
if not mask.any():
    st.info("No customer passes all filters. Remove one above.")
    st.stop()
if not mask.all():
    st.caption(kept_sentence(found, mask))
    parts.about_groups(view.where)
parts.headline(found)
parts.suggest_margin(found)
parts.cautions(found)
report_button(view, found)

st.subheader("Two answers, side by side")
parts.answers(found)
steps = found.decomposition
if not steps.empty:
    st.altair_chart(
        waterfall(steps, title=decomposition_title(steps)),
        width="stretch",
        alt="Steps from the formula CLV to the predicted CLV, in money per customer",
    )
    with st.expander("Why each step"):
        parts.steps_table(steps)

st.subheader("How the formula gets there")
parts.formula_terms(found.formula, by_customer=found.shop.by_customer)

if found.valuation:
    st.subheader("How value is spread")
    value_spread(view, everyone)
