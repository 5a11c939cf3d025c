"""The habits and recommendations of the customers on screen, or in a download; kept once made."""

from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.insights.lines import Mask
from clv.insights.people import MAIN_CATEGORY, habits
from clv.insights.recommend import (
    ENOUGH_PRICES,
    MOST_PRODUCTS,
    NAMES,
    PICKS,
    Recommender,
    learn,
    recommend,
)
from clv.ui.session import LIFE, prepared_key

CUSTOMER_KEY: Final = "customer"  # of the box on the page Customer, and of the query parameter


def with_habits(found: Analysis, chosen: pd.DataFrame) -> pd.DataFrame:
    """`Analysis.customers` of some rows, with what is known of their channel, prices, products.

    Of a file with one row per customer, only what its columns say.
    """
    frame = found.customers(chosen)
    if found.shop.by_customer or frame.empty:
        return frame
    kept = np.zeros(len(found.frame), dtype=bool)
    kept[chosen.index.to_numpy()] = True
    more = _habits((*prepared_key(found.prepared), np.packbits(kept).tobytes()), found, kept)
    # A column of the file may have a name of ours.
    own = {name: f"{name} (file)" for name in frame.columns if name in more}
    return frame.rename(columns=own).join(more)


def recommender(found: Analysis) -> Recommender | None:
    """What the whole shop bought together; None where the file has no products."""
    if found.shop.by_customer or found.lines.items.empty:
        return None
    return _learn(prepared_key(found.prepared), found)


def what_is_missing(found: Analysis) -> str:
    """What the list cannot say of this file, in words; "" where nothing is missing."""
    if found.shop.by_customer:
        return (
            "The file has one row per customer: usual prices and recommended products need single "
            "orders with their products."
        )
    lines = found.lines
    missing = []
    if schema.CHANNEL not in lines.roles:
        missing.append("a channel for the preferred channel")
    if lines.items.empty:
        missing.append("products for the recommendations")
    if not {schema.QUANTITY, schema.UNIT_PRICE} & set(lines.roles):
        missing.append("pieces for the usual prices")
    return f"The file has no column with {', '.join(missing)}." if missing else ""


def how_recommended(found: Analysis) -> str:
    """How the products are found, in plain words."""
    known = recommender(found)
    if known is None:
        return ""
    some = (
        f" Of {known.products:,} products, the {MOST_PRODUCTS:,} with most customers are looked at."
        if known.products > MOST_PRODUCTS
        else ""
    )
    return (
        f"Recommended: the {PICKS} products that customers with similar purchases most often have "
        "too, which this one never bought, and whose usual price is one that this customer usually "
        f"pays (once {ENOUGH_PRICES} purchases with a price are known); empty where no product is "
        f"left.{some} Prices: the median, and the range that leaves out the cheapest and the "
        "dearest fifth of the purchases."
    )


def columns(channels_known: bool) -> dict[str, Any]:
    """How a table shows the columns of `with_habits`."""
    amount = st.column_config.NumberColumn
    channel = "Preferred channel" if channels_known else "Main channel"
    shown: dict[str, Any] = {
        schema.MAIN_CHANNEL: st.column_config.TextColumn(
            channel, help="With most orders; of two the one with more revenue, then the latest."
        ),
        MAIN_CATEGORY: st.column_config.TextColumn(
            "Main category", help="With most orders of this customer."
        ),
        "price_median": amount(
            "Usual price", format="%,.2f", help="Half of the pieces bought cost at most this."
        ),
        "price_low": amount("from ", format="%,.2f", help="A fifth of the purchases cost less."),
        "price_high": amount("to ", format="%,.2f", help="A fifth of the purchases cost more."),
    }
    labels = (f"Recommended {place}" for place in range(1, PICKS + 1))
    return shown | dict(zip(NAMES, labels, strict=True))


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Learning what is bought together ...")
def _learn(key: tuple[Any, ...], _found: Analysis) -> Recommender:
    return learn(_found.lines, len(_found.frame))


@st.cache_resource(max_entries=32, ttl=LIFE, show_spinner=False)
def _habits(key: tuple[Any, ...], _found: Analysis, _kept: Mask) -> pd.DataFrame:
    found = habits(_found.lines, _kept)
    known = recommender(_found)
    return found if known is None else found.join(recommend(_found.lines, known, _kept))
