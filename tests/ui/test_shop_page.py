"""The shop database in the app: its page, and as the data of all pages."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from clv.store.shop import rows
from clv.store.shop.database import create_shop
from clv.store.shop.plan import Plan
from clv.store.shop.synthetic import fill
from clv.ui.places import page_file
from tests.ui.test_app import FRAME
from tests.ui.test_pages import metric


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"sqlite:///{tmp_path}/shop.db"
    monkeypatch.setenv("CLV_SHOP_URL", address)
    return address


@pytest.fixture
def shop(url: str) -> sa.Engine:
    database = create_shop(url)
    fill(database, Plan(customers=300, products=40, months=18))
    return database


def opened(page: str = "shop", **query: str) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    app.query_params.update(query)
    app.run()
    app.switch_page(page_file(page)).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return " ".join(str(part.value) for kind in ("info", "error", "caption", "markdown", "code")
                    for part in app.get(kind))  # fmt: skip


def test_without_a_shop_the_page_says_how_to_make_one(url: str) -> None:
    assert "python -m clv shop synth" in words(opened())


def test_without_a_shop_it_is_no_data_and_that_is_said(url: str) -> None:
    app = opened("overview", data="Shop database")
    (error,) = app.error
    assert "There is no shop database yet" in error.value.replace("\\", "")


def test_the_page_shows_tables_a_page_at_a_time(shop: sa.Engine) -> None:
    app = opened()
    assert metric(app, "Customers") == "300"
    first = app.dataframe[0].value["customer_id"]
    assert list(first) == [f"C{n:06d}" for n in range(1, 51)]
    next(b for b in app.button if b.label == "Next").click()
    app.run()
    assert app.dataframe[0].value["customer_id"].iloc[0] == "C000051"
    next(b for b in app.button if b.label == "Back").click()
    app.run()
    assert list(app.dataframe[0].value["customer_id"]) == list(first)


def test_a_question_is_answered_and_a_change_is_refused(shop: sa.Engine) -> None:
    app = opened(shop_part="Questions in SQL")
    app.text_area(key="shop_query").set_value("SELECT count(*) AS n, count(*) AS n FROM customers")
    next(b for b in app.button if b.label == "Run").click()
    app.run()
    assert not app.exception
    assert app.dataframe[0].value.to_numpy().tolist() == [["300", "300"]]
    app.text_area(key="shop_query").set_value("DELETE FROM sales")
    next(b for b in app.button if b.label == "Run").click()
    app.run()
    assert "only reads" in app.error[0].value
    assert rows.count(shop, "sales") > 0


def test_a_server_for_others_shows_a_shop_only_where_it_is_named(
    shop: sa.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def seen() -> str:
        from streamlit import config

        old = config.get_option("server.address")
        config.set_option("server.address", "0.0.0.0")
        try:
            return words(opened()) + words(opened("overview", data="Shop database"))
        finally:
            config.set_option("server.address", old)

    assert "does not show" not in seen()
    monkeypatch.delenv("CLV_SHOP_URL")
    monkeypatch.setenv("CLV_STORE_DIR", str(tmp_path))  # where shop.db lies
    assert seen().count("does not show its shop database") == 2


def test_a_query_in_a_link_is_not_run(shop: sa.Engine) -> None:
    app = opened(shop_part="Questions in SQL", shop_query="SELECT 1", shop_asked="SELECT 1")
    assert not app.dataframe


def test_the_shop_is_the_data_and_orders_that_arrive_count_at_once(shop: sa.Engine) -> None:
    app = opened("overview", data="Shop database")
    assert metric(app, "Customers") == "300"
    rows.create(shop, "customers", {"customer_id": "new"})
    order = {"order_id": "new", "customer_id": "new", "ordered_at": "2025-12-31 12:00"}
    rows.create(shop, "transactions", order)
    rows.create(shop, "sales", {"order_id": "new", "product_id": "P00001", "quantity": 1})
    app.run()
    assert not app.exception
    assert metric(app, "Customers") == "301"


def test_what_was_decided_about_rows_holds_when_orders_arrive(shop: sa.Engine) -> None:
    app = AppTest.from_function(_decided).run()
    assert not app.exception
    assert app.session_state["left_out"] == ("C000001",)


def _decided() -> None:
    import streamlit as st

    from clv.settings import Rules
    from clv.store.shop import rows
    from clv.store.shop.database import open_shop
    from clv.ui import decisions
    from clv.ui.shop_door import shop_orders

    decisions.change(shop_orders(), rules=Rules(without=("C000001",)))
    line = rows.listed(open_shop(), "sales", limit=1).rows[0]
    rows.create(open_shop(), "sales", {**line, "sale_id": None})
    st.session_state["left_out"] = decisions.recipe(shop_orders()).rules.without
