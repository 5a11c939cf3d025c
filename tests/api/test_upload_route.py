"""The route for uploads, by a real server and a real connection."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from clv.api.uploads import routes
from clv.intake import inbox


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def address(folder: Path) -> Iterator[tuple[str, int]]:
    """A server of its own thread, for what only a real connection can do."""
    config = uvicorn.Config(
        Starlette(routes=routes()), host="127.0.0.1", port=0, log_level="error", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[:2]
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def client(address: tuple[str, int]) -> Iterator[httpx.Client]:
    host, port = address
    with httpx.Client(base_url=f"http://{host}:{port}", trust_env=False) as made:
        yield made


def uploads(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.lstrip(".").startswith("upload-")]


def wait_until(condition: object, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.02)
    assert condition()  # type: ignore[operator]


def put(client: httpx.Client, token: str, body: object = b"1", **headers: str) -> httpx.Response:
    return client.put(
        "/api/uploads/orders.csv",
        content=body,
        headers={"X-Upload-Token": token, **{k.replace("_", "-"): v for k, v in headers.items()}},
    )


def test_a_file_is_stored_and_answered_with_id_name_and_size(client, folder: Path) -> None:
    token = inbox.open_door()
    answer = put(client, token, b"a,b\n1,2\n")
    assert answer.status_code == 201
    said = answer.json()
    assert (said["name"], said["size"]) == ("orders.csv", 8)
    assert (folder / f"upload-{said['id']}").read_bytes() == b"a,b\n1,2\n"
    listed = client.get("/api/uploads", headers={"X-Upload-Token": token})
    assert listed.json() == [said]
    assert listed.headers["Cache-Control"] == "no-store"


def test_an_empty_file_is_stored_for_the_reader_to_refuse(client) -> None:
    assert put(client, inbox.open_door(), b"").json()["size"] == 0


@pytest.mark.parametrize("name", ["Größe: 1/2.csv", "a\\b.csv", "..", "\u202e.csv"])
def test_names_that_no_path_can_hold_come_in_a_header(client, folder: Path, name: str) -> None:
    from urllib.parse import quote

    answer = put(client, inbox.open_door(), X_Upload_Name=quote(name))
    assert answer.json()["name"] == inbox.shown_name(name)
    assert len(uploads(folder)) == 2


@pytest.mark.parametrize("token", ["", "guess", "x" * 43])
def test_without_a_token_nothing_is_stored(client, folder: Path, token: str) -> None:
    answer = put(client, token)
    assert answer.status_code == 403
    assert set(answer.json()) == {"error", "hint"}
    assert uploads(folder) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://SELF"}, 201),
        ({"Origin": "https://SELF"}, 201),  # behind a proxy that ends TLS
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "http://other-name"}, 201),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://SELF"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
    ],
)
def test_a_browser_must_come_from_our_own_page(client, headers, status: int) -> None:
    self = client.base_url.netloc.decode()
    sent = {name: value.replace("SELF", self) for name, value in headers.items()}
    assert put(client, inbox.open_door(), **sent).status_code == status


def test_other_sites_are_given_no_leave_to_ask(client) -> None:
    answer = client.options(
        "/api/uploads/x", headers={"Origin": "http://evil", "Access-Control-Request-Method": "PUT"}
    )
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_browser_can_ask_before_it_sends(client, monkeypatch) -> None:
    monkeypatch.setenv("CLV_MAX_FILE_BYTES", "1000")
    headers = {"X-Upload-Token": inbox.open_door()}
    assert client.post("/api/uploads?size=1000", headers=headers).status_code == 200
    assert client.post("/api/uploads?size=1001", headers=headers).status_code == 413
    assert client.post("/api/uploads?size=1001").status_code == 403
    assert client.post("/api/uploads?size=-1", headers=headers).status_code == 422


def test_a_token_for_one_file_is_used_up_by_success_and_kept_by_failure(
    client, monkeypatch
) -> None:
    once = inbox.open_door(inbox.open_door())
    monkeypatch.setenv("CLV_MAX_FILE_BYTES", "10")
    assert put(client, once, iter([b"x" * 11])).status_code == 413
    assert put(client, once, b"x" * 10).status_code == 201
    assert put(client, once, b"x" * 10).status_code == 403


def test_a_full_disk_is_507_and_leaves_nothing(client, folder: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise inbox._not_stored(OSError(28, "No space left on device"))

    monkeypatch.setattr(inbox.Arrival, "write", full)
    answer = put(client, inbox.open_door(), b"x" * 3_000_000)
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["error"]
    assert uploads(folder) == []


def head(token: str, *lines: str) -> bytes:
    return "\r\n".join(
        ["PUT /api/uploads/a.csv HTTP/1.1", "Host: x", f"X-Upload-Token: {token}", *lines, "", ""]
    ).encode()


def answer_of(connection: socket.socket) -> tuple[int, dict[str, str]]:
    data = b""
    with contextlib.suppress(OSError):
        while part := connection.recv(65536):
            data += part
    top, _, body = data.partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(body)


def test_without_a_length_the_size_is_cut_while_the_file_comes(
    address: tuple[str, int], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_MAX_FILE_BYTES", "3000000")
    block = b"x" * 65536
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(head(inbox.open_door(), "Transfer-Encoding: chunked"))
        sent, largest = 0, 0
        with contextlib.suppress(OSError):
            while sent < 40_000_000:
                connection.sendall(b"10000\r\n" + block + b"\r\n")
                sent += len(block)
                sizes = [p.stat().st_size for p in folder.glob("upload-*.part")]
                largest = max([largest, *sizes])
        assert sent < 40_000_000  # the server has hung up
        assert 0 < largest <= 3_000_000
    wait_until(lambda: uploads(folder) == [])


def test_more_than_the_length_that_was_announced_is_not_stored(
    address: tuple[str, int], folder: Path
) -> None:
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(
            head(inbox.open_door(), "Content-Length: 10", "Connection: close") + b"x" * 100_000
        )
        status, said = answer_of(connection)
    assert (status, said["size"]) == (201, 10)


def test_a_connection_that_breaks_leaves_nothing(address: tuple[str, int], folder: Path) -> None:
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(head(inbox.open_door(), "Content-Length: 9000000"))
        connection.sendall(b"x" * 2_500_000)
        wait_until(lambda: any(p.stat().st_size for p in folder.glob("upload-*.part")))
    wait_until(lambda: uploads(folder) == [])


def test_a_connection_that_stalls_is_ended(
    address: tuple[str, int], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "STALLED_SECONDS", 0.2)
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(head(inbox.open_door(), "Content-Length: 9000000") + b"x")
        status, said = answer_of(connection)
    assert status == 422
    assert "minute" in said["error"]
    assert uploads(folder) == []
