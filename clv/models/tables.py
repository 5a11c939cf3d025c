"""Expected purchases of every distinct (x, T) at many horizons: what a valuation starts from.

Under BG/NBD and MBG/NBD they depend on x and on u = horizon / (alpha + T) alone, and smoothly on
L = ln(1 + u): the nearest pole lies pi away. So for every x that occurs with many T, a
Chebyshev polynomial in L, made at some twenty points, stands in for the series at all others.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from clv.models.bg_nbd import BGNBD
from clv.models.pairs import Pairs
from clv.models.purchase_model import PurchaseModel

Floats = NDArray[np.float64]

FULL: Final = 0.3  # share of all T from which on the polynomial of an x pays
MANY: Final = 5_000  # pairs times horizons below which nothing does
SHARPNESS: Final = 28.0  # -ln of the relative error wanted
MOST_NODES: Final = 64
WORST: Final = 1e-11  # relative error between the nodes above which the series is used after all


def expected_table(model: PurchaseModel, pairs: Pairs, horizons: Floats) -> Floats:
    """Expected purchases until each horizon of a customer who is alive: (pairs, horizons)."""
    result = np.empty((len(pairs.x), len(horizons)))
    rest = np.ones(len(pairs.x), dtype=bool)
    if isinstance(model, BGNBD) and result.size >= MANY:
        rest = ~_by_polynomials(model, pairs, horizons, result)
    if rest.any():
        result[rest] = model.expected_purchases_if_alive(
            pairs.x[rest, None], pairs.T[rest, None], horizons[None, :]
        )
    return result


def _by_polynomials(
    model: BGNBD, pairs: Pairs, horizons: Floats, result: Floats
) -> NDArray[np.bool_]:
    """Fill in the rows of the x that occur with many T; True where that was done."""
    times, place = np.unique(pairs.T, return_inverse=True)
    values, row, count = np.unique(pairs.x, return_inverse=True, return_counts=True)
    L = np.log1p(horizons / (model.alpha + times[:, None]))
    low, half = float(L.min()), float(L.max() - L.min()) / 2
    nodes = _nodes(half)
    dense = count >= FULL * len(times)
    if nodes > MOST_NODES or low <= 0 or half < 1e-9 or not dense.any():
        return np.zeros(len(pairs.x), dtype=bool)
    terms, good = _polynomials(model, values[dense], low, half, nodes)
    dense[dense] = good
    numbers = np.cumsum(dense) - 1
    basis = np.polynomial.chebyshev.chebvander((L - low) / half - 1, nodes - 1)
    table = np.einsum("xk,thk->xth", terms[good], basis, optimize=True) * L
    done = dense[row]
    result[done] = table[numbers[row[done]], place[done]]
    return done


def _polynomials(
    model: BGNBD, x: Floats, low: float, half: float, nodes: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Terms of the polynomial of E[N] / L for each x, and whether it is good between its nodes."""
    angle = np.pi * (np.arange(nodes) + 0.5) / nodes
    between = np.cos(np.pi * np.arange(1, nodes, 3) / nodes)
    at = low + half * (1 + np.concatenate([np.cos(angle), between]))
    # E[N] at T = 0 and horizon alpha u is that of any other (T, horizon) with the same u.
    value = model.expected_purchases_if_alive(x[:, None], 0.0, model.alpha * np.expm1(at)) / at
    terms = 2 / nodes * value[:, :nodes] @ np.cos(np.outer(angle, np.arange(nodes)))
    terms[:, 0] /= 2
    check = np.polynomial.chebyshev.chebval(between, terms.T)
    error = np.abs(check - value[:, nodes:]) / value[:, nodes:]
    return terms, np.asarray((error <= WORST).all(axis=1))


def _nodes(half: float) -> int:
    """Points needed on an interval of this half length."""
    distance = np.pi / max(half, 1e-9)
    return int(SHARPNESS / np.log(distance + np.sqrt(1 + distance**2))) + 4
