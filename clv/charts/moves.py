"""From one group to another: between two orders, or between two days."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from clv import schema
from clv.charts.formats import COUNT, MONEY, PERCENT, PERCENT_AXIS, lines
from clv.charts.marks import SHORT, clickable, faded, marked


def moves_heatmap(
    frame: pd.DataFrame,
    *,
    title: str,
    before: str,
    after: str,
    order: Sequence[str],
    click: str = "",
    selected: Sequence[str] = (),
) -> alt.Chart:
    """Where the customers of each group went: a row adds up to all who were in it.

    Takes from, to, customers, share (of the row, 0 to 1), and revenue (money) where there is
    any. order: of the names, on both sides; before, after: what the two sides are called;
    click: "from" or "to", the side whose name a click gives as PICK.
    """
    tooltip = [
        alt.Tooltip("from:N", title=before),
        alt.Tooltip("to:N", title=after),
        alt.Tooltip("customers:Q", title="Customers", format=COUNT),
        alt.Tooltip("share:Q", title="Of the row", format=PERCENT),
    ]
    if schema.REVENUE in frame:
        tooltip.append(alt.Tooltip("revenue:Q", title="Net revenue so far", format=MONEY))
    if click:
        frame = marked(frame, click, selected)
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title))
        .mark_rect(cursor="pointer" if click else "default")
        .encode(
            x=alt.X(
                "to:N",
                title=after,
                sort=list(order),
                axis=alt.Axis(labelAngle=-45, labelLimit=110, labelOverlap=False),
            ),
            y=alt.Y("from:N", title=before, sort=list(order), axis=alt.Axis(labelLimit=120)),
            color=alt.Color(
                "share:Q",
                title="Of the row",
                scale=alt.Scale(domainMin=0),
                legend=alt.Legend(orient="top", format=PERCENT_AXIS, gradientLength=SHORT),
            ),
            tooltip=tooltip,
        )
        .properties(height={"step": 28})
    )
    if not click:
        return chart
    return faded(chart.add_params(clickable(click)))
