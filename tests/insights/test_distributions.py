import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.insights.distributions import alive_grid, round_width, value_distribution


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
