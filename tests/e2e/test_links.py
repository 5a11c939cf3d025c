"""The address of a page is its state: links, menu, Back, restarts, phones."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from scripts.running_app import PAGES, Server, go, serve, settle, upload, visit

pytestmark = pytest.mark.browser


def asked(page: Page) -> dict[str, list[str]]:
    """The query of the address, as the visitor could copy it."""
    return parse_qs(urlsplit(page.url).query)


def slider(page: Page, name: str) -> str:
    """The value that a slider of the side bar shows."""
    return page.get_by_role("slider", name=name).get_attribute("aria-valuetext") or ""


def test_the_first_request_to_a_fresh_server_may_be_a_deep_link(tmp_path: Path, page: Page) -> None:
    with serve(tmp_path / "fresh") as server:
        visit(page, f"{server.url}/segments?data=CDNOW&margin=30&horizon=6")
        # The frame ran, not the page file alone: menu and side bar are there, and hold the link.
        expect(page.get_by_role("link", name="Overview").first).to_be_visible()
        expect(page.get_by_role("combobox", name="Data")).to_have_value("CDNOW")
        assert slider(page, "Gross margin").startswith("30")
        assert slider(page, "Look ahead").startswith("6")
        assert page.get_by_test_id("stException").count() == 0
        go(page, "Customers")
        assert asked(page) == {"data": ["CDNOW"], "margin": ["30"], "horizon": ["6"]}
        go(page, "Method")
        assert slider(page, "Gross margin").startswith("30")
        assert asked(page) == {"data": ["CDNOW"], "margin": ["30"], "horizon": ["6"]}


def test_the_filter_stays_in_the_address_also_without_data(server: Server, page: Page) -> None:
    query = "filter=Tier%3A+A&filter=Segment%3A+Cannot+lose&filter=Orders+at+least%3A+3"
    visit(page, f"{server.url}/overview?{query}")
    before = asked(page)
    for name in ("Customers", "Your data", "Segments"):
        go(page, name)
        assert asked(page) == before == parse_qs(query)


def test_moving_a_control_changes_the_address(server: Server, page: Page) -> None:
    visit(page, f"{server.url}/method")
    assert asked(page) == {}
    page.get_by_role("slider", name="Gross margin").press("ArrowRight")
    page.wait_for_url("**/method?margin=41")
    page.get_by_role("slider", name="Gross margin").press("ArrowLeft")
    page.wait_for_url("**/method")  # a default needs no mention


def test_back_returns_to_the_page_and_the_values_it_was_left_with(
    server: Server, page: Page
) -> None:
    visit(page, f"{server.url}/overview?margin=30")
    page.get_by_role("slider", name="Gross margin").press("ArrowRight")
    page.wait_for_url("**/overview?margin=31")
    go(page, "Method")
    page.get_by_role("slider", name="Gross margin").press("ArrowRight")
    page.wait_for_url("**/method?margin=32")
    settle(page)
    page.go_back()
    page.wait_for_url("**/overview?margin=31")
    settle(page)
    assert slider(page, "Gross margin").startswith("31")


def test_a_page_without_data_leads_to_where_data_come_from(server: Server, page: Page) -> None:
    visit(page, f"{server.url}/overview?margin=30")
    assert page.get_by_test_id("stException").count() == 0
    page.get_by_test_id("stMain").get_by_role("link", name="Choose data").click()
    page.wait_for_url("**/?margin=30")


def test_from_an_example_to_its_value_in_two_clicks(server: Server, page: Page) -> None:
    visit(page, f"{server.url}/")
    page.get_by_role("button", name="CDNOW").click()
    page.wait_for_url("**/?data=CDNOW")
    page.get_by_role("link", name="See what they are worth").click()
    page.wait_for_url("**/overview?data=CDNOW")
    expect(page.get_by_text("23,570").first).to_be_visible()


def test_impossible_values_in_a_link_give_way_to_the_defaults(server: Server, page: Page) -> None:
    visit(
        page,
        f"{server.url}/method?data=Nobody&margin=3000&horizon=abc&discount=nan&churn=%00"
        "&gone=9&filter=",
    )
    expect(page.get_by_role("slider", name="Gross margin")).to_be_visible()
    assert asked(page) == {}
    assert slider(page, "Gross margin").startswith("40")
    assert page.get_by_test_id("stException").count() == 0


def test_a_page_that_is_open_outlives_a_restart_of_the_server(tmp_path: Path, page: Page) -> None:
    with serve(tmp_path / "served") as server:
        visit(page, f"{server.url}/method?margin=30&filter=Segment%3A+Lost")
        port = int(server.url.rpartition(":")[2])
    with serve(tmp_path / "served", port):
        page.wait_for_timeout(1000)
        settle(page)
        go(page, "Overview")
        assert asked(page) == {"margin": ["30"], "filter": ["Segment: Lost"]}
        assert slider(page, "Gross margin").startswith("30")


def test_on_a_phone_the_menu_is_in_the_side_bar_and_the_link_holds(
    server: Server, new_page: Callable[..., Page]
) -> None:
    page = new_page(width=390, height=844)
    visit(page, f"{server.url}/method?margin=30&filter=Tier%3A+A")
    go(page, "Overview")
    assert asked(page) == {"margin": ["30"], "filter": ["Tier: A"]}
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_no_page_asks_another_machine_for_anything(server: Server, page: Page) -> None:
    hosts: set[str | None] = set()
    said: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("console", lambda message: said.append(message.text))
    visit(page, f"{server.url}/?data=Synthetic+shop")
    for name in PAGES:
        go(page, name)
    assert not [text for text in said if "Content Security Policy" in text]
    assert hosts <= {"127.0.0.1", None}  # None: data: addresses


def test_an_upload_switches_the_data_and_leaves_the_memory(
    server: Server, page: Page, tmp_path: Path
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "customer,date,amount\n"
        + "".join(f"C{i % 90},2023-{i % 12 + 1:02}-{i % 28 + 1:02},{i}.50\n" for i in range(3000))
    )
    visit(page, f"{server.url}/?margin=30")
    before = set(server.folder.glob("upload-*"))
    upload(page, orders)
    assert asked(page) == {"data": ["My file"], "margin": ["30"]}
    (stored,) = {*server.folder.glob("upload-*")} - before
    assert stored.read_bytes() == orders.read_bytes()
