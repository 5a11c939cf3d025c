"""Marks that several charts share: bars that let an interval show, and the interval."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import altair as alt

AnyChart = alt.Chart | alt.LayerChart
Drawn = TypeVar("Drawn", alt.Chart, alt.LayerChart)

# The name of a click: st.altair_chart(..., on_select=..., selection_mode=PICK) gives
# {"selection": {PICK: [{"name": "Champions"}]}}, with the columns named in `clickable`.
PICK: Final = "pick"

# A legend that leaves a phone its width.
ABOVE: Final = alt.Legend(orient="top")

# Paler than the interval drawn over it in the same colour.
BAR: Final[Mapping[str, Any]] = {"cornerRadiusEnd": 3, "opacity": 0.65}


def clickable(column: str) -> alt.Parameter:
    """The selection of a mark by a click: its value is that of `column`, a value of the filter."""
    return alt.selection_point(name=PICK, fields=[column])


def faded(chart: Drawn, column: str, selected: Sequence[str], full: float = 1.0) -> Drawn:
    """The chart with only the selected marks in full colour; all are where none is selected."""
    if not selected:
        return chart
    highlighted = alt.FieldOneOfPredicate(field=column, oneOf=list(selected))
    return chart.encode(opacity=alt.condition(highlighted, alt.value(full), alt.value(0.3)))


def themed(chart: alt.Chart) -> alt.Chart:
    """A rule or text in the first colour of the theme; left alone it is black, day and night."""
    constant = alt.Color("theme:N", legend=None)
    colored: alt.Chart = chart.transform_calculate(theme="'theme'").encode(color=constant)
    return colored


def interval(base: alt.Chart, low: str, high: str, title: str, axis: alt.Axis) -> alt.Chart:
    """A line from column `low` to column `high`, on the axis of the bars under it."""
    # Vega draws a missing end at zero, so rows without an interval are left out.
    complete = base.transform_filter(f"isValid(datum.{low}) && isValid(datum.{high})")
    line: alt.Chart = complete.mark_rule(strokeWidth=4, strokeCap="round").encode(
        x=alt.X(f"{low}:Q", title=title, axis=axis), x2=f"{high}:Q"
    )
    return line
