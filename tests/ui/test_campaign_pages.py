"""Actions and Uplift through the app: cards, what-if, lists, keys."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import clv
from clv.insights.campaign_key import CampaignKey
from tests.ui.test_pages import open_page


def said(app: AppTest) -> str:
    parts = (app.markdown, app.caption, app.info, app.warning, app.success)
    text = "\n".join(str(element.value) for part in parts for element in part)
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\\", "")


@pytest.fixture(scope="module")
def synthetic():
    raw = clv.demo("Synthetic shop")
    return clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))


def key_of(found, **changes) -> CampaignKey:
    ids = found.frame["customer_id"].astype(str)
    start = found.analysis_date - timedelta(days=60)
    usual = {
        "name": "Spring *tea*",
        "drawn_on": start,
        "seed": 1,
        "analysis_date": start,
        "contact_date": start,
        "window_days": 30,
        "treated": tuple(ids[::2]),
        "control": tuple(ids[1::2]),
    }
    return CampaignKey(**{**usual, **changes})


def give(app: AppTest, text: str) -> AppTest:
    app.file_uploader(key="key").set_value(("key.json", text.encode(), "application/json"))
    return app.run()


def test_every_segment_has_a_card_with_its_reasons() -> None:
    app = open_page("actions", "Synthetic shop")
    words = said(app)
    for part in ("**Champions** ·", "**Lost** ·", "Reach them through Web", "Six in ten of their"):
        assert part in words
    assert "no pair goes together more often than chance" in words


def test_the_plan_follows_its_inputs() -> None:
    app = open_page("actions", "Synthetic shop")
    assert "this campaign does not pay" in said(app)
    app.number_input(key="response").set_value(30.0).run()
    assert "this campaign pays" in said(app)
    app.number_input(key="off").set_value(50.0).run()
    assert "No response can pay for it" in said(app)
    app.selectbox(key="offer").set_value("No offer").run()
    assert "It pays for 3,000 customers" in said(app)
    assert not app.exception


def test_a_card_plans_a_campaign_for_its_segment() -> None:
    app = open_page("actions", "Synthetic shop")
    app.button(key="plan_Loyal").click().run()
    assert app.multiselect(key="filter").value == ["Segment: Loyal"]
    assert "**Champions** ·" not in said(app)
    app.button(key="plan_Loyal").click().run()
    assert app.multiselect(key="filter").value == []


def test_a_message_that_does_not_know_the_last_click_does_not_undo_it() -> None:
    app = open_page("actions", "Synthetic shop")
    app.button(key="plan_Loyal").click().run()
    # From a browser that has not got the chips of that click yet.
    app.multiselect(key="filter").set_value([])
    app.number_input(key="filter_heard").set_value(0)
    app.slider(key="control").set_value(50).run()
    assert app.multiselect(key="filter").value == ["Segment: Loyal"]
    # One that knows it takes the chip out: a wish.
    app.multiselect(key="filter").set_value([]).run()
    assert app.multiselect(key="filter").value == []


def test_the_list_is_split_and_its_power_is_said() -> None:
    app = open_page("actions", "Synthetic shop")
    assert "**2,400 customers to contact, 600 left out**" in said(app)
    app.slider(key="control").set_value(50).run()
    assert "**1,500 customers to contact, 1,500 left out**" in said(app)
    assert "more buyers per 100 on" in said(app)


def test_other_data_start_with_days_of_their_own() -> None:
    app = open_page("actions", "CDNOW")
    assert app.date_input(key="contact").value.year == 1998
    app.sidebar.selectbox(key="data").set_value("Synthetic shop").run()
    assert not app.exception
    assert not app.error
    assert app.date_input(key="contact").value.year == 2025


def test_without_a_model_the_cards_say_less(tmp_path: Path) -> None:
    path = tmp_path / "once.csv"
    lines = [f"c{i},{i},2024-01-15,{10 + i}.00" for i in range(40)]  # all on the last day
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    app = open_page("actions", "My file", path)
    words = said(app)
    assert "No predicted CLV: there is no model" in words
    assert "No bundle: the file names no products" in words
    assert "what a campaign brings cannot be told" in words
    assert "customers to contact" in words


def test_one_row_per_customer_has_actions_and_no_uplift(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(
        "customer,first order date,last order date,order count,total value\n"
        + "".join(f"c{i},2024-01-09,2024-05-1{i % 9},{1 + i % 4},{10 * i + 5}\n" for i in range(90))
    )
    app = open_page("actions", "My file", path)
    assert "the file has one row per customer" in said(app)
    app = open_page("uplift", "My file", path)
    assert "needs single orders" in app.info[0].value
    assert not app.file_uploader


def test_a_key_shows_the_uplift_and_its_days_can_be_corrected(synthetic) -> None:
    app = open_page("uplift", "Synthetic shop")
    key = key_of(synthetic)
    give(app, key.to_json())
    assert not app.exception
    assert not app.error
    words = said(app)
    assert f"{len(key.treated):,} contacted" in words
    assert "Spring *tea*" in words
    assert "No effect on money can be told" in words
    labels = [metric.label for metric in app.metric]
    assert labels[:2] == ["Net revenue per customer", "Margin per customer"]
    app.number_input(key=f"days_{key.campaign_id}").set_value(90).run()
    assert "The file ends before the window does" in said(app)
    app.multiselect(key="filter").set_value(["Segment: Champions"]).run()
    assert "The filter above is left out here" in said(app)


def test_customers_of_the_key_who_are_not_in_the_data_are_counted(synthetic) -> None:
    app = open_page("uplift", "Synthetic shop")
    key = key_of(synthetic)
    give(app, key_of(synthetic, treated=(*key.treated, "gone")).to_json())
    assert "1 of those contacted and 0 of those left out are not in these data" in said(app)


@pytest.mark.parametrize("text", ["nonsense", "{}"])
def test_another_file_is_refused_as_key(text: str) -> None:
    app = give(open_page("uplift", "Synthetic shop"), text)
    assert "not the key of a campaign" in app.error[0].value.replace("\\", "")
    assert not app.exception


def test_a_changed_key_and_that_of_another_shop_are_refused(synthetic) -> None:
    app = open_page("uplift", "Synthetic shop")
    content = json.loads(key_of(synthetic).to_json())
    content["treated"] = content["treated"][1:]
    give(app, json.dumps(content))
    assert "changed after it was made" in app.error[0].value
    give(app, key_of(synthetic, treated=("a", "b"), control=("c", "d")).to_json())
    assert "None of the 4 customers in the key" in app.error[0].value
