"""Trust: how well the forecast did on the shop's own past, and what to rely on."""

import streamlit as st

from clv.charts.customers import alive_heatmap
from clv.charts.purchases import purchases_per_frequency, tracking
from clv.charts.value import deciles
from clv.insights.distributions import alive_grid, alive_title
from clv.insights.suitability import purchases_per_frequency as counted
from clv.insights.suitability import purchases_title
from clv.ui import session
from clv.ui import trust as parts
from clv.ui.figures import alive_help
from clv.ui.text import plain, show_refusal

view, found = session.require_analysis()
card = found.scorecard

st.title("How far to trust these figures")
if found.model.problem:
    show_refusal(found.model.problem)
elif card:
    parts.the_test(card)
    parts.verdict(card)
    parts.reliance(card)
    left, right = st.columns(2)
    left.altair_chart(
        tracking(card.tracking, title=parts.tracking_title(card)),
        alt="Repeat purchases week by week, actual and model",
    )
    right.altair_chart(
        deciles(card.deciles, title=parts.deciles_title(card)),
        alt="Net revenue in the test by tenth of customers, forecast and actual",
    )
    with st.expander("All forecasts in the test, with the simple rules"):
        parts.contenders(card)
elif found.prepared.untested:
    st.info(
        f"**Not tested on your own past.** {plain(found.prepared.untested.message)} "
        f"{plain(found.prepared.untested.hint)}",
        icon=":material/fact_check:",
    )

if found.valuation and found.model.purchases:
    st.subheader("Which model, and why")
    parts.choice(found)
    left, right = st.columns(2)
    if parts.has_past(found):
        frame = counted(found.model.purchases.model, found.frame)
        left.altair_chart(
            purchases_per_frequency(frame, title=purchases_title(frame)),
            alt="Customers by number of repeat purchases, observed and expected",
        )
    grid = alive_grid(found.frame)
    right.altair_chart(
        alive_heatmap(grid, title=alive_title(grid)),
        alt="Heat map of P(alive) by repeat purchases and days since the last one",
    )
    right.caption(alive_help(found))

st.subheader("Does your shop suit the model?")
parts.findings(session.findings(found))

if found.valuation:
    st.subheader("Would an earlier day have given the same answer?")
    if parts.asked_for_earlier_days(found):
        parts.earlier_views(session.earlier_views(found), found)

    st.subheader("A second opinion")
    st.markdown(
        "Another program, [lifetimes](https://github.com/CamDavidsonPilon/lifetimes), can fit the "
        "same kind of model to a sample of your customers."
    )
    if st.button("Ask for a second opinion", icon=":material/group:"):
        parts.second_opinion(session.second_opinion(found))
