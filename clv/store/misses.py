"""How many wrong links an address may try: twenty in a minute, then it waits."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from clv.errors import TooManyTries

MOST: Final = 20
SECONDS: Final = 60.0
ADDRESSES: Final = 10_000  # remembered at most; the longest unseen are forgotten first


class Misses:
    """Misses by address within the last minute. In memory, and never more than so much of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raise TooManyTries for an address with too many misses."""
        with self._lock:
            if len(self._recent(address)) >= MOST:
                raise TooManyTries(
                    "Too many wrong links came from your address.", "Try again in a minute."
                )

    def add(self, address: str) -> None:
        """Count a miss."""
        with self._lock:
            seen = self._recent(address)
            seen.append(self._clock())
            self._seen[address] = seen
            self._seen.move_to_end(address)
            while len(self._seen) > ADDRESSES:
                self._seen.popitem(last=False)

    def __len__(self) -> int:
        return len(self._seen)

    def _recent(self, address: str) -> deque[float]:
        seen = self._seen.get(address, deque(maxlen=MOST))
        while seen and seen[0] <= self._clock() - SECONDS:
            seen.popleft()
        return seen
