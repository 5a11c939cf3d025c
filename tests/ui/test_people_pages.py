"""The list, one customer, rules and downloads, through the app."""

import io
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

import clv
from clv.exports import to_csv, to_parquet
from clv.ui.people_downloads import _made
from clv.ui.places import page_file
from tests.ui.test_customer_files import flo_like
from tests.ui.test_pages import metric, open_page


def words(app: AppTest) -> str:
    shown = (*app.markdown, *app.caption, *app.info, *app.warning, *app.error)
    return "\n".join(str(element.value) for element in shown).replace("\\", "")


def test_the_list_says_what_to_sell_to_whom_at_which_price() -> None:
    app = open_page("customers", "Synthetic shop")
    (table,) = app.dataframe
    rows = table.value
    for column in ("main_channel", "main_category", "price_median", "recommended_1"):
        assert rows[column].notna().mean() > 0.8
    assert (rows["price_low"] <= rows["price_median"]).all()
    assert (rows["price_median"] <= rows["price_high"]).all()
    assert "never bought" in words(app)
    assert "in this file none is" in words(app)


def open_one(data: str, customer: str, upload: Path | None = None) -> AppTest:
    app = open_page("customer", data, upload)
    app.text_input(key="customer").set_value(customer).run()
    assert not app.exception
    return app


def test_the_page_of_one_customer_shows_the_figures_of_the_list() -> None:
    app = open_one("Synthetic shop", "C01231")
    raw = clv.demo("Synthetic shop")
    found = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))
    row = found.customers().set_index("customer_id").loc["C01231"]
    assert metric(app, "Predicted, 12 months") == f"{row['predicted_clv']:,.2f}"
    assert metric(app, "Orders, 12 months") == f"{row['expected_orders']:.2f}"
    assert metric(app, "Orders so far") == str(row["orders"])
    assert f"are called {row['segment']}" in words(app)
    assert "Worth recommending" in [s.value for s in app.subheader]
    assert not app.error


def test_an_id_that_does_not_exist_is_said_in_words_and_others_are_offered() -> None:
    app = open_one("Synthetic shop", "nobody *here*")
    assert "There is no customer “nobody *here*”" in words(app)
    assert not app.error
    offered = [b for b in app.button if b.key and b.key.startswith("pick_")]
    assert offered
    offered[0].click().run()
    assert app.header[0].value.replace("\\", "") == offered[0].label.replace("\\", "")


def test_a_part_of_the_number_offers_who_has_it() -> None:
    app = open_one("Synthetic shop", "C0123")
    assert "10 customers with it" in words(app)


def test_a_filter_does_not_change_the_page_of_a_customer_and_says_so() -> None:
    app = open_one("Synthetic shop", "C01231")
    before = metric(app, "Predicted, 12 months")
    app.multiselect(key="filter").set_value(["Segment: Lost"]).run()
    assert metric(app, "Predicted, 12 months") == before
    assert "the filter above does not change it" in words(app)


def test_a_rule_becomes_a_chip_and_keeps_a_part() -> None:
    app = open_page("customers", "Synthetic shop")
    app.selectbox(key="rule_field").set_value("Orders").run()
    app.text_input(key="rule_value_Orders").set_value("5").run()
    app.button(key="rule_add").click().run()
    assert app.multiselect(key="filter").value == ["Orders at least: 5"]
    assert "The filters keep" in app.caption[0].value
    assert app.dataframe[0].value["orders"].min() >= 5
    assert not app.exception


def test_a_rule_that_cannot_be_is_refused_in_words() -> None:
    app = open_page("customers", "Synthetic shop")
    app.selectbox(key="rule_field").set_value("Orders").run()
    app.text_input(key="rule_value_Orders").set_value("many").run()
    app.button(key="rule_add").click().run()
    assert app.multiselect(key="filter").value == []
    assert "is no number" in words(app)


def test_columns_of_the_download_are_kept_on_the_way_to_another_page() -> None:
    app = open_page("customers", "Synthetic shop")
    assert "recommended_1" in app.multiselect(key="columns").value
    app.multiselect(key="columns").set_value(["customer_id", "revenue"]).run()
    app.switch_page(page_file("trust")).run()
    app.switch_page(page_file("customers")).run()
    assert app.multiselect(key="columns").value == ["customer_id", "revenue"]
    app.multiselect(key="columns").set_value([]).run()
    assert "Choose at least one column" in words(app)
    assert not app.exception


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    return flo_like(tmp_path / "customers.csv")


def test_one_row_per_customer_shows_what_is_known_and_says_what_is_not(upload: Path) -> None:
    app = open_one("My file", "c007", upload)
    assert "one row per customer" in words(app)
    assert "Only the time since the last order is known" in words(app)
    assert metric(app, "P(alive)")
    assert not app.error
    app.switch_page(page_file("customers")).run()
    assert "recommended products need single orders" in words(app)
    app.multiselect(key="filter").set_value(["Main channel: shop"]).run()
    assert not app.exception
    assert not app.error


def test_lists_for_platforms_are_offered_where_ids_are_addresses(tmp_path: Path) -> None:
    path = tmp_path / "mails.csv"
    lines = [
        f"p{i % 40}@shop.example,{i},2024-{1 + i % 12:02d}-14,{9 + i % 7}.50" for i in range(200)
    ]
    lines.append("guest,999,2024-03-03,5.00")
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    app = open_page("customers", "My file", path)
    assert "40 addresses from “customer_id”. Left out: 1 without a valid address" in words(app)
    assert "Meta and Google get hashes only" in words(app)


def test_programs_get_every_digit_and_people_get_cents() -> None:
    raw = clv.demo("Synthetic shop")
    found = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))
    rows, columns = found.frame.head(50), ["customer_id", "predicted_clv", "recommended_1"]
    exact = found.customers(rows)["predicted_clv"]
    for write, wanted in ((to_csv, exact.round(2)), (partial(to_csv, machine=True), exact)):
        data = _made(found, rows, columns, write)
        back = pd.read_csv(io.BytesIO(data), encoding="utf-8-sig", dtype=str)
        assert list(back) == columns
        assert [float(text) for text in back["predicted_clv"]] == wanted.tolist()
    table = pq.read_table(io.BytesIO(_made(found, rows, columns, to_parquet)))
    assert table["predicted_clv"].to_pylist() == exact.tolist()
