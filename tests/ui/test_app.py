"""The frame around every page."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from clv.errors import NotEnoughData
from clv.ui.places import PAGES, page_file

FRAME = Path(__file__).resolve().parents[2] / "clv" / "ui" / "app.py"
NAMES = (
    "data",
    "overview",
    "health",
    "cohorts",
    "segments",
    "products",
    "customers",
    "customer",
    "actions",
    "uplift",
    "trust",
    "method",
    "shop",
    "saved",
    "access",
)


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(FRAME), default_timeout=60)


def test_every_file_of_pages_is_in_the_menu() -> None:
    source = FRAME.read_text()
    assert {path.stem for path in PAGES.glob("*.py")} == set(NAMES)
    assert all(f'page_file("{name}")' in source for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_opens_without_data(app: AppTest, name: str) -> None:
    app.run()
    app.switch_page(page_file(name)).run()
    assert not app.exception
    assert len(app.sidebar.slider) == 6


def test_a_refusal_is_shown_as_two_sentences_without_markup_or_traceback(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise NotEnoughData("Only 3 customers of *shop* came back.", "Load a longer history.")

    monkeypatch.setattr("clv.ui.controls.read_controls", refuse)
    app.run()
    assert not app.exception
    (shown,) = app.error
    assert shown.value == (
        r"**Only 3 customers of \*shop\* came back\.**" "  \n" r"Load a longer history\."
    )
