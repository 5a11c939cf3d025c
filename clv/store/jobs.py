"""Analyses on their way: a row per job, shared by every server process on one store.

    queued -> running -> done or failed     failed: with the two strings of what was refused

A job that is cancelled is forgotten: its row goes, and whoever runs it notices and stops.
A job is claimed by one update of a queued row, so that two processes never run it twice. The one
that runs it leaves its mark every second; where the mark stays away, the job has failed.

Same request of the same owner, same job: `slot` holds their hash while the job stands for it.
"""

import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from clv.errors import Busy, CLVError, Conflict, NotFound
from clv.intake.limits import limit_of
from clv.store import Store

State = Literal["queued", "running", "done", "failed"]
STAGES: Final = ("reading", "mapping", "cleaning", "testing and fitting", "valuing", "saving")
WAITING: Final = 20
SILENT_SECONDS: Final = 30.0  # without a mark in this time, whoever ran it is gone
KEPT_DAYS: Final = 30  # after its end
_jobs: Final = sa.table(
    "jobs",
    *map(
        sa.column,
        (
            *("id", "owner", "request", "slot", "state", "stage", "made_at", "started_at"),
            *("ended_at", "seen_at", "worker", "error", "hint", "result"),
        ),
    ),
)
_keys: Final = sa.table("job_keys", *map(sa.column, ("key", "slot", "job")))
INTERRUPTED: Final = CLVError(
    "The server stopped in the middle of this analysis.", "Ask for it again."
)


@dataclass(frozen=True)
class Job:
    """One job as it stands. Times in seconds since 1970; result: id of the saved analysis."""

    id: str
    owner: str
    request: dict[str, Any]
    state: State
    stage: str
    made_at: float
    started_at: float | None
    ended_at: float | None
    problem: CLVError | None
    result: str | None

    @property
    def progress(self) -> float:
        """The share of stages that are behind it, 0 to 1."""
        if self.state == "done":
            return 1.0
        return STAGES.index(self.stage) / len(STAGES) if self.stage in STAGES else 0.0


def submit(
    store: Store, owner: str, request: dict[str, Any], *, about: str, key: str | None = None
) -> Job:
    """The job for a request: the one that stands for it already, or a new one.

    about: the same text for requests that come to the same, and for no others.
    key: a name of the caller's for this request; used again it gives the same job, whatever
    became of it. Raises Conflict for a key of another request, Busy when too many wait.
    """
    slot = _hash(owner, about)
    named = None if key is None else _hash(owner, key)
    try:
        return _submit(store, owner, request, slot, named)
    except IntegrityError:  # another process made the same job in this moment
        return _submit(store, owner, request, slot, named)


def _submit(store: Store, owner: str, request: dict[str, Any], slot: str, named: str | None) -> Job:
    with store.writing() as connection:
        known = _by_key(connection, slot, named) or _row(connection, _jobs.c.slot == slot)
        if known is None:
            _refuse_crowd(connection)
            new: dict[str, Any] = {
                "id": secrets.token_hex(16),
                "owner": owner,
                "request": json.dumps(request),
            }
            new |= {"slot": slot, "state": "queued", "stage": "", "made_at": time.time()}
            connection.execute(_jobs.insert().values(new))
            known = _row(connection, _jobs.c.id == new["id"])
            assert known is not None
        if named and _by_key(connection, slot, named) is None:
            connection.execute(_keys.delete().where(_keys.c.key == named))
            connection.execute(_keys.insert().values(key=named, slot=slot, job=known.id))
        return _job(known)


def get(store: Store, owner: str, job_id: str) -> Job:
    """A job of the owner's; NotFound for any other."""
    bury(store)
    with store.reading() as connection:
        row = _row(connection, (_jobs.c.id == job_id) & (_jobs.c.owner == owner))
    if row is None:
        raise NotFound("There is no such job.", f"A job is kept for {KEPT_DAYS} days.")
    return _job(row)


def cancel(store: Store, owner: str, job_id: str) -> None:
    """Forget a job; one that runs is stopped. NotFound for one of somebody else."""
    with store.writing() as connection:
        mine = (_jobs.c.id == job_id) & (_jobs.c.owner == owner)
        if not connection.execute(_jobs.delete().where(mine)).rowcount:
            raise NotFound("There is no such job.", f"A job is kept for {KEPT_DAYS} days.")
        connection.execute(_keys.delete().where(_keys.c.job == job_id))


def release(store: Store, job: Job) -> None:
    """Let the next same request be a new job: what this one gave is no more."""
    with store.writing() as connection:
        connection.execute(_jobs.update().where(_jobs.c.id == job.id).values(slot=None))


def claim(store: Store, worker: str) -> Job | None:
    """The job that has waited longest, now this worker's; None when none waits."""
    bury(store)
    waiting = _jobs.select().where(_jobs.c.state == "queued").order_by(_jobs.c.made_at).limit(1)
    while True:
        with store.writing() as connection:
            found = connection.execute(waiting).first()
            if found is None:
                return None
            now = time.time()
            taken = connection.execute(
                _jobs.update()
                .where(_jobs.c.id == found.id, _jobs.c.state == "queued")
                .values(state="running", worker=worker, started_at=now, seen_at=now)
            )
            row = _row(connection, _jobs.c.id == found.id)
            if taken.rowcount and row is not None:
                return _job(row)
        # Another process was quicker; the next one may wait for us.


def mark(store: Store, job: Job, worker: str, stage: str) -> bool:
    """Leave a mark of life; False when the job is this worker's no longer."""
    return _mine(store, job, worker, stage=stage, seen_at=time.time())


def finish(store: Store, job: Job, worker: str, result: str) -> bool:
    """The job is done; False when it is this worker's no longer: nobody wants the result."""
    return _mine(store, job, worker, state="done", result=result, ended_at=time.time())


def fail(store: Store, job: Job, worker: str, error: CLVError) -> bool:
    """The job has failed, and why; the same request may be made again."""
    why = {"error": error.message, "hint": error.hint, "slot": None}
    return _mine(store, job, worker, state="failed", ended_at=time.time(), **why)


def bury(store: Store) -> None:
    """Fail the jobs whose worker is gone, and forget those that ended long ago."""
    now = time.time()
    silent = (_jobs.c.state == "running") & (_jobs.c.seen_at < now - SILENT_SECONDS)
    old = _jobs.c.ended_at < now - KEPT_DAYS * 86_400
    with store.reading() as connection:
        if connection.execute(sa.select(_jobs.c.id).where(silent | old).limit(1)).first() is None:
            return
    why = {"error": INTERRUPTED.message, "hint": INTERRUPTED.hint, "slot": None}
    with store.writing() as connection:
        connection.execute(_jobs.update().where(silent).values(state="failed", ended_at=now, **why))
        gone = sa.select(_jobs.c.id).where(old)
        connection.execute(_keys.delete().where(_keys.c.job.in_(gone)))
        connection.execute(_jobs.delete().where(old))


def _mine(store: Store, job: Job, worker: str, **values: Any) -> bool:
    ours = (_jobs.c.id == job.id) & (_jobs.c.worker == worker) & (_jobs.c.state == "running")
    with store.writing() as connection:
        return bool(connection.execute(_jobs.update().where(ours).values(values)).rowcount)


def _by_key(connection: sa.Connection, slot: str, named: str | None) -> Any:
    if named is None:
        return None
    known = connection.execute(_keys.select().where(_keys.c.key == named)).first()
    if known is None:
        return None
    if known.slot != slot:
        raise Conflict(
            "This Idempotency-Key was used for another request.", "Use a new key for a new request."
        )
    return _row(connection, _jobs.c.id == known.job)


def _refuse_crowd(connection: sa.Connection) -> None:
    waiting = sa.select(sa.func.count()).where(_jobs.c.state == "queued")
    if int(connection.execute(waiting).scalar_one()) >= limit_of("CLV_JOBS_WAITING", WAITING):
        raise Busy("Too many analyses are waiting.", "Ask for it again in a minute.")


def _row(connection: sa.Connection, where: Any) -> Any:
    return connection.execute(_jobs.select().where(where)).first()


def _job(row: Any) -> Job:
    return Job(
        id=row.id,
        owner=row.owner,
        request=json.loads(row.request),
        state=row.state,
        stage=row.stage,
        made_at=row.made_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        problem=CLVError(row.error, row.hint) if row.error else None,
        result=row.result,
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
