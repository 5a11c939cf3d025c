"""Charts of products, moves and clusters, on the dictionary that reaches the browser."""

import json
from typing import Any

import altair as alt
import pandas as pd
import pytest

from clv.charts.clusters import cluster_map
from clv.charts.marks import PICK
from clv.charts.moves import moves_heatmap
from clv.charts.products import first_product_bars, preference_heatmap
from clv.charts.segments import METRICS, segment_bars

CELLS = pd.DataFrame(
    {
        "segment": ["Champions", "Lost"],
        "name": ["Cup", "Cup"],
        "buyers": [30, 2],
        "share": [0.6, 0.1],
        "share_all": [0.3, 0.3],
        "lift": [2.0, float("nan")],
    }
)
FIRST = pd.DataFrame(
    {
        "name": ["Cup", "Pen"],
        "customers": [30, 20],
        "share_customers": [0.6, 0.4],
        "value_mean": [12.0, 9.0],
        "value_low": [11.0, 8.0],
        "value_high": [13.0, 10.0],
        "historic_mean": [30.0, 20.0],
        "lift": [1.1, 0.9],
        "average": 10.5,
    }
)
MOVES = pd.DataFrame(
    {"from": ["A", "A"], "to": ["A", "B"], "customers": [3, 1], "share": [0.75, 0.25]}
)
DOTS = pd.DataFrame(
    {"cluster": ["Small", "Large"], "basket": [2.0, 20.0], "price": [0.1, 0.9], "customers": [5, 9]}
)
PAIRS = pd.DataFrame({"name": ["Pen"], "together": [20], "support": [0.1], "lift": [1.7]})
GROUPS = pd.DataFrame(
    {"name": ["Pen"], "customers": [20], "share_revenue": [0.1], "margin": [5.0], "revenue": [9.0]}
)


def moves(**options: Any) -> alt.Chart:
    frame = options.pop("frame", MOVES)
    return moves_heatmap(
        frame, title="t", before="Before", after="After", order=("A", "B"), **options
    )


def every_chart() -> dict[str, Any]:
    return {
        "preferences": preference_heatmap(CELLS, title="t"),
        "first": first_product_bars(FIRST, title="t"),
        "moves": moves(click="to"),
        "clusters": cluster_map(
            DOTS, title="t", names=("Small", "Large"), price="Price", is_share=True
        ),
        "ratio": cluster_map(
            DOTS, title="t", names=("Small", "Large"), price="Price", is_share=False
        ),
        "pairs": segment_bars(PAIRS, "lift", title="t"),
        "margin": segment_bars(GROUPS, "margin", title="t"),
    }


def layers(chart: Any) -> list[dict[str, Any]]:
    spec = chart.to_dict()
    return list(spec.get("layer", [spec]))


@pytest.mark.parametrize("name", every_chart())
def test_charts_are_titled_formatted_and_coloured_by_the_theme(name: str) -> None:
    chart = every_chart()[name]
    spec = chart.to_dict()
    assert spec["title"] == ["t"]
    text = json.dumps(spec).replace("json#", "")
    assert "#" not in text
    assert '"scheme"' not in text
    tips = [tip for layer in layers(chart) for tip in layer["encoding"].get("tooltip", [])]
    assert tips
    assert all("title" in tip for tip in tips)
    assert all("format" in tip for tip in tips if tip["type"] == "quantitative")
    for layer in layers(chart):
        if layer["mark"]["type"] in ("rule", "text"):
            assert "color" in layer["encoding"]


def test_empty_frames_are_still_charts() -> None:
    assert preference_heatmap(CELLS.head(0), title="t").to_dict()
    assert first_product_bars(FIRST.head(0), title="t").to_dict()
    assert moves(frame=MOVES.head(0)).to_dict()


def test_a_click_gives_the_group_of_the_chosen_side() -> None:
    def field(chart: Any) -> list[str]:
        params = chart.to_dict()["params"]
        return next(p["select"]["fields"] for p in params if p["name"] == PICK)

    assert field(preference_heatmap(CELLS, title="t")) == ["name"]
    assert field(moves(click="to")) == ["to"]
    assert field(moves(click="from")) == ["from"]
    assert "params" not in moves().to_dict()


def test_lift_is_coloured_around_one_and_cells_of_too_few_are_left_out() -> None:
    spec = preference_heatmap(CELLS, title="t").to_dict()
    scale = spec["encoding"]["color"]["scale"]
    assert (scale["domain"], scale["domainMid"], scale["clamp"]) == ([0, 2.0], 1, True)
    assert spec["transform"] == [{"filter": "isValid(datum.lift)"}]


def test_the_mean_of_all_is_a_rule_across_the_bars() -> None:
    drawn = [
        (layer["mark"]["type"], layer["encoding"]["x"]["field"])
        for layer in layers(first_product_bars(FIRST, title="t"))
    ]
    assert drawn == [("bar", "value_mean"), ("rule", "value_low"), ("rule", "average")]


def test_both_sides_of_a_move_are_in_the_order_asked_for() -> None:
    encoding = moves().to_dict()["encoding"]
    assert encoding["x"]["sort"] == encoding["y"]["sort"] == ["A", "B"]
    assert encoding["x"]["title"] == "After"
    money = moves(frame=MOVES.assign(revenue=1.0)).to_dict()["encoding"]["tooltip"]
    assert money[-1]["title"] == "Net revenue so far"


def test_a_ratio_of_prices_is_drawn_on_a_log_scale_and_a_share_is_not() -> None:
    share, ratio = (
        every_chart()[name].to_dict()["encoding"]["y"] for name in ("clusters", "ratio")
    )
    assert ratio["scale"]["type"] == "log"
    assert "type" not in share["scale"]
    assert share["axis"]["format"] == ".0%"
    assert ratio["axis"]["format"] == ",.4~r"  # 8,192; "g" would write 8.19e+3


def test_every_figure_of_products_has_a_name_and_a_format() -> None:
    for column in ("share_revenue", "margin", "margin_share", "lift", "confidence", "support"):
        assert METRICS[column].title
        assert METRICS[column].format
