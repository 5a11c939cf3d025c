"""A small shop by chance: one-time buyers, refunds, ties, a last month that is cut short."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

import clv
from clv.analysis import Analysis

HEADER = (
    "Customer,Order date,Order number,Product number,Product name,Category,Quantity,Amount,Channel"
)
CATEGORIES = ("Coffee", "Tea", "Cups")


def rows_of_a_shop(customers: int = 60, seed: int = 5) -> list[dict]:
    """Rows as they stand in the file; a third of the customers ordered once."""
    random = np.random.default_rng(seed)
    rows, number = [], 0
    for customer in range(customers):
        for _ in range(1 if customer % 3 == 0 else int(random.integers(2, 7))):
            number += 1
            day = np.datetime64("2024-01-03") + int(random.integers(0, 500))
            channel = str(random.choice(["Web", "Shop", "Phone"]))
            liked = random.permutation(12)[: int(random.integers(1, 5))]
            for product in np.unique((liked + customer % 4) % 12):
                pieces = int(random.integers(1, 4))
                price = float(2 + product + random.integers(0, 3))
                row = {
                    "customer": f"c{customer:02d}", "day": str(day), "order": str(number),
                    "id": f"P{product:02d}", "name": f"Thing {product:02d}",
                    "category": CATEGORIES[product % 3], "pieces": pieces,
                    "amount": pieces * price, "channel": channel,
                }  # fmt: skip
                rows.append(row)
                if random.uniform() < 0.08:
                    back = str(np.datetime64(day) + 5)
                    rows.append(row | {"day": back, "pieces": -1, "amount": -price})
    return rows


def analysed(folder: Path, rows: list[dict], refunds: str = "own_date") -> Analysis:
    path = folder / "orders.csv"
    keys = ("customer", "day", "order", "id", "name", "category", "pieces", "amount", "channel")
    texts = [",".join(str(row[key]) for key in keys) for row in rows]
    path.write_text("\n".join([HEADER, *texts]) + "\n")
    raw = clv.read(path)
    rules = clv.Rules(refunds=refunds, drop_duplicates=False)
    mapping = clv.suggest_mapping(raw)
    if "order_id" not in dict(mapping.columns):  # refunds of a later day make it doubtful
        mapping = replace(mapping, columns=(*mapping.columns, ("order_id", "Order number")))
    return clv.analyse(clv.clean(raw, mapping, rules), clv.Settings(margin=0.4))


def by_customer(rows: list[dict]) -> dict[str, list[dict]]:
    found = defaultdict(list)
    for row in rows:
        found[row["customer"]].append(row)
    return dict(found)


def quantile(values: list[float], level: float) -> float:
    """By linear interpolation between the two nearest, in plain Python."""
    ordered = sorted(values)
    place = level * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
