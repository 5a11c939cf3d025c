"""The Products page and the tabs of the Segments page, through the app."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import clv
from clv.insights.bought_with import bought_with
from clv.insights.questions import buyers
from tests.ui.test_customer_files import flo_like
from tests.ui.test_pages import open_page

PRODUCTS = ("What sells", "Bought with", "First product", "Journey")
SEGMENTS = (
    "Worth",
    "Spread",
    "What sets them apart",
    "Movement",
    "Baskets and prices",
    "How they are made",
    "Lists",
)


@pytest.fixture(scope="module")
def found() -> clv.Analysis:
    raw = clv.demo("Synthetic shop")
    return clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))


def words(app: AppTest) -> str:
    shown = (*app.markdown, *app.caption, *app.info, *app.warning)
    text = "\n".join(str(element.value) for element in shown)
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\\", "")


def open_tab(app: AppTest, key: str, tab: str) -> AppTest:
    app.session_state[key] = tab
    app.run()
    assert not app.exception
    assert not app.error
    return app


def table(app: AppTest, column: str) -> pd.DataFrame:
    return next(frame.value for frame in app.dataframe if column in frame.value)


def test_every_tab_of_both_pages_shows_the_synthetic_shop() -> None:
    app = open_page("products", "Synthetic shop")
    for tab in PRODUCTS:
        assert len(words(open_tab(app, "part", tab))) > 200
    app = open_page("segments", "Synthetic shop")
    for tab in SEGMENTS:
        assert len(words(open_tab(app, "look", tab))) > 200


def test_only_the_open_tab_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("not asked for")

    monkeypatch.setattr("clv.ui.orders_in_turn.moves", fail)
    monkeypatch.setattr("clv.ui.bought_with.together", fail)
    assert not open_page("products", "Synthetic shop").error


def test_what_is_bought_with_a_product_is_the_insight_of_it(found: clv.Analysis) -> None:
    app = open_tab(open_page("products", "Synthetic shop"), "part", "Bought with")
    lines = found.lines
    best = str(app.selectbox(key="product").value)
    level, name = best.split(": ", 1)
    assert level == "Product"
    column = lines.level_column(level)
    most = max(
        lines.items["product"], key=lambda one: len(lines.ask(buyers, None, (), column, one))
    )
    assert name == most
    pairs = lines.ask(bought_with, None, (), column, name, column, "order", (name,))
    shown = table(app, "confidence").set_index("name")
    expected = pairs[pairs["together"] >= 20].set_index("name")
    assert shown["together"].to_dict() == expected["together"].to_dict()
    assert shown["lift"].is_monotonic_decreasing
    people = lines.ask(buyers, None, (), column, name)
    assert f"**{len(people):,} customers**" in words(app)


def test_the_button_filters_on_the_buyers_and_takes_it_back() -> None:
    app = open_tab(open_page("products", "Synthetic shop"), "part", "Bought with")
    app.session_state["product"] = "Category: Tea"
    app.run()
    next(b for b in app.button if b.label == "Look at these customers only").click().run()
    assert app.multiselect(key="filter").value == ["Category: Tea"]
    assert "The filters keep" in app.caption[0].value
    next(b for b in app.button if b.label == "Take out of the filter").click().run()
    assert app.multiselect(key="filter").value == []


def test_a_chosen_group_offers_the_groups_inside_it() -> None:
    app = open_page("products", "Synthetic shop")
    app.multiselect(key="filter").set_value(["Category: Tea"]).run()
    next(b for b in app.button if b.label == "Show Subcategory inside Tea").click().run()
    assert app.session_state["level"] == "Subcategory"
    assert "All › Category: **Tea** › Subcategory" in words(app)
    assert set(table(app, "share_revenue")["name"]) == {"Black", "Green"}


def test_a_file_without_products_says_so(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    lines = [f"c{i % 60},{i},2024-{1 + i % 12:02d}-15,{10 + i % 9}.00" for i in range(400)]
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    app = open_page("products", "My file", path)
    assert not app.error
    assert "no column for products" in words(app)
    app = open_page("segments", "My file", path)
    for tab in SEGMENTS:
        open_tab(app, "look", tab)
    assert "number of pieces" in words(open_tab(app, "look", "Baskets and prices"))


def test_a_file_of_customers_says_what_is_missing_and_shows_interests(tmp_path: Path) -> None:
    path = flo_like(tmp_path / "customers.csv")
    app = open_page("products", "My file", path)
    assert not app.error
    assert "needs the single order lines" in words(app)
    assert set(table(app, "share_customers")["name"]) == {"SHOES", "SPORT", "None named"}
    app = open_page("segments", "My file", path)
    for tab, said in (
        ("Movement", "earlier day"),
        ("Baskets and prices", "basket sizes"),
        ("What sets them apart", "in the group against"),
    ):
        assert said in words(open_tab(app, "look", tab))


def test_movement_counts_every_customer_once(found: clv.Analysis) -> None:
    app = open_tab(open_page("segments", "Synthetic shop"), "look", "Movement")
    moves = table(app, "direction")
    assert moves["customers"].sum() == len(found.frame)
    assert moves["revenue"].sum() == pytest.approx(found.frame["revenue"].sum())
    now = moves.groupby("to")["customers"].sum()
    assert now.to_dict() == found.frame["segment"].astype(str).value_counts().to_dict()


def test_own_rules_of_the_grid_reach_every_page_and_bad_ones_are_refused() -> None:
    app = open_page("segments", "Synthetic shop")
    app.sidebar.text_input(key="rfm").set_value("R: 30, 60, 120, 240; 55: Stars; 45: Stars").run()
    assert "Stars" in table(app, "share_value")["name"].tolist()
    app.sidebar.text_input(key="rfm").set_value("R: 30, 20, 10, 5").run()
    assert "four rising numbers" in app.error[0].value
    app.sidebar.text_input(key="rfm").set_value("").run()
    assert not app.error


def test_the_number_of_tiers_is_a_setting() -> None:
    app = open_page("segments", "Synthetic shop")
    app.selectbox(key="by").set_value("Tier").run()
    app.sidebar.slider(key="tiers").set_value(6).run()
    assert table(app, "share_value")["name"].tolist() == list("ABCDEF")
    app.selectbox(key="by").set_value("Value and risk").run()
    assert set(table(app, "share_value")["name"]) <= {"Protect", "Grow", "Win back", "Let go"}


def test_the_profile_compares_a_group_with_the_rest(found: clv.Analysis) -> None:
    app = open_tab(open_page("segments", "Synthetic shop"), "look", "What sets them apart")
    shown = table(app, "share_rest").set_index(["field", "value"])
    inside = (found.frame["segment"] == "Champions").to_numpy()
    column = found.lines.level_column("Category")
    has = np.zeros(len(inside), dtype=bool)
    has[found.lines.ask(buyers, None, (), column, "Tea")] = True
    tea = shown.loc[("Category", "Tea")]
    assert tea["inside"] == (has & inside).sum()
    assert tea["share"] == pytest.approx(100 * has[inside].mean())
    assert tea["share_rest"] == pytest.approx(100 * has[~inside].mean())
    spain = (found.frame["country"] == "Spain").to_numpy()
    assert shown.loc[("Country", "Spain"), "share"] == pytest.approx(100 * spain[inside].mean())


def test_every_customer_is_in_one_of_the_groups_by_basket_and_price(found: clv.Analysis) -> None:
    app = open_tab(open_page("segments", "Synthetic shop"), "look", "Baskets and prices")
    app.session_state["groups"] = "5"
    app.run()
    groups = table(app, "basket")
    assert len(groups) == 5
    assert groups["customers"].sum() == len(found.frame)
    value = found.frame["predicted_clv"].sum()
    assert groups["predicted_clv"].sum() == pytest.approx(value)
