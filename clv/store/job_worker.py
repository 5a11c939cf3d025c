"""Runs the jobs of a store, one at a time, each in a process of its own that can be stopped."""

import contextlib
import json
import logging
import math
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any, Final

from clv import engine
from clv.errors import CLVError, NotFound
from clv.intake import inbox
from clv.intake.limits import limit_of
from clv.store import Store, files, jobs, saved

SECONDS: Final = 3600  # for one analysis (CLV_JOB_SECONDS)
MARK_SECONDS: Final = 1.0
SAVING: Final = jobs.STAGES[-1]
SWEEP_SECONDS: Final = 3600.0
IDLE_SECONDS: Final = 2.0  # until a look for jobs of other processes
_ROOT: Final = Path(__file__).resolve().parents[2]
_LOG: Final = logging.getLogger(__name__)
TOO_LONG: Final = CLVError(
    "The analysis took too long and was stopped.",
    "Leave out columns that are not needed, or ask whoever runs the server for more time "
    "(CLV_JOB_SECONDS).",
)
DIED: Final = CLVError(
    "The analysis stopped without an answer; it may have needed more memory than there is.",
    "Try again with fewer rows; if it stays, tell the people who run the server.",
)


class Worker:
    """The thread that runs the jobs of one store in this process."""

    def __init__(self, store: Store) -> None:
        self.name = secrets.token_hex(8)
        self._store = store
        self._swept = -math.inf
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="jobs")
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self, seconds: float = 10.0) -> None:
        """Stop, with the job that runs; it is marked as failed."""
        self._stop.set()
        self._wake.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                job = jobs.claim(self._store, self.name)
                if job is not None:
                    self._do(job)
                    continue
                self._sweep_hourly()
            except Exception:  # the store may be away for a moment; the next look may find it
                _LOG.exception("looking for jobs failed")
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()

    def _sweep_hourly(self) -> None:
        """Where no page is opened, nobody else deletes the files that are used no more."""
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self._swept = time.monotonic()
            engine.sweep(engine.workspace())
            inbox.sweep(engine.workspace())
            files.sweep(self._store)
            if days := limit_of("CLV_KEEP_DAYS", 0):
                saved.delete_older(self._store, days)

    def _do(self, job: jobs.Job) -> None:
        try:
            answer = self._watch(job)
        except CLVError as error:
            jobs.fail(self._store, job, self.name, error)
            return
        if answer is None:
            return
        if "error" in answer:
            why = CLVError(answer["error"], answer["hint"])
            jobs.fail(self._store, job, self.name, why)
        elif not jobs.finish(self._store, job, self.name, answer["result"]):
            _discard(self._store, job, answer["result"])

    def _watch(self, job: jobs.Job) -> dict[str, Any] | None:
        """The answer of the process that does the job; None when the job was cancelled."""
        deadline = time.monotonic() + limit_of("CLV_JOB_SECONDS", SECONDS)
        with tempfile.TemporaryFile() as log:
            return self._follow(job, _Child(job, log), deadline)

    def _follow(self, job: jobs.Job, child: "_Child", deadline: float) -> dict[str, Any] | None:
        stage = ""
        try:
            # What is being saved is waited for, so that it can be taken back whole.
            while jobs.mark(self._store, job, self.name, stage) or stage == SAVING:
                self._refuse_to_go_on(deadline)
                said = child.said(MARK_SECONDS)
                if said is None:
                    continue
                if "stage" not in said:
                    return said
                stage = said["stage"]
                if stage == SAVING and jobs.mark(self._store, job, self.name, stage):
                    child.go_on()
                elif stage == SAVING:
                    return None
            return None
        finally:
            child.end()

    def _refuse_to_go_on(self, deadline: float) -> None:
        if self._stop.is_set():
            raise jobs.INTERRUPTED
        if time.monotonic() > deadline:
            raise TOO_LONG


class _Child:
    """The process that does one job, and what it says."""

    def __init__(self, job: jobs.Job, log: IO[bytes]) -> None:
        self._job, self._log = job, log
        paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "clv.store.job_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=engine.workspace(),
            env={**os.environ, "PYTHONPATH": paths},
        )
        self._tell(json.dumps({"owner": job.owner, "request": job.request}))
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def said(self, seconds: float) -> dict[str, Any] | None:
        """What it says next; None for nothing in this time. Raises when it died."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return None
        try:
            answer: dict[str, Any] = json.loads(line or "")
        except ValueError:
            self._log.seek(0)
            why = self._log.read()[-4000:].decode(errors="replace")
            _LOG.error("job %s died: %s", self._job.id, why)
            raise DIED from None
        return answer

    def go_on(self) -> None:
        """It may save."""
        self._tell("go on")

    def end(self) -> None:
        """No such process afterwards."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it died; `said` tells
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed under our hands by `end`
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(None)


def _discard(store: Store, job: jobs.Job, result: str) -> None:
    with contextlib.suppress(NotFound):
        saved.delete(store, job.owner, result)
