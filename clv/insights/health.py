"""How the shop is: a few figures of a period, each against the period before.

Sums speak of full months only, so that no fall is made of a month that has only begun. What
customers are (churned, long gone, come back) is counted on the analysis date and as many months
before it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from clv import schema
from clv.insights.calendar import Stretch, full_months, month_number, month_of, months_stretch
from clv.insights.holes import days_within, in_words
from clv.insights.lines import CUSTOMER, DAY, NUMBER
from clv.settings import Settings

PERIODS: Final = {"12 months": 12, "3 months": 3, "1 month": 1}
LINE: Final = 24  # months that a small line looks back

Kind = Literal["money", "count", "share", "number"]


@dataclass(frozen=True)
class Comparison:
    """A period of full months and the one before; `before` is None where there is none.

    months: length of each, 0 where the file covers no full month and `now` is all its days.
    """

    now: Stretch
    before: Stretch | None
    months: int
    sentence: str
    per_day: float = 1.0  # the days of this period over those of the one before, without holes


@dataclass(frozen=True)
class Figure:
    """One figure. change: against the period before, relative, in points for shares (0.01 is
    one point); None where there is none. line: the months up to now, oldest first. note: what
    must be read with the figure."""

    name: str
    value: float
    kind: Kind
    help: str
    change: float | None = None
    line: tuple[float, ...] = ()
    good: bool | None = None  # whether more is better
    note: str = ""


def compare(first: date, last: date, months: int, silent: tuple[Stretch, ...] = ()) -> Comparison:
    """The last `months` full months of a file against as many before, or as many as it has.

    silent: of `clv.insights.holes`; their days do not count.
    """
    full = full_months(first, last)
    length = min(months, len(full) // 2)
    if not full:
        whole = Stretch(first, last)
        return Comparison(
            whole,
            None,
            0,
            f"The file covers no full calendar month, so the figures speak of all its days, "
            f"{whole.text}, and there is no period before.",
        )
    if not length:
        now = months_stretch(full)
        return Comparison(
            now,
            None,
            1,
            f"The file covers one full calendar month, {now.text}: there is no period before to "
            "compare with.",
        )
    now, before = months_stretch(full[-length:]), months_stretch(full[-2 * length : -length])
    named = "last full month" if length == 1 else f"last {length} full months"
    said = f"The {named}, {now.text}, against {before.text}."
    if length < months:
        said = (
            f"The file covers {len(full)} full months, too few for {months} and {months} before. "
            + said
        )
    days, earlier = (part.days - days_within(silent, part) for part in (now, before))
    if days != earlier:
        said += f" Net revenue and orders are compared per day: {days} days against {earlier}."
    inside = tuple(h for h in silent if h.last >= before.first and h.first <= now.last)
    if inside:
        said += f" {in_words(inside)} These days are not counted."
    if length % 12:
        said += " A season shows as a change here."
    return Comparison(now, before, length, said, days / earlier if days and earlier else 1.0)


def activity(lines: ir.Table) -> pd.DataFrame:
    """Months with an order, counted: month and next_month (the customer's next one with an
    order; NaN for none; both months since year 0), customers."""
    bought = lines.filter(~lines[schema.IS_REFUND])
    months = bought.select(CUSTOMER, month=month_of(bought[DAY])).distinct()
    following = months.month.lead().over(ibis.window(group_by=CUSTOMER, order_by="month"))
    steps = months.mutate(next_month=following).group_by(["month", "next_month"])
    found: pd.DataFrame = steps.aggregate(customers=ibis._.count()).execute()
    return found.astype({"next_month": "float64"})


def standing(lines: ir.Table, days: tuple[date, ...], settings: Settings) -> pd.DataFrame:
    """What the customers were on each of these days, by the orders until then.

    Returns day, customers (with an order), repeat (with two or more), churned and long_gone
    (by the limits of the settings; who is long gone is not churned).
    """
    limits = {day: tuple(_months_before(day, m) for m in _limits(settings)) for day in days}
    cuts = sorted({*days, *(day for pair in limits.values() for day in pair)})
    bought = lines.filter(~lines[schema.IS_REFUND])
    visits = bought.group_by([CUSTOMER, DAY]).aggregate(
        # The first and the second order of a customer may share a day.
        second=(bought[NUMBER] == 2).any().cast("int32"),
    )
    by_day = ibis.window(group_by=CUSTOMER, order_by=DAY)
    until_then = ibis.cumulative_window(group_by=CUSTOMER, order_by=DAY)
    visits = visits.select(
        day=_within(visits[DAY], cuts),
        following=_within(visits[DAY].lead().over(by_day), cuts),
        # An order may have lines on two days; it counts on the first of them.
        first=ibis.row_number().over(by_day) == 0,
        second=(visits.second == 1) & (visits.second.sum().over(until_then) == 1),
    )
    places = ibis.memtable(_places(cuts))
    counted = visits.left_join(places, "day").left_join(
        places.view(), [("following", "day")], rname="{name}_next"
    )
    counted = counted.group_by(["at", "at_next", "first", "second"])
    found: pd.DataFrame = counted.aggregate(customers=ibis._.count()).execute()
    place = {day: number for number, day in enumerate(cuts)}
    at, size = found["at"].to_numpy(float), found["customers"].to_numpy(float)
    following = found["at_next"].fillna(len(cuts)).to_numpy(float)  # none: after every cut
    first, second = (found[name].to_numpy(bool) for name in ("first", "second"))
    rows = []
    for day, (gone, long_gone) in limits.items():
        until = at <= place[day]
        silent = until & (following > place[day])
        left = at <= place[long_gone]
        rows.append(
            {
                "customers": float(size @ (until & first)),
                "repeat": float(size @ (until & second)),
                "churned": float(size @ (silent & (at <= place[gone]) & ~left)),
                "long_gone": float(size @ (silent & left)),
            }
        )
    return pd.DataFrame(rows).assign(day=pd.to_datetime(list(days)))


def _within(day: ir.DateValue, cuts: list[date]) -> ir.DateValue:
    """A day, or the first cut or the day after the last where it lies beyond."""
    first, after = ibis.literal(cuts[0]), ibis.literal(cuts[-1] + timedelta(days=1))
    clipped: ir.DateValue = ibis.ifelse(
        day.notnull(), ibis.greatest(ibis.least(day, after), first), None
    )
    return clipped


def _places(cuts: list[date]) -> pd.DataFrame:
    """Every day from the first cut on: day, at (how many of the cuts lie before it)."""
    days = pd.date_range(cuts[0], cuts[-1] + timedelta(days=1))
    at = np.searchsorted(pd.DatetimeIndex(pd.to_datetime(cuts)), days, side="left")
    return pd.DataFrame({"day": days.date, "at": at.astype(np.int32)})


def _limits(settings: Settings) -> tuple[int, int]:
    return settings.inactive_months, settings.long_gone_months


def standing_days(first: date, analysis_date: date) -> tuple[date, ...]:
    """The analysis date and the days full months before it, oldest first, within the file."""
    days = (_months_before(analysis_date, months) for months in range(LINE, -1, -1))
    return tuple(day for day in days if day >= first)


def figures_of_lines(
    by_month: pd.DataFrame,
    steps: pd.DataFrame,
    stood: pd.DataFrame,
    comparison: Comparison,
    *,
    first: date,
    last: date,
    pieces: bool,
    settings: Settings,
) -> list[Figure]:
    """Every figure that single orders give.

    by_month: of `trend` by month; steps: of `activity`; stood: of `standing`; first, last: the
    days the file begins and ends.
    """
    full = full_months(first, last)
    months = by_month.set_index(by_month["start"].map(month_number))
    monthly = months[months.index.isin(full) & months["complete"]].tail(LINE)
    lines = {name: tuple(monthly[name].dropna()) for name in ("revenue", "orders", "customers",
                                                              "basket", "ticket")}  # fmt: skip
    now, before = (_sums(months, stretch) for stretch in (comparison.now, comparison.before))
    active = _active(steps, comparison.now)
    active_before = _active(steps, comparison.before)
    scale = comparison.per_day
    return [
        Figure("Net revenue", now["revenue"], "money", "After refunds, in the period.",
               _relative(now["revenue"], before["revenue"] * scale), lines["revenue"], True),
        Figure("Orders", now["orders"], "count", "Placed in the period.",
               _relative(now["orders"], before["orders"] * scale), lines["orders"], True),
        Figure("Active customers", active, "count",
               "With an order in the period. The line counts them month by month.",
               _relative(active, active_before), lines["customers"], True),
        Figure("Average ticket", now["ticket"], "money", "Net revenue per order.",
               _relative(now["ticket"], before["ticket"]), lines["ticket"], True),
        Figure("Average basket", now["basket"], "number", _basket_help(pieces),
               _relative(now["basket"], before["basket"]), lines["basket"], True),
        *_standing_figures(stood, comparison.months, first, settings),
        _churn(steps, comparison, full),
    ]  # fmt: skip


def figures_of_customers(
    customers: pd.DataFrame, analysis_date: date, months: int, settings: Settings
) -> list[Figure]:
    """What a file with one row per customer can say, without comparison."""
    size, orders = len(customers), float(customers[schema.ORDERS].sum())
    last = customers[schema.LAST_ORDER]
    today, revenue = pd.Timestamp(analysis_date), float(customers[schema.REVENUE].sum())
    gone, long_gone = (
        last <= today - pd.DateOffset(months=limit)
        for limit in (settings.inactive_months, settings.long_gone_months)
    )
    repeat = float((customers[schema.ORDERS] >= 2).mean()) if size else float("nan")
    return [
        Figure("Orders so far", orders, "count", "Of all time in the file."),
        Figure("Active customers", float((last > today - pd.DateOffset(months=months)).sum()),
               "count", f"Last order within {months} months before {analysis_date}."),
        Figure("Average ticket", revenue / orders if orders else float("nan"), "money",
               "Net revenue per order, of all time in the file."),
        Figure("Churned", float((gone & ~long_gone).sum()), "count", _gone_help(settings)[0]),
        Figure("Long gone", float(long_gone.sum()), "count", _gone_help(settings)[1]),
        Figure("Repeat rate", repeat, "share", "Of all customers, those with two or more orders."),
    ]  # fmt: skip


def _sums(months: pd.DataFrame, stretch: Stretch | None) -> dict[str, float]:
    nothing = {name: float("nan") for name in ("revenue", "orders", "ticket", "basket")}
    if stretch is None:
        return nothing
    place = range(month_number(stretch.first), month_number(stretch.last) + 1)
    part = months[months.index.isin(place)]
    revenue, orders = float(part["revenue"].sum()), float(part["orders"].sum())
    contents = float((part["basket"] * part["orders"]).sum())
    if not orders:
        return nothing | {"revenue": revenue, "orders": orders}
    return {
        "revenue": revenue,
        "orders": orders,
        "ticket": revenue / orders,
        "basket": contents / orders,
    }


def _active(steps: pd.DataFrame, stretch: Stretch | None) -> float:
    """Customers with an order in a stretch of months: those whose last one of it is known."""
    if stretch is None:
        return float("nan")
    begin, end = month_number(stretch.first), month_number(stretch.last)
    return float(_last_within(steps, begin, end)["customers"].sum())


def _last_within(steps: pd.DataFrame, begin: int, end: int) -> pd.DataFrame:
    later = steps["next_month"].isna() | (steps["next_month"] > end)
    return steps[steps["month"].between(begin, end) & later]


def _lost(steps: pd.DataFrame, begin: int, middle: int, end: int) -> tuple[float, float]:
    """Customers of the months begin to middle; those of them without an order until `end`."""
    base = _last_within(steps, begin, middle)
    lost = base["next_month"].isna() | (base["next_month"] > end)
    return float(base["customers"].sum()), float(base.loc[lost, "customers"].sum())


def _churn(steps: pd.DataFrame, comparison: Comparison, full: range) -> Figure:
    """Share of the customers of the period before who did not order in this one."""
    length, rates = comparison.months, []
    if comparison.before:
        for end in full[2 * length - 1 :][-LINE:]:
            known, lost = _lost(steps, end - 2 * length + 1, end - length, end)
            rates.append(lost / known if known else float("nan"))
    value = rates[-1] if rates else float("nan")
    earlier = rates[-1 - length] if len(rates) > length else float("nan")
    return Figure(
        "Churn",
        value,
        "share",
        "Of the customers who ordered in the period before, those who did not in this one. Not "
        "a yearly rate unless the period is a year; the formula on the Overview has its own."
        if comparison.before
        else "Needs a period before, which the file does not cover.",
        _points(value, earlier),
        tuple(np.array(rates)[~np.isnan(rates)]) if len(rates) > 1 else (),
        False,
    )


def _standing_figures(
    stood: pd.DataFrame, months: int, first: date, settings: Settings
) -> list[Figure]:
    # In its first months a file cannot show who had left before: nobody looks gone.
    known = pd.Timestamp(first) + pd.DateOffset(months=settings.long_gone_months)
    sure = stood[stood["day"] >= known]
    if len(stood) and stood["day"].iloc[-1] < known:
        sure = stood.tail(1)
    found = []
    for name, column, about in zip(
        ("Churned", "Long gone"), ("churned", "long_gone"), _gone_help(settings), strict=True
    ):
        values = tuple(sure[column])
        change = _relative(values[-1], _earlier(values, months))
        if column == "long_gone" and not _settled(sure, months, first, settings):
            change = None
        good = False if name == "Churned" else None  # who is long gone adds up in any shop
        found.append(Figure(name, values[-1], "count", about, change, values, good))
    rates = tuple((stood["repeat"] / stood["customers"].where(stood["customers"] > 0)).dropna())
    value = rates[-1] if rates else float("nan")
    about = (
        "Of all customers until then, those with two or more orders. It grows with the age of "
        "the file, since customers have had more time."
    )
    change = _points(value, _earlier(rates, months))
    return [*found, Figure("Repeat rate", value, "share", about, change, rates)]


def _settled(sure: pd.DataFrame, months: int, first: date, settings: Settings) -> bool:
    """Whether the file was old enough a period ago to have had its share of long gone ones."""
    old = pd.Timestamp(first) + pd.DateOffset(months=2 * settings.long_gone_months)
    return len(sure) > months and bool(sure["day"].iloc[-1 - months] >= old)


def _earlier(values: tuple[float, ...], months: int) -> float:
    return values[-1 - months] if months and len(values) > months else float("nan")


def _gone_help(settings: Settings) -> tuple[str, str]:
    gone, long_gone = settings.inactive_months, settings.long_gone_months
    return (
        f"No order for {gone} to {long_gone} months. On the analysis date, against as many "
        "months before as the period has.",
        f"No order for {long_gone} months or more; it adds up over the life of the file, and is "
        "compared only where the file is old enough.",
    )


def _basket_help(pieces: bool) -> str:
    if pieces:
        return "Pieces bought per order; what came back later is not taken off."
    return "Lines per order: the file does not say how many pieces a line has."


def _relative(now: float, before: float) -> float | None:
    return now / before - 1 if before > 0 and not np.isnan(now) else None


def _points(now: float, before: float) -> float | None:
    return None if np.isnan(now) or np.isnan(before) else now - before


def _months_before(day: date, months: int) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(months=months)).date()
