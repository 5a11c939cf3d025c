"""How long customers take to order again, and from which day on silence asks for a win-back.

Waits are days from one purchase day to the customer's next one (several orders of one day are
one purchase day). The last wait of every customer is still running. Two answers:
*seen* takes the waits that have ended, and so misses the long ones; *Kaplan-Meier* counts those
still running as well, each for as long as it has been watched.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.insights.lines import CUSTOMER, DAY

Floats = npt.NDArray[np.float64]

NUMBERS: Final = 10  # purchase days told apart; later ones are one group
WIN_BACK: Final = 0.8  # of the repeat orders that came
FEWEST: Final = 30  # waits, for a quantile worth stating
LEAST_WATCHED: Final = 30  # customers under watch, for the estimate to go on


def purchase_days(lines: ir.Table) -> ir.Table:
    """Purchase days in turn: customer, day, place (1 is the first), next (day; NULL after the
    last)."""
    days = lines.filter(~lines[schema.IS_REFUND]).select(CUSTOMER, DAY).distinct()
    order = ibis.window(group_by=CUSTOMER, order_by=DAY)
    return days.mutate(place=ibis.row_number().over(order) + 1, next=days[DAY].lead().over(order))


def waits(lines: ir.Table, until: date) -> pd.DataFrame:
    """Every wait, counted: from the customer's purchase day `number` (NUMBERS: that or later).

    until: the day up to which waits are watched. Returns number, days, came (whether the next
    purchase has come; else the days waited so far), customers.
    """
    visits = purchase_days(lines)
    end = ibis.coalesce(visits.next, ibis.literal(until))
    waiting = visits.select(
        number=ibis.least(visits.place, NUMBERS).cast("int32"),
        days=end.delta(visits[DAY], unit="day").cast("int32"),
        came=visits.next.notnull(),
    )
    counted = waiting.group_by(["number", "days", "came"]).aggregate(customers=waiting.count())
    found: pd.DataFrame = counted.order_by(["number", "days", "came"]).execute()
    return found


def by_number(counted: pd.DataFrame) -> pd.DataFrame:
    """The waits that have ended, by the purchase they follow.

    counted: of `waits`. Returns number, step ("1 to 2"; the last one "10 and later"), customers
    (waits for the last one), came (of them ended), low, median, high (days: the fewest within
    which 20, 50, 80 % of the ended waits lie), again (0 to 1: Kaplan-Meier estimate of another
    order, as far as it can be seen: LEAST_WATCHED waits are watched that long), few (bool:
    under FEWEST ended waits); steps without any ended wait are left out.
    """
    rows = []
    for _, group in counted.groupby("number"):
        ended = group[group["came"]]
        if ended.empty:
            continue
        low, median, high = (quantile(ended, share) for share in (0.2, 0.5, WIN_BACK))
        place = int(group["number"].iloc[0])
        name = f"{place} and later" if place == NUMBERS else f"{place} to {place + 1}"
        rows.append(
            {
                "number": place,
                "step": name,
                "customers": int(group["customers"].sum()),
                "came": int(ended["customers"].sum()),
                "low": low,
                "median": median,
                "high": high,
                "again": _at_last(kaplan_meier(group)),
                "few": bool(ended["customers"].sum() < FEWEST),
            }
        )
    return pd.DataFrame(rows)


def quantile(ended: pd.DataFrame, share: float) -> float:
    """The fewest days within which at least this share of the waits lies; NaN without waits.

    Takes days, customers.
    """
    counts = ended.groupby("days")["customers"].sum()
    if counts.empty:
        return float("nan")
    reached = counts.cumsum() >= share * counts.sum() - 1e-9
    return float(counts.index[int(np.argmax(reached))])


def kaplan_meier(counted: pd.DataFrame) -> pd.DataFrame:
    """The chance to have ordered again by each day, waits still running included.

    Takes days, came, customers. Returns days (from 0), again (0 to 1), watched (customers whose
    wait was watched up to that day). Of a wait that ends on the day another one stops being
    watched, the end is taken to come first.
    """
    grid = np.arange(int(counted["days"].max()) + 1 if len(counted) else 1)
    days, size = counted["days"].to_numpy(), counted["customers"].to_numpy(float)
    came = counted["came"].to_numpy(bool)
    events = np.bincount(days[came], size[came], minlength=len(grid))
    leaving = np.bincount(days, size, minlength=len(grid))
    watched = size.sum() - np.append(0.0, np.cumsum(leaving)[:-1])
    stay = 1.0 - np.divide(events, watched, out=np.zeros(len(grid)), where=watched > 0)
    return pd.DataFrame({"days": grid, "again": 1.0 - np.cumprod(stay), "watched": watched})


@dataclass(frozen=True)
class Comeback:
    """When customers order again after one purchase, or after any.

    ended, running: waits; win_back: days within which WIN_BACK of the ended waits lie; median:
    the same for half of them; by_then: Kaplan-Meier estimate (0 to 1) of another order within
    `win_back` days of all waits, ended or not; later: the same of one after it, as far as can
    be seen; seen_until: days up to which it can be (LEAST_WATCHED waits are still watched).
    """

    ended: int
    running: int
    median: float
    win_back: float
    by_then: float
    later: float
    seen_until: int
    curve: pd.DataFrame


def comeback(counted: pd.DataFrame) -> Comeback:
    """Both answers for the waits in `counted`; figures are NaN without an ended wait.

    curve: days, kind ("Orders that came", "All customers, estimated"), share (0 to 1).
    """
    ended = counted[counted["came"]]
    estimate = kaplan_meier(counted)
    enough = estimate[estimate["watched"] >= LEAST_WATCHED]
    seen_until = int(enough["days"].max()) if len(enough) else 0
    estimate = estimate[estimate["days"] <= seen_until]
    win_back = quantile(ended, WIN_BACK)
    by_then = later = float("nan")
    if len(ended) and win_back <= seen_until:
        by_then = float(estimate["again"].iloc[int(win_back)])
        later = float(estimate["again"].iloc[-1]) - by_then
    return Comeback(
        ended=int(ended["customers"].sum()),
        running=int(counted["customers"].sum() - ended["customers"].sum()),
        median=quantile(ended, 0.5),
        win_back=win_back,
        by_then=by_then,
        later=later,
        seen_until=seen_until,
        curve=_curve(ended, estimate),
    )


def _at_last(estimate: pd.DataFrame) -> float:
    """The estimate on the last day with enough waits under watch; NaN where there is none."""
    enough = estimate[estimate["watched"] >= LEAST_WATCHED]
    return float(enough["again"].iloc[-1]) if len(enough) else float("nan")


def _curve(ended: pd.DataFrame, estimate: pd.DataFrame) -> pd.DataFrame:
    counts = np.bincount(
        ended["days"].to_numpy(), ended["customers"].to_numpy(float), minlength=1
    ).cumsum()
    total = max(float(counts[-1]), 1.0)
    seen = pd.DataFrame(
        {"days": np.arange(len(counts)), "kind": "Orders that came", "share": counts / total}
    )
    model = estimate.rename(columns={"again": "share"})[["days", "share"]]
    both = pd.concat([seen, model.assign(kind="All customers, estimated")], ignore_index=True)
    step = max(1, int(both["days"].max()) // 200)  # a curve needs no more points
    return both[both["days"] % step == 0].reset_index(drop=True)[["days", "kind", "share"]]
