"""How value, and the probability of being a customer still, are spread over customers."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from clv.charts.formats import COUNT, MONEY, PERCENT, PERCENT_AXIS, SHORT_MONEY, lines
from clv.charts.marks import clickable, faded, marked, themed


def value_distribution(
    frame: pd.DataFrame, *, title: str, selected: Sequence[str] | None = None
) -> alt.LayerChart:
    """Customers by predicted CLV, in bins made beforehand.

    selected: values of `condition` in the filter; None for a chart that cannot be clicked.

    Takes low, high (money, limits of the bin), customers, open_ended (True for the last bin
    when it holds everything above `low`).
    """
    range_text = (
        f"format(datum.low, '{MONEY}') + "
        f"(datum.open_ended ? ' or more' : ' to ' + format(datum.high, '{MONEY}'))"
    )
    if selected is not None:
        frame = marked(frame, "condition", selected)
    base = alt.Chart(frame).encode(
        y=alt.Y("customers:Q", title="Customers", axis=alt.Axis(format=COUNT))
    )
    axis = alt.Axis(labelExpr=SHORT_MONEY, grid=False)
    bars = (
        base.transform_calculate(range=range_text)
        .mark_bar()
        .encode(
            x=alt.X("low:Q", bin="binned", title="Predicted CLV of a customer", axis=axis),
            x2="high:Q",
            tooltip=[
                alt.Tooltip("range:N", title="Predicted CLV"),
                alt.Tooltip("customers:Q", title="Customers", format=COUNT),
            ],
        )
    )
    if selected is not None:
        bars = faded(bars.add_params(clickable("condition")))
    tail = (
        base.transform_filter("datum.open_ended")
        .mark_text(align="right", dy=-8)
        .encode(x="high:Q", text=alt.value("or more"))
    )
    return alt.LayerChart(layer=[bars, themed(tail)], title=lines(title))


def alive_heatmap(
    frame: pd.DataFrame, *, title: str, selected: Sequence[str] | None = None
) -> alt.Chart:
    """P(alive) by repeat purchases and days since the last one.

    selected: values of `condition` in the filter; None for a chart that cannot be clicked.

    Takes orders_low, orders_high (repeat purchases, both included), silent_low, silent_high
    (days), p_alive (mean, 0 to 1), customers; cells without customers are absent.
    """
    rows = (
        "datum.orders_low == datum.orders_high ? '' + datum.orders_low"
        " : datum.orders_low + ' to ' + datum.orders_high"
    )
    if selected is not None:
        frame = marked(frame, "condition", selected)
    days = "format(datum.silent_low, ',') + ' to ' + format(datum.silent_high, ',')"
    chart: alt.Chart = (
        alt.Chart(frame, title=lines(title))
        .transform_calculate(repeats=rows, silence=days)
        .mark_rect()
        .encode(
            x=alt.X(
                "silent_low:Q",
                bin="binned",
                title="Days since the last purchase",
                axis=alt.Axis(grid=False),
            ),
            x2="silent_high:Q",
            y=alt.Y(
                "repeats:O",
                title="Repeat purchases",
                sort=alt.EncodingSortField("orders_low", order="descending"),
            ),
            color=alt.Color(
                "p_alive:Q",
                title="P(alive)",
                scale=alt.Scale(domain=[0, 1]),
                legend=alt.Legend(format=PERCENT_AXIS),
            ),
            tooltip=[
                alt.Tooltip("repeats:N", title="Repeat purchases"),
                alt.Tooltip("silence:N", title="Days since the last purchase"),
                alt.Tooltip("p_alive:Q", title="P(alive), mean", format=PERCENT),
                alt.Tooltip("customers:Q", title="Customers", format=COUNT),
            ],
        )
    )
    if selected is not None:
        chart = faded(chart.add_params(clickable("condition")))
    return chart
