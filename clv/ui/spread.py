"""How value, and the chance of being a customer still, are spread: charts whose click filters."""

from typing import Final

import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.customers import alive_heatmap, value_distribution
from clv.charts.value import concentration
from clv.insights.concentration import concentration_curve, share_of_best
from clv.insights.distributions import alive_grid, alive_title
from clv.insights.distributions import value_distribution as binned
from clv.insights.selection import PREDICTED, REPEATS, SILENT
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.figures import alive_help, months, share
from clv.ui.session import members

WHOSE: Final = "these customers"


def value_spread(view: View, found: Analysis) -> None:
    """Who holds the predicted CLV; a click keeps the best, or the customers of a bar."""
    values = found.frame[schema.PREDICTED_CLV][members(view, found, ignore=PREDICTED)]
    horizon = months(found.settings.horizon_months)
    left, right = st.columns(2)
    with left:
        filters.pick_conditions(
            concentration(
                concentration_curve(values),
                title=f"The best 20 % of {WHOSE} hold {share(share_of_best(values))} of their "
                "predicted CLV",
                pickable=True,
            ),
            name="concentration",
            alt="Curve of the share of predicted CLV held by the best customers; a click on it "
            "keeps the customers up to there",
        )
    with right:
        bins = binned(values)
        filters.pick_conditions(
            value_distribution(
                bins,
                title=f"Half of {WHOSE} are worth less than {values.median():,.2f} over {horizon}",
                selected=_chosen(view, bins),
            ),
            name="histogram",
            alt="Histogram of predicted CLV per customer; a click keeps the customers of a bar",
        )


def alive_map(view: View, found: Analysis) -> None:
    """P(alive) by purchases and silence; a click keeps the customers of a cell."""
    grid = alive_grid(found.frame[members(view, found, ignore=(REPEATS, SILENT))])
    filters.pick_conditions(
        alive_heatmap(grid, title=alive_title(grid), selected=_chosen(view, grid)),
        name="alive",
        alt="Heat map of P(alive) by repeat purchases and days since the last one; a click keeps "
        "the customers of a cell",
    )
    st.caption(alive_help(found))


def _chosen(view: View, frame: pd.DataFrame) -> tuple[str, ...]:
    """The conditions of marks that the filter holds."""
    return tuple(text for text in frame["condition"] if view.where.has(text))
