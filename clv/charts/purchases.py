"""The model held against what happened: customers by repeat purchases, and purchases by week."""

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, lines
from clv.charts.marks import ABOVE, themed

OBSERVED = ["Observed", "Expected"]
ACTUAL = ["Actual", "Model"]


def purchases_per_frequency(frame: pd.DataFrame, *, title: str) -> alt.Chart:
    """Customers with 0, 1, 2 ... repeat purchases, those counted beside those expected.

    Takes repeat_purchases (the largest stands for itself or more), observed, expected
    (customers).
    """
    last = int(frame["repeat_purchases"].max()) if len(frame) else 0
    repeats = f"datum.repeat_purchases >= {last} ? '{last}+' : '' + datum.repeat_purchases"
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title))
        .transform_fold(["observed", "expected"], as_=["which", "customers"])
        .transform_calculate(
            repeats=repeats, kind="datum.which == 'observed' ? 'Observed' : 'Expected'"
        )
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("repeats:N", title="Repeat purchases", sort=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("kind:N", sort=OBSERVED),
            y=alt.Y("customers:Q", title="Customers", axis=alt.Axis(format=COUNT)),
            color=alt.Color("kind:N", title=None, sort=OBSERVED, legend=ABOVE),
            tooltip=[
                alt.Tooltip("repeats:N", title="Repeat purchases"),
                alt.Tooltip("kind:N", title="Which"),
                alt.Tooltip("customers:Q", title="Customers", format=COUNT),
            ],
        )
    )
    return chart


def tracking(frame: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """Repeat purchases since the start, week by week: what happened and what the model says.

    Takes week_end (datetime), kind ("Actual" or "Model"), purchases (cumulative) and split, a
    datetime that is the same in every row: the weeks after it were not shown to the model.
    """
    time, total = "Week ending", "Repeat purchases so far"
    curves = (
        alt.Chart(frame)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("week_end:T", title=time, axis=alt.Axis(grid=False, format="%b %Y")),
            y=alt.Y("purchases:Q", title=total, axis=alt.Axis(format=COUNT)),
            color=alt.Color("kind:N", title=None, sort=ACTUAL, legend=ABOVE),
            # The curves should lie on each other: dashes tell them apart where they do.
            strokeDash=alt.StrokeDash("kind:N", legend=None, sort=ACTUAL),
            tooltip=[
                alt.Tooltip("week_end:T", title=time, format="%d %B %Y"),
                alt.Tooltip("kind:N", title="Which"),
                alt.Tooltip("purchases:Q", title=total, format=COUNT),
            ],
        )
    )
    start = alt.Chart(frame.head(1)).encode(
        x=alt.X("split:T", title=time), y=alt.YDatum(0, title=total)
    )
    rule = start.mark_rule(strokeWidth=1.5).encode(y2=alt.value(0))  # up to the upper edge
    # Below the curves, which have left the axis by then.
    label = start.mark_text(align="left", dx=6, dy=-10).encode(text=alt.value("test starts"))
    chart: alt.LayerChart = alt.LayerChart(
        layer=[curves, themed(rule), themed(label)], title=lines(title)
    ).resolve_scale(color="independent")  # else the rule would take a third colour and a legend
    return chart
