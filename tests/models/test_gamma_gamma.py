from math import inf

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.errors import InvalidSettings
from clv.models import GammaGamma

PUBLISHED = GammaGamma(6.25, 3.74, 15.44)  # CDNOW, dollars


def exact_log_likelihood(p, q, v, x, m):
    """Fader & Hardie, note 025, eq. 1a, to many digits."""
    with mp.workdps(50):
        p, q, v, m = (mp.mpf(value) for value in (p, q, v, m))
        value = mp.loggamma(p * x + q) - mp.loggamma(p * x) - mp.loggamma(q) + q * mp.log(v)
        value += (p * x - 1) * mp.log(m) + p * x * mp.log(x) - (p * x + q) * mp.log(x * m + v)
        return float(value)


@pytest.mark.parametrize(
    "case",
    [
        (6.25, 3.74, 15.44, 2, 22.35),
        (0.4, 0.9, 0.01, 1, 1e4),
        (1e7, 3.0, 1e-5, 40, 19.99),  # every purchase of a customer alike
        (3.0, 1e7, 1e8, 5, 31.0),  # all customers alike
        (2.0, 4.0, 50.0, 9000, 0.02),
    ],
)
def test_the_likelihood_is_that_of_the_paper(case):
    p, q, v, x, m = case
    value = GammaGamma(p, q, v).log_likelihood(x, m)
    assert value == pytest.approx(exact_log_likelihood(p, q, v, x, m), rel=1e-9, abs=1e-8)


def test_customers_without_a_positive_repeat_value_have_no_say_in_the_likelihood():
    likelihood = PUBLISHED.log_likelihood([0, 3, 2, 1], [0.0, -5.0, np.nan, 20.0])
    assert likelihood[:3].tolist() == [0, 0, 0]
    assert likelihood[3] < 0


def test_without_repeat_purchases_the_mean_of_all_customers_is_expected():
    assert PUBLISHED.population_mean == pytest.approx(6.25 * 15.44 / 2.74)
    for monetary in (0.0, np.nan, 99.0):
        expected = PUBLISHED.expected_order_value(0, monetary)
        assert expected == pytest.approx(PUBLISHED.population_mean)


def test_the_more_purchases_the_more_the_own_mean_counts():
    expected = PUBLISHED.expected_order_value([1, 5, 100, 10_000], 80.0)
    assert (np.diff(expected) > 0).all()
    assert PUBLISHED.population_mean < expected[0]
    assert expected[-1] == pytest.approx(80.0, rel=1e-3)


def test_a_mean_below_zero_counts_as_zero():
    below, zero = PUBLISHED.expected_order_value([2, 2], [-50.0, 0.0])
    assert below == zero > 0


def test_an_infinite_mean_is_infinite_and_never_negative():
    model = GammaGamma(p=0.25, q=0.5, v=4.0)
    assert model.population_mean == inf
    assert model.expected_order_value([0, 1, 2, 3], 10.0)[:3].tolist() == [inf, inf, inf]
    assert model.expected_order_value(3, 10.0) == pytest.approx(0.25 * (4 + 30) / 0.25)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_model_with_an_impossible_parameter_is_refused(value):
    with pytest.raises(InvalidSettings, match="q ="):
        GammaGamma(6.0, value, 15.0)


@settings(deadline=None)
@given(st.floats(0.1, 50), st.floats(1.1, 50), st.floats(0.01, 1e4), st.integers(1, 200), st.data())
def test_the_expected_value_lies_between_own_and_common_mean_in_any_currency(p, q, v, x, data):
    model, cents = GammaGamma(p, q, v), GammaGamma(p, q, 100 * v)
    m = data.draw(st.floats(0.01, 1e5))
    expected = float(model.expected_order_value(x, m))
    low, high = sorted((m, model.population_mean))
    assert low * (1 - 1e-9) <= expected <= high * (1 + 1e-9)
    assert float(cents.expected_order_value(x, 100 * m)) == pytest.approx(100 * expected)
