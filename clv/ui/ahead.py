"""What pages need of a big file is made while its owner still reads what cleaning did to it."""

import logging
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import streamlit as st

from clv.errors import CLVError

# Small files take no time, and what is made of a huge one fills the memory: only when asked for.
WORTH_IT: Final = range(100_000, 2_000_000)  # order lines

_LOG = logging.getLogger(__name__)
_ASKED: Final = "ahead"
_WORKER: Final = ThreadPoolExecutor(1, "ahead")  # one, so that visitors keep the other cores
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").addFilter(
    lambda record: "Thread 'ahead" not in record.getMessage()  # it belongs to no page, indeed
)


def begin(key: Hashable, lines: int, work: Callable[[], object]) -> None:
    """Do the work in the background, once per key, unless the visitor asks for another first.

    work: ends in caches that hold what they are making for whoever asks meanwhile.
    """
    asked: list[Hashable] = st.session_state.setdefault(_ASKED, [None])  # the latest
    if lines not in WORTH_IT or key == asked[0]:
        return
    asked[0] = key

    def still_asked() -> None:
        if asked[0] != key:
            return
        try:
            work()
        except CLVError:
            pass  # the page that needs it says so
        except Exception:
            _LOG.exception("Nothing was made ahead")

    _WORKER.submit(still_asked)
