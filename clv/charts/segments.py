"""Groups of customers next to each other, and a click on one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import pandas as pd

from clv import schema
from clv.charts.formats import COUNT, MONEY, PERCENT, PERCENT_AXIS, SHORT_MONEY, lines
from clv.charts.marks import BAR, clickable, faded, interval, marked, themed

RATIO: Final = ",.2f"


@dataclass(frozen=True)
class Metric:
    """How a column of the segment table is called and written."""

    title: str
    format: str

    @property
    def axis(self) -> alt.Axis:
        """An axis with short labels."""
        if self.format == MONEY:
            return alt.Axis(labelExpr=SHORT_MONEY, tickCount=6)
        shown = {PERCENT: PERCENT_AXIS, RATIO: ",.2~f"}.get(self.format, COUNT)
        return alt.Axis(format=shown, tickCount=6)


METRICS: Final[Mapping[str, Metric]] = {
    schema.PREDICTED_CLV: Metric("Predicted CLV, total", MONEY),
    "predicted_clv_mean": Metric("Predicted CLV per customer", MONEY),
    "customers": Metric("Customers", COUNT),
    "share_customers": Metric("Share of customers", PERCENT),
    "share_value": Metric("Share of predicted CLV", PERCENT),
    schema.REVENUE: Metric("Net revenue so far", MONEY),
    schema.HISTORIC_VALUE: Metric("Historic value, total", MONEY),
    schema.TOTAL_VALUE: Metric("Total value", MONEY),
    schema.ORDERS: Metric("Orders", COUNT),
    "aov": Metric("Net revenue per order", MONEY),
    schema.QUANTITY: Metric("Pieces bought", COUNT),
    "share_revenue": Metric("Share of net revenue", PERCENT),
    "share_orders": Metric("Share of orders", PERCENT),
    schema.MARGIN: Metric("Gross margin, total", MONEY),
    "margin_share": Metric("Gross margin of net revenue", PERCENT),
    "together": Metric("Bought together", COUNT),
    "support": Metric("Support: both, of all", PERCENT),
    "confidence": Metric("Confidence: with it, of those with the chosen one", PERCENT),
    "lift": Metric("Lift", RATIO),
    schema.P_ALIVE: Metric("Probability of being a customer still, mean", PERCENT),
}

ALSO: Final = (  # in the tooltip, where the frame has them
    "customers",
    "share_customers",
    "share_value",
    "share_revenue",
    "share_orders",
    "margin_share",
    "together",
    "support",
    "confidence",
    "lift",
)


def segment_bars(
    frame: pd.DataFrame, metric: str, *, title: str, selected: Sequence[str] = ()
) -> alt.LayerChart:
    """One bar per group in the order of the frame; a click on a bar is the selection PICK.

    Takes name, customers and the column `metric` (a key of METRICS), with `metric`_low and
    _high for an interval. `selected` names stay in full colour, the others fade: the filters
    decide what is highlighted, the click only tells them.
    """
    shown = METRICS[metric]
    tooltip = [alt.Tooltip("name:N", title="Group")]
    tooltip += [
        alt.Tooltip(f"{column}:Q", title=METRICS[column].title, format=METRICS[column].format)
        for column in dict.fromkeys((metric, *ALSO))
        if column in frame
    ]
    ends = (f"{metric}_low", f"{metric}_high")
    has_interval = all(end in frame for end in ends)
    if has_interval:
        tooltip += [
            alt.Tooltip(f"{end}:Q", title=f"Interval {word}", format=shown.format)
            for end, word in zip(ends, ("from", "to"), strict=True)
        ]
    base = alt.Chart(marked(frame, "name", selected)).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=180)), tooltip=tooltip
    )
    bars = base.mark_bar(**BAR, cursor="pointer").encode(
        x=alt.X(f"{metric}:Q", title=shown.title, axis=shown.axis)
    )
    layers = [bars.add_params(clickable("name"))]
    if has_interval:
        layers.append(themed(interval(base, *ends, shown.title, shown.axis)))
    chart = alt.LayerChart(layer=layers, title=lines(title), height={"step": 30})
    return faded(chart)
