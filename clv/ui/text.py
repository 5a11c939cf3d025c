"""Words from the user's file inside our own sentences, without their markup."""

import re

import streamlit as st

from clv.errors import CLVError

_BLANKS = re.compile(r"[^\S\u00a0]+")  # all white space but the one that keeps 80 % together
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@])")


def plain(text: str) -> str:
    """Text that Markdown shows as it is: no links, images, formulas, colours or icons."""
    return _MARKUP.sub(r"\\\1", _BLANKS.sub(" ", text).strip())


def show_refusal(error: CLVError) -> None:
    """What happened and what to do, on the page."""
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")
