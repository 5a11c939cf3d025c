"""Parts of the Customers page: search, order, the table on screen."""

from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.insights.people import MAIN_CATEGORY
from clv.insights.recommend import NAMES
from clv.ui import people
from clv.ui.figures import alive_help, doubt_of_customers, months, percent, percentages, share
from clv.ui.places import page_file
from clv.ui.text import plain

ON_SCREEN: Final = 1000
SCORE: Final = "tutorial_score"
_TABLE: Final = "people"
ORDERS: Final = {
    "Predicted CLV, highest": (schema.PREDICTED_CLV, False),
    "Total value, highest": (schema.TOTAL_VALUE, False),
    "Historic value, highest": (schema.HISTORIC_VALUE, False),
    "P(alive), lowest": (schema.P_ALIVE, True),
    "Last order, latest": (schema.LAST_ORDER, False),
    "Orders, most": (schema.ORDERS, False),
}


def choose(frame: pd.DataFrame) -> pd.DataFrame:
    """The customers searched for, in the order asked for."""
    left, right = st.columns([2, 1])
    text = left.text_input(
        "Find a customer", key="find", placeholder="Part of the customer number or name",
        bind="query-params",
    )  # fmt: skip
    order = right.selectbox("Order by", tuple(ORDERS), key="order", bind="query-params")
    if text:
        frame = frame[frame[schema.CUSTOMER_ID].str.contains(text, case=False, regex=False)]
    column, ascending = ORDERS[order]
    return frame.sort_values([column, schema.CUSTOMER_ID], ascending=[ascending, True])


def table(found: Analysis, frame: pd.DataFrame) -> None:
    """The rows of `with_habits`, with units in the headers; a click on one offers its page."""
    if st.toggle(
        "Show the tutorial score",
        key="score",
        bind="query-params",
        help="A score from 1 to 100 from course notebooks: money squared, a score, not an amount "
        "of money. The page Method explains it.",
    ):
        frame = frame.copy()
        frame[SCORE] = found.tutorial_score().reindex(frame.index)
    _open_page(set(frame[schema.CUSTOMER_ID]))
    horizon, range_ = months(found.settings.horizon_months), share(found.settings.coverage)
    if doubt_of_customers(found):
        st.caption(f":orange[:material/warning:] {plain(doubt_of_customers(found))}")
    amount = st.column_config.NumberColumn
    day = st.column_config.DateColumn
    st.dataframe(
        percentages(frame, schema.P_ALIVE, schema.P_ORDER_30D),
        hide_index=True,
        width="stretch",
        height=520,
        key=_TABLE,
        on_select=partial(_clicked, frame[schema.CUSTOMER_ID].tolist()),
        selection_mode="single-row",
        column_order=list(COLUMNS),
        column_config={
            schema.CUSTOMER_ID: st.column_config.TextColumn("Customer", pinned=True),
            schema.SEGMENT: "Segment",
            schema.TIER: st.column_config.TextColumn("Tier", help="A: the most valuable quarter."),
            schema.CUSTOMER_STATUS: "Status",
            schema.PREDICTED_CLV: amount(f"Predicted CLV, {horizon}", format="%,.2f"),
            schema.PREDICTED_CLV_LOW: amount(
                "from", format="%,.2f",
                help=f"Lower end of the {range_} interval. 0 to 0: probably no order at all.",
            ),
            schema.PREDICTED_CLV_HIGH: amount(
                "to", format="%,.2f", help=f"Upper end of the {range_} interval."
            ),
            schema.P_ALIVE: percent("P(alive)", help=alive_help(found)),
            schema.EXPECTED_ORDERS: amount(f"Orders, {horizon}", format="%.2f"),
            schema.EXPECTED_ORDER_VALUE: amount("Order value", format="%,.2f"),
            schema.NEXT_ORDER_DATE: day(
                "Next order", help="Half of those who order within the horizon do so by this day."
            ),
            schema.P_ORDER_30D: percent("Order in 30 days"),
            schema.HISTORIC_VALUE: amount("Historic value", format="%,.2f"),
            schema.TOTAL_VALUE: amount("Total value", format="%,.2f"),
            schema.ORDERS: amount("Orders so far", format="%,d"),
            schema.REVENUE: amount("Net revenue", format="%,.2f"),
            schema.FIRST_ORDER: day("First order"),
            schema.LAST_ORDER: day("Last order"),
            **people.columns(not found.shop.by_customer),
            schema.CHANNELS_USED: "Channels used",
            schema.INTERESTS: "Interests",
            SCORE: amount("Tutorial score, 1 to 100", format="%.1f", help="Money squared."),
        },
    )  # fmt: skip


def _open_page(ids: set[str]) -> None:
    """The link to the page of the customer whose row was clicked, or how to get one."""
    asked = str(st.session_state.get(people.CUSTOMER_KEY, ""))
    if asked in ids:
        st.page_link(page_file("customer"), label=f"Open {plain(asked)}", icon=":material/person:")
    else:
        st.caption("Tick the box at the left of a row to open the page of that customer.")


def _clicked(ids: list[str]) -> None:
    """Remember whose row was clicked, for the page Customer."""
    rows = st.session_state[_TABLE]["selection"]["rows"]
    st.session_state[people.CUSTOMER_KEY] = ids[rows[0]] if rows else ""


COLUMNS: Final = (
    schema.CUSTOMER_ID,
    SCORE,
    schema.PREDICTED_CLV,
    schema.PREDICTED_CLV_LOW,
    schema.PREDICTED_CLV_HIGH,
    schema.P_ALIVE,
    schema.NEXT_ORDER_DATE,
    schema.CUSTOMER_STATUS,
    schema.SEGMENT,
    schema.TIER,
    schema.MAIN_CHANNEL,
    MAIN_CATEGORY,
    *("price_median", "price_low", "price_high"),
    *NAMES,
    schema.EXPECTED_ORDERS,
    schema.EXPECTED_ORDER_VALUE,
    schema.P_ORDER_30D,
    schema.HISTORIC_VALUE,
    schema.TOTAL_VALUE,
    schema.ORDERS,
    schema.REVENUE,
    schema.FIRST_ORDER,
    schema.LAST_ORDER,
    schema.CHANNELS_USED,
    schema.INTERESTS,
)
