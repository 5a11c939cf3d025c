"""Words from the user's file inside our own sentences, without their markup."""

import re

import streamlit as st

from clv.errors import CLVError

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def plain(text: str) -> str:
    """Text that Markdown shows as it is: no links, images, formulas, colours or icons."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def show_refusal(error: CLVError) -> None:
    """What happened and what to do, on the page."""
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")
