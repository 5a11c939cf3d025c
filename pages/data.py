"""Your data: load orders, check the columns, see what cleaning does, go on."""

import streamlit as st

from clv.charts.revenue import monthly_revenue
from clv.errors import MixedCurrencies
from clv.ui import frozen, session
from clv.ui.cleaning_step import show_cleaning
from clv.ui.controls import read_controls
from clv.ui.currency_step import ask_currency, show_currency
from clv.ui.customer_mapping_step import show_columns
from clv.ui.fix_step import point_to_dates, show_fixes
from clv.ui.people_step import show_people
from clv.ui.places import page_file
from clv.ui.recipe_step import show_recipe, show_taken
from clv.ui.source_step import choose_source, show_combination, show_detected
from clv.ui.unusual_step import show_unusual

view = read_controls()

st.title("What is each of your customers worth?")
st.markdown(
    "Load your orders and see it twice: by the classic **formula** and by a **model** that looks "
    "at each customer, with how sure the figure is and a list for what to do next."
)
if frozen.current():
    st.info("You look at a saved analysis, which stays as it is.", icon=":material/lock:")
choose_source(view)
show_combination(session.combination(view))
raw = session.raw_table(view)
if raw is None:
    st.stop()

st.subheader("1 · The file")
show_detected(raw, view)

st.subheader("2 · The columns")
show_taken(raw)
show_columns(raw)
about_dates = st.empty()

st.subheader("3 · The rows")
try:
    shop = session.shop(view)
except MixedCurrencies as error:
    ask_currency(raw, error)
    st.stop()
if shop is None:
    st.stop()
session.make_ahead(view, shop)
rules = session.rules(view, raw)
show_cleaning(raw, shop, rules)
show_currency(raw, shop, rules)
show_fixes(raw, shop)
if not shop.by_customer:
    point_to_dates(about_dates, raw, shop)
show_unusual(raw, shop, rules)
show_people(raw, shop)
if shop.by_customer:
    st.info(
        "Revenue by month needs single orders, and the file has one row per customer.",
        icon=":material/info:",
    )
elif (months := session.revenue_by_month(shop)).empty:
    st.info(
        "The file covers no month from its first day to its last, so there is no revenue by month "
        "to compare with what you know.",
        icon=":material/info:",
    )
else:
    st.altair_chart(
        monthly_revenue(months, title="Net revenue by month, full months: as you know it?"),
        alt="Bars of net revenue per month",
    )

st.subheader("4 · The recipe")
show_recipe(raw, session.full_recipe(view, raw))

st.subheader("5 · The answer")
st.markdown("Margin, horizon and discount are in the side bar, and can be changed at any time.")
with st.container(border=True):
    st.page_link(
        page_file("overview"),
        label=":primary[**See what they are worth**]",
        icon=":material/arrow_forward:",
    )
