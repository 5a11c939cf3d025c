"""Does this shop suit the models at all? One number, one limit and one sentence for each doubt.

BG/NBD and Gamma-Gamma take customers who may leave without saying so, buy at random times at a
pace of their own that stays the same, and spend on an order independently of that pace. The
limits were set by simulation: of shops that keep to this, fewer than one in twenty raises a
concern in any check, except that a shop which wins fewer and fewer customers may pass for older
than its file.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, log, nan, sqrt
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from clv import schema
from clv.insights.seasons import (
    LATER,
    MONTHS_OF_A_YEAR,
    Season,
    complete_months,
    known_of_old,
    repeat_purchases,
    season,
    ten_parts,
)
from clv.intake.wording import percent
from clv.models.purchase_model import PurchaseModel

SURE: Final = 3.0  # standard errors: with a dozen months to choose from, 1 chance in 60

# Spread of the gaps against their mean: 1 at random, 0 by the clock. At a half, a silence of
# three usual gaps is left to 1 customer in 400; the model would expect 1 in 20.
STEADY: Final = 0.5
FEWEST_CUSTOMERS: Final = 30

RHYTHMS: Final = {
    "week": (6, 8),
    "two weeks": (13, 15),
    "month": (27, 32),
    "quarter": (86, 95),
    "year": (358, 372),
}
# Of the gaps of a customer with at least three; at random, 1 customer in 500 gets there.
RHYTHM_GAPS, RHYTHM_SHARE = 3, 0.75
BY_THE_CLOCK: Final = 0.2  # a fifth of the customers treated wrongly shows in every total

PEAK: Final = 1.3  # a quarter with such a month in it, or without, is a tenth off

# The best hundredth holds a tenth to a sixth where customers differ as the models have it.
DOMINANT: Final = 0.25
BEST: Final = 0.01
FEWEST_TO_RANK: Final = 20  # below, one customer is a large share whoever they are

NEW_AT_FIRST: Final = 2.0  # campaigns and seasons stay below twice the usual

# At a quarter, the most frequent fourth of the customers spends some 30 % more per purchase.
DEPENDENT: Final = 0.25
FEWEST_REPEATERS: Final = 50

ENOUGH: Final = {"customers": 500.0, "days": 180.0, "customers who came back": 50.0}


@dataclass(frozen=True)
class Finding:
    """One check: what was asked, the number found, the limit, and what it means.

    value: NaN where it cannot be measured; shares run from 0 to 1 and have the unit "%";
    unit "x" is a multiple, "" a plain number; concern: True where it is on the wrong side.
    """

    name: str
    question: str
    value: float
    threshold: float
    unit: str
    concern: bool
    sentence: str


@dataclass(frozen=True)
class _Check:
    """What the findings of one check have in common."""

    name: str
    question: str
    threshold: float
    unit: str = ""

    def found(self, value: float, text: str, concern: bool = False) -> Finding:
        return Finding(self.name, self.question, value, self.threshold, self.unit, concern, text)

    def unknown(self, sentence: str) -> Finding:
        return self.found(nan, sentence)


RANDOM_TIMES: Final = _Check("Random times", "Do customers buy at random or by the clock?", STEADY)
RHYTHM: Final = _Check("Fixed rhythm", "How many keep to a fixed rhythm?", BY_THE_CLOCK, "%")
SEASON: Final = _Check("Season", "Do customers buy much more in one month of the year?", PEAK, "x")
ACCOUNTS: Final = _Check("Large accounts", "Does it depend on a few customers?", DOMINANT, "%")
START: Final = _Check("Start", "Does the file start when the shop did?", NEW_AT_FIRST, "x")
SPEND: Final = _Check("Spend and pace", "Do frequent buyers spend more or less?", DEPENDENT)


def suitability(
    transactions: ir.Table, customers: pd.DataFrame, first: date, analysis_date: date
) -> tuple[Finding, ...]:
    """Every doubt about the shop, in a fixed order.

    customers: as `customer_summary` gives them. first: the day the file begins. Lines are
    aggregated by the engine, only a few rows per month come back.
    """
    bought = transactions.filter(~transactions.is_refund)
    visits = bought.select(schema.CUSTOMER_ID, day=bought.ordered_at.date()).distinct()
    # However late the analysis date is set, the silence after the last order is no season.
    last_order = pd.Timestamp(customers[schema.LAST_ORDER].max()).date()
    last = min(analysis_date, last_order + timedelta(days=7))
    gaps = _gaps(visits)
    months = complete_months(
        repeat_purchases(visits).execute(), customers[schema.FIRST_ORDER], first, last
    )
    return (
        _random_times(gaps),
        _rhythm(gaps),
        _season(season(months), months.span),
        _large_accounts(customers[schema.REVENUE]),
        _start(ten_parts(visits, first, last), first),
        _independence(customers),
    )


def suitability_of_rows(customers: pd.DataFrame) -> tuple[Finding, ...]:
    """The same for a file with one row per customer: what needs single orders stays unknown.

    customers: as `rows_summary` gives them.
    """
    needs_orders = "This needs single orders, and the file has one row per customer."
    return (
        *(check.unknown(needs_orders) for check in (RANDOM_TIMES, RHYTHM, SEASON)),
        _large_accounts(customers[schema.REVENUE]),
        START.unknown(needs_orders),
        _independence(customers),
    )


def sufficiency(customers: pd.DataFrame, days: int) -> tuple[Finding, ...]:
    """Is there enough to learn from? days: from the first order to the analysis date."""
    counts = (len(customers), days, int((customers[schema.FREQUENCY] > 0).sum()))
    found = []
    for (what, least), count in zip(ENOUGH.items(), counts, strict=True):
        few = count < least
        meaning = f"fewer than {least:.0f}: model figures are indicative only" if few else "enough"
        check = _Check(what.capitalize(), f"Are there enough {what}?", least)
        found.append(check.found(float(count), f"The file has {count:,} {what}, {meaning}.", few))
    return tuple(found)


def _gaps(visits: ir.Table) -> pd.Series:
    """What the gaps between purchase days look like, every customer with the same weight.

    Returns pair_customers (those with two adjacent gaps), uneven, possible (see
    `_random_times`), gap_customers (those with enough gaps for a rhythm), and for each rhythm
    the number of customers who keep to it.
    """
    order = ibis.window(group_by=schema.CUSTOMER_ID, order_by="day")
    gaps = visits.mutate(before=visits.day.lag().over(order), after=visits.day.lead().over(order))
    gaps = gaps.mutate(
        gap=gaps.day.delta(gaps.before, unit="day"),
        following=gaps.after.delta(gaps.day, unit="day"),
    )
    both = (gaps.gap + gaps.following).cast("float64")
    in_rhythm = {name: gaps.gap.between(*ends).sum() for name, ends in RHYTHMS.items()}
    each = gaps.group_by(schema.CUSTOMER_ID).aggregate(
        gaps=gaps.gap.count(),
        pairs=both.count(),
        uneven=(3 * ((gaps.gap - gaps.following) / both) ** 2).mean(),
        possible=(1 - 2 / both).mean(),
        **in_rhythm,
    )
    enough = each.gaps >= RHYTHM_GAPS
    row = each.aggregate(
        pair_customers=(each.pairs > 0).sum(),
        uneven=each.uneven.sum(),
        possible=each.possible.sum(),
        gap_customers=enough.sum(),
        **{name: (enough & (each[name] >= RHYTHM_SHARE * each.gaps)).sum() for name in RHYTHMS},
    )
    found: pd.Series = row.execute().fillna(0.0).iloc[0]
    return found


def _random_times(gaps: pd.Series) -> Finding:
    """Coefficient of variation of the gaps, from how uneven two adjacent ones are.

    Of three purchase days of a buyer without a clock, the middle one is equally likely to be
    any day between the others, whatever the pace and whenever the customer leaves. With gaps
    g, h and s = g + h the mean of 3 (g - h)^2 / s^2 is then that of 1 - 2 / s exactly, also in
    whole days and with two gaps per customer, where a customer's own variance would mislead.
    For gamma distributed gaps the ratio of the two gives the coefficient of variation.
    """
    if gaps["pair_customers"] < FEWEST_CUSTOMERS or gaps["possible"] <= 0:
        return RANDOM_TIMES.unknown(
            "Too few customers bought on three or more days to see whether they keep to a clock."
        )
    ratio = min(gaps["uneven"] / gaps["possible"], 2.9)
    value = sqrt(2 * ratio / (3 - ratio))
    found = (
        f"The times between a customer's purchases vary by {value:.2f} of their mean "
        "(0 is by the clock, 1 at random)"
    )
    if value < STEADY:
        return RANDOM_TIMES.found(
            value,
            f"{found}, as in a subscription: the model is slow to see that such a customer has "
            "left, so trust a missed date more than its probability of being a customer still.",
            True,
        )
    return RANDOM_TIMES.found(value, f"{found}: random enough for the model.")


def _rhythm(gaps: pd.Series) -> Finding:
    customers = gaps["gap_customers"]
    if customers < FEWEST_CUSTOMERS:
        return RHYTHM.unknown(
            "Too few customers bought on four or more days to see whether they keep to a rhythm."
        )
    counts = gaps[list(RHYTHMS)].astype(float)
    share, usual = float(counts.sum() / customers), counts.idxmax()
    found = f"{_percent(share)} of those who bought on four or more days keep to a fixed rhythm"
    if share > BY_THE_CLOCK:
        return RHYTHM.found(
            share,
            f"{found}, mostly one {usual}: if they are under contract, count contracts and "
            "cancellations instead of relying on the model.",
            True,
        )
    return RHYTHM.found(share, f"{found}, which is too few to mislead the model.")


def _season(found: Season | None, months: int) -> Finding:
    if months < MONTHS_OF_A_YEAR:
        return SEASON.unknown(
            "The file covers less than a year, in which a season cannot be told from growth."
        )
    if found is None:
        return SEASON.unknown("Too few repeat purchases per month to see a season.")
    name = pd.Timestamp(2000, found.best, 1).month_name()
    sure = log(found.ratio) > SURE * found.error
    text = f"{name} has {found.ratio:.1f} times the repeat purchases of a typical month"
    if found.years == 1:
        text += " (seen once only, so it may be a single event or growth)"
    if found.ratio <= PEAK:
        return SEASON.found(found.ratio, f"{text}, the most of all: no season to allow for.")
    # A season comes back, a campaign does not: each year has half of the rise, in logs.
    if not sure or found.lowest < sqrt(found.ratio):
        reason = "not in every year" if sure else "that can well be chance"
        return SEASON.found(found.ratio, f"{text}, but {reason}: no season to rely on.")
    return SEASON.found(
        found.ratio,
        f"{text}: figures for whole years hold, shorter ones come out too low with {name} in them "
        "and too high without.",
        True,
    )


def _large_accounts(revenue: pd.Series) -> Finding:
    total = float(revenue.sum())
    if len(revenue) < FEWEST_TO_RANK or total <= 0:
        return ACCOUNTS.unknown("Too few customers, or too little revenue, to compare accounts.")
    best = revenue.nlargest(ceil(BEST * len(revenue)))
    share, largest = float(best.sum()) / total, _percent(float(best.iloc[0]) / total)
    if len(best) == 1:
        found = f"The largest of {len(revenue):,} customers brings {largest} of net revenue"
    else:
        found = (
            f"The best 1 % of the customers, {len(best):,} of them, bring {_percent(share)} of "
            f"net revenue, the largest alone {largest}"
        )
    if share > DOMINANT:
        return ACCOUNTS.found(
            share,
            f"{found}: totals and averages hang on them, so look at these accounts one by one.",
            True,
        )
    return ACCOUNTS.found(share, f"{found}: the totals do not hang on a few accounts.")


def _start(parts: pd.DataFrame, first: date) -> Finding:
    """New customers in the first tenth of the window against a tenth of its second half."""
    new = parts["new"].to_numpy()
    early, usual = new[0], new[LATER:].mean()
    if usual == 0:
        return START.unknown(
            "No customer of the file is new in its second half: the file holds a chosen group, "
            "and whether they bought before it begins cannot be seen."
        )
    ratio = early / usual
    if early < FEWEST_TO_RANK and ratio > NEW_AT_FIRST:
        return START.unknown("Too few customers at first to see whether the shop is older.")
    found = f"At the start of the file {ratio:.1f} times as many customers are new as later on"
    error = sqrt(1 / max(early, 1.0) + 1 / new[LATER:].sum())
    if ratio < NEW_AT_FIRST or log(ratio / NEW_AT_FIRST) < 2 * error:
        return START.found(ratio, f"{found}: the file shows customers from their beginning.")
    if not known_of_old(parts):
        return START.found(
            ratio, f"{found}, but they behave like newcomers: many were won then, and it is fine."
        )
    return START.found(
        ratio,
        f"{found}: the shop is probably older than {first}, so its oldest customers look younger "
        "and less loyal than they are; load earlier orders if there are any.",
        True,
    )


def _independence(customers: pd.DataFrame) -> Finding:
    """Rank correlation of frequency and mean spend, which a few large accounts cannot fake."""
    repeat = customers[(customers[schema.FREQUENCY] > 0) & (customers[schema.MONETARY] > 0)]
    pair = repeat[[schema.FREQUENCY, schema.MONETARY]].astype(float)
    if len(pair) < FEWEST_REPEATERS or (pair.nunique() < 2).any():
        return SPEND.unknown("Too few customers came back to compare how often and how much.")
    plain, ranks = (
        float(np.corrcoef(frame.to_numpy(), rowvar=False)[0, 1]) for frame in (pair, pair.rank())
    )
    found = (
        f"Number of repeat purchases and spend on each are correlated by {ranks:.2f} in ranks "
        f"({plain:.2f} in amounts; 0 is none, 1 complete)"
    )
    if abs(ranks) > DEPENDENT and abs(ranks) * sqrt(len(pair)) > SURE:
        more, less = ("low", "high") if ranks > 0 else ("high", "low")
        return SPEND.found(
            ranks,
            f"{found}: the value of frequent customers comes out too {more}, that of customers who "
            f"came once too {less}.",
            True,
        )
    return SPEND.found(ranks, f"{found}: spend can be predicted apart from pace.")


def purchases_per_frequency(
    model: PurchaseModel, customers: pd.DataFrame, most: int = 7
) -> pd.DataFrame:
    """How many customers made 0, 1, 2 ... repeat purchases, and how many the model has it.

    Returns repeat_purchases (the last one means `most` or more), observed, expected (customers).
    """
    counts = np.arange(most + 1)
    observed = np.bincount(customers[schema.FREQUENCY].clip(upper=most).astype(int), None, most + 1)
    times = customers[schema.T].value_counts()
    alive = model.probabilities_if_alive(0.0, 0.0, times.index.to_numpy(float), most)
    # A customer who leaves at once, which some models allow, makes no repeat purchase.
    stays = float(model.probability_alive(0.0, 0.0, 0.0))
    chance = stays * alive + (1 - stays) * (counts == 0)
    chance[:, most] = 1 - chance[:, :most].sum(axis=1)
    expected = times.to_numpy(float) @ chance
    return pd.DataFrame({"repeat_purchases": counts, "observed": observed, "expected": expected})


def purchases_title(frame: pd.DataFrame) -> str:
    """How many customers the model puts into the wrong bar of `purchases_per_frequency`."""
    wrong = float((frame["observed"] - frame["expected"]).abs().sum()) / 2
    part = wrong / float(frame["observed"].sum())
    fit = "close to" if part < 0.05 else "off"
    share = percent(part)
    return f"Repeat purchases so far: the model is {fit} what it was fitted to, {share} wrong"


def _percent(share: float) -> str:
    """A share in words; a small one is not written as none."""
    return percent(share, 1) if abs(share) < 0.1 else percent(share)
