"""Parts of the Cohorts page: the matrix, its forecast, the best and the worst cohort."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.cohorts import cohort_grid, growth_lines
from clv.insights.calendar import day_text, full_months, month_number, month_words
from clv.insights.cohort_ranks import (
    Measure,
    Start,
    at_age,
    compared_age,
    customers_of_old,
    older_against_later,
    ranked,
    told_apart,
)
from clv.insights.cohort_views import (
    AGAINST,
    MOST,
    Against,
    grid,
    growth,
    top,
    usual_retention,
)
from clv.insights.cohorts import (
    FORECAST,
    SMALL,
    Ahead,
    cohort_cells,
    cohorts_of,
    continue_matrix,
    look_ahead,
    matrix,
    table_of_customers,
    with_forecast,
)
from clv.insights.hindsight import picked_in_hindsight
from clv.insights.holes import in_words
from clv.insights.lines import Mask
from clv.insights.selection import COHORT
from clv.insights.suitability import START
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.figures import doubt, money, months, share
from clv.ui.health import silent_days
from clv.ui.session import LIFE, ask, findings
from clv.ui.text import plain
from clv.valuation import Valuation

MEASURES: Final = {
    "Retention": "retention",
    "Customers": "customers",
    "Orders": "orders",
    "Revenue": "revenue",
    "Margin per customer": "value",
}


@dataclass(frozen=True)
class Cohorts:
    """The cells of the kept customers: observed (of `matrix`), and with the forecast behind."""

    observed: pd.DataFrame
    cells: pd.DataFrame


def cohorts(view: View, found: Analysis, mask: Mask) -> Cohorts:
    """The cohorts of the customers in `mask`, which ignores the cohort itself."""
    cells = ask(view, found, cohort_cells, "", ignore=COHORT, always=True)
    observed = matrix(cells, found.lines.first, found.lines.last, found.margin)
    return Cohorts(observed, continued(found, observed, mask))


def continued(
    found: Analysis, observed: pd.DataFrame, mask: Mask, groups: "pd.Series[str] | None" = None
) -> pd.DataFrame:
    """The observed cells with the forecast of the horizon behind them.

    groups: of every customer, where the cohorts are split by something.
    """
    if found.valuation is None or observed.empty:
        return with_forecast(observed, observed.head(0))
    keys = cohorts_of(observed)
    ahead = _ahead(
        (found.shop.key, str(found.settings), mask.tobytes(), str(groups is not None)),
        found.valuation,
        _codes(found, keys, mask, groups),
        len(keys),
    )
    forecast = continue_matrix(observed, ahead, found.analysis_date, found.margin)
    return with_forecast(observed, forecast)


def _codes(found: Analysis, keys: pd.DataFrame, mask: Mask, groups: "pd.Series[str] | None") -> Any:
    """The row of `keys` that each customer belongs to; -1 for those outside the mask."""
    month = found.frame[schema.FIRST_ORDER].dt.strftime("%Y-%m")
    names = month if groups is None else groups + "\n" + month
    known = keys["cohort"] if groups is None else keys["group"] + "\n" + keys["cohort"]
    return np.where(mask, pd.Index(known).get_indexer(pd.Index(names)), -1)


@st.cache_resource(max_entries=32, ttl=LIFE, show_spinner=False)
def _ahead(key: tuple[Any, ...], _valuation: Valuation, _group: Any, groups: int) -> Ahead:
    return look_ahead(_valuation, _group, groups)


def start_of_file(view: View, found: Analysis) -> Start | None:
    """Say so where the first cohorts are customers of old, and which these are."""
    first, last = found.lines.first, found.lines.last
    month = found.frame[schema.FIRST_ORDER]
    sizes = (month.dt.year * 12 + month.dt.month - 1).value_counts()
    start = customers_of_old(sizes, findings(found), first, last)
    if start is None:
        said = next(each.sentence for each in findings(found) if each.name == START.name)
        st.caption(
            f"The file begins on {day_text(first)}: whoever ordered before counts as new in it. "
            f"{plain(said)}"
        )
        return None
    at, age = ask(view, found, at_age, 3, ignore=COHORT, always=True), 3
    old, later = older_against_later(at, start, full_months(first, last), age)
    named = start.cohorts[0] + (f" to {start.cohorts[-1]}" if len(start.cohorts) > 1 else "")
    strong = ""
    if not math.isnan(old) and not math.isnan(later):
        strong = (
            f" In month {age} after their first order {share(old)} of them order, against "
            f"{share(later)} of later cohorts."
        )
    st.warning(
        f"**The first cohorts are mostly customers of old.** The file begins on "
        f"{day_text(first)}, and the shop is probably older: {named} "
        f"{'hold' if len(start.cohorts) > 1 else 'holds'} {start.size:,} of "
        f"{len(found.frame):,} customers, against {start.usual:,.0f} new ones a month later "
        f"on.{strong} Whether these months won better customers, or whether only the loyal "
        "customers of earlier years were still there, cannot be told from this file, so they are "
        "left out of the comparison below. Load earlier orders if there are any.",
        icon=":material/first_page:",
    )
    return start


def hindsight(view: View, found: Analysis) -> None:
    """A word where the filter picks customers by what they did later."""
    fields = picked_in_hindsight(view.where, found.population.levels)
    if fields:
        st.caption(
            f"The filter on {plain(', '.join(fields).lower())} picks customers by what they did "
            "after their first order, so that they stayed or left is no surprise, and nothing "
            "that new customers will do. All orders of the customers kept count."
        )


def show_matrix(view: View, found: Analysis, start: Start | None, cohorts: Cohorts) -> None:
    """Cohorts by month; a click on a cell filters by the cohort."""
    against: Against = st.segmented_control(
        "Months by", AGAINST, default="Age in months", key="against", bind="query-params"
    ) or "Age in months"  # fmt: skip
    label = st.segmented_control(
        "Cells show", tuple(MEASURES), default="Retention", key="cells", bind="query-params"
    )
    label = label or "Retention"
    measure = MEASURES[label]
    shown = grid(cohorts.cells, measure, against)
    if shown.empty:
        st.info("The file covers no calendar month from end to end, so there is no cell to show.")
        return
    filters.pick(
        cohort_grid(
            shown,
            measure,
            title=_title(cohorts, measure, start.cohorts if start else ()),
            x="Months after the first order" if against == "Age in months" else "Month",
            top=top(shown),
            selected=view.where.chosen(COHORT),
        ),
        COHORT,
        name="matrix",
        alt=f"{label} by month of the first order and {against.lower()}; a click filters",
    )
    st.caption(_note(view, found, cohorts, measure))
    with st.expander("The same as a table"):
        table = shown.pivot(index="label", columns="place", values="figure")
        table.columns = [str(name) for name in table.columns]
        table.index.name = "First order"
        form = "percent" if measure == "retention" else "%,.2f" if measure == "value" else "%,.0f"
        number = st.column_config.NumberColumn(format=form)
        st.dataframe(table, column_config=dict.fromkeys(table.columns, number), width="stretch")


def show_growth(view: View, found: Analysis, cohorts: Cohorts, cost: float | None) -> None:
    """What a customer brings by age, cohort by cohort."""
    frame = growth(cohorts.cells)
    if frame.empty:
        return
    ahead = f", and the next {months(found.settings.horizon_months)} as forecast"
    filters.pick(
        growth_lines(
            frame,
            title=f"Margin per customer by age{ahead if FORECAST in set(frame['kind']) else ''}",
            selected=view.where.chosen(COHORT),
            cost=cost,
        ),
        COHORT,
        name="growth",
        alt="Margin so far per customer by age, a line per cohort; a click filters",
    )
    st.caption(
        f"Margin at {share(found.margin)} of net revenue, not discounted. A click on a point "
        "filters by its cohort. The stronger the colour, the later the cohort."
    )


def best_and_worst(view: View, found: Analysis, start: Start | None, cohorts: Cohorts) -> None:
    """The best and the worst cohort by name, or that chance does not let them be told apart."""
    first, last = found.lines.first, found.lines.last
    leave_out = start.cohorts if start else ()
    keys = cohorts_of(cohorts.observed)
    keys = keys[~keys["cohort"].isin(leave_out)]
    number = keys["cohort"].map(lambda text: month_number(pd.Timestamp(f"{text}-01").date()))
    age = compared_age(keys.assign(cohort=number), first, last)
    st.subheader("Best and worst cohort")
    if age is None:
        st.markdown(
            f"There are no two cohorts of {SMALL} customers or more that have been watched for a "
            "full month after their first, so none can be called better."
        )
        return
    at = ask(view, found, at_age, age, ignore=COHORT, always=True)
    measures: tuple[Measure, ...] = ("retention", "value")
    for measure in measures:
        table = ranked(
            at, age, measure, first=first, last=last, margin=found.margin, leave_out=leave_out
        )
        st.markdown(f"- {_verdict(table, measure, age)}")
    st.caption(
        f"Compared are cohorts of {SMALL} customers or more whose months 0 to {age} the file "
        "covers. The ranges hold for all cohorts at once, 19 times in 20. Cohorts of different "
        "months are of the same age at different times of the year, so a season can make a "
        "difference too."
    )


def _verdict(table: pd.DataFrame, measure: Measure, age: int) -> str:
    what = (
        f"Retention: ordered in month {age} after the first"
        if measure == "retention"
        else f"Margin per customer until the end of month {age}"
    )
    if len(table) < 2:
        return f"**{what}**: fewer than two cohorts can be compared."
    write = share if measure == "retention" else money
    best, worst = table.iloc[0], table.iloc[-1]

    def named(row: "pd.Series[Any]") -> str:
        reach = f"{write(row['low'])} to {write(row['high'])}"
        return f"**{row['cohort']}** with {write(row['value'])} (range {reach})"

    if told_apart(table):
        return (
            f"{what}: best of {len(table)} cohorts is {named(best)}, worst {named(worst)}; their "
            "ranges do not overlap."
        )
    return (
        f"{what}: the {len(table)} cohorts **cannot be told apart**. They lie between "
        f"{write(worst['value'])} and {write(best['value'])}, and even the ranges of the highest "
        "and the lowest overlap, so chance alone may make the difference."
    )


def _title(cohorts: Cohorts, measure: str, of_old: tuple[str, ...]) -> str:
    if measure == "retention":
        cells = cohorts.observed[~cohorts.observed["cohort"].isin(of_old)]
        whom = "new customers" if of_old else "customers"
        for age in (3, 2, 1):
            usual = usual_retention(cells, age)
            if not math.isnan(usual):
                return f"{share(usual)} of {whom} order in month {age} after their first order"
    names = {
        "customers": "Customers who ordered, by month of their first order",
        "orders": "Orders, by month of the customer's first",
        "revenue": "Net revenue, by month of the customer's first order",
        "value": "Margin so far per customer won",
        "retention": "Share of each cohort that ordered",
    }
    return names[measure]


def _note(view: View, found: Analysis, cohorts: Cohorts, measure: str) -> str:
    first, last = found.lines.first, found.lines.last
    notes = [
        "A row holds the customers whose first order in the file falls in that month; month 0 is "
        "that month itself and may be darker than the scale."
    ]
    partial = [
        month_words(number)
        for number in dict.fromkeys((month_number(first), month_number(last)))
        if number not in full_months(first, last)
    ]
    if partial:
        notes.append(
            f"Cells of {' and '.join(partial)} are left out or forecast: the file covers "
            f"{day_text(first)} to {day_text(last)}, and a part of a month is no fall."
        )
    silent = in_words(silent_days(view, found))
    if silent:
        notes.append(f"{silent} Cells of these months are lower for it.")
    ahead = bool((cohorts.cells["kind"] == FORECAST).any())
    if ahead and measure in ("orders", "revenue", "value"):
        notes.append(
            f"Small squares are the forecast of the next {months(found.settings.horizon_months)}"
            " (not discounted"
            + ("; it counts several orders of one day as one)." if measure == "orders" else ").")
        )
        if doubt(found):
            notes.append(plain(doubt(found)))
    elif ahead:
        notes.append("The forecast says how many orders come, not who makes them: none here.")
    sizes = cohorts_of(cohorts.observed)
    if (sizes["size"] < SMALL).any():
        notes.append(f"“few”: under {SMALL} customers, mostly chance.")
    if len(sizes) > MOST:
        notes.append(f"The latest {MOST} of {len(sizes)} cohorts are shown.")
    return " ".join(notes)


def of_customers(found: Analysis, mask: Mask, chosen: tuple[str, ...]) -> None:
    """The cohorts of a file with one row per customer, and what is missing."""
    table = table_of_customers(found.frame[mask])
    number = st.column_config.NumberColumn
    horizon = months(found.settings.horizon_months)

    def draw(**how: Any) -> None:
        st.dataframe(
            table,
            hide_index=True,
            width="stretch",
            column_config={
                "cohort": st.column_config.TextColumn("First order", pinned=True),
                "customers": number("Customers", format="%,d"),
                schema.ORDERS: number("Orders so far", format="%,.0f"),
                schema.REVENUE: number("Net revenue so far", format="%,.0f"),
                schema.HISTORIC_VALUE: number("Historic value", format="%,.0f"),
                schema.PREDICTED_CLV: number(f"Predicted CLV, {horizon}", format="%,.0f"),
                "small": st.column_config.CheckboxColumn(f"Under {SMALL} customers"),
            },
            **how,
        )

    filters.pick_row(draw, table["cohort"].tolist(), COHORT, name="cohort_rows")
    st.caption(
        "A click on a row filters by its month."
        + (f" Filtered: {', '.join(chosen)}." if chosen else "")
    )
    st.info(
        "The file has one row per customer: it does not say in which month an order after the "
        "first was made, except the last one. Retention, revenue by month of age, the best cohort "
        "and the cost of winning customers need a file with one row per order.",
        icon=":material/info:",
    )
