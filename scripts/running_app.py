"""The app and a browser as a visitor meets them: for tests, screenshots and benchmarks.

Everything started here is ended here.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, Response, sync_playwright

from scripts.find_chromium import find_chromium

ROOT = Path(__file__).resolve().parents[1]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
FILES_IN_USE = "div.stElementContainer[class*=st-key-remove_]"  # one for each file that was loaded
PATIENCE = 180_000  # milliseconds that a page may take on a busy machine
PHONE = 768  # pixels; a narrower screen has its menu in the side bar
PAGES = (
    "Your data",
    "Overview",
    "Health",
    "Cohorts",
    "Segments",
    "Products",
    "Customers",
    "Actions",
    "Uplift",
    "Trust",
    "Method",
    "Saved",
    "Access",
)  # as the menu calls them


@dataclass(frozen=True)
class Server:
    """A running app: where it is, where it keeps files, and its process."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def serve(
    folder: Path, port: int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start the app as a user would, wait until it listens, end it by its process id."""
    folder.mkdir(exist_ok=True)
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    options = {"port": port, "address": "127.0.0.1", "headless": "true"}
    command += [part for key, value in options.items() for part in (f"--server.{key}", str(value))]
    log = folder / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "CLV_DATA_DIR": str(folder), **(environment or {})},
            stdout=output,
            stderr=output,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
            yield Server(f"http://127.0.0.1:{port}", folder, process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window. Raises FileNotFoundError where there is none."""
    path = find_chromium()
    if path is None:
        raise FileNotFoundError("No Chromium on this machine; `make test` installs one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def open_tab(browser: Browser, width: int = 1280, height: int = 900, **options: object) -> Page:
    """A tab with a context of its own: `open_tab(browser, 390, color_scheme="dark")`."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def visit(page: Page, url: str) -> None:
    """Open an address and wait until its script has run."""
    page.goto(url)
    settle(page, quiet=750)  # new data make the page ask for a second run


def settle(page: Page, *, quiet: int = 250) -> None:
    """Wait until the script has run and stays at rest.

    quiet: milliseconds within which a run that the page itself asks for has started.
    """
    page.locator(IDLE).wait_for()
    page.wait_for_timeout(quiet)
    page.locator(IDLE).wait_for()


def go(page: Page, name: str) -> None:
    """Follow the menu to a page and wait for its address."""
    closed = page.get_by_test_id("stExpandSidebarButton")
    on_phone = page.viewport_size is not None and page.viewport_size["width"] < PHONE
    if on_phone and closed.is_visible():
        closed.click()
    page.get_by_role("link", name=name).first.click()
    address = "/" if name == "Your data" else f"/{name.lower()}"
    page.wait_for_url(lambda url: url.partition("?")[0].endswith(address))
    if on_phone:  # the side bar stays, over the page
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    settle(page)


def file_input(page: Page) -> Locator:
    """The uploader of the first page, once its script has run."""
    page.locator(".uploader .label:not(:empty)").wait_for()
    return page.locator("input.files")


def upload(page: Page, path: Path) -> float:
    """Hand a file to the uploader of the first page and wait until the page has dealt with it.

    Returns when the last byte had arrived, on the clock of `time.monotonic`.
    """
    before = page.locator(FILES_IN_USE).count()
    with page.expect_response(_stored) as sent:
        file_input(page).set_input_files(path)
    sent.value.finished()
    arrived = time.monotonic()
    page.locator(FILES_IN_USE).nth(before).wait_for()
    page.wait_for_url("**/*data=My+file*")
    settle(page)
    return arrived


def _stored(answer: Response) -> bool:
    return "/api/uploads/" in answer.url and answer.request.method == "PUT"


def alerts(page: Page) -> Locator:
    """The messages of the page: errors, warnings, notes."""
    return page.get_by_test_id("stMain").get_by_test_id("stAlert")


def figures(page: Page) -> list[str]:
    """The values of the figures of a page, from the top, once it has any."""
    shown = page.get_by_test_id("stMetricValue")
    shown.first.wait_for()
    settle(page)
    return shown.all_inner_texts()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"The app did not start:\n{log.read_text()}")
