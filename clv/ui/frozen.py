"""Saved analyses on the pages: `?data=saved-ID` for their owner, `?data=shared-ID` by a link.

What is shown is the analysis as it was saved. Every run asks the store anew whether it may be
shown, so that a revoked link closes at the next run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from clv.analysis import Analysis
from clv.errors import CLVError, NotFound
from clv.store import links, open_store
from clv.store.audit import record
from clv.store.links import Link
from clv.store.masks import Mask
from clv.store.saved import Saved, files_of, get, reopen, subject_of
from clv.ui.who import owner

SAVED: Final = "saved-"
SHARED: Final = "shared-"
COOKIE: Final = "clv_link_"  # set by `clv.api.shared`, one for each link
DATA: Final = "data"
WATCH_SECONDS: Final = 30
PAGES: Final = frozenset(  # that those who look by a link may see
    {"overview", "health", "cohorts", "segments", "products", "customers", "customer", "actions",
     "uplift", "trust", "method"}
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """A saved analysis that may be shown now; link: how the visitor came to it, if not as owner."""

    saved: Saved
    link: Link | None = None


def names() -> tuple[str, ...]:
    """The saved analyses that the widget and the address name, as values of the widget."""
    asked = (st.session_state.get(DATA), st.query_params.get(DATA))
    return tuple(dict.fromkeys(str(name) for name in asked if is_frozen(name)))


def is_frozen(data: object) -> bool:
    """Whether this names a saved analysis."""
    return isinstance(data, str) and data.startswith((SAVED, SHARED))


def current() -> str | None:
    """The saved analysis that the pages show, or None."""
    data = st.session_state.get(DATA)
    return data if is_frozen(data) else None


def by_link() -> bool:
    """Whether the visitor looks by a link: everything is read-only then."""
    return str(st.session_state.get(DATA)).startswith(SHARED)


def link_is_open() -> bool:
    """Whether the visitor looks by a link that holds, and so needs no account. Before widgets."""
    asked = str(st.session_state.get(DATA) or st.query_params.get(DATA))
    if not asked.startswith(SHARED):
        return False
    try:
        return opened(asked).link is not None
    except CLVError:
        return False


def downloads_allowed() -> bool:
    """Whether lists may leave the page."""
    if not by_link():
        return True
    try:
        link = opened(str(current())).link
    except CLVError:
        return False
    return link is not None and link.downloads


def opened(data: str) -> Opened:
    """What a value of the widget names. Raises NotFound or LinkRefused."""
    kind, _, id = data.partition("-")
    store = open_store()
    if f"{kind}-" == SAVED:
        return Opened(get(store, owner(), id))
    if f"{kind}-" != SHARED:
        raise NotFound("There is no such analysis.", "Choose data on the first page.")
    grant = str(st.context.cookies.get(f"{COOKIE}{id}", ""))
    link = links.granted(store, id, grant)
    return Opened(links.saved_of(store, link), link)


def analysis_of(found: Opened) -> Analysis:
    """The analysis itself, kept in memory while it is looked at."""
    parts = files_of(open_store(), found.saved.id)
    names = tuple(sorted(one.name for one in parts.values()))
    return _reopened(found.saved.id, names, found.link is not None and found.link.pseudonyms, found)


def noting(make: Callable[[], bytes], name: str) -> Callable[[], bytes]:
    """The maker of a download that also notes it in the log, where the data are a saved analysis.

    name: of the file.
    """
    if not current():
        return make
    found, store = opened(str(current())), open_store()
    by = f"link {found.link.id}" if found.link else ""

    def made() -> bytes:  # when clicked, outside of any run
        subject = subject_of(found.saved.id)
        record(store, found.saved.owner, "downloaded", subject, f"{name} {by}".strip())
        return make()

    return made


def watch() -> None:
    """Close the page of a viewer whose link is over, within half a minute. By the frame."""
    if by_link():
        try:
            opened(str(current()))
        except CLVError:
            return  # the page says so; to run again would not end
        _watch()


@st.fragment(run_every=WATCH_SECONDS)
def _watch() -> None:
    try:
        opened(str(current()))
    except CLVError:
        st.rerun()


@st.cache_resource(max_entries=8, ttl="12h", show_spinner="Opening the saved analysis ...")
def _reopened(id: str, names: tuple[str, ...], masked: bool, _found: Opened) -> Analysis:
    store = open_store()
    return reopen(store, _found.saved, mask=Mask.of(store) if masked else None)
