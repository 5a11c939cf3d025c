"""What is made of a big file while its owner still looks at the first page."""

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st

from clv.errors import NotEnoughData
from clv.ui import ahead, cleaning_step, session
from clv.ui.places import page_file
from tests.ui.test_pages import open_page

BIG = 500_000


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the worker has done, for a session of its own."""
    monkeypatch.setattr(st, "session_state", {})
    return []


def wait() -> None:
    ahead._WORKER.submit(int).result(60)


def note(done: list[str], text: str) -> Callable[[], object]:
    return lambda: done.append(text)


def test_small_and_huge_files_are_left_until_they_are_asked_for(done: list[str]) -> None:
    for lines in (0, 99_999, 2_000_000):
        ahead.begin(str(lines), lines, note(done, str(lines)))
    wait()
    assert not done


def test_the_same_is_made_once(done: list[str]) -> None:
    for _ in range(3):
        ahead.begin("a", BIG, note(done, "a"))
    wait()
    assert done == ["a"]


def test_what_is_no_longer_wanted_is_not_begun(done: list[str]) -> None:
    def first() -> None:
        done.append("a")
        ahead.begin("b", BIG, note(done, "b"))
        ahead.begin("c", BIG, note(done, "c"))

    ahead.begin("a", BIG, first)
    wait()
    wait()
    assert done == ["a", "c"]


@pytest.mark.parametrize("error", [NotEnoughData("Few.", "Add some."), ValueError("odd")])
def test_an_error_ends_nothing_but_itself(
    error: Exception, done: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise error

    ahead.begin("a", BIG, fail)
    wait()
    ahead.begin("b", BIG, note(done, "b"))
    wait()
    assert done == ["b"]
    assert ("Nothing was made ahead" in caplog.text) is not isinstance(error, NotEnoughData)


def test_the_first_page_has_the_others_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []
    prepare = session.prepare
    monkeypatch.setattr(session, "prepare", lambda *a: [prepared.append("once"), prepare(*a)][1])
    monkeypatch.setattr(ahead, "WORTH_IT", range(1, BIG))
    begun: list[bool] = []
    show = cleaning_step.show_cleaning

    def show_cleaning(*args: Any) -> None:
        begun.append(ahead._ASKED in st.session_state)
        show(*args)

    monkeypatch.setattr(cleaning_step, "show_cleaning", show_cleaning)
    st.cache_resource.clear()
    app = open_page("data", "Synthetic shop")
    wait()
    assert set(begun) == {True}  # before the rest of the page is drawn
    assert prepared == ["once"]
    app.switch_page(page_file("overview")).run()
    assert not app.exception
    assert prepared == ["once"]
