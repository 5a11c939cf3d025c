"""`GET /s/TOKEN`: a link to a saved analysis becomes a page, and the token leaves the address.

The browser is given a cookie that holds for this link alone, and is sent to the page. Tokens that
open nothing get one answer, whatever is wrong with them; an address that tries many has to wait.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from clv.errors import CLVError, LinkRefused, TooManyTries, WrongPassword
from clv.store import links, open_store
from clv.store.misses import Misses

PAGES: Final = frozenset(
    {"overview", "health", "cohorts", "segments", "products", "customers", "actions", "uplift",
     "trust", "method"}
)  # fmt: skip
PAGE: Final = "page"  # in the view of a link: the page that it was made on
COOKIE: Final = "clv_link_"
MOST_FORM: Final = 4_096  # bytes
HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}
_PAPER: Final = (
    "<!doctype html><html lang='en'><meta charset='utf-8'>"
    "<meta name='viewport' content='width=device-width'><title>Customer value</title>"
    "<style>body{{font:16px/1.5 sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}}"
    "input,button{{font:inherit;padding:.4rem .8rem}}</style><h1>{title}</h1><p>{text}</p>{rest}"
)
_FORM: Final = (
    "<form method='post'><label for='password'>Password</label><br>"
    "<input id='password' name='password' type='password' required autofocus "
    "autocomplete='off' maxlength='200'> <button>Open</button></form>"
)
misses: Final = Misses()


def routes(prefix: str = "") -> list[BaseRoute]:
    """The routes under `prefix`/s."""
    base = f"/{prefix.strip('/')}".rstrip("/")

    async def look(request: Request) -> Response:
        return await _answered(request, lambda: _look(request, base))

    async def enter(request: Request) -> Response:
        return await _answered(request, lambda: _enter(request, base))

    return [
        Route(f"{base}/s/{{token:path}}", look, methods=["GET"]),
        Route(f"{base}/s/{{token:path}}", enter, methods=["POST"]),
    ]


async def _look(request: Request, base: str) -> Response:
    """The page behind a link, or the question for its password."""
    token = str(request.path_params["token"])
    if await asyncio.to_thread(_needs_password, token):
        return _paper(200, "A shared analysis", "It is kept behind a password.", _FORM)
    if request.method == "HEAD":
        return Response(headers=HEADERS)
    return await asyncio.to_thread(_open, request, token, "", base)


async def _enter(request: Request, base: str) -> Response:
    """The page behind a link whose password was given."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM:
            raise links.refused()
    told = parse_qs(body.decode("utf-8", "replace"), max_num_fields=4).get("password", [""])
    return await asyncio.to_thread(_open, request, request.path_params["token"], told[0], base)


async def _answered(request: Request, act: Callable[[], Awaitable[Response]]) -> Response:
    address = request.client.host if request.client else ""
    try:
        misses.check(address)
        return await act()
    except TooManyTries as error:
        return _paper(429, error.message, error.hint, headers={"Retry-After": "60"})
    except WrongPassword as error:
        misses.add(address)
        return _paper(403, error.message, error.hint, _FORM)
    except (LinkRefused, ValueError):
        misses.add(address)
        answer = links.refused()
        return _paper(404, "Nothing here", f"{answer.message} {answer.hint}")
    except CLVError:
        return _paper(503, "Not now", "The analysis cannot be opened just now. Try again later.")


def _needs_password(token: str) -> bool:
    return links.needs_password(open_store(), token)


def _open(request: Request, token: str, password: str, base: str) -> Response:
    link, grant = links.open_link(open_store(), token, password)
    view = [(name, value) for name, value in parse_qsl(link.view) if name != "data"]
    page = dict(view).get(PAGE, "")
    query = [("data", f"shared-{link.id}"), *(pair for pair in view if pair[0] != PAGE)]
    where = f"{base}/{page if page in PAGES else 'overview'}?{urlencode(query)}"
    response = RedirectResponse(where, 303, headers=HEADERS)
    left = (link.expires - datetime.now(UTC)).total_seconds()
    response.set_cookie(
        f"{COOKIE}{link.id}",
        grant,
        max_age=max(int(left), 1),
        path=base or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response


def _paper(
    status: int, title: str, text: str, rest: str = "", *, headers: dict[str, str] | None = None
) -> Response:
    """A page of our own words only."""
    page = _PAPER.format(title=title, text=text, rest=rest)
    return HTMLResponse(page, status, headers={**HEADERS, **(headers or {})})
