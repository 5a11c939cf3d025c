"""Parts of the Uplift page: the key, what is measured, and what came of the campaign."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.campaigns import GROUPS, cumulative_revenue
from clv.insights.campaign_key import MOST_DAYS, CampaignKey
from clv.insights.campaign_outcomes import cumulative, outcomes, revenue_by_day
from clv.insights.selection import EVERYONE
from clv.insights.uplift import (
    Difference,
    Floats,
    Uplift,
    Window,
    compare,
    filled,
    measured_window,
    places_of_key,
)
from clv.intake.wording import rounded
from clv.ui.controls import View
from clv.ui.figures import money, share
from clv.ui.session import ask
from clv.ui.text import plain

KEPT: Final = "campaign_key"  # the text of the key, for as long as the session lasts
LARGEST_MB: Final = 100
MOST_TIMES: Final = 20  # as many customers as there were, beyond which more is no plan


@dataclass(frozen=True)
class Asked:
    """What is to be measured, from the widgets of the page."""

    contact: date
    days: int
    cost: float
    discount: float
    coverage: float
    narrow: bool


@dataclass(frozen=True)
class Measured:
    """The comparison, and the places of both groups in the analysis (NaN: not in the data)."""

    window: Window
    uplift: Uplift
    treated: Floats
    control: Floats


def stop_without_orders(found: Analysis) -> None:
    """Say why a file with one row per customer shows no uplift, and end the page."""
    if found.shop.by_customer:
        st.info(
            "**The uplift of a campaign needs single orders, and this file has one row per "
            "customer.**  \nLoad a file with one row per order that goes on after the day of the "
            "contact.",
            icon=":material/info:",
        )
        st.stop()


def choose_key() -> CampaignKey | None:
    """The key that the visitor gave, kept for the session; raises CLVError for another file."""
    given = st.file_uploader(
        "Key of the campaign", type="json", key="key", max_upload_size=LARGEST_MB,
        help="The small file that came with the list to contact.",
    )  # fmt: skip
    if given is not None:
        try:
            text = given.getvalue().decode("utf-8-sig")
        except UnicodeDecodeError:
            text = ""
        key = CampaignKey.from_json(text)
        st.session_state[KEPT] = text
        return key
    kept = st.session_state.get(KEPT)
    return CampaignKey.from_json(kept) if isinstance(kept, str) else None


def describe(key: CampaignKey) -> None:
    """What the key says of the campaign."""
    st.markdown(
        f"**{plain(key.name)}** · {len(key.treated):,} contacted, {len(key.control):,} left out · "
        f"drawn on {key.drawn_on:%d %B %Y} from data until {key.analysis_date:%d %B %Y} · "
        f"campaign {key.campaign_id}"
    )


def ask_for(key: CampaignKey) -> Asked:
    """Day of the contact and window, from the key and open to correction; cost and range."""
    left, middle, right = st.columns(3)
    own = key.campaign_id  # another key starts with its own days
    day = left.date_input(
        "Day of the contact", key.contact_date, min_value=min(key.contact_date, key.analysis_date),
        max_value=key.contact_date + timedelta(days=MOST_DAYS), key=f"since_{own}",
        help="The first day that counts.",
    )  # fmt: skip
    days = left.number_input("Days measured", 1, MOST_DAYS, key.window_days, key=f"days_{own}")
    cost = middle.number_input(
        "Cost per contact", 0.0, 1e6, 0.0, 0.1, format="%.2f", key="spent", bind="query-params"
    )
    coverage = middle.segmented_control(
        "Range", ("80 %", "95 %"), default="80 %", key="range", bind="query-params",
        help="How often a range made this way holds the true uplift.",
    )  # fmt: skip
    off = right.number_input(
        "Discount of the campaign, %", 0.0, 90.0, 0.0, 1.0, format="%g", key="given",
        bind="query-params",
        help="Counted as taken off all orders of those contacted in these days: their goods cost "
        "as much as without it, so of each order less margin is left.",
    )  # fmt: skip
    narrow = right.toggle(
        "Narrow with past revenue", key="narrow", bind="query-params",
        help="Takes out of the comparison what customers spent in the year before the contact, "
        "which differs between the groups by chance only. It narrows the range of money where "
        "customers go on as before.",
    )  # fmt: skip
    return Asked(
        contact=day if isinstance(day, date) else key.contact_date,
        days=int(days or key.window_days),
        cost=float(cost or 0.0),
        discount=float(off or 0.0) / 100,
        coverage=0.95 if coverage == "95 %" else 0.8,
        narrow=bool(narrow),
    )


def measure(view: View, found: Analysis, key: CampaignKey, asked: Asked) -> Measured:
    """The comparison over all customers of the key, whatever the filter says."""
    lines = found.lines
    window = measured_window(key, asked.contact, asked.days, lines.first, lines.last)
    treated, control = places_of_key(key, found.frame[schema.CUSTOMER_ID])
    everyone = replace(view, where=EVERYONE)
    rows = ask(everyone, found, outcomes, window.first, window.last)
    frames = [
        pd.DataFrame({name: filled(places, rows, name) for name in ("orders", "revenue", "before")})
        for places in (treated, control)
    ]
    uplift = compare(
        *frames,
        margin=found.margin,
        coverage=asked.coverage,
        contact_cost=asked.cost,
        discount=asked.discount,
        narrow=asked.narrow,
    )
    return Measured(window, uplift, treated, control)


def limits(view: View, measured: Measured, wanted_days: int) -> None:
    """What limits the comparison: days, ids, the filter, too few buyers."""
    window = measured.window
    until = f"{window.first:%d %B %Y} to {window.last:%d %B %Y}, {window.days} days"
    if window.complete:
        st.caption(f"Measured from {until}.")
    else:
        st.warning(
            f"The file ends before the window does: measured from {until} of {wanted_days}.",
            icon=":material/hourglass_bottom:",
        )
    absent = [int(np.isnan(places).sum()) for places in (measured.treated, measured.control)]
    if sum(absent):
        st.warning(
            f"{absent[0]:,} of those contacted and {absent[1]:,} of those left out are not in "
            "these data. They count as customers who ordered nothing, which is right if the file "
            "holds all orders. Where their numbers have changed, the uplift is not what it seems.",
            icon=":material/person_off:",
        )
    if view.where.conditions:
        st.caption(
            "The filter above is left out here: segments and the like come from orders after the "
            "contact too, and choosing customers by them would bend the comparison."
        )
    if measured.uplift.is_rough:
        st.caption("Fewer than 20 customers of a group ordered: ranges of money are rough.")


def verdict(uplift: Uplift) -> None:
    """What the campaign brought, in words."""
    profit = uplift.profit
    coverage = share(uplift.coverage)
    if profit.is_clear:
        low, high = sorted((abs(profit.low), abs(profit.high)))
        what, icon = ("brought", st.success) if profit.value > 0 else ("cost", st.warning)
        icon(
            f"**The campaign {what} between {money(low)} and {money(high)} of margin per customer "
            f"contacted** ({coverage} range), before the cost of contacts.{_after_contacts(uplift)}"
        )
        return
    needed, have = uplift.customers_needed, uplift.treated + uplift.control
    sure = "80\N{NO-BREAK SPACE}% probability"
    more = (
        f" These groups would show a difference from about {money(uplift.smallest_seen)} of net "
        f"revenue per customer on with {sure}."
    )
    if needed is not None and have < needed < MOST_TIMES * have:
        more += (
            f" The difference seen would take about {_rough(needed - have)} more customers in the "
            f"same proportion, {_rough(needed)} in all."
        )
    st.info(f"**No effect on money can be told from chance yet** ({coverage} range).{more}")


def _after_contacts(uplift: Uplift) -> str:
    """Whether the margin gained covers the contacts, where their cost is given."""
    _, low, high = uplift.total
    if not uplift.cost:
        return ""
    if low > 0:
        return " It more than paid for its contacts."
    if high < 0:
        return " It did not pay for its contacts."
    return " Whether it paid for its contacts cannot be told yet."


def _rough(number: int) -> str:
    """Two digits that count."""
    digits = max(len(str(number)) - 2, 0)
    return f"{round(number, -digits):,}"


def headline(uplift: Uplift) -> None:
    """The differences per customer, and the gain of the whole campaign."""
    total, low, high = uplift.total
    after = " after contacts" if uplift.cost else ""
    with st.grid(min_column_width=210):
        for label, part, shown in (
            ("Net revenue per customer", uplift.revenue, money),
            ("Margin per customer", uplift.profit, money),
            ("Orders per 100 customers", uplift.orders, _hundred),
            ("Buyers per 100 customers", uplift.buyers, _hundred),
        ):
            st.metric(
                label, _signed(part.value, shown), f"{shown(part.low)} to {shown(part.high)}",
                delta_color="off", delta_arrow="off", border=True,
            )  # fmt: skip
        st.metric(
            f"Gain of the campaign{after}", money(total), f"{money(low)} to {money(high)}",
            delta_color="off", delta_arrow="off", border=True,
        )  # fmt: skip
    st.caption(
        f"Contacted minus left out, with the {share(uplift.coverage)} range below each figure. The "
        f"gain is the margin per customer times {uplift.treated:,} contacted"
        + (f", less {money(uplift.cost)} for the contacts." if uplift.cost else ".")
        + (" Money is narrowed with past revenue." if uplift.narrowed else "")
    )


def _signed(value: float, shown: Callable[[float], str]) -> str:
    return ("+" if value > 0 else "") + shown(value)


def _hundred(value: float) -> str:
    return rounded(100 * value, 1)


def table(uplift: Uplift) -> None:
    """Both groups side by side."""
    rows = {
        "Customers": (f"{uplift.treated:,}", f"{uplift.control:,}", ""),
        "Buyers": (f"{uplift.buyers_treated:,}", f"{uplift.buyers_control:,}", ""),
        "Buyers per 100 customers": _row(uplift.buyers, _hundred),
        "Orders per customer": _row(uplift.orders, lambda v: rounded(v, 3)),
        "Net revenue per customer": _row(uplift.revenue, money),
        "Margin per customer": _row(uplift.profit, money),
    }
    st.table(pd.DataFrame(rows, index=["Contacted", "Left out", "Difference"]).T)


def _row(part: Difference, shown: Callable[[float], str]) -> tuple[str, str, str]:
    return (
        shown(part.treated),
        shown(part.control),
        f"{_signed(part.value, shown)} ({shown(part.low)} to {shown(part.high)})",
    )


def chart(view: View, found: Analysis, measured: Measured) -> None:
    """Revenue per customer since the contact, both groups with their ranges."""
    window, uplift = measured.window, measured.uplift
    everyone = replace(view, where=EVERYONE)
    rows = ask(everyone, found, revenue_by_day, window.first, window.last)
    group = np.full(len(found.frame), "", dtype=object)
    for name, places in zip(GROUPS, (measured.treated, measured.control), strict=True):
        group[places[~np.isnan(places)].astype(int)] = name
    rows = rows.assign(group=group[rows["customer"].to_numpy(int)])
    sizes = dict(zip(GROUPS, (uplift.treated, uplift.control), strict=True))
    curves = cumulative(rows, sizes, window.first, window.days, uplift.coverage)
    ahead = "more" if uplift.revenue.value > 0 else "less"
    apart = "" if uplift.revenue.is_clear else ", which chance may explain"
    st.altair_chart(
        cumulative_revenue(
            curves,
            title=f"After {window.days} days those contacted had spent "
            f"{money(abs(uplift.revenue.value))} {ahead} each{apart}",
            coverage=share(uplift.coverage),
        ),
        width="stretch",
        alt="Cumulative net revenue per customer since the contact, contacted and left out",
    )
    st.caption(
        f"Each band holds the mean of its group with {share(uplift.coverage)}. Whether the groups "
        "differ is judged by the range of the difference, not by whether bands overlap."
    )
