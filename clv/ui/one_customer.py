"""Parts of the page of one customer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.one_customer import alive_line, expected_line, spending, time_line
from clv.insights.levels import PRODUCT
from clv.insights.one_customer import (
    alive_since_last,
    alive_through_time,
    bought_by,
    expected_ahead,
    orders_and_refunds,
    purchase_days,
)
from clv.insights.people import has_prices
from clv.insights.price_points import category_level, price_ranges
from clv.insights.recommend import NAMES
from clv.insights.why_segment import why_risk, why_segment, why_tier
from clv.intake.wording import counted
from clv.ui import people
from clv.ui.figures import alive_help, doubt_of_customers, money, months, share
from clv.ui.text import plain

OFFERED = 12
MOST_BARS = 12


def choose(found: Analysis) -> int | None:
    """The place of the customer asked for; None with help to find one."""
    text = st.text_input(
        "Customer",
        key=people.CUSTOMER_KEY,
        bind="query-params",
        placeholder="The customer number, or a part of it",
    ).strip()
    ids = found.frame[schema.CUSTOMER_ID]
    exact = ids.index[ids == text]
    if len(exact):
        return int(exact[0])
    near = ids[ids.str.contains(text, case=False, regex=False)] if text else ids
    if near.empty:
        st.info(f"There is no customer “{plain(text)}” in these data.")
        near = ids
    best = found.frame.loc[near.index].nlargest(OFFERED, schema.TOTAL_VALUE)
    if best.empty:  # no value is known without a model
        best = found.frame.loc[near.index].nlargest(OFFERED, schema.REVENUE)
    what = f"{counted(len(near), 'customer')} with it; the" if 0 < len(near) < len(ids) else "The"
    st.caption(f"{what} most valuable ones, to choose from:")
    with st.container(horizontal=True):
        for place, name in best[schema.CUSTOMER_ID].items():
            st.button(plain(str(name)), key=f"pick_{place}", on_click=_pick, args=(str(name),))
    return None


def _pick(name: str) -> None:
    st.session_state[people.CUSTOMER_KEY] = name


def headline(found: Analysis, row: pd.Series) -> None:
    """What the customer is worth and how sure that is. row: of `Analysis.customers`."""
    horizon, coverage = months(found.settings.horizon_months), share(found.settings.coverage)
    low, high = row[schema.PREDICTED_CLV_LOW], row[schema.PREDICTED_CLV_HIGH]
    next_order = row[schema.NEXT_ORDER_DATE]
    figures = (
        (
            f"Predicted, {horizon}",
            money(row[schema.PREDICTED_CLV]),
            None if pd.isna(low) else f"{money(low)} to {money(high)}",
            "Predicted CLV: what the customer is expected to bring, margin applied and discounted. "
            f"Below it the {coverage} interval.",
        ),
        ("P(alive)", share(row[schema.P_ALIVE]), None, alive_help(found)),
        (
            f"Orders, {horizon}",
            f"{row[schema.EXPECTED_ORDERS]:.2f}" if found.valuation else "–",
            None,
            "Expected orders, taking into account that the customer may have left.",
        ),
        (
            "Next order",
            "–" if pd.isna(next_order) else f"{next_order:%d %b %Y}",
            None if pd.isna(row[schema.P_ORDER_30D]) else
            f"{share(row[schema.P_ORDER_30D])} within 30 days",
            "If there is an order within the horizon, it comes by this day with a chance of one "
            "half.",
        ),
        ("Historic value", money(row[schema.HISTORIC_VALUE]), None, "Net revenue × margin."),
        ("Orders so far", f"{int(row[schema.ORDERS]):,}", None,
         f"From {row[schema.FIRST_ORDER]:%d %b %Y} to {row[schema.LAST_ORDER]:%d %b %Y}."),
    )  # fmt: skip
    with st.grid(min_column_width=180):
        for label, value, below, help in figures:
            st.metric(
                label, value, below, delta_color="off", delta_arrow="off", help=help,
                border=True, height="stretch",
            )  # fmt: skip
    if found.valuation is None and found.model.problem:
        st.info(plain(f"{found.model.problem.message} {found.model.problem.hint}"))
    if doubt_of_customers(found):
        st.caption(f":orange[:material/warning:] {plain(doubt_of_customers(found))}")


def why(found: Analysis, place: int) -> None:
    """Segment, tier, status and risk in words, with their limits."""
    row = found.frame.iloc[place]
    modelled = found.valuation is not None
    said = [
        *why_segment(row, found.rfm_cuts, found.analysis_date, found.settings),
        why_tier(row, found.frame, found.settings, modelled),
    ]
    if modelled:
        said.append(why_risk(row, found.frame))
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said))


def orders(found: Analysis, place: int) -> None:
    """Every order and refund on a time line."""
    frame = _ask(found, place, orders_and_refunds)
    refunds = frame[frame["kind"] == "Refund"]
    bought = frame[frame["kind"] == "Order"]
    title = f"{counted(len(bought), 'order')}: {money(bought['money'].sum())}"
    if len(refunds):
        title += f", {counted(len(refunds), 'refund')}: {money(refunds['money'].sum())}"
    st.altair_chart(time_line(frame, title=title), width="stretch", alt="Orders and refunds by day")
    st.caption("The larger the mark, the more money. A cross is a refund, on the day it was made.")


def through_time(found: Analysis, place: int, row: pd.Series) -> None:
    """P(alive) through time, and expected orders ahead."""
    fit, valuation = found.model.purchases, found.valuation
    if fit is None or valuation is None:
        return
    until = found.analysis_date
    if found.shop.by_customer:
        alive = alive_since_last(fit.model, found.frame.iloc[place], until)
    else:
        alive = alive_through_time(fit.model, _ask(found, place, purchase_days)["day"], until)
    left, right = st.columns(2)
    left.altair_chart(
        alive_line(alive, title=f"P(alive) is {share(row[schema.P_ALIVE])} now"),
        width="stretch",
        alt="P(alive) through time",
    )
    ahead = expected_ahead(valuation, place, until)
    right.altair_chart(
        expected_line(
            ahead,
            title=f"{ahead['orders'].iloc[-1]:.2f} orders expected within "
            f"{months(found.settings.horizon_months)}",
        ),
        width="stretch",
        alt="Expected orders until each month ahead",
    )
    st.caption(
        "P(alive) on each day from what was known of this customer by then, with the model as it "
        "is today; dots are purchases. Silence lowers it, an order raises it."
        + (" Only the time since the last order is known." if found.shop.by_customer else "")
    )


def bought(found: Analysis, place: int) -> None:
    """What was bought, by level, and the usual prices."""
    lines = found.lines
    if not lines.levels:
        st.info("The file has no column with products, so what was bought is not known.")
        return
    level = st.segmented_control(
        "By", lines.levels, default=lines.levels[0], key="bought_by"
    ) or lines.levels[0]  # fmt: skip
    frame = _ask(found, place, bought_by, lines.level_column(level))
    if frame.empty:
        st.info("Nothing that this customer bought has a value there.")
        return
    first = frame["name"].iloc[0]
    st.altair_chart(
        spending(
            frame.head(MOST_BARS),
            title=f"Most revenue from {first}"
            + (f"; the first {MOST_BARS} of {len(frame):,}" if len(frame) > MOST_BARS else ""),
        ),
        width="stretch",
        alt=f"Net revenue by {level}",
    )
    _prices(found, place)


def _prices(found: Analysis, place: int) -> None:
    lines = found.lines
    st.subheader("Usual prices")
    if not has_prices(lines):
        st.info("The file does not say how many pieces a line holds, so prices are not known.")
        return
    level = category_level(lines)
    whole = _ask(found, place, price_ranges).assign(category="Everything")
    if level is not None:
        each = _ask(found, place, price_ranges, lines.level_column(level))
        whole = pd.concat([whole, each.sort_values("purchases", ascending=False)])
    amount = st.column_config.NumberColumn
    st.dataframe(
        whole,
        hide_index=True,
        width="stretch",
        height="content",
        column_order=["category", "price_median", "price_low", "price_high", "purchases"],
        column_config={
            "category": st.column_config.TextColumn(level or PRODUCT, pinned=True),
            "price_median": amount("Usual price", format="%,.2f"),
            "price_low": amount("from", format="%,.2f"),
            "price_high": amount("to", format="%,.2f"),
            "purchases": amount("Lines with a price", format="%,d"),
        },
    )
    st.caption(
        "Money for one piece: half of the lines cost at most the usual price; the cheapest and the "
        "dearest fifth lie outside the range."
    )


def recommended(found: Analysis, place: int) -> None:
    """The three products most worth recommending, and why."""
    st.subheader("Worth recommending")
    known = people.recommender(found)
    if known is None:
        st.info("The file has no column with products, so none can be recommended.")
        return
    row = people.with_habits(found, found.frame.loc[[place]]).iloc[0]
    names = found.lines.items["product"].reindex(known.items).tolist()
    said = []
    for name in (row[column] for column in NAMES):
        if isinstance(name, str):
            why = known.reason(place, names.index(name))
            because = (
                f": bought by customers who have {plain(names[why])}, like this one"
                if why is not None
                else ": a best seller that this customer does not have"
            )
            said.append(f"- **{plain(name)}**{because}")
    if not said:
        st.info("No product is left in the price range of this customer.")
    st.markdown("\n".join(said))
    st.caption(people.how_recommended(found))


def _ask(
    found: Analysis, place: int, question: Callable[..., pd.DataFrame], *args: Any
) -> pd.DataFrame:
    """A question to the lines of this customer alone."""
    kept = np.zeros(len(found.frame), dtype=bool)
    kept[place] = True
    return found.lines.ask(question, kept, (), *args)
