"""Does a campaign pay? Its expected gain, the response at which it breaks even, and for whom.

A customer contacted does one of three things within the campaign window: orders because of the
campaign (an extra order, with the assumed probability r, the same for all), orders as they would
have done anyway (p, by the model), or does not order. With the expected order value m, the margin
g, the offer o (money per order: discount x m, or a gift) and the cost of a contact c

    gain = r (g m - o) - p o - c        summed over the customers,
    break-even r = (sum of p o + number x c) / sum of (g m - o).
"""

from dataclasses import dataclass
from typing import Literal

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
    extra, anyway = _per_order(who, campaign)
    contacts = campaign.contact_cost * len(extra)
    given_away = float(anyway.sum())
    slope = float(extra.sum())
    gain = campaign.response * slope - given_away - contacts
    spread = _spread(who, campaign, campaign.response)
    unsure = slope * campaign.give_or_take / _z()
    reach = _z() * float(np.sqrt(spread**2 + unsure**2))
    return WhatIf(
        customers=len(extra),
        gain=gain,
        low=gain - reach,
        high=gain + reach,
        break_even=(given_away + contacts) / slope if slope > 0 else None,
        cost_of_contacts=contacts,
        cost_of_offer_anyway=given_away,
        extra_orders=campaign.response * len(extra),
        gain_per_extra_order=slope / len(extra) if len(extra) else float("nan"),
        each=campaign.response * extra - anyway - campaign.contact_cost,
    )


def gain_by_response(who: Prospects, campaign: Campaign) -> pd.DataFrame:
    """The gain for responses from none to beyond the assumed one and the break-even.

    Returns response (0 to 1), gain, low, high (money; at each response 80 % by chance and
    order values).
    """
    answer = what_if(who, campaign)
    far = max(2 * campaign.response, 2 * (answer.break_even or 0.0), 0.01)
    responses = np.linspace(0.0, min(far, 1.0), POINTS)
    fixed = answer.cost_of_contacts + answer.cost_of_offer_anyway
    gain = responses * answer.gain_per_extra_order * answer.customers - fixed
    reach = np.array([_z() * _spread(who, campaign, float(r)) for r in responses])
    return pd.DataFrame(
        {"response": responses, "gain": gain, "low": gain - reach, "high": gain + reach}
    )


def _per_order(who: Prospects, campaign: Campaign) -> tuple[Floats, Floats]:
    """Gain of an extra order, and expected cost of the offer to who orders anyway, each."""
    offer = campaign.discount * who.order_value + campaign.gift
    return campaign.margin * who.order_value - offer, who.anyway * offer


def _spread(who: Prospects, campaign: Campaign, response: float) -> float:
    """Standard deviation of the gain by chance and by uncertain order values.

    Each customer brings a Z - f with probability r, costs d Z + f with probability p, else
    nothing, with Z the value of the order, a = margin - discount and f the gift.
    """
    a, d, f = campaign.margin - campaign.discount, campaign.discount, campaign.gift
    r, p = response, np.minimum(who.anyway, 1.0 - response)
    m, square = who.order_value, who.order_square
    second = r * (a * a * square - 2 * a * f * m + f * f)
    second += p * (d * d * square + 2 * d * f * m + f * f)
    mean = r * (a * m - f) - p * (d * m + f)
    chance = float(np.maximum(second - mean**2, 0.0).sum())
    moved = sum(float(((r * a - p * d) * move).sum()) ** 2 for move in who.moves)
    return float(np.sqrt(chance + moved))


def _z() -> float:
    return float(stats.norm.ppf((1 + COVERAGE) / 2))
