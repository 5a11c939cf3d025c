"""A second opinion: another program fits the same purchase model to the same customers.

lifetimes 0.11.3 is an independent implementation of BG/NBD, MBG/NBD and Pareto/NBD. Where both
programs agree, the figures are not an error of arithmetic on either side. Whether the model
suits the shop at all is another question, which only a comparison with later orders can answer.
"""

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.intake.wording import percent
from clv.models import (
    BGNBD,
    MBGNBD,
    Fit,
    ParetoNBD,
    Verdict,
    fit_bg_nbd,
    fit_mbg_nbd,
    fit_pareto_nbd,
)
from clv.models.histogram import read_customers
from clv.schema import DAYS_PER_WEEK

Floats = npt.NDArray[np.float64]

# lifetimes advises to penalise large parameters when its search fails; that moves its answer.
PENALIZERS: Final = (0.0, 0.001, 0.01, 0.1)
SAME: Final = 0.0005  # totals closer than this are called the same
BETTER: Final = 0.5  # units of log-likelihood from which one fit is called better than the other


Model = BGNBD | MBGNBD | ParetoNBD


@dataclass(frozen=True)
class _Peer:
    """One model in both programs.

    start: where lifetimes begins to search, for a model that it would begin anywhere at random,
    with another answer now and then.
    """

    ours: type[Model]
    fit: Callable[..., Fit[Any]]
    theirs: str
    start: tuple[float, ...] | None = None


PEERS: Final = {
    "BG/NBD": _Peer(BGNBD, fit_bg_nbd, "BetaGeoFitter"),
    "MBG/NBD": _Peer(MBGNBD, fit_mbg_nbd, "ModifiedBetaGeoFitter"),
    "Pareto/NBD": _Peer(ParetoNBD, fit_pareto_nbd, "ParetoNBDFitter", start=(1.0, 1.0, 1.0, 1.0)),
}


@dataclass(frozen=True)
class Estimate:
    """What one program makes of the sample.

    model: with time in weeks; log_likelihood: of the whole sample, times in weeks, always
    computed by our own formula; expected_orders: total over the horizon, of the customers for
    whom both programs have a figure; seconds: for the fit.
    """

    model: Model
    log_likelihood: float
    expected_orders: float
    seconds: float = field(compare=False)


@dataclass(frozen=True)
class SecondOpinion:
    """Both programs on one sample of customers.

    name: of the model fitted: the one in use, or BG/NBD where lifetimes does not have that.
    customers: how many there are; sampled: how many both programs were fitted to.
    ours, theirs: the two answers; theirs is None where lifetimes found none. verdict: of our fit
    to the sample. in_use: orders that the fit behind the pages expects of the same customers.
    penalizer: what lifetimes needed to converge, 0 for nothing; problem: what it said when it
    did not, at first or at all. without_figure: customers of the sample for whom it gave no
    expected orders; they are in neither total.
    """

    name: str
    customers: int
    sampled: int
    horizon_days: float
    ours: Estimate
    theirs: Estimate | None
    verdict: Verdict
    in_use: float
    penalizer: float
    without_figure: int
    problem: str

    @property
    def converged(self) -> bool:
        """Whether lifetimes came to an answer without help."""
        return self.theirs is not None and self.penalizer == 0

    @property
    def difference(self) -> float | None:
        """Their expected orders over ours, minus 1; None where there are not both."""
        if self.theirs is None or self.without_figure == self.sampled:
            return None
        ours = self.ours.expected_orders
        return self.theirs.expected_orders / ours - 1.0 if ours > 0 else None

    @property
    def sentence(self) -> str:
        """The outcome in one sentence for a shop owner."""
        program = f"An independent program, lifetimes, with its own {self.name}"
        if self.verdict.code == "too_little_data":
            return (
                "Too few customers came back for a second opinion from an independent program, "
                "lifetimes, to mean anything."
            )
        if self.theirs is None:
            return (
                f"{program}, found no answer for {self._who}, so there is no second opinion on "
                "these figures."
            )
        if self.difference is None:
            return (
                f"{program} fitted to {self._who}, gives no figure to compare, so there is no "
                "second opinion on these figures."
            )
        result = f"{program} fitted to {self._who}, expects {_relation(self.difference)} "
        result += f"over the next {self.horizon_days:,.0f} days{_tail(self, self.theirs)}"
        return f"{result}."

    @property
    def _who(self) -> str:
        if self.sampled < self.customers:
            return f"{self.sampled:,} of your {self.customers:,} customers, drawn at random"
        return "your only customer" if self.customers == 1 else f"all {self.customers:,} customers"


def second_opinion(
    customers: pd.DataFrame,
    fit: Fit[Any],
    horizon_days: float,
    most: int = 5000,
    seed: int = 0,
) -> SecondOpinion:
    """Fit at most `most` customers with lifetimes and with our own program.

    customers: frequency, recency and T in days; fit: the one behind the pages, in days; rows
    that no customer can be like are left out, and the same seed draws the same customers.
    Raises NotEnoughData when no customer is left, and nothing else.
    """
    name = fit.model.name if fit.model.name in PEERS else BGNBD.name
    peer, sample = PEERS[name], _Sample.of(customers, most, seed)
    start = time.perf_counter()
    own = peer.fit(sample.x, sample.t_x, sample.T, prior=False)
    seconds = time.perf_counter() - start
    horizon = horizon_days / DAYS_PER_WEEK
    answer = _ask_lifetimes(peer, sample, horizon)
    known = np.isfinite(answer.expected)
    expected = own.model.expected_purchases(sample.x, sample.t_x, sample.T, horizon)
    in_use = fit.model.in_unit(DAYS_PER_WEEK)
    expected_in_use = in_use.expected_purchases(sample.x, sample.t_x, sample.T, horizon)
    theirs = None
    if answer.model:
        theirs = sample.estimate(answer.model, answer.expected[known], answer.seconds)
    else:
        known = np.ones_like(known)
    return SecondOpinion(
        name=name,
        customers=sample.customers,
        sampled=len(sample.x),
        horizon_days=horizon_days,
        ours=sample.estimate(own.model, expected[known], seconds),
        theirs=theirs,
        verdict=own.verdict,
        in_use=float(expected_in_use[known].sum()),
        penalizer=answer.penalizer,
        without_figure=int((~known).sum()),
        problem=answer.problem,
    )


@dataclass(frozen=True)
class _Sample:
    """The customers both programs see, times in weeks: that is what lifetimes does best with."""

    customers: int
    x: Floats
    t_x: Floats
    T: Floats

    @classmethod
    def of(cls, customers: pd.DataFrame, most: int, seed: int) -> "_Sample":
        x, t_x, T = (
            customers[name].to_numpy(dtype=float, na_value=np.nan)
            for name in (schema.FREQUENCY, schema.RECENCY, schema.T)
        )
        rows, _ = read_customers(x, t_x, T, None)
        number = len(rows.x)
        drawn = np.arange(number)
        if number > most:
            drawn = np.sort(np.random.default_rng(seed).choice(number, most, replace=False))
        x, t_x, T = rows.x[drawn], rows.t_x[drawn], rows.T[drawn]
        # lifetimes refuses a last repeat purchase of customers who made none.
        t_x = np.where(x > 0, t_x, 0.0)
        return cls(number, x, t_x / DAYS_PER_WEEK, T / DAYS_PER_WEEK)

    def estimate(self, model: Model, expected: Floats, seconds: float) -> Estimate:
        """A program's answer, judged on the whole sample."""
        likelihood = float(model.log_likelihood(self.x, self.t_x, self.T).sum())
        return Estimate(model, likelihood, float(expected.sum()), seconds)


@dataclass(frozen=True)
class _Answer:
    """What lifetimes said: its model and the expected orders of each customer, or why not."""

    model: Model | None
    expected: Floats
    penalizer: float
    seconds: float
    problem: str = ""


def _ask_lifetimes(peer: _Peer, sample: _Sample, horizon: float) -> _Answer:
    """Its answer without a penalizer, or with the smallest of ours that gives one."""
    problem = ""
    for penalizer in PENALIZERS:
        try:
            with _silence():
                answer = _one_try(peer, sample, horizon, penalizer)
        # Whatever goes wrong in there is its answer, not an error of this product.
        except Exception as error:
            problem = problem or _first_line(error)
        else:
            return replace(answer, problem=problem)
    return _Answer(None, np.full_like(sample.x, np.nan), 0.0, 0.0, problem)


def _one_try(peer: _Peer, sample: _Sample, horizon: float, penalizer: float) -> _Answer:
    import lifetimes  # type: ignore[import-untyped]

    began = time.perf_counter()
    fitter = getattr(lifetimes, peer.theirs)(penalizer_coef=penalizer)
    start = {} if peer.start is None else {"initial_params": np.array(peer.start)}
    fitter.fit(sample.x, sample.t_x, sample.T, **start)
    seconds = time.perf_counter() - began
    model = peer.ours(*(float(fitter.params_[each.name]) for each in fields(peer.ours)))
    expect = fitter.conditional_expected_number_of_purchases_up_to_time
    expected = np.asarray(expect(horizon, sample.x, sample.t_x, sample.T), dtype=float)
    return _Answer(model, expected, penalizer, seconds)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """lifetimes warns when imported and while it works, and prints when it does not converge."""
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _relation(difference: float) -> str:
    if abs(difference) < SAME:
        return "the same number of orders as this product"
    word = "fewer" if difference < 0 else "more"
    return f"{percent(abs(difference), 1)} {word} orders than this product"


def _tail(opinion: SecondOpinion, theirs: Estimate) -> str:
    """What to make of the comparison, where that is not plain."""
    result = ""
    if opinion.without_figure:
        result = f", not counting {opinion.without_figure:,} for whom it gave no figure"
    better = theirs.log_likelihood - opinion.ours.log_likelihood
    if opinion.penalizer:
        return (
            f"{result}, but it needed help to come to an answer, which moves its figure, so it "
            "says little about ours"
        )
    if better < -BETTER:
        return f"{result}, but its answer fits the orders so far less well, so keep to ours"
    if better > BETTER:
        return f"{result}, and its answer fits the orders so far better, so doubt ours"
    if opinion.verdict.code == "boundary":
        agree = opinion.difference is not None and abs(opinion.difference) < SAME
        result += ", but these orders do not settle the model, so "
        result += "that both agree is no proof" if agree else "neither figure is the better one"
    return result
