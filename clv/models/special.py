"""Special functions written so that nothing cancels or overflows at the corners of the models."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, gammaln, zeta

Floats = NDArray[np.float64]

ASYMPTOTIC: Final = 20.0  # from here on the asymptotic series are exact to rounding
NODES: Final = 128  # of a quadrature: relative error below 1e-9
ROWS: Final = 128  # worked on at a time, so that they stay in the processor's cache
DROP: Final = 36.0  # a quadrature ends where its weight has fallen by e^-36 = 2e-16


def log_rising(z: ArrayLike, d: ArrayLike) -> Floats:
    """ln(Gamma(z + d) / Gamma(z)) for z > 0, d >= 0; does not cancel for large z."""
    z, d = np.broadcast_arrays(np.asarray(z, float), np.asarray(d, float))
    far = np.maximum(z, ASYMPTOTIC)
    large = (far - 0.5) * np.log1p(d / far) + d * (np.log(far + d) - 1)
    large += _stirling(far + d) - _stirling(far)
    near: Floats = gammaln(z + d) - gammaln(z)
    return np.where(z < ASYMPTOTIC, near, large)


def log_beta(a: ArrayLike, b: ArrayLike) -> Floats:
    """ln B(a, b); does not cancel when one of the two is large."""
    small, large = np.minimum(a, b), np.maximum(a, b)
    return np.asarray(gammaln(small) - log_rising(large, small))


def digamma_rise(z: ArrayLike, d: ArrayLike) -> Floats:
    """digamma(z + d) - digamma(z), the slope of `log_rising` in z; does not cancel either."""
    z, d = np.broadcast_arrays(np.asarray(z, float), np.asarray(d, float))
    far = np.maximum(z, ASYMPTOTIC)
    large = np.log1p(d / far) + _digamma_rest(far + d) - _digamma_rest(far)
    near: Floats = digamma(z + d) - digamma(z)
    return np.where(z < ASYMPTOTIC, near, large)


def trigamma(z: ArrayLike) -> Floats:
    """Second derivative of ln Gamma."""
    return np.asarray(zeta(2.0, np.asarray(z, float)))


def _stirling(z: Floats) -> Floats:
    """ln Gamma(z) less (z - 1/2) ln z - z + ln(2 pi) / 2."""
    y = 1 / (z * z)
    result: Floats = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / z
    return result


def _digamma_rest(z: Floats) -> Floats:
    """digamma(z) less ln z."""
    y = 1 / (z * z)
    result: Floats = -0.5 / z - y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y / 240)))
    return result


def beta_mean(
    f: Callable[[Floats, NDArray[np.intp]], Floats],
    a: float,
    c: Floats,
    f_zero: Floats,
    f_one: Floats,
    nodes: int = NODES,
) -> Floats:
    """Mean of f(p) over p ~ Beta(a, c), one mean per element of `c`; any a > 0, c > 0.

    f: takes p, shape (rows, nodes), and the rows it belongs to.
    f_zero, f_one: f at p = 0 and p = 1, per row; f must be smooth in between.
    nodes: of the quadrature; half as many give half as many digits.

    The trapezoid rule in logit(p), which resolves every scale of p alike and converges
    geometrically. Where the density is singular at an end (a < 1 or c < 1), the value of f
    there is taken out and integrated exactly, so that what remains falls off fast.
    """
    shape, row = np.unique(c, return_inverse=True)
    p, q, weight = _logit_grid(a, shape, nodes)
    zero = f_zero if a < 1 else np.zeros_like(c)
    one = np.where(c < 1, f_one, 0.0)
    result = (zero * c + one * a) / (a + c)
    for first in range(0, len(c), ROWS):
        rows = np.arange(first, min(first + ROWS, len(c)))
        k = row[rows]
        rest = f(p[k], rows) - zero[rows, None] * q[k] - one[rows, None] * p[k]
        result[rows] += np.einsum("ij,ij->i", weight[k], rest)
    return result


def _logit_grid(a: float, c: Floats, nodes: int) -> tuple[Floats, Floats, Floats]:
    """p, 1 - p and weight of the nodes for p ~ Beta(a, c): three arrays (len(c), nodes)."""
    left, right = a + (a < 1) + 0 * c, c + (c < 1)  # how fast the integrand falls off, by side
    low, high = _reach(left, right), _reach(right, left)
    shift = np.log(left / a) - np.log(right / c)  # from the mode of the density to the integrand's
    step = (low + high) / (nodes - 1)
    w = (shift - low)[:, None] + step[:, None] * np.arange(nodes)  # logit(p), 0 at the mode
    # Written from the side of the smaller of a and c: the other share is one to rounding.
    rare, total = a <= c, (a + c)[:, None]
    small, large = np.minimum(a, c), np.maximum(a, c)
    v = np.where(rare[:, None], w, -w)
    odds = small[:, None] / total * np.expm1(v)
    density = np.exp(small[:, None] * v - total * np.log1p(odds))  # relative to the mode
    near = small[:, None] / total * np.exp(v) / (1 + odds)
    far = large[:, None] / total / (1 + odds)
    p, q = np.where(rare[:, None], (near, far), (far, near))
    # Without a singular end the sum of the weights is known to be one, which is more exact
    # than any formula when a and c are large.
    peak = small * np.log(small / (a + c)) - large * np.log1p(small / large)
    known = np.exp(peak - log_beta(small, large)) * step
    scale = np.where(small < 1, known, 1 / density.sum(axis=1))
    return p, q, density * scale[:, None]


def _reach(near: Floats, far: Floats) -> Floats:
    """How far from its mode p^near (1 - p)^far falls by e^-DROP, on the side of p = 0."""
    total = near + far
    share = near / total
    low, high = np.zeros_like(total), (DROP - total * np.log1p(-share)) / near
    for _ in range(50):
        middle = (low + high) / 2
        enough = total * np.log1p(share * np.expm1(-middle)) + near * middle > DROP
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high
