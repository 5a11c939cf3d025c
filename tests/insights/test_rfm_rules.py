"""Own rules of the RFM grid: read, written, refused, and used by the whole analysis."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clv
from clv.errors import InvalidSettings
from clv.insights.rfm_rules import EXAMPLE, changed_names, read_rules, write_rules
from clv.insights.segments import RFM_GRID, SEGMENTS, rfm_grid, rfm_scores, segment_names
from clv.settings import CELLS, USUAL, RFMRules

limits = st.lists(st.integers(-10_000, 10_000_000), min_size=4, max_size=4, unique=True).map(
    lambda cuts: tuple(float(cut) / 100 for cut in sorted(cuts))
)
some_limits = st.one_of(st.just(()), limits)
words = st.text("abc ä:,'", min_size=1, max_size=20).map(str.strip).filter(bool)
rules = st.builds(
    RFMRules,
    recency_days=some_limits,
    orders=some_limits,
    revenue=some_limits,
    names=st.dictionaries(st.sampled_from(sorted(CELLS)), words).map(
        lambda names: tuple(sorted(names.items()))
    ),
)


@given(rules)
def test_every_rule_reads_back_from_its_text(given_rules: RFMRules) -> None:
    assert read_rules(write_rules(given_rules)) == given_rules


def test_the_usual_rules_are_an_empty_text_and_the_example_is_one() -> None:
    assert write_rules(USUAL) == ""
    assert read_rules("") == USUAL
    found = read_rules(EXAMPLE)
    assert found.recency_days == (30, 60, 90, 180)
    assert found.names == (("51", "First timers"),)


@pytest.mark.parametrize(
    "text",
    ["R: 1, 2, 3", "R: 1, 2, 2, 3", "F: 4, 3, 2, 1", "M: a, b, c, d", "R", "66: Odd", "51: ",
     "F: 1, 2, 3, inf", "M: nan, 1, 2, 3", f"51: {'x' * 31}"],
)  # fmt: skip
def test_what_is_no_rule_is_refused_in_two_sentences(text: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_rules(text)
    assert caught.value.message
    assert caught.value.hint


def test_only_cells_that_are_called_otherwise_are_kept() -> None:
    grid = rfm_grid(RFMRules(names=(("51", "First timers"), ("15", "Whales"))))
    assert grid[1][0] == "First timers"
    assert grid[5][4] == "Whales"
    assert changed_names(grid) == (("15", "Whales"), ("51", "First timers"))
    assert changed_names(RFM_GRID) == ()


def test_an_own_name_stands_where_the_usual_one_would() -> None:
    assert segment_names() == SEGMENTS
    names = segment_names(RFMRules(names=(("55", "Stars"), ("11", "Gone"), ("21", "Gone"))))
    assert names[:2] == ("Champions", "Stars")
    assert names[-1] == "Gone"
    assert "Lost" not in names


@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=40),
    st.lists(st.integers(0, 9), min_size=4, max_size=4, unique=True).map(sorted),
)
def test_equal_values_keep_equal_scores_whatever_the_limits(orders, cuts) -> None:
    shop = pd.DataFrame({"last_order": pd.Timestamp("2024-01-01"), "orders": orders})
    shop["revenue"] = shop["orders"] * 2.0
    own = RFMRules(orders=tuple(float(cut) for cut in cuts))
    scores, used = rfm_scores(shop, date(2024, 2, 1), own)
    assert used.orders == own.orders
    for count, score in zip(orders, scores["f"], strict=True):
        assert score == 1 + sum(cut < count for cut in cuts)
    assert scores["r"].nunique() == 1


@pytest.fixture(scope="module")
def found() -> clv.Analysis:
    raw = clv.demo("Synthetic shop")
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    own = RFMRules(recency_days=(30, 60, 120, 240), names=(("55", "Stars"), ("45", "Stars")))
    return clv.analyse(shop, clv.Settings(margin=0.4, rfm=own, tiers=7, model="BG/NBD"))


def test_the_analysis_uses_own_rules_everywhere(found: clv.Analysis) -> None:
    frame = found.frame
    days = (pd.Timestamp(found.analysis_date) - frame["last_order"]).dt.days
    r = 5 - np.array([sum(cut < d for cut in (30, 60, 120, 240)) for d in days])
    assert (frame["rfm"].astype(str).str[0].astype(int) == r).all()
    f = frame["rfm"].astype(str).str[1].astype(int)
    stars = (f == 5) & (r >= 4)
    assert ((frame["segment"] == "Stars") == stars).all()
    assert stars.any()
    assert "Stars" in found.segments("segment")["name"].tolist()
    assert found.rfm_cuts.recency_days == (30, 60, 120, 240)
    assert found.rfm_cuts.orders == found.prepared.rfm_cuts.orders
    assert "Stars" in found.population.values("Segment")
    assert found.segments("tier")["name"].tolist() == list("ABCDEFG")
