"""Headers of every answer, and the address that waits while somebody signs in."""

from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from clv.api.safety import HEADERS, LONGEST, middleware, own_address

DOCUMENT = {"Sec-Fetch-Dest": "document"}


async def page(_: Request) -> Response:
    return HTMLResponse("<p>page</p>")


async def text(_: Request) -> Response:
    return PlainTextResponse("text", headers={"Referrer-Policy": "origin"})


async def back(_: Request) -> Response:
    return RedirectResponse("/", 302)


def served(*, sign_in: bool) -> TestClient:
    routes = [
        Route("/oauth2callback", back),
        Route("/text", text),
        Route("/_stcore/metrics", text),
        Route("/{rest:path}", page),
    ]
    app = Starlette(routes=routes, middleware=middleware("", lambda: sign_in))
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with served(sign_in=True) as client:
        yield client


def test_every_answer_carries_the_headers(client: TestClient) -> None:
    for path in ("/", "/overview?data=CDNOW", "/oauth2callback", "/_stcore/metrics"):
        found = client.get(path).headers
        assert {name: found[name] for name in HEADERS} == HEADERS


def test_a_route_may_say_otherwise(client: TestClient) -> None:
    assert client.get("/text").headers["Referrer-Policy"] == "origin"


def test_figures_of_the_server_are_for_nobody(client: TestClient) -> None:
    assert client.get("/_stcore/metrics").status_code == 404


def test_an_address_waits_while_somebody_signs_in_and_then_is_gone(client: TestClient) -> None:
    address = "/overview?data=saved-1&filter=Segment%3A+Champions"
    cookie = client.get(address, headers=DOCUMENT).headers["set-cookie"]
    assert "HttpOnly; SameSite=Lax" in cookie
    answer = client.get("/oauth2callback")
    assert answer.headers["location"] == address
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert client.get("/oauth2callback").headers["location"] == "/"


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/", DOCUMENT),  # where a sign-in ends anyway
        ("/overview", {}),  # fetched by a script
        ("/text", DOCUMENT),  # no page
        ("/overview", {**DOCUMENT, "Cookie": "_streamlit_user=x"}),
        ("/overview?a=" + "b" * LONGEST, DOCUMENT),
    ],
)
def test_nothing_else_waits(client: TestClient, address: str, headers: dict[str, str]) -> None:
    assert "set-cookie" not in client.get(address, headers=headers).headers


def test_where_nobody_signs_in_nothing_waits() -> None:
    with served(sign_in=False) as client:
        assert "set-cookie" not in client.get("/overview?a=b", headers=DOCUMENT).headers


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.test/", "//evil.test/", "/\\evil.test", "\\/evil.test", "javascript:x", "",
     "/a\r\nSet-Cookie: b=c", "/ä"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(client: TestClient, elsewhere: str) -> None:
    headers = {"Cookie": f"clv_return={quote(elsewhere, '')}"}
    assert client.get("/oauth2callback", headers=headers).headers["location"] == "/"


@given(st.text())
def test_an_own_address_is_kept_as_it_is_or_not_at_all(text: str) -> None:
    found = own_address(unquote(text))
    assert found in ("", unquote(text))
    assert not found or (found[0] == "/" and found[1:2] not in ("/", "\\"))
