"""A line about a link or a token, with the button that ends it."""

from collections.abc import Callable

import streamlit as st

from clv.store import Store, open_store


def revocable(
    text: str, id: str, active: bool, who: str, revoke: Callable[[Store, str, str], None]
) -> None:
    """The line; no button once it is over. revoke: of `clv.store.links` or `clv.store.access`."""
    line = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    line.markdown(text, width="content")
    if active:
        line.button(
            "Revoke",
            key=f"revoke_{id}",
            on_click=revoke,
            args=(open_store(), who, id),
            type="tertiary",
            icon=":material/link_off:",
        )
