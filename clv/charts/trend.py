"""Months, weeks or days next to each other, with the year before behind them."""

from collections.abc import Mapping, Sequence
from typing import Final

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, MONEY, SHORT_MONEY, lines
from clv.charts.marks import ABOVE, clickable, faded, marked

THIS: Final = "Counted"
BEFORE: Final = "A year before"
# Column -> title, format of a value.
MEASURES: Final[Mapping[str, tuple[str, str]]] = {
    "revenue": ("Net revenue", MONEY),
    "orders": ("Orders", COUNT),
    "customers": ("Customers who ordered", COUNT),
    "basket": ("Average basket", ",.2f"),
    "ticket": ("Average ticket", MONEY),
}


def trend_bars(
    frame: pd.DataFrame, measure: str, *, title: str, selected: Sequence[str] = ()
) -> alt.LayerChart:
    """One bar per month, week or day; a click on it is the selection PICK.

    Takes start, until (the day after), middle, value (what the filter calls the bar), complete
    (bool; bars of what the file covers in part are hollow), the column `measure` (a key of
    MEASURES) and `measure`_before (a year before, drawn as a line where there is one).
    """
    name, form = MEASURES[measure]
    axis = alt.Axis(labelExpr=SHORT_MONEY) if form == MONEY else alt.Axis(format=",.4~f")
    about = [
        alt.Tooltip("value:N", title="Days"),
        alt.Tooltip(f"{measure}:Q", title=name, format=form),
        alt.Tooltip(f"{measure}_before:Q", title=BEFORE, format=form),
        alt.Tooltip("covered:N", title="Covered by the file"),
    ]
    base = alt.Chart(marked(frame, "value", selected)).transform_calculate(
        series=f"'{THIS}'",
        covered="datum.complete ? 'completely' : 'in part only'",
    )
    compared = bool(frame[f"{measure}_before"].notna().any())
    scale = alt.Scale(domain=[THIS, BEFORE] if compared else [THIS])
    x = alt.X("start:T", bin="binned", title=None, axis=alt.Axis(grid=False))
    # With both ends of a bar given, a corner radius makes Vega draw nothing.
    bars = base.mark_bar(cursor="pointer", binSpacing=1, strokeWidth=1).encode(
        x=x,
        x2="until:T",
        y=alt.Y(f"{measure}:Q", title=name, axis=axis),
        fill=alt.Fill("series:N", scale=scale, legend=ABOVE, title=None),
        fillOpacity=alt.condition("datum.complete", alt.value(0.85), alt.value(0.15)),
        stroke=alt.Stroke("series:N", scale=scale, legend=None),
        tooltip=about,
    )
    bars = faded(bars.add_params(clickable("value")))
    if not compared:
        return alt.LayerChart(layer=[bars], title=lines(title))
    middle = base.transform_calculate(series=f"'{BEFORE}'")
    before = middle.mark_line(
        point={"size": 25}, strokeWidth=2, interpolate="monotone", tooltip=None
    ).encode(
        x=alt.X("middle:T", title=None),
        y=alt.Y(f"{measure}_before:Q", title=name, axis=axis),
        color=alt.Color("series:N", scale=scale, legend=None),
    )
    return alt.LayerChart(layer=[bars, before], title=lines(title))
