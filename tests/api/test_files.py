"""Files over the API: brought, listed, mapped, taken away."""

from urllib.parse import quote

import httpx
import pytest

import clv
from clv.errors import CLVError
from clv.intake.suggest import suggest
from tests.api.test_problems import body

ORDERS = "Customer,Order date,Total\n" + "".join(
    f"C{i % 9},2024-{1 + i % 12:02d}-{1 + i % 27:02d},{10 + i}.50\n" for i in range(60)
)
CUSTOMERS = "Customer,First order,Last order,Orders,Revenue\n" + "".join(
    f"C{i},2024-01-{1 + i % 27:02d},2024-06-{1 + i % 27:02d},{2 + i % 5},{100 + i}.00\n"
    for i in range(60)
)


def bring(api: httpx.Client, text: str, **params: str) -> str:
    answer = api.post("/files", content=text.encode(), params=params)
    assert answer.status_code == 201
    return answer.json()["id"]


@pytest.fixture(autouse=True)
def empty(api: httpx.Client) -> None:
    for one in api.get("/files").json()["files"]:
        api.delete(f"/files/{one['id']}")


def test_a_file_is_kept_until_it_is_deleted(api: httpx.Client) -> None:
    answer = api.post("/files", params={"name": "orders.csv"}, content=b"a,b\n1,2\n")
    said = answer.json()
    assert (answer.status_code, said["name"], said["size"]) == (201, "orders.csv", 8)
    address = answer.headers["location"].removeprefix("/api")
    assert api.get(address).json() == said
    assert api.get("/files").json() == {"files": [said]}
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == api.delete(address).status_code == 404
    assert api.get("/files").json() == {"files": []}


def test_the_latest_file_comes_first(api: httpx.Client) -> None:
    brought = [bring(api, ORDERS), bring(api, ORDERS)]
    assert [one["id"] for one in api.get("/files").json()["files"]] == brought[::-1]


def test_a_name_that_no_address_can_hold_comes_in_a_header(api: httpx.Client) -> None:
    headers = {"X-Upload-Name": quote("a/Größe: 1.csv")}
    assert api.post("/files", content=b"a", headers=headers).json()["name"] == "Größe: 1.csv"


def test_a_file_without_a_byte_is_refused(api: httpx.Client) -> None:
    assert api.post("/files", content=b"").status_code == 422
    assert api.get("/files").json() == {"files": []}


@pytest.mark.parametrize("says", [True, False])
def test_a_file_over_the_limit_leaves_nothing(api, monkeypatch, says: bool) -> None:
    monkeypatch.setenv("CLV_MAX_FILE_BYTES", "1000")
    content = b"x" * 1001
    answer = api.post("/files", content=content if says else iter([content]))
    assert answer.status_code == 413
    assert body(answer)["hint"]
    assert api.get("/files").json() == {"files": []}
    assert api.post("/files", content=b"x" * 1000).status_code == 201


def test_files_are_larger_than_other_requests(api: httpx.Client) -> None:
    assert api.post("/files", content=b"x" * 3_000_000).json()["size"] == 3_000_000


def test_the_mapping_is_the_one_that_the_library_suggests(api, tmp_path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    expected = suggest(clv.read(path))
    said = api.post(f"/files/{bring(api, ORDERS)}/mapping").json()
    assert said["shape"] == "orders"
    assert clv.Mapping.from_json(httpx.Response(200, json=said["mapping"]).text) == expected.mapping
    assert {one["role"]: one["column"] for one in said["roles"]} == expected.mapping.roles
    assert {one["role"]: one["confidence"] for one in said["roles"]} == expected.confidence
    assert (said["rows"], said["columns"]) == (60, ["Customer", "Order date", "Total"])


def test_a_file_of_customers_is_known_as_one(api: httpx.Client) -> None:
    said = api.post(f"/files/{bring(api, CUSTOMERS)}/mapping").json()
    assert (said["shape"], said["mapping"]["customer_id"]) == ("customers", "Customer")


def test_what_is_said_of_the_file_is_believed(api: httpx.Client) -> None:
    file = bring(api, ORDERS)
    found = [
        api.post(f"/files/{file}/mapping", json={"header": header}).json()["rows"]
        for header in (None, True, False)
    ]
    assert found == [60, 60, 61]


def test_a_file_that_is_no_table_is_refused_in_words(api: httpx.Client) -> None:
    answer = api.post(f"/files/{bring(api, chr(0) * 50)}/mapping")
    assert answer.status_code == 422
    with pytest.raises(CLVError) as told:
        raise CLVError(body(answer)["error"], body(answer)["hint"])
    assert told.value.hint
