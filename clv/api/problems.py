"""Refusals as problem details (RFC 9457), in the two strings that pages and command line show.

{"type": "urn:clv:not-found", "title": what happened, "status": 404, "detail": what to do,
 "error": what happened, "hint": what to do}
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match

from clv.errors import (
    Busy,
    CLVError,
    Conflict,
    Damaged,
    NoRoom,
    NoShop,
    NoSuchRow,
    NotAllowed,
    NotFound,
    NoToken,
    RowInUse,
    StoreProblem,
    TooLarge,
    TooMany,
)

MEDIA_TYPE: Final = "application/problem+json"
STATUS: Final[dict[type[CLVError], int]] = {
    NoToken: 401,
    NotAllowed: 403,
    NotFound: 404,
    NoShop: 404,
    NoSuchRow: 404,
    Conflict: 409,
    RowInUse: 409,
    TooLarge: 413,
    TooMany: 503,
    Busy: 503,
    StoreProblem: 503,
    Damaged: 500,
    NoRoom: 507,
}
RETRY_SECONDS: Final = 30
_SHOWN: Final = 5  # faults of one request that are told
DEFECT: Final = CLVError(
    "Something went wrong in this program, and it is not your fault.",
    "Try again; if it stays, tell the people who run it what you sent.",
)
OF_STATUS: Final = {
    404: ("There is nothing at this address.", "The addresses are listed at /api/docs."),
    405: ("This address does not take that method.", "The header Allow says which it takes."),
    408: ("Nothing of the request has come for a minute.", "Send it again."),
    415: ("The body is of a kind that is not taken here.", "Send application/json or text/csv."),
    413: ("The request is larger than 1 MB.", "Send files to /api/files, which takes large ones."),
}


class Problem(BaseModel):
    """Why a request was refused, and what to do."""

    type: str = Field(description="Kind of refusal.", examples=["urn:clv:not-found"])
    title: str = Field(description="What happened.")
    status: int = Field(description="The HTTP status, again.", examples=[404])
    detail: str = Field(description="What to do about it.")
    error: str = Field(description="What happened: the same as title.")
    hint: str = Field(description="What to do about it: the same as detail.")


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of an endpoint for its description; those that all have are always there."""
    said = {
        400: "The request cannot be read",
        401: "No token",
        403: "The token does not allow it",
        404: "There is nothing of that name",
        409: "It contradicts what is there",
        413: "More than is taken",
        415: "A kind of body that is not taken",
        422: "The request is understood and cannot be done",
        500: "A defect of this program",
        503: "Too much to do: try again after Retry-After seconds",
        507: "No space left",
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    every = sorted({400, 401, 403, 413, 422, 500, 503, *statuses})
    return {status: {"description": said[status], "content": content} for status in every}


def status_of(error: CLVError) -> int:
    """The HTTP status of a refusal; 422 where nothing else says more."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 422)


def answer(error: CLVError, status: int | None = None, **headers: str) -> Response:
    """A refusal as a response."""
    status = status or status_of(error)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (408, 413, 507):
        headers["Connection"] = "close"  # the rest of the body would be received for nothing
    if status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    body = {
        "type": f"urn:clv:{_kind(error, status)}",
        "title": error.message,
        "status": status,
        "detail": error.hint,
        "error": error.message,
        "hint": error.hint,
    }
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Have an app, which has these routes, answer every refusal as problem details."""

    @app.exception_handler(CLVError)
    def refused(_: Request, error: CLVError) -> Response:
        return answer(error)

    @app.exception_handler(HTTPException)
    def of_http(request: Request, error: HTTPException) -> Response:
        message, hint = OF_STATUS.get(
            error.status_code,
            ("The request cannot be read.", "What is taken is described at /api/docs."),
        )
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(_methods(request, routes))
        return answer(CLVError(message, hint), error.status_code, **headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Response:
        return answer(_in_words(error.errors()))


def _methods(request: Request, routes: Sequence[BaseRoute]) -> list[str]:
    """Every method that the address takes; the framework names those of its first route."""
    found: set[str] = set()
    for route in routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found)


def _kind(error: CLVError, status: int) -> str:
    name = type(error).__name__
    if name == "CLVError":
        return {404: "not-found", 405: "method", 500: "defect"}.get(status, "refused")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _in_words(faults: Sequence[Any]) -> CLVError:
    said = [f"{_place(fault['loc'])}: {_lower(str(fault['msg']))}" for fault in faults[:_SHOWN]]
    if len(faults) > _SHOWN:
        said.append(f"and {len(faults) - _SHOWN} more")
    return CLVError(
        f"The request cannot be understood: {'; '.join(said)}.",
        "What each address takes is described at /api/docs.",
    )


def _place(where: Sequence[Any]) -> str:
    return ".".join(str(part)[:60] for part in where if part != "body") or "body"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
