"""Customers in groups by basket size and price sensitivity, found by k-means."""

from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from clv.errors import NotEnoughData
from clv.insights.habits import Kind, PriceMeasure, buying_habits
from clv.insights.lines import CUSTOMER

SEED: Final = 20_240_630
FEWEST: Final = 30  # customers
FITTED: Final = 20_000  # customers that the centres are found from; the others only join them
JUDGED: Final = 3_000  # customers that the number of groups is judged by
NUMBERS: Final = (2, 3, 4, 5, 6, 7)
APART: Final = 0.4  # standard deviations from the mean from which on a group is called large
EXTREME: Final = 0.01  # share of customers at either end who count as those next to them
BINS: Final = 24
PRICE_WORDS: Final[dict[Kind, tuple[str, str, str]]] = {
    "price": ("low prices", "usual prices", "high prices"),
    "discount": ("rarely discounted", "sometimes discounted", "often discounted"),
    "label": ("rarely price-sensitive", "sometimes price-sensitive", "often price-sensitive"),
}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """The group of each customer of a table of habits, and how the number was chosen.

    group: number per row, 0 for the group with the smallest baskets; names: of the groups;
    suggested: the number with the best silhouette; silhouettes: (number, silhouette from -1 to
    1) of those tried.
    """

    group: npt.NDArray[np.intp]
    names: tuple[str, ...]
    suggested: int
    silhouettes: tuple[tuple[int, float], ...]


def customers_alike(
    lines: ir.Table, measure: PriceMeasure, value: str = "", number: int | None = None
) -> tuple[pd.DataFrame, Clusters]:
    """The habits of the customers (`buying_habits`), and the groups among them."""
    habits = buying_habits(lines, measure, value)
    return habits, find_clusters(habits, measure.kind, number)


def find_clusters(habits: pd.DataFrame, kind: Kind, number: int | None = None) -> Clusters:
    """Groups of customers who buy alike; as many as suggested, or `number`.

    habits: basket and price as in `buying_habits`. Both are put on one scale (standard
    deviations; baskets and prices as logarithms, since a basket of 20 is to 10 what 10 is to 5;
    the extreme 1 % at either end count as those next to them).
    NotEnoughData for few customers, or where all buy alike.
    """
    points = _standardised(habits, kind)
    different = len(np.unique(points.round(6), axis=0))
    if len(points) < FEWEST or different < 2 * max(NUMBERS):
        raise NotEnoughData(
            f"{len(points):,} customers with {different:,} different ways to buy are too few to "
            "group.",
            "Remove a filter, or choose another measure of price sensitivity.",
        )
    random = np.random.default_rng(SEED)
    sample = points[_some(random, len(points), FITTED)]
    judged = sample[_some(random, len(sample), JUDGED)]
    models = {k: KMeans(k, n_init=4, random_state=SEED).fit(sample) for k in NUMBERS}
    scores = []
    for k, model in models.items():
        named = model.predict(judged)
        apart = silhouette_score(judged, named) if len(np.unique(named)) > 1 else -1.0
        scores.append((k, float(apart)))
    suggested = max(scores, key=lambda pair: pair[1])[0]
    model = models[number or suggested]
    order = np.lexsort((model.cluster_centers_[:, 1], model.cluster_centers_[:, 0]))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    names = _names(model.cluster_centers_[order], kind)
    return Clusters(place[model.predict(points)], names, suggested, tuple(scores))


def cluster_table(
    habits: pd.DataFrame, clusters: Clusters, worth: pd.DataFrame, columns: tuple[str, ...]
) -> pd.DataFrame:
    """What each group is: name, customers, share_customers, basket, price (means), and the sums
    of `columns` of `worth`, a frame with one row per customer of the analysis."""
    kept = worth.iloc[habits[CUSTOMER].to_numpy()][list(columns)].reset_index(drop=True)
    figures = kept.assign(
        group=clusters.group, basket=habits["basket"].to_numpy(), price=habits["price"].to_numpy()
    )
    groups = figures.groupby("group")
    table = groups[["basket", "price"]].mean().join(groups[list(columns)].sum())
    table.insert(0, "customers", groups.size())
    table.insert(1, "share_customers", table["customers"] / len(habits))
    table.insert(0, "name", [clusters.names[i] for i in table.index])
    return table.reset_index(drop=True)


def cluster_bins(habits: pd.DataFrame, clusters: Clusters, kind: Kind) -> pd.DataFrame:
    """Customers who buy alike as one point: cluster, basket, price (means), customers."""
    points = _standardised(habits, kind).clip(-3, 3)
    cells = np.floor((points + 3) / 6 * BINS).astype(int)
    frame = pd.DataFrame(
        {
            "cluster": np.array(clusters.names, dtype=object)[clusters.group],
            "x": cells[:, 0],
            "y": cells[:, 1],
            "basket": habits["basket"].to_numpy(),
            "price": habits["price"].to_numpy(),
        }
    )
    groups = frame.groupby(["cluster", "x", "y"])
    found = groups[["basket", "price"]].mean().assign(customers=groups.size())
    return found.reset_index()[["cluster", "basket", "price", "customers"]]


def _standardised(habits: pd.DataFrame, kind: Kind) -> Floats:
    price = habits["price"].to_numpy(float)
    both = np.column_stack([np.log(habits["basket"]), np.log(price) if kind == "price" else price])
    # Else a handful of extreme customers would be a group of their own.
    limits = np.quantile(both, [EXTREME, 1 - EXTREME], axis=0)
    both = np.where(limits[0] < limits[1], np.clip(both, *limits), both)
    spread = both.std(axis=0)
    scaled: Floats = (both - both.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled


def _some(random: np.random.Generator, size: int, most: int) -> npt.NDArray[np.intp]:
    chosen: npt.NDArray[np.intp] = (
        np.arange(size) if size <= most else random.choice(size, most, replace=False)
    )
    return chosen


def _names(centres: Floats, kind: Kind) -> tuple[str, ...]:
    """A group in words; numbers tell those apart that have the same ones."""
    words = []
    for basket, price in centres:
        size = ("Small", "Medium", "Large")[_step(basket)]
        words.append(f"{size} baskets, {PRICE_WORDS[kind][_step(price)]}")
    seen: dict[str, int] = {}
    named = []
    for word in words:
        seen[word] = seen.get(word, 0) + 1
        named.append(f"{word} ({seen[word]})" if words.count(word) > 1 else word)
    return tuple(named)


def _step(value: float) -> int:
    return 0 if value < -APART else 2 if value > APART else 1
