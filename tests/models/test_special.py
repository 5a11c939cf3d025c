import mpmath as mp
import numpy as np
import pytest

from clv.models.special import beta_mean, digamma_rise, log_beta, log_rising, trigamma

mp.mp.dps = 40


@pytest.mark.parametrize("z", [1e-9, 0.3, 1.0, 19.9, 20.1, 500.0, 1e6, 1e10])
@pytest.mark.parametrize("d", [0.0, 1e-9, 0.5, 7.0, 5000.0, 1e8])
def test_ratios_of_gamma_functions_are_exact_for_small_and_for_huge_arguments(z, d):
    z_, d_ = mp.mpf(z), mp.mpf(d)
    rising = float(mp.loggamma(z_ + d_) - mp.loggamma(z_))
    assert float(log_rising(z, d)) == pytest.approx(rising, rel=1e-12, abs=3e-14)
    if d:
        beta = float(mp.loggamma(z_) + mp.loggamma(d_) - mp.loggamma(z_ + d_))
        assert float(log_beta(d, z)) == pytest.approx(beta, rel=1e-9, abs=1e-12)
    slope = float(mp.psi(0, z_ + d_) - mp.psi(0, z_))
    assert float(digamma_rise(z, d)) == pytest.approx(slope, rel=1e-12, abs=1e-14)
    assert float(trigamma(z)) == pytest.approx(float(mp.psi(1, z_)), rel=1e-13)


@pytest.mark.parametrize("a", [1e-6, 0.4, 1.0, 3.0, 800.0, 1e9])
@pytest.mark.parametrize("c", [1e-3, 0.7, 1.0, 40.0, 5000.0, 1e9])
def test_the_quadrature_gives_the_moments_of_any_beta_distribution(a, c):
    one, zero = np.ones(1), np.zeros(1)
    mean = beta_mean(lambda p, _: p, a, np.array([c]), zero, one)
    square = beta_mean(lambda p, _: p * p, a, np.array([c]), zero, one)
    assert mean[0] == pytest.approx(a / (a + c), rel=1e-8)
    assert square[0] == pytest.approx(a * (a + 1) / (a + c) / (a + c + 1), rel=1e-8)
