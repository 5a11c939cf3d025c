"""What changes over the window: the season, and whether the first customers are new ones.

Customers buy less the longer ago they came, since some have left; so a month is compared with
what the same customers, at their ages, do in an average month. The models assume that nothing
but age matters. First orders never count: when customers are won is no matter of pace.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from math import log, sqrt
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema

Floats = npt.NDArray[np.float64]

FEWEST_IN_A_MONTH: Final = 10.0  # repeat purchases expected in a month that is looked at
PARTS: Final = 10  # of the window, to see when new customers come
LATER: Final = 5  # the part from which on the shop counts as settled
HARDLY_ANY: Final = 15.0  # times as many new customers at first as later on
MONTHS_OF_A_YEAR: Final = 11  # the first month of a file never counts: all its customers are new


@dataclass(frozen=True)
class Season:
    """The best calendar month against the median one.

    best: 1 to 12; ratio: its repeat purchases over those of the median month, growth and age
    of the customers taken out; error: standard error of log(ratio); lowest: the least that the
    month reached in any year, in the same terms; years: how often the file shows the month.
    """

    best: int
    ratio: float
    error: float
    lowest: float
    years: int


@dataclass(frozen=True)
class Months:
    """Repeat purchases in each complete calendar month, by the month customers came in.

    One entry per pair: month and cohort (months since year 0), purchases, and exposure: the
    customers of the cohort times the days of the month.
    """

    month: Floats
    cohort: Floats
    purchases: Floats
    exposure: Floats

    @property
    def span(self) -> int:
        """Complete calendar months from the first to the last one looked at."""
        return int(np.ptp(self.month)) + 1 if len(self.month) else 0


def repeat_purchases(visits: ir.Table) -> ir.Table:
    """Repeat purchase days by the month of the customer's first one and their own.

    Takes customer_id, day, one row per purchase day. Returns cohort, month (months since year
    0), purchases.
    """
    first = visits.day.min().over(ibis.window(group_by=schema.CUSTOMER_ID))
    dated = visits.mutate(first=first)
    dated = dated.filter(dated.day > dated.first)
    return dated.group_by(cohort=_month(dated.first), month=_month(dated.day)).aggregate(
        purchases=dated.count()
    )


def complete_months(
    repeats: pd.DataFrame, first_orders: pd.Series, first: date, last: date
) -> Months:
    """Every pair of a cohort and a later month that the file covers from its first day to its last.

    The month of the first order is left out: how much of it is left depends on the day.
    """
    begin = _number(first) + (first.day > 1)
    after = pd.Timestamp(last) + pd.Timedelta(days=1)
    months = np.arange(begin, _number(after))
    cohorts = (first_orders.dt.year * 12 + first_orders.dt.month - 1).value_counts().sort_index()
    cohort, month = (a.ravel() for a in np.meshgrid(cohorts.index, months, indexing="ij"))
    later = month > cohort
    cohort, month = cohort[later], month[later]
    pairs = pd.MultiIndex.from_arrays([cohort, month])
    bought = repeats.set_index(["cohort", "month"])["purchases"].reindex(pairs).fillna(0.0)
    days = np.array([monthrange(m // 12, m % 12 + 1)[1] for m in months.tolist()], dtype=float)
    return Months(
        month.astype(float),
        cohort.astype(float),
        bought.to_numpy(float),
        cohorts.loc[cohort].to_numpy(float) * days[month - begin],
    )


def season(months: Months) -> Season | None:
    """The best month of the year; None when a year is not covered, or with too few purchases.

    Growth is taken out as a steady one, which makes a peak at the end of a short file smaller.
    """
    if months.span < MONTHS_OF_A_YEAR or not months.purchases.any():
        return None
    expected = np.exp(_design(months) @ _fit(months)) * months.exposure
    frame = pd.DataFrame(
        {"month": months.month.astype(int), "bought": months.purchases, "expected": expected}
    )
    each = frame.groupby("month").sum()
    by_name = each.groupby(each.index % 12 + 1).sum()
    if by_name["expected"].min() < FEWEST_IN_A_MONTH:
        return None
    bought, expects = by_name["bought"].to_numpy(), by_name["expected"].to_numpy()
    index = bought / expects
    # A month with few purchases must not pass for the best one by chance.
    best = int(np.argmax(index - np.sqrt(index / expects)))
    same = each[each.index % 12 + 1 == by_name.index[best]]
    seen = same[same["expected"] >= FEWEST_IN_A_MONTH] if len(same) > 1 else same
    typical = max(float(np.median(index)), 1 / float(expects.sum()))
    ratio = float(index[best]) / typical
    each_year = (seen["bought"] / seen["expected"]).to_numpy() / typical
    return Season(
        best=int(by_name.index.to_numpy()[best]),
        ratio=ratio,
        error=1 / sqrt(typical * float(expects[best])),
        lowest=float(each_year.min(initial=ratio)),
        years=max(int((same["expected"] >= 1).sum()), 1),
    )


def ten_parts(visits: ir.Table, first: date, last: date) -> pd.DataFrame:
    """The window cut in ten: who bought in each part, and who did again in the next one.

    Returns, by part (0 to 9), buyers, again, new (first purchase in the file), new_again.
    """
    days = (last - first).days + 1
    since = visits.day.delta(ibis.literal(first), unit="day")
    parts = visits.mutate(part=(since * PARTS // days).cast("int64"))
    parts = parts.select(schema.CUSTOMER_ID, "part").distinct()
    order = ibis.window(group_by=schema.CUSTOMER_ID, order_by="part")
    parts = parts.mutate(
        again=(parts.part.lead().over(order) == parts.part + 1).fill_null(False),
        new=parts.part.lag().over(order).isnull(),
    )
    counts = parts.group_by("part").aggregate(
        buyers=parts.count(),
        again=parts.again.sum(),
        new=parts.new.sum(),
        new_again=(parts.new & parts.again).sum(),
    )
    found: pd.DataFrame = counts.execute().set_index("part")
    return found.reindex(range(PARTS)).fillna(0.0)


def known_of_old(parts: pd.DataFrame) -> bool:
    """Whether the first customers of the file come back as all buyers do later, not as new ones.

    Takes the result of `ten_parts`. Where all and new customers hardly differ later on, the
    shop is taken to be old if it has about as many buyers at first as then, who come back as
    often; or if so many more are new at first than later as no shop of steady trade wins.
    """
    buyers, again, new, new_again = (
        parts[c].to_numpy(float) for c in ("buyers", "again", "new", "new_again")
    )
    later = slice(LATER, PARTS - 1)  # the last part has no next one
    first, newcomers = again[0] / buyers[0], max(new[later].sum(), 1.0)
    everyone = again[later].sum() / max(buyers[later].sum(), 1.0)
    share = new_again[later].sum() / newcomers
    if everyone - share > 2 * _error(share, newcomers):
        return bool(first > (everyone + share) / 2)
    steady = 0.5 <= buyers[0] / max(buyers[later].mean(), 1.0) <= 1.5
    hardly_any = new[0] > HARDLY_ANY * new[LATER:].mean()
    return bool(steady and (hardly_any or first > everyone - _error(everyone, buyers[0])))


def _error(share: float, customers: float) -> float:
    """Standard error of a share, never quite zero."""
    return sqrt(max(share * (1 - share), 0.01) / customers)


def _design(months: Months) -> Floats:
    """Columns of the log of the pace: a constant, a curve in log(age), a steady yearly growth."""
    age = np.log(months.month - months.cohort)
    years = (months.month - months.month.mean()) / 12
    return np.column_stack([np.ones_like(age), age, age**2, years])


def _fit(months: Months) -> Floats:
    """Poisson regression of purchases on the design, by iterated weighted least squares."""
    design, bought = _design(months), months.purchases
    values = np.zeros(design.shape[1])
    values[0] = log(bought.sum() / months.exposure.sum())
    for _ in range(50):
        expected = np.exp(design @ values) * months.exposure
        weight = np.sqrt(expected)
        # Least squares, not a solve: where all customers came in one month, age and time agree.
        left = (bought - expected) / weight
        step, *_ = np.linalg.lstsq(weight[:, None] * design, left, rcond=1e-9)
        values = values + step * min(1.0, 2.0 / max(np.abs(design @ step).max(), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return values


def _month(day: ir.DateValue) -> ir.IntegerValue:
    return day.year() * 12 + day.month() - 1


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
