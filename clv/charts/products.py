"""Products: which segments prefer them, and what those who came with them are worth."""

from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, MONEY, PERCENT, SHORT_MONEY, lines
from clv.charts.marks import BAR, SHORT, clickable, faded, interval, marked, themed
from clv.charts.segments import RATIO

MOST_LIFT: Final = 2.0  # a deeper colour would say no more


def preference_heatmap(
    frame: pd.DataFrame, *, title: str, selected: Sequence[str] = ()
) -> alt.Chart:
    """How much likelier each segment is to buy a group; a click on a column is PICK.

    Takes segment, name, buyers, share, share_all (0 to 1), lift (1 is as likely as anyone; NaN
    for too few, and the cell is left empty), in the order to show.
    """
    chart: alt.Chart = (
        alt.Chart(marked(frame, "name", selected), title=lines(title))
        .transform_filter("isValid(datum.lift)")
        .mark_rect(cursor="pointer")
        .encode(
            x=alt.X(
                "name:N",
                title=None,
                sort=None,
                axis=alt.Axis(labelAngle=-45, labelLimit=110, labelOverlap=False),
            ),
            y=alt.Y("segment:N", title=None, sort=None, axis=alt.Axis(labelLimit=130)),
            color=alt.Color(
                "lift:Q",
                title="Times as likely",
                # Mixed in plain RGB: by hue, the way from orange to blue leads over pink.
                scale=alt.Scale(domain=[0, MOST_LIFT], domainMid=1, clamp=True, interpolate="rgb"),
                legend=alt.Legend(orient="top", format=",.1f", gradientLength=SHORT),
            ),
            tooltip=[
                alt.Tooltip("segment:N", title="Segment"),
                alt.Tooltip("name:N", title="Group"),
                alt.Tooltip("lift:Q", title="Times as likely", format=RATIO),
                alt.Tooltip("share:Q", title="Of the segment", format=PERCENT),
                alt.Tooltip("share_all:Q", title="Of all shown", format=PERCENT),
                alt.Tooltip("buyers:Q", title="Customers", format=COUNT),
            ],
        )
        .add_params(clickable("name"))
        .properties(height={"step": 26})
    )
    return faded(chart)


def first_product_bars(
    frame: pd.DataFrame, *, title: str, selected: Sequence[str] = ()
) -> alt.LayerChart:
    """Mean predicted CLV of the customers by what their first order held, with its range, and a
    rule at the mean of all. A click is PICK.

    Takes name, customers, share_customers, value_mean, value_low, value_high, historic_mean
    (money per customer), lift, average (the same in every row).
    """
    axis = alt.Axis(labelExpr=SHORT_MONEY, tickCount=6)
    unit = "Predicted CLV per customer"
    base = alt.Chart(marked(frame, "name", selected)).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=180)),
        tooltip=[
            alt.Tooltip("name:N", title="In the first order"),
            alt.Tooltip("value_mean:Q", title=unit, format=MONEY),
            alt.Tooltip("value_low:Q", title="Range from", format=MONEY),
            alt.Tooltip("value_high:Q", title="Range to", format=MONEY),
            alt.Tooltip("lift:Q", title="Times the average", format=RATIO),
            alt.Tooltip("historic_mean:Q", title="Margin so far", format=MONEY),
            alt.Tooltip("customers:Q", title="Customers", format=COUNT),
        ],
    )
    bars = base.mark_bar(**BAR, cursor="pointer").encode(
        x=alt.X("value_mean:Q", title=unit, axis=axis)
    )
    mean = (
        alt.Chart(frame.head(1))
        .mark_rule(strokeDash=[4, 3], strokeWidth=2)
        .encode(
            x=alt.X("average:Q", title=unit, axis=axis),
            tooltip=[alt.Tooltip("average:Q", title="All customers shown", format=MONEY)],
        )
    )
    ends = interval(base, "value_low", "value_high", unit, axis)
    layers = [bars.add_params(clickable("name")), themed(ends), themed(mean)]
    chart = alt.LayerChart(layer=layers, title=lines(title), height={"step": 30})
    return faded(chart)
