"""Your data: load orders, check the columns, see what cleaning does, go on."""

import streamlit as st

from clv.charts.revenue import monthly_revenue
from clv.ui import session
from clv.ui.cleaning_step import show_cleaning
from clv.ui.controls import read_controls
from clv.ui.customer_mapping_step import show_columns
from clv.ui.places import page_file
from clv.ui.source_step import choose_source, show_detected

view = read_controls()

st.title("What is each of your customers worth?")
st.markdown(
    "Load your orders and see it twice: by the classic **formula** and by a **model** that looks "
    "at each customer, with how sure the figure is and a list for what to do next."
)
choose_source(view)
raw = session.raw_table(view)
if raw is None:
    st.stop()

st.subheader("1 · The file")
show_detected(raw, view)

st.subheader("2 · The columns")
show_columns(raw)

st.subheader("3 · The rows")
shop = session.shop(view)
if shop is None:
    st.stop()
show_cleaning(shop, session.rules(view))
if shop.by_customer:
    st.info(
        "Revenue by month needs single orders, and the file has one row per customer.",
        icon=":material/info:",
    )
else:
    st.altair_chart(
        monthly_revenue(
            session.revenue_by_month(shop),
            title="Net revenue by month, full months: as you know it?",
        ),
        alt="Bars of net revenue per month",
    )

st.subheader("4 · The answer")
st.markdown("Margin, horizon and discount are in the side bar, and can be changed at any time.")
with st.container(border=True):
    st.page_link(
        page_file("overview"),
        label=":primary[**See what they are worth**]",
        icon=":material/arrow_forward:",
    )
