"""From one figure to another, one step at a time."""

from typing import Final

import altair as alt
import pandas as pd

from clv.charts.formats import MONEY, SHORT_MONEY, lines
from clv.charts.marks import themed

# In this order they take the first three colours of the theme.
KINDS: Final = ("total", "decrease", "increase")

# A figure is written as it is, a step with its sign.
_LABEL: Final = (
    f"datum.kind === 'total' ? format(datum.after, '{MONEY}') : format(datum.change, '+{MONEY}')"
)
_ROOM: Final = "datum.longest * 1.4"  # to the right of the longest bar, for its label


def waterfall(frame: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """Floating bars from the first figure to the last, with the money that each step moves.

    Takes step, after, change, low, high (money per customer), kind (one of KINDS) and reason,
    in the order of the steps, each step once.
    """
    unit, axis = "Money per customer", alt.Axis(labelExpr=SHORT_MONEY, tickCount=5)
    base = (
        alt.Chart(frame)
        .transform_calculate(label=_LABEL)
        .encode(
            y=alt.Y("step:N", title=None, sort=None, axis=alt.Axis(labelLimit=180)),
            # Short names: a tooltip wider than the rest of a phone's screen is cut off.
            tooltip=[
                alt.Tooltip("step:N", title="Step"),
                alt.Tooltip("label:N", title="Money"),
                alt.Tooltip("after:Q", title="Result", format=MONEY),
                alt.Tooltip("reason:N", title="Why"),
            ],
        )
    )
    bars = base.mark_bar(cornerRadius=2, opacity=0.9, height={"band": 0.7}).encode(
        x=alt.X("low:Q", title=unit, axis=axis),
        x2="high:Q",
        color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=list(KINDS))),
    )
    labels = base.mark_text(align="left", dx=5, fontSize=12, fontWeight=600).encode(
        x=alt.X("high:Q", title=unit, axis=axis), text="label:N"
    )
    # Vega cuts off a text that leaves the plot; an unseen point makes the plot wide enough.
    room = (
        base.transform_joinaggregate(longest="max(high)")
        .transform_calculate(room=_ROOM)
        .mark_point(opacity=0, size=0)
        .encode(x=alt.X("room:Q", title=unit, axis=axis), tooltip=alt.Tooltip())
    )
    chart: alt.LayerChart = (
        alt.LayerChart(layer=[bars, themed(labels), room])
        # The labels' one colour is the theme's first, whatever the kinds are.
        .resolve_scale(color="independent")
        .properties(title=lines(title), height={"step": 34})
    )
    return chart
