"""A running app and a real browser for the tests of this folder."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.running_app import PATIENCE, Server, chromium, open_tab, serve

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One app for all tests that do not need a fresh one."""
    with serve(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; skips where there is none."""
    try:
        with chromium() as started:
            yield started
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Function that opens a tab of its own context: new_page(width=390, color_scheme="dark")."""
    pages: list[Page] = []

    def new(width: int = 1280, height: int = 900, **options: object) -> Page:
        pages.append(open_tab(browser, width, height, **options))
        return pages[-1]

    yield new
    for page in pages:
        page.context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A tab on a desktop screen."""
    return new_page()
