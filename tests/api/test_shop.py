"""The shop database over the API: every table, row by row, and as the source of an analysis."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

import clv
from clv import schema
from clv.store.shop import fields, source
from clv.store.shop.database import create_shop, open_shop
from tests.api.conftest import Client
from tests.api.test_access import operations
from tests.api.test_customers import pages
from tests.api.test_jobs import ended
from tests.api.test_problems import body

ROWS = {
    "customers": {"customer_id": "C/1 ü", "name": "Ada", "country": "France"},
    "products": {"product_id": "P1", "product": "Tea", "unit_price": 4.5, "unit_cost": 2},
    "dates": {"day": "2026-02-28", "discount_percent": 20},
    "transactions": {"order_id": "O1", "customer_id": "C/1 ü", "ordered_at": "2026-03-01T10:30:00"},
    "sales": {"sale_id": 7, "order_id": "O1", "product_id": "P1", "quantity": 2, "discount": 1},
}
CHANGES = {
    "customers": {"country": "Spain"},
    "products": {"category": "Drinks"},
    "dates": {"discount_percent": 0},
    "transactions": {"channel": "Web"},
    "sales": {"quantity": 3},
}
KEYS = {"customers": "C%2F1%20%C3%BC", "products": "P1", "dates": "2026-02-28"}
KEYS |= {"transactions": "O1", "sales": "7"}


@pytest.fixture(autouse=True)
def shop(served: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CLV_SHOP_URL", f"sqlite:///{tmp_path}/shop.db")
    made = create_shop()
    yield
    made.dispose()


def fill(api: httpx.Client) -> None:
    for table, row in ROWS.items():
        assert api.post(f"/shop/{table}", json=row).status_code == 201


@pytest.mark.parametrize("table", fields.TABLES)
def test_a_row_is_made_looked_at_changed_replaced_and_deleted(api, table: str) -> None:
    fill(api)
    address, row = f"/shop/{table}/{KEYS[table]}", ROWS[table]
    made = api.get(address).json()
    assert set(made) == {field.name for field in fields.columns(table)}
    assert {name: made[name] for name in row} == row
    changed = api.patch(address, json=CHANGES[table])
    assert changed.status_code == 200
    assert {**made, **changed.json()} == api.get(address).json()
    assert {name: changed.json()[name] for name in CHANGES[table]} == CHANGES[table]
    assert api.put(address, json=row).json() == api.put(address, json=row).json() == made
    for other in reversed(fields.TABLES):  # what names a row goes before it
        for one in api.get(f"/shop/{other}").json()["rows"]:
            key = quote(str(one[fields.key_of(other).name]), safe="")
            assert api.delete(f"/shop/{other}/{key}").status_code == 204
    assert api.get(address).status_code == api.delete(address).status_code == 404


@pytest.mark.parametrize("table", fields.TABLES)
def test_the_address_of_a_new_row_is_told_and_a_second_one_refused(api, table: str) -> None:
    fill(api)
    api.delete(f"/shop/sales/{KEYS['sales']}")
    again = api.post("/shop/sales", json=ROWS["sales"])
    assert again.headers["location"] == "/api/shop/sales/7"
    twice = api.post(f"/shop/{table}", json=ROWS[table])
    assert twice.status_code == 409
    assert "already" in body(twice)["error"]


def test_what_is_left_out_is_worked_out(api: httpx.Client) -> None:
    fill(api)
    line = api.get("/shop/sales/7").json()
    assert (line["amount"], line["cost"], line["day"]) == (8.0, 4.0, "2026-03-01")
    assert api.patch("/shop/sales/7", json={"quantity": 3}).json()["amount"] == 12.5


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("transactions", {**ROWS["transactions"], "order_id": "O2", "customer_id": "C9"}, "C9"),
        ("sales", {**ROWS["sales"], "sale_id": 8, "product_id": "P9"}, "P9"),
        ("sales", {**ROWS["sales"], "sale_id": 8, "quantity": 0}, "quantity"),
        ("products", {"product_id": "P2", "product": "x", "unit_price": -1}, "unit_price"),
        ("customers", {"customer_id": "C2", "colour": "red"}, "colour"),
        ("customers", {"name": "nobody"}, "customer_id"),
        ("dates", {"day": "2026-02-30"}, "day"),
        ("dates", {"day": "1869-02-28"}, "day"),
        ("dates", {"day": 0}, "day"),
        ("sales", {**ROWS["sales"], "sale_id": 8, "cost": False}, "cost"),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_words(api, table: str, row, said: str) -> None:
    fill(api)
    before = api.get(f"/shop/{table}").json()
    answer = api.post(f"/shop/{table}", json=row)
    assert answer.status_code == 422
    assert said in body(answer)["error"]
    assert api.get(f"/shop/{table}").json() == before


def test_a_row_that_others_name_stays(api: httpx.Client) -> None:
    fill(api)
    for address in (f"/shop/customers/{KEYS['customers']}", "/shop/products/P1"):
        answer = api.delete(address)
        assert answer.status_code == 409
        assert "stays" in body(answer)["error"]


def test_rows_come_page_by_page_and_filtered(api: httpx.Client) -> None:
    for number in range(25):
        row = {"customer_id": f"C{number:02d}", "country": "ABC"[number % 3]}
        row["joined_on"] = f"2024-01-{number + 1:02d}"
        api.post("/shop/customers", json=row)
    found, after = [], None
    while True:
        asked = {"limit": 4, "country": "A", **({"after": after} if after else {})}
        page = api.get("/shop/customers", params=asked).json()
        assert page["count"] == 9
        found += [row["customer_id"] for row in page["rows"]]
        after = page["after"]
        if after is None:
            break
    assert found == [f"C{number:02d}" for number in range(0, 25, 3)]
    asked = {"joined_on_from": "2024-01-10", "joined_on_until": "2024-01-12"}
    assert api.get("/shop/customers", params=asked).json()["count"] == 3
    for nonsense in ({"shoe": 43}, {"joined_on_until": 0}, {"joined_on": "today"}, {"limit": 0}):
        assert api.get("/shop/customers", params=nonsense).status_code == 422


def test_questions_in_sql_read_and_nothing_else(api: httpx.Client) -> None:
    fill(api)
    asked = {"query": "SELECT country, COUNT(*) AS n FROM customers GROUP BY country"}
    said = api.post("/shop/sql", json=asked).json()
    assert said == {"columns": ["country", "n"], "rows": [["France", "1"]], "more": False}
    for query in ("DELETE FROM sales", "SELECT 1; SELECT 2", "PRAGMA journal_mode", "SELEC"):
        answer = api.post("/shop/sql", json={"query": query})
        assert answer.status_code == 422
        body(answer)
    assert api.get("/shop/sales").json()["count"] == 1


def test_the_tables_are_described_and_their_state_moves_with_every_change(api) -> None:
    first = api.get("/shop").json()
    assert [table["name"] for table in first["tables"]] == list(fields.TABLES)
    fill(api)
    second = api.get("/shop").json()
    assert first["state"] != second["state"]
    assert api.get("/shop").json() == second


def test_without_a_shop_database_it_is_said_how_to_make_one(api, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CLV_SHOP_URL", f"sqlite:///{tmp_path}/none.db")
    for answer in (api.get("/shop"), api.post("/analyses", json={"shop_database": True})):
        assert answer.status_code == 404
        assert "shop init" in body(answer)["hint"]


def test_the_shop_database_is_analysed_and_again_when_orders_arrive(api: httpx.Client) -> None:
    api.post("/shop/products", json=ROWS["products"])
    for number in range(12):
        api.post("/shop/customers", json={"customer_id": f"C{number:02d}"})
        for month in range(1, 2 + number % 6):
            order = f"O{number}-{month}"
            day = f"2025-{month:02d}-{1 + number:02d}"
            row = {"order_id": order, "customer_id": f"C{number:02d}", "ordered_at": day}
            assert api.post("/shop/transactions", json=row).status_code == 201
            api.post("/shop/sales", json={"order_id": order, "product_id": "P1", "quantity": month})
    job = api.post("/analyses", json={"shop_database": True})
    said = ended(api, job)
    assert said["problem"] is None
    raw = source.orders(open_shop())
    expected = clv.analyse(source.recipe(raw).clean(raw))
    sent = pages(api, said["result"].removeprefix("/api") + "/customers")
    assert [row[schema.REVENUE] for row in sent] == expected.frame[schema.REVENUE].tolist()
    assert api.post("/analyses", json={"shop_database": True}).json()["id"] == said["id"]
    api.post("/shop/sales", json={"order_id": "O1-1", "product_id": "P1", "quantity": 1})
    assert api.post("/analyses", json={"shop_database": True}).json()["id"] != said["id"]


def test_every_table_has_the_same_addresses(client: Client) -> None:
    for table in fields.TABLES:
        of_table = {m for m, path in operations() if path == f"/shop/{table}"}
        of_row = {m for m, path in operations() if path == f"/shop/{table}/{{key}}"}
        assert (of_table, of_row) == ({"get", "post"}, {"get", "put", "patch", "delete"})
