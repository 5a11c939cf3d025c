"""What is in the orders of an invented shop: products in a hierarchy, lines that add up.

Every line is sold at the list price with a discount in money, so that the lines of an order add
up to its value to the cent. Types of customers prefer a category; some pairs go together.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.schema import AMOUNT, CATEGORY, DISCOUNT, PRODUCT, PRODUCT_ID, QUANTITY, SUBCATEGORY
from clv.schema import UNIT_PRICE as PRICE
from clv.store.shop.behaviour import Behaviour
from clv.store.shop.fields import CUSTOMER_TYPE, UNIT_COST
from clv.store.shop.plan import (
    CUSTOMER_TYPES,
    FLASH_DISCOUNT,
    PAIR_SHARE,
    PAIRS,
    PREFERENCE,
    Plan,
)

Ints = npt.NDArray[np.int64]

# Category -> usual price, share of it that the goods cost, and subcategories. Each type of
# customer prefers the category at its own place.
CATALOGUE: Final[dict[str, tuple[float, float, tuple[str, ...]]]] = {
    "Coffee": (11.0, 0.60, ("Beans", "Ground", "Capsules", "Decaf")),
    "Equipment": (29.0, 0.50, ("Grinders", "Brewers", "Kettles", "Filters")),
    "Gifts": (17.0, 0.45, ("Boxes", "Cups", "Chocolate", "Vouchers")),
    "Tea": (8.0, 0.55, ("Green", "Black", "Herbal", "White")),
    "Pantry": (6.0, 0.65, ("Biscuits", "Syrups", "Sugar", "Milk")),
}
PREFERRED: Final = dict(zip((name for name, _ in CUSTOMER_TYPES), CATALOGUE, strict=False))
_SPREAD: Final = 0.8  # of the logarithm of prices
_PIECES: Final = ((1, 0.75), (2, 0.17), (3, 0.08))
_NEAR: Final = 3  # products next in price among which one is chosen


@dataclass(frozen=True)
class Baskets:
    """products; pairs of rows of products bought together; lines with order (number) and product
    (row), quantity and money in cents."""

    products: pd.DataFrame
    pairs: Ints
    lines: pd.DataFrame


def draw_baskets(plan: Plan, behaviour: Behaviour, rng: np.random.Generator) -> Baskets:
    """Draw a catalogue, and the lines of every order."""
    products, shelf = _products(plan.products, rng)
    cents = np.rint(100 * products[PRICE].to_numpy()).astype(np.int64)
    pairs = _pairs(cents, rng)
    paired, rest = _with_pairs(behaviour.cents, cents, pairs, rng)
    order, share = _shares(rest, rng)
    category = _categories(behaviour, order, rng)
    sale = np.isin(behaviour.day[order], [-1 if plan.flash_day is None else plan.flash_day])
    others = _lines(order, share, category, sale, cents, shelf, rng)
    lines = pd.concat([paired, others]).sort_values("order", kind="stable")
    return Baskets(products, pairs, lines.reset_index(drop=True))


def _products(number: int, rng: np.random.Generator) -> tuple[pd.DataFrame, Ints]:
    """The catalogue, and the shelf (category x 4 + subcategory) of each product."""
    groups = [(c, s) for c, (_, _, subs) in CATALOGUE.items() for s in subs]
    shelf = np.arange(number, dtype=np.int64) % len(groups)
    category = [groups[place][0] for place in shelf]
    usual = np.array([CATALOGUE[name][0] for name in category])
    price = np.maximum(np.round(usual * np.exp(rng.normal(0, _SPREAD, number)), 2), 0.5)
    share = np.array([CATALOGUE[name][1] for name in category]) * rng.uniform(0.9, 1.1, number)
    frame = pd.DataFrame(
        {
            PRODUCT_ID: [f"P{n:05d}" for n in range(1, number + 1)],
            PRODUCT: [
                f"{groups[place][1]} no. {n // len(groups) + 1}" for n, place in enumerate(shelf)
            ],
            CATEGORY: category,
            SUBCATEGORY: [groups[place][1] for place in shelf],
            PRICE: price,
            UNIT_COST: np.round(price * share, 2),
        }
    )
    return frame, shelf


def _pairs(cents: Ints, rng: np.random.Generator) -> Ints:
    """Pairs among the cheaper half, for dear ones would fit into few orders."""
    cheap = np.argsort(cents, kind="stable")[: max(2 * PAIRS, len(cents) // 2)]
    return rng.choice(cheap, (PAIRS, 2), replace=False)


def _with_pairs(
    value: Ints, cents: Ints, pairs: Ints, rng: np.random.Generator
) -> tuple[pd.DataFrame, Ints]:
    """Lines of the pairs, one piece of each at the list price, and what is left of each order."""
    which = rng.integers(len(pairs), size=len(value))
    together = cents[pairs].sum(axis=1)
    holds = (rng.random(len(value)) < PAIR_SHARE) & (value > together[which] + 100)
    order = np.flatnonzero(holds)
    product = pairs[which[order]].ravel()
    frame = pd.DataFrame(
        {
            "order": np.repeat(order, 2),
            "product": product,
            QUANTITY: 1,
            PRICE: cents[product],
            DISCOUNT: 0,
            AMOUNT: cents[product],
        }
    )
    return frame, np.where(holds, value - together[which], value)


def _shares(value: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Each order in one to four parts of whole cents: number of the order and cents of a part."""
    parts = np.minimum(rng.integers(1, 5, len(value)), np.maximum(value // 50, 1))
    order = np.repeat(np.arange(len(value)), parts)
    weight = rng.uniform(0.3, 1.0, len(order))
    share = np.maximum((value[order] * weight / np.bincount(order, weight)[order]), 1).astype(
        np.int64
    )
    last = np.r_[order[1:] != order[:-1], True]
    share[last] += value - np.bincount(order, share).astype(np.int64)
    return order, share


def _categories(behaviour: Behaviour, order: Ints, rng: np.random.Generator) -> Ints:
    """Place of a category for each part: mostly the one that the customer's type prefers."""
    names = list(CATALOGUE)
    types = behaviour.customers[CUSTOMER_TYPE].map(lambda name: names.index(PREFERRED[name]))
    liked = types.to_numpy()[behaviour.who[order]]
    other = (liked + rng.integers(1, len(names), len(order))) % len(names)
    return np.where(rng.random(len(order)) < PREFERENCE, liked, other).astype(np.int64)


def _lines(
    order: Ints,
    share: Ints,
    category: Ints,
    sale: npt.NDArray[np.bool_],
    cents: Ints,
    shelf: Ints,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """A product for each part whose list price is a little above it; the rest is discount."""
    pieces, weights = (np.array(part) for part in zip(*_PIECES, strict=True))
    quantity = rng.choice(pieces, len(order), p=weights)
    on_shelf = category * 4 + rng.integers(4, size=len(order))
    wanted = share / np.where(sale, 1 - FLASH_DISCOUNT, 1.0) / quantity
    further = rng.integers(_NEAR, size=len(order))
    product = np.zeros(len(order), dtype=np.int64)
    for place in np.unique(on_shelf):
        rows = np.flatnonzero(on_shelf == place)
        items = np.flatnonzero(shelf == place)
        items = items if len(items) else np.arange(len(cents))
        items = items[np.argsort(cents[items], kind="stable")]
        near = np.searchsorted(cents[items], np.ceil(wanted[rows])) + further[rows]
        product[rows] = items[np.minimum(near, len(items) - 1)]
    price = cents[product]
    quantity = np.maximum(quantity, -(-share // price))  # more pieces where one is too cheap
    return pd.DataFrame(
        {
            "order": order,
            "product": product,
            QUANTITY: quantity,
            PRICE: price,
            DISCOUNT: quantity * price - share,
            AMOUNT: share,
        }
    )
