"""Charts: a tidy frame in, an Altair chart out, nothing computed.

Colours, fonts and grid come from the theme of the page, so that light and dark both work;
a chart only says which scale it wants. Field names are fixed, never taken from a user's file.
"""

from clv.charts.customers import alive_heatmap, value_distribution
from clv.charts.revenue import monthly_revenue
from clv.charts.segments import METRICS, PICK, Metric, segment_bars
from clv.charts.value import comparison, concentration

__all__ = [
    "METRICS",
    "PICK",
    "Metric",
    "alive_heatmap",
    "comparison",
    "concentration",
    "monthly_revenue",
    "segment_bars",
    "value_distribution",
]
