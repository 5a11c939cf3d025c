"""Two data sets on a button: CDNOW, and a synthetic shop whose truth is known.

CDNOW is read from the files inside the installed lifetimes package. That package is found,
not imported: its `datasets` module does not run on current pandas.
"""

import csv
import importlib.util
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from clv import engine
from clv.errors import CLVError, UnreadableFile
from clv.intake.sources import RawTable, read

CDNOW: Final = "CDNOW"
SYNTHETIC: Final = "Synthetic shop"
DEMOS: Final = (CDNOW, SYNTHETIC)
DESCRIPTIONS: Final = {
    CDNOW: "23,570 customers of an online music shop, January 1997 to June 1998 (real, "
    "published with the models). All of them bought first in the first quarter of 1997.",
    SYNTHETIC: "3,000 customers of an invented shop over two years, drawn from the models with "
    "known parameters, with products, channels, countries and refunds.",
}


@dataclass(frozen=True)
class Truth:
    """Parameters that the synthetic shop is drawn from: BG/NBD in weeks, Gamma-Gamma in money."""

    r: float = 0.8
    alpha: float = 6.0
    a: float = 0.7
    b: float = 3.0
    p: float = 6.0
    q: float = 4.0
    v: float = 30.0
    customers: int = 3000
    weeks: int = 106
    refund_share: float = 0.03
    seed: int = 7


TRUTH: Final = Truth()

CATALOGUE: Final = {
    ("Coffee", "Beans"): (
        "House blend",
        "Single origin Ethiopia",
        "Decaf Colombia",
        "Espresso no. 1",
    ),
    ("Coffee", "Capsules"): ("Capsules lungo", "Capsules ristretto"),
    ("Tea", "Green"): ("Sencha", "Jasmine pearls", "Matcha tin"),
    ("Tea", "Black"): ("Assam", "Earl grey", "Breakfast blend"),
    ("Equipment", "Brewing"): ("French press", "Pour-over set", "Paper filters"),
    ("Equipment", "Cups"): ("Espresso cups", "Travel mug"),
}
CHANNELS: Final = (("Web", 0.6), ("Shop", 0.25), ("Marketplace", 0.15))
COUNTRIES: Final = (
    ("Germany", 0.45),
    ("France", 0.2),
    ("Netherlands", 0.15),
    ("Austria", 0.12),
    ("Spain", 0.08),
)
START: Final = datetime(2023, 1, 2)
HEADER: Final = (
    "Order",
    "Date",
    "Customer",
    "SKU",
    "Product",
    "Category",
    "Subcategory",
    "Quantity",
    "Unit price",
    "Amount",
    "Cost",
    "Channel",
    "Country",
)


def demo(name: str) -> RawTable:
    """The raw table of a data set in `DEMOS`, ready for mapping and cleaning."""
    if name == CDNOW:
        return read(_cdnow_file(), name="CDNOW")
    if name == SYNTHETIC:
        return read(_synthetic_file(TRUTH), name="Synthetic shop")
    raise CLVError(f"There is no demo data set '{name}'.", f"Choose one of {', '.join(DEMOS)}.")


def _cdnow_file() -> Path:
    package = importlib.util.find_spec("lifetimes")
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0]) / "datasets" / "CDNOW_master.txt" if folders else None
    if path is None or not path.exists():
        raise UnreadableFile(
            "The CDNOW data are not on this machine.",
            "Install the package lifetimes, which carries them, or use the synthetic shop.",
        )
    return path


def _synthetic_file(truth: Truth) -> Path:
    path = engine.content_name("demo", truth, HEADER, suffix=".csv")
    if not path.exists():
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(_lines(truth))
        engine.write_text(path, text.getvalue())
    engine.touch(path)
    return path


def _lines(truth: Truth) -> list[tuple[object, ...]]:
    """Order lines sorted by date; refunds are lines of their own with an order number."""
    rng = np.random.default_rng(truth.seed)
    orders: list[tuple[datetime, int, float]] = []
    for customer in range(truth.customers):
        orders += [(at, customer, value) for at, value in _orders(rng, truth)]
    orders.sort(key=lambda order: (order[0], order[1]))
    home = [_pick(rng, COUNTRIES) for _ in range(truth.customers)]
    lines: list[tuple[datetime, tuple[object, ...]]] = []
    for number, (at, customer, value) in enumerate(orders, start=100001):
        basket = _basket(rng, value)
        place = (_pick(rng, CHANNELS), home[customer])
        head = (f"S{number}", at, f"C{customer + 1:05d}")
        lines += [(at, (*head, *item, *place)) for item in basket]
        if rng.random() < truth.refund_share:
            back = at + timedelta(days=int(rng.integers(2, 15)))
            if back < START + timedelta(weeks=truth.weeks):
                item = _reversed(basket[int(rng.integers(len(basket)))])
                lines.append((back, (f"R{number}", back, head[2], *item, *place)))
    lines.sort(key=lambda line: line[0])
    return [(order, f"{at:%Y-%m-%d %H:%M}", *rest) for _, (order, at, *rest) in lines]


def _orders(rng: np.random.Generator, truth: Truth) -> list[tuple[datetime, float]]:
    """One customer's orders: BG/NBD times (in days), Gamma-Gamma values."""
    rate = rng.gamma(truth.r, 1.0 / truth.alpha) / 7.0
    leaves = rng.beta(truth.a, truth.b)
    scale = rng.gamma(truth.q, 1.0 / truth.v)
    end = truth.weeks * 7.0
    day = float(rng.uniform(0, end))
    found = []
    while day < end:
        at = START + timedelta(days=int(day), hours=int(rng.integers(8, 22)))
        at += timedelta(minutes=int(rng.integers(60)))
        found.append((at, float(rng.gamma(truth.p, 1.0 / scale))))
        if len(found) > 1 and rng.random() < leaves:
            break
        day += max(rng.exponential(1.0 / rate), 1e-9)
    return found


def _basket(rng: np.random.Generator, value: float) -> list[tuple[object, ...]]:
    """One to four products whose amounts add up to the value of the order, in cents."""
    groups = list(CATALOGUE)
    count = int(rng.integers(1, 5))
    cents = max(round(value * 100), 4 * count)
    cuts = np.sort(rng.choice(np.arange(1, 100), size=count - 1, replace=False)) / 100
    edges = np.rint(np.concatenate([[0], cuts, [1]]) * cents).astype(int)
    items: list[tuple[object, ...]] = []
    for part in np.maximum(np.diff(edges), 1):
        group = groups[int(rng.integers(len(groups)))]
        names = CATALOGUE[group]
        choice = int(rng.integers(len(names)))
        quantity = int(rng.integers(1, 4))
        price = max(int(part) // quantity, 1) / 100
        amount = round(price * quantity, 2)
        cost = round(amount * (0.5 if group[0] == "Equipment" else 0.62), 2)
        sku = f"{group[0][:2].upper()}{groups.index(group)}{choice:02d}"
        items.append((sku, names[choice], *group, quantity, f"{price:.2f}", amount, cost))
    return items


def _reversed(item: tuple[object, ...]) -> tuple[object, ...]:
    *head, quantity, price, amount, cost = item
    return (*head, -int(str(quantity)), price, -float(str(amount)), -float(str(cost)))


def _pick(rng: np.random.Generator, choices: tuple[tuple[str, float], ...]) -> str:
    names, weights = zip(*choices, strict=True)
    return str(names[int(rng.choice(len(names), p=np.array(weights)))])
