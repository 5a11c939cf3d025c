"""Lists for mail programs and advertising platforms, where the file knows e-mail addresses."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.audiences import HASHED, LAYOUTS, Layout, audience, email_column, phone_column
from clv.exports import file_name, to_csv
from clv.intake.wording import counted
from clv.ui.downloads import download_button, version
from clv.ui.session import LIFE, prepared_key
from clv.ui.text import plain

HELP: dict[Layout, str] = {
    "Klaviyo": "Email Address, and what is known of the person as properties.",
    "Mailchimp": "Email Address, and what is known of the person as fields.",
    "Meta": "SHA-256 of the address (and of the telephone number), and the value of the person.",
    "Google": "SHA-256 of the address (and of the telephone number).",
}


def audience_lists(found: Analysis, chosen: pd.DataFrame, what: str) -> None:
    """A button per platform; nothing where no column holds e-mail addresses."""
    key = prepared_key(found.prepared)
    email, phone = _contacts(key, found)
    if email is None:
        st.caption(
            "Lists for Klaviyo, Mailchimp, Meta and Google are offered where the customer number "
            "or another column is an e-mail address; in this file none is."
        )
        return
    mark = version(found, chosen, "audience")
    without, repeated = _left_out((*key, mark), found, chosen, email)
    st.markdown("**For mail and advertising**")
    with st.container(horizontal=True):
        for layout in LAYOUTS:
            download_button(
                layout,
                partial(_made, found, chosen, layout, email, phone),
                file_name(f"{what} {layout}", found.analysis_date, None, ".csv", version=mark),
                "text/csv",
                key=f"audience_{layout}",
                on_click="ignore",
                icon=":material/lock:" if layout in HASHED else ":material/mail:",
                help=HELP[layout],
            )
    kept = len(chosen) - without - repeated
    number = (
        f" Telephone numbers come from “{plain(phone)}”; those without a country code (+ or 00 in "
        "front) are left empty."
        if phone
        else ""
    )
    st.caption(
        f"{counted(kept, 'address', 'es')} from “{plain(email)}”. Left out: {without:,} without a "
        f"valid address, {repeated:,} that are in the list already. Meta and Google get hashes "
        f"only, no address.{number} Only write to people who agreed to it."
    )


def _made(
    found: Analysis, chosen: pd.DataFrame, layout: Layout, email: str, phone: str | None
) -> bytes:
    made = audience(found.customers(chosen), layout, email, phone)
    return to_csv(made.frame, machine=True)


@st.cache_resource(max_entries=32, ttl=LIFE, show_spinner=False)
def _contacts(key: tuple[Any, ...], _found: Analysis) -> tuple[str | None, str | None]:
    return email_column(_found.frame), phone_column(_found.frame)


@st.cache_resource(max_entries=64, ttl=LIFE, show_spinner=False)
def _left_out(
    key: tuple[Any, ...], _found: Analysis, _chosen: pd.DataFrame, email: str
) -> tuple[int, int]:
    made = audience(_chosen, "Google", email)
    return made.without_email, made.repeated
