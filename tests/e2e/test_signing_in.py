"""A server for several people: nothing without signing in, and back to where one wanted to go."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from scripts.running_app import Server, free_port, serve, settle, visit
from tests.e2e.sign_in_provider import CLIENT, SECRET, sign_in_provider

DEEP = "/segments?data=Synthetic+shop&margin=30&filter=Segment%3A+Champions"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("shared")
    port = free_port()
    with sign_in_provider() as provider:
        (folder / "secrets.toml").write_text(
            "[auth]\n"
            f'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            f'cookie_secret = "{secrets.token_hex(32)}"\n'
            f'client_id = "{CLIENT}"\n'
            f'client_secret = "{SECRET}"\n'
            f'server_metadata_url = "{provider}/.well-known/openid-configuration"\n'
        )
        files = {"STREAMLIT_SECRETS_FILES": str(folder / "secrets.toml")}
        with serve(folder / "data", port, files) as running:
            yield running


def sign_in(page: Page, name: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Go").click()
    settle(page)


def test_without_signing_in_no_page_shows_anything(shared: Server, page: Page) -> None:
    for address in ("/", "/overview?data=Synthetic+shop", "/customers?data=CDNOW"):
        visit(page, f"{shared.url}{address}")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.get_by_test_id("stMetric")).to_have_count(0)
        expect(page.get_by_test_id("stSidebar")).to_have_count(0)


def test_a_deep_link_survives_signing_in(shared: Server, page: Page) -> None:
    visit(page, f"{shared.url}{DEEP}")
    sign_in(page, "ann")
    page.wait_for_url(f"{shared.url}/segments?**")
    assert parse_qs(urlsplit(page.url).query) == parse_qs(urlsplit(DEEP).query)
    expect(page.get_by_text("The filters keep")).to_be_visible()
    expect(page.get_by_text("Signed in as ann@example.test")).to_be_visible()
    assert "clv_return" not in {cookie["name"] for cookie in page.context.cookies()}
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_from_the_first_page_signing_in_ends_there(
    shared: Server, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    visit(page, f"{shared.url}/")
    sign_in(page, "bob")
    expect(page.get_by_text("Signed in as bob@example.test")).to_be_visible()
    assert urlsplit(page.url).path == "/"


def test_on_ones_own_computer_nobody_is_asked(server: Server, page: Page) -> None:
    visit(page, f"{server.url}{DEEP}")
    expect(page.get_by_text("The filters keep")).to_be_visible()
    expect(page.get_by_role("button", name="Sign")).to_have_count(0)
    assert {cookie["name"] for cookie in page.context.cookies()} == {"_streamlit_xsrf"}
