from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.validation.ranking import deciles, normalised_gini, top_share, top_share_wobble

amounts = st.lists(st.integers(0, 50), min_size=2, max_size=30).map(
    lambda v: np.array(v, dtype=float)
)


def test_a_perfect_order_scores_one_a_reversed_one_minus_one():
    actual = np.array([5.0, 4, 3, 2, 1])
    assert normalised_gini(actual, actual * 7) == pytest.approx(1)
    assert normalised_gini(actual, -actual) == pytest.approx(-1)


def test_equal_scores_are_worth_nothing():
    assert normalised_gini(np.array([5.0, 0, 0]), np.ones(3)) == pytest.approx(0)
    assert top_share(np.arange(10.0), np.ones(10)) == pytest.approx(0.1)


def test_customers_with_equal_scores_count_as_if_shuffled():
    actual, score = np.array([9.0, 1, 4, 0]), np.array([2.0, 1, 1, 1])
    ways = [np.array(p, dtype=float) / 100 for p in permutations(range(4))]
    for measure in (normalised_gini, lambda a, s: top_share(a, s, 0.5)):
        shuffled = np.mean([measure(actual, score + way) for way in ways])
        assert measure(actual, score) == pytest.approx(shuffled)


def test_the_best_tenth_is_the_best_tenth():
    actual = np.array([60.0, 10, *[3.75] * 8])
    assert top_share(actual, -np.arange(10.0)) == pytest.approx(0.6)
    assert top_share(actual, np.arange(10.0)) == pytest.approx(3.75 / 100)
    assert np.isnan(top_share(np.zeros(5), np.arange(5.0)))


@given(amounts, st.randoms(use_true_random=False))
def test_no_order_beats_the_perfect_one_and_rescaling_changes_nothing(actual, random):
    score = np.array([float(random.randrange(len(actual))) for _ in actual])
    found = normalised_gini(actual, score)
    if np.isnan(found):
        assert len(set(actual)) == 1 or actual.sum() == 0
        return
    assert -1 - 1e-9 <= found <= 1 + 1e-9
    assert normalised_gini(3 * actual, np.exp(score / 10)) == pytest.approx(found)
    assert top_share(actual, score) <= top_share(actual, actual) + 1e-9


def test_customers_who_got_money_back_count_as_nothing():
    actual, score = np.array([10.0, -50, 10, 0]), np.array([4.0, 3, 2, 1])
    assert top_share(actual, score, 0.5) == pytest.approx(0.5)
    assert -1 <= normalised_gini(actual, score) <= 1
    assert np.isnan(top_share_wobble(np.array([-1.0, 0]), score[:2], score[:2]))


def test_deciles_are_tenths_by_forecast_and_hold_everything():
    predicted, actual = np.arange(25.0), np.arange(25.0)[::-1]
    table = deciles(predicted, actual)
    assert table["decile"].tolist() == list(range(1, 11))
    assert set(table["customers"]) == {2, 3}
    assert table["predicted"].iloc[0] == 24 + 23 + 22
    assert table["actual"].sum() == actual.sum()


def test_the_wobble_of_equal_rankings_is_nothing_and_falls_with_the_number():
    rng = np.random.default_rng(0)
    actual, one, two = rng.gamma(2.0, 1, 4000), rng.random(4000), rng.random(4000)
    assert top_share_wobble(actual, one, one) == 0
    few, many = (top_share_wobble(actual[:n], one[:n], two[:n]) for n in (250, 4000))
    assert few / many == pytest.approx(4, rel=0.35)
    # The bootstrap of a part is put on the footing of all.
    crowd = [np.tile(column, 5) for column in (actual, one, two)]
    assert top_share_wobble(*crowd) == pytest.approx(many / np.sqrt(5), rel=0.35)
