"""Parts of the Segments page: who moved up and who slipped between two days."""

from datetime import date

import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.moves import moves_heatmap
from clv.insights.movement import (
    DOWN,
    JOINED,
    NOT_YET,
    SAME,
    UP,
    directions,
    matrix,
    movement,
    order_of,
)
from clv.insights.selection import SEGMENT, STATUS
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.figures import money, share
from clv.ui.session import members, state_on


def moved(view: View, found: Analysis, by: str) -> None:
    """Two days to choose, a sentence, and where the customers of each group went."""
    if found.shop.by_customer:
        st.info(
            "The file has one row per customer: what they were on an earlier day needs the single "
            "orders. Load a file with one row per order to see it.",
            icon=":material/info:",
        )
        return
    field = STATUS if by == STATUS else SEGMENT
    column = "status" if field == STATUS else "segment"
    days = _choose_days(found)
    if days is None:
        return
    start, end = days
    kept = members(view, found, ignore=field)
    table = movement(state_on(found, start), state_on(found, end), column, kept)
    if table.empty:
        st.info("None of the customers kept by the filters had ordered by the second day.")
        return
    st.markdown(_sentence(directions(table), start, end))
    today = end == found.analysis_date
    order = (*order_of(column, found.settings), NOT_YET)
    chart = moves_heatmap(
        matrix(table, order),
        title=f"Where the customers of each {field.lower()} went: read along a row",
        before=f"{field} on {start:%d %b %Y}",
        after=f"{field} on {end:%d %b %Y}",
        order=order,
        click="to" if today else "",
        selected=view.where.chosen(field) if today else (),
    )
    alt = f"Heat map of {field.lower()} on two days"
    if today:
        filters.pick(chart, field, name="moves", alt=f"{alt}; a click filters on the later one")
    else:
        st.altair_chart(chart, alt=alt, width="stretch")
    st.caption(
        "Each day is seen as it was known then, with the limits of that day: a segment says where "
        "a customer stood among the others. Up and down go by the scores R and F together, or by "
        "the status."
        + (" A click keeps the customers who are in the column's group now." if today else "")
        + ("" if by in (SEGMENT, STATUS) else " Group by status to see that instead.")
    )
    _table(table)


def _choose_days(found: Analysis) -> tuple[date, date] | None:
    first, last = found.shop.first, found.analysis_date
    if (last - first).days < 2:
        st.info("The file covers too few days to compare two of them.")
        return None
    before = max((pd.Timestamp(last) - pd.DateOffset(months=3)).date(), first)
    chosen = []
    for place, key, label, value in zip(
        st.columns(2), ("day1", "day2"), ("From", "To"), (before, last), strict=True
    ):
        current = st.session_state.get(key)
        if not (isinstance(current, date) and first <= current <= last):
            st.session_state.pop(key, None)
        chosen.append(
            place.date_input(
                label, value, min_value=first, max_value=last, key=key, bind="query-params"
            )
        )
    start, end = chosen
    if not (isinstance(start, date) and isinstance(end, date)) or start >= end:
        st.warning("The first day must come before the second.")
        return None
    return start, end


def _sentence(sums: pd.DataFrame, start: date, end: date) -> str:
    count = dict(zip(sums["direction"], sums["customers"], strict=True))
    brought = dict(zip(sums["direction"], sums[schema.REVENUE], strict=True))
    total = sums[schema.REVENUE].sum()
    part = f", {share(brought[DOWN] / total)} of all" if total > 0 else ""
    return (
        f"From {start:%d %B %Y} to {end:%d %B %Y}, **{count[UP]:,} customers moved up** and "
        f"**{count[DOWN]:,} slipped**; {count[SAME]:,} stayed level and {count[JOINED]:,} joined. "
        f"Those who slipped have brought {money(brought[DOWN])} of net revenue so far{part}; "
        f"those who moved up {money(brought[UP])}."
    )


def _table(table: pd.DataFrame) -> None:
    amount = st.column_config.NumberColumn
    with st.expander("As a table"):
        st.dataframe(
            table.sort_values("customers", ascending=False),
            hide_index=True,
            width="stretch",
            column_order=["from", "to", "direction", "customers", schema.REVENUE],
            column_config={
                "from": "From",
                "to": "To",
                "direction": "Direction",
                "customers": amount("Customers", format="%,d"),
                schema.REVENUE: amount("Net revenue so far", format="%,.0f"),
            },
        )
