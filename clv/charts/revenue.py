"""Revenue over time."""

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, MONEY, SHORT_MONEY, lines


def monthly_revenue(frame: pd.DataFrame, *, title: str) -> alt.Chart:
    """Net revenue per calendar month. Takes month (its first day), revenue (money), orders."""
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("yearmonth(month):T", title="Month", axis=alt.Axis(grid=False)),
            y=alt.Y("revenue:Q", title="Net revenue", axis=alt.Axis(labelExpr=SHORT_MONEY)),
            tooltip=[
                alt.Tooltip("yearmonth(month):T", title="Month", format="%B %Y"),
                alt.Tooltip("revenue:Q", title="Net revenue", format=MONEY),
                alt.Tooltip("orders:Q", title="Orders", format=COUNT),
            ],
        )
    )
    return chart
