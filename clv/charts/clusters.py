"""Customers by basket size and price sensitivity, in the groups that were found."""

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, PERCENT, PERCENT_AXIS, lines


def cluster_map(
    frame: pd.DataFrame, *, title: str, names: tuple[str, ...], price: str, is_share: bool
) -> alt.Chart:
    """Customers who buy alike as one dot, as large as they are many, in the colour of their group.

    Takes cluster (of `names`), basket (pieces per order), price (a share from 0 to 1, or a
    ratio), customers. price: what the vertical axis is called.
    """
    axis = alt.Axis(format=PERCENT_AXIS if is_share else ",.4~r", title=price, tickCount=6)
    scale = alt.Scale(zero=False) if is_share else alt.Scale(type="log", nice=False)
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title), height=420)
        .mark_circle(opacity=0.8)
        .encode(
            x=alt.X(
                "basket:Q",
                title="Pieces per order",
                scale=alt.Scale(type="log", base=2, nice=False),
                axis=alt.Axis(format=",.4~r", grid=False),
            ),
            y=alt.Y("price:Q", title=price, axis=axis, scale=scale),
            size=alt.Size("customers:Q", legend=None, scale=alt.Scale(type="sqrt", range=[8, 400])),
            color=alt.Color(
                "cluster:N",
                title=None,
                sort=list(names),
                legend=alt.Legend(orient="top", columns=1, labelLimit=300),
            ),
            tooltip=[
                alt.Tooltip("cluster:N", title="Group"),
                alt.Tooltip("basket:Q", title="Pieces per order", format=",.1f"),
                alt.Tooltip("price:Q", title=price, format=PERCENT if is_share else ",.2f"),
                alt.Tooltip("customers:Q", title="Customers", format=COUNT),
            ],
        )
    )
    return chart
