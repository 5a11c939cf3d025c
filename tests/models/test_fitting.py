import numpy as np
import pytest

from clv.models import Fit, GammaGamma, Verdict
from clv.models.fitting import REACH, Point, climb, search

ORIGIN = np.zeros(2)


def hill(top, curvature):
    """A quadratic log-likelihood; its optimum and covariance are known."""
    bend = np.array(curvature, dtype=float)

    def objective(theta):
        away = theta - top
        return Point(theta, -float(away @ bend @ away) / 2, -bend @ away, -bend)

    return objective


def ridge(theta):
    """Rises towards -infinity in the first log-parameter, flat in the second."""
    reached = float(np.exp(theta[0]))
    slope = np.array([-reached, 0.0])
    return Point(theta, -reached, slope, np.diag(slope))


def test_the_top_of_a_hill_is_found_exactly_with_its_curvature():
    bend = [[40.0, 10.0], [10.0, 90.0]]
    optimum = climb(hill(np.array([1.5, -2.0]), bend), np.array([9.0, 9.0]), ORIGIN)
    assert optimum.identified
    assert optimum.theta == pytest.approx([1.5, -2.0], abs=1e-6)
    assert optimum.covariance() == pytest.approx(np.linalg.inv(bend), rel=1e-5)


def test_the_search_leaves_a_saddle_uphill():
    def objective(theta):  # hills at first = -1 and 1, a saddle between them
        first, second = theta
        value = -((first**2 - 1) ** 2) - second**2
        gradient = np.array([-4 * first * (first**2 - 1), -2 * second])
        return Point(theta, value, gradient, np.diag([4 - 12 * first**2, -2.0]))

    optimum = climb(objective, np.array([0.01, 0.5]), ORIGIN)
    assert optimum.theta == pytest.approx([1.0, 0.0], abs=1e-4)


def test_a_parameter_that_runs_away_is_stopped_and_its_covariance_is_finite():
    optimum = climb(ridge, np.array([2.0, 1.0]), ORIGIN)
    assert optimum.value == pytest.approx(0, abs=1e-3)
    assert optimum.theta[0] < -6
    assert abs(optimum.theta).max() <= REACH
    assert np.isfinite(optimum.covariance()).all()
    assert np.sqrt(optimum.covariance().diagonal()).min() > 100


def test_a_parameter_held_at_a_floor_stays_there_without_variance_of_its_own():
    objective = hill(np.array([-3.0, 1.0]), [[4.0, 1.0], [1.0, 4.0]])
    optimum = climb(objective, np.array([2.0, 2.0]), ORIGIN, floor=np.array([0.5, -np.inf]))
    assert optimum.vague.tolist() == [True, False]
    assert optimum.theta == pytest.approx([0.5, 1.0 - 3.5 / 4], abs=1e-5)
    assert optimum.covariance() == pytest.approx(np.array([[0, 0], [0, 0.25]]), abs=1e-6)


def test_a_search_that_cannot_rise_says_that_it_did_not_settle():
    def noise(theta):
        return Point(theta, -float(theta @ theta), np.ones(2), -np.eye(2))

    optimum = climb(noise, ORIGIN, ORIGIN)
    assert not optimum.settled
    assert not optimum.identified


def test_a_clear_optimum_ends_the_search_and_a_vague_one_is_compared_with_other_starts():
    visited = []

    def two_ridges(theta):  # towards either side it rises without end, to the right higher
        visited.append(theta)
        side = np.sign(theta[0])
        reached = float(np.exp(-abs(theta[0])))
        gradient = np.array([side * reached, -theta[1]])
        value = (side > 0) - reached - theta[1] ** 2 / 2
        return Point(theta, value, gradient, np.diag([-reached, -1.0]))

    starts = np.array([[-2.0, 0.0], [2.0, 0.0]])
    assert search(two_ridges, starts, ORIGIN).theta[0] > 0
    clear = hill(np.array([0.3, 0.4]), [[9.0, 0], [0, 9.0]])
    visited.clear()

    def counted(theta):
        visited.append(theta)
        return clear(theta)

    assert search(counted, np.array([[0.3, 0.4], [5.0, 5.0]]), ORIGIN).identified
    assert len(visited) == 1


def test_standard_errors_are_in_the_units_of_the_parameters():
    verdict = Verdict("converged", "Fine.")
    covariance = np.diag([0.01, 0.04, 0.09])
    fit = Fit(GammaGamma(6.0, 4.0, 15.0), -1.0, covariance, 100, 5, verdict)
    assert fit.standard_errors == pytest.approx([0.6, 0.8, 4.5])
