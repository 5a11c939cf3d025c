"""Two whole servers on one store, on SQLite and on PostgreSQL: what one saves, the other shows."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from scripts.running_app import ROOT, Server, figures, serve, visit
from tests.postgres_server import postgres_server

SECONDS = float(os.environ.get("CLV_TEST_SECONDS", "6"))
USERS = 20
Servers = tuple[Server, Server]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    folder: Path = tmp_path_factory.mktemp("two")
    if request.param == "postgresql":
        with postgres_server() as url:
            yield from _two(folder, url)
    else:
        yield from _two(folder, "")


def _two(folder: Path, url: str) -> Iterator[Servers]:
    shared = {"CLV_STORE_DIR": str(folder / "store"), "CLV_STORE_URL": url}
    with (
        serve(folder / "one", environment=shared) as one,
        serve(folder / "two", environment=shared) as two,
    ):
        yield one, two


@pytest.fixture(scope="module")
def token(servers: Servers) -> str:
    """Made in a shell on the same store."""
    environment = _environment(servers[0])
    command = [sys.executable, "-m", "clv", "token", "create", "--name", "test"]
    command += ["--scope", "read", "--scope", "write"]
    said = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return next(word for word in said.stdout.split() if word.startswith("clv_"))


def _environment(server: Server) -> dict[str, str]:
    process = Path(f"/proc/{server.process.pid}/environ").read_bytes().split(b"\0")
    return dict(part.decode().split("=", 1) for part in process if b"=" in part)


def client(server: Server, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{server.url}/api", headers=headers, trust_env=False, timeout=60)


def analysed(api: httpx.Client, name: str) -> str:
    """The id of an analysis of the example that this server was asked for."""
    job = api.post("/analyses", json={"demo": "CDNOW", "name": name}).json()
    while job["state"] in ("queued", "running"):
        time.sleep(0.3)
        job = api.get(f"/jobs/{job['id']}").json()
    assert job["state"] == "done", job
    return str(job["analysis"])


def test_what_one_saves_the_other_shows_figure_for_figure(
    servers: Servers, token: str, new_page: Callable[..., Page]
) -> None:
    with client(servers[0], token) as one, client(servers[1], token) as two:
        id = analysed(one, "Spring")
        assert two.get(f"/analyses/{id}").json() == one.get(f"/analyses/{id}").json()
        shown = []
        for server in servers:
            page = new_page()
            visit(page, f"{server.url}/overview?data=saved-{id}")
            shown.append(figures(page))
        assert shown[0] == shown[1]
        assert len(shown[0]) >= 4
        assert two.patch(f"/analyses/{id}", json={"name": "Summer"}).status_code == 200
        assert one.get(f"/analyses/{id}").json()["name"] == "Summer"
        assert two.delete(f"/analyses/{id}").status_code == 204
        assert one.get(f"/analyses/{id}").status_code == 404


def test_twenty_users_at_a_time_meet_no_lock(servers: Servers, token: str) -> None:
    with client(servers[0], token) as api:
        id = analysed(api, "Busy")
    wrong: list[str] = []
    done = [0] * USERS
    end = time.monotonic() + SECONDS

    def use(number: int) -> None:
        with client(servers[number % 2], token) as api:
            while time.monotonic() < end:
                answers = [
                    api.get("/analyses"),
                    api.patch(f"/analyses/{id}", json={"name": f"Busy {number}"}),
                    api.get(f"/analyses/{id}/customers", params={"limit": 10}),
                ]
                wrong.extend(f"{a.status_code} {a.text[:200]}" for a in answers if not a.is_success)
                done[number] += 1

    threads = [threading.Thread(target=use, args=(number,)) for number in range(USERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 120)
    assert wrong == []
    assert min(done) >= 1
