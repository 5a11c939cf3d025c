"""What each customer is worth by the model, and how sure that is.

Predicted CLV = sum over the calendar months of the horizon of expected purchases x expected
order value x margin, each month discounted at its end. Expected purchases depend on
(frequency, T) given that the customer is alive, and P(alive) on (frequency, recency, T), so
both are computed once per distinct row.

Intervals cover parameter uncertainty (the covariance of the log-parameters times the
derivative of each figure) and chance (what a customer will do, given the parameters).
"""

import math
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from clv import schema
from clv.models import BGNBD, Fit, GammaGamma
from clv.settings import Settings

Floats = npt.NDArray[np.float64]

STEP = 1e-4  # central difference in a log-parameter
# A gamma-gamma posterior with a shape of two or less has an infinite variance. Group totals
# are bounded by giving it the variance at this shape instead.
LEAST_TAIL = 2.25
NEVER = 1e-100  # probabilities and counts below this are nothing; keeps ratios finite


@dataclass(frozen=True)
class Interval:
    """An expected amount of money and the range that holds it with the stated coverage."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Valuation:
    """Model figures of every customer, aligned with the customers they were computed for.

    p_alive, p_order_30d: probabilities; expected_orders: purchases over the horizon;
    expected_order_value: money; next_order_days: median days to the next purchase, given one
    within the horizon; value: predicted CLV, with low and high; undiscounted: the same without
    discount; gradient: its derivative by the seven log-parameters; chance: its variance given
    the parameters; log_none: log-probability of no order within the horizon. All money has the
    margin applied.
    """

    p_alive: Floats
    p_order_30d: Floats
    expected_orders: Floats
    expected_order_value: Floats
    next_order_days: Floats
    value: Floats
    low: Floats
    high: Floats
    undiscounted: Floats
    gradient: Floats
    chance: Floats
    log_none: Floats
    covariance: Floats
    coverage: float

    def total(self, members: npt.NDArray[np.bool_] | None = None) -> Interval:
        """Predicted CLV of a group; over many customers chance averages out, parameters do not."""
        rows = slice(None) if members is None else members
        slope = self.gradient[rows].sum(axis=0)
        variance = float(self.chance[rows].sum() + slope @ self.covariance @ slope)
        value = float(self.value[rows].sum())
        if math.isnan(variance):
            return Interval(value, math.nan, math.nan)
        none = math.exp(float(self.log_none[rows].sum()))  # nobody orders at all
        some = 1.0 - none
        if value <= 0 or some <= NEVER:
            return Interval(value, 0.0, value)
        # Nothing with probability `none`, else a gamma: skewed for few, normal for many.
        tail = (1 - self.coverage) / 2
        mean = value / some
        spread = max((variance + value**2) / some - mean**2, 1e-12 * mean**2)
        levels = (max((level - none) / some, 0.0) for level in (tail, 1 - tail))
        gamma = stats.gamma(mean**2 / spread, scale=spread / mean)
        low, high = (float(gamma.ppf(level)) for level in levels)
        return Interval(value, low, max(high, value))

    def without_intervals(self) -> "Valuation":
        """The same figures where no honest interval can be given: its ends are NaN."""
        nothing = np.full_like(self.value, np.nan)
        unknown = np.full_like(self.covariance, np.nan)
        return replace(self, low=nothing, high=nothing, covariance=unknown)


def value_customers(
    customers: pd.DataFrame,
    purchases: Fit[BGNBD],
    spend: Fit[GammaGamma],
    analysis_date: date,
    settings: Settings,
    margin: float,
) -> Valuation:
    """Value every row of `customers` (frequency, recency, T in days; monetary, NaN for none).

    margin: gross margin, a share of revenue.
    """
    rows = _Rows.of(customers)
    ends = month_ends(analysis_date, settings.horizon_months)
    factors = discount_factors(settings.annual_discount, settings.horizon_months)
    horizon = float(ends[-1])
    model, money = purchases.model, spend.model

    orders = _Orders.of(model, rows, ends, factors)
    per_order = money.expected_order_value(rows.x, rows.m)
    slopes = np.column_stack(
        [
            *(_slope(purchases, i, rows, ends, factors) * per_order for i in range(4)),
            *(orders.discounted * s for s in _spend_slopes(money, rows, per_order).T),
        ]
    )
    covariance = np.zeros((7, 7))
    covariance[:4, :4], covariance[4:, 4:] = purchases.covariance, spend.covariance

    alive_x, alive_T = rows.pair_x, rows.pair_T
    second = model.purchases_second_moment_if_alive(alive_x, alive_T, horizon)[rows.pair]
    any_order = model.probability_of_purchase_if_alive(alive_x, alive_T, horizon)[rows.pair]
    soon = model.probability_of_purchase_if_alive(alive_x, alive_T, 30.0)[rows.pair]
    wait = model.median_wait_if_alive(alive_x, alive_T, horizon)[rows.pair]
    outcome = _Outcome(
        mean=orders.expected,
        second=orders.p_alive * second,
        none=1.0 - orders.p_alive * any_order,
        shape=money.p,
        tail=money.p * rows.x + money.q,
        scale=money.v + rows.x * rows.m,
        shrink=np.divide(
            orders.discounted,
            orders.expected,
            out=np.ones_like(orders.expected),
            where=orders.expected > 0,
        ),
    )
    value = orders.discounted * per_order
    parameter = np.einsum("ni,ij,nj->n", slopes, covariance, slopes)
    relative = np.divide(parameter, value**2, out=np.zeros_like(value), where=value > 0)
    tails = (1 - settings.coverage) / 2
    return Valuation(
        p_alive=orders.p_alive,
        p_order_30d=orders.p_alive * soon,
        expected_orders=orders.expected,
        expected_order_value=per_order,
        next_order_days=wait,
        value=margin * value,
        low=margin * outcome.quantile(tails, relative),
        high=margin * outcome.quantile(1 - tails, relative),
        undiscounted=margin * orders.expected * per_order,
        gradient=margin * slopes,
        chance=margin**2 * outcome.variance,
        log_none=np.log(np.maximum(outcome.none, NEVER)),
        covariance=covariance,
        coverage=settings.coverage,
    )


def month_ends(analysis_date: date, months: int) -> Floats:
    """Days from the analysis date to the end of each calendar month of the horizon."""
    start = pd.Timestamp(analysis_date)
    ends = [start + pd.DateOffset(months=k) for k in range(1, months + 1)]
    return np.array([(end - start).days for end in ends], dtype=float)


def discount_factors(annual_discount: float, months: int) -> Floats:
    """Present value of one unit of money at the end of each month."""
    return np.power(1.0 + annual_discount, -np.arange(1, months + 1) / 12.0)


@dataclass(frozen=True)
class _Rows:
    """The customers as arrays, and their distinct (x, T)."""

    x: Floats
    t_x: Floats
    T: Floats
    m: Floats
    pair_x: Floats
    pair_T: Floats
    pair: npt.NDArray[np.intp]

    @classmethod
    def of(cls, customers: pd.DataFrame) -> "_Rows":
        x, t_x, T, m = (
            customers[name].to_numpy(dtype=float, na_value=np.nan)
            for name in (schema.FREQUENCY, schema.RECENCY, schema.T, schema.MONETARY)
        )
        # x and T are whole numbers, so one number stands for the pair.
        width = float(T.max(initial=0.0)) + 1.0
        codes, index = np.unique(x * width + T, return_inverse=True)
        # A customer whose repeat purchases were all paid back spends nothing, not less.
        m = np.maximum(np.nan_to_num(m), 0.0)
        return cls(x, t_x, T, m, codes // width, codes % width, index)


@dataclass(frozen=True)
class _Orders:
    """Expected purchases per customer over the horizon, plain and discounted."""

    p_alive: Floats
    expected: Floats
    discounted: Floats

    @classmethod
    def of(cls, model: BGNBD, rows: _Rows, ends: Floats, factors: Floats) -> "_Orders":
        by_month = model.expected_purchases_if_alive(
            rows.pair_x[:, None], rows.pair_T[:, None], ends[None, :]
        )
        discounted = np.diff(by_month, axis=1, prepend=0.0) @ factors
        p_alive = model.probability_alive(rows.x, rows.t_x, rows.T)
        return cls(p_alive, p_alive * by_month[rows.pair, -1], p_alive * discounted[rows.pair])


def _slope(purchases: Fit[BGNBD], index: int, rows: _Rows, ends: Floats, factors: Floats) -> Floats:
    """Derivative of discounted purchases by one log-parameter, by central difference."""
    names = ("r", "alpha", "a", "b")
    values = {name: getattr(purchases.model, name) for name in names}
    up, down = (
        BGNBD(**(values | {names[index]: values[names[index]] * np.exp(sign * STEP)}))
        for sign in (1, -1)
    )
    above, below = (_Orders.of(model, rows, ends, factors).discounted for model in (up, down))
    return (above - below) / (2 * STEP)


def _spend_slopes(money: GammaGamma, rows: _Rows, per_order: Floats) -> Floats:
    """Derivative of (v + x m) p / (p x + q - 1) by ln p, ln q, ln v."""
    weight = money.p * rows.x + money.q - 1.0
    return np.column_stack(
        [
            per_order * (1.0 - money.p * rows.x / weight),
            -per_order * money.q / weight,
            per_order * money.v / (money.v + rows.x * rows.m),
        ]
    )


@dataclass(frozen=True)
class _Outcome:
    """Distribution of what a customer will spend over the horizon, before margin.

    N purchases (mean, second moment, probability of none), each gamma(shape) over a rate that
    is gamma(tail, scale): so the sum given N is scale x beta-prime(shape x N, tail). The sum
    over N > 0 is approximated by a gamma with the same two moments in place of shape x N.
    """

    mean: Floats
    second: Floats
    none: Floats
    shape: float
    tail: Floats
    scale: Floats
    shrink: Floats

    @cached_property
    def variance(self) -> Floats:
        """Variance of the discounted sum, given the parameters."""
        tail = np.maximum(self.tail, LEAST_TAIL)
        per_order = self.shape * self.scale / (tail - 1.0)
        square = per_order**2 * (tail - 1.0) / (tail - 2.0)
        spread = square * (self.mean / self.shape + self.second) - (self.mean * per_order) ** 2
        return np.asarray(self.shrink**2 * np.maximum(spread, 0.0))

    def quantile(self, level: float, relative: Floats) -> Floats:
        """The amount not exceeded with probability `level`.

        relative: variance of the parameter part over the square of the expected amount.
        """
        some = np.maximum(1.0 - self.none, NEVER)
        rest = np.clip((level - self.none) / some, 0.0, 1.0)
        mean = np.maximum(self.mean / some, NEVER)
        spread = np.maximum(self.second / some - mean**2, 0.0)
        # Relative variance of a gamma(shape x N) variate, and of the parameters on top.
        ratio = 1.0 / (self.shape * mean) + spread / mean**2 + relative
        drawn = special.betaincinv(1.0 / ratio, self.tail, rest)
        amount = self.scale * self.shape * mean * ratio * drawn / (1.0 - drawn)
        return np.where(rest > 0, self.shrink * amount, 0.0)
