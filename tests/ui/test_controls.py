"""The side bar: what it offers, what it asks for, and that it fits the library."""

from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from clv.intake.demo import DEMOS
from clv.settings import ASSUMED_MARGIN, ChurnMethod, Refunds, Settings
from clv.ui import controls
from clv.ui.controls import View


def sidebar() -> AppTest:
    def script() -> None:
        import streamlit as st

        from clv.ui import controls

        controls.show_controls()
        st.session_state["view"] = controls.read_controls()
        st.button("example", on_click=controls.choose_data, args=("CDNOW",))

    app = AppTest.from_function(script).run()
    assert not app.exception
    return app


def test_untouched_controls_ask_for_the_defaults_of_the_library() -> None:
    view = sidebar().session_state["view"]
    assert view == View()
    assert view.settings() == Settings(margin=ASSUMED_MARGIN)


def test_every_control_reaches_the_view_in_the_units_of_the_library() -> None:
    app = sidebar()
    app.slider(key="margin").set_value(35)
    app.slider(key="horizon").set_value(6)
    app.slider(key="discount").set_value(7.5)
    app.selectbox(key="data").set_value("CDNOW")
    app.selectbox(key="churn").set_value("Inactivity")
    app.selectbox(key="refunds").set_value("Leave out")
    app.selectbox(key="model").set_value("MBG/NBD")
    app.slider(key="coverage").set_value(95)
    app.slider(key="gone").set_value((2, 9))
    assert app.run().session_state["view"] == View(
        data="CDNOW",
        margin=0.35,
        horizon_months=6,
        annual_discount=0.075,
        churn_method="inactivity",
        refunds="ignore",
        model="MBG/NBD",
        coverage=0.95,
        inactive_months=2,
        long_gone_months=9,
    )


def test_every_choice_of_the_library_has_a_label() -> None:
    assert set(controls.CHURN_METHODS.values()) == set(get_args(ChurnMethod))
    assert set(controls.REFUNDS.values()) == set(get_args(Refunds))
    assert list(controls.DATA) == ["None", *DEMOS, "Shop database", "My file"]


@pytest.mark.parametrize(("key", "low", "high"), [("margin", 1, 100), ("horizon", 1, 36)])
def test_the_ends_of_every_slider_are_settings_that_exist(key: str, low: int, high: int) -> None:
    app = sidebar()
    for value in (low, high):
        app.slider(key=key).set_value(value).run()
        assert app.session_state["view"].settings()


def test_every_control_says_what_it_means() -> None:
    app = sidebar()
    widgets = [*app.slider, *app.selectbox, *app.text_input]
    assert len(widgets) == 11
    assert all(widget.help for widget in widgets)


def test_limits_of_churned_and_long_gone_that_meet_are_kept_apart() -> None:
    app = sidebar()
    app.slider(key="gone").set_value((5, 5)).run()
    settings = app.session_state["view"].settings()
    assert (settings.inactive_months, settings.long_gone_months) == (5, 6)


def test_code_can_choose_the_data() -> None:
    app = sidebar()
    app.button[-1].click().run()
    assert app.selectbox(key="data").value == "CDNOW"


def test_views_can_key_a_cache() -> None:
    assert len({View(), View(), View(margin=0.5)}) == 2
