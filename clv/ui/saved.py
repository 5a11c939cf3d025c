"""The library: saved analyses as a list, what can be done with one, two of them compared."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from clv import schema
from clv.intake.wording import counted, percent
from clv.settings import Settings
from clv.store import links, open_store
from clv.store.audit import record
from clv.store.comparing import Comparison, compare
from clv.store.saved import LONGEST_NAME, Saved, delete, duplicate, listed, rename, subject_of
from clv.ui import frozen, session
from clv.ui.controls import NO_DATA, choose_data, read_controls
from clv.ui.figures import doubt, money, months, span
from clv.ui.places import page_file
from clv.ui.revoking import revocable
from clv.ui.share import keep
from clv.ui.text import plain

MOMENT = "D MMM YYYY, HH:mm"
MEASURED = "margin as measured or assumed"


def offer_to_save(who: str) -> None:
    """Save what the pages show just now, where that is not saved already."""
    if frozen.current() or st.session_state.get(frozen.DATA) in (None, NO_DATA):
        st.caption("Load an order file, and you can save its analysis here or in the side bar.")
        return
    found = session.analysis(read_controls())
    if found is None:
        return
    with st.form("save_now", border=False):
        line = st.container(horizontal=True, vertical_alignment="bottom")
        name = line.text_input("Save what is shown now as", found.shop.name[:LONGEST_NAME])
        if line.form_submit_button("Save", icon=":material/save:"):
            keep(who, found, name)
            st.rerun()


def library(who: str) -> tuple[Saved, ...]:
    """The list, the latest first."""
    kept = listed(open_store(), who)
    if not kept:
        st.info("Nothing is saved yet.", icon=":material/inventory_2:")
        return ()
    rows = [
        {
            "name": one.name,
            "file": one.data_name,
            "rows": one.rows,
            "customers": one.customers,
            "predicted": None if one.predicted_clv is None else round(one.predicted_clv),
            "settings": in_short(one.settings),
            "saved": one.saved_at,
        }
        for one in kept
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "name": "Name",
            "file": "File",
            "rows": st.column_config.NumberColumn("Rows", format="localized"),
            "customers": st.column_config.NumberColumn("Customers", format="localized"),
            "predicted": st.column_config.NumberColumn("Predicted CLV", format="localized"),
            "settings": "Settings",
            "saved": st.column_config.DatetimeColumn("Saved (UTC)", format=MOMENT),
        },
    )
    return kept


def in_short(settings: Settings) -> str:
    """The settings that matter most, on one line."""
    margin = f"{percent(settings.margin)} margin" if settings.margin is not None else MEASURED
    ahead = f"{settings.horizon_months} months ahead"
    return f"{margin}, {ahead}, {percent(settings.annual_discount, 1)} discount, {settings.model}"


def one(who: str, kept: tuple[Saved, ...]) -> None:
    """Choose one, and open, rename, duplicate or delete it."""
    chosen = _choose("Saved analysis", kept, "chosen_saved")
    with st.container(horizontal=True):
        st.button(
            "Open",
            icon=":material/folder_open:",
            type="primary",
            on_click=_opened,
            args=(who, chosen),
        )
        _rename(who, chosen)
        _duplicate(who, chosen)
        _delete(who, chosen)
    if st.session_state.get(frozen.DATA) == f"{frozen.SAVED}{chosen.id}":
        st.success(f"**{plain(chosen.name)}** is open on all pages.")
        st.page_link(
            page_file("overview"), label="See the overview", icon=":material/arrow_forward:"
        )


def _opened(who: str, chosen: Saved) -> None:
    record(open_store(), who, "opened", subject_of(chosen.id))
    choose_data(f"{frozen.SAVED}{chosen.id}")


def _rename(who: str, chosen: Saved) -> None:
    with st.popover("Rename", icon=":material/edit:"), st.form(f"rename_{chosen.id}", border=False):
        name = st.text_input("New name", chosen.name, max_chars=LONGEST_NAME)
        if st.form_submit_button("Rename"):
            rename(open_store(), who, chosen.id, name)
            st.rerun()


def _duplicate(who: str, chosen: Saved) -> None:
    now = chosen.settings
    popover = st.popover("Duplicate with other settings", icon=":material/content_copy:")
    with popover, st.form(f"duplicate_{chosen.id}", border=False):
        name = st.text_input("Name", f"{chosen.name[: LONGEST_NAME - 5]} (2)")
        margin = st.slider("Margin", 1, 100, _percent_of_margin(chosen), format="%d %%")
        horizon = st.slider("Months ahead", 1, 60, now.horizon_months)
        discount = st.slider("Discount a year", 0.0, 50.0, 100 * now.annual_discount, 0.5)
        if st.form_submit_button("Duplicate"):
            settings = replace(
                now,
                margin=margin / 100,
                horizon_months=horizon,
                annual_discount=discount / 100,
            )
            duplicate(open_store(), who, chosen.id, settings, name=name)
            st.rerun()


def _percent_of_margin(chosen: Saved) -> int:
    """The margin that the figures were made with, also where it was measured or assumed."""
    margin = chosen.settings.margin
    if margin is None:
        margin = frozen.analysis_of(frozen.Opened(chosen)).margin
    return max(1, round(100 * margin))


def _delete(who: str, chosen: Saved) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.markdown("For good: its files go, and links to it open nothing any more.")
        st.button(
            "Delete for good",
            type="primary",
            key=f"delete_{chosen.id}",
            on_click=_deleted,
            args=(who, chosen),
        )


def _deleted(who: str, chosen: Saved) -> None:
    delete(open_store(), who, chosen.id)
    if st.session_state.get(frozen.DATA) == f"{frozen.SAVED}{chosen.id}":
        choose_data(NO_DATA)


def comparison(who: str, kept: tuple[Saved, ...]) -> None:
    """What changed from one to the other, and why."""
    left, right = st.columns(2)
    with left:
        before = _choose("From", kept[1:] + kept[:1], "compare_from")
    with right:
        after = _choose("To", kept, "compare_to")
    if before.id == after.id:
        st.caption("Choose two different ones.")
        return
    found = _compared((who, before.id, after.id), before, after)
    if found.value is None:
        st.warning(f"{found.problem}")
    else:
        st.markdown(
            f"Predicted CLV went from {_predicted(before)} to {_predicted(after)}. "
            "The steps add up to the difference:"
        )
        _steps(found.value, schema.PREDICTED_CLV, "Predicted CLV")
    _steps(found.revenue, schema.REVENUE, "Net revenue so far")
    with st.expander("Segments"):
        _segments(found)


def _predicted(one: Saved) -> str:
    """The total with its horizon and interval, and whether it failed the test on the past."""
    found = frozen.analysis_of(frozen.Opened(one))
    total = found.totals.predicted_clv
    assert total is not None
    failed = "; totals failed the test on the past" if doubt(found) else ""
    interval = plain(span(total, found.settings.coverage).rstrip("."))
    horizon = months(found.settings.horizon_months)
    return f"**{plain(money(total.value))}** over {horizon} ({interval}{failed})"


def all_links(who: str) -> None:
    """The links that the owner has made: how often opened, until when, and a way to end them."""
    found = links.listed(open_store(), who)
    if not found:
        return
    st.subheader("Links")
    names = {one.id: one.name for one in listed(open_store(), who)}
    for link in found:
        last = f", last on {link.last_opened:%d %b %Y %H:%M} UTC" if link.last_opened else ""
        state = f"until {link.expires:%d %b %Y}" if link.active else "over"
        kind = [
            "customers hidden" if link.pseudonyms else "customers shown",
            "downloads allowed" if link.downloads else "no downloads",
            *(["with a password"] if link.has_password else []),
        ]
        text = (
            f"**{plain(names.get(link.saved_id, ''))}** · {state} · {', '.join(kind)} · "
            f"opened {counted(link.opened, 'time')}{last}"
        )
        revocable(text, link.id, link.active, who, links.revoke)


def _choose(label: str, kept: tuple[Saved, ...], key: str) -> Saved:
    by_id = {one.id: one for one in kept}
    id: Any = st.selectbox(
        label,
        list(by_id),
        key=key,
        format_func=lambda id: f"{by_id[id].name} ({by_id[id].saved_at:%d %b %Y %H:%M})",
    )
    return by_id[id]


def _steps(frame: pd.DataFrame, column: str, label: str) -> None:
    st.dataframe(
        whole(frame, column),
        hide_index=True,
        column_config={
            "step": "",
            "customers": st.column_config.NumberColumn("Customers", format="localized"),
            column: st.column_config.NumberColumn(label, format="localized"),
        },
    )


@st.cache_resource(max_entries=16, ttl="12h", show_spinner="Comparing ...")
def _compared(key: tuple[str, str, str], _before: Saved, _after: Saved) -> Comparison:
    return compare(
        *(frozen.analysis_of(frozen.Opened(each)) for each in (_before, _after)),
    )


def _segments(found: Comparison) -> None:
    """Segments before and after, and who moved between them."""
    number = st.column_config.NumberColumn
    st.dataframe(
        whole(found.segments, "predicted_clv_before", "predicted_clv_after"),
        hide_index=True,
        column_config={
            "segment": "Segment",
            "customers_before": number("Customers before", format="localized"),
            "customers_after": number("after", format="localized"),
            "predicted_clv_before": number("Predicted CLV before", format="localized"),
            "predicted_clv_after": number("after", format="localized"),
        },
    )
    st.dataframe(
        found.moves,
        hide_index=True,
        column_config={
            "segment_before": "Of the segment",
            "segment_after": "now in",
            "customers": number("Customers of both", format="localized"),
        },
    )


def whole(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame with whole numbers in these columns, and no zero with a minus."""
    return frame.assign(**{name: frame[name].round(0) + 0.0 for name in columns})
