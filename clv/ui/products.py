"""Parts of the Products page: the level looked at, what sells, and to whom."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.products import preference_heatmap
from clv.charts.segments import segment_bars
from clv.insights.products import Inside, buyers_by_segment, preferences, product_groups
from clv.insights.selection import SEGMENT
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.figures import money, percent, percentages, share
from clv.ui.segments import table as segment_table
from clv.ui.session import ask, members
from clv.ui.text import plain

MEASURES: Final = {
    "Net revenue": schema.REVENUE,
    "Customers": "customers",
    "Orders": "orders",
    "Gross margin": schema.MARGIN,
}
WHOLE: Final = {
    schema.REVENUE: "net revenue",
    "customers": "customers",
    "orders": "orders",
    schema.MARGIN: "margin",
}
MOST_BARS: Final = 20
MOST_ROWS: Final = 200
MOST_COLUMNS: Final = 12  # of the heat map


def without_products(view: View, found: Analysis) -> bool:
    """Whether there is nothing to drill into; says so, and shows what there is instead."""
    if found.shop.by_customer:
        st.info(
            "The file has one row per customer, and which products are bought needs the single "
            "order lines. Load a file with one row per order line to see it.",
            icon=":material/info:",
        )
        if schema.INTERESTS in found.frame:
            _interests(view, found)
        return True
    if found.lines.levels:
        return False
    st.info(
        "The file has no column for products or groups of products. If it has one, choose it as "
        "product name, product number or category on the page Your data.",
        icon=":material/info:",
    )
    return True


def _interests(view: View, found: Analysis) -> None:
    """What customers look at or buy from, where such a file has a list of it."""
    st.subheader("Interests")
    groups = found.segments(schema.INTERESTS, members(view, found, ignore="Interests"))
    if groups.empty:
        st.caption("No customer passes all filters.")
        return
    filters.pick(
        segment_bars(
            groups,
            "customers",
            title=f"{groups['name'].iloc[0]} is named by most customers",
            selected=view.where.chosen("Interests"),
        ),
        "Interests",
        name="interests",
        alt="Bars of customers by interest; a click filters",
    )
    segment_table(found, groups)
    st.caption("A customer counts in each of their interests, so shares add up to over 100 %.")


def choose_level(found: Analysis) -> tuple[str, str, int]:
    """The level looked at, its column, and how few customers are too few; both in the URL."""
    levels = found.lines.levels
    if st.session_state.get("level") not in levels:  # other data may have had others
        st.session_state.pop("level", None)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    level = left.segmented_control(
        "Level", levels, default=levels[0], required=True, wrap=True, key="level",
        bind="query-params",
        help="How finely products are grouped: from the coarsest on the left to single products.",
    )  # fmt: skip
    least = right.number_input(
        "Leave out fewer than", 1, 10_000, 20, key="least", bind="query-params",
        help="Customers, or orders. What fewer did is mostly chance.",
    )  # fmt: skip
    level = level or levels[0]
    return level, found.lines.level_column(level), int(least)


def sells(view: View, found: Analysis, level: str, column: str) -> pd.DataFrame:
    """Bars and a table of the groups of a level; returns the groups, the best first."""
    costed = schema.COST in found.lines.roles
    options = [name for name in MEASURES if costed or name != "Gross margin"]
    by = st.segmented_control(
        "Rank by", options, default="Net revenue", required=True, key="rank", bind="query-params"
    )
    measure = MEASURES[by or "Net revenue"]
    _show_path(view, found, level)
    inside = _inside(view, found, level)
    groups: pd.DataFrame = ask(
        view, found, product_groups, column, inside, ignore=level,
        orders=measure == "orders", cost=costed,
    )  # fmt: skip
    if groups.empty:
        st.info("The customers and days kept by the filters bought nothing with a name here.")
        return groups
    ranked = groups.sort_values(measure, ascending=False, kind="stable")
    ranked = ranked[ranked[measure].notna()]
    if ranked.empty:
        st.info("No line here has a cost, so there is no margin to show.")
        return groups
    filters.pick(
        segment_bars(
            ranked.head(MOST_BARS),
            measure,
            title=_title(ranked, level, measure),
            selected=view.where.chosen(level),
        ),
        level,
        name="groups",
        alt=f"Bars of {by} by {level}; a click filters on the customers who bought it",
    )
    _said(groups, ranked, level, inside, costed)
    _deeper(view, found, level)
    _table(ranked, level)
    return groups


def _show_path(view: View, found: Analysis, level: str) -> None:
    """The way to the groups shown, where coarser ones are chosen in the filter."""
    chosen = [(above, view.where.chosen(above)) for above in found.lines.levels]
    coarser = chosen[: found.lines.levels.index(level)]
    steps = [f"{plain(above)}: **{plain(', '.join(v))}**" for above, v in coarser if v]
    if steps:
        st.caption(" › ".join(["All", *steps, plain(level)]))


def _deeper(view: View, found: Analysis, level: str) -> None:
    """A button to the groups inside the ones that are chosen."""
    levels, chosen = found.lines.levels, view.where.chosen(level)
    place = levels.index(level) + 1
    if not chosen or place == len(levels):
        return
    st.button(
        f"Show {plain(levels[place])} inside {plain(', '.join(chosen))}",
        icon=":material/arrow_downward:",
        on_click=partial(_choose_level, levels[place]),
    )


def _choose_level(level: str) -> None:
    st.session_state["level"] = level


def _title(ranked: pd.DataFrame, level: str, measure: str) -> str:
    best = ranked.iloc[0]
    if measure == schema.MARGIN:
        part = f"{money(best[measure])}, {share(best['margin_share'])} of its net revenue"
    else:
        part = f"{share(best[f'share_{measure}'])} of all {WHOLE[measure]}"
    return f"{best['name']} has the highest {WHOLE[measure]} by {level.lower()}: {part}".replace(
        "the highest customers", "most customers"
    ).replace("the highest orders", "most orders")


def _said(
    groups: pd.DataFrame, ranked: pd.DataFrame, level: str, inside: Inside, costed: bool
) -> None:
    parts = [
        "A click keeps the customers who bought it. A customer, and an order, counts in each group "
        "it bought, so these shares add up to more than 100 %."
    ]
    if len(ranked) > MOST_BARS:
        parts.append(f"The first {MOST_BARS} of {len(ranked):,} are drawn.")
    unnamed = 1 - groups["share_revenue"].sum()
    if not inside and unnamed > 0.0005:
        parts.append(f"{share(unnamed, 1)} of net revenue has no {plain(level.lower())}.")
    if costed:
        known = ranked.head(MOST_BARS).dropna(subset="margin_share")
        if len(known) > 1:
            low = known.sort_values("margin_share").iloc[0]
            parts.append(
                f"Lowest margin of those drawn: {plain(str(low['name']))}, "
                f"{share(low['margin_share'])} of its net revenue."
            )
    st.caption(" ".join(parts))


def _table(ranked: pd.DataFrame, level: str) -> None:
    amount = st.column_config.NumberColumn
    shares = [str(c) for c in ranked if str(c).startswith("share_")]
    shown = percentages(ranked.head(MOST_ROWS), *shares)
    config: dict[str, Any] = {
        "name": st.column_config.TextColumn(level, pinned=True),
        schema.REVENUE: amount("Net revenue", format="%,.0f"),
        "share_revenue": percent("Of net revenue"),
        "customers": amount("Customers", format="%,d"),
        "share_customers": percent("Of customers"),
        "orders": amount("Orders", format="%,d"),
        "share_orders": percent("Of orders"),
        schema.QUANTITY: amount("Pieces", format="%,.0f"),
        schema.MARGIN: amount("Gross margin", format="%,.0f", help="Net revenue less cost."),
        "margin_share": amount("Margin share", format="percent", help="Of its net revenue."),
    }
    config = {name: value for name, value in config.items() if name in ranked}
    with st.expander("As a table"):
        st.dataframe(
            shown, hide_index=True, width="stretch", column_order=list(config),
            column_config=config,
        )  # fmt: skip
        if len(ranked) > MOST_ROWS:
            st.caption(f"The first {MOST_ROWS} of {len(ranked):,}.")


def preferred(
    view: View, found: Analysis, level: str, column: str, groups: pd.DataFrame, least: int
) -> None:
    """Which segment is likelier than others to have bought what."""
    st.subheader("What each segment prefers")
    everyone = replace(view, where=view.where.without(SEGMENT))
    mask = members(everyone, found, ignore=level)
    segments = found.frame[schema.SEGMENT]
    codes = np.where(mask, segments.cat.codes, -1).astype(np.int8)
    names = tuple(
        groups.sort_values("customers", ascending=False, kind="stable")["name"].head(MOST_COLUMNS)
    )
    buyers = ask(
        everyone, found, buyers_by_segment, column, codes.tobytes(), _inside(view, found, level),
        ignore=level,
    )  # fmt: skip
    sizes = np.bincount(codes[codes >= 0], minlength=len(segments.cat.categories))
    labels = tuple(str(name) for name in segments.cat.categories)
    cells = preferences(buyers, sizes, labels, names, least=least)
    known = cells.dropna(subset="lift")
    if known.empty:
        st.caption(f"No segment has {least:,} customers who bought the same: too few to compare.")
        return
    top = known.sort_values("lift", kind="stable").iloc[-1]
    filters.pick(
        preference_heatmap(
            cells,
            title=f"{top['segment']}: {top['lift']:.1f} times as likely as all customers to have "
            f"bought {top['name']}",
            selected=view.where.chosen(level),
        ),
        level,
        name="preferences",
        alt=f"Heat map of what each segment buys by {level}; a click filters",
    )
    st.caption(
        f"**Lift**: share of the segment who bought it, over the share of all who did; 1 is as "
        f"likely as anyone. Cells stay empty below {least:,} customers. Those who order often "
        "have bought nearly everything more: compare a row with itself. The filter on segments "
        "is left aside here."
    )


def _inside(view: View, found: Analysis, level: str) -> Inside:
    """The coarser groups chosen in the filter, which the groups shown lie inside of."""
    levels = found.lines.levels
    coarser = levels[: levels.index(level)]
    return tuple(
        (found.lines.level_column(above), view.where.chosen(above))
        for above in coarser
        if view.where.chosen(above)
    )
