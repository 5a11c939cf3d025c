"""Analyses as jobs: ask for one, see how far it is, stop it."""

import json
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, Field

from clv import engine
from clv.api import working
from clv.api.callers import Caller, Reader, Writer
from clv.api.files import stored_file
from clv.api.problems import refusals
from clv.api.requests import NewAnalysis
from clv.errors import CLVError, NotFound
from clv.store import jobs, saved
from clv.store.job_child import settings_of
from clv.store.shop.database import open_shop, state_of

router = APIRouter(tags=["Jobs"])
JobId = Annotated[str, Path(description="As given by POST /analyses.", pattern="^[0-9a-f]{32}$")]
LOOK_AGAIN: Final = "2"  # seconds


class Refusal(BaseModel):
    """Why a job failed, in the two strings that the pages show."""

    error: str
    hint: str


class Job(BaseModel):
    """An analysis on its way."""

    id: str
    state: jobs.State = Field(description="queued, running, done or failed")
    stage: str = Field(description=f"Of {', '.join(jobs.STAGES)}; empty before the first.")
    progress: float = Field(description="Share of the stages behind it.", ge=0, le=1)
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    problem: Refusal | None = Field(description="Why it failed.")
    analysis: str | None = Field(description="The id of the saved analysis, once done.")
    result: str | None = Field(description="Its address.")


@router.post(
    "/analyses",
    status_code=202,
    summary="Ask for an analysis",
    responses={
        **refusals(404, 409),
        202: {
            "headers": {"Location": {"schema": {"type": "string"}, "description": "The job."}},
            "links": {
                name: {"operationId": operation, "parameters": {"job_id": "$response.body#/id"}}
                for name, operation in (("look", "jobs_look"), ("stop", "jobs_stop"))
            },
        },
    },
)
def ask(
    wanted: NewAnalysis,
    caller: Writer,
    request: Request,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=255, description="Of your choice: sent again, it gives the same job."),
    ] = None,
) -> Job:
    """Have a file, an example or the shop database analysed. The same request is the same job."""
    plain = wanted.model_dump(mode="json")
    settings_of(plain["settings"])
    asked = {**plain, "files_of": caller.filed_under}
    about = json.dumps({**plain, "file": _content(wanted, caller)}, sort_keys=True)
    job = jobs.submit(caller.store, caller.owner, asked, about=about, key=idempotency_key)
    if job.state == "done" and not _stands(caller, job.result):
        jobs.release(caller.store, job)
        job = jobs.submit(caller.store, caller.owner, asked, about=about, key=idempotency_key)
    working.worker(caller.store).wake()
    root = request.scope["root_path"]
    response.headers["Location"] = f"{root}/jobs/{job.id}"
    response.headers["Retry-After"] = LOOK_AGAIN
    return _job(job, root)


@router.get("/jobs/{job_id}", summary="How far it is", responses=refusals(404))
def look(caller: Reader, job_id: JobId, request: Request) -> Job:
    """The state of a job, its stage, and the analysis once it is done."""
    return _job(jobs.get(caller.store, caller.owner, job_id), request.scope["root_path"])


@router.delete(
    "/jobs/{job_id}",
    status_code=204,
    summary="Stop and forget it",
    responses=refusals(404),
)
def stop(caller: Writer, job_id: JobId) -> None:
    """Stop a job that waits or runs, and forget it. An analysis that is saved stays."""
    jobs.cancel(caller.store, caller.owner, job_id)


def _content(wanted: NewAnalysis, caller: Caller) -> str:
    """What says which bytes or rows are read; NotFound or NoShop for what is not there."""
    if wanted.shop_database:
        return state_of(open_shop())
    return engine.hash_file(stored_file(caller, wanted.file).path) if wanted.file else ""


def _stands(caller: Caller, analysis_id: str | None) -> bool:
    try:
        saved.get(caller.store, caller.owner, analysis_id or "")
    except NotFound:
        return False
    return True


def _job(job: jobs.Job, root: str) -> Job:
    return Job(
        id=job.id,
        state=job.state,
        stage=job.stage,
        progress=round(job.progress, 3),
        made_at=_moment(job.made_at),
        started_at=None if job.started_at is None else _moment(job.started_at),
        ended_at=None if job.ended_at is None else _moment(job.ended_at),
        problem=_refusal(job.problem),
        analysis=job.result,
        result=f"{root}/analyses/{job.result}" if job.result else None,
    )


def _refusal(problem: CLVError | None) -> Refusal | None:
    return Refusal(error=problem.message, hint=problem.hint) if problem else None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
