"""How long customers take to order again."""

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, PERCENT, PERCENT_AXIS, lines
from clv.charts.marks import BAR, themed


def waits_by_number(frame: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """Days from one purchase day to the next: the middle 60 % as a bar, the median as a tick.

    Takes number (to sort by), step ("1 to 2"), low, median, high (days), came and customers
    (counts), again (0 to 1).
    """
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "step:N",
            title="From purchase day to purchase day",
            sort=alt.EncodingSortField("number"),
        ),
        tooltip=[
            alt.Tooltip("step:N", title="From purchase day to purchase day"),
            alt.Tooltip("median:Q", title="Median, days", format=COUNT),
            alt.Tooltip("low:Q", title="20 % within, days", format=COUNT),
            alt.Tooltip("high:Q", title="80 % within, days", format=COUNT),
            alt.Tooltip("came:Q", title="Next purchases that came", format=COUNT),
            alt.Tooltip("customers:Q", title="Waits, ended or not", format=COUNT),
            alt.Tooltip("again:Q", title="Estimated to come, all waits", format=PERCENT),
        ],
    )
    bars = base.mark_bar(**BAR).encode(
        x=alt.X("low:Q", title="Days", scale=alt.Scale(zero=True)), x2="high:Q"
    )
    ticks = themed(base.mark_tick(thickness=3, size=20).encode(x=alt.X("median:Q", title="Days")))
    return alt.LayerChart(layer=[bars, ticks], title=lines(title), height={"step": 26})


def comeback_curve(frame: pd.DataFrame, win_back: float, *, title: str) -> alt.LayerChart:
    """Share that has ordered again by each day, once of the orders that came, once of all.

    Takes days, kind, share (0 to 1); win_back: the day to draw a line at.
    """
    curve = (
        alt.Chart(frame)
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=alt.X("days:Q", title="Days since the last purchase", axis=alt.Axis(grid=False)),
            y=alt.Y(
                "share:Q",
                title="Ordered again",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=PERCENT_AXIS),
            ),
            color=alt.Color("kind:N", title=None, legend=alt.Legend(orient="top", columns=1)),
            strokeDash=alt.StrokeDash("kind:N", legend=None),
            tooltip=[
                alt.Tooltip("kind:N", title="Of"),
                alt.Tooltip("days:Q", title="Within, days", format=COUNT),
                alt.Tooltip("share:Q", title="Ordered again", format=PERCENT),
            ],
        )
    )
    mark = themed(
        alt.Chart(pd.DataFrame({"days": [win_back]}))
        .mark_rule(strokeDash=[4, 3])
        .encode(
            x="days:Q", tooltip=[alt.Tooltip("days:Q", title="Win back from day", format=COUNT)]
        )
    )
    chart: alt.LayerChart = alt.LayerChart(layer=[curve, mark], title=lines(title)).resolve_scale(
        color="independent"
    )
    return chart
