"""Tokens for programs, the audit log, and the erasing of a customer."""

import json
from dataclasses import asdict
from datetime import timedelta

import pandas as pd
import streamlit as st

from clv.errors import CLVError
from clv.intake.wording import counted
from clv.store import access, open_store
from clv.store.access import LONGEST_DAYS, READ, WRITE, Token
from clv.store.audit import entries
from clv.store.erasure import Receipt, erase
from clv.store.saved import LONGEST_NAME
from clv.ui.downloads import download_button
from clv.ui.revoking import revocable
from clv.ui.text import plain, show_refusal

_NEW = "new_token"
_RECEIPT = "erase_receipt"


def tokens(who: str) -> None:
    """Make tokens, see them, revoke them."""
    st.markdown("A program shows a token to use the API. Without any token the API is off.")
    with st.form("token", border=False):
        line = st.container(horizontal=True, vertical_alignment="bottom")
        name = line.text_input("Name", placeholder="nightly import", max_chars=LONGEST_NAME)
        what = line.selectbox("It may", ("read", "read and write"))
        days = line.number_input("Days until it ends", 1, LONGEST_DAYS, 90)
        made = line.form_submit_button("Make a token", icon=":material/key:")
    if made:
        scopes = (READ,) if what == "read" else (READ, WRITE)
        try:
            token, secret = access.create(
                open_store(), who, name, scopes, timedelta(days=float(days))
            )
            st.session_state[_NEW] = token.id, secret
        except CLVError as error:
            show_refusal(error)
    new = st.session_state.pop(_NEW, None)
    if new:
        st.code(new[1], language=None, wrap_lines=True)
        st.caption("Copy it now: it is not shown again.")
    for token in access.listed(open_store(), who):
        _token(who, token)


def _token(who: str, token: Token) -> None:
    used = f"last used {token.last_used:%d %b %Y %H:%M} UTC" if token.last_used else "never used"
    state = "over"
    if token.active:
        state = f"until {token.expires:%d %b %Y}" if token.expires else "without end"
    text = f"**{plain(token.name)}** · {' and '.join(token.scopes)} · {state} · {used}"
    revocable(text, token.id, token.active, who, access.revoke)


def erasing(who: str) -> None:
    """Erase a customer after asking twice, and show the receipt."""
    st.markdown(
        "Takes one customer out of every saved analysis, list and file of this server. The models "
        "are fitted again without them; files that were uploaded and name them are deleted. What "
        "was downloaded, and backups, are out of reach."
    )
    with st.form("erase", border=False):
        line = st.container(horizontal=True, vertical_alignment="bottom")
        id = line.text_input("Customer", max_chars=500, autocomplete="off")
        sure = line.checkbox("I am sure: this cannot be undone")
        if line.form_submit_button("Erase", icon=":material/person_remove:"):
            if sure:
                _erase(who, id)
            else:
                st.info("Tick the box first.")
    receipt = st.session_state.get(_RECEIPT)
    if receipt:
        _receipt(receipt)


def _erase(who: str, id: str) -> None:
    try:
        with st.spinner("Erasing ..."):
            st.session_state[_RECEIPT] = erase(open_store(), who, id)
    except CLVError as error:
        show_refusal(error)
    finally:
        st.cache_resource.clear()  # what is in memory names the customer too


def _receipt(receipt: Receipt) -> None:
    st.success(
        f"Erased on {receipt.at:%d %b %Y %H:%M} UTC. Analyses made anew: {receipt.rewritten:,}, "
        f"deleted: {receipt.deleted:,}. {counted(receipt.rows + receipt.shop_rows, 'row')} and "
        f"{counted(receipt.files, 'file')} gone. " + " ".join(receipt.notes)
    )
    download_button(
        "Receipt",
        json.dumps(asdict(receipt), default=str, indent=2),
        f"erased-{receipt.customer[:12]}.json",
        "application/json",
        key="receipt",
        on_click="ignore",
        icon=":material/receipt:",
        help="It holds a keyed hash of the id, not the id.",
    )


def log(who: str) -> None:
    """The latest entries of the audit log."""
    found = entries(open_store(), who)
    if not found:
        st.caption("Nothing yet.")
        return
    rows = [{"at": e.at, "what": e.action, "which": e.subject, "detail": e.detail} for e in found]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "at": st.column_config.DatetimeColumn("When (UTC)", format="D MMM YYYY, HH:mm:ss"),
            "what": "What",
            "which": "Which",
            "detail": "Detail",
        },
    )
