"""Cohorts by month, and how what a customer brings grows with age."""

from collections.abc import Mapping, Sequence
from typing import Final

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, MONEY, PERCENT, PERCENT_AXIS, SHORT_MONEY, lines
from clv.charts.marks import clickable, faded, marked, themed

# Measure -> title, format.
MEASURES: Final[Mapping[str, tuple[str, str]]] = {
    "retention": ("Ordered, of the cohort", PERCENT),
    "customers": ("Customers who ordered", COUNT),
    "orders": ("Orders", COUNT),
    "revenue": ("Net revenue", MONEY),
    "value": ("Margin so far per customer", MONEY),
}
FORECAST_BAND: Final = 0.65  # of a cell: forecasts are small squares


def cohort_grid(
    frame: pd.DataFrame,
    measure: str,
    *,
    title: str,
    x: str,
    top: float,
    selected: Sequence[str] = (),
) -> alt.LayerChart:
    """A cell per cohort and month, forecast months as small squares; a click is the selection
    PICK with the cohort.

    Takes cohort, label (of a row), place (of a column), figure (of `measure`, a key of
    MEASURES), kind ("Observed" or "Forecast"), size, month, age. x: what the columns are; top:
    where the scale of colours ends.
    """
    name, form = MEASURES[measure]
    axis = PERCENT_AXIS if form == PERCENT else ",.4~f"
    base = alt.Chart(marked(frame, "cohort", selected)).encode(
        x=alt.X("place:O", title=x, axis=alt.Axis(orient="top", labelOverlap=True, grid=False)),
        y=alt.Y("label:O", title="First order (customers)", axis=alt.Axis(grid=False)),
        color=alt.Color(
            "figure:Q",
            title=name,
            scale=alt.Scale(domain=[0, top], clamp=True),
            legend=alt.Legend(orient="bottom", format=axis, gradientLength=160),
        ),
        tooltip=[
            alt.Tooltip("cohort:N", title="Month of the first order"),
            alt.Tooltip("size:Q", title="Customers of the cohort", format=COUNT),
            alt.Tooltip("month:N", title="Month"),
            alt.Tooltip("age:Q", title="Age, months", format=COUNT),
            alt.Tooltip("figure:Q", title=name, format=form),
            alt.Tooltip("kind:N", title="Observed or forecast"),
        ],
    )
    cells = base.transform_filter("datum.kind == 'Observed'").mark_rect(cursor="pointer")
    ahead = base.transform_filter("datum.kind == 'Forecast'").mark_rect(
        cursor="pointer",
        cornerRadius=3,
        width=alt.RelativeBandSize(band=FORECAST_BAND),
        height=alt.RelativeBandSize(band=FORECAST_BAND),
    )
    layers = [cells.add_params(clickable("cohort")), ahead]
    chart = alt.LayerChart(layer=layers, title=lines(title), height={"step": 24})
    return faded(chart)


def growth_lines(
    frame: pd.DataFrame, *, title: str, selected: Sequence[str] = (), cost: float | None = None
) -> alt.LayerChart:
    """Margin so far per customer by age, a line per cohort, dashed where it is forecast.

    Takes cohort, age (months), figure (money), kind, size. A click on a point is the selection
    PICK with the cohort. cost: of winning a customer, drawn as a level line.
    """
    base = alt.Chart(marked(frame, "cohort", selected)).encode(
        x=alt.X("age:Q", title="Age, months", axis=alt.Axis(grid=False, tickMinStep=1)),
        y=alt.Y(
            "figure:Q",
            title="Margin so far per customer",
            axis=alt.Axis(labelExpr=SHORT_MONEY),
        ),
        color=alt.Color("cohort:O", title="First order", legend=None),
        tooltip=[
            alt.Tooltip("cohort:N", title="Month of the first order"),
            alt.Tooltip("size:Q", title="Customers of the cohort", format=COUNT),
            alt.Tooltip("age:Q", title="Age, months", format=COUNT),
            alt.Tooltip("figure:Q", title="Margin so far per customer", format=MONEY),
            alt.Tooltip("kind:N", title="Observed or forecast"),
        ],
    )
    path = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=["Observed", "Forecast"], range=[[1, 0], [4, 3]]),
            legend=alt.Legend(orient="top"),
        ),
        detail="cohort:N",
    )
    points = base.mark_point(filled=True, size=45, cursor="pointer").add_params(clickable("cohort"))
    layers = [path, points]
    if cost is not None:
        level = alt.Chart(pd.DataFrame({"cost": [cost]})).mark_rule(strokeWidth=2)
        tip = [alt.Tooltip("cost:Q", title="Cost per customer won", format=MONEY)]
        layers.append(themed(level.encode(y="cost:Q", tooltip=tip)))
    chart: alt.LayerChart = alt.LayerChart(layer=layers, title=lines(title)).resolve_scale(
        color="independent"
    )
    return faded(chart)
