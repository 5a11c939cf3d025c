"""Who may ask for what: no token, a wrong one, a reading one, and other people's things."""

import httpx
import pytest

from clv.api.app import create_app
from clv.store import access, open_store
from clv.store.shop.fields import TABLES
from tests.api.conftest import Client

WRITES = {
    *(("post", f"/shop/{table}") for table in TABLES),
    *((m, f"/shop/{table}/{{key}}") for table in TABLES for m in ("put", "patch", "delete")),
    ("post", "/files"),
    ("delete", "/files/{file_id}"),
    ("post", "/analyses"),
    ("delete", "/jobs/{job_id}"),
    ("patch", "/analyses/{analysis_id}"),
    ("delete", "/analyses/{analysis_id}"),
}
PLACES = {
    "file_id": "0" * 32,
    "job_id": "0" * 32,
    "analysis_id": "0" * 24,
    "customer_id": "nobody",
    "key": "1",
}
BODIES = {
    ("post", "/files"): {"content": b"a,b\n1,2\n"},
    ("post", "/analyses"): {"json": {"demo": "CDNOW"}},
    ("patch", "/analyses/{analysis_id}"): {"json": {"name": "Mine"}},
    ("post", "/analyses/{analysis_id}/score"): {
        "json": {"orders": [{"customer_id": "1", "ordered_at": "2024-01-01", "amount": 1}]}
    },
}


def operations() -> list[tuple[str, str]]:
    """Every (method, address) that the description names, but for those that need no token."""
    paths = create_app().openapi()["paths"]
    return [(m, path) for path, of in paths.items() for m in of if path != "/health"]


def send(client: httpx.Client, operation: tuple[str, str], **places: str) -> httpx.Response:
    method, address = operation
    for place, value in {**PLACES, **places}.items():
        address = address.replace(f"{{{place}}}", value)
    return client.request(method, address, **BODIES.get(operation, {}))


def body(answer: httpx.Response) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (said["title"], said["detail"]) == (said["error"], said["hint"])
    assert said["status"] == answer.status_code
    return said


@pytest.mark.parametrize("operation", operations())
def test_without_any_token_the_api_is_off_and_says_how_to_make_one(client: Client, operation):
    for token in access.listed(open_store(), "local"):
        access.revoke(open_store(), "local", token.id)
    answer = send(client(token=""), operation)
    assert answer.status_code == 403
    assert "token create" in body(answer)["hint"]


@pytest.mark.parametrize("operation", operations())
def test_without_a_token_of_its_own_a_request_is_refused(client: Client, operation):
    client("read")
    answer = send(client(token=""), operation)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", operations())
def test_wrong_and_revoked_tokens_and_those_without_the_scope_are_refused_alike(
    client: Client, operation
):
    store = open_store()
    client("read")
    over, secret = access.create(store, "local", "over", ("read", "write"))
    access.revoke(store, "local", over.id)
    scope = "read" if operation in WRITES else "write"
    refused = [
        send(client(token="guess"), operation),
        send(client(token=secret), operation),
        send(client(scope), operation),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert len({answer.text for answer in refused}) == 1


def test_health_needs_no_token(client: Client) -> None:
    assert client(token="").get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("operation", [one for one in operations() if "{analysis_id}" in one[1]])
def test_the_analyses_of_others_are_refused_as_those_that_are_not_there(
    client: Client, small_id: str, operation
) -> None:
    stranger = client("read", "write", owner="ann")
    missing = send(stranger, operation)
    foreign = send(stranger, operation, analysis_id=small_id)
    assert missing.status_code == 404
    assert (foreign.status_code, foreign.text) == (missing.status_code, missing.text)


def test_files_and_jobs_of_others_are_not_there(client: Client) -> None:
    mine, stranger = client("read", "write"), client("read", "write", owner="ann")
    file = mine.post("/files", content=b"a,b\n1,2\n").json()["id"]
    job = mine.post("/analyses", json={"file": file}).json()["id"]
    for method, address in (
        ("get", f"/files/{file}"),
        ("post", f"/files/{file}/mapping"),
        ("delete", f"/files/{file}"),
        ("get", f"/jobs/{job}"),
        ("delete", f"/jobs/{job}"),
    ):
        nothing = address.replace(file, "0" * 32).replace(job, "0" * 32)
        foreign, missing = stranger.request(method, address), stranger.request(method, nothing)
        assert foreign.status_code == 404
        assert foreign.text == missing.text
    assert stranger.post("/analyses", json={"file": file}).status_code == 404
    assert mine.get(f"/files/{file}").status_code == 200


@pytest.mark.parametrize("name", ["..%5c..%5cetc", "..%2f..%2fetc%2fpasswd", "%00", "a%0ab"])
@pytest.mark.parametrize(
    "address", ["/files/{}", "/jobs/{}", "/analyses/{}", "/analyses/{}/customers", "/docs/{}"]
)
def test_no_id_is_a_path(api: httpx.Client, name: str, address: str) -> None:
    answer = api.get(address.format(name))
    assert answer.status_code in (404, 422)
    body(answer)
