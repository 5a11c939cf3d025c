"""Lines against pandas over the same transactions: places, numbers of orders, levels, products."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import clv
from clv.analysis import prepare
from clv.errors import NotEnoughData
from clv.insights.levels import product_levels
from clv.insights.lines import Lines, open_lines

HEADER = "Customer,Order date,Order number,Product number,Product name,Category,Shelf,Amount,Pieces"
ROWS = """
Ann,2024-01-05,1,P1,Cup,Home,left,10,2
Ann,2024-01-05,1,P2,Pen,Desk,right,4,4
Ann,2024-03-01,3,P1,Cup,Home,left,5,1
Bob,2024-02-01,2,P3,Cup,Home,left,7,1
Bob,2024-02-09,4,P3,Cup,Home,left,-7,-1
Cid,2024-02-03,5,,,,,3,1
"""


def small_shop(folder: Path) -> clv.Shop:
    path = folder / "orders.csv"
    path.write_text(HEADER + ROWS)
    raw = clv.read(path)
    return clv.clean(raw, clv.suggest_mapping(raw), clv.Rules(refunds="own_date"))


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    shop = small_shop(tmp_path)
    levels = product_levels(shop.transactions, shop.roles, shop.attributes)
    return open_lines(shop, pd.Series(["Ann", "Bob", "Cid"]), levels)


def everything(table) -> pd.DataFrame:
    return table.execute()


def test_orders_are_numbered_by_time_within_their_customer(lines: Lines) -> None:
    frame = lines.ask(everything).sort_values(["customer", "day", "item"])
    assert frame["customer"].tolist() == [0, 0, 0, 1, 1, 2]
    assert frame["number"].fillna(0).tolist() == [1, 1, 2, 1, 0, 1]
    assert frame.loc[frame["is_refund"], "order"].isna().all()
    assert frame.loc[~frame["is_refund"], "order"].nunique() == 4


def test_products_that_share_a_name_are_told_apart_by_their_number(lines: Lines) -> None:
    assert lines.items["product"].tolist() == ["Cup (P1)", "Pen", "Cup (P3)"]
    assert lines.items["Category"].tolist() == ["Home", "Desk", "Home"]
    assert lines.levels == ("Category", "Product")
    assert lines.level_column("Product") == "level_1"


def test_a_question_sees_only_the_customers_and_days_asked_for(lines: Lines) -> None:
    kept = np.array([True, False, True])
    assert set(lines.ask(everything, kept)["customer"]) == {0, 2}
    january = ((date(2024, 1, 1), date(2024, 1, 31)), (date(2024, 2, 9), date(2024, 2, 9)))
    assert len(lines.ask(everything, None, january)) == 3
    assert lines.ask(everything, np.zeros(3, dtype=bool)).empty


def test_paid_is_the_price_of_a_piece_and_nothing_on_refunds(lines: Lines) -> None:
    frame = lines.ask(everything).sort_values(["customer", "day", "item"])
    assert frame["paid"].fillna(-1).tolist() == [5, 1, 5, 7, -1, 3]


def test_files_are_made_once_and_read_again(tmp_path: Path) -> None:
    shop = small_shop(tmp_path)
    ids = pd.Series(["Ann", "Bob", "Cid"])
    path = open_lines(shop, ids, ()).path
    made = path.stat().st_ino
    assert open_lines(shop, ids, ()).path.stat().st_ino == made


def many_products(folder: Path, stray: float) -> clv.Shop:
    rng = np.random.default_rng(3)
    product = rng.integers(0, 60, 4000)
    group = np.where(rng.random(4000) < stray, "other", np.char.add("g", (product % 9).astype(str)))
    days = pd.to_timedelta(rng.integers(0, 300, 4000), unit="D")
    frame = pd.DataFrame(
        {
            "customer": rng.integers(0, 300, 4000),
            "order date": pd.Timestamp("2024-01-01") + days,
            "order number": np.arange(4000) // 3,
            "sku": np.char.add("p", product.astype(str)),
            "aisle": group,
            "payment": rng.choice(["card", "cash"], 4000),
            "amount": rng.integers(1, 90, 4000) + 0.5,
        }
    )
    path = folder / "many.csv"
    frame.to_csv(path, index=False)
    raw = clv.read(path)
    return clv.clean(raw, clv.suggest_mapping(raw))


def test_a_column_with_one_value_per_product_is_a_level_and_no_attribute(tmp_path: Path) -> None:
    shop = many_products(tmp_path, 0.0)
    prepared = prepare(shop)
    assert [label for label, _ in prepared.levels] == ["aisle"]
    assert prepared.lines.levels == ("aisle", "Product")
    assert "payment" in prepared.customers
    assert "aisle" not in prepared.customers
    assert [label for label, _ in prepared.lines.attributes] == ["payment"]


def test_a_column_that_differs_within_products_is_no_level(tmp_path: Path) -> None:
    assert prepare(many_products(tmp_path, 0.3)).levels == ()


def test_one_row_per_customer_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(
        "customer,first order date,last order date,order count,total value\n"
        + "".join(f"c{i},2024-01-09,2024-05-1{i % 9},{1 + i % 4},{10 * i + 5}\n" for i in range(40))
    )
    raw = clv.read(path)
    found = clv.analyse(clv.clean(raw, clv.suggest_customers(raw)))
    with pytest.raises(NotEnoughData, match="one row per customer"):
        _ = found.lines
    assert found.population.open_lines is None
    assert found.population.levels == ()
