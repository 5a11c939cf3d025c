"""Shop database: the tables of one's own orders, questions to them, and how they are filled."""

import streamlit as st

from clv.errors import NoShop
from clv.ui import shop_tables as parts
from clv.ui.shop_door import open_here

st.title("Shop database")
st.markdown(
    "For those who have no export but their own orders table, and for people learning: five tables "
    "that are analysed like any file, and again whenever orders arrive."
)
try:
    database = open_here()
except NoShop as error:
    st.info(f"{error.message} {error.hint}", icon=":material/database_off:")
    parts.show_how_to_fill(opened=True)
    st.stop()

parts.show_size(database)
tables, questions = st.tabs(["Tables", "Questions in SQL"], key="shop_part", bind="query-params")
if tables.open:
    with tables:
        parts.show_table(database)
if questions.open:
    with questions:
        parts.show_questions(database)
parts.show_how_to_fill(opened=False)
