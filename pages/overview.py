"""Overview: what the customers are worth, by the formula and by the model."""

import streamlit as st

from clv.charts.customers import value_distribution
from clv.charts.value import concentration
from clv.charts.waterfall import waterfall
from clv.insights.concentration import concentration_curve, share_of_best
from clv.insights.decomposition import decomposition_title
from clv.insights.distributions import value_distribution as binned
from clv.schema import PREDICTED_CLV
from clv.ui import overview as parts
from clv.ui.figures import months, share
from clv.ui.report import report_button
from clv.ui.segments import kept_sentence
from clv.ui.session import among, members, require_analysis
from clv.ui.text import plain

view, everyone = require_analysis()
mask = members(view, everyone)
found = among(view, everyone)
values = found.frame[PREDICTED_CLV][mask]

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
    left, right = st.columns(2)
    best = share_of_best(values)
    left.altair_chart(
        concentration(
            concentration_curve(values),
            title=f"The best 20 % of customers hold {share(best)} of the predicted CLV",
        ),
        alt="Curve of the share of predicted CLV held by the best customers",
    )
    right.altair_chart(
        value_distribution(
            binned(values),
            title=f"Half of all customers are worth less than {values.median():,.2f} "
            f"over {months(view.horizon_months)}",
        ),
        alt="Histogram of predicted CLV per customer",
    )
