"""Charts: a tidy frame in, an Altair chart out, nothing computed.

Colours, fonts and grid come from the theme of the page, so that light and dark both work;
a chart only says which scale it wants. Field names are fixed, never taken from a user's file.
"""

from clv.charts.customers import alive_heatmap, value_distribution
from clv.charts.marks import PICK
from clv.charts.purchases import purchases_per_frequency, tracking
from clv.charts.revenue import monthly_revenue
from clv.charts.segments import METRICS, Metric, segment_bars
from clv.charts.value import concentration, deciles
from clv.charts.waterfall import waterfall

__all__ = [
    "METRICS",
    "PICK",
    "Metric",
    "alive_heatmap",
    "concentration",
    "deciles",
    "monthly_revenue",
    "purchases_per_frequency",
    "segment_bars",
    "tracking",
    "value_distribution",
    "waterfall",
]
