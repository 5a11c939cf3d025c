"""The files of a visitor: those that were sent, and those chosen on the server.

A file goes from the browser to a route of ours and from there to disk (`clv.api.uploads`); it
never passes through the memory of the pages. What has arrived is looked up in the inbox.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from clv import engine
from clv.engine import workspace
from clv.errors import StoreProblem
from clv.intake import inbox
from clv.intake.folder import ServerFile, server_files, unchanged
from clv.intake.limits import file_limit
from clv.store import open_store
from clv.store.files import sweep as sweep_store
from clv.ui.controls import MY_FILE, choose_data

# What the file dialog offers. The content decides how a file is read, never its name.
EXTENSIONS: Final = (
    *("csv", "tsv", "txt", "dat", "gz", "bz2", "xz", "zip"),
    *("xlsx", "xlsm", "xlsb", "xls", "ods", "json", "jsonl", "ndjson", "parquet"),
)
_ASSETS: Final = Path(__file__).with_name("uploader")
_COMPONENT: Final = "clv.uploader"


@dataclass(frozen=True)
class Upload:
    """A file to read. `path` is ours; `name` is the visitor's: text to show, never a path.

    on_server: the file as it was chosen from the server's folder; None for a copy of ours.
    """

    path: Path
    name: str
    size: int
    on_server: ServerFile | None = None


def uploader(label: str) -> None:
    """Show the uploader. A file that arrives also switches the data to "My file"."""
    _component()(
        key="uploader",
        data={
            "url": f"{_prefix()}/api/uploads",
            "token": _token(),
            "accept": ",".join(f".{ending}" for ending in EXTENSIONS),
            "label": label,
            "about": f"or drop them here, up to {limit_text(file_limit())} each",
            "known": st.session_state.get("inbox_known", []),
            "waiting": "inbox_once" in st.session_state,
        },
        on_arrived_change=take_arrived,
    )


def limit_text(limit: int) -> str:
    """A limit in a unit that people use, never more than it is: 1 << 30 bytes are "1 GB"."""
    size, unit = (limit / 1e9, "GB") if limit >= 1e9 else (limit / 1e6, "MB")
    return f"{int(10 * size) / 10:,g} {unit}"


def take_arrived() -> None:
    """Take what has arrived in the inbox to the files in use. Only from a callback."""
    found = inbox.arrived(inbox.owner_of(_token()))
    known = st.session_state.get("inbox_known", [])
    fresh = [stored for stored in found if stored.id not in known]
    st.session_state["inbox_known"] = [stored.id for stored in found]
    if fresh:
        _use(*current_uploads(), *(Upload(one.path, one.name, one.size) for one in fresh))
        st.session_state.pop("inbox_once", None)


def current_uploads() -> tuple[Upload, ...]:
    """This session's files that still exist, in the order of arrival; asking keeps them."""
    uploads = st.session_state.get("uploads", ())
    kept = tuple(upload for upload in uploads if _keep(upload))
    if len(kept) < len(uploads):
        st.session_state["uploads"] = kept
    return kept


def current_upload() -> Upload | None:
    """This session's latest file while it exists."""
    uploads = current_uploads()
    return uploads[-1] if uploads else None


def remove_upload(upload: Upload) -> None:
    """Take a file out of use, and delete our copy of it."""
    st.session_state["uploads"] = tuple(one for one in current_uploads() if one != upload)
    if upload.on_server is None:
        for stored in inbox.arrived(inbox.owner_of(_token())):
            if stored.path == upload.path:
                inbox.remove(stored)
        upload.path.unlink(missing_ok=True)


def offered_files() -> tuple[ServerFile, ...]:
    """The files of the server's folder."""
    return server_files(EXTENSIONS)


def choose_files(names: list[str]) -> None:
    """Use these files of the server's folder, and no others of it. Only from a callback."""
    offered = {file.name: file for file in offered_files()}
    chosen = [offered[name] for name in names if name in offered]
    sent = (upload for upload in current_uploads() if upload.on_server is None)
    _use(*sent, *(Upload(f.path, f.name, f.size, on_server=f) for f in chosen))


def script_command() -> str | None:
    """The command that sends one file from a shell; None until one was asked for."""
    once = st.session_state.get("inbox_once")
    if not isinstance(once, str):
        return None
    page = urlsplit(str(st.context.url or ""))
    address = f"{page.scheme or 'http'}://{page.netloc or 'localhost:8501'}{_prefix()}/api/uploads/"
    return f'curl -T orders.csv -H "X-Upload-Token: {once}" {address}'


def make_command() -> None:
    """Make a permission for one file from a shell. Only from a callback."""
    st.session_state["inbox_once"] = inbox.open_door(_token())


@st.cache_resource(ttl="1h", show_spinner=False)
def sweep_hourly() -> int:
    """Sweep workspace and store when the server starts, and at most once an hour after that."""
    gone = inbox.sweep(workspace()) + engine.sweep(workspace())
    if engine.stored_files().exists():  # a store is made by the first who saves, not by a sweep
        with contextlib.suppress(StoreProblem):
            gone += sweep_store(open_store())
    return gone


def _use(*uploads: Upload) -> None:
    st.session_state["uploads"] = uploads
    st.session_state.pop("database", None)  # files take the place of a table
    if uploads:
        choose_data(MY_FILE)


def _keep(upload: Upload) -> bool:
    if upload.on_server is not None:
        return unchanged(upload.on_server)
    with contextlib.suppress(FileNotFoundError):
        os.utime(upload.path)
        return True
    return False


def _token() -> str:
    """This session's permission to upload; a new one when it was swept."""
    token = st.session_state.get("inbox_token")
    if not isinstance(token, str) or not inbox.keep_door(token):
        token = st.session_state["inbox_token"] = inbox.open_door()
    return token


def _prefix() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def _component() -> Any:
    """The component, from files that the server serves: a strict policy for scripts lets them in.

    Streamlit takes files from installed packages only, so ours is introduced by hand.
    """
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(_COMPONENT) is None:
        config = ComponentConfig("uploader", asset_dir=_ASSETS.name)
        manager.register_from_manifest(ComponentManifest("clv", "1", [config]), _ASSETS.parent)
    return st.components.v2.component(
        _COMPONENT,
        html=(_ASSETS / "uploader.html").read_text(encoding="utf-8"),
        css="uploader.css",
        js="uploader.js",
    )
