"""The draw of a control group, what it could show, and the key that is kept."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.errors import CLVError
from clv.insights.campaign_key import CampaignKey
from clv.insights.control_groups import draw_control, smallest_uplift

KEY = CampaignKey(
    name="Spring: “tea”, 10 %",
    drawn_on=date(2024, 5, 2),
    seed=4,
    analysis_date=date(2024, 4, 30),
    contact_date=date(2024, 5, 3),
    window_days=30,
    treated=("a", "b", "007"),
    control=("ç", "d"),
)


@given(
    size=st.integers(1, 200),
    share=st.floats(0.1, 0.5),
    seed=st.integers(1, 10_000),
    tiers=st.integers(1, 4),
)
def test_treated_and_control_partition_the_list(size, share, seed, tiers) -> None:
    ids = pd.Series([f"k{i}" for i in range(size)])
    strata = pd.Series([str(i % tiers) for i in range(size)])
    control = draw_control(ids, strata, share, seed)
    assert len(control) == size
    assert abs(control.sum() - share * size) <= 1 + 1e-9
    for tier in strata.unique():
        inside = (strata == tier).to_numpy()
        assert abs(control[inside].sum() - share * inside.sum()) <= 1 + 1e-9
    assert (draw_control(ids, strata, share, seed) == control).all()
    order = np.random.default_rng(seed).permutation(size)
    again = draw_control(ids.iloc[order], strata.iloc[order], share, seed)
    assert set(ids.iloc[order][again]) == set(ids[control])


def test_another_seed_is_another_draw_and_everyone_is_drawn_as_often() -> None:
    ids = pd.Series([f"k{i}" for i in range(40)])
    strata = pd.Series(["A"] * 10 + ["B"] * 30)
    draws = np.array([draw_control(ids, strata, 0.25, seed) for seed in range(1, 2001)])
    often = draws.mean(axis=0)
    assert abs(often - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / 2000)


def test_the_smallest_uplift_shows_with_eighty_percent_power() -> None:
    rng = np.random.default_rng(2)
    base, treated, control = 0.1, 1500, 500
    uplift = smallest_uplift(base, treated, control)
    assert uplift is not None
    a = rng.binomial(treated, base + uplift, 20_000)
    b = rng.binomial(control, base, 20_000)
    pooled = (a + b) / (treated + control)
    error = np.sqrt(pooled * (1 - pooled) * (1 / treated + 1 / control))
    power = (np.abs(a / treated - b / control) / error > 1.959964).mean()
    assert power == pytest.approx(0.8, abs=0.02)


def test_more_customers_show_less_and_too_few_show_nothing() -> None:
    small, large = smallest_uplift(0.2, 100, 100), smallest_uplift(0.2, 1000, 1000)
    assert small is not None
    assert large is not None
    assert large < small
    assert smallest_uplift(0.9, 5, 5) is None
    assert smallest_uplift(0.2, 100, 1) is None


def test_a_key_comes_back_as_it_was() -> None:
    assert CampaignKey.from_json(KEY.to_json()) == KEY
    content = json.loads(KEY.to_json())
    assert content["campaign"] == KEY.campaign_id
    assert content["treated"] == ["a", "b", "007"]


@pytest.mark.parametrize("text", ["", "no", "[]", "{}", '{"what": "list"}', "[" * 100_000, "1e999"])
def test_another_file_is_refused_in_two_sentences(text: str) -> None:
    with pytest.raises(CLVError, match="not the key of a campaign") as refused:
        CampaignKey.from_json(text)
    assert "came with the list" in refused.value.hint


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("treated", ["a", "b"]),
        ("treated", ["a", "b", 7]),
        ("treated", "a"),
        ("control", None),
        ("seed", "x"),
        ("seed", 1e999),
        ("contact_date", "2024-13-01"),
        ("window_days", 30.5e9),
        ("name", None),
        ("campaign", "0123456789"),
    ],
)
def test_a_key_that_was_changed_is_refused(field: str, value: object) -> None:
    content = json.loads(KEY.to_json())
    content[field] = value
    with pytest.raises(CLVError, match="This key cannot be used"):
        CampaignKey.from_json(json.dumps(content))


@pytest.mark.parametrize("changes", [{"window_days": 0}, {"contact_date": date(9999, 12, 31)}])
def test_a_key_with_days_that_cannot_be_is_refused(changes: dict) -> None:
    with pytest.raises(CLVError, match="cannot be"):
        CampaignKey.from_json(CampaignKey(**{**vars(KEY), **changes}).to_json())


def test_a_customer_in_both_groups_is_refused() -> None:
    both = CampaignKey(**{**vars(KEY), "control": ("a", "d")})
    with pytest.raises(CLVError, match="twice"):
        CampaignKey.from_json(both.to_json())
