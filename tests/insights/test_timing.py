"""Waits, channels, prices and pairs by group, against plain loops over the rows."""

import itertools
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv.insights.bundles import best_pairs
from clv.insights.grouping import group_codes
from clv.insights.timing import (
    due_within,
    passing_within,
    second_order_wait,
    silent_longer,
    usual_waits,
)
from clv.insights.usual import usual_channels, usual_prices
from tests.insights.campaign_shop import analysed, make_rows, write

NAMES = ("low", "high")


@pytest.fixture(scope="module")
def rows():
    return make_rows()


@pytest.fixture(scope="module")
def found(rows, tmp_path_factory):
    return analysed(write(rows, tmp_path_factory.mktemp("shop") / "orders.csv"))


@pytest.fixture(scope="module")
def groups(found) -> bytes:
    """Two groups by number; every seventh customer is in none."""
    return group_codes(pd.Series([group_of(c) for c in found.frame["customer_id"]]), NAMES)


def group_of(customer: str) -> str:
    number = int(customer[1:])
    return "none" if number % 7 == 0 else NAMES[number % 2]


def quantile(values: list[float], level: float) -> float:
    ordered = sorted(values)
    place = level * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def waits(rows, group=None) -> list[tuple[str, int, int]]:
    """(customer, place, days) of every wait."""
    days = defaultdict(set)
    for row in rows:
        if row.amount > 0 and (group is None or group_of(row.customer) == group):
            days[row.customer].add(row.day)
    return [
        (customer, place, (after - before).days)
        for customer, each in days.items()
        for place, (before, after) in enumerate(itertools.pairwise(sorted(each)), start=1)
    ]


def test_the_usual_wait_is_the_median_over_the_waits_of_a_group(rows, found, groups) -> None:
    table = found.lines.ask(usual_waits, None, (), groups)
    assert table["grp"].tolist() == [0, 1]
    for row in table.itertuples():
        expected = waits(rows, NAMES[row.grp])
        assert row.waits == len(expected)
        assert row.customers == len({customer for customer, _, _ in expected})
        assert row.usual == pytest.approx(quantile([days for _, _, days in expected], 0.5))
        assert row.long == pytest.approx(quantile([days for _, _, days in expected], 0.8))


def test_the_wait_for_a_second_order_counts_first_waits_only(rows, found) -> None:
    firsts = [days for _, place, days in waits(rows) if place == 1]
    count, wait = found.lines.ask(second_order_wait)
    assert count == len(firsts)
    assert wait == pytest.approx(quantile(firsts, 0.5))


def test_who_is_due_late_or_about_to_be_is_counted_day_by_day() -> None:
    members = np.array([True, True, True, True, False])
    assert due_within(np.array([6.2, 7.0, 7.1, np.nan, 1.0]), members, 7) == 2
    silent = np.array([10.0, 30.0, 31.0, 5.0, 99.0])
    assert silent_longer(silent, members, 30.0) == 1
    assert passing_within(silent, members, 30.0, 21) == 2  # in 0 and in 20 days
    assert passing_within(silent, members, 30.0, 20) == 1


def test_the_usual_channel_is_that_of_most_orders(rows, found, groups) -> None:
    table = found.lines.ask(usual_channels, None, (), groups).set_index("grp")
    for place, name in enumerate(NAMES):
        orders = {
            row.order: row.channel
            for row in rows
            if row.amount > 0 and row.channel and group_of(row.customer) == name
        }
        channel, count = Counter(orders.values()).most_common(1)[0]
        assert table.loc[place, "channel"] == channel
        assert table.loc[place, "orders"] == count
        assert table.loc[place, "known"] == len(orders)
        assert table.loc[place, "share"] == pytest.approx(count / len(orders))


@pytest.mark.parametrize("level", ["Category", None])
def test_the_usual_price_is_that_of_the_group_bought_most(rows, found, groups, level) -> None:
    column = found.lines.level_column(level) if level else None
    table = found.lines.ask(usual_prices, None, (), groups, column).set_index("grp")
    for place, name in enumerate(NAMES):
        paid = defaultdict(list)
        for row in rows:
            if row.amount > 0 and group_of(row.customer) == name:
                paid[row.category if level else None].append(row.amount / row.pieces)
        most = max(paid, key=lambda category: len(paid[category]))
        assert table.loc[place, "pieces"] == len(paid[most])
        assert not level or table.loc[place, "name"] == most
        for column_name, part in (("low", 0.2), ("middle", 0.5), ("high", 0.8)):
            assert table.loc[place, column_name] == pytest.approx(quantile(paid[most], part))


def test_the_best_pair_is_the_one_with_the_highest_lift_over_baskets(rows, found, groups) -> None:
    table = found.lines.ask(best_pairs, None, (), groups, "item")
    names = found.lines.items["product"]
    assert len(table) == 2
    for row in table.itertuples():
        baskets = defaultdict(set)
        for line in rows:
            if line.amount > 0 and group_of(line.customer) == NAMES[row.grp]:
                baskets[line.order].add(line.product)
        alone = Counter(product for basket in baskets.values() for product in basket)
        both = Counter(
            pair
            for basket in baskets.values()
            for pair in itertools.combinations(sorted(basket), 2)
        )
        lift = {
            pair: count * len(baskets) / (alone[pair[0]] * alone[pair[1]])
            for pair, count in both.items()
            if count >= 20
        }
        best = max(lift, key=lift.__getitem__)
        assert best == ("Ink", "Pen")
        assert {names[row.first], names[row.second]} == set(best)
        assert row.both == both[best]
        assert {row.first_orders, row.second_orders} == {alone["Ink"], alone["Pen"]}
        assert row.baskets == len(baskets)
        assert row.lift == pytest.approx(lift[best])


def test_products_that_are_drawn_at_random_make_no_pair(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lines = ["customer,order date,order number,product,quantity,amount"]
    for order in range(1500):
        day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(rng.integers(0, 200)))
        lines += [
            f"k{order % 90},{day.date()},{order},p{product},1,5.00"
            for product in range(8)
            if rng.random() < 0.3
        ]
    path = tmp_path / "random.csv"
    path.write_text("\n".join(lines) + "\n")
    found = analysed(path)
    codes = group_codes(pd.Series(["all"] * len(found.frame)), ("all",))
    assert found.lines.ask(best_pairs, None, (), codes, "item").empty
