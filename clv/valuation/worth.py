"""What each customer is worth by the model, and how sure that is.

Predicted CLV = sum over the calendar months of the horizon of expected purchases x expected
order value x margin, each month discounted at its end.

Intervals cover parameter uncertainty (the moves of the outlook) and chance (what a customer
will do, given the parameters).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from clv.valuation.outlook import Outlook

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NEVER = 1e-100  # probabilities and counts below this are nothing; keeps ratios finite
FORESIGHT = 2.0  # looking further ahead than twice the history, intervals do not hold
SURELY_SOME = 60.0  # expected orders of a group from which on "nobody orders" is no outcome


@dataclass(frozen=True)
class Interval:
    """An expected amount of money and the range that holds it with the stated coverage."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Valuation:
    """Model figures of every customer, in the order of the outlook. Money has the margin applied.

    months: the horizon; factors: present value of one unit at the end of each month; margin: a
    share of revenue; coverage: of the intervals, None where no honest one can be given.
    """

    outlook: Outlook
    months: int
    factors: Floats
    margin: float
    coverage: float | None

    @property
    def horizon(self) -> float:
        """Days."""
        return float(self.outlook.ends[self.months - 1])

    @cached_property
    def value(self) -> Floats:
        """Predicted CLV."""
        return self.outlook.weight * self._money_per_weight

    @cached_property
    def expected_orders(self) -> Floats:
        """Purchases over the horizon."""
        look = self.outlook
        return look.p_alive * look.by_month[:, self.months - 1][look.pairs.index]

    @cached_property
    def undiscounted(self) -> Floats:
        """Predicted CLV without discount."""
        return self.margin * self.expected_orders * self.outlook.per_order

    @cached_property
    def next_order_days(self) -> Floats:
        """Median days to the next purchase, given one within the horizon."""
        look = self.outlook
        wait = look.if_alive(look.purchases.median_wait_if_alive, self.horizon)
        return wait[look.pairs.index]

    def total(self, members: Mask | None = None) -> Interval:
        """Predicted CLV of a group; over many customers chance averages out, parameters do not."""
        counted = None if members is None else members.astype(np.float64)

        def total(column: Floats) -> Floats:
            whole = column.sum() if counted is None else np.einsum("i,i->", column, counted)
            return np.atleast_1d(whole)

        return self._spread_out(total)[0]

    def totals(self, group: npt.NDArray[np.integer], groups: int) -> tuple[Interval, ...]:
        """Predicted CLV of each group, numbered from 0; customers of group -1 count nowhere."""
        bins = np.where(group >= 0, group, groups)

        def total(column: Floats) -> Floats:
            return np.bincount(bins, column, minlength=groups + 1)[:groups].astype(np.float64)

        return self._spread_out(total)

    def totals_of(
        self, places: npt.NDArray[np.integer], group: npt.NDArray[np.integer], groups: int
    ) -> tuple[Interval, ...]:
        """Predicted CLV of groups that may overlap: the customer at places[i] is in group[i]."""

        def total(column: Floats) -> Floats:
            return np.bincount(group, column[places], minlength=groups).astype(np.float64)

        return self._spread_out(total)

    def _spread_out(self, total: Callable[[Floats], Floats]) -> tuple[Interval, ...]:
        """The interval of each sum that `total` makes of a column."""
        value = total(self.value)
        if self.coverage is None:
            return tuple(Interval(float(v), math.nan, math.nan) for v in value)
        variance = total(self.chance) + sum(total(move) ** 2 for move in self.moves)
        none = np.zeros(len(value))
        few = total(self.expected_orders) < SURELY_SOME
        if few.any():
            none[few] = np.exp(total(np.log1p(-np.minimum(self.p_some_order, 1 - 1e-16))))[few]
        return tuple(
            _interval_of_sum(float(v), float(s), float(n), self.coverage)
            for v, s, n in zip(value, variance, none, strict=True)
        )

    def intervals(self, rows: npt.NDArray[np.intp] | None = None) -> tuple[Floats, Floats]:
        """Lower and upper ends for single customers (their positions; default all).

        The range holds at least the stated share of what a customer may bring. Where bringing
        nothing is likelier than the share that may lie below it, the range starts at zero and
        all that is left out lies above; where it is likelier than the coverage, the range is
        zero to zero.
        """
        picked = np.arange(len(self.value)) if rows is None else np.asarray(rows)
        if self.coverage is None:
            return np.full(len(picked), np.nan), np.full(len(picked), np.nan)
        outcome = self._outcome.of(picked)
        moved = sum((move[picked] ** 2 for move in self.moves), np.zeros(len(picked)))
        whole = self.value[picked] ** 2
        relative = np.divide(moved, whole, out=np.zeros_like(whole), where=whole > 0)
        tail = (1 - self.coverage) / 2
        from_zero = outcome.none > tail
        low = np.where(from_zero, 0.0, outcome.quantile(np.full(len(picked), tail), relative))
        high = outcome.quantile(np.where(from_zero, self.coverage, 1 - tail), relative)
        return self.margin * low, self.margin * high

    def without_intervals(self) -> "Valuation":
        """The same figures where no honest interval can be given: its ends are NaN."""
        return replace(self, coverage=None)

    @cached_property
    def moves(self) -> tuple[Floats, ...]:
        """What one standard error in each direction of the parameters changes in each value."""
        look = self.outlook
        moved = [weight * self._money_per_weight for weight in look.weight_moves]
        for number, table in enumerate(look.by_month_moves):
            moved[number] += look.weight * self._for_customers(self._discount(table))
        return tuple(moved)

    @cached_property
    def chance(self) -> Floats:
        """Variance of what each customer will bring, given the parameters.

        Of a sum of N purchases whose mean is itself uncertain, cut down as discounting does.
        """
        look, outcome = self.outlook, self._outcome
        each = outcome.mean / look.spend.p + outcome.second
        spread = look.order_square * each - (outcome.mean * look.per_order) ** 2
        return np.maximum(spread, 0.0) * (self.margin * outcome.shrink) ** 2

    @cached_property
    def p_some_order(self) -> Floats:
        """Probability of an order within the horizon."""
        return 1.0 - self._outcome.none

    @cached_property
    def _discounted(self) -> Floats:
        return self._discount(self.outlook.by_month)

    def _discount(self, by_month: Floats) -> Floats:
        """Purchases per pair, each month at its present value."""
        # Summation by parts: one product with the table instead of its differences.
        weights = self.factors - np.append(self.factors[1:], 0.0)
        return np.asarray(by_month[:, : self.months] @ weights)

    def _for_customers(self, per_pair: Floats) -> Floats:
        """With the margin, and for each customer."""
        return (self.margin * per_pair)[self.outlook.pairs.index]

    @cached_property
    def _money_per_weight(self) -> Floats:
        return self._for_customers(self._discounted)

    @cached_property
    def _outcome(self) -> "_Outcome":
        look, index = self.outlook, self.outlook.pairs.index
        money = look.spend
        second, some = look.count_if_alive(self.horizon)
        count = look.by_month[:, self.months - 1]
        shrink = np.divide(self._discounted, count, out=np.ones_like(count), where=count > 0)
        return _Outcome(
            mean=self.expected_orders,
            second=look.p_alive * second[index],
            none=1.0 - look.p_alive * some[index],
            shape=money.p,
            tail=money.p * look.x + money.q,
            scale=money.v + look.x * look.monetary,
            shrink=shrink[index],
        )


def value_customers(
    outlook: Outlook,
    *,
    horizon_months: int,
    annual_discount: float,
    margin: float,
    coverage: float = 0.8,
    window_days: float = math.inf,
) -> Valuation:
    """Put horizon, discount and margin (a share of revenue) to an outlook.

    window_days: how long the history is; further ahead than FORESIGHT times that, intervals do
    not hold and none are given.
    """
    factors = discount_factors(annual_discount, horizon_months)
    valuation = Valuation(outlook, horizon_months, factors, margin, coverage)
    far = valuation.horizon > FORESIGHT * window_days
    return valuation.without_intervals() if far else valuation


def month_ends(analysis_date: date, months: int) -> Floats:
    """Days from the analysis date to the end of each calendar month of the horizon."""
    start = pd.Timestamp(analysis_date)
    ends = [start + pd.DateOffset(months=k) for k in range(1, months + 1)]
    return np.array([(end - start).days for end in ends], dtype=float)


def discount_factors(annual_discount: float, months: int) -> Floats:
    """Present value of one unit of money at the end of each month."""
    return np.power(1.0 + annual_discount, -np.arange(1, months + 1) / 12.0)


def _interval_of_sum(value: float, variance: float, none: float, coverage: float) -> Interval:
    """The interval of a sum: nothing with probability `none`, else a gamma, which is skewed for
    few customers and normal for many."""
    some = 1.0 - none
    if value <= 0 or some <= NEVER:
        return Interval(value, 0.0, value)
    tail = (1 - coverage) / 2
    mean = value / some
    spread = max((variance + value**2) / some - mean**2, 1e-12 * mean**2)
    levels = (max((level - none) / some, 0.0) for level in (tail, 1 - tail))
    shape, scale = mean**2 / spread, spread / mean
    low, high = (float(stats.gamma.ppf(level, shape, scale=scale)) for level in levels)
    return Interval(value, low, max(high, value))


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

    def of(self, rows: npt.NDArray[np.intp]) -> "_Outcome":
        """The same for some customers."""
        return _Outcome(
            self.mean[rows],
            self.second[rows],
            self.none[rows],
            self.shape,
            self.tail[rows],
            self.scale[rows],
            self.shrink[rows],
        )

    def quantile(self, level: Floats, relative: Floats) -> Floats:
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
