"""The pages Saved and Access through the app: what a person does there happens in the store."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import clv
from clv.store import LOCAL, Store, access, links, open_store
from clv.store.audit import entries
from clv.store.saved import Saved, get, listed, reopen, save
from clv.ui.places import page_file
from clv.ui.saved import whole
from tests.store.small_shop import small_analysis

FRAME = Path(__file__).resolve().parents[2] / "clv" / "ui" / "app.py"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CLV_STORE_DIR", str(tmp_path / "store"))
    monkeypatch.delenv("CLV_STORE_URL", raising=False)
    monkeypatch.setenv("CLV_SINGLE_USER", "1")
    opened = open_store()
    yield opened
    opened.engine.dispose()


@pytest.fixture
def small(store: Store, tmp_path: Path) -> clv.Analysis:
    return small_analysis(tmp_path)


@pytest.fixture
def saved(store: Store, small: clv.Analysis) -> Saved:
    return save(store, LOCAL, small, name="Spring")


def page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    app.switch_page(page_file(name)).run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def field(app: AppTest, label: str):
    return next(one for one in app.text_input if one.label == label)


def test_an_empty_library_says_so(store: Store) -> None:
    assert "Nothing is saved yet." in [one.value for one in page("saved").info]


def test_what_is_shown_is_saved_with_its_recipe(store: Store) -> None:
    app = page("saved", data="Synthetic shop", margin="55")
    field(app, "Save what is shown now as").set_value("My shop")
    button(app, "Save").click().run()
    assert not app.exception
    (kept,) = listed(store, LOCAL)
    assert (kept.name, kept.settings.margin) == ("My shop", 0.55)
    raw = clv.demo("Synthetic shop")
    shop = clv.clean(raw, clv.suggest_shape(raw), clv.Rules())
    expected = clv.analyse(shop, kept.settings)
    assert reopen(store, kept).customers().equals(expected.customers())


def test_a_saved_analysis_is_renamed_duplicated_and_deleted(store: Store, saved: Saved) -> None:
    app = page("saved")
    field(app, "New name").set_value("Autumn")
    button(app, "Rename").click().run()
    assert get(store, LOCAL, saved.id).name == "Autumn"
    field(app, "Name").set_value("Copy")
    next(one for one in app.slider if one.label == "Margin").set_value(60)
    button(app, "Duplicate").click().run()
    assert not app.exception
    copy = next(one for one in listed(store, LOCAL) if one.name == "Copy")
    assert copy.settings.margin == 0.6
    app.run()
    button(app, "Delete for good").click().run()
    assert not app.exception
    assert len(listed(store, LOCAL)) == 1


def test_an_opened_one_is_on_all_pages_with_the_settings_it_was_saved_with(
    store: Store, small: clv.Analysis, saved: Saved
) -> None:
    app = page("saved")
    button(app, "Open").click().run()
    app.switch_page(page_file("overview")).run()
    assert not app.exception
    assert not app.sidebar.slider
    assert any("30\N{NO-BREAK SPACE}%" in one.value for one in app.sidebar.caption)
    shown = [one.value for one in app.metric]
    assert any(f"{small.totals.customers:,}" == value for value in shown)


def test_two_are_compared(store: Store, small: clv.Analysis, saved: Saved) -> None:
    other = clv.analyse(small.shop, clv.Settings(margin=0.6))
    save(store, LOCAL, other, name="Double")
    app = page("saved")
    assert any("Predicted CLV went from" in one.value for one in app.markdown)
    assert any("Settings" in frame.value.to_numpy() for frame in app.dataframe)
    segments = next(f.value for f in app.dataframe if "customers_before" in f.value)
    assert (
        segments["customers_before"].sum() == segments["customers_after"].sum() == len(small.frame)
    )


def test_no_zero_has_a_minus() -> None:
    frame = whole(pd.DataFrame({"money": [-0.2, -0.0, 2.6]}), "money")
    assert frame["money"].map(str).tolist() == ["0.0", "0.0", "3.0"]


def test_links_are_listed_and_revoked(store: Store, saved: Saved) -> None:
    _, token = links.create(store, LOCAL, saved.id)
    app = page("saved")
    assert any("customers hidden" in one.value for one in app.markdown)
    button(app, "Revoke").click().run()
    with pytest.raises(clv.CLVError):
        links.open_link(store, token)


def test_an_id_that_is_not_there_or_not_mine_is_refused_alike(
    store: Store, small: clv.Analysis
) -> None:
    other = save(store, "somebody else", small, name="Theirs")
    said = set()
    for data in (f"saved-{other.id}", "saved-nothing", "shared-nothing", "saved-../../x"):
        app = page("overview", data=data)
        (shown,) = app.error
        said.add(shown.value.replace("saved", ""))
        assert not app.metric
    assert len(said) == 2  # of what is saved, and of links


def test_a_token_is_shown_once_and_revoked(store: Store) -> None:
    app = page("access")
    field(app, "Name").set_value("robot")
    button(app, "Make a token").click().run()
    (secret,) = [one.value for one in app.code]
    assert access.check(store, secret, access.READ).name == "robot"
    with pytest.raises(clv.CLVError):
        access.check(store, secret, access.WRITE)
    app.run()
    assert not app.code
    button(app, "Revoke").click().run()
    with pytest.raises(clv.CLVError):
        access.check(store, secret, access.READ)


def test_a_customer_is_erased_only_when_one_is_sure(
    store: Store, small: clv.Analysis, saved: Saved
) -> None:
    app = page("access")
    field(app, "Customer").set_value("C003")
    button(app, "Erase").click().run()
    assert len(reopen(store, get(store, LOCAL, saved.id)).frame) == len(small.frame)
    field(app, "Customer").set_value("C003")
    app.checkbox[0].check()
    button(app, "Erase").click().run()
    assert not app.exception
    assert any("Analyses made anew: 1" in one.value for one in app.success)
    left = reopen(store, get(store, LOCAL, saved.id)).frame["customer_id"].tolist()
    assert left == [id for id in small.frame["customer_id"] if id != "C003"]
    assert entries(store, LOCAL)[0].action == "customer erased"


def test_without_a_login_a_server_for_others_keeps_nothing(
    store: Store, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLV_SINGLE_USER")
    monkeypatch.setattr("clv.ui.who._only_here", lambda: False)
    for name, query in (("saved", {}), ("access", {}), ("overview", {"data": f"saved-{saved.id}"})):
        app = page(name, **query)
        assert any("nobody signs in" in one.value for one in app.error), name
        assert not app.dataframe
