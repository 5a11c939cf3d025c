"""How a model is fitted: a damped Newton in log-parameters, and the verdict on what came out.

A fit never fails with an exception. A direction in which the data say nothing is held by a
normal prior so vague (standard deviation 1,000 in log units) that it moves no digit anyone
reads; whether the data identified the model at all is then read off the Hessian.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Floats = NDArray[np.float64]
M = TypeVar("M", bound="DataclassInstance")

PRIOR: Final = 1e-6  # precision of the prior on each log-parameter
REACH: Final = 23.0  # a log-parameter stays this close to its usual value (a factor of 1e10)
STRIDE: Final = 3.0  # the longest step in any log-parameter
SETTLED: Final = 1e-8  # units of log-likelihood still to be gained when the search stops
PATIENCE: Final = 150  # evaluations
HALVINGS: Final = 30  # of a step that leads downhill

MIN_REPEAT_CUSTOMERS: Final = 10  # fewer than these can fit anything
VAGUE: Final = 2.0  # a log-parameter with a larger standard error (a factor of 7) is not known


@dataclass(frozen=True)
class Verdict:
    """Whether the data identified the model, and that in words for a shop owner.

    converged: an interior optimum, every parameter identified.
    boundary: the likelihood keeps rising, or stays flat, towards an extreme of the model.
    too_little_data: too few customers ever came back.
    """

    code: Literal["converged", "boundary", "too_little_data"]
    sentence: str


@dataclass(frozen=True)
class Fit(Generic[M]):
    """A fitted model and how far to trust it.

    log_likelihood: sum over customers, in the units of the data, without the prior.
    covariance: of the log-parameters, in the order of the model's fields; always finite.
    customers: how many customers the model learned from.
    evaluations: passes over the data.
    notes: plain sentences on anything out of the ordinary.
    """

    model: M
    log_likelihood: float
    covariance: Floats = field(compare=False)
    customers: int
    evaluations: int
    verdict: Verdict
    notes: tuple[str, ...] = ()

    @property
    def standard_errors(self) -> Floats:
        """Standard error of each parameter, in the order of the model's fields."""
        return np.array(astuple(self.model)) * np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True)
class Point:
    """A log-likelihood at `theta` (log-parameters) with its gradient and Hessian."""

    theta: Floats
    value: float
    gradient: Floats
    hessian: Floats


Objective = Callable[[Floats], Point]


@dataclass(frozen=True)
class Optimum:
    """Where a climb ended. `value` and `hessian` are the likelihood's own, without the prior."""

    theta: Floats
    value: float
    hessian: Floats
    evaluations: int
    free: NDArray[np.bool_]  # False for a parameter that is held at a limit
    settled: bool = True

    @property
    def spread(self) -> Floats:
        """Standard error of each log-parameter."""
        result: Floats = np.sqrt(np.diag(self.covariance()))
        return result

    @property
    def vague(self) -> NDArray[np.bool_]:
        """The parameters that the data do not settle."""
        return ~self.free | (self.spread > VAGUE)

    @property
    def identified(self) -> bool:
        """Whether the climb settled and the data settle every parameter."""
        return self.settled and not self.vague.any()

    def covariance(self) -> Floats:
        """Inverse curvature, finite in flat directions too: none is flatter than the prior.

        Zero for a parameter that is held at a limit.
        """
        result = np.zeros_like(self.hessian)
        curvature, directions = np.linalg.eigh(-self.hessian[self.free][:, self.free])
        inverse = (directions / np.maximum(curvature, PRIOR)) @ directions.T
        result[np.ix_(self.free, self.free)] = inverse
        return result


def climb(
    objective: Objective,
    start: Floats,
    usual: Floats,
    floor: Floats | None = None,
) -> Optimum:
    """Maximise a log-likelihood from `start` by damped Newton steps with the exact Hessian.

    usual: centre of the prior. floor: lowest log-parameters allowed, besides `usual` - REACH.
    """
    low = usual - REACH if floor is None else np.maximum(usual - REACH, floor)
    high = usual + REACH
    here = objective(np.clip(start, low, high))
    evaluations, rising = 1, True
    while rising and evaluations < PATIENCE:
        slope = here.gradient - PRIOR * (here.theta - usual)
        free = ~((here.theta <= low) & (slope < 0) | (here.theta >= high) & (slope > 0))
        step = _newton_step(here.hessian, slope, free)
        gain = float(slope @ step) / 2
        step *= STRIDE / max(float(np.abs(step).max()), STRIDE)
        if gain < SETTLED + 1e-14 * abs(here.value):
            # The last step is taken unseen: it is exact to the square of what it gains.
            theta = np.clip(here.theta + step, low, high)
            return Optimum(theta, here.value + gain, here.hessian, evaluations, free)
        rising = False
        for halving in range(HALVINGS):
            there = objective(np.clip(here.theta + step / 2**halving, low, high))
            evaluations += 1
            if _held(there, usual) > _held(here, usual):
                here, rising = there, True
                break
    return Optimum(here.theta, here.value, here.hessian, evaluations, free, settled=False)


def search(objective: Objective, starts: Sequence[Floats] | Floats, usual: Floats) -> Optimum:
    """The optimum from the first start, or the best of all starts unless that one is clear.

    Towards the extremes of these models there are several ridges, and a climb may end on the
    lower one. In simulated populations a climb that ended at a clear optimum was never beaten.
    """
    first = climb(objective, starts[0], usual)
    if first.identified:
        return first
    others = [climb(objective, start, usual) for start in starts[1:]]
    return max([first, *others], key=lambda optimum: optimum.value)


def dot(a: Floats, b: Floats) -> float:
    """Inner product of long vectors; unlike `@` it starts no BLAS threads, which wait for each
    other on a busy machine and then cost a hundred times the work."""
    return float(np.einsum("i,i->", a, b))


def too_little(repeat_customers: float, subject: str) -> Verdict:
    """The verdict on a fit to fewer than `MIN_REPEAT_CUSTOMERS`."""
    came_back = {0: "No customer", 1: "Only 1 customer"}
    who = came_back.get(round(repeat_customers), f"Only {repeat_customers:.0f} customers")
    return Verdict(
        "too_little_data",
        f"{who} ever came back; it takes at least {MIN_REPEAT_CUSTOMERS} to learn {subject}.",
    )


def _held(point: Point, usual: Floats) -> float:
    """The log-likelihood with the prior."""
    return point.value - PRIOR / 2 * float(np.sum((point.theta - usual) ** 2))


def _newton_step(hessian: Floats, slope: Floats, free: NDArray[np.bool_]) -> Floats:
    """Uphill step; directions of wrong or no curvature are walked as if they had some."""
    step = np.zeros_like(slope)
    curvature, directions = np.linalg.eigh(PRIOR * np.eye(free.sum()) - hessian[free][:, free])
    step[free] = directions @ ((slope[free] @ directions) / np.maximum(np.abs(curvature), PRIOR))
    return step
