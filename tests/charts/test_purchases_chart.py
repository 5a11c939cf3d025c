"""Charts of the model against what happened, checked on the dictionary that reaches the browser."""

import json
from typing import Any

import altair as alt
import pandas as pd
import pytest

from clv.charts.purchases import purchases_per_frequency, tracking

COUNTS = pd.DataFrame(
    {"repeat_purchases": [0, 1, 2], "observed": [50, 30, 20], "expected": [48.2, 33.1, 18.7]}
)
WEEKS = pd.DataFrame(
    {
        "week_end": pd.to_datetime(["1997-01-07", "1997-01-14"] * 2),
        "kind": ["Actual"] * 2 + ["Model"] * 2,
        "purchases": [10.0, 25.0, 11.5, 24.0],
        "split": pd.Timestamp("1997-01-10"),
    }
)
CHARTS = {
    "purchases_per_frequency": (purchases_per_frequency, COUNTS),
    "tracking": (tracking, WEEKS),
}


def drawn(name: str, rows: int | None = None) -> dict[str, Any]:
    function, frame = CHARTS[name]
    chart: alt.TopLevelMixin = function(frame.head(rows) if rows is not None else frame, title="t")
    return chart.to_dict()


def layers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return list(spec.get("layer", [spec]))


@pytest.mark.parametrize("name", CHARTS)
def test_every_layer_has_titled_axes_and_the_chart_a_title(name):
    spec = drawn(name)
    assert spec["title"] == ["t"]
    for layer in layers(spec):
        assert all(layer["encoding"][channel]["title"] for channel in ("x", "y"))


@pytest.mark.parametrize("name", CHARTS)
def test_colours_come_from_the_theme_through_a_field(name):
    spec = drawn(name)
    text = json.dumps(spec).replace("json#", "")
    assert not [word for word in ("#", '"scheme"', '"fill"') if word in text]
    assert all("field" in layer["encoding"]["color"] for layer in layers(spec))


@pytest.mark.parametrize("name", CHARTS)
def test_every_number_in_a_tooltip_has_a_format(name):
    tips = [tip for layer in layers(drawn(name)) for tip in layer["encoding"].get("tooltip", [])]
    assert [tip for tip in tips if tip["type"] == "quantitative"]
    assert all("format" in tip for tip in tips if tip["type"] in ("quantitative", "temporal"))


@pytest.mark.parametrize("name", CHARTS)
def test_an_empty_frame_is_still_a_chart(name):
    assert drawn(name, rows=0)


def test_counted_and_expected_customers_stand_side_by_side_in_this_order():
    spec = drawn("purchases_per_frequency")
    fold, names = spec["transform"][0], spec["transform"][1:]
    assert fold == {"fold": ["observed", "expected"], "as": ["which", "customers"]}
    assert "kind" in {name["as"] for name in names}
    encoding = spec["encoding"]
    assert encoding["xOffset"]["field"] == encoding["color"]["field"] == "kind"
    assert encoding["xOffset"]["sort"] == encoding["color"]["sort"] == ["Observed", "Expected"]


def test_the_last_bar_says_that_it_holds_more():
    calculated = {
        t["as"]: t["calculate"] for t in drawn("purchases_per_frequency")["transform"][1:]
    }
    assert calculated["repeats"].startswith("datum.repeat_purchases >= 2 ? '2+'")
    assert drawn("purchases_per_frequency")["encoding"]["x"]["sort"] is None  # as in the frame


def test_the_start_of_the_test_is_one_labelled_upright_line():
    spec = drawn("tracking")
    curves, rule, label = spec["layer"]
    assert [layer["mark"]["type"] for layer in (curves, rule, label)] == ["line", "rule", "text"]
    assert rule["encoding"]["x"]["field"] == label["encoding"]["x"]["field"] == "split"
    assert (rule["encoding"]["y"]["datum"], rule["encoding"]["y2"]) == (0, {"value": 0})
    assert label["encoding"]["text"] == {"value": "test starts"}
    assert len(spec["datasets"][rule["data"]["name"]]) == 1


def test_actual_and_model_differ_in_more_than_colour():
    curves = drawn("tracking")["layer"][0]["encoding"]
    assert curves["strokeDash"]["field"] == curves["color"]["field"] == "kind"
    assert curves["strokeDash"]["sort"] == curves["color"]["sort"] == ["Actual", "Model"]


def test_the_line_where_the_test_starts_is_not_in_the_legend():
    spec = drawn("tracking")
    assert spec["resolve"]["scale"]["color"] == "independent"
    assert all(layer["encoding"]["color"]["legend"] is None for layer in spec["layer"][1:])
