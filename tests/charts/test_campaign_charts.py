"""The charts of campaigns: what reaches the browser."""

import pandas as pd
import pytest

from clv.charts.campaigns import cumulative_revenue, gain_curve

CURVE = pd.DataFrame(
    {
        "response": [0.0, 0.1],
        "gain": [-5.0, 5.0],
        "low": [-6.0, 3.0],
        "high": [-4.0, 7.0],
    }
)
GROUPS = pd.DataFrame(
    {
        "group": ["Contacted", "Left out"],
        "date": pd.to_datetime(["2024-05-01", "2024-05-01"]),
        "mean": [2.0, 1.0],
        "low": [1.5, 0.5],
        "high": [2.5, 1.5],
    }
)


def marked(chart: dict) -> set[str]:
    return {row["what"] for rows in chart["datasets"].values() for row in rows if "what" in row}


@pytest.mark.parametrize(
    ("break_even", "marks"),
    [(0.05, {"assumed", "break-even"}), (None, {"assumed"}), (0.2, {"assumed"})],
)
def test_the_gain_marks_the_assumption_and_a_break_even_that_is_in_sight(break_even, marks) -> None:
    chart = gain_curve(CURVE, title="T", assumed=0.03, break_even=break_even).to_dict()
    assert marked(chart) == marks
    band, curve = chart["layer"][:2]
    assert (band["encoding"]["y"]["field"], band["encoding"]["y2"]["field"]) == ("low", "high")
    assert curve["encoding"]["y"]["field"] == "gain"
    assert {layer["mark"]["type"] for layer in chart["layer"]} == {"area", "line", "rule", "text"}


def test_both_groups_have_a_line_and_a_band_with_the_range_named() -> None:
    chart = cumulative_revenue(GROUPS, title="T", coverage="95 %").to_dict()
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["area", "line"]
    for layer in chart["layer"]:
        assert layer["encoding"]["color"]["field"] == "group"
        assert "95 % range from" in {each["title"] for each in layer["encoding"]["tooltip"]}
