"""Uploads: from the browser to a file of ours on disk, and out of the server's memory.

Streamlit keeps an uploaded file in memory and copies it on every rerun for as long as the
widget shows it. So the bytes go to the workspace as soon as they arrive, the widget is
replaced by an empty one, and Streamlit's own record is dropped.
"""

import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from clv import engine
from clv.engine import workspace
from clv.errors import CLVError, UnreadableFile
from clv.ui.controls import MY_FILE, choose_data

# What the file dialog offers. The content decides how a file is read, never its name.
EXTENSIONS: Final = (
    *("csv", "tsv", "txt", "dat", "gz", "bz2", "xz", "zip"),
    *("xlsx", "xlsm", "xls", "parquet"),
)
KEPT_HOURS: Final = 24
_PREFIX: Final = "upload-"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Upload:
    """A stored upload. `path` is ours; `name` is the visitor's: text to show, never a path."""

    path: Path
    name: str
    size: int


def uploader(label: str, help: str | None = None) -> Upload | None:
    """Show the uploader; return this session's latest upload, or None.

    A new file also switches the data to "My file". Raises what went wrong while storing it.
    """
    turn = st.session_state.setdefault("upload_turn", 0)
    key = f"upload_{turn}"
    st.file_uploader(
        label,
        type=EXTENSIONS,
        key=key,
        on_change=_keep,
        args=(key,),
        help=help,
    )
    error = st.session_state.pop("upload_error", None)
    if isinstance(error, CLVError):
        raise error
    return current_upload()


def current_upload() -> Upload | None:
    """This session's latest upload while its file exists; asking keeps it from the sweep."""
    upload = st.session_state.get("upload")
    if not isinstance(upload, Upload):
        return None
    try:
        os.utime(upload.path)
    except FileNotFoundError:
        del st.session_state["upload"]
        return None
    return upload


def sweep(folder: Path, *, older_than_hours: float = KEPT_HOURS) -> int:
    """Delete uploads that nobody has used for a day; return how many. Other files stay."""
    limit = time.time() - older_than_hours * 3600
    swept = 0
    for path in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):  # another process may sweep as well
            if path.stat().st_mtime < limit:
                path.unlink()
                swept += 1
    return swept


@st.cache_resource(ttl="1h", show_spinner=False)
def sweep_hourly() -> int:
    """Sweep the workspace when the server starts and at most once an hour after that."""
    return sweep(workspace()) + engine.sweep(workspace())


def _keep(key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    try:
        st.session_state["upload"] = _store(file)
        choose_data(MY_FILE)
    except OSError as problem:
        st.session_state["upload_error"] = UnreadableFile(
            f"The file arrived but could not be stored ({problem.strerror}).",
            "Free some space on the server's disk, or set CLV_DATA_DIR to a folder with space.",
        )
    st.session_state["upload_turn"] += 1
    _release(file)


def _store(file: UploadedFile) -> Upload:
    # Readable by this user only, and never over another file.
    handle, path = tempfile.mkstemp(prefix=_PREFIX, dir=workspace())
    try:
        with os.fdopen(handle, "wb") as copy:
            shutil.copyfileobj(file, copy, _CHUNK)
    except OSError:
        Path(path).unlink(missing_ok=True)
        raise
    return Upload(Path(path), file.name, file.size)


def _release(file: UploadedFile) -> None:
    # Not part of Streamlit's public interface; without it the bytes stay until the tab closes.
    with contextlib.suppress(AttributeError, TypeError):
        context = get_script_run_ctx()
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)  # type: ignore[union-attr]
    file.close()
