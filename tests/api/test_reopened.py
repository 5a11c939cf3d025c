"""Saved analyses kept open between requests: read once, never stale, a few at a time."""

import threading
import time

import httpx
import pytest

from clv.api import reopened, turns
from clv.errors import Busy, CLVError
from clv.store import LOCAL, audit, open_store, saved
from clv.store.erasure import erase
from tests.api.conftest import Client
from tests.api.test_problems import body


def test_ten_who_ask_at_once_have_it_read_once(client: Client, small, monkeypatch) -> None:
    one, read = saved.save(open_store(), LOCAL, small, name="Once"), []
    real = saved.reopen

    def slow(*args):
        read.append(args)
        time.sleep(0.3)
        return real(*args)

    monkeypatch.setattr(reopened.saved, "reopen", slow)
    answers: list[httpx.Response] = []
    api = client("read")
    askers = [
        threading.Thread(target=lambda: answers.append(api.get(f"/analyses/{one.id}/formula")))
        for _ in range(10)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(read) == 1
    opened = [e for e in audit.entries(open_store(), LOCAL) if one.id in e.subject]
    assert [entry.action for entry in opened].count("opened") == 1


def test_what_could_not_be_read_is_tried_again(client: Client, small, monkeypatch) -> None:
    one, api = saved.save(open_store(), LOCAL, small, name="Again"), client("read")

    def broken(*_: object) -> None:
        raise CLVError("Away.", "Wait.")

    with monkeypatch.context() as patch:
        patch.setattr(reopened.saved, "reopen", broken)
        assert body(api.get(f"/analyses/{one.id}/formula"))["error"] == "Away."
    assert api.get(f"/analyses/{one.id}/formula").status_code == 200


def test_no_more_are_kept_open_than_there_is_room_for(client: Client, small) -> None:
    ids = [saved.save(open_store(), LOCAL, small, name=str(i)).id for i in range(reopened.KEPT + 2)]
    for each in ids:
        assert client("read").get(f"/analyses/{each}/formula").status_code == 200
    assert len(reopened._kept) == reopened.KEPT


def test_a_long_request_waits_for_a_place_and_is_put_off_in_the_end(monkeypatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.05)
    taken = [turns.turn() for _ in range(turns.AT_A_TIME)]
    for place in taken:
        place.__enter__()
    with pytest.raises(Busy), turns.turn():
        pass
    taken[0].__exit__(None, None, None)
    with turns.turn():
        pass
    for place in taken[1:]:
        place.__exit__(None, None, None)


def test_a_customer_who_is_erased_is_gone_from_the_next_answer_on(client: Client, small) -> None:
    # The last one here: erasing takes the working files of the shared analysis along.
    owner, store = "eraser", open_store()
    one = saved.save(store, owner, small, name="Erase")
    api = client("read", owner=owner)
    address = f"/analyses/{one.id}/customers"
    assert api.get(f"{address}/C007").status_code == 200
    after = api.get(address, params={"limit": 7}).json()["after"]  # C007 is the last on the page
    erase(store, owner, "C007")
    assert api.get(f"{address}/C007").status_code == 404
    assert "C007" not in api.get(address, params={"format": "csv"}).text
    following = api.get(address, params={"after": after, "limit": 1}).json()["customers"]
    assert [row["customer_id"] for row in following] == ["C008"]
