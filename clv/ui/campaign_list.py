"""Part of the Actions page: a list to contact, a control group left out, and the key to both."""

import hashlib
from datetime import date, timedelta

import numpy as np
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.exports import file_name
from clv.insights.campaign_key import CampaignKey
from clv.insights.control_groups import FEWEST, draw_control, smallest_uplift
from clv.insights.lines import Mask
from clv.insights.what_if import Prospects
from clv.intake.wording import counted, rounded
from clv.ui.downloads import download_button, frame_list
from clv.ui.figures import share

ALL, PAYS = "All customers shown", "Those for whom it pays"


def show(
    found: Analysis,
    mask: Mask,
    pays: Mask | None,
    who: Prospects | None,
    window_days: int,
    name: str,
) -> None:
    """Choose the list and the control group, then two downloads."""
    left, right = st.columns(2)
    chosen = mask
    if pays is not None:
        which = left.selectbox("List", (ALL, PAYS), key="for", bind="query-params")
        chosen = pays if which == PAYS else mask
    part = right.slider(
        "Left out as control group", 10, 50, 20, 5, format="%d %%", key="control",
        bind="query-params",
        help="Drawn at random within each value tier. They get nothing, so that the next file "
        "shows what the others did because of the campaign.",
    )  # fmt: skip
    title = left.text_input(
        "Name of the campaign",
        placeholder=name,
        max_chars=80,
        key="campaign",
        bind="query-params",
    )
    day = right.date_input(
        "Day of the contact", found.analysis_date + timedelta(days=1),
        min_value=found.analysis_date + timedelta(days=1), key="contact", bind="query-params",
        help="The first day that counts. It can be corrected when the uplift is measured.",
    )  # fmt: skip
    seed = right.number_input(
        "Seed of the draw", 1, 2**31 - 1, 1, key="seed", bind="query-params",
        help="The same list and seed give the same draw. Change it from campaign to campaign, so "
        "that not always the same customers are left out.",
    )  # fmt: skip
    rows = found.frame[chosen]
    control = draw_control(rows[schema.CUSTOMER_ID], rows[schema.TIER], part / 100, int(seed or 1))
    treated, left_out = rows[~control], rows[control]
    if min(len(treated), len(left_out)) < FEWEST:
        st.info("Too few customers for a control group: a list needs at least ten.")
        return
    st.markdown(
        f"**{counted(len(treated), 'customer')} to contact, {len(left_out):,} left out** at random."
    )
    _power(who, chosen, len(treated), len(left_out), window_days)
    contact = day if isinstance(day, date) else found.analysis_date + timedelta(days=1)
    called = (title or name)[:80]

    def key() -> str:
        return CampaignKey(
            name=called,
            drawn_on=date.today(),
            seed=int(seed or 1),
            analysis_date=found.analysis_date,
            contact_date=contact,
            window_days=window_days,
            treated=tuple(treated[schema.CUSTOMER_ID].astype(str)),
            control=tuple(left_out[schema.CUSTOMER_ID].astype(str)),
        ).to_json()

    st.markdown("**1 · The list to contact**: only those to contact are in it.")
    frame_list(found, treated, f"contact-{called}", key="contact_list")
    st.markdown("**2 · The key**: keep this file. Without it nobody can tell the two groups apart.")
    draw = (found.shop.key, np.packbits(chosen).tobytes(), part, seed, window_days)
    download_button(
        "Key of the campaign",
        key,
        file_name(f"key-{called}", contact, None, ".json", version=_short(repr(draw))),
        "application/json",
        key="key_file",
        on_click="ignore",
        icon=":material/key:",
    )
    st.caption(
        "The key holds customer numbers, who is contacted and who is not, the seed and the dates: "
        "nothing else about anyone. It is not kept here, because sessions end. When the next file "
        "is there, load it, and give the key to the page Uplift."
    )


def _power(
    who: Prospects | None, chosen: Mask, treated: int, control: int, window_days: int
) -> None:
    """What these groups could show, in words."""
    if who is None:
        st.caption("How small an uplift would show cannot be told: there is no model.")
        return
    base = float(who.anyway[chosen].mean())
    smallest = smallest_uplift(base, treated, control)
    if smallest is None:
        words = "no uplift, however large, would show: make the list longer."
    else:
        words = (
            f"an uplift would show with 80 % probability from {rounded(100 * smallest, 1)} more "
            "buyers per 100 on. A smaller one may well be there and not be seen."
        )
    st.info(
        f"By the model {share(base, 1)} of these customers order within {window_days} days anyway. "
        f"With {treated:,} contacted and {control:,} left out, {words}".replace(
            "80 %", "80\N{NO-BREAK SPACE}%"
        ),
        icon=":material/search_insights:",
    )


def default_name(text: str) -> str:
    """A short name for the campaign from the filter."""
    if not text:
        return "Campaign"
    return text if len(text) <= 60 else f"List {_short(text)}"


def _short(text: str) -> str:
    """Six characters that tell two texts apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]
