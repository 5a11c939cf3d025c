"""Jobs: done once, by one of several processes, and never left hanging."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import clv
from clv import engine
from clv.errors import Busy, CLVError, Conflict, NotFound
from clv.intake.demo import CDNOW
from clv.store import LOCAL, Store, job_worker, jobs, open_store, saved
from clv.store.job_worker import Worker
from tests.postgres_server import postgres_server

ROOT = Path(__file__).resolve().parents[2]
REQUEST = {
    **dict.fromkeys(("file", "files_of", "name", "read", "mapping", "recipe", "refunds")),
    "demo": CDNOW,
    "shop_database": False,
    "settings": {},
}
CLAIMS = """
import sys
from clv.store import jobs, open_store
store = open_store()
while (job := jobs.claim(store, sys.argv[1])) is not None:
    print(job.id, flush=True)
"""
WORKS = """
import sys
from clv.store import open_store
from clv.store.job_worker import Worker
worker = Worker(open_store())
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that other processes open too, for they inherit the environment."""
    monkeypatch.setenv("CLV_STORE_DIR", str(tmp_path / "store"))
    url = request.getfixturevalue("server") if request.param == "postgresql" else ""
    monkeypatch.setenv("CLV_STORE_URL", url)
    monkeypatch.setenv("CLV_JOBS_WAITING", "1000")
    opened = open_store()
    yield opened
    while (job := jobs.claim(opened, "end")) is not None:
        jobs.cancel(opened, LOCAL, job.id)
    opened.engine.dispose()


def submit(store: Store, about: str, **more: str) -> jobs.Job:
    return jobs.submit(store, LOCAL, REQUEST, about=about, **more)


def wait(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children() -> list[int]:
    """The processes on this machine that do a job."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"clv.store.job_child" in command:
            found.append(int(folder.name))
    return found


def test_the_job_that_has_waited_longest_comes_first(store: Store) -> None:
    asked = [submit(store, text) for text in "abc"]
    claimed = [jobs.claim(store, "me") for _ in range(4)]
    assert [job and job.id for job in claimed] == [*(job.id for job in asked), None]


def test_several_processes_never_claim_a_job_twice(shared: Store) -> None:
    asked = {submit(shared, str(number)).id for number in range(60)}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMS, str(number)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    claimed = [line for each in running for line in each.communicate(timeout=60)[0].split()]
    assert len(claimed) == len(asked)
    assert set(claimed) == asked


def test_many_who_ask_for_the_same_get_one_job(shared: Store) -> None:
    found: list[str] = []
    askers = [
        threading.Thread(target=lambda: found.append(submit(shared, "same", key="k").id))
        for _ in range(12)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(found) == 12
    assert len(set(found)) == 1


def test_a_job_that_failed_does_not_stand_in_the_way(store: Store) -> None:
    first = submit(store, "a", key="k")
    claimed = jobs.claim(store, "me")
    assert jobs.fail(store, claimed, "me", CLVError("No.", "Else."))
    second = submit(store, "a")
    assert second.id != first.id
    assert submit(store, "a", key="k").id == first.id  # a key stands for what became of it
    with pytest.raises(Conflict):
        submit(store, "b", key="k")


def test_a_full_queue_refuses_new_jobs_and_knows_the_old(store: Store, monkeypatch) -> None:
    monkeypatch.setenv("CLV_JOBS_WAITING", "1")
    first = submit(store, "a")
    with pytest.raises(Busy):
        submit(store, "b")
    assert submit(store, "a").id == first.id
    jobs.claim(store, "me")
    assert submit(store, "b").id != first.id


def test_a_job_whose_worker_falls_silent_has_failed(store: Store, monkeypatch) -> None:
    asked = submit(store, "a")
    job = jobs.claim(store, "gone")
    assert jobs.mark(store, job, "gone", "reading")
    assert jobs.get(store, LOCAL, asked.id).state == "running"
    monkeypatch.setattr(jobs, "SILENT_SECONDS", 0.0)
    time.sleep(0.01)
    now = jobs.get(store, LOCAL, asked.id)
    assert (now.state, now.problem.message) == ("failed", jobs.INTERRUPTED.message)
    assert not jobs.finish(store, job, "gone", "result")  # it comes back too late
    assert jobs.get(store, LOCAL, asked.id).result is None


def test_nobody_else_marks_or_ends_a_job(store: Store) -> None:
    asked = submit(store, "a")
    job = jobs.claim(store, "me")
    assert not jobs.mark(store, job, "other", "saving")
    assert not jobs.finish(store, job, "other", "x")
    assert jobs.get(store, LOCAL, asked.id).state == "running"


def test_jobs_that_ended_long_ago_are_forgotten(store: Store, monkeypatch) -> None:
    asked = submit(store, "a", key="k")
    jobs.finish(store, jobs.claim(store, "me"), "me", "x")
    monkeypatch.setattr(jobs, "KEPT_DAYS", -1)
    with pytest.raises(NotFound):
        jobs.get(store, LOCAL, asked.id)
    assert submit(store, "a", key="k").id != asked.id


def test_a_process_that_dies_fails_its_job(store: Store) -> None:
    asked, worker = submit(store, "a"), Worker(store)
    try:
        wait(lambda: jobs.get(store, LOCAL, asked.id).stage)
        for pid in own_children():
            os.kill(pid, signal.SIGKILL)
        wait(lambda: jobs.get(store, LOCAL, asked.id).state == "failed")
        assert jobs.get(store, LOCAL, asked.id).problem.message == job_worker.DIED.message
    finally:
        worker.stop()


def own_children() -> list[int]:
    return [
        pid
        for pid in children()
        if f"\nPPid:\t{os.getpid()}\n" in Path(f"/proc/{pid}/status").read_text()
    ]


def test_a_worker_that_stops_takes_its_process_with_it(store: Store) -> None:
    asked, worker = submit(store, "a"), Worker(store)
    wait(lambda: jobs.get(store, LOCAL, asked.id).stage)
    assert own_children()
    worker.stop()
    assert not own_children()
    assert jobs.get(store, LOCAL, asked.id).problem.message == jobs.INTERRUPTED.message


def test_a_server_that_is_killed_leaves_no_process_and_no_hanging_job(
    store: Store, monkeypatch
) -> None:
    asked = submit(store, "a")
    server = subprocess.Popen([sys.executable, "-c", WORKS], cwd=ROOT, stdin=subprocess.PIPE)
    try:
        wait(lambda: jobs.get(store, LOCAL, asked.id).stage)
        started = [
            pid
            for pid in children()
            if f"\nPPid:\t{server.pid}\n" in Path(f"/proc/{pid}/status").read_text()
        ]
        assert started
    finally:
        server.kill()
        server.communicate()
    wait(lambda: not set(started) & set(children()))
    monkeypatch.setattr(jobs, "SILENT_SECONDS", 0.0)
    assert jobs.get(store, LOCAL, asked.id).state == "failed"
    assert saved.listed(store, LOCAL) == ()


def test_what_is_cancelled_while_it_is_saved_is_taken_back(store: Store, monkeypatch) -> None:
    asked, finish = submit(store, "a"), jobs.finish
    late = []

    def too_late(store: Store, job: jobs.Job, worker: str, result: str) -> bool:
        assert [one.id for one in saved.listed(store, LOCAL)] == [result]
        jobs.cancel(store, LOCAL, job.id)
        late.append(finish(store, job, worker, result))
        return late[-1]

    monkeypatch.setattr(jobs, "finish", too_late)
    worker = Worker(store)
    try:
        wait(lambda: late, 120)
        wait(lambda: not saved.listed(store, LOCAL))
    finally:
        worker.stop()
    assert late == [False]
    with pytest.raises(NotFound):
        jobs.get(store, LOCAL, asked.id)


def test_a_worker_deletes_what_nobody_uses_any_more(store: Store) -> None:
    old = engine.workspace() / "upload-forgotten"
    old.write_text("x")
    os.utime(old, (0, 0))
    worker = Worker(store)
    try:
        wait(lambda: not old.exists())
    finally:
        worker.stop()


def test_the_worker_deletes_what_is_older_than_is_kept(
    shared: Store, small: clv.Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as past:
        past.setattr("clv.store.saved.time.time", lambda: 0.0)
        saved.save(shared, LOCAL, small, name="of 1970")
    monkeypatch.setenv("CLV_KEEP_DAYS", "30")
    kept = saved.save(shared, LOCAL, small, name="of today")
    worker = Worker(shared)
    try:
        wait(lambda: saved.listed(shared, LOCAL) == (kept,))
    finally:
        worker.stop()
        saved.delete(shared, LOCAL, kept.id)
