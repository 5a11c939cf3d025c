"""The door to the shop database: its orders as they are now, read again when they change."""

import os
from typing import Any, Final

import streamlit as st

from clv.errors import CLVError, NoShop
from clv.intake.recipe import Recipe
from clv.intake.sources import RawTable
from clv.store.shop import source
from clv.store.shop.database import Database, open_shop, state_of
from clv.ui.controls import SHOP, View, choose_data
from clv.ui.places import page_file

LIFE: Final = "12h"
_ALONE: Final = ("localhost", "127.0.0.1", "::1")


def open_here() -> Database:
    """The shop database, where visitors may see it: on one's own computer, or where whoever runs
    the server has named it in CLV_SHOP_URL. Raises NoShop."""
    if not (os.environ.get("CLV_SHOP_URL") or st.get_option("server.address") in _ALONE):
        raise NoShop(
            "This server does not show its shop database.",
            "Whoever runs it can show it to all visitors by naming it in CLV_SHOP_URL.",
        )
    return open_shop()


def shop_orders() -> RawTable:
    """The orders of the shop database; raises NoShop, or NotEnoughData where it is empty."""
    database = open_here()
    return _orders(state_of(database), database)


def shop_recipe(raw: RawTable) -> Recipe:
    """How they are cleaned before anybody decides otherwise."""
    return _recipe(raw.path.name, raw)


def show_shop(view: View) -> None:
    """A button that makes the shop database the data, where there is one; a link to its page."""
    if shop_is_there():
        st.button(
            SHOP,
            on_click=choose_data,
            args=(SHOP,),
            type="primary" if view.data == SHOP else "secondary",
            help="Your own orders table on the server. Orders that arrive count at once.",
            width="stretch",
            icon=":material/database:",
        )
    st.page_link(page_file("shop"), label="No export? Keep a shop database")


def shop_is_there() -> bool:
    """Whether there is a shop database that can be opened."""
    try:
        open_here()
    except CLVError:
        return False
    return True


@st.cache_resource(max_entries=4, ttl=LIFE, show_spinner="Reading the shop database ...")
def _orders(state: str, _database: Any) -> RawTable:
    return source.orders(_database)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner=False)
def _recipe(key: str, _raw: RawTable) -> Recipe:
    return source.recipe(_raw)
