"""What is selected in a chart stays in full colour, and a click changes nothing but data.

A browser puts new data into a chart that stands; a chart with other words is built anew.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import pytest

from clv.charts.cohorts import cohort_grid, growth_lines
from clv.charts.customers import alive_heatmap, value_distribution
from clv.charts.marks import PICK
from clv.charts.moves import moves_heatmap
from clv.charts.products import first_product_bars, preference_heatmap
from clv.charts.segments import segment_bars
from clv.charts.trend import trend_bars
from clv.insights.distributions import alive_grid
from clv.insights.distributions import value_distribution as binned
from tests.charts.test_charts import GROUPS, layers
from tests.charts.test_health_charts import CELLS as JANUARY
from tests.charts.test_health_charts import MONTHS
from tests.charts.test_products_chart import CELLS as CUPS
from tests.charts.test_products_chart import FIRST, MOVES

COHORTS = pd.concat([JANUARY, JANUARY.assign(cohort="2024-02")])
CELLS = pd.concat([CUPS, CUPS.assign(name="Pen")])
PEOPLE = pd.DataFrame(
    {
        "frequency": [0.0, 1.0, 5.0],
        "recency": [0.0, 10.0, 90.0],
        "T": [100.0, 40.0, 95.0],
        "p_alive": [0.2, 0.5, 0.9],
    }
)
BINS, GRID = binned(pd.Series([1.0, 5.0, 9.0])), alive_grid(PEOPLE)
Drawn = Callable[..., Any]
CHARTS: dict[str, tuple[Drawn, pd.DataFrame, str]] = {
    "segments": (partial(segment_bars, GROUPS, "predicted_clv"), GROUPS, "name"),
    "preference": (partial(preference_heatmap, CELLS), CELLS, "name"),
    "first product": (partial(first_product_bars, FIRST), FIRST, "name"),
    "moves": (
        partial(moves_heatmap, MOVES, before="b", after="a", order=["A", "B"], click="to"),
        MOVES,
        "to",
    ),
    "trend": (partial(trend_bars, MONTHS, "revenue"), MONTHS, "value"),
    "cohorts": (partial(cohort_grid, COHORTS, "value", x="Month", top=1), COHORTS, "cohort"),
    "growth": (partial(growth_lines, COHORTS), COHORTS, "cohort"),
    "histogram": (partial(value_distribution, BINS), BINS, "condition"),
    "alive": (partial(alive_heatmap, GRID), GRID, "condition"),
}


@pytest.fixture(params=CHARTS)
def drawn(request: pytest.FixtureRequest) -> tuple[Drawn, str, pd.DataFrame]:
    draw, frame, column = CHARTS[request.param]
    return draw, column, frame


def rows(chart: alt.TopLevelMixin, column: str) -> list[dict[str, Any]]:
    tables = chart.to_dict()["datasets"].values()
    # Other layers have data of their own, such as the mean of all.
    return [row for table in tables for row in table if {column, "fades"} <= row.keys()]


def words(chart: alt.TopLevelMixin) -> str:
    """The chart without its data and without names that are hashes of them (Streamlit rewrites
    those of views too)."""
    spec = chart.to_dict()
    names = list(spec.pop("datasets"))
    text = json.dumps(spec)
    for place, name in enumerate(names):
        text = text.replace(name, f"data {place}")
    return re.sub(r"view_[0-9a-f]+", "view", text)


def test_the_selected_stay_and_the_others_fade(drawn: tuple[Drawn, str, pd.DataFrame]) -> None:
    draw, column, frame = drawn
    chosen = str(frame[column].iloc[0])
    chart = draw(title="t", selected=[chosen])
    found = {str(row[column]): row["fades"] for row in rows(chart, column)}
    assert found == {str(value): str(value) != chosen for value in frame[column]}
    pale = [layer["encoding"].get("opacity") for layer in layers(chart)]
    assert all(p["condition"]["test"] == "datum.fades" for p in pale if p)
    assert any(p and p["condition"]["value"] == pytest.approx(0.3 * p["value"]) for p in pale)


def test_nothing_fades_where_nothing_is_selected(drawn: tuple[Drawn, str, pd.DataFrame]) -> None:
    draw, column, _ = drawn
    assert not any(row["fades"] for row in rows(draw(title="t", selected=()), column))


def test_a_selection_changes_nothing_but_data(drawn: tuple[Drawn, str, pd.DataFrame]) -> None:
    draw, column, frame = drawn
    one, other = draw(title="t", selected=()), draw(title="t", selected=[frame[column].iloc[0]])
    assert words(one) == words(other)
    assert rows(one, column) != rows(other, column)


def test_each_click_puts_a_mark_in_or_out(drawn: tuple[Drawn, str, pd.DataFrame]) -> None:
    draw, column, _ = drawn
    spec = draw(title="t", selected=()).to_dict()
    (param,) = spec["params"]
    assert param["name"] == PICK
    assert param["select"] == {
        "type": "point",
        "fields": [column],
        "toggle": "true",
        "clear": False,
    }
