"""The script that Streamlit runs for every page: frame, sidebar, navigation, errors."""

import logging
from pathlib import Path

import streamlit as st

from clv.errors import CLVError
from clv.ui import filters, frozen, who
from clv.ui.controls import show_controls
from clv.ui.places import page_file
from clv.ui.share import share_button
from clv.ui.text import show_refusal
from clv.ui.uploads import sweep_hourly

ICON = Path(__file__).with_name("icon.svg")  # an icon by name would be fetched from another server

st.set_page_config(page_title="Customer value", page_icon=str(ICON), layout="wide")
sweep_hourly()
if not (frozen.link_is_open() or who.may_enter()):
    st.stop()

# Without icons, so that all of them fit beside each other.
page = st.navigation(
    [
        st.Page(page_file("data"), title="Your data", default=True),
        st.Page(page_file("overview"), title="Overview"),
        st.Page(page_file("health"), title="Health"),
        st.Page(page_file("cohorts"), title="Cohorts"),
        st.Page(page_file("segments"), title="Segments"),
        st.Page(page_file("products"), title="Products"),
        st.Page(page_file("customers"), title="Customers"),
        st.Page(page_file("customer"), title="One customer", visibility="hidden"),
        st.Page(page_file("actions"), title="Actions"),
        st.Page(page_file("uplift"), title="Uplift"),
        st.Page(page_file("trust"), title="Trust"),
        st.Page(page_file("method"), title="Method"),
        st.Page(page_file("shop"), title="Shop database", visibility="hidden"),
        st.Page(page_file("saved"), title="Saved", visibility="hidden"),
        st.Page(page_file("access"), title="Access", visibility="hidden"),
    ],
    position="top",
)

with st.sidebar:
    show_controls()
    share_button(page.url_path)
    if not frozen.by_link():
        for name, icon in (("saved", "inventory_2"), ("access", "key")):
            st.page_link(page_file(name), label=name.title(), icon=f":material/{icon}:")
    who.show_person()
frozen.watch()
if frozen.by_link() and page.url_path not in frozen.PAGES:
    st.info("You look by a link: this page is for its owner.", icon=":material/lock:")
    st.stop()

# With nothing chosen, the pages where data come from need no filter.
filters.show(always=page.title not in ("Your data", "Shop database", "Saved", "Access"))
try:
    page.run()
except CLVError as error:
    show_refusal(error)
except Exception:  # the last line of defence: a defect of ours is logged, never shown as code
    logging.getLogger(__name__).exception("page %s failed", page.title)
    show_refusal(
        CLVError(
            "Something went wrong in this program, and it is not your fault.",
            "Load the page again; if it stays, tell the people who run it what you did last.",
        )
    )
