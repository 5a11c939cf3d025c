"""The door to the database that whoever runs the server has named in CLV_DATABASE_URL.

Visitors choose among its tables. They never give an address of their own: the server would
knock at any machine for them. Queries of their own only where CLV_DATABASE_QUERIES=1 says so,
for they read whatever the database shows to the user of the address.
"""

import os
import time
from dataclasses import dataclass
from typing import Final

import streamlit as st

from clv.errors import CLVError
from clv.intake.database import read_table, tables
from clv.intake.sources import RawTable
from clv.ui.controls import MY_FILE, choose_data
from clv.ui.text import plain, show_refusal

_STATE: Final = "database"
_TABLE, _QUERY = "database_table", "database_query"


@dataclass(frozen=True)
class Asked:
    """What a visitor wants from the database, as of a moment."""

    table: str | None
    query: str | None
    at: float


def show_database() -> None:
    """The tables, and a box for a query where that is allowed. Nothing without an address."""
    if not _address():
        return
    with st.container(border=True):
        try:
            names = _tables()
        except CLVError as error:
            st.markdown("**Tables of the database**")
            show_refusal(error)
            return
        asked = current_query()
        st.selectbox(
            "Tables of the database",
            names,
            names.index(asked.table) if asked and asked.table in names else None,
            key=_TABLE,
            on_change=_choose_table,
            placeholder="Choose a table",
            help="It is only read, never changed.",
        )
        if _queries_allowed():
            st.text_area("Or a query", key=_QUERY, placeholder="SELECT ... FROM ...")
            st.button("Run the query", on_click=_choose_query)
        if asked:
            moment = time.strftime("%H:%M", time.localtime(asked.at))
            st.caption(f"In use: {plain(asked.table or 'your query')}, as of {moment}.")
            st.button("Read again", on_click=_again, icon=":material/refresh:", type="tertiary")


def current_query() -> Asked | None:
    """What this session reads from the database, if that is its data."""
    asked = st.session_state.get(_STATE)
    return asked if isinstance(asked, Asked) and _address() else None


def read_database(asked: Asked) -> RawTable:
    """The rows that were asked for, read once for each time of asking."""
    return _read(asked)


def _address() -> str:
    return os.environ.get("CLV_DATABASE_URL", "").strip()


def _queries_allowed() -> bool:
    return os.environ.get("CLV_DATABASE_QUERIES", "") == "1"


def _choose_table() -> None:
    _ask(st.session_state[_TABLE], None)


def _choose_query() -> None:
    query = st.session_state[_QUERY].strip()
    if query and _queries_allowed():
        _ask(None, query)


def _again() -> None:
    asked = current_query()
    if asked:
        _ask(asked.table, asked.query)


def _ask(table: str | None, query: str | None) -> None:
    if table is None and query is None:
        st.session_state.pop(_STATE, None)
        return
    st.session_state[_STATE] = Asked(table, query, time.time())
    choose_data(MY_FILE)


@st.cache_data(ttl=60, show_spinner="Looking into the database ...")
def _tables() -> list[str]:
    return tables(_address())


@st.cache_resource(max_entries=8, ttl="12h", show_spinner="Reading the database ...")
def _read(asked: Asked) -> RawTable:
    return read_table(_address(), table=asked.table, query=asked.query)
