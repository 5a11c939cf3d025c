"""Parts of the Health page: figures of a period, trend, channels, time between orders."""

import math
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.segments import segment_bars
from clv.charts.trend import MEASURES as TITLES
from clv.charts.trend import trend_bars
from clv.charts.waiting import comeback_curve, waits_by_number
from clv.insights.calendar import UNITS, Stretch, Unit, day_text
from clv.insights.health import (
    PERIODS,
    Figure,
    activity,
    compare,
    figures_of_customers,
    figures_of_lines,
    standing,
    standing_days,
)
from clv.insights.hindsight import picked_in_hindsight
from clv.insights.holes import holes, in_words
from clv.insights.line_groups import revenue_by
from clv.insights.lines import Mask
from clv.insights.selection import EVERYONE, ORDERED
from clv.insights.trend import SHOWN, change_over_year, latest, sums_by_bucket, trend
from clv.insights.waiting import NUMBERS, by_number, comeback, waits
from clv.intake.wording import rounded
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.figures import doubt, money, months, share, span
from clv.ui.session import ask
from clv.ui.text import plain

MEASURES: Final = {
    "Net revenue": "revenue",
    "Orders": "orders",
    "Customers": "customers",
    "Basket": "basket",
    "Ticket": "ticket",
}
PLACES: Final[dict[Unit, str]] = {"Month": "months", "Week": "weeks", "Day": "days"}
AFTER: Final = {"Any order": 0, "The first": 1, "The second": 2, "The third": 3}


def grid(view: View, found: Analysis, mask: Mask) -> None:
    """The figures of a period that is chosen here, each against the one before."""
    chosen = st.segmented_control(
        "Period", tuple(PERIODS), default="12 months", key="period", bind="query-params"
    )
    length = PERIODS[chosen or "12 months"]
    kept = found.frame[mask]
    if found.shop.by_customer:
        figures = figures_of_customers(kept, found.analysis_date, length, found.settings)
        said = (
            "The file has one row per customer: orders, ticket and repeat rate are of all time in "
            "the file, and there is no period before to compare with."
        )
    else:
        figures, said = _of_lines(view, found, length)
    with st.grid(min_column_width=170):
        for figure in (*_worth(found, mask), *figures):
            _metric(figure)
    st.caption(said)


def missing() -> None:
    """What a file with one row per customer cannot show here."""
    st.info(
        "The trend, the average basket, churn from period to period and the time between orders "
        "need single orders. Load a file with one row per order to see them.",
        icon=":material/info:",
    )


def over_time(view: View, found: Analysis) -> None:
    """The trend; a click on a bar filters by the days of the orders."""
    unit: Unit = st.segmented_control(
        "Per", UNITS, default="Month", key="per", bind="query-params"
    ) or "Month"  # fmt: skip
    label = st.segmented_control(
        "Measure", tuple(MEASURES), default="Net revenue", key="trend", bind="query-params"
    )
    measure = MEASURES[label or "Net revenue"]
    frame = latest(_trend(view, found, unit, ORDERED), unit)
    chosen = view.where.chosen(ORDERED)
    filters.pick(
        trend_bars(frame, measure, title=_trend_title(frame, unit, measure), selected=chosen),
        ORDERED,
        name="trend",
        alt=f"Bars of {label} per {unit.lower()}; a click filters by the days of the orders",
    )
    st.caption(_trend_note(view, found, frame, unit, measure))


def by_channel(view: View, found: Analysis) -> None:
    """Channels and countries of the orders, where the file has them."""
    drawn = False
    for field, column in (("Channel", schema.CHANNEL), ("Country", schema.COUNTRY)):
        if column not in found.shop.roles:
            continue
        frame = ask(view, found, revenue_by, column, ignore=field)
        if len(frame) < 2:
            continue
        drawn = True
        whole = frame["revenue"].clip(lower=0).sum()
        part = share(float(frame["revenue"].iloc[0]) / whole) if whole > 0 else "–"
        st.subheader(f"By {field.lower()}")
        filters.pick(
            segment_bars(
                frame,
                schema.REVENUE,
                title=f"{frame['name'].iloc[0]} brings {part} of net revenue",
                selected=view.where.chosen(field),
            ),
            field,
            name=f"by_{column}",
            alt=f"Bars of net revenue by {field.lower()} of the order; a click filters",
        )
        st.caption(
            f"Revenue {'of the days filtered' if view.where.days else 'so far'} by the "
            f"{field.lower()} of each order. A click keeps the customers whose "
            f"latest {field.lower()} it is, with all their orders."
        )
    if not drawn:
        st.info(
            "These orders have no channels and no countries to compare. If the file has a column "
            "for one, choose it on the page *Your data*.",
            icon=":material/info:",
        )


def between_orders(view: View, found: Analysis) -> None:
    """How long customers take to order again, and the day to win back from."""
    counted = ask(view, found, waits, found.analysis_date, always=True)
    steps = by_number(counted)
    if steps.empty:
        st.info(
            "None of these customers has ordered on a second day, so there is no time between "
            "orders to measure.",
            icon=":material/info:",
        )
        return
    after = AFTER[
        st.segmented_control(
            "After", tuple(AFTER), default="Any order", key="after", bind="query-params"
        )
        or "Any order"
    ]
    _win_back(counted[counted["number"] == after] if after else counted)
    st.altair_chart(
        waits_by_number(steps, title=_steps_title(steps)),
        alt="Days between purchase days by number of the purchase: middle 60 % and median",
        width="stretch",
    )
    st.caption(
        "Bars hold the middle 60 % of the waits that have ended, ticks the median. Several orders "
        "on one day are one purchase day. Customers whose next order is still to come are not in "
        f"the bars, so true waits are longer. “{NUMBERS} and later” holds all later purchase days."
    )


def _win_back(counted: pd.DataFrame) -> None:
    back = comeback(counted)
    if math.isnan(back.win_back):
        st.info("No further order has come after this one.", icon=":material/info:")
        return
    day = f"{back.win_back:,.0f}"
    left, right = st.columns([1, 2], vertical_alignment="center")
    left.metric(
        "Win back from day",
        day,
        help="Of the repeat orders that came, 80 % came by this many days after the last one.",
        border=True,
    )
    words = (
        f"**80\N{NO-BREAK SPACE}% of the {back.ended:,} repeat orders that came, came by day "
        f"{day}**, half of them by day {back.median:,.0f}. A customer who is silent for longer "
        "waits longer than most who came back: write to them then."
    )
    if not math.isnan(back.by_then):
        words += (
            f"  \nThat looks only at orders that came. {back.running:,} waits are still running. "
            "Counting these as well, each for as long as it has been watched (the Kaplan-Meier "
            f"estimate), {share(back.by_then)} of all waits end in another order by day {day}, "
            f"and another {share(back.later)} after it, up to day {back.seen_until:,}."
        )
    else:
        words += (
            f"  \nThat looks only at orders that came; {back.running:,} waits are still running, "
            "and too few were watched for that long to say how many will come."
        )
    right.markdown(words)
    st.altair_chart(
        comeback_curve(
            back.curve, back.win_back, title=f"Most orders that came back came by day {day}"
        ),
        alt="Share that has ordered again by day, of the orders that came and of all customers",
        width="stretch",
    )
    st.caption(
        "The file ends, so long waits are seen less often than short ones: day "
        f"{day} is a little early in a young file. Customers who order often have more waits and "
        "count more often; choose “The first” for customers who have ordered once."
    )


def _of_lines(view: View, found: Analysis, length: int) -> tuple[list[Figure], str]:
    first, last = found.lines.first, found.lines.last
    comparison = compare(first, last, length, silent_days(view, found))
    days = standing_days(first, found.analysis_date)
    figures = figures_of_lines(
        _trend(view, found, "Month", "", always=True),
        ask(view, found, activity, always=True),
        ask(view, found, standing, days, found.settings, always=True),
        comparison,
        first=first,
        last=last,
        pieces=schema.QUANTITY in found.shop.roles,
        settings=found.settings,
    )
    said = f"{comparison.sentence} Churned, long gone and repeat rate are as of the analysis date."
    if view.where.days:
        said += " All orders of the customers kept count, also those on other days."
    fields = picked_in_hindsight(view.where, found.population.levels)
    if fields:
        said += (
            f" The filter on {plain(', '.join(fields).lower())} picks customers by what they did, "
            "so that they came or left is no surprise."
        )
    return figures, said


def _trend(
    view: View, found: Analysis, unit: Unit, ignore: str, *, always: bool = False
) -> pd.DataFrame:
    sums = ask(view, found, sums_by_bucket, unit, ignore=ignore, always=always)
    pieces = schema.QUANTITY in found.shop.roles
    first, last = found.lines.first, found.lines.last
    return trend(sums, unit, first, last, pieces=pieces, silent=silent_days(view, found))


def silent_days(view: View, found: Analysis) -> tuple[Stretch, ...]:
    """Days in a row on which no customer of the file ordered, whoever is filtered."""
    daily = ask(replace(view, where=EVERYONE), found, sums_by_bucket, "Day")
    return holes(daily, found.lines.first, found.lines.last)


def _worth(found: Analysis, mask: Mask) -> list[Figure]:
    kept = found.frame[mask]
    historic = float(kept[schema.REVENUE].sum())
    total = kept[schema.TOTAL_VALUE]
    horizon = months(found.settings.horizon_months)
    return [
        Figure("Revenue so far", historic, "money", "Historic net revenue, of all time."),
        Figure(
            "Total value",
            float(total.sum()) if found.valuation else float("nan"),
            "money",
            f"Historic value, plus the predicted CLV of the next {horizon}, of which the "
            f"{span(found.valuation.total(mask), found.settings.coverage)}. {doubt(found)} What it "
            "was a period ago would need the forecast of that time: no comparison."
            if found.valuation
            else "There is no model for this shop, so nothing is predicted.",
            note=f"{horizon} ahead" if found.valuation else "",
        ),
    ]


def _metric(figure: Figure) -> None:
    st.metric(
        figure.name,
        _written(figure),
        delta=figure.note or _change(figure),
        delta_color="off" if figure.good is None else "normal" if figure.good else "inverse",
        delta_arrow="off" if figure.note else "auto",
        chart_data=list(figure.line) if len(figure.line) > 3 else None,
        chart_type="line",
        help=figure.help,
        border=True,
        height="stretch",
    )


def _written(figure: Figure) -> str:
    if figure.kind == "count":
        return "–" if math.isnan(figure.value) else f"{figure.value:,.0f}"
    if figure.kind == "share":
        return share(figure.value, 1)
    return money(figure.value)


def _change(figure: Figure) -> str | None:
    if figure.change is None:
        return None
    amount = rounded(100 * figure.change, 1)
    unit = "points" if figure.kind == "share" else "%"
    return f"{'' if amount.startswith('-') else '+'}{amount}\N{NO-BREAK SPACE}{unit}"


def _trend_title(frame: pd.DataFrame, unit: Unit, measure: str) -> str:
    name, places = TITLES[measure][0], PLACES[unit]
    change, both = change_over_year(frame, unit, measure)
    if not math.isnan(change):
        way = "above" if change >= 0 else "below"
        compared = f"the last {both} full {places}" if both > 1 else f"the last full {unit.lower()}"
        return (
            f"{name}: {compared} are {share(abs(change))} {way} a year before"
            if both > 1
            else (f"{name}: {compared} is {share(abs(change))} {way} a year before")
        )
    whole = frame[frame["complete"] & frame[measure].notna()]
    if whole.empty:
        return f"{name} per {unit.lower()}: none is covered completely"
    best = whole["value"].iloc[int(np.argmax(whole[measure]))]
    return f"{name} per {unit.lower()}: highest in {best}"


def _trend_note(view: View, found: Analysis, frame: pd.DataFrame, unit: Unit, measure: str) -> str:
    notes = ["A click on a bar keeps the customers who ordered then; click again to undo."]
    hollow = frame.loc[~frame["complete"], "value"].tolist()
    if hollow:
        named = f"{' and '.join(hollow[:6])}{' and others' if len(hollow) > 6 else ''}"
        covered = f"{day_text(found.lines.first)} to {day_text(found.lines.last)}"
        notes.append(f"Hollow: {named}, of which the file ({covered}) has a part only.")
    notes.append(in_words(silent_days(view, found)))
    if not frame[f"{measure}_before"].notna().any():
        notes.append("The file is too short to show the year before.")
    elif unit != "Month":
        notes.append("The year before is 52 weeks earlier, on the same days of the week.")
    if len(frame) == SHOWN[unit]:
        notes.append(f"The latest {SHOWN[unit]} {PLACES[unit]} are shown.")
    if measure == "revenue":
        where = {
            "net": "Refunds lower the day of their order.",
            "own_date": "Refunds lower the day they were made.",
        }
        notes.append(where.get(view.refunds, "Refunds are left out."))
    if measure == "basket":
        pieces = schema.QUANTITY in found.shop.roles
        notes.append("Pieces per order." if pieces else "Lines per order.")
    return " ".join(filter(None, notes))


def _steps_title(steps: pd.DataFrame) -> str:
    first = steps.iloc[0]
    took = f"{first['median']:,.0f}"
    return f"From purchase day {first['step']}, half of those who came back took {took} days"
