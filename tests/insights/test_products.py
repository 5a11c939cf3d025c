"""Groups of products against sums by hand over the rows of a small shop."""

import numpy as np
import pandas as pd
import pytest

from clv.insights.lines import Lines
from clv.insights.products import buyers_by_segment, preferences, product_groups
from tests.insights.small_shop import CUSTOMERS, bought, rows, small_lines

LEVELS = {"Category": "Category", "Subcategory": "Subcategory", "Product": "Product name"}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    return small_lines(tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize("level", LEVELS)
def test_groups_have_the_customers_orders_and_money_of_their_rows(lines: Lines, level: str) -> None:
    column, header = lines.level_column(level), LEVELS[level]
    table = lines.ask(product_groups, None, (), column, orders=True, cost=True)
    revenue = sum(row["Amount"] for row in rows())
    orders = len({row["Order number"] for row in bought()})
    assert set(table["name"]) == {row[header] for row in rows()}
    assert table["revenue"].is_monotonic_decreasing
    for group in table.to_dict("records"):
        all_lines = [row for row in rows() if row[header] == group["name"]]
        purchases = [row for row in all_lines if row["Amount"] > 0]
        net, cost = (sum(row[name] for row in all_lines) for name in ("Amount", "Cost"))
        people = {row["Customer"] for row in purchases}
        numbers = {row["Order number"] for row in purchases}
        assert group["customers"] == len(people)
        assert group["orders"] == len(numbers)
        assert group["quantity"] == sum(row["Pieces"] for row in purchases)
        assert group["revenue"] == pytest.approx(net)
        assert group["share_revenue"] == pytest.approx(net / revenue)
        assert group["share_customers"] == pytest.approx(len(people) / len(CUSTOMERS))
        assert group["share_orders"] == pytest.approx(len(numbers) / orders)
        assert group["margin"] == pytest.approx(net - cost)
        assert group["margin_share"] == pytest.approx(1 - cost / net)


def test_inside_a_group_the_shares_are_still_of_the_whole(lines: Lines) -> None:
    inside = ((lines.level_column("Category"), ("Home",)),)
    table = lines.ask(product_groups, None, (), lines.level_column("Product"), inside)
    assert set(table["name"]) == {"Cup", "Lamp"}
    home = sum(row["Amount"] for row in rows() if row["Category"] == "Home")
    assert table["share_revenue"].sum() == pytest.approx(home / sum(r["Amount"] for r in rows()))


def test_only_the_customers_and_costs_there_are_count(lines: Lines) -> None:
    column = lines.level_column("Product")
    only_bob = np.array([name == "Bob" for name in CUSTOMERS])
    table = lines.ask(product_groups, only_bob, (), column)
    assert dict(zip(table["name"], table["revenue"], strict=True)) == {"Lamp": 30, "Cup": 0}
    assert "margin" not in table
    nobody = lines.ask(product_groups, only_bob & False, (), column)
    assert nobody.empty


def test_lift_is_the_share_of_a_segment_over_the_share_of_all(lines: Lines) -> None:
    column = lines.level_column("Product")
    codes = np.array([0, 0, 1, 1, -1], dtype=np.int8)  # Eve is in no segment
    counted = lines.ask(buyers_by_segment, None, (), column, codes.tobytes())
    names = ("Cup", "Lamp", "Pen", "Ink", "Nothing")
    cells = preferences(counted, np.array([2, 2, 0]), ("x", "y", "z"), names, least=1)
    assert len(cells) == 2 * len(names)  # a segment without customers is no row
    for cell in cells.to_dict("records"):
        people = {"x": ("Ann", "Bob"), "y": ("Cid", "Dan")}[cell["segment"]]
        who = {row["Customer"] for row in bought() if row["Product name"] == cell["name"]}
        here, everyone = len(who & set(people)), len(who - {"Eve"})
        assert cell["buyers"] == here
        assert cell["share"] == here / 2
        assert cell["share_all"] == everyone / 4
        if everyone:
            assert cell["lift"] == pytest.approx((here / 2) / (everyone / 4))
        else:
            assert np.isnan(cell["lift"])


def test_too_few_buyers_have_no_lift_and_too_few_expected_none_either() -> None:
    counted = pd.DataFrame({"code": [0, 1], "name": ["A", "A"], "buyers": [40, 3]})
    cells = preferences(counted, np.array([50, 50]), ("x", "y"), ("A",), least=20)
    # Of y, 21.5 buyers would be expected: that there are 3 is worth saying.
    assert cells["lift"].round(3).tolist() == [1.86, 0.14]
    few = preferences(counted, np.array([50, 10]), ("x", "y"), ("A",), least=20)
    assert few["lift"].isna().tolist() == [False, True]
