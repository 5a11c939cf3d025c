"""Saved analyses as they are asked for, the last few kept open.

What is kept is kept under the names of its files, which say what is in them: where a customer is
erased the files are others, and so is the analysis.
"""

import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import Annotated, Final

from fastapi import Depends, Path

from clv.analysis import Analysis
from clv.api.callers import Caller, Reader
from clv.api.turns import turn
from clv.store import audit, saved
from clv.store.saved import Saved

KEPT: Final = 4
AnalysisId = Annotated[
    str, Path(description="As given by GET /analyses.", pattern="^[0-9a-f]{24}$")
]
_lock = threading.Lock()
_kept: OrderedDict[tuple[str, ...], Future[Analysis]] = OrderedDict()


def reopened(caller: Caller, analysis_id: str) -> Analysis:
    """A saved analysis of the caller. Raises NotFound, for another's as for none."""
    found = saved.get(caller.store, caller.owner, analysis_id)
    files = saved.files_of(caller.store, analysis_id)
    key = (analysis_id, *sorted(one.name for one in files.values()))
    with _lock:
        ours = key not in _kept
        if ours:
            _forget(analysis_id)
            _kept[key] = Future()
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        promised = _kept[key]
    if ours:  # two requests for one analysis read it once; those for others do not wait
        _read(caller, found, key, promised)
    return promised.result()


def _read(caller: Caller, found: Saved, key: tuple[str, ...], promised: Future[Analysis]) -> None:
    try:
        with turn():
            promised.set_result(saved.reopen(caller.store, found))
    except BaseException as error:
        with _lock:
            _kept.pop(key, None)
        promised.set_exception(error)
        return
    audit.record(caller.store, caller.owner, "opened", f"saved analysis {found.id}", "by the API")


def _forget(analysis_id: str) -> None:
    """Let go of what was kept of an analysis under other files."""
    for key in [key for key in _kept if key[0] == analysis_id]:
        del _kept[key]


def opened(caller: Reader, analysis_id: AnalysisId) -> Analysis:
    """The analysis that the address names."""
    return reopened(caller, analysis_id)


Opened = Annotated[Analysis, Depends(opened)]
