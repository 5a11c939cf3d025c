"""Every page, through the app, with a file of one row per customer."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from clv.ui.places import page_file
from tests.ui.test_pages import NAMES, metric, open_page

HEADER = "customer,first order,last order,orders online,orders shop,spent online,spent shop,likes"


def flo_like(path: Path) -> Path:
    """300 customers of two channels, some with a single order, one row that cannot be used."""
    lines = [
        f"c{i:03d},{2020 + i % 3}-{1 + i % 12:02d}-05,"
        + (f"{2020 + i % 3}-{1 + i % 12:02d}-05," if i % 3 == 0 else "2023-03-15,")
        + (f"{i % 2},{1 - i % 2}," if i % 3 == 0 else f"{i % 4},{2 + i % 3},")
        + f"{20 + i % 7}.50,{10 + i % 11}.00,"
        + ("[]" if i % 5 == 0 else '"[SHOES, SPORT]"' if i % 2 else "[SHOES]")
        for i in range(300)
    ]
    lines.append("c999,2023-03-01,2022-01-01,1,1,5.00,5.00,[]")
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    return flo_like(tmp_path / "customers.csv")


def words(app: AppTest) -> str:
    shown = (*app.markdown, *app.caption, *app.info, *app.warning)
    return "\n".join(str(element.value) for element in shown)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_shows_the_file_of_the_shoe_shop(name: str, real) -> None:
    app = open_page(name, "My file", real("flo/flo_data_20k.csv.gz"))
    assert not app.error
    assert app.title


@pytest.mark.parametrize("name", NAMES)
def test_every_page_shows_a_small_file_of_customers(name: str, upload: Path) -> None:
    app = open_page(name, "My file", upload)
    assert not app.error
    assert app.title


@pytest.mark.parametrize("model", ["MBG/NBD", "Pareto/NBD", "NBD", "Same rate as before"])
def test_every_model_shows_every_page(model: str, upload: Path) -> None:
    app = open_page("overview", "My file", upload)
    app.sidebar.selectbox(key="model").set_value(model).run()
    for name in NAMES:
        app.switch_page(page_file(name)).run()
        assert not app.exception
        assert not app.error


@pytest.mark.parametrize(
    "churn", ["Period over period", "One minus repeat rate", "Inactivity", "Model"]
)
def test_every_way_to_measure_churn_is_shown_or_said_to_be_missing(churn, upload) -> None:
    app = open_page("overview", "My file", upload)
    app.sidebar.selectbox(key="churn").set_value(churn).run()
    assert not app.exception
    assert not app.error
    if churn == "Period over period":
        assert "needs single orders" in words(app)
    no_figure = metric(app, "Per customer, over a lifetime") == "–"
    assert not no_figure or any("churn" in w.value or "lost" in w.value for w in app.warning)


def test_what_needs_single_orders_is_said_on_the_page_that_lacks_it(upload: Path) -> None:
    app = open_page("data", "My file", upload)
    assert "Revenue by month needs single orders" in words(app)
    app.switch_page(page_file("trust")).run()
    assert "Not tested on your own past" in words(app)
    assert "That needs single orders" in words(app)
    app.switch_page(page_file("overview")).run()
    assert "does not say on which days" in words(app)


def test_cautions_stand_on_one_page_and_the_others_point_to_it(upload: Path) -> None:
    app = open_page("overview", "My file", upload)
    said = [str(warning.value) for warning in app.warning]
    assert said
    for name in ("segments", "customers"):
        app.switch_page(page_file(name)).run()
        assert not set(said) & {str(warning.value) for warning in app.warning}
        assert any(" on the Overview" in link.proto.label for link in app.get("page_link"))


def test_the_two_shapes_can_be_overruled_on_the_data_page(upload: Path) -> None:
    app = open_page("data", "My file", upload)
    box = app.radio[0]
    assert box.value == "One row per customer"
    assert app.dataframe[1].value["reason"].tolist() == ["last order before the first"]
    box.set_value("One row per order or order line").run()
    assert not app.exception
    assert any(b.label == "Order date *" for b in app.selectbox)
    app.radio[0].set_value("One row per customer").run()
    assert not app.exception
    assert any(b.label == "First order *" for b in app.selectbox)


def test_an_order_file_said_to_be_of_customers_is_told_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = [f"c{i % 7},{i},2024-{1 + i % 12:02d}-14,9.50" for i in range(60)]
    path.write_text("\n".join(["customer,order,date,amount", *lines]) + "\n")
    app = open_page("data", "My file", path)
    app.radio[0].set_value("One row per customer").run()
    assert not app.exception
    assert "No column says" in app.error[0].value


def test_a_column_taken_out_of_a_sum_changes_the_sum_and_the_channels(upload: Path) -> None:
    app = open_page("data", "My file", upload)
    box = next(b for b in app.multiselect if b.label == "Net revenue *")
    assert box.value == ["spent online", "spent shop"]
    assert [t.value for t in app.text_input if t.key.startswith("channel_")] == ["Online", "Shop"]
    box.set_value(["spent online"]).run()
    assert not app.exception
    assert not app.error
    assert not [t for t in app.text_input if t.key.startswith("channel_")]


def test_the_currency_of_customers_is_a_column_like_another(tmp_path: Path) -> None:
    lines = flo_like(tmp_path / "customers.csv").read_text().splitlines()
    coins = ["money", *("EUR" if i % 2 else "USD" for i in range(len(lines) - 1))]
    path = tmp_path / "several.csv"
    path.write_text("\n".join(map(",".join, zip(lines, coins, strict=True))) + "\n")
    app = open_page("data", "My file", path)
    box = next(b for b in app.selectbox if b.label == "Currency")
    box.set_value("money").run()
    assert "The amounts are in 2 currencies" in "\n".join(
        str(e.value) for e in (*app.error, *app.warning, *app.markdown)
    )


def test_customers_are_grouped_by_channel_and_by_interest(upload: Path) -> None:
    app = open_page("segments", "My file", upload)
    for label, text in (("Main channel", "Shop"), ("Channels used", "Online and Shop")):
        app.selectbox(key="by").set_value(label).run()
        assert not app.exception
        assert text in app.dataframe[0].value["name"].tolist()
    app.selectbox(key="by").set_value("Interests").run()
    table = app.dataframe[0].value.set_index("name")["customers"]
    assert table["SHOES"] == 240
    assert table["None named"] == 60
    assert table.sum() > 300
    assert "A customer counts in each of their interests" in words(app)


def test_a_grouping_that_other_data_lack_gives_way_to_segments(upload: Path) -> None:
    app = open_page("segments", "My file", upload)
    app.selectbox(key="by").set_value("Interests").run()
    app.sidebar.selectbox(key="data").set_value("CDNOW").run()
    assert not app.exception
    assert not app.error


def test_a_second_opinion_needs_no_single_orders(upload: Path) -> None:
    app = open_page("trust", "My file", upload)
    next(b for b in app.button if "second opinion" in b.label).click().run()
    assert not app.exception
    assert "independent program" in words(app)


def test_the_tutorial_score_is_shown_on_request_and_called_a_score(upload: Path) -> None:
    app = open_page("customers", "My file", upload)
    assert "tutorial_score" not in app.dataframe[0].value
    app.toggle(key="score").set_value(True).run()
    score = app.dataframe[0].value["tutorial_score"]
    assert score.max() == pytest.approx(100)
    assert score.min() >= 1
    app.switch_page(page_file("method")).run()
    assert "money squared, a score, not an amount of money" in words(app)
