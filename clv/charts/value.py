"""The two answers side by side, and how unevenly value is spread."""

import altair as alt
import pandas as pd

from clv.charts.formats import MONEY, PERCENT, PERCENT_AXIS, SHORT_MONEY, lines
from clv.charts.marks import BAR, interval, themed

BEST_SHARE = 0.2


def comparison(frame: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """CLV per customer by each method, with its interval where it has one.

    Takes method, value, low, high: money per customer; low and high may be missing.
    """
    base = alt.Chart(frame).encode(
        y=alt.Y("method:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
        tooltip=[
            alt.Tooltip("method:N", title="Method"),
            alt.Tooltip("value:Q", title="Value per customer", format=MONEY),
            alt.Tooltip("low:Q", title="Interval from", format=MONEY),
            alt.Tooltip("high:Q", title="Interval to", format=MONEY),
        ],
    )
    unit, axis = "Money per customer", alt.Axis(labelExpr=SHORT_MONEY)
    bars = base.mark_bar(**BAR, height={"band": 0.6}).encode(
        x=alt.X("value:Q", title=unit, axis=axis)
    )
    chart: alt.LayerChart = (
        alt.LayerChart(layer=[bars, interval(base, "low", "high", unit, axis)])
        .encode(color=alt.Color("method:N", legend=None, sort=None))
        .properties(title=lines(title), height={"step": 56})
    )
    return chart


def concentration(frame: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """The share of value that the best customers hold, against an even spread.

    Takes share_of_customers and share_of_value, 0 to 1, from the best customer on. The
    straight line is what equal customers would give; the dot marks the best fifth.
    """
    distance = (frame["share_of_customers"] - BEST_SHARE).abs()
    best = frame.loc[[distance.idxmin()]] if len(frame) else frame
    x = alt.X(
        "share_of_customers:Q",
        title="Share of customers, best first",
        axis=alt.Axis(format=PERCENT_AXIS),
        scale=alt.Scale(domain=[0, 1]),
    )
    y = alt.Y(
        "share_of_value:Q",
        title="Share of value",
        axis=alt.Axis(format=PERCENT_AXIS),
        scale=alt.Scale(domain=[0, 1]),
    )
    tooltip = [
        alt.Tooltip("share_of_customers:Q", title="Best customers", format=PERCENT),
        alt.Tooltip("share_of_value:Q", title="hold, of the value", format=PERCENT),
    ]
    even = pd.DataFrame({"share_of_customers": [0, 1], "share_of_value": [0, 1]})
    diagonal = alt.Chart(even).mark_line(strokeDash=[4, 4], opacity=0.5).encode(x=x, y=y)
    curve = alt.Chart(frame).mark_line(strokeWidth=3).encode(x=x, y=y, tooltip=tooltip)
    dot = alt.Chart(best).encode(x=x, y=y, tooltip=tooltip)
    label = dot.mark_text(align="left", dx=12, dy=6, fontSize=14, fontWeight=600).encode(
        text=alt.Text("share_of_value:Q", format=PERCENT_AXIS)
    )
    marked = dot.mark_point(filled=True, size=110, opacity=1)
    return alt.LayerChart(layer=[diagonal, curve, marked, themed(label)], title=lines(title))
