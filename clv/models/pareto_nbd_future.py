"""The race between buying and leaving, and what follows for a customer who is alive.

In Pareto/NBD a customer's next purchase and departure are two rival events. Averaged over the
customers, the wait for each is Pareto: P(wait > u) = (1 + u / scale)^-shape. Given alive at T
with x repeat purchases, shape and scale are k = r + x and A = alpha + T for the purchase,
s and B = beta + T for leaving, and the two are independent (Schmittlein, Morrison & Colombo
1987). All times in one unit. Every integral here is of positive terms, so nothing cancels.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import exprel, gammaln

from clv.models.special import log_rising

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

NODES: Final = 24  # of the quadrature over one panel
PANEL: Final = 4.0  # longest panel: the integrands are analytic within pi of the real line
DROP: Final = 40.0  # an integral ends where its integrand has fallen below e^-DROP
AHEAD: Final = (0.0, 1.0, 4.0)  # where to draw tangents to see when it is over
VALUES: Final = 8192  # of the integrand at a time, so that they stay in the processor's cache
ROOT: Final = 1e-12  # relative error of a median
BISECTIONS: Final = 100  # at most, where the steps towards a median fail


class Race(NamedTuple):
    """P(an event comes within some time, and before its rival), as an integral.

    factor * integral of exp(c w - d ln(1 + p (e^w - 1))) over w from 0 to `length`, where
    w = ln(1 + time / unit) and `unit` is the smaller of the two scales. The logarithm of the
    integrand is concave; c <= 1, d >= 0, 0 < p <= 1.
    """

    factor: Floats
    c: Floats
    d: Floats
    p: Floats
    unit: Floats
    length: Floats

    def flat(self) -> "Race":
        """All six as vectors of one length."""
        return Race(*(np.ravel(each) for each in np.broadcast_arrays(*self)))

    def take(self, rows: Rows) -> "Race":
        """Some rows of a flat race."""
        return Race(*(each[rows] for each in self))

    def height(self, w: Floats) -> Floats:
        """Logarithm of the integrand; 0 at w = 0."""
        return np.asarray(self.c * w - self.d * np.log1p(self.p * np.expm1(w)))

    def fall(self, w: Floats) -> Floats:
        """Slope of the height, downwards."""
        growth = np.exp(w)
        return np.asarray(self.d * self.p * growth / (1 + self.p * np.expm1(w)) - self.c)


def race(
    shape: Floats, scale: Floats, rival_shape: Floats, rival_scale: Floats, time: Floats
) -> Race:
    """The race of an event against its rival, both Pareto, up to `time`."""
    first = scale <= rival_scale
    unit = np.minimum(scale, rival_scale)
    p = unit / np.maximum(scale, rival_scale)
    return Race(
        factor=shape * np.where(first, 1.0, p),
        c=np.where(first, -shape, 1 - rival_shape),
        d=np.where(first, rival_shape, shape + 1),
        p=p,
        unit=unit,
        length=np.log1p(time / unit),
    )


def win(
    shape: Floats, scale: Floats, rival_shape: Floats, rival_scale: Floats, t: Floats
) -> Floats:
    """P(the event comes within t, and before its rival); relative error below 1e-11."""
    run = race(shape, scale, rival_shape, rival_scale, t)
    flat = run.flat()
    return np.asarray((flat.factor * area(flat)).reshape(np.broadcast_shapes(*map(np.shape, run))))


def area(run: Race) -> Floats:
    """The integral of a flat race, without its factor."""
    end = last_moment(run)
    result = np.empty_like(end)
    for rows, panels in blocks(end, NODES):
        place, size = grid(panels, NODES)
        w = end[rows] * place[:, None]
        result[rows] = end[rows] * (size @ np.exp(run.take(rows).height(w)))
    return result


def last_moment(run: Race) -> Floats:
    """Where the integrand of a flat race is over: at `length`, or once it is below e^-DROP.

    The height is concave, so that each of its tangents reaches that depth later than itself.
    """
    end = run.length.copy()
    (long,) = np.nonzero(run.height(end) < -DROP)
    if not len(long):
        return end
    run = run.take(long)
    over = run.length
    for ahead in AHEAD:
        at = np.minimum(ahead, run.length)
        fall = run.fall(at)
        falling = fall > 0
        meets = at + (DROP + run.height(at)) / np.where(falling, fall, 1.0)
        over = np.where(falling, np.minimum(over, meets), over)
    end[long] = over
    return end


def blocks(end: Floats, nodes: int) -> list[tuple[NDArray[np.intp], int]]:
    """Rows to work on together and the panels that they need; rows of equal need in a block."""
    panels = np.maximum(np.ceil(end / PANEL), 1).astype(np.intp)
    result = []
    for number in np.unique(panels):
        (rows,) = np.nonzero(panels == number)
        size = max(VALUES // (nodes * int(number)), 1)
        result += [(rows[i : i + size], int(number)) for i in range(0, len(rows), size)]
    return result


@lru_cache(maxsize=64)
def grid(panels: int, nodes: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on (0, 1), `nodes` in each of `panels` equal parts."""
    node, weight = np.polynomial.legendre.leggauss(nodes)
    place = (np.arange(panels)[:, None] + (node + 1) / 2) / panels
    return place.ravel(), np.tile(weight / (2 * panels), panels)


def expected_count(k: Floats, A: Floats, s: float, B: Floats, t: Floats) -> Floats:
    """E[N | alive], N the purchases within t: the rate k / A times the time that is left."""
    length = np.log1p(t / B)
    return np.asarray(k / A * B * length * exprel((1 - s) * length))


def count_second_moment(k: Floats, A: Floats, s: float, B: Floats, t: Floats) -> Floats:
    """E[N^2 | alive] = E[rate] E[stay] + E[rate^2] E[stay^2], the stay until t or leaving.

    E[stay^2] is 2 B^2 times the integral of (e^v - 1) e^((1 - s) v) dv up to ln(1 + t / B).
    """
    length = np.log1p(np.asarray(t / B))
    end = np.ravel(length if s <= 2 else np.minimum(length, DROP / (s - 2)))
    square = np.empty_like(end)
    for rows, panels in blocks(end, NODES):
        place, size = grid(panels, NODES)
        v = end[rows] * place[:, None]
        square[rows] = end[rows] * (size @ (np.expm1(v) * np.exp((1 - s) * v)))
    rate, stay = k / A, B**2 * square.reshape(length.shape)
    return np.asarray(expected_count(k, A, s, B, t) + 2 * rate * (k + 1) / A * stay)


def median_wait(k: Floats, A: Floats, s: float, B: Floats, t: Floats) -> Floats:
    """Median wait for the next purchase, given one within t and before leaving."""
    run = race(k, A, np.asarray(s), B, t)
    shape = np.broadcast_shapes(*map(np.shape, run))
    flat = run.flat()
    half = area(flat) / 2
    w = _first_guess(flat, 2 * half)
    low, high = np.zeros_like(w), flat.length.copy()
    todo = np.arange(len(w))
    for _ in range(BISECTIONS):
        here, at = flat.take(todo), w[todo]
        with np.errstate(all="ignore"):
            ahead = (half[todo] - area(here._replace(length=at))) / np.exp(here.height(at))
            step = ahead / (1 - ahead * here.fall(at) / 2)  # Halley's
        low[todo] = np.where(ahead > 0, at, low[todo])
        high[todo] = np.where(ahead > 0, high[todo], at)
        there = at + step
        inside = (there > low[todo]) & (there < high[todo])
        w[todo] = np.where(inside, there, (low[todo] + high[todo]) / 2)
        todo = todo[np.abs(w[todo] - at) > ROOT * at]
        if not len(todo):
            break
    return np.minimum((flat.unit * np.expm1(w)).reshape(shape), t)


def _first_guess(run: Race, total: Floats) -> Floats:
    """The median if the integrand were exponential, with the area that it has."""
    mean = np.where(run.length > 0, total / np.where(run.length > 0, run.length, 1.0), 1.0)
    steep = np.where(mean < 1, 1 / mean - mean, -2 * np.log(np.maximum(mean, 1.0)))
    some = np.where(np.abs(steep) > 1e-6, steep, 1e-6)
    return run.length * -np.log1p(np.expm1(-some) / 2) / some


def count_probabilities(k: Floats, A: Floats, s: float, B: Floats, t: Floats, most: int) -> Floats:
    """P(N = n | alive), n = 0 to `most`, on a new last axis.

    The negative binomial count by the time of leaving, averaged over that time, which is t
    for those who stay; in steps of ln(1 + u / unit), unit the shortest time that matters.
    """
    k, A, B, t = np.broadcast_arrays(k, A, B, t)
    shape = t.shape
    k, A, B, t = (np.ravel(each) for each in (k, A, B, t))
    n = np.arange(most + 1.0)
    ways = (log_rising(k[:, None], n) - gammaln(n + 1)).T
    result = np.exp(
        ways + _log_count(k, A, t) + n[:, None] * _log_share(A, t) - s * np.log1p(t / B)
    )
    unit = np.minimum(A / (k + 1), B / (s + 1))
    end = np.log1p(t / unit)
    # As functions of the time of leaving the counts are bells of width 1 / sqrt(n).
    nodes = NODES + int(7 * most**0.5)
    for rows, panels in blocks(end, nodes):
        place, size = grid(panels, nodes)
        v = end[rows] * place[:, None]
        u = unit[rows] * np.expm1(v)
        lead = np.log(s * unit[rows] / (B[rows] + u)) + v - s * np.log1p(u / B[rows])
        lead += _log_count(k[rows], A[rows], u)
        slope = _log_share(A[rows], u)
        for i in range(most + 1):
            result[i, rows] += end[rows] * (size @ np.exp(lead + (i * slope + ways[i, rows])))
    return result.T.reshape(*shape, most + 1)


def _log_count(k: Floats, A: Floats, u: Floats) -> Floats:
    """ln P(no purchase within u, if nobody left)."""
    return -k * np.log1p(u / A)


def _log_share(A: Floats, u: Floats) -> Floats:
    """ln(u / (A + u)); very low instead of infinite at u = 0."""
    some = np.where(u > 0, u, 1.0)
    return np.where(u > 0, np.log(some) - np.log(A + some), -1e5)
