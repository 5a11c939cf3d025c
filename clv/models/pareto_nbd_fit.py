"""Fits Pareto/NBD: log-likelihood of a histogram with gradient and Hessian, and the verdict.

Log-parameters in the order r, alpha, s, beta; time in units of the mean T.

A customer seen to buy x times until t_x and then silent until T was there until some moment
tau: until T, or less. As a function of tau the likelihood is a plain product, so that of the
customer is a sum over "stayed until T" and an integral over "left at tau", and the derivatives
of its logarithm are means and covariances of plain derivatives over that mixture.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from clv.models.fitting import Fit, Point, dot
from clv.models.histogram import PurchaseHistogram
from clv.models.pareto_nbd import ParetoNBD
from clv.models.pareto_nbd_future import Race, blocks, grid, last_moment, race
from clv.models.purchase_fit import Recipe, fit_recipe

Floats = NDArray[np.float64]

NODES: Final = 16  # of a panel: relative error of an integral below 1e-9
USUAL: Final = np.log([0.5, 0.3, 0.6, 0.4])
STARTS: Final = np.log([[0.5, 0.5, 0.6, 0.5], [0.5, 0.5, 0.01, 1.0], [5.0, 5.0, 5.0, 10.0]])


def fit_pareto_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    prior: bool = True,
) -> Fit[ParetoNBD]:
    """Maximum likelihood Pareto/NBD; never fails on odd data, but says so in the verdict.

    One row per customer, or per distinct (frequency, recency, T) with the number of such
    customers as weights. alpha and beta come back in the unit of time of the data. prior: where
    the data leave a parameter open, add the weak prior (see `clv.models.fitting`).
    Raises NotEnoughData when there is no customer at all.
    """
    recipe = Recipe(ParetoNBD, (1, 3), log_likelihood, USUAL, STARTS, _leaving_sentence)
    return fit_recipe(recipe, frequency, recency, T, weights, prior)


def log_likelihood(histogram: PurchaseHistogram, theta: Floats) -> Point:
    """Log-likelihood at log-parameters `theta`, its gradient and exact Hessian, in one pass.

    Fader & Hardie (2005), "A note on deriving the Pareto/NBD model", with its difference of two
    hypergeometric functions left as the integral that it is.
    """
    parts = [_purchase_part(histogram, theta)]
    parts += _silence_parts(histogram, theta)
    values, gradients, hessians = zip(*parts, strict=True)
    return Point(theta, float(sum(values)), sum(gradients), sum(hessians))


Part = tuple[float, Floats, Floats]  # value, gradient, Hessian
Shapes = tuple[float, Floats, float]  # r, k = r + x of each row, s


def _purchase_part(histogram: PurchaseHistogram, theta: Floats) -> Part:
    """ln Gamma(r + x) - ln Gamma(r) - x ln alpha."""
    r, alpha = np.exp(theta[:2])
    more = histogram.more_than
    step = r + np.arange(len(more))
    by_r = r * dot(more, 1 / step)
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[:2] = by_r, -more.sum()
    hessian[0, 0] = by_r - r * r * dot(more, 1 / step**2)
    return dot(more, np.log(step / alpha)), gradient, hessian


class Ends(NamedTuple):
    """What matters of the end tau of each row, on the scale alpha or beta; or means of it.

    log = ln(1 + tau / scale), late = tau / (scale + tau), early = 1 - late, bend = late early.
    """

    log: Floats
    late: Floats
    early: Floats
    bend: Floats

    def at(self, index: NDArray[np.intp]) -> "Ends":
        """At the times with these positions."""
        return Ends(*(each[index] for each in self))


class Leaving(NamedTuple):
    """The moments at which a block of rows can have left: arrays (nodes, rows).

    log_chance: ln of the integral over all of them, per row. share: of each moment in it.
    buying, leaving: ln(1 + u / scale) and u / (scale + u), u the time since t_x and scale
        alpha + t_x or beta + t_x.
    """

    log_chance: Floats
    share: Floats
    buying: tuple[Floats, Floats]
    leaving: tuple[Floats, Floats]


def _silence_parts(histogram: PurchaseHistogram, theta: Floats) -> list[Part]:
    """The rest of the likelihood, by block: stayed until T, or left at a moment before."""
    r, alpha, s, beta = np.exp(theta)
    data = histogram.everyone
    k, since = r + data.x, data.times[data.last]
    run = race(s, beta + since, k, alpha + since, data.times[data.end] - since).flat()
    over = last_moment(run)
    buying, leaving = _ends(data.times, alpha), _ends(data.times, beta)
    parts = []
    for rows, panels in blocks(over, NODES):
        last, end = data.last[rows], data.end[rows]
        moments = _moments(run.take(rows), over[rows], panels, buying_first=bool(alpha < beta))
        parts.append(
            _mixture(
                data.weight[rows],
                (r, k[rows], s),
                (buying.at(last), leaving.at(last)),
                (buying.at(end), leaving.at(end)),
                moments,
            )
        )
    return parts


def _mixture(
    weight: Floats,
    shapes: Shapes,
    last: tuple[Ends, Ends],
    end: tuple[Ends, Ends],
    moments: Leaving,
) -> Part:
    """Sum of ln(likelihood if stayed until T + likelihood if left), with its derivatives."""
    stayed = _log_survival(shapes, *end)
    left = _log_survival(shapes, *last) + moments.log_chance
    chance = expit(left - stayed)
    gone, there = weight * chance, weight * (1 - chance)
    then = (
        _mean_end(last[0], moments.share, *moments.buying),
        _mean_end(last[1], moments.share, *moments.leaving),
    )
    slopes_there, slopes_gone = _slopes(shapes, *end, gone=0), _slopes(shapes, *then, gone=1)
    gap = slopes_gone - slopes_there
    hessian = (gap * (gone * (1 - chance))) @ gap.T
    hessian += _bends(shapes, *end, weight=there, gone=0)
    hessian += _bends(shapes, *then, weight=gone, gone=1)
    hessian += _scatter(shapes, last, moments, gone)
    value = dot(weight, np.logaddexp(stayed, left))
    return value, slopes_there @ there + slopes_gone @ gone, hessian


def _ends(times: Floats, scale: float) -> Ends:
    late, early = times / (scale + times), scale / (scale + times)
    return Ends(np.log1p(times / scale), late, early, late * early)


def _moments(run: Race, over: Floats, panels: int, *, buying_first: bool) -> Leaving:
    """The nodes of the integrals over the moments of leaving."""
    place, size = grid(panels, NODES)
    w = over * place[:, None]
    growth = np.expm1(w)
    far_growth = run.p * growth
    far_log = np.log1p(far_growth)
    share = size[:, None] * np.exp(run.c * w - run.d * far_log)
    total = share.sum(axis=0)
    share /= total
    with np.errstate(divide="ignore"):  # nobody can have left in no time
        log_chance = np.log(run.factor * over * total)
    near, far = (w, growth / (1 + growth)), (far_log, far_growth / (1 + far_growth))
    return Leaving(log_chance, share, *((near, far) if buying_first else (far, near)))


def _mean_end(last: Ends, share: Floats, log: Floats, late: Floats) -> Ends:
    """Means over the moments of leaving; centres `log` and `late` on theirs, in place."""
    mean_log, mean_late = (np.einsum("nr,nr->r", share, clock) for clock in (log, late))
    turn = mean_late - np.einsum("nr,nr,nr->r", share, late, late)
    log -= mean_log
    late -= mean_late
    early = last.early * (1 - mean_late)
    return Ends(
        last.log + mean_log,
        last.late + last.early * mean_late,
        early,
        last.late * early + last.early**2 * turn,
    )


def _log_survival(shapes: Shapes, a: Ends, b: Ends) -> Floats:
    """ln((1 + tau / alpha)^-k (1 + tau / beta)^-s)."""
    _, k, s = shapes
    return -(k * a.log + s * b.log)


def _slopes(shapes: Shapes, a: Ends, b: Ends, *, gone: int) -> Floats:
    """First derivatives of that; if gone, times the density s / (beta + tau) of leaving then."""
    r, k, s = shapes
    return np.stack([-r * a.log, k * a.late, gone - s * b.log, (s + gone) * b.late - gone])


def _bends(shapes: Shapes, a: Ends, b: Ends, *, weight: Floats, gone: int) -> Floats:
    """Second derivatives of the same, summed over the rows."""
    r, k, s = shapes
    result = np.zeros((4, 4))
    result[0, 0], result[2, 2] = -r * dot(weight, a.log), -s * dot(weight, b.log)
    result[0, 1] = result[1, 0] = r * dot(weight, a.late)
    result[2, 3] = result[3, 2] = s * dot(weight, b.late)
    result[1, 1], result[3, 3] = -dot(weight * k, a.bend), -(s + gone) * dot(weight, b.bend)
    return result


def _scatter(shapes: Shapes, last: tuple[Ends, Ends], moments: Leaving, weight: Floats) -> Floats:
    """Covariance of the slopes over the moments of leaving, summed over the rows."""
    r, k, s = shapes
    by = np.stack([*moments.buying, *moments.leaving])
    ones = np.ones_like(k)
    by *= np.stack([-r * ones, k * last[0].early, -s * ones, (s + 1) * last[1].early])[:, None]
    weighted = by * (moments.share * weight)
    return weighted.reshape(4, -1) @ by.reshape(4, -1).T


def _leaving_sentence(s: float, beta: float) -> str:
    left = -np.expm1(-s * np.log1p(1 / beta))  # share that leaves within the mean T
    if left < 0.05:
        return "The data say that nobody ever leaves: nearly every customer counts as still active."
    if s > 5:
        return "The data say that every customer is equally likely to leave at any time."
    if left > 0.99:
        return "The data say that hardly any customer is still active."
    if s < 0.2 and beta < 0.1:
        return "The data say that customers leave right after the first purchase, or never."
    return "The data do not settle how soon customers leave."
