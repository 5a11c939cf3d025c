"""What a customer who is alive will do next under BG/NBD: the moments of the count.

Given alive at T with x repeat purchases, the purchase rate is Gamma(r + x, alpha + T) and the
chance of leaving after a purchase is Beta(a, b + x), independently. So the number of
purchases in (T, T + t] depends on x and on u = t / (alpha + T) alone.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, exprel
from scipy.stats import nbinom

from clv.models.special import beta_mean, log_rising

Floats = NDArray[np.float64]

BLOCK: Final = 8192  # rows worked on at a time, so that they stay in the processor's cache
# Terms after which to look whether all is exact; the quadrature takes what is not by the last.
LOOKS: Final = (12, 18, 27, 40, 60, 90, 135, 200, 300, 450)
EIGHT_DIGITS: Final = 80  # nodes of the second moment: it makes a variance, and is asked often
WORST: Final = 1e-11  # relative error at which the series gives way to the quadrature


def expected_count(r: float, a: float, b: float, x: Floats, u: Floats) -> Floats:
    """E[N | alive], N the purchases within t = u (alpha + T); relative error below 1e-9.

    Fader, Hardie & Lee (2005), eq. 10, after Euler's transformation of its 2F1: the series
    has no pole at a = 1 and does not overflow. Where its terms cancel (r or b large) or
    are too many (u large), the mean over the chance of leaving is taken by quadrature.
    """
    shape = np.broadcast_shapes(x.shape, u.shape)
    x, u = np.broadcast_to(x, shape).ravel(), np.broadcast_to(u, shape).ravel()
    result = np.empty(len(x))
    order = np.argsort(u)  # so that the rows of a block need about as many terms
    for first in range(0, len(x), BLOCK):
        rows = order[first : first + BLOCK]
        result[rows], bad = _series(r, a, b, x[rows], u[rows])
        hard = rows[bad]
        if len(hard):
            result[hard] = _quadrature(r, a, b, x[hard], u[hard])
    return result.reshape(shape)


def count_second_moment(r: float, a: float, b: float, x: Floats, u: Floats) -> Floats:
    """E[N^2 | alive], N the purchases within t = u (alpha + T); relative error below 1e-7.

    Given rate and chance of leaving p, P(N >= n) = (1 - p)^(n - 1) P(Poisson >= n); summed
    with weights 2n - 1 and averaged over the rate it is closed, and over p a quadrature.
    """
    shape = np.broadcast_shapes(x.shape, u.shape)
    x, u = np.broadcast_to(x, shape).ravel(), np.broadcast_to(u, shape).ravel()
    s = r + x

    def given(p: Floats, rows: NDArray[np.intp]) -> Floats:
        return _second_given_p(s[rows, None], u[rows, None], p)

    certain = s * u * (1 + (s + 1) * u)
    result = beta_mean(given, a, b + x, certain, -np.expm1(-s * np.log1p(u)), EIGHT_DIGITS)
    return result.reshape(shape)


def count_probabilities(r: float, a: float, b: float, x: Floats, u: Floats, most: int) -> Floats:
    """P(N = n | alive), n = 0 to `most` on a new last axis; N as above.

    P(N >= n) = P(there after n - 1 purchases) P(n arrivals in time), a Beta and a negative
    binomial part; at the n-th arrival the customer leaves or the time runs out.
    """
    s, n = (r + x)[..., None], np.arange(most + 1.0)
    stays = np.exp(log_rising(b + x[..., None], n) - log_rising(a + b + x[..., None], n))
    share = u[..., None] / (1 + u[..., None])
    arrivals = nbinom.pmf(n, s, 1 - share)  # purchases if nobody left
    later = betainc(n, s, share, out=np.ones_like(arrivals), where=n > 0)
    leaves = a / (a + b + x[..., None] + n - 1)
    before = np.concatenate([np.ones_like(stays[..., :1]), stays[..., :-1]], axis=-1)
    gone = np.where(n > 0, before * leaves * later, 0.0)
    return np.asarray(stays * arrivals + gone)


def _series(r: float, a: float, b: float, x: Floats, u: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """E[N | alive] by the series, and the rows where it is not to be trusted."""
    A, C = a + b - 1 - r, (a + b - 1) + x
    z, L = u / (1 + u), -np.log1p(u)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        scale = np.exp((a - 1) * L)
        first = -C * L * exprel((a - 1) * L)
        term = A * z
        total, absolute, step = term.copy(), np.abs(term), np.empty_like(term)
        for k in range(1, LOOKS[-1] + 1):
            np.add(C, k, out=step)  # in place: allocations cost more than the arithmetic
            np.divide(z, step, out=step)
            step *= (A + k) * (a + k - 1) / (k + 1)
            term *= step
            total += term
            if A < 0:  # the terms alternate for a while
                absolute += np.abs(term)
            if k in LOOKS:
                # No later ratio of successive terms is larger than this one.
                ratio = z * max(1.0, (a + k - 1) / (k + 1))
                ratio *= np.maximum(1.0, np.abs(A + k) / (C + k))
                value = first - scale * total
                done = scale * np.abs(term) * ratio <= 1e-16 * value * (1 - ratio)
                lost = 4e-16 * (np.abs(first) + scale * np.maximum(absolute, np.abs(total)))
                hopeless = lost > WORST * (r + x) * u  # that is at least E[N]
                if np.all(done | hopeless):
                    break
        good = done & (lost <= WORST * value) & np.isfinite(value)
    return value, ~good


def _quadrature(r: float, a: float, b: float, x: Floats, u: Floats) -> Floats:
    """E[N | alive] as the mean over p of (1 - (1 + p u)^-s) / p: every part is positive."""
    s = r + x

    def given(p: Floats, rows: NDArray[np.intp]) -> Floats:
        return -np.expm1(-s[rows, None] * np.log1p(p * u[rows, None])) / p

    return beta_mean(given, a, b + x, s * u, -np.expm1(-s * np.log1p(u)))


def _second_given_p(s: Floats, u: Floats, p: Floats) -> Floats:
    """E[N^2 | p], the rate averaged over Gamma(s, 1) in units where the horizon is u."""
    v = p * u
    log_none = np.expm1(-s * np.log1p(v))
    mean = -log_none / p
    at_end = s * u * (1 + log_none) / (1 + v)  # mean count times the chance to be there still
    # (mean - at_end) / p cancels for small p: then its power series.
    near = v * (s + 3) < 1e-3
    spread = (mean - at_end) / p
    if near.any():
        y = np.where(near, v, 0.0)
        bracket = 1 / 2 - (s + 2) * y * (1 / 3 - (s + 3) * y * (1 / 8 - (s + 4) * y / 30))
        spread = np.where(near, s * (s + 1) * u * u * bracket, spread)
    result: Floats = 2 * spread - mean + 2 * at_end
    return result
