"""The API as a program meets it, without the pages: for tests and benchmarks.

The server is a thread of this process, so it sees the folders that the environment names now.
"""

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from clv.api import working
from clv.api.app import routes
from clv.store import LOCAL, access, open_store


@contextlib.contextmanager
def serve_api() -> Iterator[str]:
    """Serve on a free port of this machine; the address, without /api."""
    config = uvicorn.Config(
        Starlette(routes=routes()), host="127.0.0.1", port=0, log_level="error", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        working.stop()


def new_token(*scopes: str, owner: str = LOCAL) -> str:
    """The secret of a new token, with the scopes read and write unless others are given."""
    _, secret = access.create(open_store(), owner, "test", scopes or ("read", "write"), None)
    return secret
