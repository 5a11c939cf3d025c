"""Does a campaign pay? Its expected gain, the response at which it breaks even, and for whom.

A customer contacted does one of three things within the campaign window: orders because of the
campaign (an extra order, with the assumed probability r, the same for all), orders as they would
have done anyway (p, by the model), or does not order. With the expected order value m, the margin
g, the offer o (money per order: discount x m, or a gift) and the cost of a contact c

    gain = r (g m - o) - p o - c        summed over the customers,
    break-even r = (sum of p o + number x c) / sum of (g m - o).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from clv.insights.lines import Mask
from clv.valuation import Outlook

Floats = npt.NDArray[np.float64]
Verdict = Literal["pays", "does not pay", "cannot be told"]

COVERAGE = 0.8  # of the range of the gain, and of the range that the user gives the response
POINTS = 61  # of the chart
FEW_EXTRA = 10.0  # expected extra orders under which the range is rough


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What is planned.

    contact_cost: money per contact; discount: share of the order, 0 to 1; gift: money per order;
    response: extra orders per customer contacted, 0 to 1; give_or_take: half the range that
    holds the response with 80 %; margin: share of revenue; window_days: in which orders count.
    """

    contact_cost: float
    discount: float = 0.0
    gift: float = 0.0
    response: float
    give_or_take: float = 0.0
    margin: float
    window_days: int = 30


@dataclass(frozen=True)
class Prospects:
    """The customers to contact, one figure each.

    anyway: probability of an order within the window without the campaign; order_value: expected,
    money; order_square: expected square of one order; moves: what one standard error in each
    direction of the spend model changes in order_value.
    """

    anyway: Floats
    order_value: Floats
    order_square: Floats
    moves: tuple[Floats, ...] = ()

    def of(self, members: Mask) -> "Prospects":
        """The same of some of them."""
        return Prospects(
            self.anyway[members],
            self.order_value[members],
            self.order_square[members],
            tuple(move[members] for move in self.moves),
        )


def prospects(outlook: Outlook, window_days: int) -> Prospects:
    """What the models say of every customer, over a campaign window."""
    some = outlook.if_alive(outlook.purchases.probability_of_purchase_if_alive, float(window_days))
    return Prospects(
        anyway=outlook.p_alive * some[outlook.pairs.index],
        order_value=outlook.per_order,
        # The order scatters around the customer's own mean, which is uncertain itself.
        order_square=outlook.order_square * (1.0 + 1.0 / outlook.spend.p),
        moves=outlook.per_order_moves,
    )


@dataclass(frozen=True)
class WhatIf:
    """The answer for one campaign and one group of customers. Money has the margin applied.

    break_even: the response at which the gain is zero; None where no response reaches it.
    cost_of_contacts, cost_of_offer_anyway: what is spent whatever the response; extra_orders:
    expected; each: expected gain per customer.
    """

    customers: int
    gain: float
    low: float
    high: float
    break_even: float | None
    cost_of_contacts: float
    cost_of_offer_anyway: float
    extra_orders: float
    gain_per_extra_order: float
    each: Floats

    @property
    def verdict(self) -> Verdict:
        """Whether the range of the gain lies above zero, below, or on both sides; an offer that
        takes the whole margin never pays."""
        if self.break_even is None:
            return "does not pay"
        if self.low > 0:
            return "pays"
        return "does not pay" if self.high < 0 else "cannot be told"

    @property
    def is_rough(self) -> bool:
        """Whether so few extra orders are expected that chance is not even-handed."""
        return self.extra_orders < FEW_EXTRA


def what_if(who: Prospects, campaign: Campaign) -> WhatIf:
    """Expected gain with its range, and the break-even response.

    The range holds the gain with 80 %, given that the response is as assumed, give or take:
    it covers who will respond, who orders anyway, what they spend, and how well the data settle
    expected order values.
    """
    sums = _sums(who, campaign)
    gain = float(sums.gain(campaign.response))
    unsure = sums.extra * campaign.give_or_take / _z()
    reach = _z() * float(np.hypot(sums.spread(campaign.response), unsure))
    extra, anyway = _per_order(who, campaign)
    return WhatIf(
        customers=sums.customers,
        gain=gain,
        low=gain - reach,
        high=gain + reach,
        break_even=(sums.given_away + sums.contacts) / sums.extra if sums.extra > 0 else None,
        cost_of_contacts=sums.contacts,
        cost_of_offer_anyway=sums.given_away,
        extra_orders=campaign.response * sums.customers,
        gain_per_extra_order=sums.extra / sums.customers if sums.customers else float("nan"),
        each=campaign.response * extra - anyway - campaign.contact_cost,
    )


def gain_by_response(who: Prospects, campaign: Campaign) -> pd.DataFrame:
    """The gain for responses from none to beyond the assumed one and the break-even.

    Returns response (0 to 1), gain, low, high (money; at each response 80 % by chance and
    order values).
    """
    sums, answer = _sums(who, campaign), what_if(who, campaign)
    far = max(2 * campaign.response, 2 * (answer.break_even or 0.0), 0.01)
    responses = np.linspace(0.0, min(far, 1.0), POINTS)
    gain, reach = sums.gain(responses), _z() * sums.spread(responses)
    return pd.DataFrame(
        {"response": responses, "gain": gain, "low": gain - reach, "high": gain + reach}
    )


@dataclass(frozen=True)
class _Sums:
    """What gain and spread are made of, at any response r.

    Each customer brings a Z - f with probability r, costs d Z + f with probability p, else
    nothing, with Z the value of the order, a = margin - discount, d the discount and f the gift.
    Over the customers: extra, of E[a Z - f]; given_away, of p E[d Z + f]; square_extra and
    square_away, of the same with squares in the expectations; product and the other squares, of
    the means; moves: what each direction of the spend model changes in extra and given_away.
    """

    customers: int
    contacts: float
    extra: float
    given_away: float
    square_extra: float
    square_away: float
    mean_extra: float
    mean_away: float
    product: float
    moves: tuple[tuple[float, float], ...]

    def gain(self, r: Any) -> Any:
        """Expected gain."""
        return r * self.extra - self.given_away - self.contacts

    def spread(self, r: Any) -> Any:
        """Standard deviation of the gain by chance and by uncertain order values."""
        second = r * self.square_extra + self.square_away
        mean = r * r * self.mean_extra - 2 * r * self.product + self.mean_away
        moved = sum((r * up - down) ** 2 for up, down in self.moves)
        return np.sqrt(np.maximum(second - mean, 0.0) + moved)


def _sums(who: Prospects, campaign: Campaign) -> _Sums:
    a, d, f = campaign.margin - campaign.discount, campaign.discount, campaign.gift
    p, m, square = who.anyway, who.order_value, who.order_square
    extra, anyway = _per_order(who, campaign)
    return _Sums(
        customers=len(m),
        contacts=campaign.contact_cost * len(m),
        extra=float(extra.sum()),
        given_away=float(anyway.sum()),
        square_extra=float((a * a * square - 2 * a * f * m + f * f).sum()),
        square_away=float((p * (d * d * square + 2 * d * f * m + f * f)).sum()),
        mean_extra=float(extra @ extra),
        mean_away=float(anyway @ anyway),
        product=float(extra @ anyway),
        moves=tuple((a * float(move.sum()), d * float(p @ move)) for move in who.moves),
    )


def _per_order(who: Prospects, campaign: Campaign) -> tuple[Floats, Floats]:
    """Gain of an extra order, and expected cost of the offer to who orders anyway, each."""
    offer = campaign.discount * who.order_value + campaign.gift
    return campaign.margin * who.order_value - offer, who.anyway * offer


def _z() -> float:
    return float(stats.norm.ppf((1 + COVERAGE) / 2))
