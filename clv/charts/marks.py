"""Marks that several charts share: bars that let an interval show, and the interval."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import altair as alt
import pandas as pd

AnyChart = alt.Chart | alt.LayerChart
Drawn = TypeVar("Drawn", alt.Chart, alt.LayerChart)

# The name of a click: st.altair_chart(..., on_select=..., selection_mode=PICK) gives
# {"selection": {PICK: [{"name": "Champions"}]}}, with the columns named in `clickable`.
PICK: Final = "pick"

# A legend that leaves a phone its width.
ABOVE: Final = alt.Legend(orient="top")
SHORT: Final = 120  # of a scale of colours: fits above a map between long names, on a phone

# Paler than the interval drawn over it in the same colour.
BAR: Final[Mapping[str, Any]] = {"cornerRadiusEnd": 3, "opacity": 0.65}


def clickable(column: str) -> alt.Parameter:
    """The selection of marks by clicks: its values are those of `column`, values of the filter.

    Each click puts a mark in or takes it out, so two selections in turn tell what was clicked,
    and the chart need not be drawn anew to forget the click.
    """
    return alt.selection_point(name=PICK, fields=[column], toggle="true", clear=False)


def marked(frame: pd.DataFrame, column: str, selected: Sequence[str]) -> pd.DataFrame:
    """The rows with what `faded` asks of them: all but the selected fade, none where none is.

    In the data and not in the chart, so that a click changes a column on screen and the chart
    is not built anew.
    """
    return frame.assign(fades=~frame[column].isin(list(selected)) & bool(selected))


def faded(chart: Drawn) -> Drawn:
    """The chart with the marks paler that `marked` says; parts without that column stay."""
    for part in chart.layer if isinstance(chart, alt.LayerChart) else [chart]:
        drawn = getattr(part.mark, "opacity", alt.Undefined)
        full = drawn if isinstance(drawn, float | int) else 1.0
        pale = alt.condition("datum.fades", alt.value(0.3 * full), alt.value(full))
        part.encoding.opacity = pale
    return chart


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
