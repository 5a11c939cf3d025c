"""One customer: the orders on a time line, P(alive) through time, expected orders ahead."""

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, MONEY, PERCENT, PERCENT_AXIS, SHORT_MONEY, lines
from clv.charts.marks import themed

KINDS = ["Order", "Refund"]
DAY = "%d %B %Y"
PIECES = "isValid(datum.pieces) ? format(datum.pieces, ',') : 'not known'"
MONTHS = alt.Axis(
    grid=False,
    format="%b %Y",
    labelOverlap=True,
    tickCount={"interval": "month", "step": 1},
)


def time_line(frame: pd.DataFrame, *, title: str) -> alt.Chart:
    """Every order a circle, every refund a cross; the area of both is money.

    Takes day (datetime), kind ("Order" or "Refund"), money, pieces (NaN where not known).
    """
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title), height={"step": 48})
        .transform_calculate(size="abs(datum.money)", count=PIECES)
        .mark_point(filled=True, opacity=0.7)
        .encode(
            x=alt.X("day:T", title="Day", axis=MONTHS),
            y=alt.Y("kind:N", title=None, sort=KINDS),
            size=alt.Size("size:Q", legend=None, scale=alt.Scale(range=[30, 600])),
            shape=alt.Shape(
                "kind:N", legend=None, scale=alt.Scale(domain=KINDS, range=["circle", "cross"])
            ),
            color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=KINDS)),
            tooltip=[
                alt.Tooltip("day:T", title="Day", format=DAY),
                alt.Tooltip("kind:N", title="Which"),
                alt.Tooltip("money:Q", title="Money", format=MONEY),
                alt.Tooltip("count:N", title="Pieces"),
            ],
        )
    )
    return chart


def alive_line(frame: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """P(alive) through time, with a dot on each purchase day.

    Takes day (datetime), p_alive (0 to 1), bought (True on purchase days).
    """
    base = alt.Chart(frame).encode(
        x=alt.X("day:T", title="Day", axis=MONTHS),
        y=alt.Y(
            "p_alive:Q",
            title="P(alive)",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format=PERCENT_AXIS),
        ),
        tooltip=[
            alt.Tooltip("day:T", title="Day", format=DAY),
            alt.Tooltip("p_alive:Q", title="P(alive)", format=PERCENT),
        ],
    )
    dots = base.transform_filter("datum.bought").mark_point(filled=True, size=50, opacity=1)
    return alt.LayerChart(
        layer=[themed(base.mark_line(strokeWidth=2)), themed(dots)], title=lines(title), height=260
    )


def expected_line(frame: pd.DataFrame, *, title: str) -> alt.Chart:
    """Expected orders until each day ahead. Takes day (datetime), orders (cumulative)."""
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title), height=260)
        .mark_line(strokeWidth=2.5, point=True)
        .encode(
            x=alt.X("day:T", title="Until", axis=MONTHS),
            y=alt.Y("orders:Q", title="Expected orders", scale=alt.Scale(zero=True)),
            tooltip=[
                alt.Tooltip("day:T", title="Until", format=DAY),
                alt.Tooltip("orders:Q", title="Expected orders", format=".2f"),
            ],
        )
    )
    return chart


def spending(frame: pd.DataFrame, *, title: str) -> alt.Chart:
    """Revenue per product or group, the most first. Takes name, revenue, orders."""
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title), height={"step": 26})
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=180)),
            x=alt.X("revenue:Q", title="Net revenue", axis=alt.Axis(labelExpr=SHORT_MONEY)),
            tooltip=[
                alt.Tooltip("name:N", title="What"),
                alt.Tooltip("revenue:Q", title="Net revenue", format=MONEY),
                alt.Tooltip("orders:Q", title="Orders", format=COUNT),
            ],
        )
    )
    return chart
