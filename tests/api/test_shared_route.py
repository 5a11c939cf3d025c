"""The route of links: one answer for all that open nothing, and a token that goes nowhere else."""

import asyncio
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

import clv
from clv.api import shared
from clv.store import LOCAL, Store, links, open_store
from clv.store.misses import MOST, Misses
from clv.store.saved import Saved, delete, save
from tests.store.small_shop import small_analysis


class Visitor:
    """A browser without cookies that follows nothing."""

    def __init__(self, app: Starlette, base: str = "http://shop.example") -> None:
        self._app, self._base = app, base

    def request(self, method: str, path: str, **options: object) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self._base) as client:
                return await client.request(method, path, **options)

        with ThreadPoolExecutor(1) as pool:  # this thread may have a loop of a browser's
            return pool.submit(asyncio.run, send()).result()

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def head(self, path: str) -> httpx.Response:
        return self.request("HEAD", path)

    def post(self, path: str, **options: object) -> httpx.Response:
        return self.request("POST", path, **options)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> clv.Analysis:
    return small_analysis(tmp_path_factory.mktemp("small"))


@pytest.fixture
def store(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("CLV_STORE_DIR", str(tmp_path / "store"))
    monkeypatch.delenv("CLV_STORE_URL", raising=False)
    monkeypatch.setattr(shared, "misses", Misses())
    opened = open_store()
    yield opened
    opened.engine.dispose()


@pytest.fixture
def saved(store: Store, small: clv.Analysis) -> Saved:
    return save(store, LOCAL, small, name="Mine")


@pytest.fixture
def client(store: Store) -> Visitor:
    return Visitor(Starlette(routes=shared.routes()))


def test_a_link_leads_to_its_page_and_leaves_the_token_behind(
    store: Store, saved: Saved, client: Visitor
) -> None:
    view = "page=segments&filter=Tier%3A+A&filter=Segment%3A+Champions&data=CDNOW"
    link, token = links.create(store, LOCAL, saved.id, view=view)
    answer = client.get(f"/s/{token}")
    assert answer.status_code == 303
    target = urlsplit(answer.headers["location"])
    assert (target.scheme, target.netloc, target.path) == ("", "", "/segments")
    assert parse_qsl(target.query) == [
        ("data", f"shared-{link.id}"),
        ("filter", "Tier: A"),
        ("filter", "Segment: Champions"),
    ]
    assert token not in str(answer.headers)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"clv_link_{link.id}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    grant = cookie.partition("=")[2].partition(";")[0]
    assert links.granted(store, link.id, grant).id == link.id


def test_over_https_the_cookie_stays_there_and_a_prefix_is_kept(store: Store, saved: Saved) -> None:
    app = Starlette(routes=shared.routes("/team/clv/"))
    client = Visitor(app, "https://shop.example")
    _, token = links.create(store, LOCAL, saved.id, view="page=../../evil")
    answer = client.get(f"/team/clv/s/{token}")
    assert answer.headers["location"].startswith("/team/clv/overview?data=shared-")
    assert "Secure" in answer.headers["set-cookie"]
    assert "Path=/team/clv" in answer.headers["set-cookie"]
    assert client.get(f"/s/{token}").status_code == 404


def test_wrong_expired_revoked_and_deleted_get_the_same_page(
    store: Store, saved: Saved, small: clv.Analysis, client: Visitor
) -> None:
    expired = links.create(store, LOCAL, saved.id, days=1e-9)[1]
    link, revoked = links.create(store, LOCAL, saved.id, password="x")
    links.revoke(store, LOCAL, link.id)
    other = save(store, LOCAL, small, name="Other")
    gone = links.create(store, LOCAL, other.id)[1]
    delete(store, LOCAL, other.id)
    answers = [
        client.get(f"/s/{token}")
        for token in (expired, revoked, gone, secrets.token_urlsafe(32), "x", "a/b", "%00", "..%2f")
    ]
    answers.append(client.post(f"/s/{revoked}", data={"password": "x"}))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


def test_every_answer_keeps_the_token_in(store: Store, saved: Saved, client: Visitor) -> None:
    open_token = links.create(store, LOCAL, saved.id)[1]
    locked = links.create(store, LOCAL, saved.id, password="x")[1]
    answers = [
        client.get(f"/s/{open_token}"),
        client.get(f"/s/{locked}"),
        client.post(f"/s/{locked}", data={"password": "no"}),
        client.get("/s/nothing"),
        client.head(f"/s/{open_token}"),
    ]
    assert [a.status_code for a in answers] == [303, 200, 403, 404, 200]
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        for token in (open_token, locked):
            assert token not in answer.text


def test_a_password_is_asked_for_and_told_wrong_only_to_those_with_the_token(
    store: Store, saved: Saved, client: Visitor
) -> None:
    link, token = links.create(store, LOCAL, saved.id, password="Grüße")
    assert 'type="password"' in client.get(f"/s/{token}").text.replace("'", '"')
    wrong = client.post(f"/s/{token}", data={"password": "<script>"})
    assert wrong.status_code == 403
    assert "<script>" not in wrong.text
    assert client.post("/s/other", data={"password": "Grüße"}).status_code == 404
    assert client.post(f"/s/{token}", content=b"x" * 100_000).status_code == 404
    assert client.post(f"/s/{token}", data={"password": "Grüße"}).status_code == 303
    (now,) = links.listed(store, LOCAL)
    assert now.opened == 1
    assert now.id == link.id


def test_the_twenty_first_miss_in_a_minute_waits_even_with_the_right_token(
    store: Store, saved: Saved, client: Visitor
) -> None:
    token = links.create(store, LOCAL, saved.id)[1]
    for _ in range(MOST):
        assert client.get(f"/s/{secrets.token_urlsafe(32)}").status_code == 404
    answer = client.get(f"/s/{token}")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert links.listed(store, LOCAL)[0].opened == 0


def test_a_hundred_thousand_guesses_open_nothing(store: Store, saved: Saved) -> None:
    from clv.errors import LinkRefused

    links.create(store, LOCAL, saved.id)
    opened = 0
    for _ in range(100_000):  # past the limit of 20 a minute, which would take three days
        try:
            links.open_link(store, secrets.token_urlsafe(32))
            opened += 1
        except LinkRefused:
            continue
    assert opened == 0
