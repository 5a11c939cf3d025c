"""Save what is shown, and make a link to it: the button in the side bar and its window."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st

from clv.analysis import Analysis
from clv.errors import CLVError
from clv.intake.demo import DEMOS
from clv.intake.wording import counted
from clv.store import links, open_store
from clv.store.links import LONGEST_DAYS, USUAL_DAYS
from clv.store.saved import LONGEST_NAME, Saved, save
from clv.ui import frozen, session
from clv.ui.controls import NO_DATA, read_controls
from clv.ui.text import plain, show_refusal
from clv.ui.who import owner

_MADE: Final = "link_made"
_KEPT: Final = "kept_as"


def share_button(page: str) -> None:
    """The button, where there is something to save and someone to save it for. By the frame."""
    if frozen.by_link() or st.session_state.get(frozen.DATA) in (None, NO_DATA):
        return
    if st.button("Save or share", icon=":material/ios_share:", width="stretch"):
        st.session_state.pop(_MADE, None)
        _window(page)


@st.dialog("Save or share", width="medium")
def _window(page: str) -> None:
    try:
        who = owner()
        view = read_controls()
        found = session.analysis(view)
        if found is None:
            st.info("There is no analysis to save yet: load an order file first.")
            return
        if view.data in DEMOS:
            _example()
        saved = _saved(who, found)
        _link(who, saved, found, page)
    except CLVError as error:
        show_refusal(error)


def _example() -> None:
    """The address of an example is all that others need."""
    here = urlsplit(str(st.context.url or ""))
    query = urlencode([("data", st.session_state[frozen.DATA]), *parse_qsl(_query())])
    st.code(here._replace(query=query).geturl(), language=None, wrap_lines=True)
    st.caption("An example is the same for everybody: this address shows it, with your settings.")


def _saved(who: str, found: Analysis) -> Saved | None:
    """What is shown, where it is saved already; else the offer to do so."""
    named = frozen.current()
    if named:
        return frozen.opened(named).saved
    mark = f"{session.prepared_key(found.prepared)} {found.settings}"
    kept = st.session_state.get(_KEPT)
    if kept and kept[0] == mark:
        st.success(f"Saved as **{plain(kept[1].name)}**. It is on the page Saved.")
        saved: Saved = kept[1]
        return saved
    st.markdown("Keep the figures as they are now: no later file or setting changes them.")
    name = st.text_input("Name", found.shop.name[:LONGEST_NAME], max_chars=LONGEST_NAME)
    if st.button("Save", icon=":material/save:", type="primary"):
        made = keep(who, found, name)
        st.session_state[_KEPT] = mark, made
        st.rerun(scope="fragment")
    return None


def keep(who: str, found: Analysis, name: str) -> Saved:
    """Save an analysis with how its file was read."""
    view = read_controls()
    raw = session.raw_table(view)
    recipe = None if raw is None else session.full_recipe(view, raw)
    return save(open_store(), who, found, name=name, recipe=recipe, view=_query())


def _link(who: str, saved: Saved | None, found: Analysis, page: str) -> None:
    """What a link may do, and the link."""
    if saved is None:
        st.caption("Once it is saved, you can make a link to it.")
        return
    st.subheader("A link for others")
    with st.form("link", border=False):  # sent as a whole: a password is never left behind
        days = st.number_input("Days until it ends", 1, LONGEST_DAYS, USUAL_DAYS)
        hidden = st.toggle(
            "Hide who the customers are",
            True,
            help="Other names stand in for the customer numbers, and columns that speak of people "
            "are left out. Order numbers stay.",
        )
        downloads = st.toggle("Let them download lists", False)
        password = st.text_input(
            "Password (may stay empty)", type="password", autocomplete="off", max_chars=200
        )
        wanted = st.form_submit_button("Make the link", icon=":material/link:", type="primary")
    if wanted:
        _, token = links.create(
            open_store(),
            who,
            saved.id,
            view=_view(page, found if hidden else None),
            days=float(days),
            password=password,
            pseudonyms=hidden,
            downloads=downloads,
        )
        st.session_state[_MADE] = saved.id, token
    made = st.session_state.get(_MADE)
    if made and made[0] == saved.id:
        st.code(address(made[1]), language=None, wrap_lines=True)
        st.caption(
            "Copy it now: it is not shown again. It opens the page that you are on, with the "
            f"filters that are set, and ends after {counted(int(days), 'day')}; the page Saved "
            "lists it and can end it at once."
        )


def address(token: str) -> str:
    """The whole address of a link."""
    here = urlsplit(str(st.context.url or ""))
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    root = f"{here.scheme or 'http'}://{here.netloc or 'localhost:8501'}"
    return f"{root}{f'/{base}' if base else ''}/s/{token}"


def _view(page: str, masked: Analysis | None) -> str:
    """The page and what is chosen on it; without values that name a customer, where masked."""
    pairs = parse_qsl(_query())
    if masked is not None:
        ids = set(masked.frame["customer_id"])
        pairs = [pair for pair in pairs if pair[1] not in ids]
    return urlencode([("page", page), *pairs])


def _query() -> str:
    values: dict[str, Any] = {
        name: st.query_params.get_all(name) for name in st.query_params if name != frozen.DATA
    }
    return urlencode(values, doseq=True)
