"""Parts of the Segments page: customers by basket size and price sensitivity."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.clusters import cluster_map
from clv.errors import NotEnoughData
from clv.insights.clusters import (
    NUMBERS,
    Clusters,
    cluster_bins,
    cluster_table,
    customers_alike,
)
from clv.insights.habits import PriceMeasure, label_values, likely_sensitive, price_measures
from clv.ui.controls import View
from clv.ui.downloads import frame_list
from clv.ui.figures import money, months, percent, percentages, table_height
from clv.ui.session import ask
from clv.ui.text import plain

SUGGESTED: Final = "As many as suggested"
WORDS: Final = {
    "discount": "share of a customer's orders with a discount",
    "label": "share of a customer's orders with the chosen value",
    "price": "price paid over the usual (median) price of the same group, mean of the order lines",
}


def clusters(view: View, found: Analysis) -> None:
    """Groups who buy alike: what they are, how many, what they are worth, a list of each."""
    boxes = st.columns(3)
    measure = _choose_measure(found, boxes[0])
    if measure is None:
        return
    value = ""
    if measure.kind == "label":
        values = ask(view, found, label_values, measure.column)
        if not values:
            st.info("No order of these has a value in this column.")
            return
        if st.session_state.get("sensitive") not in values:
            st.session_state.pop("sensitive", None)
        value = boxes[2].selectbox(
            "Value that means price-sensitive", values, index=likely_sensitive(values),
            key="sensitive", bind="query-params",
        )  # fmt: skip
    number = boxes[1].selectbox(
        "Number of groups", (SUGGESTED, *map(str, NUMBERS)), key="groups", bind="query-params"
    )
    wanted = None if number == SUGGESTED else int(number)
    try:
        habits, groups = ask(view, found, customers_alike, measure, value, wanted)
    except NotEnoughData as error:
        st.info(f"{plain(error.message)} {plain(error.hint)}", icon=":material/info:")
        return
    best = next(score for k, score in groups.silhouettes if k == groups.suggested)
    table = cluster_table(habits, groups, found.frame, _worth(found))
    top = table.sort_values(_worth(found)[-1], kind="stable").iloc[-1]
    is_share = measure.kind != "price"
    st.altair_chart(
        cluster_map(
            cluster_bins(habits, groups, measure.kind),
            title=f"{top['name']}: the group worth most, {money(top[_worth(found)[-1]])}",
            names=groups.names,
            price=_axis(measure, value),
            is_share=is_share,
        ),
        alt="Customers by basket size and price sensitivity, coloured by group",
        width="stretch",
    )
    st.caption(
        f"Each dot holds customers who buy alike. Basket: mean pieces per order. Price: "
        f"{WORDS[measure.kind]}. {groups.suggested} groups are suggested, because they are "
        f"furthest apart (silhouette {best:.2f}; near 1 the groups are clearly apart, below about "
        "0.5 they run into each other and the limits are a matter of choice). Large and small "
        "are meant against the other customers here."
    )
    picked = _table(found, table, is_share)
    _list(found, habits, groups, picked)


def _choose_measure(found: Analysis, place: Any) -> PriceMeasure | None:
    if found.shop.by_customer:
        st.info(
            "The file has one row per customer: basket sizes and prices paid need the single order "
            "lines.",
            icon=":material/info:",
        )
        return None
    measures = price_measures(found.lines)
    if schema.QUANTITY not in found.lines.roles or not measures:
        st.info(
            "This needs the number of pieces per line, and a discount, products or a label of the "
            "order that tells price-sensitive customers. Choose these columns on the page Your "
            "data, if the file has them.",
            icon=":material/info:",
        )
        return None
    labels = {measure.label: measure for measure in measures}
    if st.session_state.get("price") not in labels:
        st.session_state.pop("price", None)
    chosen = place.selectbox(
        "Price sensitivity is", tuple(labels), key="price", bind="query-params"
    )
    return labels[chosen]


def _worth(found: Analysis) -> tuple[str, ...]:
    return (schema.REVENUE, schema.PREDICTED_CLV) if found.valuation else (schema.REVENUE,)


def _axis(measure: PriceMeasure, value: str) -> str:
    if measure.kind == "price":
        return "Price paid over usual price"
    return "Orders with a discount" if measure.kind == "discount" else f"Orders with {value}"


def _table(found: Analysis, table: pd.DataFrame, is_share: bool) -> str:
    """The groups as a table; returns the name of the row that was clicked, or the first."""
    amount = st.column_config.NumberColumn
    event = st.dataframe(
        percentages(table, "share_customers", *(["price"] if is_share else [])),
        hide_index=True,
        width="stretch",
        height=table_height(len(table)),
        on_select="rerun",
        selection_mode="single-row",
        key="cluster_rows",
        column_config={
            "name": st.column_config.TextColumn("Group", pinned=True),
            "customers": amount("Customers", format="%,d"),
            "share_customers": percent("Of customers"),
            "basket": amount("Pieces per order", format="%.1f"),
            "price": percent("Price-sensitive orders")
            if is_share
            else amount("Price paid, times usual", format="%.2f"),
            schema.REVENUE: amount("Net revenue", format="%,.0f"),
            schema.PREDICTED_CLV: amount(
                f"Predicted CLV, {months(found.settings.horizon_months)}", format="%,.0f"
            ),
        },
    )
    rows = event["selection"]["rows"]
    return str(table["name"].iloc[rows[0] if rows and rows[0] < len(table) else 0])


def _list(found: Analysis, habits: pd.DataFrame, groups: Clusters, name: str) -> None:
    st.subheader(plain(name))
    st.caption("Click a row of the table to choose another group.")
    places = habits["customer"].to_numpy()[groups.group == groups.names.index(name)]
    order = _worth(found)[-1]
    rows = found.frame.iloc[places].sort_values(
        [order, schema.CUSTOMER_ID], ascending=[False, True]
    )
    amount = st.column_config.NumberColumn
    st.dataframe(
        rows.head(200),
        hide_index=True,
        width="stretch",
        height=table_height(len(rows)),
        column_order=[schema.CUSTOMER_ID, schema.SEGMENT, schema.ORDERS, *_worth(found)],
        column_config={
            schema.CUSTOMER_ID: "Customer",
            schema.SEGMENT: "Segment",
            schema.ORDERS: amount("Orders", format="%,d"),
            schema.REVENUE: amount("Net revenue", format="%,.2f"),
            schema.PREDICTED_CLV: amount("Predicted CLV", format="%,.2f"),
        },
    )
    frame_list(found, rows, name, key="cluster")
