"""The description of the API in a real browser: from this server alone, and it can be tried."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from scripts.running_app import ROOT, Server

pytestmark = pytest.mark.browser


@pytest.fixture
def token(server: Server) -> str:
    """A token as whoever runs the server makes it."""
    command = [sys.executable, "-m", "clv", "token", "create", "--name", "Browser", "--quiet"]
    made = subprocess.run(
        [*command, "--scope", "read", "--scope", "write"],
        cwd=ROOT,
        env={**os.environ, "CLV_DATA_DIR": str(server.folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


@pytest.fixture
def docs(server: Server, page: Page, token: str) -> Page:
    """Swagger UI with the token in its hands, and with every word of its console kept."""
    page.goto(f"{server.url}/api/docs")
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".auth-container")
    dialog.locator("input").fill(token)
    dialog.get_by_role("button", name="Apply credentials").click()
    page.locator(".auth-container .btn-done").click()
    return page


def operation(docs: Page, method: str, path: str) -> Locator:
    """The box of one operation, opened and ready to be tried."""
    found = docs.locator(f".opblock-{method}").filter(
        has=docs.locator(f'.opblock-summary-path[data-path="{path}"]')
    )
    found.locator(".opblock-summary-control").click()
    return found


def execute(box: Locator) -> Locator:
    """Send the request; the box of the answer."""
    box.get_by_role("button", name="Execute").click()
    return box.locator(".live-responses-table tr.response")


def test_the_page_loads_from_this_server_alone_and_breaks_no_rule(
    server: Server, new_page: Callable[..., Page]
) -> None:
    page, asked, said = new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{server.url}/api")
    expect(page).to_have_url(f"{server.url}/api/docs")
    expect(page.get_by_text("Customer value").first).to_be_visible()
    expect(page.locator(".opblock").first).to_be_visible()
    assert {url for url in asked if not url.startswith((server.url, "data:"))} == set()
    assert said == []


def test_a_list_can_be_asked_for(docs: Page) -> None:
    answer = execute(operation(docs, "get", "/analyses"))
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text('"analyses"')


def test_a_file_can_be_brought_and_the_example_be_analysed(docs: Page, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer,day,amount\nA,2024-01-02,5\nB,2024-02-03,7\n")
    box = operation(docs, "post", "/files")
    box.locator("input[type=file]").set_input_files(path)
    expect(execute(box).locator(".response-col_status")).to_contain_text("201")
    box = operation(docs, "post", "/analyses")
    answer = execute(box)
    expect(answer.locator(".response-col_status")).to_contain_text("202")
    expect(answer).to_contain_text('"queued"')


def test_an_unknown_address_below_the_api_is_no_page(server: Server, page: Page) -> None:
    answer = page.goto(f"{server.url}/api/nothing")
    assert answer is not None
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
