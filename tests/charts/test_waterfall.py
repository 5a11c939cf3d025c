"""The waterfall, checked on the dictionary that reaches the browser."""

import json
from typing import Any

import pandas as pd
import pytest

from clv.charts.waterfall import KINDS, waterfall

STEPS = pd.DataFrame(
    {
        "step": ["Formula CLV", "Time horizon", "Order value", "Predicted CLV"],
        "before": [200.0, 200.0, 80.0, 95.5],
        "after": [200.0, 80.0, 95.5, 95.5],
        "change": [0.0, -120.0, 15.5, 0.0],
        "low": [0.0, 80.0, 80.0, 0.0],
        "high": [200.0, 200.0, 95.5, 95.5],
        "kind": ["total", "decrease", "increase", "total"],
        "reason": ["a", "b", "c", "d"],
    }
)


def spec(frame: pd.DataFrame = STEPS) -> dict[str, Any]:
    return waterfall(frame, title="t").to_dict()


def test_bars_float_from_the_low_to_the_high_end_of_a_step() -> None:
    bars = spec()["layer"][0]
    assert bars["mark"]["type"] == "bar"
    assert bars["encoding"]["x"]["field"] == "low"
    assert bars["encoding"]["x2"]["field"] == "high"


def test_steps_keep_the_order_of_the_frame_on_every_layer() -> None:
    layers = spec()["layer"]
    assert all(layer["encoding"]["y"]["field"] == "step" for layer in layers)
    assert all(layer["encoding"]["y"]["sort"] is None for layer in layers)
    # A layer without all the rows would put its steps behind those of the others.
    assert not any("filter" in step for layer in layers for step in layer["transform"])


@pytest.mark.parametrize("rows", [4, 1, 0])
def test_a_kind_has_its_colour_whether_or_not_the_others_occur(rows: int) -> None:
    color = spec(STEPS.head(rows))["layer"][0]["encoding"]["color"]
    assert color["field"] == "kind"
    assert color["scale"] == {"domain": list(KINDS)}


def test_colours_come_from_the_theme() -> None:
    text = json.dumps(spec()).replace("json#", "")
    assert "#" not in text
    assert '"scheme"' not in text
    assert "color" in spec()["layer"][1]["encoding"]  # Vega's own is black, day and night
    assert spec()["resolve"] == {"scale": {"color": "independent"}}


def test_a_figure_is_written_plainly_and_a_step_with_its_sign() -> None:
    label = spec()["layer"][1]
    assert label["encoding"]["text"]["field"] == "label"
    calculated = label["transform"][0]["calculate"]
    assert "'total' ? format(datum.after, ',.2f')" in calculated
    assert ": format(datum.change, '+,.2f')" in calculated


def test_the_plot_is_wider_than_its_longest_bar_so_that_no_label_is_cut_off() -> None:
    room = spec()["layer"][2]
    assert room["mark"]["opacity"] == 0
    assert room["encoding"]["x"]["field"] == "room"
    assert room["transform"][-1] == {"calculate": "datum.longest * 1.4", "as": "room"}


def test_every_bar_tells_why_when_pointed_at() -> None:
    tooltip = spec()["layer"][0]["encoding"]["tooltip"]
    assert [tip["field"] for tip in tooltip] == ["step", "label", "after", "reason"]
    assert all("format" in tip for tip in tooltip if tip["type"] == "quantitative")


def test_axes_are_titled_and_the_title_is_wrapped() -> None:
    chart = waterfall(STEPS, title="From 200.00 by the formula to 95.50 by the model").to_dict()
    assert len(chart["title"]) == 2
    for channel in ("x", "y"):
        assert all("title" in layer["encoding"][channel] for layer in chart["layer"])
