"""Saved analyses as they are asked for, the last few kept open.

What is kept is kept under the names of its files, which say what is in them: where a customer is
erased the files are others, and so is the analysis.
"""

import threading
from collections import OrderedDict
from typing import Annotated, Final

from fastapi import Depends, Path

from clv.analysis import Analysis
from clv.api.callers import Caller, Reader
from clv.store import saved
from clv.store.saved import Saved

KEPT: Final = 4
AnalysisId = Annotated[
    str, Path(description="As given by GET /analyses.", min_length=1, max_length=64)
]
_lock = threading.Lock()
_kept: OrderedDict[tuple[str, ...], Analysis] = OrderedDict()


def reopened(caller: Caller, analysis_id: str) -> tuple[Saved, Analysis]:
    """A saved analysis of the caller. Raises NotFound, for another's as for none."""
    found = saved.get(caller.store, caller.owner, analysis_id)
    files = saved.files_of(caller.store, analysis_id)
    key = (analysis_id, *sorted(one.name for one in files.values()))
    with _lock:  # one at a time: two requests for one analysis read it once
        if key not in _kept:
            _kept[key] = saved.reopen(caller.store, found)
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        return found, _kept[key]


def opened(caller: Reader, analysis_id: AnalysisId) -> Analysis:
    """The analysis that the address names."""
    return reopened(caller, analysis_id)[1]


Opened = Annotated[Analysis, Depends(opened)]
