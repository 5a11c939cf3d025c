"""What to do for each segment: aim, offer, timing and channel, each with the figure behind it.

No advice stands without a figure of this shop; what cannot be had is said under `missing`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from clv import schema
from clv.insights.segment_figures import LATER, SOON, SegmentFigures
from clv.insights.timing import FEWEST_WAITS
from clv.insights.usual import FEWEST_ORDERS
from clv.insights.what_if import WhatIf
from clv.intake.wording import counted, percent, rounded

Kind = Literal["Offer", "Timing", "Channel", "Discount"]
Lever = Literal["value", "frequency", "win back"]

AIMS: Final[dict[str, tuple[Lever, str]]] = {
    "Champions": ("value", "Keep them ordering at their own rhythm, and raise what an order holds"),
    "Loyal": ("value", "Keep the rhythm, and raise what an order holds"),
    "Potential loyalists": ("frequency", "Turn some orders into a habit: the next one in time"),
    "New": ("frequency", "Win the second order"),
    "Promising": ("frequency", "Win a further order while they remember you"),
    "Need attention": ("frequency", "Bring them back into their rhythm"),
    "About to sleep": ("win back", "Reach them before the wait becomes a farewell"),
    "At risk": ("win back", "Win back customers who used to order more than most"),
    "Cannot lose": ("win back", "Win back former best customers, in person where you can"),
    "Hibernating": ("win back", "Win back the few who can be, at little cost"),
    "Lost": ("win back", "Spend little: contact only where it pays"),
}


@dataclass(frozen=True)
class Advice:
    """One thing to do, and the figures that made it."""

    kind: Kind
    sentence: str
    why: str


@dataclass(frozen=True)
class Card:
    """The advice for one segment; missing: what could not be said, and why."""

    figures: SegmentFigures
    aim: str
    advice: tuple[Advice, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class FileHas:
    """What the file can tell at all; by_customer: it has one row per customer."""

    products: bool
    prices: bool
    channels: bool
    by_customer: bool
    level: str | None = None  # label of the coarsest level of products, above the product


def action_card(figures: SegmentFigures, has: FileHas, plan: WhatIf | None) -> Card:
    """The card of one segment. plan: the campaign of the what-if put to it, None without one."""
    lever, aim = AIMS[figures.usual]
    parts = (
        _price(figures, has),
        _bundle(figures, has, lever),
        _timing(figures, has, lever),
        _channel(figures, has),
        _discount(plan),
    )
    advice = tuple(part for part in parts if isinstance(part, Advice))
    missing = tuple(part for part in parts if isinstance(part, str) and part)
    return Card(figures, aim, advice, missing)


def _price(figures: SegmentFigures, has: FileHas) -> Advice | str:
    if not has.prices:
        return (
            "No usual price: the file has no number of pieces or price for one piece."
            if not has.by_customer
            else "No products and prices: the file has one row per customer."
        )
    price = figures.price
    if price is None or price["pieces"] < FEWEST_ORDERS:
        return f"No usual price: fewer than {FEWEST_ORDERS} lines with a price."
    where = f"from {price['name']} " if price["name"] is not None else ""
    group = f" in {has.level} {price['name']}, which they buy most" if where else ""
    return Advice(
        "Offer",
        f"Recommend products {where}at {amount(price['low'])} to {amount(price['high'])} a piece, "
        f"their own price point.",
        f"Six in ten of their {counted(int(price['pieces']), 'line')}{group} cost that much a "
        f"piece; the middle is {amount(price['middle'])}.",
    )


def _bundle(figures: SegmentFigures, has: FileHas, lever: Lever) -> Advice | str:
    if not has.products:
        return "" if has.by_customer else "No bundle: the file names no products."
    pair = figures.pair
    if pair is None:
        return (
            "No bundle: among their most bought products, no pair goes together more often than "
            "chance explains."
        )
    verb = "Bundle" if lever == "value" else "Suggest together"
    return Advice(
        "Offer",
        f"{verb}: {pair['first']} and {pair['second']}.",
        f"{counted(int(pair['both']), 'order')} of these customers hold both, "
        f"{rounded(pair['lift'], 1)} times as many as if the two had nothing to do with each other "
        f"({pair['first_orders']:,.0f} and {pair['second_orders']:,.0f} of "
        f"{pair['baskets']:,.0f} orders hold one).",
    )


def _timing(figures: SegmentFigures, has: FileHas, lever: Lever) -> Advice | str:
    if has.by_customer:
        return _timing_by_model(figures, "Waits between orders need single orders.")
    waits = figures.waits
    if waits is None or waits["waits"] < FEWEST_WAITS:
        return _timing_of_newcomers(figures, lever)
    usual, long = waits["usual"], waits["long"]
    why = (
        f"Half of their {counted(int(waits['waits']), 'wait')} between two purchase days took at "
        f"most {_days(usual)}, four in five at most {_days(long)}; waits that still go on do not "
        "count."
    )
    if lever == "win back":
        now = "write to them now" if figures.past_long else "nobody is overdue yet"
        return Advice(
            "Timing",
            f"{figures.past_long:,} of {figures.customers:,} have been silent for longer than "
            f"{_days(long)}, longer than four in five of their waits: {now}."
            + _before(figures.passing),
            why,
        )
    own = _due(figures)
    return Advice(
        "Timing",
        f"{own}The usual wait is {_days(usual)}: {figures.past_usual:,} of {figures.customers:,} "
        f"are past it, {figures.past_long:,} past {_days(long)}.",
        why + (_BY_MODEL if own else ""),
    )


_BY_MODEL: Final = (
    " The day that a next order is due is the model's, per customer: the median day, if they "
    "order at all; only those are counted who are more likely customers than not."
)


def _timing_of_newcomers(figures: SegmentFigures, lever: Lever) -> Advice | str:
    """Where the segment has hardly a wait of its own: what the shop knows of second orders."""
    count, wait = figures.second
    if count < FEWEST_WAITS:
        return _timing_by_model(figures, "Too few waits between orders to call any usual.")
    why = (
        f"{figures.once:,} of {figures.customers:,} have one purchase day, so the segment has no "
        f"usual wait of its own. In the whole shop {counted(count, 'customer')} came back, half "
        f"of them within {_days(wait)} of the first order."
    )
    late = f"{figures.past_second:,} of {figures.customers:,} have been silent for longer."
    if lever == "win back":
        return Advice(
            "Timing",
            f"Half of those who ever came back to this shop did so within {_days(wait)}: {late}",
            why,
        )
    own = _due(figures)
    return Advice(
        "Timing",
        f"{own}Write within {_days(wait)} of the first order: by then half of those who came back "
        f"to this shop had made their second. {late}",
        why + (_BY_MODEL if own else ""),
    )


def _timing_by_model(figures: SegmentFigures, missing: str) -> Advice | str:
    if own := _due(figures):
        return Advice("Timing", own.strip(), missing + _BY_MODEL)
    return f"No timing: {missing[:1].lower()}{missing[1:]}"


def _due(figures: SegmentFigures) -> str:
    if figures.due_soon is None or figures.due_later is None or not figures.due_later:
        return ""
    return (
        f"Time e-mails to each customer's own next order: {figures.due_soon:,} are due within "
        f"{SOON} days, {figures.due_later:,} within {LATER} days. "
    )


def _channel(figures: SegmentFigures, has: FileHas) -> Advice | str:
    if not has.channels:
        return "No channel: the file has no column for it."
    channel = figures.channel
    if channel is None or channel["known"] < FEWEST_ORDERS:
        return f"No channel: fewer than {FEWEST_ORDERS} orders with one."
    return Advice(
        "Channel",
        f"Reach them through {channel[schema.CHANNEL]}.",
        f"{percent(channel['share'])} of their {channel['known']:,} orders with a known "
        f"channel came through it. It is where they order, not necessarily where they read.",
    )


def _discount(plan: WhatIf | None) -> Advice | str:
    if plan is None:
        return "No word on discounts: there is no model for this shop."
    if plan.break_even is None or plan.break_even > 1:
        return Advice(
            "Discount",
            "Do not make the offer of the plan below: no response can pay for it.",
            f"An extra order brings {amount(plan.gain_per_extra_order)} after the offer, the "
            f"contacts cost {amount(plan.cost_of_contacts)} and the offer to those who order "
            f"anyway {amount(plan.cost_of_offer_anyway)}.",
        )
    sentence = {
        "pays": "The offer of the plan below pays here, if the response is as assumed.",
        "does not pay": "Do not make the offer of the plan below: it does not pay here.",
        "cannot be told": "Whether the offer of the plan below pays cannot be told: do not make it "
        "without a control group.",
    }[plan.verdict]
    return Advice(
        "Discount",
        sentence,
        f"It breaks even at {rounded(100 * plan.break_even, 1)} extra orders per 100 contacted. "
        f"At the assumed response it gains {amount(plan.gain)}, 80 % range {amount(plan.low)} to "
        f"{amount(plan.high)}, after {amount(plan.cost_of_offer_anyway)} given to those who order "
        "anyway.",
    )


def amount(value: float) -> str:
    """Money: 1,234 from a thousand on, 12.34 below."""
    return rounded(float(value), 0 if abs(value) >= 1000 else 2)


def _days(days: float) -> str:
    return counted(round(float(days)), "day")


def _before(passing: int | None) -> str:
    if not passing:
        return ""
    verb = "reaches" if passing == 1 else "reach"
    return f" {passing:,} more {verb} that limit within {LATER} days: write before."
