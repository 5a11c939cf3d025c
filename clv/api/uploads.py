"""`PUT /api/uploads/NAME`: a file from the browser or from curl to disk, at constant memory.

A token in the header X-Upload-Token is the permission. Browsers must come from our own page.
What is refused is refused with a status and JSON: `error` (what happened), `hint` (what to do).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from clv.errors import CLVError, NoRoom, NotAllowed, TooLarge, TooMany, UploadRefused
from clv.intake import inbox
from clv.intake.limits import file_limit

BLOCK: Final = 1 << 20
TOKEN: Final = "x-upload-token"
NAME: Final = "x-upload-name"  # percent-encoded, for names that no path may hold
_STATUS: Final[dict[type[CLVError], int]] = {
    NotAllowed: 403,
    TooLarge: 413,
    TooMany: 503,
    NoRoom: 507,
}
Endpoint = Callable[[Request], Awaitable[Response]]


def routes(prefix: str = "") -> list[BaseRoute]:
    """The routes under `prefix`/api."""
    api = f"/{prefix.strip('/')}/api".replace("//", "/")
    return [
        Route(f"{api}/uploads", _refusing(_listed), methods=["GET"]),
        Route(f"{api}/uploads", _refusing(_welcome), methods=["POST"]),
        Route(f"{api}/uploads/{{name:path}}", _refusing(_put), methods=["PUT"]),
        Route(f"{api}/uploads/{{name:path}}", _no_method),
        Route(f"{api}/uploads", _no_method),
    ]


def _refusing(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with every refusal as JSON in two sentences."""

    async def answer(request: Request) -> Response:
        try:
            _same_origin(request)
            return _fresh(await endpoint(request))
        except CLVError as error:
            status = _STATUS.get(type(error), 422)
            body = {"error": error.message, "hint": error.hint}
            # Closed, for the rest of a body that is not wanted would be received for nothing.
            return _fresh(JSONResponse(body, status, headers={"Connection": "close"}))

    return answer


async def _put(request: Request) -> Response:
    """Store the body. 201 with id, name and size."""
    token, length = _token(request), _length(request)
    once = await asyncio.to_thread(inbox.is_once, token)
    arrival = await asyncio.to_thread(inbox.admit, token, _name(request), length)
    complete = False
    try:
        await spool(request, arrival)
        stored = await asyncio.to_thread(arrival.finish)
        complete = True
    except ClientDisconnect:
        raise UploadRefused("The connection broke before the end.", "Try again.") from None
    finally:
        if not complete:
            arrival.abandon()
            if once:
                inbox.reopen(token, arrival.upload.owner)
    return JSONResponse({"id": stored.id, "name": stored.name, "size": stored.size}, 201)


async def spool(request: Request, arrival: inbox.Arrival) -> int:
    """Write the body of a request to disk as it comes; raises when it stalls or is too long.

    Returns how many bytes there were.
    """
    size = 0
    block = bytearray()
    async for chunk in _chunks(request):
        arrival.count(len(chunk))
        size += len(chunk)
        block += chunk
        if len(block) >= BLOCK:
            await asyncio.to_thread(arrival.write, bytes(block))
            block.clear()
    await asyncio.to_thread(arrival.write, bytes(block))
    return size


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(inbox.STALLED_SECONDS):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UploadRefused("Nothing has come for a minute.", "Start it again.") from None
        yield chunk


async def _welcome(request: Request) -> Response:
    """Whether an upload of `?size=` bytes would be taken, before a browser sends it."""
    size = request.query_params.get("size", "")
    if not re.fullmatch(r"[0-9]{1,18}", size):
        raise UploadRefused("The size is not a whole number.", "Say /api/uploads?size=BYTES.")
    await asyncio.to_thread(inbox.check, _token(request), int(size))
    return JSONResponse({"limit": file_limit()})


async def _listed(request: Request) -> Response:
    """The complete uploads of the visitor whose own token this is."""
    owner = await asyncio.to_thread(inbox.visitor, _token(request))
    found = await asyncio.to_thread(inbox.arrived, owner)
    return JSONResponse([{"id": one.id, "name": one.name, "size": one.size} for one in found])


async def _no_method(_: Request) -> Response:
    body = {"error": "This address takes files only.", "hint": "Use PUT, for example curl -T."}
    return _fresh(JSONResponse(body, 405, headers={"Allow": "PUT"}))


def _same_origin(request: Request) -> None:
    """Refuse a browser that was sent here by another site; programs send neither header."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise NotAllowed("Another site may not upload here.", "Upload on the page itself.")


def _token(request: Request) -> str:
    return request.headers.get(TOKEN, "")


def _name(request: Request) -> str:
    told = request.headers.get(NAME)
    return str(request.path_params["name"]) if told is None else unquote(told)


def _length(request: Request) -> int | None:
    told = request.headers.get("content-length", "")
    return int(told) if re.fullmatch(r"[0-9]{1,18}", told) else None


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
