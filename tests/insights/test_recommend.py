"""Recommendations against the definition, in plain loops over a small shop."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv.analysis import Analysis
from clv.insights import recommend as rec
from tests.insights.small_shops import analysed, by_customer, quantile, rows_of_a_shop

ROWS = rows_of_a_shop(80, seed=11)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analysed(tmp_path_factory.mktemp("recommend"), ROWS)


def solved(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Gauss elimination, exact."""
    size = len(right)
    rows = [[*matrix[i], right[i]] for i in range(size)]
    for i in range(size):
        pivot = next(k for k in range(i, size) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(size):
            if k != i and rows[k][i] != 0:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [rows[i][size] / rows[i][i] for i in range(size)]


def ridge(owned: dict[str, set[str]], products: list[str]) -> dict[tuple[str, str], float]:
    """(i, j) -> weight of i in the ridge regression of j on all other products."""
    both = {
        (i, j): sum(i in has and j in has for has in owned.values())
        for i in products for j in products
    }  # fmt: skip
    found = {}
    for j in products:
        others = [i for i in products if i != j]
        damping = Fraction(int(rec.DAMPING))
        matrix = [[both[i, k] + (damping if i == k else 0) for k in others] for i in others]
        matrix = [[Fraction(cell) for cell in row] for row in matrix]
        weights = solved(matrix, [Fraction(both[i, j]) for i in others])
        for i, weight in zip(others, weights, strict=True):
            found[i, j] = float(weight) if both[i, j] >= rec.FEWEST else 0.0
    return found


def expected(name: str, owned, weights, usual, category) -> list[str]:
    """The three best products of a customer by the definition."""
    buyers = {p: sum(p in has for has in owned.values()) for p in usual}
    paid: dict[str, list[float]] = {}
    for row in by_customer(ROWS)[name]:
        if row["pieces"] > 0:
            for key in (row["category"], "everything"):
                paid.setdefault(key, []).append(row["amount"] / row["pieces"])
    scored = []
    for p in usual:
        if p in owned[name]:
            continue
        known = [paid[key] for key in (category[p], "everything")
                 if len(paid.get(key, [])) >= rec.ENOUGH_PRICES]  # fmt: skip
        if known and not quantile(known[0], 0.2) <= usual[p] <= quantile(known[0], 0.8):
            continue
        score = sum(weights.get((i, p), 0.0) for i in owned[name])
        score += rec.BEST_SELLERS * buyers[p] / len(owned)
        scored.append((-round(score, rec.RESOLVED), -buyers[p], p))
    return [p for _, _, p in sorted(scored)[: rec.PICKS]]


def test_the_three_best_are_those_of_plain_loops(shop: Analysis, monkeypatch) -> None:
    monkeypatch.setattr(rec, "ENOUGH_PRICES", 4)  # so that the range binds in a small shop
    owned = {
        name: {row["id"] for row in rows if row["pieces"] > 0}
        for name, rows in by_customer(ROWS).items()
    }
    products = sorted({row["id"] for row in ROWS})
    category = {row["id"]: row["category"] for row in ROWS}
    usual = {
        p: quantile(
            [r["amount"] / r["pieces"] for r in ROWS if r["id"] == p and r["pieces"] > 0], 0.5
        )
        for p in products
    }
    weights = ridge(owned, products)
    everyone = np.ones(len(shop.frame), dtype=bool)
    known = rec.learn(shop.lines, len(shop.frame))
    found = rec.recommend(shop.lines, known, everyone)
    ids = shop.lines.items.set_index("product")["id"]
    limited = 0
    for place, name in shop.frame["customer_id"].items():
        got = [ids[label] for label in found.loc[place] if isinstance(label, str)]
        assert got == expected(name, owned, weights, usual, category)
        limited += len(got) < rec.PICKS
    assert 0 < limited < len(found)  # some have fewer than three products left in their range


def test_scores_from_a_sparse_and_a_full_table_agree(shop: Analysis, monkeypatch) -> None:
    known, everyone = rec.learn(shop.lines, len(shop.frame)), np.ones(len(shop.frame), dtype=bool)
    full = rec.recommend(shop.lines, known, everyone)
    monkeypatch.setattr(rec, "FILLED", 0.0)
    assert rec.recommend(shop.lines, known, everyone).equals(full)


def test_nothing_that_was_ever_bought_is_recommended(shop: Analysis) -> None:
    known = rec.learn(shop.lines, len(shop.frame))
    found = rec.recommend(shop.lines, known, np.ones(len(shop.frame), dtype=bool))
    for place, name in shop.frame["customer_id"].items():
        has = {row["name"] for row in by_customer(ROWS)[name]}
        assert not has & set(found.loc[place])


def test_a_part_of_the_customers_gets_the_same_as_among_all(shop: Analysis) -> None:
    known = rec.learn(shop.lines, len(shop.frame))
    everyone = rec.recommend(shop.lines, known, np.ones(len(shop.frame), dtype=bool))
    some = np.zeros(len(shop.frame), dtype=bool)
    some[[7, 50]] = True
    assert rec.recommend(shop.lines, known, some).equals(everyone.loc[[7, 50]])


def free(customers: int) -> rec.Prices:
    nothing = np.full(customers, np.nan)
    return rec.Prices(nothing[:, None], nothing[:, None], nothing, nothing)


def bought(owned: list[str]) -> rec.Recommender:
    """Customers that own the products of a text: "ac" has items 0 and 2."""
    pairs = [(place, ord(item) - 97) for place, has in enumerate(owned) for item in has]
    frame = pd.DataFrame(pairs, columns=["customer", "item"])
    return rec.recommender(frame, len(owned), pd.Series(dtype=float), None)


def test_of_equal_products_the_first_is_taken_every_time() -> None:
    known = bought(["ab", "ac", "ad", "ae", "b", "c", "d", "e", "a"])
    best = known.best(
        np.array([8]), rec.Prices(np.zeros((1, 0)), np.zeros((1, 0)), *[np.array([np.nan])] * 2)
    )
    assert [known.items[column] for column in best[0]] == [1, 2, 3]


def test_two_who_bought_both_are_too_few_to_count_as_bought_together() -> None:
    assert bought(["ab", "ab", "a", "b", "c"]).near.max() == 0.0
    assert bought(["ab", "ab", "ab", "b", "c"]).near.max() > 0.0


def test_who_has_everything_gets_nothing() -> None:
    known = bought(["abc", "ab"])
    best = known.best(np.array([0, 1]), free(2))
    assert best[0].tolist() == [-1, -1, -1]
    assert best[1].tolist() == [2, -1, -1]


def test_the_reason_is_what_the_customer_has_that_speaks_most_for_it() -> None:
    known = bought(["ab"] * 9 + ["cb"] * 4 + ["a", "c", "d", "ac"] + ["b"])
    column = {item: place for place, item in enumerate(known.items)}
    assert known.items[known.reason(16, column[1])] == 0  # "ac": a goes with b more often
    assert known.reason(15, column[1]) is None  # d goes with nothing


def test_dense_and_sparse_counting_agree(monkeypatch) -> None:
    random = np.random.default_rng(2)
    owned = ["".join(sorted({"abcdefgh"[i] for i in random.integers(0, 8, 4)})) for _ in range(90)]
    sparse = bought(owned).near
    monkeypatch.setattr(rec, "DENSE", 1e9)
    monkeypatch.setattr(rec, "BLOCK", 7)
    assert np.allclose(bought(owned).near, sparse, atol=1e-12)


def test_the_products_with_most_customers_are_looked_at(monkeypatch) -> None:
    monkeypatch.setattr(rec, "MOST_PRODUCTS", 2)
    known = bought(["abc", "ab", "b", "d"])
    assert known.items.tolist() == [1, 0]
    assert known.products == 4


def test_a_shop_without_products_has_nothing_to_recommend(tmp_path: Path) -> None:
    empty = rec.recommender(
        pd.DataFrame({"customer": [], "item": []}, dtype=int), 3, pd.Series(dtype=float), None
    )
    assert (empty.best(np.arange(3), free(3)) == -1).all()
