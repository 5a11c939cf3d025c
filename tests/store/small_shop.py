"""A small shop with everything that a store has to keep: attributes, ledger, corrections."""

import random
from datetime import date, timedelta
from pathlib import Path

import clv

HEADER = "Customer,E-mail,Order,Date,Amount,Team"


def lines(seed: int = 1, customers: int = 40, days: int = 360) -> list[str]:
    """Order lines of customers C001 ..., who order more or less often."""
    chance = random.Random(seed)
    found, order = [], 0
    for number in range(1, customers + 1):
        pace = chance.choice((20, 45, 90, 400))
        day = chance.randrange(150)
        while day < days:
            order += 1
            when = date(2024, 1, 1) + timedelta(days=day)
            amount = round(chance.uniform(5, 80), 2)
            who = f"C{number:03d},c{number:03d}@shop.example"
            found.append(f"{who},O{order},{when},{amount},R{number % 3}")
            day += 1 + chance.randrange(2 * pace)
    found.append(f"C001,c001@shop.example,O{order + 1},2024-05-05,,R1")
    return found


def small_analysis(folder: Path, *more: str, settings: clv.Settings | None = None) -> clv.Analysis:
    """The analysis of the lines, and of some more."""
    path = folder / "orders.csv"
    path.write_text("\n".join([HEADER, *lines(), *more]) + "\n")
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules())
    return clv.analyse(shop, settings or clv.Settings(margin=0.3))
