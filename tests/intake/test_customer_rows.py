"""Files with one row per customer: what is used, what is listed and why."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import clv
from clv import engine
from clv.errors import InvalidSettings, MixedCurrencies
from clv.intake.shop import Shop
from clv.settings import Rules

pytestmark = pytest.mark.usefixtures("here")

HEADER = "id,first order,last order,orders,spent"
MAPPING = clv.CustomerMapping(
    customer_id="id",
    first_order="first order",
    last_order=("last order",),
    orders=("orders",),
    revenue=("spent",),
    date_order="dmy",
    decimal=".",
)
GOOD = "good,01.02.2023,05.03.2023,3,30.00"


def shop_of(folder: Path, *rows: str, header=HEADER, mapping=MAPPING, rules=None) -> Shop:
    path = folder / "customers.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return clv.clean(clv.read(path), mapping, rules)


def rows_of(shop: Shop) -> pd.DataFrame:
    return shop.open_customers(engine.connect()).execute()


@pytest.mark.parametrize(
    ("row", "reason", "column", "value"),
    [
        (",01.02.2023,05.03.2023,3,30.00", "no customer", "id", ""),
        ("x,,05.03.2023,3,30.00", "no date", "first order, last order", ", 05.03.2023"),
        ("x,01.02.2023,,3,30.00", "no date", "first order, last order", "01.02.2023, "),
        ("x,31.02.2023,05.03.2023,3,1", "impossible date", "first order, last order",
         "31.02.2023, 05.03.2023"),
        ("x,01.02.2023,soon,3,30.00", "impossible date", "first order, last order",
         "01.02.2023, soon"),
        ("x,06.03.2023,05.03.2023,3,30.00", "last order before the first",
         "first order, last order", "06.03.2023, 05.03.2023"),
        ("x,01.02.2023,05.03.2023,,30.00", "no orders", "orders", ""),
        ("x,,,0,0", "no orders", "orders", "0"),
        ("x,01.02.2023,05.03.2023,2.5,30.00", "impossible number of orders", "orders", "2.5"),
        ("x,01.02.2023,05.03.2023,-2,30.00", "impossible number of orders", "orders", "-2"),
        ("x,01.02.2023,05.03.2023,many,30.00", "impossible number of orders", "orders", "many"),
        ("x,01.02.2023,05.03.2023,1,30.00", "one order on two days", "first order, last order",
         "01.02.2023, 05.03.2023"),
        ("x,01.02.2023,05.03.2023,3,", "no amount", "spent", ""),
        ("x,01.02.2023,05.03.2023,3,lots", "impossible amount", "spent", "lots"),
        ("good,01.02.2023,05.03.2023,4,40.00", "customer has an earlier row", "id", "good"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_listed_with_its_reason(tmp_path, row, reason, column, value):
    shop = shop_of(tmp_path, GOOD, row)
    (listed,) = shop.ledger.rejected_rows().to_dict("records")
    assert listed == {"row_number": 3, "reason": reason, "column": column, "value": value}
    assert shop.ledger.used + shop.ledger.rejected == shop.ledger.read == 2
    assert rows_of(shop)["customer_id"].tolist() == ["good"]
    (effect,) = shop.ledger.effects
    assert effect.explanation


def test_a_customer_with_only_rejected_rows_is_lost_and_one_with_another_row_is_not(tmp_path):
    shop = shop_of(tmp_path, GOOD, "good,01.02.2023,05.03.2023,0,4", "lost,01.02.2023,,2,4")
    lost = {str(effect.reason): effect.customers_lost for effect in shop.ledger.effects}
    assert lost == {"no orders": 0, "no date": 1}


def test_channels_add_up_and_the_latest_of_several_days_counts(tmp_path):
    mapping = clv.CustomerMapping(
        customer_id="id",
        first_order="first",
        last_order=("last web", "last shop"),
        orders=("web", "shop"),
        revenue=("web spent", "shop spent"),
        channels=(
            clv.Channel(name="Web", orders="web", revenue="web spent"),
            clv.Channel(name="Shop", orders="shop", revenue="shop spent"),
        ),
        interests="likes",
        date_order="ymd",
        decimal=",",
    )
    shop = shop_of(
        tmp_path,
        "a;2023-01-01;2023-02-01;2023-03-01;1,0;2,0;10,50;1.020,25;[B, A, B]",
        "b;2023-01-01;2023-02-01;;2;;7;;",
        header="id;first;last web;last shop;web;shop;web spent;shop spent;likes",
        mapping=mapping,
    )
    a, b = rows_of(shop).to_dict("records")
    assert a["last_order"].date() == date(2023, 3, 1)
    assert (a["orders"], float(a["revenue"])) == (3, 1030.75)
    assert list(a["interests"]) == ["A", "B"]
    assert b["last_order"].date() == date(2023, 2, 1)
    assert (b["orders"], float(b["revenue"])) == (2, 7.0)
    assert shop.channels == ("Web", "Shop")
    assert (shop.first, shop.last, shop.customers) == (date(2023, 1, 1), date(2023, 3, 1), 2)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[KADIN, ERKEK]", ["ERKEK", "KADIN"]),
        ("Shoes; Sport|Kids", ["Kids", "Shoes", "Sport"]),
        ("['a', \"b\"]", ["a", "b"]),
        ("[]", []),
        ("One", ["One"]),
    ],
)
def test_a_list_is_split_however_it_is_written(tmp_path, text, items):
    quoted = '"' + text.replace('"', '""') + '"'
    mapping = clv.CustomerMapping(**{**vars(MAPPING), "interests": "likes"})
    shop = shop_of(tmp_path, f"{GOOD},{quoted}", header=f"{HEADER},likes", mapping=mapping)
    assert list(rows_of(shop)["interests"][0]) == items


def test_the_same_input_gives_the_same_files_and_another_mapping_others(tmp_path):
    first = shop_of(tmp_path, GOOD)
    again = shop_of(tmp_path, GOOD)
    assert again == first
    assert again.complete
    other = clv.CustomerMapping(**{**vars(MAPPING), "date_order": "mdy"})
    assert shop_of(tmp_path, GOOD, mapping=other).key != first.key
    first.open_customers(engine.connect())
    with pytest.raises(clv.NotEnoughData, match="one row per customer"):
        first.open(engine.connect())


def test_orders_after_the_day_asked_for_cannot_be_taken_out_of_a_count(tmp_path):
    late = "late,01.02.2023,05.03.2024,3,30.00"
    with pytest.raises(clv.InvalidSettings, match="1 customers ordered after 2023-12-31"):
        shop_of(tmp_path, GOOD, late, rules=clv.Rules(until=date(2023, 12, 31)))
    many = [f"c{i},01.02.2023,05.03.2023,3,30.00" for i in range(200)]
    shop = shop_of(tmp_path, *many, late, rules=clv.Rules(until=date(2023, 12, 31)))
    assert shop.ledger.reasons == {"after the last day asked for": 1}
    assert shop.last == date(2023, 3, 5)


def test_a_file_without_a_usable_row_is_refused(tmp_path):
    with pytest.raises(clv.NotEnoughData, match="'no orders'"):
        shop_of(tmp_path, "x,01.02.2023,05.03.2023,0,30.00")


def test_a_record_from_before_there_were_files_of_customers_is_still_read(tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text("customer,order,date,amount\na,1,2024-01-02,5.00\nb,2,2024-01-03,6.00\n")
    raw = clv.read(orders)
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    shop.save(tmp_path / "shop.json")
    record = json.loads((tmp_path / "shop.json").read_text())
    del record["customers_path"], record["channels"]
    (tmp_path / "shop.json").write_text(json.dumps(record))
    assert Shop.load(tmp_path / "shop.json") == shop
    assert not shop.by_customer


def money_of(shop: Shop) -> list[float]:
    return rows_of(shop).sort_values("row_number")["revenue"].astype(float).tolist()


EURO = "anna,01.02.2023,05.03.2023,3,€30.00"
DOLLAR = "ben,01.02.2023,05.03.2023,2,$20.00"


def test_sums_in_several_currencies_are_refused_and_one_currency_is_named(tmp_path):
    with pytest.raises(MixedCurrencies) as caught:
        shop_of(tmp_path, EURO, DOLLAR)
    assert caught.value.currencies == ("EUR", "USD")
    assert shop_of(tmp_path, EURO, GOOD).currency == "EUR"


def test_a_currency_can_be_chosen_and_the_others_are_listed(tmp_path):
    shop = shop_of(tmp_path, EURO, DOLLAR, rules=Rules(currency="EUR"))
    (listed,) = shop.ledger.rejected_rows().to_dict("records")
    assert (listed["reason"], listed["column"], listed["value"]) == (
        "in another currency", "spent", "USD",
    )  # fmt: skip
    assert (money_of(shop), shop.currency) == ([30.0], "EUR")


def test_rates_turn_sums_into_one_currency_and_are_listed(tmp_path):
    rules = Rules(currency="EUR", rates=(("USD", 0.9),))
    shop = shop_of(tmp_path, EURO, DOLLAR, rules=rules)
    (change,) = shop.ledger.changed_rows().to_dict("records")
    assert (change["row_number"], change["old"], change["new"]) == (3, "20.0000", "18.0000")
    assert money_of(shop) == [30.0, 18.0]


def test_a_currency_column_goes_before_the_mark(tmp_path):
    mapping = replace(MAPPING, currency="coin")
    rows = f"{GOOD},EUR", DOLLAR + ",CAD"
    with pytest.raises(MixedCurrencies) as caught:
        shop_of(tmp_path, *rows, header=f"{HEADER},coin", mapping=mapping)
    assert caught.value.currencies == ("CAD", "EUR")
    assert clv.CustomerMapping.from_json(mapping.to_json()) == mapping


def test_sums_of_two_columns_in_two_currencies_are_no_sum(tmp_path):
    mapping = replace(MAPPING, revenue=("spent", "spent abroad"))
    header = f"{HEADER},spent abroad"
    with pytest.raises(MixedCurrencies):
        shop_of(tmp_path, f"{EURO},$5.00", header=header, mapping=mapping)
    shop = shop_of(tmp_path, f"{EURO},5.00 EUR", header=header, mapping=mapping)
    assert (money_of(shop), shop.currency) == ([35.0], "EUR")


def test_customers_can_be_left_out(tmp_path):
    shop = shop_of(tmp_path, GOOD, EURO, rules=Rules(without=("good",)))
    (listed,) = shop.ledger.rejected_rows().to_dict("records")
    assert (listed["reason"], listed["value"]) == ("customer left out", "good")
    assert money_of(shop) == [30.0]


def test_a_cap_is_refused_for_sums(tmp_path):
    with pytest.raises(InvalidSettings, match="one row per customer"):
        shop_of(tmp_path, GOOD, rules=Rules(cap=5))
