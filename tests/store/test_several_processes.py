"""Several processes on one store, on SQLite and on PostgreSQL, and what kill -9 leaves behind."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import clv
from clv.store import LOCAL, Store, access, links, open_store
from clv.store.erasure import erase
from clv.store.files import checked, sweep
from clv.store.saved import delete, files_of, get, listed, reopen, save
from tests.postgres_server import postgres_server
from tests.store.same import assert_same
from tests.store.small_shop import small_analysis

ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("CLV_TEST_SECONDS", "6"))
PROCESSES = 4  # of five users each


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A store that other processes open too, for they inherit the environment."""
    monkeypatch.setenv("CLV_STORE_DIR", str(tmp_path / "store"))
    url = request.getfixturevalue("server") if request.param == "postgresql" else ""
    monkeypatch.setenv("CLV_STORE_URL", url)
    opened = open_store()
    yield opened
    for one in listed(opened, LOCAL):
        delete(opened, LOCAL, one.id)
    opened.engine.dispose()


def start(what: str, saved_id: str, seconds: float = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.users", what, str(seconds), saved_id]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_twenty_kills_in_the_middle_of_a_save_lose_nothing_that_was_acknowledged(
    shared: Store, small: clv.Analysis
) -> None:
    first = save(shared, LOCAL, small, name="first")
    acknowledged = {first.id}
    chance = random.Random(20)
    rounds = 5 if shared.engine.dialect.name == "sqlite" else 2
    for _ in range(rounds):
        processes = [start("saver", first.id) for _ in range(4)]
        for process in processes:
            acknowledged.add(process.stdout.readline().strip())
        time.sleep(0.2)
        for process in processes:
            time.sleep(0.3 * chance.random())
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().split("\n")
            acknowledged |= set(rest[:-1])  # what comes after the last line break is half a line
            process.stdout.close()
            process.wait()
    there = listed(shared, LOCAL)
    assert acknowledged <= {one.id for one in there}
    assert len(acknowledged) > 8 * rounds
    for one in there:
        for stored in files_of(shared, one.id).values():
            checked(shared, stored.name)
    for one in there[:5]:
        assert reopen(shared, one).settings == one.settings
    assert_same(small, reopen(shared, first))
    sweep(shared, older_than_hours=-1)
    named = {f.name for one in there for f in files_of(shared, one.id).values()}
    assert {path.name for path in shared.files.iterdir()} == named


def test_twenty_users_of_four_processes_meet_no_lock(shared: Store, small: clv.Analysis) -> None:
    first = save(shared, LOCAL, small, name="first")
    processes = [start("busy", first.id, SECONDS) for _ in range(PROCESSES)]
    said = [
        process.communicate(timeout=SECONDS + 120)[0].split(maxsplit=2) for process in processes
    ]
    assert [errors.strip() for _, _, errors in said] == ["[]"] * PROCESSES
    assert all(int(actions) >= 5 for actions, _, _ in said)
    assert max(float(longest) for _, longest, _ in said) < 30
    assert_same(small, reopen(shared, first))


def test_each_process_sees_what_the_other_saves(shared: Store, small: clv.Analysis) -> None:
    mine = save(shared, LOCAL, small, name="mine")
    process = start("saver", mine.id)
    theirs = process.stdout.readline().strip()
    try:
        assert get(shared, LOCAL, theirs).name == "number 1"
        assert_same(clv.analyse(small.shop, get(shared, LOCAL, theirs).settings),
                    reopen(shared, get(shared, LOCAL, theirs)))  # fmt: skip
    finally:
        process.kill()
        process.communicate()


def test_links_tokens_and_erasure_work_on_either_catalogue(
    shared: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path / "data"))  # erasing deletes what lies there
    small = small_analysis(tmp_path)
    saved = save(shared, LOCAL, small, name="mine", view="customer=C00001")
    _, token = links.create(shared, LOCAL, saved.id, password="x")
    link, grant = links.open_link(shared, token, "x")
    assert links.granted(shared, link.id, grant).opened == 1
    secret = access.create(shared, LOCAL, "robot", (access.READ,))[1]
    assert access.check(shared, secret, access.READ).name == "robot"
    assert erase(shared, LOCAL, "C002").rewritten == 1
    left = reopen(shared, get(shared, LOCAL, saved.id)).frame["customer_id"].tolist()
    assert left == [id for id in small.frame["customer_id"] if id != "C002"]
    delete(shared, LOCAL, saved.id)
    assert links.listed(shared, LOCAL) == ()


def test_a_store_opened_by_many_at_once_is_made_once(shared: Store) -> None:
    from clv.store.opening import _open

    url, made = os.environ["CLV_STORE_URL"], []
    folder = shared.folder.with_name("another")

    def opening() -> None:
        made.append(_open(folder, url))

    threads = [threading.Thread(target=opening) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    for one in made:
        assert listed(one, LOCAL) == ()
        one.engine.dispose()
