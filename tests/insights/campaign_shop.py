"""A small shop with refunds, one-time buyers and mixed channels, as rows and as an analysis."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import clv
from clv.analysis import Analysis

FIRST = date(2024, 1, 1)


@dataclass(frozen=True)
class Row:
    """One line of the file; amount below zero is a refund."""

    customer: str
    day: date
    order: str
    product: str
    category: str
    channel: str
    pieces: int
    amount: float


PRODUCTS = {"Cup": "Home", "Mat": "Home", "Pen": "Desk", "Ink": "Desk", "Map": "Travel"}


def make_rows(customers: int = 260, days: int = 300, seed: int = 3) -> list[Row]:
    """Rows of a shop in which pens go with ink, and some orders are paid back."""
    rng = random.Random(seed)
    rows: list[Row] = []
    number = 0
    for place in range(customers):
        name = f"c{place:03d}"
        day = rng.randrange(days - 20)
        for _ in range(1 if place % 3 == 0 else rng.randrange(2, 9)):
            number += 1
            held = {rng.choice(list(PRODUCTS))}
            if rng.random() < 0.3:
                held |= {"Pen", "Ink"}
            channel = rng.choice(["Web", "Web", "Shop", ""])
            for product in sorted(held):
                pieces = rng.randrange(1, 4)
                price = round(rng.uniform(1, 20), 2)
                rows.append(
                    Row(
                        name,
                        FIRST + timedelta(days=day),
                        f"o{number}",
                        product,
                        PRODUCTS[product],
                        channel,
                        pieces,
                        round(pieces * price, 2),
                    )
                )
            if rng.random() < 0.1:
                last = rows[-1]
                back = min(day + 3, days - 1)
                rows.append(
                    Row(
                        name,
                        FIRST + timedelta(days=back),
                        f"r{number}",
                        last.product,
                        last.category,
                        channel,
                        -last.pieces,
                        -last.amount,
                    )
                )
            day += rng.randrange(0, 60)
            if day >= days:
                break
    return rows


def write(rows: list[Row], path: Path) -> Path:
    """The rows as a CSV file."""
    header = "customer,order date,order number,product,category,channel,quantity,amount\n"
    path.write_text(
        header
        + "".join(
            f"{r.customer},{r.day},{r.order},{r.product},{r.category},{r.channel},{r.pieces},"
            f"{r.amount:.2f}\n"
            for r in rows
        )
    )
    return path


def analysed(path: Path, refunds: str = "own_date") -> Analysis:
    """The file as the product reads it."""
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules(refunds=refunds))
    return clv.analyse(shop, clv.Settings(margin=0.4))
