"""Charts: tidy frame in, chart out. Checked on the dictionary that reaches the browser."""

import json
from typing import Any

import altair as alt
import pandas as pd
import pytest

from clv import charts

STEPS = pd.DataFrame(
    {
        "step": ["Formula CLV", "Time horizon", "Predicted CLV"],
        "before": [90.0, 90.0, 60.0],
        "after": [90.0, 60.0, 60.0],
        "change": [0.0, -30.0, 0.0],
        "low": [0.0, 60.0, 0.0],
        "high": [90.0, 90.0, 60.0],
        "kind": ["total", "decrease", "total"],
        "reason": ["a", "b", "c"],
    }
)
TENTHS = pd.DataFrame(
    {"decile": [1, 2], "customers": [5, 5], "predicted": [80.0, 20.0], "actual": [70.0, 35.0]}
)
REPEATS = pd.DataFrame({"repeat_purchases": [0, 1], "observed": [9, 1], "expected": [8.5, 1.5]})
WEEKS = pd.DataFrame(
    {
        "week_end": pd.to_datetime(["2024-01-07", "2024-01-07"]),
        "kind": ["Actual", "Model"],
        "purchases": [3.0, 2.5],
        "split": pd.Timestamp("2024-01-06"),
    }
)
CURVE = pd.DataFrame({"share_of_customers": [0, 0.2, 1], "share_of_value": [0, 0.63, 1]})
BINS = pd.DataFrame(
    {"low": [0, 10], "high": [10, 20], "customers": [7, 3], "open_ended": [False, True]}
)
ALIVE = pd.DataFrame(
    {
        "orders_low": [0, 5],
        "orders_high": [0, 6],
        "silent_low": [0, 50],
        "silent_high": [50, 100],
        "p_alive": [1.0, 0.25],
        "customers": [10, 4],
    }
)
MONTHS = pd.DataFrame(
    {"month": pd.to_datetime(["2011-01-01", "2011-02-01"]), "revenue": [10.0, 12.5], "orders": 3}
)
GROUPS = pd.DataFrame(
    {
        "name": ["Champions", "Lost"],
        "customers": [10, 90],
        "share_customers": [0.1, 0.9],
        "share_value": [0.8, 0.2],
        "predicted_clv": [800.0, 200.0],
        "predicted_clv_low": [700.0, 150.0],
        "predicted_clv_high": [900.0, 260.0],
    }
)


def every_chart() -> dict[str, alt.TopLevelMixin]:
    return {
        "concentration": charts.concentration(CURVE, title="t"),
        "value_distribution": charts.value_distribution(BINS, title="t"),
        "alive_heatmap": charts.alive_heatmap(ALIVE, title="t"),
        "monthly_revenue": charts.monthly_revenue(MONTHS, title="t"),
        "deciles": charts.deciles(TENTHS, title="t"),
        "segment_bars": charts.segment_bars(GROUPS, "predicted_clv", title="t"),
        "waterfall": charts.waterfall(STEPS, title="t"),
        "purchases_per_frequency": charts.purchases_per_frequency(REPEATS, title="t"),
        "tracking": charts.tracking(WEEKS, title="t"),
    }


def layers(chart: alt.TopLevelMixin) -> list[dict[str, Any]]:
    spec = chart.to_dict()
    return list(spec.get("layer", [spec]))


def marks(chart: alt.TopLevelMixin) -> list[str]:
    return [layer["mark"]["type"] for layer in layers(chart)]


@pytest.mark.parametrize("name", every_chart())
def test_every_chart_has_a_title_and_titled_axes(name: str) -> None:
    chart = every_chart()[name]
    encodings = [layer["encoding"] for layer in layers(chart)]
    assert chart.to_dict()["title"] == ["t"]
    for channel in ("x", "y"):
        assert all("title" in e[channel] or e[channel]["field"] == "high" for e in encodings)


@pytest.mark.parametrize("name", every_chart())
def test_colours_come_from_the_theme(name: str) -> None:
    text = json.dumps(every_chart()[name].to_dict())
    text = text.replace("json#", "")  # none of the data or schema addresses count
    assert "#" not in text
    assert '"scheme"' not in text
    assert '"fill"' not in text


@pytest.mark.parametrize("name", every_chart())
def test_every_number_in_a_tooltip_has_a_format(name: str) -> None:
    tooltips = [t for la in layers(every_chart()[name]) for t in la["encoding"].get("tooltip", [])]
    assert tooltips
    assert all("format" in tip for tip in tooltips if tip["type"] == "quantitative")


@pytest.mark.parametrize("name", every_chart())
def test_every_text_and_line_over_bars_takes_a_theme_colour(name: str) -> None:
    # Vega's own default for both is black, which a dark page hides.
    chart = every_chart()[name]
    shared = chart.to_dict().get("encoding", {})
    for layer in layers(chart):
        if layer["mark"]["type"] in ("rule", "text"):
            assert "color" in {**shared, **layer["encoding"]}


def test_long_titles_are_wrapped_because_they_would_be_cut_off() -> None:
    title = "The best 20 % of these customers hold 80 % of their predicted CLV"
    wrapped = charts.concentration(CURVE, title=title).to_dict()["title"]
    assert " ".join(wrapped) == title
    assert max(map(len, wrapped)) <= 42


def test_charts_of_empty_frames_are_still_charts() -> None:
    assert charts.deciles(TENTHS.head(0), title="t").to_dict()
    assert charts.waterfall(STEPS.head(0), title="t").to_dict()
    assert charts.tracking(WEEKS.head(0), title="t").to_dict()
    assert charts.purchases_per_frequency(REPEATS.head(0), title="t").to_dict()
    assert charts.concentration(CURVE.head(0), title="t").to_dict()
    assert charts.value_distribution(BINS.head(0), title="t").to_dict()
    assert charts.alive_heatmap(ALIVE.head(0), title="t").to_dict()
    assert charts.monthly_revenue(MONTHS.head(0), title="t").to_dict()
    assert charts.segment_bars(GROUPS.head(0), "customers", title="t").to_dict()


def test_a_group_without_an_interval_gets_no_line() -> None:
    rule = layers(charts.segment_bars(GROUPS, "predicted_clv", title="t"))[1]
    assert rule["mark"]["type"] == "rule"
    ends = "isValid(datum.predicted_clv_low) && isValid(datum.predicted_clv_high)"
    assert {"filter": ends} in rule["transform"]
    assert rule["encoding"]["x"]["field"] == "predicted_clv_low"
    assert rule["encoding"]["x2"]["field"] == "predicted_clv_high"


def test_groups_keep_the_order_of_the_frame() -> None:
    bars = layers(every_chart()["segment_bars"])
    assert all(layer["encoding"]["y"]["sort"] is None for layer in bars)


def test_forecast_and_actual_stand_side_by_side_for_every_tenth() -> None:
    bars = layers(charts.deciles(TENTHS, title="t"))[0]
    fold = bars["transform"][0]
    assert fold == {"fold": ["predicted", "actual"], "as": ["which", "money"]}
    assert bars["encoding"]["xOffset"]["field"] == bars["encoding"]["color"]["field"] == "kind"
    assert bars["encoding"]["xOffset"]["sort"] == ["Actual", "Forecast"]


def test_the_best_fifth_is_marked_on_the_curve() -> None:
    spec = charts.concentration(CURVE, title="t").to_dict()
    assert marks(charts.concentration(CURVE, title="t")) == ["line", "line", "point", "text"]
    marked = spec["datasets"][spec["layer"][2]["data"]["name"]]
    assert marked == [{"share_of_customers": 0.2, "share_of_value": 0.63}]


def test_bars_of_bins_made_beforehand_are_not_binned_again() -> None:
    for chart in (
        charts.value_distribution(BINS, title="t"),
        charts.alive_heatmap(ALIVE, title="t"),
    ):
        first = layers(chart)[0]["encoding"]
        assert first["x"]["bin"] == "binned"
        assert "x2" in first


def test_the_last_bin_says_that_it_is_open() -> None:
    bars, note = layers(charts.value_distribution(BINS, title="t"))
    assert "or more" in bars["transform"][0]["calculate"]
    assert note["transform"][0] == {"filter": "datum.open_ended"}
    assert note["encoding"]["text"] == {"value": "or more"}


def test_p_alive_is_coloured_on_the_whole_scale_from_0_to_1() -> None:
    color = layers(charts.alive_heatmap(ALIVE, title="t"))[0]["encoding"]["color"]
    assert color["scale"] == {"domain": [0, 1]}
    assert color["legend"]["format"] == ".0%"


def test_group_bars_show_an_interval_only_where_the_frame_has_one() -> None:
    assert marks(charts.segment_bars(GROUPS, "predicted_clv", title="t")) == ["bar", "rule"]
    assert marks(charts.segment_bars(GROUPS, "customers", title="t")) == ["bar"]


@pytest.mark.parametrize("metric", charts.METRICS)
def test_every_metric_has_an_axis_with_its_name(metric: str) -> None:
    frame = GROUPS.assign(**{metric: [1.0, 2.0]})
    x = layers(charts.segment_bars(frame, metric, title="t"))[0]["encoding"]["x"]
    assert x["title"] == charts.METRICS[metric].title
    assert x["axis"]


def test_a_curve_and_bars_that_filter_carry_the_conditions_of_their_marks() -> None:
    curve = charts.concentration(CURVE.assign(condition="a"), title="t", pickable=True)
    bars = charts.value_distribution(BINS.assign(condition="b"), title="t", selected=["b"])
    cells = charts.alive_heatmap(ALIVE.assign(condition="c"), title="t", selected=[])
    for chart in (curve, bars, cells):
        (picked,) = chart.to_dict()["params"]
        assert (picked["name"], picked["select"]["fields"]) == ("pick", ["condition"])
    assert "params" not in charts.concentration(CURVE, title="t").to_dict()
