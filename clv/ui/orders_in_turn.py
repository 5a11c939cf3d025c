"""Parts of the Products page: the first order, and the way from one order to the next."""

from typing import Final

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.charts.moves import moves_heatmap
from clv.charts.products import first_product_bars
from clv.insights.first_product import clear_of_average, first_groups, first_product_value
from clv.insights.journey import NO_NEXT, OTHERS, UNNAMED, goes_on, journey
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.figures import doubt, money, months, percent, percentages, share, table_height
from clv.ui.session import ask, members
from clv.ui.text import plain

MOST_FIRST: Final = 30
MOST_BARS: Final = 15
MOST_MOVES: Final = 8
STEPS: Final = ("1st to 2nd order", "2nd to 3rd order", "3rd to 4th order")


def first_product(view: View, found: Analysis, level: str, column: str, least: int) -> None:
    """What customers are worth by what their first order held."""
    names, held = ask(
        view, found, first_groups, column, MOST_FIRST, ignore=level, always=True
    )  # fmt: skip
    table, average = first_product_value(
        found.frame,
        members(view, found, ignore=level),
        found.valuation,
        names,
        held,
        analysis_date=pd.Timestamp(found.analysis_date),
        least=least,
    )
    if table.empty:
        st.info(f"No first order of {least:,} customers or more held the same. Lower the limit.")
        return
    horizon, range_ = months(found.settings.horizon_months), share(found.settings.coverage)
    if found.valuation:
        filters.pick(
            first_product_bars(
                table.head(MOST_BARS).assign(average=average),
                title=_first_title(table, average, level),
                selected=view.where.chosen(level),
            ),
            level,
            name="first",
            alt=f"Bars of predicted CLV per customer by {level} in the first order",
        )
        st.caption(
            f"Mean predicted CLV over {horizon}, with the range that holds it in {range_} of "
            f"cases; the dashed line is the mean of all customers shown, {money(average)}. An "
            "order may hold several groups, so a customer counts in each. The title names the "
            "highest of those whose range is clear of that line, and which customers drawn at "
            "random would hardly reach (less than 1 % over all groups compared). It shows who came "
            "with what, not what it caused. A click keeps the customers who ever bought it."
            + (f" {plain(doubt(found))}" if doubt(found) else "")
        )
    amount = st.column_config.NumberColumn
    st.dataframe(
        percentages(table, "share_customers", "chance"),
        hide_index=True,
        width="stretch",
        height=table_height(len(table)),
        column_config={
            "name": st.column_config.TextColumn(f"{level} in the first order", pinned=True),
            "customers": amount("Customers", format="%,d"),
            "share_customers": percent("Of customers"),
            "days_known": amount(
                "Days known", format="%,.0f",
                help="Mean days since the first order: whoever came earlier had more time to buy.",
            ),
            "historic_mean": amount("Margin so far, each", format="%,.2f"),
            "value_mean": amount(f"Predicted CLV, {horizon}, each", format="%,.2f"),
            "value_low": amount("from", format="%,.2f"),
            "value_high": amount("to", format="%,.2f"),
            "lift": amount("Lift", format="%.2f", help="Over the mean of all customers shown."),
            "chance": percent(
                "Chance",
                help="That customers drawn at random differ as much, over all groups compared.",
            ),
        },
    )  # fmt: skip
    st.caption(
        "The first order *in the file*: where the file begins after the shop did, earlier orders "
        f"are not known. The {MOST_FIRST} most frequent are compared."
    )


def _first_title(table: pd.DataFrame, average: float, level: str) -> str:
    best = clear_of_average(table, average)
    if best is None:
        return f"No {level.lower()} in the first order stands clear above the average"
    return (
        f"{best['name']} in the first order: customers worth {best['lift']:.1f} times the average"
    )


def moves(view: View, found: Analysis, level: str, column: str) -> None:
    """From one order to the next, one step at a time."""
    steps: pd.DataFrame = ask(view, found, journey, column, MOST_MOVES, always=True)
    chosen = st.segmented_control(
        "Step", STEPS, default=STEPS[0], required=True, key="step", bind="query-params"
    )
    step = 1 + STEPS.index(chosen or STEPS[0])
    now = steps[steps["step"] == step]
    if now.empty:
        st.info("No customer of these made as many orders.")
        return
    named = [n for n in dict.fromkeys([*steps["from"], *steps["to"]]) if n not in _LAST]
    filters_order = [*sorted(named, key=lambda n: -_size(steps, n)), *_LAST]
    st.altair_chart(
        moves_heatmap(
            now,
            title=_journey_title(steps, step),
            before=f"Main {level.lower()} of the order",
            after=f"Main {level.lower()} of the next order",
            order=filters_order,
        ),
        alt=f"Heat map of {level} in one order and in the next",
        width="stretch",
    )
    st.caption(
        f"The main {plain(level.lower())} of an order is the one with most money in it. Each row "
        f"adds up to 100 %. *{NO_NEXT}*: no further order until {found.analysis_date:%d %B %Y}; "
        "some of these customers will still come."
    )
    with st.expander("Counts"):
        amount = st.column_config.NumberColumn
        st.dataframe(
            percentages(now, "share").sort_values("customers", ascending=False),
            hide_index=True,
            width="stretch",
            column_order=["from", "to", "customers", "share"],
            column_config={
                "from": "In this order",
                "to": "In the next",
                "customers": amount("Customers", format="%,d"),
                "share": percent("Of those in this order"),
            },
        )


_LAST: Final = (OTHERS, UNNAMED, NO_NEXT)


def _size(steps: pd.DataFrame, name: str) -> int:
    return int(steps.loc[steps["from"] == name, "customers"].sum())


def _journey_title(steps: pd.DataFrame, step: int) -> str:
    further, group, stays = goes_on(steps, step)
    words = f"{share(further)} ordered again so far"
    return f"{words}; of those in {group}, {share(stays)} stayed with it" if group else words
