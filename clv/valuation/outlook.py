"""What the models expect of every customer, before margin, horizon and discount are chosen.

Expected purchases of a customer who is alive depend on (frequency, T), so they are computed
once per distinct pair, at the end of each month; P(alive) and the expected order value belong
to the customer. How far all of this moves with the uncertain parameters is kept beside it, by
direction: the principal axes of the covariance of the log-parameters, each one standard error
long. The directions are independent, so the variance of any sum of customers is the sum of the
squares of its seven moves.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.models import Fit, GammaGamma, PurchaseModel
from clv.models.pairs import Pairs, distinct_pairs
from clv.models.tables import expected_table

Floats = npt.NDArray[np.float64]

FARTHEST = 2.0  # standard errors in log units beyond which a move says nothing any more
SOON_DAYS = 30.0
LEAST_TAIL = 2.25


@dataclass(frozen=True)
class Outlook:
    """Setting-free figures of the customers they were computed for, in their order.

    ends: days from the analysis date to the end of each month. by_month: expected purchases
    until then of a customer who is alive, shape (pairs, months). x: purchases that `monetary` is
    the mean of. per_order: expected order
    value, money. alive_moves, by_month_moves, per_order_moves: what one standard error in each
    direction changes, the first two by direction of the purchase model.
    """

    purchases: PurchaseModel
    spend: GammaGamma
    x: Floats
    monetary: Floats
    pairs: Pairs
    ends: Floats
    p_alive: Floats
    p_order_30d: Floats
    per_order: Floats
    by_month: Floats
    alive_moves: tuple[Floats, ...]
    by_month_moves: tuple[Floats, ...]
    per_order_moves: tuple[Floats, ...]
    _counts: dict[float, tuple[Floats, Floats]] = field(default_factory=dict, repr=False)

    @cached_property
    def weight(self) -> Floats:
        """Money per purchase that a customer would make if alive: P(alive) x order value."""
        return self.p_alive * self.per_order

    @cached_property
    def weight_moves(self) -> tuple[Floats, ...]:
        """What each direction changes in `weight`, those of the purchase model first."""
        return (
            *(move * self.per_order for move in self.alive_moves),
            *(self.p_alive * move for move in self.per_order_moves),
        )

    @cached_property
    def order_square(self) -> Floats:
        """Square of the mean order value of a customer, expected over what it may be.

        Infinite for a posterior with a shape of two or less, which is given the spread around
        its mean that it has at LEAST_TAIL: it bounds the totals of groups.
        """
        tail = np.maximum(self.spend.p * self.x + self.spend.q, LEAST_TAIL)
        return np.asarray(self.per_order**2 * (tail - 1.0) / (tail - 2.0))

    def count_if_alive(self, horizon: float) -> tuple[Floats, Floats]:
        """E[N^2] and P(N > 0) of the purchases N within the horizon, per pair; kept once made."""
        if horizon not in self._counts:
            model = self.purchases
            self._counts[horizon] = (
                self.if_alive(model.purchases_second_moment_if_alive, horizon),
                self.if_alive(model.probability_of_purchase_if_alive, horizon),
            )
        return self._counts[horizon]

    def if_alive(self, method: Callable[..., Floats], horizon: float) -> Floats:
        """A method of the purchase model on every distinct pair."""
        return method(self.pairs.x, self.pairs.T, horizon)


def look_ahead(
    customers: pd.DataFrame,
    purchases: Fit[Any],
    spend: Fit[GammaGamma],
    ends: Floats,
    *,
    firsts_count: bool = False,
) -> Outlook:
    """The outlook for every row of `customers` (frequency, recency, T in days; monetary).

    ends: days after the analysis date, increasing. firsts_count: monetary is the mean of all
    purchases, the first included, as in files with one row per customer.
    """
    x, t_x, T, m = (
        customers[name].to_numpy(dtype=float, na_value=np.nan)
        for name in (schema.FREQUENCY, schema.RECENCY, schema.T, schema.MONETARY)
    )
    # A customer whose repeat purchases were all paid back spends nothing, not less.
    m = np.maximum(np.nan_to_num(m), 0.0)
    pairs = distinct_pairs(x, T)

    def expect(model: PurchaseModel) -> tuple[Floats, Floats]:
        return model.probability_alive(x, t_x, T), expected_table(model, pairs, ends)

    model, money = purchases.model, spend.model
    p_alive, by_month = expect(model)
    soon = model.probability_of_purchase_if_alive(pairs.x, pairs.T, SOON_DAYS)[pairs.index]
    moves = [_halved(expect(up), expect(down)) for up, down in _neighbours(purchases)]
    paid = x + 1 if firsts_count else x
    per_order = money.expected_order_value(paid, m)
    return Outlook(
        purchases=model,
        spend=money,
        x=paid,
        monetary=m,
        pairs=pairs,
        ends=ends,
        p_alive=p_alive,
        p_order_30d=p_alive * soon,
        per_order=per_order,
        by_month=by_month,
        alive_moves=tuple(alive for alive, _ in moves),
        by_month_moves=tuple(table for _, table in moves),
        per_order_moves=_spend_moves(spend, paid, m, per_order),
    )


def _neighbours(fit: Fit[Any]) -> list[tuple[PurchaseModel, PurchaseModel]]:
    """The model moved by one standard error up and down each direction of its uncertainty."""
    theta = np.log(astuple(fit.model))
    family = type(fit.model)
    return [
        (family(*np.exp(theta + step)), family(*np.exp(theta - step)))
        for step in _directions(fit.covariance)
    ]


def _directions(covariance: Floats) -> list[Floats]:
    """Steps in the log-parameters, one standard error along each principal axis."""
    variance, axes = np.linalg.eigh(covariance)
    lengths = np.minimum(np.sqrt(np.maximum(variance, 0.0)), FARTHEST)
    return [length * axis for length, axis in zip(lengths, axes.T, strict=True) if length > 1e-9]


def _halved(up: tuple[Floats, Floats], down: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return (up[0] - down[0]) / 2, (up[1] - down[1]) / 2


def _spend_moves(
    spend: Fit[GammaGamma], x: Floats, m: Floats, per_order: Floats
) -> tuple[Floats, ...]:
    """Moves of (v + x m) p / (p x + q - 1), by its derivatives in ln p, ln q, ln v.

    Derivatives and not differences: near q = 1 a whole standard error leads out of the model.
    """
    money = spend.model
    weight = money.p * x + money.q - 1.0
    slopes = (
        per_order * (1.0 - money.p * x / weight),
        -per_order * money.q / weight,
        per_order * money.v / (money.v + x * m),
    )
    return tuple(
        step[0] * slopes[0] + step[1] * slopes[1] + step[2] * slopes[2]
        for step in _directions(spend.covariance)
    )
