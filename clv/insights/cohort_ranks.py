"""Which cohort is the best and which the worst, where chance lets that be told."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy import stats

from clv.insights.calendar import full_months, month_number, month_text
from clv.insights.cohorts import SMALL, customer_months
from clv.insights.lines import CUSTOMER
from clv.insights.suitability import NEW_AT_FIRST, START, Finding

Measure = Literal["retention", "value"]

USUAL_AGE: Final = 3  # months; where the cohorts are younger, the most that two of them have
SURE: Final = 0.95  # that all ranges hold at once


def at_age(lines: ir.Table, age: int) -> pd.DataFrame:
    """Every cohort at one age: cohort (months since year 0), customers, came (ordered in that
    month), mean, spread (of the net revenue per customer until the end of that month)."""
    months = customer_months(lines)
    ages = months.month - months.cohort
    each = months.group_by([CUSTOMER, "cohort"]).aggregate(
        revenue=months.revenue.sum(where=ages <= age).cast("float64"),
        came=((ages == age) & (months.orders > 0)).any(),
    )
    cohorts = each.group_by("cohort").aggregate(
        customers=each.count(),
        came=each.came.cast("int32").sum(),
        mean=each.revenue.fill_null(0.0).mean(),
        spread=each.revenue.fill_null(0.0).std(how="pop"),
    )
    found: pd.DataFrame = cohorts.order_by("cohort").execute()
    return found


def compared_age(cohorts: pd.DataFrame, first: date, last: date) -> int | None:
    """The age at which cohorts are compared: USUAL_AGE, or the most that two of them reach.

    cohorts: cohort (months since year 0), size. None where there are no two to compare.
    """
    full = full_months(first, last)
    large = cohorts[cohorts["size"] >= SMALL]
    if not full or len(large) < 2:
        return None
    reached = full[-1] - np.sort(large["cohort"].to_numpy())
    most = int(reached[1])  # of the second oldest
    return min(USUAL_AGE, most) if most >= 1 else None


@dataclass(frozen=True)
class Start:
    """The first cohorts of a file that begins after the shop did: mostly customers of old.

    cohorts: their months, "2006-04"; size: their customers; usual: new customers in a month of
    the second half of the file.
    """

    cohorts: tuple[str, ...]
    size: int
    usual: float


def customers_of_old(
    sizes: pd.Series, findings: tuple[Finding, ...], first: date, last: date
) -> Start | None:
    """The cohorts that hold more customers than the shop wins, at the start of the file.

    sizes: customers by cohort (months since year 0), of all customers. None where the check of
    the start (`clv.insights.suitability`) raises no concern.
    """
    if not any(finding.name == START.name and finding.concern for finding in findings):
        return None
    full = full_months(first, last)
    later = [month for month in full if month >= full[len(full) // 2]]
    usual = float(sizes.reindex(later).fillna(0).mean()) if later else 0.0
    swollen = []
    for month, size in sizes.sort_index().items():
        if size <= NEW_AT_FIRST * usual:
            break
        swollen.append(int(str(month)))
    # The first month of such a file never counts, whatever its size.
    swollen = swollen or [month_number(first)]
    total = int(sizes.reindex(swollen).fillna(0).sum())
    return Start(tuple(month_text(month) for month in swollen), total, usual)


def ranked(
    cohorts: pd.DataFrame,
    age: int,
    measure: Measure,
    *,
    first: date,
    last: date,
    margin: float,
    leave_out: tuple[str, ...] = (),
) -> pd.DataFrame:
    """The cohorts that can be compared at an age, the best first, with ranges.

    cohorts: of `at_age`. Left out: those in `leave_out`, under SMALL customers, not yet that
    old, or of a month that the file does not cover. Returns cohort ("2006-04"), customers,
    value (retention, 0 to 1, or margin per customer, money), low, high: ranges that hold for
    all of them at once, SURE of the time (Wilson's for shares, normal for money).
    """
    full = full_months(first, last)
    inside = cohorts["cohort"].isin(full) & (cohorts["cohort"] + age).isin(full)
    named = cohorts["cohort"].map(month_text)
    kept = cohorts[inside & (cohorts["customers"] >= SMALL) & ~named.isin(leave_out)]
    n = kept["customers"].to_numpy(float)
    z = float(stats.norm.ppf(1 - (1 - SURE) / (2 * max(len(kept), 1))))
    if measure == "retention":
        share = kept["came"].to_numpy(float) / n
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        value, low, high = share, middle - reach, middle + reach
    else:
        value = margin * kept["mean"].to_numpy(float)
        reach = margin * z * kept["spread"].to_numpy(float) / np.sqrt(np.maximum(n - 1, 1.0))
        low, high = value - reach, value + reach
    found = pd.DataFrame(
        {
            "cohort": named[kept.index].to_numpy(),
            "customers": kept["customers"].to_numpy(),
            "value": value,
            "low": low,
            "high": high,
        }
    )
    return found.sort_values(["value", "cohort"], ascending=[False, True], ignore_index=True)


def told_apart(found: pd.DataFrame) -> bool:
    """Whether the ranges of the best and the worst of `ranked` do not overlap."""
    return len(found) > 1 and float(found["low"].iloc[0]) > float(found["high"].iloc[-1])


def older_against_later(
    cohorts: pd.DataFrame, start: Start, full: range, age: int
) -> tuple[float, float]:
    """Retention at an age of the first cohorts, and of the later ones old enough (0 to 1)."""
    reached = cohorts[(cohorts["cohort"] + age).isin(full)]
    of_old = reached["cohort"].map(month_text).isin(start.cohorts)
    both = []
    for part in (reached[of_old], reached[~of_old]):
        size = float(part["customers"].sum())
        both.append(float(part["came"].sum()) / size if size else float("nan"))
    return both[0], both[1]
