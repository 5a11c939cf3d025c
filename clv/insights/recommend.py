"""The products most worth recommending: bought with what a customer has, and not bought yet.

Item to item: how much likelier a customer of one product is to have another, with everything
else that they have taken into account (a ridge regression of each product on the others, over
customers). A product's score for a customer is the sum over what they bought, plus a part of the
share of all customers who have it, so that best sellers stand in where little is known. Only
products within the customer's usual price range count.
"""

from dataclasses import dataclass
from typing import Any, Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import linalg, sparse

from clv import schema
from clv.insights.lines import CUSTOMER, ITEM, Lines, Mask
from clv.insights.price_points import (
    CATEGORY,
    PRICES,
    category_level,
    item_prices,
    price_ranges,
)

Floats = npt.NDArray[np.float64]

MOST_PRODUCTS: Final = 1_500  # those with most customers; the others are not recommended
FEWEST: Final = 3  # customers who bought both, before two products count as bought together
DAMPING: Final = 500.0  # of the regression, in customers: little evidence counts for little
BEST_SELLERS: Final = 0.3  # weight of the share of all customers who bought a product
ENOUGH_PRICES: Final = 10  # purchases with a price, before their range limits what is recommended
PICKS: Final = 3
NAMES: Final = tuple(f"recommended_{place}" for place in range(1, PICKS + 1))
BLOCK: Final = 1_000  # customers at a time: keeps memory bounded
DENSE: Final = 40.0  # times as fast as sparse numbers are dense ones, per product of two
FILLED: Final = 30.0  # cells per purchase above which customers are scored from a sparse table
RESOLVED: Final = 9  # digits of a score; closer ones are equal, and the best seller comes first


@dataclass(frozen=True)
class Recommender:
    """What the whole shop says of its products, to recommend from.

    owned: who bought what, 1 or 0, customers of the analysis x products; near: what having one
    (row) says of having another (column), see `closeness`; items: the products' places in
    `Lines.items`, most customers first; buyers: how many those are; price: the usual one, NaN
    where not known; group: number of the category, of `groups`; products: of the whole shop.
    """

    owned: sparse.csr_array
    near: Floats
    items: npt.NDArray[np.int32]
    buyers: npt.NDArray[np.int64]
    price: Floats
    group: npt.NDArray[np.intp]
    groups: tuple[str, ...]
    products: int

    def best(self, places: npt.NDArray[np.intp], prices: "Prices") -> npt.NDArray[np.intp]:
        """The columns of the best products of some customers, best first; -1 where there is none.

        Shape (places, PICKS). prices: the usual prices of the same customers, in their order.
        """
        found = np.full((len(places), PICKS), -1, dtype=np.intp)
        if len(self.items) == 0:
            return found
        for start in range(0, len(places), BLOCK):
            rows = slice(start, start + BLOCK)
            scores = self.scores(places[rows], prices.of(rows))
            for pick in range(PICKS):
                best = scores.argmax(axis=1)  # the first of equals: the one with most customers
                every = np.arange(len(best))
                possible = np.isfinite(scores[every, best])
                found[rows, pick] = np.where(possible, best, -1)
                scores[every, best] = -np.inf
        return found

    def scores(self, places: npt.NDArray[np.intp], prices: "Prices") -> Floats:
        """Worth of every product to some customers; -inf what they bought or what costs too much
        or too little for them."""
        sparse_rows = self.owned[places]
        owned = sparse_rows.toarray()
        few = sparse_rows.nnz * FILLED < owned.size
        popular = BEST_SELLERS * self.buyers / max(1, self.owned.shape[0])
        worth = np.round((sparse_rows if few else owned) @ self.near + popular, RESOLVED)
        worth[(owned > 0) | ~prices.fit(self.price, self.group)] = -np.inf
        return np.asarray(worth)

    def reason(self, place: int, column: int) -> int | None:
        """The column of what the customer has that speaks most for a product; None without one."""
        own = self.owned[[place]].indices
        if len(own) == 0 or self.near[own, column].max() <= 0:
            return None
        closest = np.sort(own)[np.argmax(np.round(self.near[np.sort(own), column], RESOLVED))]
        return int(closest)


@dataclass(frozen=True)
class Prices:
    """The usual price range of some customers: in each category, and of everything.

    low, high: (customers, categories); any_low, any_high: of all purchases. NaN where there are
    fewer than ENOUGH_PRICES purchases with a price.
    """

    low: Floats
    high: Floats
    any_low: Floats
    any_high: Floats

    def of(self, rows: slice) -> "Prices":
        """The same of some of the customers."""
        return Prices(self.low[rows], self.high[rows], self.any_low[rows], self.any_high[rows])

    def fit(self, price: Floats, group: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Which products lie in the range of their category, or else in that of everything.

        What is not known excludes nothing.
        """
        low, high = self.any_low[:, None], self.any_high[:, None]
        if self.low.shape[1]:
            inside = self.low[:, group], self.high[:, group]
            low, high = (
                np.where(np.isnan(own), everything, own)
                for own, everything in zip(inside, (low, high), strict=True)
            )
        with np.errstate(invalid="ignore"):
            outside = (price < low) | (price > high)
        return np.asarray(~outside)


def learn(lines: Lines, customers: int) -> Recommender:
    """What all customers of the shop bought together. customers: how many the analysis has."""
    pairs = lines.ask(bought_items)
    level = category_level(lines)
    prices = lines.ask(item_prices).set_index(ITEM)["price"]
    names = lines.items[level] if level else None
    return recommender(pairs, customers, prices, names)


def recommender(
    pairs: pd.DataFrame, customers: int, prices: "pd.Series[float]", names: "pd.Series[str] | None"
) -> Recommender:
    """The same from who bought what (`bought_items`), and the price and category per product."""
    counts = pairs.groupby(ITEM)[CUSTOMER].size()
    order = counts.sort_values(ascending=False, kind="stable").index[:MOST_PRODUCTS]
    column = pd.Series(np.arange(len(order)), index=order)
    kept = pairs[pairs[ITEM].isin(order)]
    owned = sparse.csr_array(
        (np.ones(len(kept)), (kept[CUSTOMER].to_numpy(), kept[ITEM].map(column).to_numpy(int))),
        shape=(customers, len(order)),
    )
    group, groups = _groups(names, order)
    return Recommender(
        owned=owned,
        near=closeness(owned),
        items=order.to_numpy(dtype=np.int32),
        buyers=np.asarray(counts[order], dtype=np.int64),
        price=np.asarray(prices.reindex(order), dtype=np.float64),
        group=group,
        groups=groups,
        products=len(counts),
    )


def closeness(owned: sparse.csr_array) -> Floats:
    """What having product i (row) says of having product j (column).

    The ridge regression of each column of `owned` on the others, in closed form (Steck 2019,
    "Embarrassingly shallow autoencoders"); 0 where fewer than FEWEST bought both.
    """
    if owned.shape[1] == 0:
        return np.zeros((0, 0))
    both = _together(owned)
    factor, _ = linalg.lapack.dpotrf(both + DAMPING * np.eye(len(both)), lower=1)
    inverse, _ = linalg.lapack.dpotri(factor, lower=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    near = -inverse / np.diag(inverse)
    near[both < FEWEST] = 0.0
    np.fill_diagonal(near, 0.0)
    return np.asarray(near)


def _together(owned: sparse.csr_array) -> Floats:
    """Customers who bought both of two products."""
    sizes, products = np.diff(owned.indptr).astype(float), owned.shape[1]
    if (sizes**2).sum() * DENSE < owned.shape[0] * float(products) ** 2:
        return np.asarray((owned.T @ owned).toarray())
    both = np.zeros((products, products))
    for start in range(0, owned.shape[0], BLOCK):
        block = owned[start : start + BLOCK].toarray().astype(np.float32)
        both += block.T @ block  # whole numbers below 2^24: exact
    return both


def usual_prices(lines: Lines, kept: Mask, groups: tuple[str, ...]) -> Prices:
    """The price ranges of the customers of `kept`, in each of the categories `groups`."""
    places = np.flatnonzero(kept)
    row = pd.Series(np.arange(len(places)), index=places)
    whole = _settled(lines.ask(price_ranges, kept)).set_index(CUSTOMER).reindex(places)
    low = np.full((len(places), len(groups)), np.nan)
    high = low.copy()
    level = category_level(lines)
    if level is not None and groups:
        number = pd.Series(np.arange(len(groups)), index=list(groups))
        each = lines.ask(price_ranges, kept, (), lines.level_column(level))
        each = _settled(each[each[CATEGORY].isin(groups)])
        at = row[each[CUSTOMER]].to_numpy(), number[each[CATEGORY]].to_numpy()
        low[at], high[at] = each["price_low"], each["price_high"]
    return Prices(low, high, whole["price_low"].to_numpy(), whole["price_high"].to_numpy())


def _settled(ranges: pd.DataFrame) -> pd.DataFrame:
    """The ranges that rest on enough purchases."""
    return ranges[ranges[PRICES] >= ENOUGH_PRICES]


def recommend(lines: Lines, known: Recommender, kept: Mask) -> pd.DataFrame:
    """The three best products of each customer of `kept`, their place as index.

    Returns recommended_1 to recommended_3: names, missing where fewer are left.
    """
    places = np.flatnonzero(kept)
    best = known.best(places, usual_prices(lines, kept, known.groups))
    names = np.array([*lines.items["product"].reindex(known.items), None], dtype=object)
    labels = names[best]  # -1, no product, is the last one
    return pd.DataFrame(labels, columns=list(NAMES), index=pd.Index(places, name=CUSTOMER))


def bought_items(lines: ir.Table) -> pd.DataFrame:
    """Who bought what: customer, item, each pair once, sorted."""
    bought = lines.filter(~lines[schema.IS_REFUND] & lines[ITEM].notnull())
    pairs: pd.DataFrame = (
        bought.select(CUSTOMER, ITEM).distinct().order_by([CUSTOMER, ITEM]).execute()
    )
    return pairs


def _groups(
    names: "pd.Series[str] | None", order: "pd.Index[Any]"
) -> tuple[npt.NDArray[np.intp], tuple[str, ...]]:
    """Number of the category of each product, and the names of the categories."""
    if names is None:
        return np.zeros(len(order), dtype=np.intp), ()
    codes, groups = pd.factorize(names.reindex(order).fillna(""), sort=True)
    return codes.astype(np.intp), tuple(str(name) for name in groups)
