import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clv
from clv.insights.concentration import concentration_curve
from clv.insights.distributions import alive_grid, round_width, value_distribution
from clv.insights.selection import Selection


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=200).map(pd.Series))
def test_every_customer_is_in_exactly_one_bar(clv):
    bars = value_distribution(clv)
    assert bars["customers"].sum() == len(clv)
    assert (bars["high"] > bars["low"]).all()
    assert bars["open_ended"].sum() == 1


def test_bars_agree_with_a_plain_count():
    clv = pd.Series([0.0, 0.5, 1.5, 1.6, 29.0])
    bars = value_distribution(clv)
    closed = bars[~bars["open_ended"]]
    for bar in closed.itertuples():
        assert bar.customers == ((clv >= bar.low) & (clv < bar.high)).sum()


@pytest.mark.parametrize(("raw", "width"), [(0.9, 1), (1, 1), (1.1, 2), (3, 5), (70, 100), (0, 1)])
def test_widths_are_round(raw, width):
    assert round_width(raw) == width


def test_the_grid_holds_the_mean_p_alive_of_its_customers():
    customers = pd.DataFrame(
        {"frequency": [0, 0, 2, 9], "recency": [0, 0, 20, 100], "T": [3, 5, 21, 300]}
    )
    customers["p_alive"] = [1.0, 0.8, 0.7, 0.1]
    grid = alive_grid(customers)
    assert grid["customers"].sum() == 4
    first = grid[(grid["orders_low"] == 0) & (grid["silent_low"] == 0)].iloc[0]
    assert (first["p_alive"], first["customers"]) == (pytest.approx(0.9), 2)
    last = grid[grid["orders_low"] == 7].iloc[0]
    assert (last["orders_high"], last["silent_low"]) == (9, 200)
    assert (np.asarray(grid["silent_high"] - grid["silent_low"]) == 20).all()


@pytest.fixture(scope="module", params=["CDNOW", "Synthetic shop"])
def found(request: pytest.FixtureRequest) -> clv.Analysis:
    raw = clv.demo(request.param)
    return clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))


def kept(found: clv.Analysis, condition: str) -> int:
    selection, unknown = Selection.parse(condition.splitlines(), found.population.fields)
    assert not unknown
    return int(selection.mask(found.population).sum())


def test_the_condition_of_a_bar_keeps_the_customers_that_it_counts(found: clv.Analysis):
    bars = value_distribution(found.frame["predicted_clv"])
    assert [kept(found, text) for text in bars["condition"]] == bars["customers"].tolist()


def test_the_condition_of_a_cell_keeps_the_customers_that_it_counts(found: clv.Analysis):
    grid = alive_grid(found.frame)
    assert [kept(found, text) for text in grid["condition"]] == grid["customers"].tolist()


@given(st.lists(st.integers(0, 40).map(lambda tenth: tenth / 10), min_size=1))
def test_a_value_on_the_edge_of_a_bar_is_in_the_bar_that_its_condition_says(values: list[float]):
    clv_ = pd.Series(values)
    for bar in value_distribution(clv_)[:-1].itertuples():
        low, high = bar.condition.removeprefix("Predicted CLV: ").split(" to under ")
        assert bar.customers == ((clv_ >= float(low)) & (clv_ < float(high))).sum()


def test_the_condition_of_a_point_keeps_the_best_customers(found: clv.Analysis):
    curve = concentration_curve(found.frame["predicted_clv"])
    for point in curve.iloc[[1, 20, 50]].itertuples():
        # Equal customers, to the cent, are kept with the last of them.
        best = np.ceil(point.share_of_customers * len(found.frame) - 1e-9)
        assert best <= kept(found, point.condition) <= best * 1.05 + 1
