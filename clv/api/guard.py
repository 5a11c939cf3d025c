"""What holds for every request below /api: headers, the size and pace of bodies, defects.

A body is counted while it comes in, so that one over the limit is cut, whatever its header says.
"""

import asyncio
import logging
import re
from typing import Any, Final

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clv.api.problems import DEFECT, OF_STATUS, answer
from clv.errors import TooLarge

BODY_BYTES: Final = 1_000_000
STALLED_SECONDS: Final = 60
NOTHING_LOADS: Final = "default-src 'none'; frame-ancestors 'none'"
# Swagger UI sets styles from its script, and its icons are data: addresses.
OWN_FILES: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_LOG: Final = logging.getLogger(__name__)


class Guard:
    """ASGI middleware; `uncounted` are the addresses (method, path) that count for themselves."""

    def __init__(self, app: ASGIApp, uncounted: frozenset[tuple[str, str]] = frozenset()) -> None:
        self._app, self._uncounted = app, uncounted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _dress(message, path)
            await send(message)

        if (scope["method"], path) in self._uncounted:
            counted = receive
        elif _told(scope) > BODY_BYTES:
            refusal = answer(TooLarge(*OF_STATUS[413]))
            await refusal(scope, receive, dressed)
            return
        else:
            counted = _counting(receive)
        try:
            await self._app(scope, counted, dressed)
        except Exception:
            _LOG.exception("%s failed", scope["method"])
            if started:
                raise  # half an answer cannot be taken back; the connection breaks
            await answer(DEFECT, 500)(scope, receive, dressed)


class BodyTooLarge(HTTPException):
    """Raised while a body is read: the framework passes on only what is an HTTPException."""

    def __init__(self) -> None:
        super().__init__(413)


class Stalled(HTTPException):
    """A body of which nothing more has come."""

    def __init__(self) -> None:
        super().__init__(408)


def _told(scope: Scope) -> int:
    headers: Any = dict(scope["headers"])
    told = headers.get(b"content-length", b"").decode("latin-1")
    return int(told) if re.fullmatch(r"[0-9]{1,18}", told) else 0


def _counting(receive: Receive) -> Receive:
    """The same messages, and a refusal once the body is too large or stalls."""
    size, complete = 0, False

    async def counted() -> Message:
        nonlocal size, complete
        if complete:  # what follows is the end of the connection, which may take its time
            return await receive()
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                message = await receive()
        except TimeoutError:
            raise Stalled() from None
        size += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if size > BODY_BYTES:
            raise BodyTooLarge()
        return message

    return counted


def _dress(message: Message, path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    docs = path == "/docs" or path.startswith("/docs/")
    headers["Content-Security-Policy"] = OWN_FILES if docs else NOTHING_LOADS
    headers["X-Frame-Options"] = "DENY"
