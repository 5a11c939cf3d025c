"""Saved analyses over the API: what they say is what the library says."""

import httpx
import pytest

import clv
from clv import schema
from clv.report import report
from clv.store import LOCAL, audit, open_store, saved
from tests.api.conftest import Client
from tests.api.test_customers import plain
from tests.api.test_problems import body


def test_the_list_goes_page_by_page_through_what_is_saved(api, client, small, small_id) -> None:
    owner = "lister"
    made = [saved.save(open_store(), owner, small, name=f"N{i}").id for i in range(5)]
    mine, found, after = client("read", owner=owner), [], None
    while True:
        page = mine.get(
            "/analyses", params={"limit": 2, **({"after": after} if after else {})}
        ).json()
        found += [one["id"] for one in page["analyses"]]
        after = page["after"]
        if after is None:
            break
        if len(found) == 2:  # what the last page ended with may be gone by now
            saved.delete(open_store(), owner, found[-1])
    assert found == made[::-1]
    assert mine.get("/analyses", params={"after": "nonsense"}).status_code == 422


def test_an_analysis_is_renamed_and_deleted_and_both_are_noted(client: Client, small) -> None:
    owner = "keeper"
    mine = client("read", "write", owner=owner)
    address = f"/analyses/{saved.save(open_store(), owner, small, name='Old').id}"
    assert mine.patch(address, json={"name": "New"}).json()["name"] == "New"
    assert mine.get(address).json()["name"] == "New"
    assert mine.patch(address, json={"name": " "}).status_code == 422
    assert mine.delete(address).status_code == 204
    assert mine.get(address).status_code == mine.get(f"{address}/summary").status_code == 404
    actions = [one.action for one in audit.entries(open_store(), owner)]
    assert {"renamed", "deleted"} <= set(actions)


@pytest.mark.parametrize(
    ("address", "part"), [("formula", "formula"), ("model", "model"), ("scorecard", "test")]
)
def test_each_part_is_that_of_the_report(api, small, small_id, address: str, part: str) -> None:
    said = api.get(f"/analyses/{small_id}/{address}").json()
    expected = report(small)[part]
    assert {name: said[name] for name in expected} == httpx.Response(200, json=expected).json()


def test_the_summary_holds_rows_window_settings_and_totals(api, small, small_id) -> None:
    said, expected = api.get(f"/analyses/{small_id}/summary").json(), report(small)
    for name in ("shape", "rows", "window", "settings", "totals", "channels", "doubts"):
        assert said[name] == expected[name]
    assert said["cautions"] == list(small.cautions)


@pytest.mark.parametrize("by", ["segment", "tier", "status", "value_risk", "Team"])
def test_segments_are_those_of_the_library(api, small: clv.Analysis, small_id, by: str) -> None:
    said = api.get(f"/analyses/{small_id}/segments", params={"by": by}).json()
    expected = plain(small.segments(by))
    assert said["by"] == by
    assert [one["name"] for one in said["segments"]] == [one["name"] for one in expected]
    for one, other in zip(said["segments"], expected, strict=True):
        assert one == pytest.approx(other)


def test_a_grouping_that_there_is_not_is_refused_with_those_that_there_are(api, small_id) -> None:
    for by in ("customer_id", "orders", "rfm", "nothing", ""):
        answer = api.get(f"/analyses/{small_id}/segments", params={"by": by})
        assert answer.status_code == 422
        assert "segment, tier, status" in body(answer)["hint"]


def test_cohorts_hold_every_customer_and_all_revenue_once(api, small, small_id) -> None:
    cohorts = api.get(f"/analyses/{small_id}/cohorts").json()["cohorts"]
    sizes = {one["cohort"]: one["size"] for one in cohorts}
    months = small.frame[schema.FIRST_ORDER].dt.strftime("%Y-%m").value_counts()
    assert sizes == months.to_dict()
    assert sum(one["revenue"] for one in cohorts) == pytest.approx(small.totals.revenue)
    assert all(one["customers"] <= one["size"] for one in cohorts)


def test_an_analysis_that_lost_a_file_or_a_byte_is_said_to_be_damaged(client, small) -> None:
    owner, store = "unlucky", open_store()
    one = saved.save(store, owner, small, name="Damaged")
    for stored in saved.files_of(store, one.id).values():
        path = store.files / stored.name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes(content)
    answer = client("read", owner=owner).get(f"/analyses/{one.id}/summary")
    assert answer.status_code in (500, 503)
    body(answer)
    saved.delete(store, owner, one.id)


def test_another_owner_lists_nothing_of_mine(client: Client, small_id: str) -> None:
    assert client("read", owner="nobody").get("/analyses").json()["analyses"] == []
    ids = [one["id"] for one in client("read", owner=LOCAL).get("/analyses").json()["analyses"]]
    assert small_id in ids
