"""Preferred channel, main category and usual prices, against plain loops."""

from pathlib import Path

import numpy as np
import pytest

from clv.analysis import Analysis
from clv.insights.people import habits, has_prices
from clv.insights.price_points import category_level, item_prices, most_ordered, price_ranges
from tests.insights.small_shops import analysed, by_customer, quantile, rows_of_a_shop

ROWS = rows_of_a_shop()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analysed(tmp_path_factory.mktemp("people"), ROWS)


def favourite(rows: list[dict], key: str) -> str:
    """Most orders; then more net revenue; then the latest order; then the first by name."""
    best = None
    for value in sorted({row[key] for row in rows}):
        own = [row for row in rows if row[key] == value]
        orders = {row["order"] for row in own if row["pieces"] > 0}
        if not orders:
            continue
        revenue = round(sum(row["amount"] for row in own), 4)
        latest = max(row["day"] for row in own if row["pieces"] > 0)
        rank = (len(orders), revenue, latest)
        if best is None or rank > best[0]:
            best = rank, value
    return best[1]


def test_preferred_channel_and_main_category_are_those_of_plain_loops(shop: Analysis) -> None:
    found = habits(shop.lines, np.ones(len(shop.frame), dtype=bool))
    for place, name in shop.frame["customer_id"].items():
        own = by_customer(ROWS)[name]
        assert found.loc[place, "main_channel"] == favourite(own, "channel")
        assert found.loc[place, "main_category"] == favourite(own, "category")


def test_usual_prices_are_the_quantiles_of_what_was_paid_in_the_main_category(shop) -> None:
    found = habits(shop.lines, np.ones(len(shop.frame), dtype=bool))
    for place, name in shop.frame["customer_id"].items():
        own = [row for row in by_customer(ROWS)[name] if row["pieces"] > 0]
        main = found.loc[place, "main_category"]
        paid = [row["amount"] / row["pieces"] for row in own if row["category"] == main]
        for column, level in (("price_low", 0.2), ("price_median", 0.5), ("price_high", 0.8)):
            assert found.loc[place, column] == pytest.approx(quantile(paid, level))


def test_prices_of_every_category_and_of_everything(shop: Analysis) -> None:
    lines = shop.lines
    each = lines.ask(price_ranges, None, (), lines.level_column(category_level(lines)))
    whole = lines.ask(price_ranges).set_index("customer")
    names = shop.frame["customer_id"]
    expected = {}
    for row in ROWS:
        if row["pieces"] > 0:
            key = row["customer"], row["category"]
            expected.setdefault(key, []).append(row["amount"] / row["pieces"])
    assert len(each) == len(expected)
    for row in each.itertuples():
        paid = expected[names[row.customer], row.category]
        assert row.purchases == len(paid)
        assert row.price_low == pytest.approx(quantile(paid, 0.2))
    first = [price for (name, _), paid in expected.items() if name == names[0] for price in paid]
    assert whole.loc[0, "price_high"] == pytest.approx(quantile(first, 0.8))


def test_the_price_of_a_product_is_the_median_of_what_was_paid_for_a_piece(shop) -> None:
    prices = shop.lines.ask(item_prices).set_index("item")["price"]
    for place, name in shop.lines.items["id"].items():
        paid = [r["amount"] / r["pieces"] for r in ROWS if r["id"] == name and r["pieces"] > 0]
        assert prices[place] == pytest.approx(quantile(paid, 0.5))


@pytest.mark.parametrize(
    ("second", "channel"),
    [
        # customer, day, order, amount: the Web comes first with one order of 10 on 2024-01-05
        (("2024-03-01", 12), "Shop"),  # as many orders, more revenue
        (("2024-03-01", 8), "Web"),  # as many orders, less revenue
        (("2024-03-01", 10), "Shop"),  # as many orders and as much revenue: the latest
        (("2024-01-05", 10), "Shop"),  # equal in everything: the first by name
    ],
)
def test_of_two_channels_with_as_many_orders(tmp_path: Path, second, channel: str) -> None:
    row = {"customer": "Ann", "id": "P1", "name": "Cup", "category": "Cups", "pieces": 1}
    rows = [
        row | {"day": "2024-01-05", "order": "1", "amount": 10, "channel": "Web"},
        row | {"day": second[0], "order": "2", "amount": second[1], "channel": "Shop"},
        row | {"customer": "Bob", "day": "2024-02-01", "order": "3", "amount": 3, "channel": "Web"},
    ]
    found = analysed(tmp_path, rows)
    table = found.lines.ask(most_ordered, None, (), "channel").set_index("customer")
    assert table.loc[0, "value"] == channel
    assert table.loc[0, "orders"] == 1


def test_only_the_customers_asked_for_are_answered_and_under_their_place(shop: Analysis) -> None:
    everyone = habits(shop.lines, np.ones(len(shop.frame), dtype=bool))
    some = np.zeros(len(shop.frame), dtype=bool)
    some[[3, 41]] = True
    part = habits(shop.lines, some)
    assert part.index.tolist() == [3, 41]
    assert part.equals(everyone.loc[[3, 41]])


def test_a_file_without_pieces_channels_and_products_has_no_habits(tmp_path: Path) -> None:
    import clv

    path = tmp_path / "plain.csv"
    lines = [f"c{i % 7},{i},2024-{1 + i % 12:02d}-14,{i % 9 + 1}.50" for i in range(60)]
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    raw = clv.read(path)
    found = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)))
    assert not has_prices(found.lines)
    assert habits(found.lines, np.ones(7, dtype=bool)).columns.tolist() == []
