from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.insights.segments import (
    RFM_GRID,
    SEGMENT_HELP,
    SEGMENTS,
    rfm_scores,
    rfm_segments,
    segment_table,
    statuses,
    tier_names,
    value_tiers,
)
from clv.settings import Settings

ON = date(2024, 6, 30)
values = st.lists(st.floats(0, 1e6), min_size=1, max_size=60).map(pd.Series)


def test_tiers_are_quartiles_from_the_top():
    assert value_tiers(pd.Series([1.0, 8, 2, 7, 3, 6, 4, 5]), 4).tolist() == list("DADACBCB")


@given(values, st.integers(3, 10))
def test_equal_values_share_a_tier_and_more_is_never_lower(clv, tiers):
    named = value_tiers(clv, tiers)
    frame = pd.DataFrame({"clv": clv, "tier": named}).sort_values("clv")
    assert frame.groupby("clv")["tier"].nunique().max() == 1
    assert (frame["tier"].to_numpy()[:-1] >= frame["tier"].to_numpy()[1:]).all()
    if len(clv) > 1 and (clv == clv.max()).sum() == 1:
        assert frame["tier"].iloc[-1] == "A"


@given(values, st.integers(3, 10))
def test_tiers_go_by_the_middle_rank_of_equals(clv, tiers):
    share = (clv.rank(method="average") - 1) / max(len(clv) - 1, 1)
    step = np.ceil((share * tiers).round(9)).clip(1, tiers).astype(int)
    assert value_tiers(clv, tiers).tolist() == [tier_names(tiers)[::-1][k - 1] for k in step]


def test_a_crowd_of_equals_is_not_all_best():
    clv = pd.Series([29.9] * 80 + [59.8] * 20)
    assert pd.Series(value_tiers(clv, 4)).value_counts().loc[["C", "A"]].tolist() == [80, 20]


def customers(last: list[str], orders: list[int], revenue: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "first_order": pd.to_datetime(last),
            "last_order": pd.to_datetime(last),
            "orders": orders,
            "revenue": revenue,
        }
    )


def test_rfm_scores_are_quintiles_and_recent_is_five():
    days = [f"2024-06-{d:02d}" for d in (30, 20, 15, 10, 5)]
    scores, cuts = rfm_scores(customers(days, [5, 4, 3, 2, 1], [50.0, 40, 30, 20, 10]), ON)
    assert scores.to_numpy().tolist() == [[s, s, s] for s in (5, 4, 3, 2, 1)]
    assert cuts.orders == (1.0, 2.0, 3.0, 4.0)


def test_equal_values_get_equal_scores():
    scores, _ = rfm_scores(customers(["2024-01-01"] * 8, [1] * 8, [5.0] * 8), ON)
    assert len(scores.drop_duplicates()) == 1
    assert scores["f"].tolist() == [1] * 8


@pytest.mark.parametrize(
    ("r", "f", "name"),
    [
        (5, 5, "Champions"),
        (5, 1, "New"),
        (4, 3, "Potential loyalists"),
        (3, 1, "About to sleep"),
        (2, 2, "Hibernating"),
        (1, 4, "Cannot lose"),
        (2, 1, "Lost"),
    ],
)
def test_segments_follow_the_grid(r, f, name):
    assert rfm_segments(pd.DataFrame({"r": [r], "f": [f], "m": [3]})).tolist() == [name]


def test_the_grid_has_the_eleven_names_each_explained():
    assert {name for row in RFM_GRID.values() for name in row} == set(SEGMENTS) == set(SEGMENT_HELP)


def test_status_follows_the_months_since_the_last_order():
    shop = customers(["2024-06-10", "2024-04-15", "2024-03-30", "2023-12-30"], [1] * 4, [1.0] * 4)
    shop.loc[1, "first_order"] = pd.Timestamp("2020-01-01")
    assert statuses(shop, ON, Settings()).tolist() == ["New", "Active", "Churned", "Long gone"]


def test_the_table_adds_up_to_the_base_and_leaves_empty_groups_out():
    shop = customers(["2024-06-10"] * 4, [1, 2, 3, 4], [10.0, 20, 30, 40])
    shop["p_alive"] = [1.0, 0.5, 0.5, 0.0]
    for column in ("historic_value", "predicted_clv", "total_value"):
        shop[column] = shop["revenue"] / 2
    shop["tier"] = ["A", "A", "C", "C"]
    table = segment_table(shop, "tier", ("A", "B", "C", "D"), None)
    assert table["name"].tolist() == ["A", "C"]
    assert table["customers"].tolist() == [2, 2]
    assert table["aov"].tolist() == [30 / 3, 70 / 7]
    assert table["p_alive"].tolist() == [0.75, 0.25]
    assert table["share_customers"].sum() == 1
    few = segment_table(
        shop, "tier", ("A", "B", "C", "D"), None, np.array([True, False, False, False])
    )
    assert few["customers"].tolist() == [1]
