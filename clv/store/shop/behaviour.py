"""Who the customers of an invented shop are, and when they order for how much: the hidden truth."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.schema import CHANNEL, COUNTRY, CUSTOMER_ID
from clv.store.shop.fields import CUSTOMER_TYPE
from clv.store.shop.plan import (
    CHANNELS,
    COUNTRIES,
    CUSTOMER_TYPES,
    FLASH_DAYS,
    FLASH_SHARE,
    LOYALTY,
    Plan,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
YEAR: Final = 365.25

# Columns of the truth beside those of the customer.
RATE: Final = "purchase_rate"  # orders per day while active
DEPARTURE: Final = "departure_probability"  # after each repeat order
ORDER_VALUE: Final = "mean_order_value"
ACTIVE: Final = "is_active"  # at the end of the history


@dataclass(frozen=True)
class Behaviour:
    """customers: one row each with the hidden values. Orders sorted by time: who (row of
    customers), day (counted from the first), cents (net of refunds), channel."""

    customers: pd.DataFrame
    who: Ints
    day: Ints
    cents: Ints
    channel: npt.NDArray[np.object_]


def draw_behaviour(plan: Plan, rng: np.random.Generator) -> Behaviour:
    """Draw customers, and their orders over the history."""
    n = plan.customers
    (r, alpha), (a, b), (p, q, v) = plan.purchase, plan.departure, plan.spend
    rate, leaves = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    scale = rng.gamma(q, 1 / v, n)
    who, time, active = _purchases(plan, rng, rate, leaves)
    time = _in_season(time, plan)
    who, day = _on_days_of_their_own(who, _brought_forward(who, time, plan, rng))
    order = np.lexsort((who, day))
    order = order[day[order] < plan.days]
    who, day = who[order], day[order]
    cents = np.maximum(np.rint(100 * rng.gamma(p, 1 / scale[who])), 1).astype(np.int64)
    home = _given(CHANNELS, scale, rng, falling=True)
    customers = pd.DataFrame(
        {
            CUSTOMER_ID: [f"C{number:06d}" for number in range(1, n + 1)],
            COUNTRY: _given(COUNTRIES, rate, rng),
            CUSTOMER_TYPE: _pick(CUSTOMER_TYPES, n, rng),
            CHANNEL: home,
            RATE: rate,
            DEPARTURE: leaves,
            ORDER_VALUE: p / scale,
            ACTIVE: active,
        }
    )
    return Behaviour(customers, who, day, cents, _channels(home[who], rng))


def _purchases(
    plan: Plan, rng: np.random.Generator, rate: Floats, leaves: Floats
) -> tuple[Ints, Floats, npt.NDArray[np.bool_]]:
    """Customer and time of each order, a round of orders at a time; who is active at the end."""
    time = rng.uniform(0, plan.days, plan.customers)
    left = np.zeros(plan.customers, dtype=bool)
    there = np.arange(plan.customers)
    who, when = [there], [time.copy()]
    while len(there):
        time[there] += rng.exponential(1 / np.maximum(rate[there], 1e-12))
        there = there[time[there] < plan.days]
        who.append(there)
        when.append(time[there])
        goes = rng.random(len(there)) < leaves[there]
        left[there[goes]] = True
        there = there[~goes]
    return np.concatenate(who), np.concatenate(when), ~left


def _in_season(time: Floats, plan: Plan) -> Floats:
    """Even time stretched so that orders crowd at the end of each year."""
    if not plan.seasonality:
        return time
    calendar = np.linspace(0, plan.days, 20 * plan.days)
    ends = (calendar - plan.days) * 2 * np.pi / YEAR
    passed = np.cumsum(1 + plan.seasonality * np.cos(ends))
    passed = (passed - passed[0]) * plan.days / (passed[-1] - passed[0])
    return np.interp(time, passed, calendar)


def _brought_forward(who: Ints, time: Floats, plan: Plan, rng: np.random.Generator) -> Floats:
    """Repeat orders of the days after the flash sale, half of them made on its day instead."""
    sale = plan.flash_day
    if sale is None:
        return time
    order = np.lexsort((time, who))
    sorted_who, sorted_time = who[order], time[order]
    before = np.r_[np.inf, sorted_time[:-1]]
    before[np.r_[True, sorted_who[1:] != sorted_who[:-1]]] = np.inf  # first orders stay
    soon = (sorted_time >= sale + 1) & (sorted_time < sale + 1 + FLASH_DAYS) & (before < sale)
    moved = soon & (rng.random(len(who)) < FLASH_SHARE)
    result = time.copy()
    result[order[moved]] = sale + 0.5
    return result


def _on_days_of_their_own(who: Ints, time: Floats) -> tuple[Ints, Ints]:
    """Whole days, sorted by customer; a second order of a day is made on the next free one.

    Orders of one day are one purchase for the models, which would miss them.
    """
    order = np.lexsort((time, who))
    who, day = who[order], time[order].astype(np.int64)
    place = np.arange(len(who))
    apart = who * (np.int64(day.max()) + len(who) + 2)  # so that no customer reaches into the next
    latest = np.maximum.accumulate(day - place + apart) - apart
    return who, latest + place


def _channels(home: npt.NDArray[np.object_], rng: np.random.Generator) -> npt.NDArray[np.object_]:
    names = np.array([name for name, *_ in CHANNELS], dtype=object)
    away = rng.random(len(home)) >= LOYALTY
    return np.where(away, names[rng.integers(len(names), size=len(home))], home)


def _given(
    choices: tuple[tuple[str, float, float], ...],
    hidden: Floats,
    rng: np.random.Generator,
    *,
    falling: bool = False,
) -> npt.NDArray[np.object_]:
    """A name for each customer, with probabilities that depend on the rank of a hidden value."""
    rank = (np.argsort(np.argsort(-hidden if falling else hidden)) + 0.5) / len(hidden)
    low, high = (np.array([choice[end] for choice in choices]) for end in (1, 2))
    reach = np.cumsum(low[None, :] + rank[:, None] * (high - low)[None, :], axis=1)
    place = (rng.random(len(hidden))[:, None] > reach[:, :-1]).sum(axis=1)
    names = np.array([name for name, *_ in choices], dtype=object)
    return np.asarray(names[place])


def _pick(
    choices: tuple[tuple[str, float], ...], size: int, rng: np.random.Generator
) -> npt.NDArray[np.object_]:
    names, weights = zip(*choices, strict=True)
    return np.asarray(np.array(names, dtype=object)[rng.choice(len(names), size, p=weights)])
