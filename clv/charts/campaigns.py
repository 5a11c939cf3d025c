"""Campaigns: the gain by response before one, the revenue of both groups after it."""

import altair as alt
import pandas as pd

from clv.charts.formats import MONEY, PERCENT, SHORT_MONEY, lines
from clv.charts.marks import themed

GROUPS = ["Contacted", "Left out"]
LEGEND = alt.Legend(orient="top", symbolOpacity=1, symbolType="square")


def gain_curve(
    frame: pd.DataFrame, *, title: str, assumed: float, break_even: float | None
) -> alt.LayerChart:
    """The expected gain against the response, with its range; the break-even and the assumption.

    Takes response (0 to 1), gain, low, high (money). assumed, break_even: responses, 0 to 1;
    a break-even of None, or beyond the frame, is not marked.
    """
    x = alt.X("response:Q", title="Extra orders per 100 contacted",
              axis=alt.Axis(labelExpr="format(100 * datum.value, '.3~g')", grid=False))  # fmt: skip
    axis = alt.Axis(labelExpr=SHORT_MONEY)
    tooltip = [
        alt.Tooltip("response:Q", title="Response", format=PERCENT),
        alt.Tooltip("gain:Q", title="Expected gain", format=MONEY),
        alt.Tooltip("low:Q", title="80 % range from", format=MONEY),
        alt.Tooltip("high:Q", title="to", format=MONEY),
    ]
    base = alt.Chart(frame).encode(x=x, tooltip=tooltip)
    band = base.mark_area(opacity=0.2).encode(
        y=alt.Y("low:Q", title="Gain", axis=axis), y2="high:Q"
    )
    curve = base.mark_line(strokeWidth=3).encode(y=alt.Y("gain:Q", title="Gain", axis=axis))
    marks = [{"at": assumed, "what": "assumed"}]
    if break_even is not None and break_even <= frame["response"].max():
        marks.append({"at": break_even, "what": "break-even"})
    marked = alt.Chart(pd.DataFrame(marks)).encode(
        x=alt.X("at:Q"), tooltip=[alt.Tooltip("what:N", title="Response"),
                                  alt.Tooltip("at:Q", title="at", format=PERCENT)],
    )  # fmt: skip
    rule = marked.mark_rule(strokeDash=[5, 4], strokeWidth=1.5)
    labels = [  # one below the other, so that they never lie on each other
        marked.transform_filter(f"datum.what == '{each['what']}'")
        .mark_text(align="left", dx=5, baseline="top")
        .encode(text="what:N", y=alt.value(4 + 16 * place))
        for place, each in enumerate(marks)
    ]
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(opacity=0.6).encode(y="zero:Q")
    return alt.LayerChart(
        layer=[themed(band), themed(curve), themed(zero), themed(rule), *map(themed, labels)],
        title=lines(title),
    )


def cumulative_revenue(frame: pd.DataFrame, *, title: str, coverage: str) -> alt.LayerChart:
    """Net revenue per customer since the contact, of those contacted and those left out.

    Takes group ("Contacted" or "Left out"), date, mean, low, high (money per customer);
    coverage: of the range, as text.
    """
    x = alt.X("date:T", title="Day", axis=alt.Axis(grid=False, format="%d %b", labelOverlap=True))
    color = alt.Color("group:N", title=None, sort=GROUPS, legend=LEGEND)
    axis = alt.Axis(labelExpr=SHORT_MONEY)
    name = "Net revenue per customer"
    tooltip = [
        alt.Tooltip("date:T", title="Until", format="%d %B %Y"),
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("mean:Q", title=name, format=MONEY),
        alt.Tooltip("low:Q", title=f"{coverage} range from", format=MONEY),
        alt.Tooltip("high:Q", title="to", format=MONEY),
    ]
    base = alt.Chart(frame).encode(x=x, color=color, tooltip=tooltip)
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", title=name, axis=axis), y2="high:Q")
    line = base.mark_line(strokeWidth=2.5).encode(
        y=alt.Y("mean:Q", title=name, axis=axis),
        strokeDash=alt.StrokeDash("group:N", sort=GROUPS, legend=None),
    )
    return alt.LayerChart(layer=[band, line], title=lines(title))
