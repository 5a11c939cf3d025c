"""What a campaign brought: the customers contacted against those left out at random.

Every customer of the key counts in the group they were drawn into, whatever they did: leaving
out those who did not order would compare buyers with buyers.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from clv.errors import NotEnoughData
from clv.insights.campaign_key import CampaignKey
from clv.insights.control_groups import FEWEST, LEVEL, POWER

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEW_BUYERS: Final = 20  # with an order, in either group, under which ranges of money are rough


@dataclass(frozen=True)
class Window:
    """The days that are measured, both included; complete: False where the file ends earlier."""

    first: date
    last: date
    complete: bool

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Difference:
    """Treated against control, per customer; difference = treated - control, with its range."""

    treated: float
    control: float
    value: float
    low: float
    high: float
    error: float  # standard error

    @property
    def is_clear(self) -> bool:
        """Whether the range leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Uplift:
    """What each customer contacted brought more than those left out.

    orders, revenue, profit (margin of the revenue, before the cost of contacts): per customer;
    buyers: share with an order; total: profit of all contacted, with its range; cost: of the
    contacts; narrowed: whether revenue before the contact was used to narrow revenue and profit.
    """

    treated: int
    control: int
    buyers_treated: int
    buyers_control: int
    orders: Difference
    buyers: Difference
    revenue: Difference
    profit: Difference
    coverage: float
    cost: float
    narrowed: bool

    @property
    def total(self) -> tuple[float, float, float]:
        """Profit of all contacted minus the cost of contacts: expected, low, high (money)."""
        each = self.profit
        return (
            self.treated * each.value - self.cost,
            self.treated * each.low - self.cost,
            self.treated * each.high - self.cost,
        )

    @property
    def is_rough(self) -> bool:
        """Whether so few bought that a range of money can be too narrow."""
        return min(self.buyers_treated, self.buyers_control) < FEW_BUYERS

    @property
    def smallest_seen(self) -> float:
        """Difference in net revenue per customer that these groups would show with 80 % power
        at 95 %."""
        return _power_reach() * self.revenue.error

    @property
    def customers_needed(self) -> int | None:
        """Customers, in the same proportion, that would show a difference in revenue as large as
        this one with 80 % power at 95 %; None where there is none to show."""
        found = self.revenue
        if found.value == 0 or found.error == 0:
            return None
        factor = (self.smallest_seen / found.value) ** 2
        return int(np.ceil(factor * (self.treated + self.control)))


def measured_window(
    key: CampaignKey, contact: date, days: int, file_first: date, file_last: date
) -> Window:
    """The window within the file. Raises NotEnoughData where no day of it is in the file."""
    if contact > file_last:
        raise NotEnoughData(
            f"The file ends on {file_last}, before the campaign “{key.name}” began on {contact}.",
            "Load a file with the orders after the contact, or correct the day of the contact.",
        )
    if contact < file_first:
        raise NotEnoughData(
            f"The file begins on {file_first}, after the campaign “{key.name}” began on {contact}.",
            "Load a file that holds all orders from the day of the contact on.",
        )
    wanted = contact + timedelta(days=days - 1)
    return Window(contact, min(wanted, file_last), wanted <= file_last)


def places_of_key(key: CampaignKey, customer_ids: pd.Series) -> tuple[Floats, Floats]:
    """Places of the treated and of the control customers in an analysis; NaN where not found.

    Raises NotEnoughData where either group is too small, or no id is found.
    """
    if min(len(key.treated), len(key.control)) < FEWEST:
        raise NotEnoughData(
            f"The key holds {len(key.treated):,} customers contacted and {len(key.control):,} left "
            "out, too few to compare.",
            "A comparison needs at least two of each, and hundreds to tell much.",
        )
    place = pd.Series(np.arange(len(customer_ids), dtype=float), index=customer_ids.astype(str))
    treated, control = (
        place.reindex(list(ids)).to_numpy(float) for ids in (key.treated, key.control)
    )
    if np.isnan(treated).all() and np.isnan(control).all():
        raise NotEnoughData(
            f"None of the {len(treated) + len(control):,} customers in the key is in these data.",
            "Load the file of the shop that the campaign “" + key.name + "” was made for, with "
            "the same column as customer.",
        )
    return treated, control


def filled(places: Floats, found: pd.DataFrame, column: str) -> Floats:
    """A column of `outcomes` for these places; 0 for customers who are not in it."""
    values = pd.Series(found[column].to_numpy(float), index=found["customer"].to_numpy(float))
    return values.reindex(places).fillna(0.0).to_numpy(float)


def compare(
    treated: pd.DataFrame,
    control: pd.DataFrame,
    *,
    margin: float,
    coverage: float = 0.8,
    contact_cost: float = 0.0,
    discount: float = 0.0,
    narrow: bool = False,
) -> Uplift:
    """Treated against control. Frames: orders, revenue, before; one row per customer.

    margin: share of revenue; contact_cost: money per contact; discount: share taken off the
    orders of those contacted, whose goods cost as much as without it; narrow: adjust revenue by the
    part of it that the revenue before the contact foretells, which is the same in both groups
    but for chance.
    """
    orders = [frame["orders"].to_numpy(float) for frame in (treated, control)]
    revenue = [frame["revenue"].to_numpy(float) for frame in (treated, control)]
    before = [frame["before"].to_numpy(float) for frame in (treated, control)]
    of_treated = margin_after(margin, discount)

    def money(rate_treated: float, rate_control: float) -> Difference:
        parts = rate_treated * revenue[0], rate_control * revenue[1]
        if narrow:
            return adjusted_difference(*parts, before[0], before[1], coverage)
        return mean_difference(*parts, coverage)

    bought = [int((each > 0).sum()) for each in orders]
    return Uplift(
        treated=len(treated),
        control=len(control),
        buyers_treated=bought[0],
        buyers_control=bought[1],
        orders=mean_difference(orders[0], orders[1], coverage),
        buyers=newcombe(bought[0], len(treated), bought[1], len(control), coverage),
        revenue=money(1.0, 1.0),
        profit=money(of_treated, margin),
        coverage=coverage,
        cost=contact_cost * len(treated),
        narrowed=narrow,
    )


def margin_after(margin: float, discount: float) -> float:
    """What is left of 1 of net revenue when a discount was taken off the price before."""
    return 1.0 - (1.0 - margin) / (1.0 - discount)


def mean_difference(treated: Floats, control: Floats, coverage: float) -> Difference:
    """Difference of two means with Student's interval, the spread taken from both groups.

    Both were one list before the draw, so they share a spread but for the effect. A spread of
    each group's own, as in Welch's interval, is too narrow where a small control group happens
    to miss the few customers who spend most (`benchmarks.uplift`).
    """
    sizes = len(treated), len(control)
    freedom = sum(sizes) - 2
    squares = sum(float(((each - each.mean()) ** 2).sum()) for each in (treated, control))
    error = float(np.sqrt(squares / freedom * sum(1 / size for size in sizes)))
    reach = float(stats.t.ppf((1 + coverage) / 2, freedom)) * error
    means = float(treated.mean()), float(control.mean())
    value = means[0] - means[1]
    return Difference(*means, value, value - reach, value + reach, error)


def adjusted_difference(
    treated: Floats, control: Floats, before_t: Floats, before_c: Floats, coverage: float
) -> Difference:
    """The difference of means, less what the past foretells of it, with its interval.

    One slope for both groups, from within them, so that an effect cannot pass for the past.
    """
    past_t, past_c = before_t - before_t.mean(), before_c - before_c.mean()
    square = float(past_t @ past_t + past_c @ past_c)
    slope = float(past_t @ treated + past_c @ control) / square if square > 0 else 0.0
    middle = np.concatenate([before_t, before_c]).mean()
    return mean_difference(
        treated - slope * (before_t - middle), control - slope * (before_c - middle), coverage
    )


def _power_reach() -> float:
    """Standard errors from zero at which a difference is seen with 80 % power."""
    return float(stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER))


def newcombe(bought_t: int, n_t: int, bought_c: int, n_c: int, coverage: float) -> Difference:
    """Difference of two shares with Newcombe's interval, made of the Wilson ranges of each."""
    share_t, low_t, high_t = _wilson(bought_t, n_t, coverage)
    share_c, low_c, high_c = _wilson(bought_c, n_c, coverage)
    value = share_t - share_c
    down = float(np.hypot(share_t - low_t, high_c - share_c))
    up = float(np.hypot(high_t - share_t, share_c - low_c))
    error = float(np.sqrt(share_t * (1 - share_t) / n_t + share_c * (1 - share_c) / n_c))
    return Difference(share_t, share_c, value, value - down, value + up, error)


def _wilson(count: int, size: int, coverage: float) -> tuple[float, float, float]:
    z = float(stats.norm.ppf((1 + coverage) / 2))
    share = count / size
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    root = np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    reach = float(z / (1 + z * z / size) * root)
    return share, middle - reach, middle + reach
