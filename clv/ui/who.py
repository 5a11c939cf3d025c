"""Who looks: on one's own computer nobody is asked; served to others, who is signed in.

Signing in is Streamlit's own (OIDC), configured in `.streamlit/secrets.toml` under [auth].
"""

import os
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from clv.errors import NotAllowed
from clv.store import LOCAL
from clv.ui.text import plain

_HERE: Final = ("localhost", "127.0.0.1", "::1")
LONGEST: Final = 400  # characters of an owner's name in the store


def needs_sign_in() -> bool:
    """Whether whoever runs the server has configured a provider to sign in with."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        # There is none, or one that cannot be read: then nobody enters rather than everybody.
        return any(Path(file).exists() for file in st.get_option("secrets.files"))


def owner() -> str:
    """Whose saved analyses and tokens these are: one's own, or those of this computer.

    Raises NotAllowed for somebody who is not signed in where that is needed.
    """
    if not needs_sign_in():
        if not _only_here() and os.environ.get("CLV_SINGLE_USER") != "1":
            raise NotAllowed(
                "Saving is off: others can reach this server, and nobody signs in to tell people "
                "apart.",
                "Let people sign in (docs/signing-in.md); or start it with CLV_SINGLE_USER=1 "
                "where everyone who reaches it may see and delete everything.",
            )
        return LOCAL
    if not st.user.is_logged_in:
        raise NotAllowed("You are not signed in.", "Sign in, then try again.")
    # The provider's name for a person is unique within the provider only.
    return f"{st.user.get('iss', '')}#{st.user['sub']}"[:LONGEST]


def may_enter() -> bool:
    """Whether pages may be shown; else the way in is."""
    if not needs_sign_in() or st.user.is_logged_in:
        return True
    st.title("What is each of your customers worth?")
    st.markdown("This server asks who you are. Afterwards you are back where you wanted to go.")
    st.button("Sign in", on_click=st.login, type="primary", icon=":material/login:")
    return False


def show_person() -> None:
    """Who is signed in, and the way out."""
    if needs_sign_in() and st.user.is_logged_in:
        st.caption(f"Signed in as {_name()}")
        st.button("Sign out", on_click=st.logout, icon=":material/logout:", key="sign_out")


def _only_here() -> bool:
    return str(st.get_option("server.address") or "") in _HERE


def _name() -> str:
    return plain(str(st.user.get("email") or st.user.get("name") or st.user["sub"]))
