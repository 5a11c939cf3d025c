import numpy as np
import pytest

from clv.models import BGNBD, MBGNBD, NBD, ParetoNBD
from clv.models.pairs import distinct_pairs
from clv.models.tables import _by_polynomials, expected_table

MONTHS = np.arange(1, 37) * 30.4375
MODELS = [
    BGNBD(0.8, 60.0, 0.8, 2.5),
    BGNBD(0.24, 31.0, 1.0, 2.4),  # a pole of the textbook formula
    BGNBD(0.9, 0.02, 0.4, 0.6),  # the horizon is thousands of times longer than alpha
    BGNBD(36.0, 8000.0, 0.03, 25.0),
    BGNBD(0.3, 30.0, 1e-9, 2.0),
    MBGNBD(0.53, 43.0, 0.9, 1.6),
    NBD(0.8, 60.0),
    ParetoNBD(0.55, 74.0, 0.6, 82.0),
]


def crowd():
    rng = np.random.default_rng(0)
    T = rng.integers(0, 700, 60_000).astype(float)
    x = rng.poisson(rng.gamma(0.5, 8.0, len(T)))
    x[:50] = rng.integers(100, 9000, 50)
    return distinct_pairs(x.astype(float), T)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{m.name} {m.alpha:g}")
def test_the_table_is_what_the_model_says_of_every_pair_at_every_horizon(model):
    pairs = crowd()
    plain = model.expected_purchases_if_alive(pairs.x[:, None], pairs.T[:, None], MONTHS[None, :])
    assert expected_table(model, pairs, MONTHS) == pytest.approx(plain, rel=1e-9)


def test_a_single_pair_and_a_single_horizon_are_a_table_too():
    pairs = distinct_pairs(np.array([2.0]), np.array([100.0]))
    table = expected_table(MODELS[0], pairs, np.array([30.0]))
    assert table == pytest.approx(MODELS[0].expected_purchases_if_alive([[2.0]], 100.0, 30.0))


def test_no_horizon_means_no_purchases():
    assert (expected_table(MODELS[0], crowd(), np.array([0.0, 30.0]))[:, 0] == 0).all()


@pytest.mark.parametrize("model", MODELS[:2] + MODELS[5:6], ids=lambda m: m.name)
def test_most_pairs_come_from_polynomials_that_pass_their_own_check(model):
    pairs = crowd()
    result = np.empty((len(pairs.x), len(MONTHS)))
    assert _by_polynomials(model, pairs, MONTHS, result).mean() > 0.5
