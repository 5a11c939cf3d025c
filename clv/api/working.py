"""The worker of this process, started when there is something to do."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from clv import engine
from clv.errors import CLVError
from clv.store import Store, open_store
from clv.store.job_worker import Worker

_LOG: Final = logging.getLogger(__name__)
_lock = threading.Lock()
_workers: dict[str, Worker] = {}


def worker(store: Store) -> Worker:
    """The worker for a store."""
    key = f"{store.folder} {store.engine.url}"
    with _lock:
        if key not in _workers:
            _workers[key] = Worker(store)
        return _workers[key]


def stop() -> None:
    """Stop every worker of this process, with what it is doing."""
    with _lock:
        for one in _workers.values():
            one.stop()
        _workers.clear()


def lifespan(before: Callable[[], None]) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """For the server: do something before the first request, take up what an earlier server left
    waiting, and end with it."""

    @asynccontextmanager
    async def whole(_: Any) -> AsyncIterator[None]:
        before()
        if engine.store_folder().exists():
            try:
                worker(open_store())
            except CLVError as error:  # the pages do without; whoever asks the API is told
                _LOG.error("jobs are not done: %s", error)
        try:
            yield
        finally:
            await asyncio.to_thread(stop)

    return whole
