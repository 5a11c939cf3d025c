"""The charts of one customer: fields, shapes and what a reader is told."""

import pandas as pd

from clv.charts.one_customer import alive_line, expected_line, spending, time_line


def test_orders_are_circles_and_refunds_crosses_sized_by_money() -> None:
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-05", "2024-02-01"]),
            "kind": ["Order", "Refund"],
            "money": [20.0, -5.0],
            "pieces": [2.0, float("nan")],
        }
    )
    spec = time_line(frame, title="1 order: 20.00").to_dict()
    encoding = spec["encoding"]
    assert encoding["shape"]["scale"] == {
        "domain": ["Order", "Refund"],
        "range": ["circle", "cross"],
    }
    assert encoding["size"]["field"] == "size"
    assert "scale" not in encoding["y"]  # no empty row where there is no refund
    assert {"as": "size", "calculate": "abs(datum.money)"} in spec["transform"]
    assert spec["title"] == ["1 order: 20.00"]
    assert [tip["field"] for tip in encoding["tooltip"]] == ["day", "kind", "money", "count"]


def test_p_alive_is_drawn_from_0_to_1_with_a_dot_on_each_purchase_day() -> None:
    frame = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-05"]), "p_alive": [1.0], "bought": [True]}
    )
    spec = alive_line(frame, title="P(alive) is 100 % now").to_dict()
    line, dots = spec["layer"]
    assert line["mark"]["type"] == "line"
    assert line["encoding"]["y"]["scale"] == {"domain": [0, 1]}
    assert line["encoding"]["y"]["axis"]["format"] == ".0%"
    assert {"filter": "datum.bought"} in dots["transform"]


def test_expected_orders_start_at_zero() -> None:
    frame = pd.DataFrame({"day": pd.to_datetime(["2024-01-05"]), "orders": [0.0]})
    spec = expected_line(frame, title="0.00 orders expected").to_dict()
    assert spec["encoding"]["y"]["scale"] == {"zero": True}
    assert spec["encoding"]["tooltip"][1]["format"] == ".2f"


def test_spending_keeps_the_order_of_the_frame() -> None:
    frame = pd.DataFrame({"name": ["b", "a"], "revenue": [9.0, 3.0], "orders": [2, 1]})
    spec = spending(frame, title="Most revenue from b").to_dict()
    assert spec["encoding"]["y"]["sort"] is None
    assert spec["encoding"]["x"]["title"] == "Net revenue"
