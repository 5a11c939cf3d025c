"""How a model is fitted: a damped Newton in log-parameters, and the verdict on what came out.

A fit never fails with an exception. A direction in which the data say nothing is held by a
normal prior so vague (standard deviation 1,000 in log units) that it moves no digit anyone
reads; whether the data identified the model at all is then read off the Hessian. Where they
did not, the fit is made once more with a weak prior: each log-parameter normal around its
value in usual shops with standard deviation 1.5, a factor of 4.5 either way. It counts as
much as a handful of customers, so it decides only what the data leave open.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Floats = NDArray[np.float64]
M = TypeVar("M", bound="DataclassInstance")

PRIOR: Final = 1e-6  # precision of the vague prior on each log-parameter
WEAK: Final = 1 / 1.5**2  # precision of the weak prior
REACH: Final = 23.0  # a log-parameter stays this close to its usual value (a factor of 1e10)
STRIDE: Final = 3.0  # the longest step in any log-parameter
SETTLED: Final = 1e-8  # units of log-likelihood still to be gained when the search stops
ROUGHLY: Final = 1.0  # the same where the search is only for a place to start from
PATIENCE: Final = 150  # evaluations
HALVINGS: Final = 30  # of a step that leads downhill

MIN_REPEAT_CUSTOMERS: Final = 10  # fewer than these can fit anything
VAGUE: Final = 2.0  # a log-parameter with a larger standard error (a factor of 7) is not known


Rung = Literal["likelihood", "prior", "nobody_leaves", "one_rate", "all_orders", "rule"]


@dataclass(frozen=True)
class Verdict:
    """Whether the data identified the model, and that in words for a shop owner.

    converged: an interior optimum, every parameter identified.
    boundary: the likelihood keeps rising, or stays flat, towards an extreme of the model.
    too_little_data: too few customers ever came back.
    rule: no model but a rule that needs no fit.
    """

    code: Literal["converged", "boundary", "too_little_data", "rule"]
    sentence: str


@dataclass(frozen=True)
class Fit(Generic[M]):
    """A fitted model and how far to trust it.

    log_likelihood: sum over customers, in the units of the data, without the prior.
    covariance: of the log-parameters, in the order of the model's fields; always finite.
    customers: how many customers the model learned from.
    evaluations: passes over the data.
    notes: plain sentences on anything out of the ordinary.
    rung: which step of the ladder holds: "likelihood" (the data alone), "prior" (with the weak
        prior), or a simpler model (see `clv.models.ladder`).
    """

    model: M
    log_likelihood: float
    covariance: Floats = field(compare=False)
    customers: int
    evaluations: int
    verdict: Verdict
    notes: tuple[str, ...] = ()
    rung: Rung = "likelihood"

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
    precision: float = PRIOR  # of the prior that it was found with

    @property
    def rung(self) -> Rung:
        """Whether the data alone decided, or with the weak prior."""
        return "prior" if self.precision == WEAK else "likelihood"

    @cached_property
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
        own = self.precision * np.eye(self.free.sum())
        curvature, directions = np.linalg.eigh(own - self.hessian[self.free][:, self.free])
        inverse = (directions / np.maximum(curvature, self.precision)) @ directions.T
        result[np.ix_(self.free, self.free)] = inverse
        return result


def climb(
    objective: Objective,
    start: Floats,
    usual: Floats,
    *,
    precision: float = PRIOR,
    floor: Floats | None = None,
    settled: float = SETTLED,
) -> Optimum:
    """Maximise a log-likelihood from `start` by damped Newton steps with the exact Hessian.

    usual: centre of the prior, of the given precision. floor: lowest log-parameters allowed,
    besides `usual` - REACH. settled: units of log-likelihood still to be gained at the end.
    """
    low = usual - REACH if floor is None else np.maximum(usual - REACH, floor)
    high = usual + REACH
    here = objective(np.clip(start, low, high))
    evaluations, rising = 1, True
    while rising and evaluations < PATIENCE:
        slope = here.gradient - precision * (here.theta - usual)
        free = ~((here.theta <= low) & (slope < 0) | (here.theta >= high) & (slope > 0))
        step = _newton_step(here.hessian, slope, free, precision)
        gain = float(slope @ step) / 2
        step *= STRIDE / max(float(np.abs(step).max()), STRIDE)
        if gain < settled + 1e-14 * abs(here.value):
            # The last step is taken unseen: it is exact to the square of what it gains.
            theta = np.clip(here.theta + step, low, high)
            return Optimum(
                theta, here.value + gain, here.hessian, evaluations, free, precision=precision
            )
        rising = False
        for halving in range(HALVINGS):
            there = objective(np.clip(here.theta + step / 2**halving, low, high))
            evaluations += 1
            if _held(there, usual, precision) > _held(here, usual, precision):
                here, rising = there, True
                break
    return Optimum(
        here.theta, here.value, here.hessian, evaluations, free, settled=False, precision=precision
    )


def search(
    objective: Objective,
    starts: Sequence[Floats] | Floats,
    usual: Floats,
    settled: float = SETTLED,
) -> Optimum:
    """The optimum from the first start, or the best of all starts unless that one is clear.

    Towards the extremes of these models there are several ridges, and a climb may end on the
    lower one. In simulated populations a climb that ended at a clear optimum was never beaten.
    """
    first = climb(objective, starts[0], usual, settled=settled)
    if first.identified:
        return first
    others = [climb(objective, start, usual, settled=settled) for start in starts[1:]]
    return max([first, *others], key=lambda optimum: optimum.value)


def settle(
    objective: Objective,
    starts: Sequence[Floats] | Floats,
    usual: Floats,
    usable: Callable[[Optimum], bool] = lambda optimum: optimum.identified,
) -> tuple[Optimum, Optimum]:
    """The optimum of the data alone, and the one to use: with the weak prior where the first is
    not usable, by default where it leaves a parameter open."""
    alone = search(objective, starts, usual)
    if usable(alone):
        return alone, alone
    held = [climb(objective, start, usual, precision=WEAK) for start in (usual, alone.theta)]
    return alone, max(held, key=lambda o: o.value - _pull(o.theta, usual, WEAK))


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


def _held(point: Point, usual: Floats, precision: float) -> float:
    """The log-likelihood with the prior."""
    return point.value - _pull(point.theta, usual, precision)


def _pull(theta: Floats, usual: Floats, precision: float) -> float:
    """What the prior takes off the log-likelihood."""
    return precision / 2 * float(np.sum((theta - usual) ** 2))


def _newton_step(
    hessian: Floats, slope: Floats, free: NDArray[np.bool_], precision: float
) -> Floats:
    """Uphill step; directions of wrong or no curvature are walked as if they had some."""
    step = np.zeros_like(slope)
    curvature, directions = np.linalg.eigh(precision * np.eye(free.sum()) - hessian[free][:, free])
    size = np.maximum(np.abs(curvature), precision)
    step[free] = directions @ ((slope[free] @ directions) / size)
    return step
