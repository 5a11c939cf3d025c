"""Parts of the Segments page: the grouping, the linked charts, the table."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.segments import segment_bars
from clv.insights.channels import channel_totals
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.downloads import customer_list
from clv.ui.figures import alive_help, doubt, money, months, percent, percentages, share, span
from clv.ui.report import report_button
from clv.ui.text import plain

MOST_GROUPS: Final = 40
MEASURES: Final = {
    "Predicted CLV": schema.PREDICTED_CLV,
    "Customers": "customers",
    "Revenue so far": schema.REVENUE,
    "Order value": "aov",
    "P(alive)": schema.P_ALIVE,
}


def groupings(found: Analysis) -> dict[str, str]:
    """Field of the filter -> column, for every field with few enough values to compare."""
    labels = found.population.labels
    return {
        label: column
        for label, column in labels.items()
        if column != schema.RFM and 1 < found.frame[column].nunique() <= MOST_GROUPS
    }


def choose_grouping(found: Analysis) -> str:
    """The grouping shown, in the URL."""
    options = tuple(groupings(found))
    if st.session_state.get("by") not in options:  # other data may have had channels
        st.session_state.pop("by", None)
    return st.selectbox("Group by", options, key="by", bind="query-params")


def choose_measure(found: Analysis) -> str:
    """The measure shown, in the URL; without a model, one that needs none."""
    measure = st.segmented_control(
        "Show", tuple(MEASURES), default="Predicted CLV", key="show", bind="query-params"
    )
    measure = measure or "Predicted CLV"
    if found.valuation is None and MEASURES[measure] in (schema.PREDICTED_CLV, schema.P_ALIVE):
        st.info(
            "There is no model for this shop: revenue is shown, and tiers rank historic value.",
            icon=":material/info:",
        )
        measure = "Revenue so far"
    return measure


def bars(table: pd.DataFrame, by: str, measure: str, selected: tuple[str, ...], title: str) -> None:
    """Bars whose click puts the group into the filter, or takes it out again."""
    filters.pick(
        segment_bars(table, MEASURES[measure], title=title, selected=selected),
        by,
        name="bars",
        alt=f"Bars of {measure} by {by}; a click filters",
    )


def bars_title(table: pd.DataFrame, by: str, measure: str, horizon: str) -> str:
    """Which group leads, by what, and over which time."""
    best = table["name"].iloc[int(table[MEASURES[measure]].argmax())]
    over = f" over {horizon}" if MEASURES[measure] == schema.PREDICTED_CLV else ""
    return f"{measure}{over} by {by.lower()}: highest for {best}"


def table(found: Analysis, frame: pd.DataFrame) -> None:
    """The figures of every group."""
    horizon = months(found.settings.horizon_months)
    shown = percentages(frame, "share_customers", "share_value", schema.P_ALIVE)
    amount = st.column_config.NumberColumn
    st.dataframe(
        shown,
        column_order=TABLE,
        hide_index=True,
        width="stretch",
        height="content",
        column_config={
            "name": st.column_config.TextColumn("Group", pinned=True),
            "customers": amount("Customers", format="%,d"),
            "share_customers": percent("Of customers"),
            schema.PREDICTED_CLV: amount(f"Predicted CLV, {horizon}", format="%,.0f"),
            schema.PREDICTED_CLV_LOW: amount("from", format="%,.0f"),
            schema.PREDICTED_CLV_HIGH: amount("to", format="%,.0f"),
            "share_value": percent("Of predicted CLV"),
            "predicted_clv_mean": amount("Per customer", format="%,.2f"),
            schema.P_ALIVE: percent("P(alive)", help=alive_help(found)),
            "aov": amount("Order value", format="%,.2f"),
            schema.HISTORIC_VALUE: amount("Historic value", format="%,.0f"),
        },
    )


def by_channel(found: Analysis) -> None:
    """What each channel brought, where the file has columns for it."""
    if not found.shop.channels:
        return
    st.subheader("By channel")
    amount = st.column_config.NumberColumn
    st.dataframe(
        channel_totals(found.frame, found.shop.channels),
        hide_index=True,
        width="stretch",
        height="content",
        column_config={
            "name": st.column_config.TextColumn("Channel", pinned=True),
            "customers": amount("Customers", format="%,d", help="With an order in the channel."),
            "only": amount("of them in no other", format="%,d"),
            schema.ORDERS: amount("Orders", format="%,d"),
            schema.REVENUE: amount("Net revenue", format="%,.0f"),
            "aov": amount("Order value", format="%,.2f"),
        },
    )
    st.caption(
        "All customers, without filters. Orders and revenue belong to the channel; a customer of "
        "two channels counts in both. The model values customers as a whole: group by main "
        "channel or by channels used to see predicted CLV."
    )


TABLE: Final = (
    "name",
    "customers",
    "share_customers",
    schema.PREDICTED_CLV,
    schema.PREDICTED_CLV_LOW,
    schema.PREDICTED_CLV_HIGH,
    "share_value",
    "predicted_clv_mean",
    schema.P_ALIVE,
    "aov",
    schema.HISTORIC_VALUE,
)


def lists(view: View, found: Analysis, by: str, column: str, mask: npt.NDArray[np.bool_]) -> None:
    """The report, and the customers of every group that the filter keeps, to take away."""
    report_button(view, found, (by, column))
    with st.grid(min_column_width=300):
        for name in found.segments(column, mask)["name"]:
            with st.container(border=True):
                group = mask & found.members_of(column, name)
                st.markdown(f"**{plain(name)}**")
                customer_list(found, group, name, key=f"list_{column}_{name}")


def kept_sentence(found: Analysis, mask: npt.NDArray[np.bool_]) -> str:
    """What the filters keep, as a share of the whole, and what that is worth."""
    kept = int(mask.sum())
    if kept == len(mask):
        return f"All {kept:,} customers.{worth_sentence(found, mask)}"
    column, name = (
        (schema.PREDICTED_CLV, "predicted CLV")
        if found.valuation
        else (schema.HISTORIC_VALUE, "historic value")
    )
    value = found.frame[column]
    part = value[mask].sum() / value.sum() if value.sum() > 0 else float("nan")
    return (
        f"The filters keep {kept:,} of {len(mask):,} customers ({share(kept / len(mask))}) and "
        f"{share(part)} of the {name}.{worth_sentence(found, mask)}"
    )


def worth_sentence(found: Analysis, mask: npt.NDArray[np.bool_]) -> str:
    """What these customers are expected to bring together, with the interval."""
    if found.valuation is None or not mask.any():
        return ""
    total = found.valuation.total(mask)
    horizon = months(found.settings.horizon_months)
    interval = span(total, found.settings.coverage).rstrip(".")
    failed = "; totals failed the test on your past" if doubt(found) else ""
    return f" Predicted CLV over {horizon}: {money(total.value)} ({interval}{failed})."
