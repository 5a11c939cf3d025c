"""Analyses as jobs: asked for once, followed, stopped, and the same as in the library."""

import time
from collections.abc import Iterator

import httpx
import pytest

import clv
from clv import schema
from clv.api import working
from clv.intake.demo import CDNOW
from clv.store import jobs, open_store
from tests.api.conftest import Client
from tests.api.test_customers import pages
from tests.api.test_files import CUSTOMERS, bring
from tests.api.test_problems import body
from tests.store.small_shop import HEADER, lines

SHOP = "\n".join([HEADER, *lines()]) + "\n"


def ended(api: httpx.Client, job: httpx.Response, seconds: float = 60) -> dict[str, object]:
    """The job once it is over; its stages never go back."""
    assert job.status_code == 202
    address = job.headers["location"].removeprefix("/api")
    deadline, progress = time.monotonic() + seconds, 0.0
    while time.monotonic() < deadline:
        said = api.get(address).json()
        assert said["progress"] >= progress
        progress = said["progress"]
        if said["state"] in ("done", "failed"):
            return said
        time.sleep(0.1)
    raise AssertionError(said)


@pytest.fixture
def idle(served: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No worker: what is asked for stays in the queue, which begins and ends empty."""

    class Nobody:
        def wake(self) -> None:
            pass

    working.stop()
    monkeypatch.setattr(working, "worker", lambda store: Nobody())
    forget_waiting()
    yield
    forget_waiting()


def forget_waiting() -> None:
    while (job := jobs.claim(open_store(), "test")) is not None:
        jobs.cancel(open_store(), job.owner, job.id)


def test_a_file_is_analysed_as_the_library_does(api, tmp_path) -> None:
    asked = {
        "file": bring(api, SHOP, name="orders.csv"),
        "name": "Mine",
        "settings": {"margin": 0.3, "horizon_months": 6, "tiers": 5},
    }
    said = ended(api, api.post("/analyses", json=asked))
    assert (said["state"], said["progress"], said["problem"]) == ("done", 1.0, None)
    address = said["result"].removeprefix("/api")
    assert api.get(address).json()["name"] == "Mine"
    path = tmp_path / "orders.csv"
    path.write_text(SHOP)
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules())
    expected = clv.analyse(shop, clv.Settings(margin=0.3, horizon_months=6, tiers=5)).customers()
    sent = pages(api, f"{address}/customers")
    assert [one[schema.CUSTOMER_ID] for one in sent] == expected[schema.CUSTOMER_ID].tolist()
    assert [one[schema.PREDICTED_CLV] for one in sent] == expected[schema.PREDICTED_CLV].tolist()
    assert [one[schema.TIER] for one in sent] == expected[schema.TIER].astype(str).tolist()


def test_a_file_of_customers_is_analysed_too(api: httpx.Client) -> None:
    said = ended(api, api.post("/analyses", json={"file": bring(api, CUSTOMERS)}))
    address = said["result"].removeprefix("/api")
    assert api.get(f"{address}/summary").json()["shape"] == "customers"
    assert api.get(f"{address}/cohorts").json()["cohorts"][0]["cohort"] == "2024-01"


def test_the_mapping_that_is_given_is_used(api: httpx.Client) -> None:
    file = bring(api, SHOP)
    mapping = api.post(f"/files/{file}/mapping").json()["mapping"]
    mapping["columns"]["customer_id"] = "E-mail"
    said = ended(api, api.post("/analyses", json={"file": file, "mapping": mapping}))
    sent = api.get(said["result"].removeprefix("/api") + "/customers").json()["customers"]
    assert sent[0][schema.CUSTOMER_ID] == "c001@shop.example"


def test_what_a_file_lacks_fails_the_job_in_the_two_strings(api: httpx.Client) -> None:
    said = ended(api, api.post("/analyses", json={"file": bring(api, "a,b\n1,2\n3,4\n")}))
    assert said["state"] == "failed"
    assert said["result"] is None
    assert set(said["problem"]) == {"error", "hint"}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"demo": CDNOW, "file": "0" * 32},
        {"demo": "No such example"},
        {"demo": CDNOW, "colour": "red"},
        {"demo": CDNOW, "settings": {"margin": 1.5}},
        {"demo": CDNOW, "settings": {"margin": True}},
        {"demo": CDNOW, "settings": {"margin": "0.4"}},
        {"demo": CDNOW, "settings": {"tiers": "4"}},
        {"demo": CDNOW, "settings": {"analysis_date": 0}},
        {"demo": CDNOW, "settings": {"analysis_date": "0"}},
        {"demo": CDNOW, "shop_database": "no"},
        {"demo": CDNOW, "settings": {"inactive_months": 6, "long_gone_months": 3}},
        {"demo": CDNOW, "settings": {"rfm": {"orders": [3, 2, 1, 0]}}},
        {"demo": CDNOW, "mapping": {}, "recipe": {}},
    ],
)
def test_a_request_that_cannot_be_is_refused_at_once(api: httpx.Client, asked) -> None:
    answer = api.post("/analyses", json=asked)
    assert answer.status_code == 422
    body(answer)


def test_the_same_request_is_the_same_job(api, client: Client, idle) -> None:
    def ask(who: httpx.Client, margin: float, content: str = SHOP) -> str:
        asked = {"file": bring(who, content), "settings": {"margin": margin}}
        return who.post("/analyses", json=asked).json()["id"]

    first = ask(api, 0.11)
    assert ask(api, 0.11) == first  # the same bytes, sent again
    others = {ask(api, 0.12), ask(api, 0.11, SHOP + "\n"), ask(client("write", owner="ann"), 0.11)}
    assert len(others | {first}) == 4


def test_a_key_stands_for_one_request(api: httpx.Client, idle) -> None:
    def ask(key: str, margin: float) -> httpx.Response:
        asked = {"demo": CDNOW, "settings": {"margin": margin}}
        return api.post("/analyses", json=asked, headers={"Idempotency-Key": key})

    first = ask("one", 0.21)
    assert ask("one", 0.21).json()["id"] == first.json()["id"]
    assert ask("two", 0.21).json()["id"] == first.json()["id"]
    other = ask("one", 0.22)
    assert other.status_code == 409
    body(other)


def test_a_request_whose_analysis_was_deleted_is_done_again(api: httpx.Client) -> None:
    asked = {"file": bring(api, SHOP), "settings": {"margin": 0.31}}
    first = ended(api, api.post("/analyses", json=asked))
    assert ended(api, api.post("/analyses", json=asked))["id"] == first["id"]
    api.delete(first["result"].removeprefix("/api"))
    second = ended(api, api.post("/analyses", json=asked))
    assert second["id"] != first["id"]
    assert api.get(second["result"].removeprefix("/api")).status_code == 200


def test_a_job_that_is_stopped_is_forgotten_and_leaves_no_analysis(api: httpx.Client) -> None:
    before = len(api.get("/analyses").json()["analyses"])
    job = api.post("/analyses", json={"demo": CDNOW, "settings": {"margin": 0.41}})
    address = job.headers["location"].removeprefix("/api")
    while api.get(address).json()["stage"] in ("", "reading"):
        time.sleep(0.05)
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    # The worker is free for the next one within moments.
    ended(api, api.post("/analyses", json={"file": bring(api, "a,b\n1,2\n")}), seconds=10)
    assert len(api.get("/analyses").json()["analyses"]) == before


def test_a_job_over_the_limit_of_time_is_stopped_and_says_so(api, monkeypatch) -> None:
    monkeypatch.setenv("CLV_JOB_SECONDS", "1")
    said = ended(api, api.post("/analyses", json={"demo": CDNOW, "settings": {"margin": 0.42}}))
    assert said["state"] == "failed"
    assert "too long" in said["problem"]["error"]


def test_more_than_the_queue_holds_is_put_off(api, monkeypatch, idle) -> None:
    monkeypatch.setenv("CLV_JOBS_WAITING", "1")
    answers = [
        api.post("/analyses", json={"demo": CDNOW, "settings": {"margin": margin}})
        for margin in (0.51, 0.52, 0.51)
    ]
    assert [answer.status_code for answer in answers] == [202, 503, 202]
    assert int(answers[1].headers["retry-after"]) > 0
    body(answers[1])
