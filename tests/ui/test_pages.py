"""Every page, through the app, with data: the examples, filters, and a shop without a model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import clv
from clv.insights.distributions import alive_title
from clv.ui.places import page_file
from clv.ui.uploads import Upload
from tests.ui.test_app import NAMES

FRAME = Path(__file__).resolve().parents[2] / "clv" / "ui" / "app.py"


def open_page(name: str, data: str, upload: Path | None = None) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=120)
    if upload:
        app.session_state["uploads"] = (Upload(upload, upload.name, upload.stat().st_size),)
    app.run()
    app.sidebar.selectbox(key="data").set_value(data).run()
    if name != "data":
        app.switch_page(page_file(name)).run()
    assert not app.exception
    return app


def metric(app: AppTest, label: str) -> str:
    return next(str(m.value) for m in app.metric if m.label == label)


@pytest.mark.parametrize("data", ["CDNOW", "Synthetic shop"])
@pytest.mark.parametrize("name", NAMES)
def test_every_page_shows_every_example(name: str, data: str) -> None:
    app = open_page(name, data)
    assert not app.error
    assert app.title


def test_the_overview_puts_both_answers_side_by_side_in_money() -> None:
    app = open_page("overview", "Synthetic shop")
    raw = clv.demo("Synthetic shop")
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    expected = clv.analyse(shop, clv.Settings(margin=0.4))
    assert metric(app, "Per customer, over a lifetime") == f"{expected.formula.clv:,.2f}"
    mean = expected.totals.predicted_clv.value / expected.totals.customers
    assert metric(app, "Per customer, next 12 months") == f"{mean:,.2f}"
    assert any("Tested on your past" in text.value for text in app.markdown)


def test_margin_and_horizon_change_what_the_overview_shows() -> None:
    app = open_page("overview", "Synthetic shop")
    before = metric(app, "Historic value")
    app.sidebar.slider(key="margin").set_value(80).run()
    assert float(metric(app, "Historic value").replace(",", "")) == pytest.approx(
        2 * float(before.replace(",", "")), abs=1
    )
    app.sidebar.slider(key="horizon").set_value(3).run()
    assert metric(app, "Predicted, 3 months")


def test_the_margin_of_the_cost_column_is_one_click_away() -> None:
    app = open_page("overview", "Synthetic shop")
    button = next(b for b in app.button if b.label.startswith("Use "))
    button.click().run()
    assert app.sidebar.slider(key="margin").value == int(button.label[4:-2])


def test_filters_keep_a_part_and_say_which() -> None:
    app = open_page("segments", "Synthetic shop")
    app.multiselect(key="filter").set_value(["Segment: Champions"]).run()
    assert "The filters keep" in app.caption[0].value
    app.multiselect(key="filter").set_value(["Segment: Champions", "Status: Long gone"]).run()
    assert "No customer passes" in app.info[0].value
    assert not app.exception


def test_one_pale_cell_does_not_make_a_pattern() -> None:
    grid = pd.DataFrame({"p_alive": [1.0, 0.0], "customers": [99, 1]})
    assert "hardly means" in alive_title(grid)
    assert "the sooner silence" in alive_title(grid.assign(customers=[1, 1]))


def test_a_customer_is_found_by_a_part_of_the_number() -> None:
    app = open_page("customers", "Synthetic shop")
    app.text_input(key="find").set_value("C0123").run()
    (shown,) = app.dataframe
    assert set(shown.value["customer_id"]) == {f"C0123{i}" for i in range(10)}
    app.text_input(key="find").set_value("nobody").run()
    assert "No customer matches" in app.info[0].value


@pytest.mark.parametrize("name", NAMES)
def test_without_a_model_every_page_still_works(name: str, tmp_path: Path) -> None:
    path = tmp_path / "once.csv"
    lines = [f"c{i},{i},2024-{1 + i % 6:02d}-15,{10 + i}.00" for i in range(40)]
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    app = open_page(name, "My file", path)
    assert not app.error


def test_an_ambiguous_date_is_asked_and_the_answer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "two-readings.csv"
    lines = [f"c{i % 7},{i},{1 + i % 12:02d}/{1 + i % 11:02d}/2024,9.50" for i in range(60)]
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    app = open_page("data", "My file", path)
    assert "two readings" in app.error[0].value
    box = next(b for b in app.selectbox if b.label == "How dates are written")
    box.set_value("dmy").run()
    assert not app.error


def test_a_wrong_column_is_corrected_in_place(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = [f"c{i % 7},{i},2024-{1 + i % 12:02d}-14,9.50,{i % 3}.25" for i in range(60)]
    path.write_text("customer,order,date,amount,fee\n" + "\n".join(lines) + "\n")
    app = open_page("data", "My file", path)
    box = next(b for b in app.selectbox if b.label == "Amount")
    assert box.value == "amount"
    assert any("Against the order: 570.00" in caption.value for caption in app.caption)
    box.set_value("fee").run()
    assert any("Against the order: 75.00" in caption.value for caption in app.caption)


def test_a_rule_can_be_switched_off_and_its_effect_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = [f"c{i % 7},{i},2024-{1 + i % 12:02d}-14,9.50" for i in range(30)]
    path.write_text("\n".join(["customer,order,date,amount", *lines, lines[0]]) + "\n")
    app = open_page("data", "My file", path)
    assert any("31 rows → 30 lines" in m.value for m in app.markdown)
    box = next(t for t in app.toggle if t.label == "Leave out exact duplicates")
    box.set_value(False).run()
    assert any("31 rows → 31 lines" in m.value for m in app.markdown)


def test_a_defect_of_ours_is_said_in_words_and_not_as_code(monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    app = AppTest.from_file(str(FRAME), default_timeout=60)
    monkeypatch.setattr("clv.ui.source_step.choose_source", fail)
    app.run()
    assert not app.exception
    assert "not your fault" in app.error[0].value
    assert "secret" not in app.error[0].value


def test_the_filtered_group_has_a_total_with_its_interval() -> None:
    app = open_page("segments", "Synthetic shop")
    app.multiselect(key="filter").set_value(["Segment: Champions"]).run()
    raw = clv.demo("Synthetic shop")
    found = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))
    total = found.valuation.total((found.frame["segment"] == "Champions").to_numpy())
    words = app.caption[0].value.replace("\N{NO-BREAK SPACE}", " ")
    assert f"12 months: {total.value:,.0f}" in words
    assert f"80 % interval {total.low:,.0f} to {total.high:,.0f}" in words


def test_another_coverage_widens_the_ranges() -> None:
    app = open_page("customers", "Synthetic shop")
    narrow = app.dataframe[0].value.iloc[0]
    app.sidebar.slider(key="coverage").set_value(95).run()
    wide = app.dataframe[0].value.iloc[0]
    assert wide["predicted_clv"] == narrow["predicted_clv"]
    assert wide["predicted_clv_low"] < narrow["predicted_clv_low"]
    assert wide["predicted_clv_high"] > narrow["predicted_clv_high"]


@pytest.mark.parametrize("model", ["MBG/NBD", "Pareto/NBD", "NBD", "Same rate as before"])
def test_every_model_shows_every_page(model: str) -> None:
    app = open_page("overview", "Synthetic shop")
    app.sidebar.selectbox(key="model").set_value(model).run()
    for name in ("overview", "segments", "customers", "actions", "uplift", "trust", "method"):
        app.switch_page(page_file(name)).run()
        assert not app.exception
        assert not app.error


def test_the_trust_page_grades_totals_ranking_and_single_customers() -> None:
    app = open_page("trust", "Synthetic shop")
    words = [text.value for text in app.markdown]
    for what in ("Totals", "Ranking", "Single customers"):
        assert any(text.startswith(f"**{what}** :") for text in words)
    assert any("Do customers buy at random" in text for text in words)
    assert any("You can choose another one" in text for text in words)


def test_a_second_opinion_comes_at_the_press_of_a_button() -> None:
    app = open_page("trust", "Synthetic shop")
    assert not any("An independent program" in text.value for text in app.markdown)
    next(b for b in app.button if "second opinion" in b.label).click().run()
    assert any("An independent program" in text.value for text in app.markdown)


def test_a_large_shop_is_looked_at_from_earlier_days_only_on_request(monkeypatch) -> None:
    monkeypatch.setattr("clv.ui.trust.QUICK", 10)
    app = open_page("trust", "Synthetic shop")
    assert not any("As of" in text.value for text in app.markdown)
    next(b for b in app.button if b.label.startswith("Look from")).click().run()
    assert any("As of" in text.value for text in app.markdown)


@pytest.fixture(scope="module")
def collapsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose customers nearly stop ordering in the last months, unlike ever before."""
    random = np.random.default_rng(7)
    start = pd.Timestamp("2022-01-03")
    rows = ["customer,order,date,amount"]
    for customer in range(400):
        day = float(random.uniform(0, 300))
        while day < 720:
            if day < 520 or random.uniform() < 0.15:
                when = start + pd.Timedelta(days=int(day))
                rows.append(f"c{customer},{len(rows)},{when:%Y-%m-%d},{random.gamma(4, 10):.2f}")
            day += float(random.exponential(45))
    path = tmp_path_factory.mktemp("shops") / "collapsed.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_no_range_looks_like_a_promise_where_the_test_failed(collapsed: Path) -> None:
    app = open_page("overview", "My file", collapsed)
    words = "\n".join(str(element.value) for element in app.markdown)
    assert "Failed on your past" in words
    assert "Tested on your past" not in words
    predicted = next(m for m in app.metric if m.label.startswith("Predicted, "))
    assert predicted.delta == "failed the test"
    assert any(w.value.startswith("Do not rely on totals, which were") for w in app.warning)
    app.switch_page(page_file("segments")).run()
    assert "totals failed the test on your past" in app.caption[0].value
    app.switch_page(page_file("trust")).run()
    assert any("Do not rely on totals" in warning.value for warning in app.warning)
