"""The shop database as a source, and questions to it that only read."""

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

import clv
from clv.errors import NotEnoughData, UnreadableDatabase
from clv.store.shop import rows, source
from clv.store.shop.database import address_of, reading, state_of, writing
from clv.store.shop.plan import Plan
from clv.store.shop.synthetic import fill
from clv.store.shop.views import COLUMNS
from tests.store.shop.test_rows import LINE
from tests.store.shop.test_rows import fill as one_order

SMALL = Plan(customers=300, products=60, months=18, seed=3)


def figures(raw: clv.RawTable, mapping: clv.Mapping) -> tuple[clv.Analysis, pd.DataFrame]:
    result = clv.analyse(clv.clean(raw, mapping), clv.Settings(margin=0.4))
    return result, result.customers()


def as_csv(shop: sa.Engine, path: Path) -> Path:
    """The rows of the view as any other program would export them."""
    with reading(shop) as connection:
        found = connection.exec_driver_sql(f"SELECT {', '.join(COLUMNS)} FROM orders").all()
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        writer.writerows(found)
    return path


def test_the_analysis_of_the_database_is_that_of_the_same_rows_as_csv(
    either: sa.Engine, tmp_path: Path
) -> None:
    fill(either, SMALL)
    raw = source.orders(either)
    mapping = source.mapping(raw)
    ours, customers = figures(raw, mapping)
    theirs, expected = figures(clv.read(as_csv(either, tmp_path / "orders.csv")), mapping)
    pd.testing.assert_frame_equal(customers, expected, check_exact=True)
    assert ours.totals == theirs.totals
    assert ours.formula == theirs.formula
    assert ours.model.purchases == theirs.model.purchases
    assert len(customers) == SMALL.customers


def test_net_revenue_is_the_sum_of_the_lines_and_refunds_find_their_order(shop: sa.Engine) -> None:
    one_order(shop)
    rows.create(
        shop,
        "transactions",
        {"order_id": "R1", "customer_id": "C1", "ordered_at": "2024-03-09", "refund_of": "O1"},
    )
    rows.create(shop, "sales", {**LINE, "order_id": "R1", "quantity": -1})
    raw = source.orders(shop)
    cleaned = source.recipe(raw).clean(raw)
    assert dict(cleaned.revenue_by_policy) == {"net": 9.5, "own_date": 9.5, "ignore": 19.0}
    dates = cleaned.transactions.execute()["ordered_at"].dt.strftime("%Y-%m-%d")
    assert set(dates) == {"2024-02-29"}


def test_columns_without_a_value_play_no_role(shop: sa.Engine) -> None:
    one_order(shop)
    roles = source.mapping(source.orders(shop)).roles
    assert {"cost", "country", "unit_price"} <= set(roles)
    assert not {"channel", "category", "refund_of"} & set(roles)


def test_orders_that_arrive_are_another_table_and_the_same_orders_the_same(
    either: sa.Engine,
) -> None:
    one_order(either)
    before, state = source.orders(either), state_of(either)
    assert source.orders(either).path == before.path
    assert state_of(either) == state
    rows.create(either, "sales", LINE)
    assert source.orders(either).path != before.path
    assert source.orders(either).rows == 2
    assert state_of(either) != state


def test_an_empty_shop_says_how_to_fill_it(shop: sa.Engine) -> None:
    with pytest.raises(NotEnoughData) as refused:
        source.orders(shop)
    assert "shop synth" in refused.value.hint


def test_only_its_own_orders_are_taken_for_them(shop: sa.Engine, tmp_path: Path) -> None:
    one_order(shop)
    assert source.is_orders(source.orders(shop))
    exported = clv.read(as_csv(shop, tmp_path / "orders.csv"), name=source.NAME)
    assert not source.is_orders(exported)


def test_a_question_gives_columns_and_the_first_rows(either: sa.Engine) -> None:
    fill(either, SMALL)
    answer = source.select(
        either, "WITH a AS (SELECT * FROM customers) SELECT customer_id FROM a", rows=7
    )
    assert answer.columns == ("customer_id",)
    assert len(answer.rows) == 7
    assert answer.more
    few = source.select(either, "SELECT count(*) AS n FROM customers", rows=7)
    assert few.rows == (("300",),)
    assert not few.more
    mean = "SELECT channel, round(avg(amount), 2) AS m FROM orders GROUP BY channel ORDER BY 1"
    expected = rows_of(either, "SELECT DISTINCT channel FROM transactions ORDER BY 1")
    assert [row[0] for row in source.select(either, mean).rows] == [row[0] for row in expected]


def rows_of(shop: sa.Engine, text: str) -> list[Any]:
    with reading(shop) as connection:
        return list(connection.exec_driver_sql(text))


WRITES = (
    "DELETE FROM sales",
    "UPDATE customers SET country = 'x'",
    "INSERT INTO customers (customer_id) VALUES ('x')",
    "DROP TABLE sales",
    "SELECT 1; DROP TABLE sales",
    "WITH gone AS (DELETE FROM sales RETURNING *) SELECT * FROM gone",
    "SELECT * INTO copied FROM sales",
    "SELECT * FROM sales FOR UPDATE",
    "ATTACH 'x.db' AS x",
    "PRAGMA foreign_keys = OFF",
    "COPY sales TO '/tmp/x'",
    "nonsense",
    "",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT 1" + " " * 30_000,
)


@pytest.mark.parametrize("text", WRITES)
def test_what_does_more_than_reading_is_refused_and_changes_nothing(
    either: sa.Engine, text: str
) -> None:
    one_order(either)
    before = state_of(either)
    with pytest.raises(UnreadableDatabase) as refused:
        source.select(either, text)
    assert refused.value.hint
    assert state_of(either) == before
    assert rows.count(either, "sales") == 1


@pytest.mark.parametrize(
    "text",
    [
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT * FROM pg_ls_dir('/')",
        "SELECT * FROM ROWS FROM (pg_ls_dir('/')) AS x",
        "SELECT pg_catalog.pg_read_file('/etc/passwd')",
        "SELECT U&\"pg\\005fread_file\"('/etc/passwd')",
        "SELECT * FROM pg_catalog.pg_authid",
        "SELECT * FROM pg_authid",
        "SELECT * FROM (WITH pg_authid AS (SELECT 1) SELECT * FROM pg_authid) x, pg_authid",
        "WITH secret AS (SELECT * FROM secret) SELECT * FROM secret",
        "SELECT * FROM secret",
        "SELECT * FROM public.sales",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT lo_import('/etc/passwd')",
        "SELECT query_to_xml('SELECT * FROM secret', true, true, '')",
        "TABLE secret",
        "SELECT (SELECT max(word) FROM secret)",
    ],
)
def test_a_server_shows_a_visitor_nothing_but_the_shop(postgres: str, text: str) -> None:
    from clv.store.shop.database import create_shop
    from tests.store.shop.conftest import new_database

    shop = create_shop(new_database(postgres))
    try:
        with writing(shop) as connection:
            connection.exec_driver_sql("CREATE TABLE secret AS SELECT 'hunter2' AS word")
        with pytest.raises(UnreadableDatabase):
            source.select(shop, text)
    finally:
        shop.dispose()


def test_a_question_without_an_end_is_stopped(either: sa.Engine) -> None:
    endless = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r"
    with pytest.raises(UnreadableDatabase, match="too long"):
        source.select(either, endless, seconds=0.5)


def test_the_address_is_what_the_command_line_reads(shop: sa.Engine) -> None:
    one_order(shop)
    assert clv.read(address_of(shop), table="orders").rows == 1


def test_lines_stand_in_the_order_of_their_numbers_whatever_was_written_last(
    either: sa.Engine,
) -> None:
    one_order(either)
    for number in (40, 7, 19, 3):
        rows.create(either, "sales", {**LINE, "sale_id": number, "quantity": number})
    rows.change(either, "sales", 1, {"quantity": 1})
    found = source.orders(either).sample()["quantity"].astype(float)
    assert list(found) == [1, 3, 7, 19, 40]
