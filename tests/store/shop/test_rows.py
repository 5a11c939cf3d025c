"""Rows of the shop database: what is stored, what is worked out, and what is refused in words."""

from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv.errors import CLVError, NoSuchRow, RowInUse, RowRefused
from clv.store.shop import rows
from clv.store.shop.database import create_shop, reading, state_of, writing
from clv.store.shop.fields import FIELDS, TABLES, columns
from clv.store.shop.tables import BY_NAME

CUSTOMER = {"customer_id": "C1", "country": "France"}
PRODUCT = {"product_id": "P1", "product": "Cup", "unit_price": 9.5, "unit_cost": 4}
ORDER = {"order_id": "O1", "customer_id": "C1", "ordered_at": "2024-02-29 10:00"}
LINE = {"order_id": "O1", "product_id": "P1", "quantity": 2}


def fill(shop: sa.Engine) -> None:
    rows.create(shop, "customers", CUSTOMER)
    rows.create(shop, "products", PRODUCT)
    rows.create(shop, "transactions", ORDER)
    rows.create(shop, "sales", LINE)


def test_a_line_takes_customer_day_price_amount_and_cost_from_what_it_names(
    either: sa.Engine,
) -> None:
    fill(either)
    assert rows.get(either, "sales", 1) == {
        "sale_id": 1,
        "order_id": "O1",
        "customer_id": "C1",
        "day": date(2024, 2, 29),
        "product_id": "P1",
        "quantity": 2.0,
        "unit_price": 9.5,
        "discount": 0.0,
        "amount": 19.0,
        "cost": 8.0,
    }
    assert rows.get(either, "dates", "2024-02-29")["weekday"] == 4


def test_a_refund_is_an_order_of_its_own_with_a_negative_line(either: sa.Engine) -> None:
    fill(either)
    refund = {**ORDER, "order_id": "R1", "refund_of": "O1", "ordered_at": "2024-03-04"}
    rows.create(either, "transactions", refund)
    line = rows.create(either, "sales", {**LINE, "order_id": "R1", "quantity": -2, "discount": 1})
    assert (line["amount"], line["cost"]) == (-18.0, -8.0)


def test_an_order_that_moves_takes_its_lines_along(either: sa.Engine) -> None:
    fill(either)
    rows.create(either, "customers", {"customer_id": "C2"})
    rows.change(either, "transactions", "O1", {"ordered_at": "2024-03-01", "customer_id": "C2"})
    line = rows.get(either, "sales", 1)
    assert (line["customer_id"], line["day"]) == ("C2", date(2024, 3, 1))


@pytest.mark.parametrize(
    ("changes", "amount", "cost"),
    [
        ({"quantity": 3}, 28.5, 12.0),
        ({"discount": 4}, 15.0, 8.0),
        ({"amount": 17}, 17.0, 8.0),
        ({"product_id": "P2"}, 2.0, None),
        ({"quantity": -1, "cost": -3}, -9.5, -3.0),
    ],
)
def test_what_follows_from_a_changed_value_is_worked_out_anew(
    shop: sa.Engine, changes: dict[str, Any], amount: float, cost: float | None
) -> None:
    fill(shop)
    rows.create(shop, "products", {"product_id": "P2", "product": "Lid", "unit_price": 1})
    line = rows.change(shop, "sales", 1, changes)
    assert (line["amount"], line["cost"]) == (amount, cost)


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        ("transactions", {**ORDER, "order_id": "O2", "customer_id": "C9"},
         "Order 'O2' names customer 'C9', who is not in the table customers."),
        ("transactions", {**ORDER, "order_id": "O2", "refund_of": "O9"}, "names order 'O9'"),
        ("transactions", {**ORDER, "order_id": "O2", "refund_of": "O2"}, "names order 'O2'"),
        ("transactions", {**ORDER, "order_id": "O2", "day": "2024-03-01"}, "should be 2024-02-29"),
        ("transactions", {**ORDER, "order_id": "O2", "ordered_at": "30/01/2024"}, "2024-01-31"),
        ("transactions", {**ORDER, "order_id": "O2", "ordered_at": "1969-12-31"}, "lie between"),
        ("transactions", {**ORDER, "order_id": "O2", "ordered_at": "2024-01-01T10:00Z"}, "time zo"),
        ("sales", {**LINE, "order_id": "O9"}, "The new line names order 'O9', which is not in"),
        ("sales", {**LINE, "product_id": "P9"}, "product 'P9', which is not in the table products"),
        ("sales", {**LINE, "customer_id": "C2"}, "customer_id is C2, and should be C1"),
        ("sales", {**LINE, "quantity": 0}, "quantity is zero"),
        ("sales", {**LINE, "quantity": 0.00001}, "quantity is zero"),
        ("sales", {**LINE, "amount": -1}, "sign of quantity"),
        ("sales", {**LINE, "unit_price": -1}, "unit_price must lie between 0 and"),
        ("sales", {**LINE, "discount": "1,5"}, "discount is not a number"),
        ("sales", {**LINE, "quantity": True}, "quantity is not a number"),
        ("sales", {**LINE, "quantity": float("nan")}, "too large"),
        ("sales", {**LINE, "amuont": 1}, "Did you mean 'amount'?"),
        ("sales", {**LINE, "sale_id": 1.5}, "not a whole number"),
        ("dates", {"day": "2024-05-01", "month": 13}, "month must lie between 1 and 12"),
        ("dates", {"day": "2024-05-01", "month": 4}, "month is 4, and should be 5"),
        ("dates", {"day": "2024-05-01", "discount_percent": 101}, "between 0 and 100"),
        ("dates", {"day": "2024-05-01 10:00"}, "is a time, where a day is needed"),
        ("customers", {"country": "France"}, "customer_id is empty"),
        ("customers", {"customer_id": "a\nb"}, "line breaks"),
        ("customers", {"customer_id": "a\x00"}, "cannot be shown"),
        ("customers", {"customer_id": "\ud800"}, "cannot be shown"),
        ("customers", {"customer_id": "x" * 101}, "more than 100 characters"),
        ("customers", {"customer_id": 7}, "is not text"),
        ("products", {"product_id": "P2", "product": " ", "unit_price": 1}, "product is empty"),
        ("custmers", {}, "Did you mean 'customers'?"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    shop: sa.Engine, table: str, values: dict[str, Any], said: str
) -> None:
    fill(shop)
    before = state_of(shop)
    with pytest.raises(RowRefused) as refused:
        rows.create(shop, table, values)
    assert said in refused.value.message + refused.value.hint
    assert refused.value.hint
    assert state_of(shop) == before


def test_everything_that_is_wrong_is_said_at_once(shop: sa.Engine) -> None:
    with pytest.raises(RowRefused) as refused:
        rows.create(shop, "products", {"unit_price": "x", "colour": "red"})
    for word in ("product_id is empty", "product is empty", "unit_price is not", "'colour'"):
        assert word in refused.value.message


@pytest.mark.parametrize(
    ("table", "key", "said"),
    [
        ("customers", "C1", "Customer 'C1' stays: 1 order in the table transactions names it."),
        ("products", "P1", "Product 'P1' stays: 1 line in the table sales names it."),
        ("transactions", "O1", "Order 'O1' stays: 1 line in the table sales names it."),
        ("dates", "2024-02-29", "Day 2024-02-29 stays: 1 order in the table transactions"),
    ],
)
def test_a_row_that_others_name_is_not_deleted(
    either: sa.Engine, table: str, key: str, said: str
) -> None:
    fill(either)
    with pytest.raises(RowInUse) as refused:
        rows.delete(either, table, key)
    assert said in refused.value.message
    assert rows.get(either, table, key)


def test_rows_are_deleted_from_the_lines_up(either: sa.Engine) -> None:
    fill(either)
    for table, key in (("sales", 1), ("transactions", "O1"), ("customers", "C1")):
        rows.delete(either, table, key)
        with pytest.raises(NoSuchRow):
            rows.get(either, table, key)
        with pytest.raises(NoSuchRow):
            rows.delete(either, table, key)


def test_a_key_is_taken_once_and_replacing_twice_is_as_once(either: sa.Engine) -> None:
    fill(either)
    with pytest.raises(RowInUse, match="is in the table customers already"):
        rows.create(either, "customers", CUSTOMER)
    first, new = rows.replace(either, "customers", "C7", {"country": "Spain"})
    again, still_new = rows.replace(either, "customers", "C7", {"country": "Spain"})
    assert first == again
    assert (new, still_new) == (True, False)
    with pytest.raises(RowRefused, match="cannot be changed"):
        rows.change(either, "customers", "C7", {"customer_id": "C8"})


def test_pages_follow_each_other_without_gap_or_repetition(either: sa.Engine) -> None:
    for number in range(25):
        rows.create(either, "customers", {"customer_id": f"C{number}"})
    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = rows.listed(either, "customers", after=after, limit=5)
        found += [row["customer_id"] for row in page.rows]
        after, pages = page.next, pages + 1
        # A row that comes in before the place where we are does not move what follows.
        rows.replace(either, "customers", "!", {})
    assert pages == 5
    assert sorted(found) == sorted(f"C{number}" for number in range(25))


def test_filters_ask_for_values_and_ranges_with_both_ends(either: sa.Engine) -> None:
    rows.create(either, "customers", CUSTOMER)
    for order, at in (("A", "2024-01-01"), ("B", "2024-01-02 23:00"), ("C", "2024-01-03")):
        rows.create(either, "transactions", {**ORDER, "order_id": order, "ordered_at": at})

    def orders(**filters: Any) -> str:
        found = rows.listed(either, "transactions", filters).rows
        assert rows.count(either, "transactions", filters) == len(found)
        return "".join(str(row["order_id"]) for row in found)

    assert orders(ordered_at_from="2024-01-02") == "BC"
    assert orders(ordered_at_until="2024-01-02") == "AB"
    assert orders(ordered_at_until=datetime(2024, 1, 2, 22)) == "A"
    assert orders(day="2024-01-02", customer_id="C1", channel="") == "B"
    assert orders(order_id="' OR 1 = 1 --") == ""
    with pytest.raises(RowRefused, match="has no column 'coutry'"):
        rows.listed(either, "customers", {"coutry": "France"})


def test_the_database_itself_refuses_what_the_data_layer_refuses(either: sa.Engine) -> None:
    fill(either)
    good = rows.get(either, "sales", 1)
    for bad in (
        {"quantity": 0.0},
        {"amount": -1.0},
        {"unit_price": -1.0},
        {"product_id": "P9"},
        {"customer_id": "C9"},
        {"day": date(2024, 3, 1)},
        {"sale_id": -1},
        {"order_id": ""},
    ):
        with pytest.raises(sa.exc.IntegrityError), writing(either) as connection:
            connection.execute(sa.insert(BY_NAME["sales"]).values({**good, "sale_id": 2, **bad}))
    for text in ("UPDATE customers SET customer_id = 'C2'", "DELETE FROM products"):
        with pytest.raises(sa.exc.IntegrityError), writing(either) as connection:
            connection.exec_driver_sql(text)


def test_sqlite_keeps_no_value_of_another_kind(shop: sa.Engine) -> None:
    fill(shop)
    for text in (
        "UPDATE sales SET quantity = 'two'",
        "UPDATE transactions SET ordered_at = '29.2.2024'",
        "UPDATE customers SET joined_on = '2024-02-31'",
        "UPDATE customers SET country = x'ff'",
    ):
        with pytest.raises(sa.exc.IntegrityError), writing(shop) as connection:
            connection.exec_driver_sql(text)


def test_every_change_gives_another_state_and_reading_none(either: sa.Engine) -> None:
    seen = {state_of(either)}
    fill(either)
    for step in (
        lambda: rows.change(either, "sales", 1, {"quantity": 5}),
        lambda: rows.replace(either, "customers", "C1", {"country": "Spain"}),
        lambda: rows.delete(either, "sales", 1),
    ):
        step()
        assert state_of(either) not in seen
        seen.add(state_of(either))
    rows.listed(either, "sales")
    assert state_of(either) in seen


def test_somebody_elses_own_sql_changes_the_state_too(either: sa.Engine) -> None:
    fill(either)
    before = state_of(either)
    with writing(either) as connection:
        connection.exec_driver_sql("UPDATE products SET unit_price = 3")
    assert state_of(either) != before


def test_every_table_is_described_by_the_columns_that_it_has() -> None:
    for table in TABLES:
        assert [field.name for field in columns(table)] == list(BY_NAME[table].c.keys())
        for field in FIELDS[table]:
            assert field.about.endswith((".", "..."))
            assert BY_NAME[table].c[field.name].nullable == (not field.required)


KEYS = {"customers": "AB", "products": "PQ", "transactions": "XY"}
EMPTY: dict[str, dict[str, Any]] = {"customers": {}, "products": {}, "transactions": {}}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.just("customers"), st.sampled_from("AB"), st.none()),
        st.tuples(st.just("put"), st.just("transactions"), st.sampled_from("XY"),
                  st.sampled_from("AB")),
        st.tuples(st.just("delete"), st.sampled_from(["customers", "transactions"]),
                  st.sampled_from("ABXY"), st.none()),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_row_of_steps_is_accepted_and_refused_as_a_list_on_paper_says(
    shop: sa.Engine, steps: list[tuple[str, str, str, str | None]]
) -> None:
    with writing(shop) as connection:
        for table in ("sales", "transactions", "customers"):
            connection.execute(sa.delete(BY_NAME[table]))
    customers: set[str] = set()
    orders: dict[str, str] = {}
    for what, table, key, who in steps:
        if what == "put":
            allowed = table == "customers" or who in customers
        elif table == "customers":
            allowed = key in customers and key not in orders.values()
        else:
            allowed = key in orders
        try:
            if what == "delete":
                rows.delete(shop, table, key)
            elif table == "customers":
                rows.replace(shop, table, key, {})
            else:
                rows.replace(shop, table, key, {"customer_id": who, "ordered_at": "2024-01-01"})
        except CLVError:
            assert not allowed
            continue
        assert allowed
        if what == "delete":
            customers.discard(key)
            orders.pop(key, None)
        elif table == "customers":
            customers.add(key)
        else:
            orders[key] = str(who)
    found = rows.listed(shop, "transactions").rows
    assert {row["order_id"]: row["customer_id"] for row in found} == orders
    with reading(shop) as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_making_a_shop_twice_keeps_its_rows(either: sa.Engine) -> None:
    fill(either)
    again = create_shop(either.url.render_as_string(hide_password=False))
    assert rows.count(again, "sales") == 1
    again.dispose()
