"""A server of our own and a real browser. Everything started here is ended here."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.find_chromium import find_chromium

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE = 60_000  # milliseconds that a page may take on a busy machine
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Server:
    """A running app: where it is, where it keeps files, and its process."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(folder: Path, port: int | None = None) -> Iterator[Server]:
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
            env={**os.environ, "CLV_DATA_DIR": str(folder)},
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


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"The app did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One app for all tests that do not need a fresh one."""
    with serve(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; skips where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine; `make test` installs one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Function that opens a tab of its own context: new_page(width=390, color_scheme="dark")."""
    contexts = []

    def open_tab(width: int = 1280, height: int = 900, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context.new_page()

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A tab on a desktop screen."""
    return new_page()


def visit(page: Page, url: str) -> None:
    """Open an address and wait until its script has run."""
    page.goto(url)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script has run and stays at rest."""
    page.locator(IDLE).wait_for()
    page.wait_for_timeout(250)  # a rerun that the page itself asked for starts within this
    page.locator(IDLE).wait_for()


def go(page: Page, name: str) -> None:
    """Follow the menu to a page and wait for its address."""
    page.get_by_role("link", name=name).first.click()
    address = "/" if name == "Your data" else f"/{name.lower()}"
    page.wait_for_url(lambda url: url.partition("?")[0].endswith(address))
    settle(page)
