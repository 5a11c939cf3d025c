"""What is bought together against plain loops, and on a real file against plain pandas."""

from functools import cache
from itertools import product
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clv
from clv.insights.bought_with import UNITS, bought_with, shares_products, strongest
from clv.insights.levels import product_levels
from clv.insights.lines import Lines, open_lines
from clv.insights.questions import buyers
from clv.summary import customer_summary
from tests.insights.small_shop import bought, rows, small_lines

HEADERS = {"Category": "Category", "Subcategory": "Subcategory", "Product": "Product name"}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    return small_lines(tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize(("level", "other", "unit"), list(product(HEADERS, HEADERS, UNITS)))
def test_every_pair_is_counted_as_by_hand(lines: Lines, level: str, other: str, unit: str) -> None:
    key = "Order number" if unit == "order" else "Customer"
    units: dict[str, list[dict]] = {}
    for row in bought():
        units.setdefault(row[key], []).append(row)
    items, label = lines.items, {"Product": "product"}
    columns = lines.level_column(level), lines.level_column(other)
    for value in {row[HEADERS[level]] for row in rows()}:
        overlap = shares_products(items, label.get(level, level), value, label.get(other, other))
        related = {r[HEADERS[other]] for r in rows() if r[HEADERS[level]] == value}
        assert set(overlap) == related
        table = lines.ask(
            bought_with, None, (), columns[0], value, columns[1], unit, overlap
        ).set_index("name")
        expected = set()
        for name in {row[HEADERS[other]] for row in rows()} - related:
            one = [any(r[HEADERS[level]] == value for r in u) for u in units.values()]
            two = [any(r[HEADERS[other]] == name for r in u) for u in units.values()]
            both = sum(a and b for a, b in zip(one, two, strict=True))
            if not both:
                continue
            expected.add(name)
            assert table.loc[name, "together"] == both
            assert table.loc[name, "with_it"] == sum(one)
            assert table.loc[name, "with_other"] == sum(two)
            assert table.loc[name, "support"] == pytest.approx(both / len(units))
            assert table.loc[name, "confidence"] == pytest.approx(both / sum(one))
            lift = (both / sum(one)) / (sum(two) / len(units))
            assert table.loc[name, "lift"] == pytest.approx(lift)
        assert set(table.index) == expected


def table_of(pairs: list[tuple[int, int, str, bool]]) -> ibis.Table:
    frame = pd.DataFrame(pairs, columns=["customer", "order", "level_0", "is_refund"])
    # An order belongs to one customer; a refund to no order.
    frame["order"] = frame["customer"] * 10 + frame["order"]
    frame["order"] = frame["order"].astype("Int64").mask(frame["is_refund"])
    return ibis.memtable(frame)


line = st.tuples(
    st.integers(0, 4), st.integers(0, 2), st.sampled_from(["A", "B", "C", ""]), st.booleans()
)


@settings(max_examples=25)
@given(st.lists(line, min_size=1, max_size=25), st.sampled_from(UNITS))
def test_count_and_lift_are_the_same_from_either_side(pairs, unit) -> None:
    lines = table_of(pairs)
    one = bought_with(lines, "level_0", "A", "level_0", unit, ("A",)).set_index("name")
    other = bought_with(lines, "level_0", "B", "level_0", unit, ("B",)).set_index("name")
    assert ("B" in one.index) == ("A" in other.index)
    if "B" in one.index:
        assert one.loc["B", "together"] == other.loc["A", "together"]
        assert one.loc["B", "lift"] == pytest.approx(other.loc["A", "lift"])
        assert one.loc["B", "support"] == pytest.approx(other.loc["A", "support"])
    assert "" not in one.index


def test_what_was_only_given_back_was_not_bought() -> None:
    # Customer 0 bought A and brought back a B that the file does not know the purchase of.
    lines = table_of(
        [(0, 0, "A", False), (0, 1, "B", True), (1, 0, "A", False), (1, 0, "B", False)]
    )
    for unit in UNITS:
        found = bought_with(lines, "level_0", "A", "level_0", unit, ("A",)).set_index("name")
        assert found.loc["B", "together"] == found.loc["B", "with_other"] == 1
        assert found.loc["B", "units"] == 2


def test_the_strongest_pairs_are_frequent_enough_and_highest_first() -> None:
    pairs = pd.DataFrame({"name": list("abc"), "together": [5, 30, 40], "lift": [9.0, 1.5, 2.0]})
    assert strongest(pairs, 20, 10)["name"].tolist() == ["c", "b"]
    assert strongest(pairs, 1, 1)["name"].tolist() == ["a"]


@pytest.fixture
def big(real):
    return load(real("dunnhumby/dunnhumby_48_weeks.csv.gz"))


@cache
def load(path: Path) -> tuple[Lines, pd.Series, pd.DataFrame]:
    """The lines of the dunnhumby file, without fitting a model, and the file in plain pandas."""
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    levels = product_levels(shop.transactions, shop.roles, shop.attributes)
    ids = customer_summary(shop.transactions, shop.last).execute()["customer_id"]
    columns = ["CUST_CODE", "BASKET_ID", "PROD_CODE", "PROD_CODE_10", "PROD_CODE_20", "SPEND"]
    plain = pd.read_csv(path, usecols=columns, dtype={"BASKET_ID": str})
    return open_lines(shop, ids, levels), ids, plain[plain["CUST_CODE"].notna()]


@pytest.mark.parametrize(("unit", "key"), [("order", "BASKET_ID"), ("customer", "CUST_CODE")])
def test_bought_with_on_a_real_file_is_what_pandas_counts(big, unit: str, key: str) -> None:
    lines, _, plain = big
    column = lines.level_column("PROD_CODE_10")
    overlap = shares_products(lines.items, "PROD_CODE_10", "CL00222", "PROD_CODE_10")
    assert overlap == ("CL00222",)
    found = lines.ask(bought_with, None, (), column, "CL00222", column, unit, overlap)
    bought = plain.loc[plain["SPEND"] > 0, [key, "PROD_CODE_10"]].drop_duplicates()
    with_it = set(bought.loc[bought["PROD_CODE_10"] == "CL00222", key])
    every = bought["PROD_CODE_10"].value_counts()
    both = bought[bought[key].isin(with_it)]["PROD_CODE_10"].value_counts().drop("CL00222")
    units = bought[key].nunique()
    found = found.set_index("name")
    assert found["units"].unique().tolist() == [units]
    assert found["with_it"].unique().tolist() == [len(with_it)]
    assert found["together"].to_dict() == both.to_dict()
    assert found["with_other"].to_dict() == every[both.index].to_dict()
    lift = (both / len(with_it)) / (every[both.index] / units)
    assert np.allclose(found["lift"].reindex(lift.index), lift)


def test_the_buyers_of_a_real_group_are_those_pandas_finds(big) -> None:
    lines, ids, plain = big
    column = lines.level_column("PROD_CODE_10")
    places = lines.ask(buyers, None, (), column, "CL00222")
    mine = (plain["PROD_CODE_10"] == "CL00222") & (plain["SPEND"] > 0)
    assert set(ids.iloc[places]) == set(plain.loc[mine, "CUST_CODE"])
    assert len(set(places)) == len(places)


def test_what_contains_a_real_group_or_belongs_to_it_is_left_out(big) -> None:
    lines, _, plain = big
    mine = plain[plain["PROD_CODE_10"] == "CL00222"]
    above = shares_products(lines.items, "PROD_CODE_10", "CL00222", "PROD_CODE_20")
    below = shares_products(lines.items, "PROD_CODE_10", "CL00222", "product")
    assert set(above) == set(mine["PROD_CODE_20"])
    assert set(below) == set(mine["PROD_CODE"])
