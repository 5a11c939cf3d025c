"""A few at a time: what takes seconds must not take every thread that pages are served by."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

from clv.errors import Busy

AT_A_TIME: Final = 6
PATIENCE_SECONDS: Final = 5.0
_places = threading.BoundedSemaphore(AT_A_TIME)


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """Wait for a place for a moment; Busy where none becomes free."""
    if not _places.acquire(timeout=PATIENCE_SECONDS):
        raise Busy("Too many long requests run at the moment.", "Send it again in a minute.")
    try:
        yield
    finally:
        _places.release()
