"""A small invented shop, and what Python loops say of it: no engine, no code of the product.

Its file begins on 10 January 2023 and ends on 20 May 2024, so its first and last months are
incomplete; it has refunds, customers who came once, two orders on one day and silent months.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

import clv
from clv.analysis import Analysis

FIRST, LAST = date(2023, 1, 10), date(2024, 5, 20)
HEADER = "customer,order date,order number,product number,amount,pieces,channel"


@dataclass(frozen=True)
class Row:
    """A line of the file, as the definitions see it: day of its order, day it was booked."""

    customer: str
    day: date
    order: str
    amount: float
    pieces: int
    channel: str
    refund: bool


def rows(seed: int, customers: int = 70) -> list[str]:
    random = np.random.default_rng(seed)
    found, order = [], 0
    length = (LAST - FIRST).days
    for number in range(customers):
        day = int(random.integers(0, length)) if number else 0
        times = 1 if number % 4 == 3 else int(random.integers(1, 14))
        for _ in range(times):
            if day > length:
                break
            for _ in range(1 + (random.random() < 0.15)):  # some days have two orders
                order += 1
                when = FIRST + timedelta(days=day)
                channel = ("Web", "Shop")[int(random.integers(0, 2))]
                for line in range(int(random.integers(1, 4))):
                    pieces = int(random.integers(1, 5))
                    amount = pieces * int(random.integers(2, 30))
                    head = f"c{number:03d},{{}},{order},P{order}{line}"
                    found.append(f"{head.format(when)},{amount},{pieces},{channel}")
                    later = when + timedelta(days=int(random.integers(1, 70)))
                    if random.random() < 0.12 and later <= LAST:
                        found.append(f"{head.format(later)},-{amount},-{pieces},{channel}")
            day += int(random.integers(1, 120))
    found.append(f"c000,{LAST},{order + 1},P-last,12,1,Web")
    return found


def analysis(folder: Path, seed: int = 1, refunds: str = "net", **settings: object) -> Analysis:
    path = folder / f"shop-{seed}.csv"
    path.write_text("\n".join([HEADER, *rows(seed)]) + "\n")
    raw = clv.read(path)
    mapping = clv.suggest_mapping(raw).with_roles(order_id="order number")
    shop = clv.clean(raw, mapping, clv.Rules(refunds=refunds))
    return clv.analyse(shop, clv.Settings(margin=0.5, **settings))


def lines_of(seed: int = 1, refunds: str = "net") -> list[Row]:
    """The rows of the file; netted refunds sit on the day of the order of their number."""
    raw = [row.split(",") for row in rows(seed)]
    bought = {row[2]: date.fromisoformat(row[1]) for row in raw if not row[4].startswith("-")}
    found = []
    for customer, day, order, _, amount, pieces, channel in raw:
        refund = amount.startswith("-")
        when = bought[order] if refund and refunds == "net" else date.fromisoformat(day)
        found.append(Row(customer, when, order, float(amount), int(pieces), channel, refund))
    return found


def days_of(lines: list[Row]) -> dict[str, list[date]]:
    """The purchase days of every customer, in order."""
    found: dict[str, set[date]] = {}
    for line in lines:
        if not line.refund:
            found.setdefault(line.customer, set()).add(line.day)
    return {customer: sorted(days) for customer, days in found.items()}


def month(day: date) -> str:
    return f"{day:%Y-%m}"


def months(begin: str, end: str) -> Iterator[str]:
    """From one month to another, both included."""
    for period in pd.period_range(begin, end, freq="M"):
        yield str(period)
