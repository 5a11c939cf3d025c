"""Habits against loops over the rows; k-means on groups that were planted."""

import numpy as np
import pandas as pd
import pytest

from clv import schema
from clv.errors import NotEnoughData
from clv.insights.clusters import (
    cluster_bins,
    cluster_table,
    customers_alike,
    find_clusters,
)
from clv.insights.habits import PriceMeasure, buying_habits, label_values, price_measures
from clv.insights.lines import Lines
from tests.insights.small_shop import CUSTOMERS, bought, orders_of, small_lines


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    return small_lines(tmp_path_factory.mktemp("shop"))


def pieces(name: str) -> float:
    sizes = [sum(row["Pieces"] for row in order) for order in orders_of(name)]
    return sum(sizes) / len(sizes)


def test_basket_and_share_of_orders_with_a_label_are_those_of_the_orders(lines: Lines) -> None:
    column = dict(lines.attributes)["Offer"]
    measure = PriceMeasure("label", "Orders by Offer", column)
    table = lines.ask(buying_habits, None, (), measure, "yes").set_index("customer")
    assert len(table) == len(CUSTOMERS)
    for place, name in enumerate(CUSTOMERS):
        orders = orders_of(name)
        share = sum(any(row["Offer"] == "yes" for row in o) for o in orders) / len(orders)
        assert table.loc[place, "basket"] == pytest.approx(pieces(name))
        assert table.loc[place, "price"] == pytest.approx(share)
        assert table.loc[place, "orders"] == len(orders)
    assert lines.ask(label_values, None, (), column) == ("no", "yes")


def test_relative_price_is_paid_over_the_median_of_the_group(lines: Lines) -> None:
    measure = next(m for m in price_measures(lines) if m.kind == "price")
    assert measure.column == lines.level_column("Subcategory")
    paid: dict[str, list[float]] = {}
    for row in bought():
        paid.setdefault(row["Subcategory"], []).append(row["Amount"] / row["Pieces"])
    table = lines.ask(buying_habits, None, (), measure).set_index("customer")
    for place, name in enumerate(CUSTOMERS):
        ratios = [
            row["Amount"] / row["Pieces"] / float(np.median(paid[row["Subcategory"]]))
            for order in orders_of(name)
            for row in order
        ]
        assert table.loc[place, "price"] == pytest.approx(np.mean(ratios))
        assert table.loc[place, "basket"] == pytest.approx(pieces(name))


def test_a_discount_column_counts_the_orders_that_have_one(tmp_path) -> None:
    text = "Customer,Order date,Order number,Product name,Amount,Pieces,Discount\n" + "".join(
        f"{name},2024-01-{day:02d},{number},Cup,{amount},1,{off}\n"
        for number, (name, day, amount, off) in enumerate(
            [
                ("A", 1, 9, 1.25),
                ("A", 2, 10, 0),
                ("A", 3, 10, ""),
                ("B", 4, 10, 0),
                ("B", 5, 8, 2.5),
            ],
            1,
        )
    )
    lines = small_lines(tmp_path, text)
    measure = price_measures(lines)[0]
    assert (measure.kind, measure.column) == ("discount", schema.DISCOUNT)
    table = lines.ask(buying_habits, None, (), measure)
    assert table["price"].tolist() == pytest.approx([1 / 3, 1 / 2])


def planted(seed: int = 4) -> tuple[pd.DataFrame, np.ndarray]:
    """Three groups far apart: (pieces, share of discounted orders)."""
    rng = np.random.default_rng(seed)
    centres = [(2, 0.1), (2, 0.9), (40, 0.5)]
    truth = np.repeat([0, 1, 2], [200, 150, 100])
    basket = np.array([centres[i][0] for i in truth]) * np.exp(rng.normal(0, 0.1, len(truth)))
    price = np.clip([rng.normal(centres[i][1], 0.03) for i in truth], 0, 1)
    frame = pd.DataFrame({"customer": np.arange(len(truth)), "basket": basket, "price": price})
    return frame.assign(orders=1), truth


def test_planted_groups_are_found_and_their_number_suggested() -> None:
    habits, truth = planted()
    found = find_clusters(habits, "discount")
    assert found.suggested == 3
    pairs = pd.DataFrame({"truth": truth, "group": found.group}).drop_duplicates()
    assert len(pairs) == 3
    assert set(found.names) == {
        "Small baskets, rarely discounted",
        "Small baskets, often discounted",
        "Large baskets, sometimes discounted",
    }


def test_the_same_customers_give_the_same_groups_and_another_number_may_be_asked() -> None:
    habits, _ = planted()
    one, two = find_clusters(habits, "discount"), find_clusters(habits, "discount")
    assert (one.group == two.group).all()
    five = find_clusters(habits, "discount", 5)
    assert len(set(five.group)) == 5 == len(set(five.names))
    assert five.suggested == 3


def test_groups_add_up_to_the_customers_and_their_value() -> None:
    habits, truth = planted()
    found = find_clusters(habits, "discount")
    worth = pd.DataFrame({"revenue": np.arange(len(habits), dtype=float)})
    table = cluster_table(habits, found, worth, ("revenue",)).set_index("name")
    mine = table.loc["Large baskets, sometimes discounted"]
    assert mine["customers"] == 100
    assert mine["revenue"] == worth["revenue"][truth == 2].sum()
    assert mine["basket"] == pytest.approx(habits["basket"][truth == 2].mean())
    assert table["share_customers"].sum() == pytest.approx(1)
    bins = cluster_bins(habits, found, "discount")
    assert bins["customers"].sum() == len(habits)
    assert len(bins) < len(habits)


def test_few_customers_or_all_alike_are_refused_in_two_sentences(lines: Lines) -> None:
    with pytest.raises(NotEnoughData, match="too few"):
        find_clusters(planted()[0].head(10), "discount")
    alike = pd.DataFrame({"customer": range(100), "basket": 2.0, "price": 0.5, "orders": 1})
    with pytest.raises(NotEnoughData) as caught:
        find_clusters(alike, "label")
    assert caught.value.hint
    with pytest.raises(NotEnoughData):
        lines.ask(customers_alike, None, (), price_measures(lines)[-1])


def test_a_few_extreme_customers_do_not_make_a_group() -> None:
    habits, truth = planted()
    far = habits.head(3).assign(basket=50_000.0)
    found = find_clusters(pd.concat([habits, far], ignore_index=True), "discount")
    assert found.suggested == 3
    assert np.bincount(found.group).min() >= np.bincount(truth).min()


def test_low_prices_are_called_low() -> None:
    habits, _ = planted()
    found = find_clusters(habits.assign(price=habits["price"] + 0.5), "price", 3)
    low = habits["price"].groupby(found.group).mean().idxmin()
    assert found.names[low] == "Small baskets, low prices"
