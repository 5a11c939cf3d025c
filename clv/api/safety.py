"""What every answer of the server carries, pages included, and the way back after signing in.

Headers keep other sites from framing or reading the app, pages from asking other servers for
anything, and addresses from travelling. Whoever follows a deep link without being signed in
finds it again afterwards: it waits in a cookie while the sign-in, which always ends at the first
page, is under way.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit styles and starts itself inline, and Vega compiles its expressions.
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "frame-src 'self'",
        "frame-ancestors 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
BLOCKED: Final = "/_stcore/metrics"  # how much memory and how many sessions is nobody's business
WAITING: Final = "clv_return"  # the cookie with the address to come back to
SIGNED_IN: Final = "_streamlit_user"  # the cookie of a session that is signed in
CALLBACK: Final = "/oauth2callback"
LONGEST: Final = 3000  # characters of an address worth coming back to; cookies hold 4,096
MINUTES: Final = 15  # that a sign-in may take


def middleware(base: str, needs_sign_in: Callable[[], bool]) -> list[Middleware]:
    """For `st.App`. base: the path that the server is mounted at; needs_sign_in: whether pages
    are for people who are signed in."""
    return [Middleware(Safety, base=f"/{base.strip('/')}".rstrip("/"), needs_sign_in=needs_sign_in)]


class Safety:
    """Adds the headers, and keeps an address over a sign-in."""

    def __init__(self, app: ASGIApp, base: str, needs_sign_in: Callable[[], bool]) -> None:
        self._app, self._base, self._needs_sign_in = app, base, needs_sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(self._base)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                self._keep_address(path, scope, headers)
            await send(message)

        if path.startswith(BLOCKED):
            await PlainTextResponse("Not found", 404)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def _keep_address(self, path: str, scope: Scope, headers: MutableHeaders) -> None:
        asked = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        cookies = cookie_parser(asked.get("cookie", ""))
        if path == CALLBACK and WAITING in cookies and "location" in headers:
            address = own_address(unquote(cookies[WAITING]))
            if address and headers["location"].rstrip("/") == self._base:
                headers["location"] = self._base + address
            headers.append("set-cookie", self._cookie("", 0))
            return
        address = path + (
            f"?{scope['query_string'].decode('latin-1')}" * bool(scope["query_string"])
        )
        opened = scope["method"] == "GET" and asked.get("sec-fetch-dest") == "document"
        page = headers.get("content-type", "").startswith("text/html")
        worth = address != "/" and own_address(address) and len(quote(address, "")) <= LONGEST
        if opened and page and worth and SIGNED_IN not in cookies and self._needs_sign_in():
            headers.append("set-cookie", self._cookie(quote(address, ""), MINUTES * 60))

    def _cookie(self, value: str, seconds: int) -> str:
        path = self._base or "/"
        return f"{WAITING}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax"


def own_address(text: str) -> str:
    """An address of this server, from its path on; "" for anything that leads elsewhere."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else ""
