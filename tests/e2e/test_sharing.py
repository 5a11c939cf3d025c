"""Save, restart the server, open by a link in a fresh browser: the same figures."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clv.store import LOCAL, Store, links
from clv.store.audit import entries
from clv.store.opening import _open
from clv.store.saved import listed
from scripts.running_app import Server, figures, go, serve, settle, visit

pytestmark = pytest.mark.browser
LINK = re.compile(r"https?://\S+/s/\S+")


def store_of(folder: Path) -> Store:
    return _open(folder.with_name(f"{folder.name}-store"), "")


def save_and_share(page: Page, *, password: str = "", downloads: bool = False) -> str:
    """Save what is shown, make a link; its address."""
    page.get_by_role("button", name="Save or share").click()
    window = page.get_by_role("dialog")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.get_by_text("It is on the page Saved")).to_be_visible()
    if downloads:
        window.get_by_text("Let them download lists").click()
    if password:
        window.get_by_label("Password (may stay empty)").fill(password)
    settle(page)
    window.get_by_role("button", name="Make the link").click()
    expect(window.get_by_text("Copy it now")).to_be_visible()
    found = LINK.search(window.get_by_test_id("stCode").last.text_content() or "")
    assert found
    page.keyboard.press("Escape")
    return found.group()


def test_an_example_needs_nothing_but_its_address(
    server: Server, page: Page, new_page: Callable[..., Page]
) -> None:
    visit(page, f"{server.url}/overview?data=CDNOW&margin=30&filter=Tier%3A+A")
    expected = figures(page)
    page.get_by_role("button", name="Save or share").click()
    address = page.get_by_role("dialog").get_by_test_id("stCode").text_content() or ""
    assert address.startswith(f"{server.url}/overview?data=CDNOW&")
    other = new_page()
    visit(other, address)
    assert figures(other) == expected


def test_saved_then_restarted_then_opened_by_link_as_the_first_request(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    folder = tmp_path / "served"
    owner = new_page()
    with serve(folder) as server:
        visit(owner, f"{server.url}/overview?data=CDNOW&margin=30&filter=Tier%3A+A")
        expected = figures(owner)
        assert len(expected) >= 4
        link = save_and_share(owner)
        port = int(server.url.rpartition(":")[2])
    token = link.rpartition("/")[2]
    with serve(folder, port) as server:
        visitor = new_page()
        visit(visitor, link)
        assert figures(visitor) == expected
        assert "filter=Tier" in visitor.url
        assert token not in visitor.url
        assert token not in visitor.content()
        # Read-only: no settings, nothing to save, nothing of the owner's.
        assert visitor.get_by_role("slider").count() == 0
        assert visitor.get_by_role("button", name="Save or share").count() == 0
        assert visitor.get_by_test_id("stException").count() == 0
        go(visitor, "Customers")
        assert visitor.get_by_test_id("stDownloadButton").count() == 0
        assert visitor.get_by_role("link", name="Saved").count() == 0
        visit(visitor, visitor.url.replace("/customers", "/saved"))
        expect(visitor.get_by_text("this page is for its owner")).to_be_visible()
        go(visitor, "Your data")
        assert visitor.locator("input.files").count() == 0
        # Without the cookie the address alone opens nothing.
        stranger = new_page()
        go(visitor, "Overview")
        visit(stranger, visitor.url)
        expect(stranger.get_by_text("This link does not open anything")).to_be_visible()
        assert stranger.get_by_test_id("stMetricValue").count() == 0
        # Revoking closes the page of who looks, without a click.
        store = store_of(folder)
        (made,) = links.listed(store, LOCAL)
        assert made.opened == 1
        links.revoke(store, LOCAL, made.id)
        store.engine.dispose()
        expect(visitor.get_by_text("This link does not open anything")).to_be_visible(
            timeout=90_000
        )
    assert token not in (folder / "server.log").read_text()


def test_the_owner_opens_what_was_saved_and_a_password_guards_a_link(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    folder = tmp_path / "served"
    page = new_page()
    with serve(folder) as server:
        visit(page, f"{server.url}/overview?data=Synthetic+shop&margin=55")
        expected = figures(page)
        link = save_and_share(page, password="Grüße", downloads=True)
        store = store_of(folder)
        (saved,) = listed(store, LOCAL)
        store.engine.dispose()
        visit(page, f"{server.url}/overview?data=saved-{saved.id}")
        assert figures(page) == expected
        go(page, "Saved")
        expect(page.get_by_text("Saved analyses").first).to_be_visible()
        assert page.get_by_test_id("stException").count() == 0
        visitor = new_page()
        visitor.goto(link)
        visitor.get_by_label("Password").fill("wrong")
        visitor.get_by_role("button", name="Open").click()
        expect(visitor.get_by_text("The password is not right")).to_be_visible()
        visitor.get_by_label("Password").fill("Grüße")
        visitor.get_by_role("button", name="Open").click()
        settle(visitor)
        assert figures(visitor) == expected
        go(visitor, "Customers")
        with visitor.expect_download() as taken:
            visitor.get_by_test_id("stDownloadButton").first.get_by_role("button").click()
        assert re.search(r"P-[A-Z2-7]{16}", taken.value.path().read_text(encoding="utf-8-sig"))
        store = store_of(folder)
        actions = [entry.action for entry in entries(store, LOCAL)]
        store.engine.dispose()
        assert actions == ["downloaded", "link opened", "shared", "saved"]
