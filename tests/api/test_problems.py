"""What is refused is refused in the two strings, whoever refuses; and what every answer carries."""

import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import clv.errors
from clv.api import guard, problems
from clv.api.app import routes
from tests.api.conftest import Client
from tests.api.test_access import body

KINDS = [
    kind
    for kind in vars(clv.errors).values()
    if isinstance(kind, type) and issubclass(kind, clv.errors.CLVError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_status_and_a_kind_of_its_own(kind: type[clv.errors.CLVError]) -> None:
    import json

    answer = problems.answer(kind("What happened.", "What to do."))
    said = json.loads(answer.body)
    assert 400 <= answer.status_code < 600
    assert said["error"] == said["title"] == "What happened."
    assert said["hint"] == said["detail"] == "What to do."
    assert said["type"].startswith("urn:clv:")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (clv.errors.NotFound, 404),
        (clv.errors.NotAllowed, 403),
        (clv.errors.TooLarge, 413),
        (clv.errors.Busy, 503),
        (clv.errors.InvalidMapping, 422),
        (clv.errors.NotEnoughData, 422),
    ],
)
def test_the_status_says_what_kind_of_refusal_it_is(kind, status: int) -> None:
    assert problems.answer(kind("a", "b")).status_code == status


@pytest.mark.parametrize("path", ["/nothing", "/analyses/", "/a/b/c", "/a%0ab", "/docs/none.js"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_addresses_are_no_page(api: httpx.Client, path: str, method: str) -> None:
    answer = api.request(method, path)
    assert answer.status_code in (404, 405)
    body(answer)


@pytest.mark.parametrize("address", ["/api", "/api/"])
def test_the_bare_address_leads_to_the_description(served: str, address: str) -> None:
    answer = httpx.get(f"{served}{address}", trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/docs")


def test_another_method_is_told_all_that_there_are(api: httpx.Client) -> None:
    answer = api.put("/analyses/x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, PATCH")
    body(answer)


def test_every_answer_stays_out_of_caches_and_frames(client: Client) -> None:
    for answer in (
        client(token="").get("/health"),
        client("read").get(f"/analyses/{24 * chr(48)}"),
    ):
        headers = answer.headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "access-control-allow-origin" not in headers


def test_a_request_that_is_no_json_is_refused_in_words(api: httpx.Client) -> None:
    answer = api.post("/analyses", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert body(answer)["error"].startswith("The request cannot be understood: ")


def test_what_is_wrong_with_a_request_is_named_without_its_values(api: httpx.Client) -> None:
    answer = api.post("/analyses", json={"demo": "CDNOW", "settings": {"margin": "SECRET"}})
    assert "settings.margin" in body(answer)["error"]
    assert "SECRET" not in answer.text


def test_a_long_request_is_refused_before_it_comes(api: httpx.Client) -> None:
    answer = api.post("/analyses", content=b" " * (guard.BODY_BYTES + 1))
    assert answer.status_code == 413
    body(answer)


def test_a_long_request_that_does_not_say_so_is_cut(api: httpx.Client) -> None:
    sent = 0

    def endless():
        nonlocal sent
        while sent < 50 * guard.BODY_BYTES:
            sent += 65_536
            yield b" " * 65_536

    try:
        answer = api.post("/analyses", content=endless())
    except (httpx.WriteError, httpx.ReadError):  # closed while we were sending
        pass
    else:
        assert answer.status_code == 413
        body(answer)
    assert sent < 20 * guard.BODY_BYTES


def test_a_request_that_stalls_is_given_up(served: str, client: Client, monkeypatch) -> None:
    monkeypatch.setattr(guard, "STALLED_SECONDS", 0.2)
    token = client("write").headers["authorization"]
    host, port = served.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(
            f"POST /api/analyses HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        assert b" 408 " in raw.recv(4096)


def test_a_defect_is_logged_and_told_without_code(monkeypatch, caplog) -> None:
    from clv.api import analyses

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret inner words")

    monkeypatch.setattr(analyses.saved, "listed", broken)
    from scripts.running_api import new_token, serve_api

    with serve_api() as url:
        headers = {"Authorization": f"Bearer {new_token('read')}"}
        answer = httpx.get(f"{url}/api/analyses", headers=headers, trust_env=False)
    assert answer.status_code == 500
    assert body(answer)["error"] == problems.DEFECT.message
    assert "secret" not in answer.text
    assert "secret inner words" in caplog.text


def test_below_another_address_everything_moves_with_it() -> None:
    app = Starlette(routes=[*routes("shop/value"), Route("/", PlainTextResponse("page"))])
    paths = {getattr(route, "path", "") for route in app.routes}
    assert "/shop/value/api" in paths
    assert not any(path.startswith("/api") for path in paths)
