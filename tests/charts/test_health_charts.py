"""Charts of the pages Health and Cohorts: what reaches the browser."""

from datetime import date
from typing import Any

import altair as alt
import pandas as pd
import pytest

from clv.charts.cohorts import MEASURES, cohort_grid, growth_lines
from clv.charts.marks import PICK
from clv.charts.trend import BEFORE, THIS, trend_bars
from clv.charts.waiting import comeback_curve, waits_by_number
from clv.insights.calendar import buckets

MONTHS = buckets(date(2024, 1, 5), date(2024, 3, 31), "Month").assign(
    revenue=[5.0, 20.0, 30.0], revenue_before=[float("nan"), 10.0, 12.0], ticket=1.0
)
STEPS = pd.DataFrame(
    {
        "number": [1, 10], "step": ["1 to 2", "10 and later"], "low": 3.0, "median": [20.0, 5.0],
        "high": 40.0, "came": 9, "customers": 20, "again": 0.6,
    }
)  # fmt: skip
CURVE = pd.DataFrame(
    {"days": [0, 5], "kind": ["Orders that came", "All customers, estimated"], "share": [0.0, 0.5]}
)
CELLS = pd.DataFrame(
    {
        "cohort": "2024-01", "label": "2024-01 (12, few)", "place": [0, 1], "figure": [1.0, 0.4],
        "kind": ["Observed", "Forecast"], "size": 12, "small": True, "month": "2024-01", "age": 0,
    }
)  # fmt: skip


def every_chart() -> dict[str, alt.LayerChart]:
    return {
        "trend": trend_bars(MONTHS, "revenue", title="t"),
        "waits": waits_by_number(STEPS, title="t"),
        "comeback": comeback_curve(CURVE, 5, title="t"),
        "grid": cohort_grid(CELLS, "value", title="t", x="Month", top=1),
        "growth": growth_lines(CELLS, title="t", cost=3.0),
    }


def fields(node: Any) -> set[str]:
    """Every field that an encoding of a chart names."""
    if isinstance(node, dict):
        own = {node["field"]} if isinstance(node.get("field"), str) else set()
        return own.union(*(fields(value) for value in node.values()))
    return set().union(*(fields(value) for value in node)) if isinstance(node, list) else set()


def clicks(chart: alt.LayerChart) -> list[list[str]]:
    found = chart.to_dict().get("params", [])
    return [each["select"]["fields"] for each in found if each["name"] == PICK]


@pytest.mark.parametrize("name", every_chart())
def test_charts_have_titles_and_tooltips_and_leave_colours_to_the_theme(name: str) -> None:
    content = every_chart()[name].to_dict()
    assert content["title"] == ["t"]
    assert "tooltip" in content["layer"][0]["encoding"]
    assert "#" not in str({key: content[key] for key in ("layer", "title")})


def test_a_click_on_a_bar_gives_what_the_filter_calls_it() -> None:
    assert clicks(trend_bars(MONTHS, "revenue", title="t")) == [["value"]]
    assert clicks(cohort_grid(CELLS, "value", title="t", x="Month", top=1)) == [["cohort"]]
    assert clicks(growth_lines(CELLS, title="t")) == [["cohort"]]


def test_bars_of_months_covered_in_part_are_hollow() -> None:
    bars = trend_bars(MONTHS, "revenue", title="t").to_dict()["layer"][0]["encoding"]
    assert bars["fillOpacity"] == {
        "condition": {"test": "datum.complete", "value": 0.85},
        "value": 0.15,
    }
    # With both ends of a bar given, Vega draws no bar with round corners.
    assert bars["x2"]["field"] == "until"
    assert "cornerRadiusEnd" not in trend_bars(MONTHS, "revenue", title="t").layer[0].mark.to_dict()


def test_the_year_before_is_a_line_only_where_there_is_one() -> None:
    both = trend_bars(MONTHS, "revenue", title="t").to_dict()["layer"]
    assert len(both) == 2
    assert both[1]["encoding"]["y"]["field"] == "revenue_before"
    alone = trend_bars(MONTHS.assign(revenue_before=float("nan")), "revenue", title="t")
    (bars,) = alone.to_dict()["layer"]
    assert bars["encoding"]["fill"]["scale"]["domain"] == [THIS]
    assert both[0]["encoding"]["fill"]["scale"]["domain"] == [THIS, BEFORE]


def test_forecast_cells_are_smaller_than_observed_ones() -> None:
    observed, ahead = cohort_grid(CELLS, "value", title="t", x="Month", top=1).to_dict()["layer"]
    assert observed["mark"]["type"] == ahead["mark"]["type"] == "rect"
    assert "width" not in observed["mark"]
    assert ahead["mark"]["width"] == {"band": 0.65}
    assert "Forecast" in str(ahead["transform"])
    assert observed["encoding"]["color"]["scale"] == {"clamp": True, "domain": [0, 1]}


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_of_the_grid_says_what_it_is(measure: str) -> None:
    content = cohort_grid(CELLS, measure, title="t", x="Month", top=1).to_dict()
    name, form = MEASURES[measure]
    tip = next(t for t in content["layer"][0]["encoding"]["tooltip"] if t["field"] == "figure")
    assert (tip["title"], tip["format"]) == (name, form)


def test_lines_that_only_mark_something_are_no_series_of_the_legend() -> None:
    for chart in (comeback_curve(CURVE, 5, title="t"), growth_lines(CELLS, title="t", cost=3.0)):
        assert chart.to_dict()["resolve"] == {"scale": {"color": "independent"}}


def test_charts_name_only_fields_of_ours() -> None:
    ours = {*MONTHS, *STEPS, *CURVE, *CELLS, "series", "covered", "theme", "cost"}
    for name, chart in every_chart().items():
        assert fields(chart.to_dict()["layer"]) <= ours, name
