"""How unevenly value is spread, and how well that was foretold."""

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, MONEY, PERCENT, PERCENT_AXIS, SHORT_MONEY, lines
from clv.charts.marks import ABOVE, clickable, themed

BEST_SHARE = 0.2
FORECAST = ["Actual", "Forecast"]


def concentration(frame: pd.DataFrame, *, title: str, pickable: bool = False) -> alt.LayerChart:
    """The share of value that the best customers hold, against an even spread.

    pickable: a click on the curve picks the point's `condition`.

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
    layers = [diagonal, curve, dot.mark_point(filled=True, size=110, opacity=1), themed(label)]
    if pickable:
        # A line has nothing to hit: unseen points on it take the click.
        every_fifth = frame.iloc[::5]
        points = alt.Chart(every_fifth).mark_point(filled=True, size=300, opacity=0)
        points = points.encode(x=x, y=y, tooltip=tooltip).add_params(clickable("condition"))
        layers.append(points)
    return alt.LayerChart(layer=layers, title=lines(title))


def deciles(frame: pd.DataFrame, *, title: str) -> alt.Chart:
    """What each tenth of the customers was forecast to bring, and what it brought.

    Takes decile (1 is predicted to be best), customers, predicted, actual (money).
    """
    kind = "datum.which == 'predicted' ? 'Forecast' : 'Actual'"
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title))
        .transform_fold(["predicted", "actual"], as_=["which", "money"])
        .transform_calculate(kind=kind)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X(
                "decile:O",
                title="Tenth of customers, predicted to be best first",
                axis=alt.Axis(labelAngle=0),
            ),
            xOffset=alt.XOffset("kind:N", sort=FORECAST),
            y=alt.Y("money:Q", title="Net revenue", axis=alt.Axis(labelExpr=SHORT_MONEY)),
            color=alt.Color("kind:N", title=None, sort=FORECAST, legend=ABOVE),
            tooltip=[
                alt.Tooltip("decile:O", title="Tenth"),
                alt.Tooltip("customers:Q", title="Customers", format=COUNT),
                alt.Tooltip("kind:N", title="Which"),
                alt.Tooltip("money:Q", title="Net revenue", format=MONEY),
            ],
        )
    )
    return chart
