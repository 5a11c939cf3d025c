"""Parts of the Products page: what is bought together with a product, and who bought it."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.segments import segment_bars
from clv.insights.bought_with import Unit, bought_with, shares_products, strongest
from clv.insights.levels import PRODUCT
from clv.insights.lines import Mask
from clv.insights.products import product_groups
from clv.insights.questions import Places, buyers
from clv.insights.selection import EVERYONE
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.downloads import frame_list
from clv.ui.figures import money, percentages, share, table_height
from clv.ui.segments import worth_sentence
from clv.ui.session import ask, members
from clv.ui.text import plain

NO_LINK: Final = 1.05  # a lift below it is none to speak of
MOST_OPTIONS: Final = 10_000
MOST_BARS: Final = 15
MOST_ROWS: Final = 200
RANKS: Final = {"Lift": "lift", "Confidence": "confidence"}
UNITS: Final[dict[str, tuple[Unit, str]]] = {
    "In the same order": ("order", "orders"),
    "By the same customer": ("customer", "customers"),
}


def choose_product(view: View, found: Analysis) -> tuple[str, str] | None:
    """The product or group asked about: its level and its name; the best seller by default."""
    items, levels = found.lines.items, found.lines.levels
    every = [
        f"{level}: {name}"
        for level in levels  # the coarsest first: of very many, single products are left out
        for name in sorted(set(items[_label(level)]) - {""})
    ]
    best = _best_seller(view, found)
    if not every or not best:
        st.info("No product of this file has a name.")
        return None
    options = list(dict.fromkeys([*every[:MOST_OPTIONS], best]))
    current = st.session_state.get("product")
    if current is not None and _read(found, str(current)) is None:
        st.session_state.pop("product")
    text = st.selectbox(
        "Product or group",
        options,
        index=options.index(best),
        key="product",
        bind="query-params",
        accept_new_options=len(every) > MOST_OPTIONS,
        filter_mode="contains",
        help="Type a part of the name. Groups of every level can be chosen as well.",
    )
    return _read(found, str(text))


def _label(level: str) -> str:
    """The column of `Lines.items` that holds a level."""
    return "product" if level == PRODUCT else level


def _read(found: Analysis, text: str) -> tuple[str, str] | None:
    for level in found.lines.levels:
        name = text.removeprefix(f"{level}: ")
        if name != text and (found.lines.items[_label(level)] == name).any():
            return level, name
    return None


def _best_seller(view: View, found: Analysis) -> str:
    """What most customers bought of the finest level, whatever the filter, so that it does not
    change what is asked."""
    level = found.lines.levels[-1]
    everyone = replace(view, where=EVERYONE)
    groups = ask(everyone, found, product_groups, found.lines.level_column(level))
    return (
        f"{level}: {groups['name'].iloc[int(groups['customers'].argmax())]}" if len(groups) else ""
    )


def together(view: View, found: Analysis, level: str, name: str, least: int) -> None:
    """What is bought with it, in a chart and in a table."""
    levels = found.lines.levels
    if st.session_state.get("partners") not in levels:
        st.session_state.pop("partners", None)
    left, right = st.columns(2)
    how = left.segmented_control(
        "Together means", tuple(UNITS), default="In the same order", required=True,
        key="together", bind="query-params",
    )  # fmt: skip
    other = right.selectbox(
        "Compare with", levels, index=levels.index(level), key="partners", bind="query-params",
        help="The level of what is bought with it.",
    )  # fmt: skip
    unit, units = UNITS[how or "In the same order"]
    asked = replace(view, where=view.where.without(level))
    overlap = shares_products(found.lines.items, _label(level), name, _label(other))
    columns = found.lines.level_column(level), name, found.lines.level_column(other)
    pairs: pd.DataFrame = ask(asked, found, bought_with, *columns, unit, overlap, ignore=other)
    ranked = st.segmented_control(
        "Order by", tuple(RANKS), default="Lift", required=True, key="strength",
        bind="query-params",
    )  # fmt: skip
    by = RANKS[ranked or "Lift"]
    best = strongest(pairs, least, MOST_ROWS, by)
    if best.empty:
        st.info(
            f"Nothing else was bought with {plain(name)} by at least {least:,} {units}. Lower the "
            "limit, or compare with a coarser level.",
            icon=":material/info:",
        )
        return
    top = best.iloc[0]
    filters.pick(
        segment_bars(
            best.head(MOST_BARS),
            by,
            title=_title(top, by, name, units),
            selected=view.where.chosen(other),
        ),
        other,
        name="bought_with",
        alt=f"Bars of {ranked} of what is bought with {name}; a click filters",
    )
    st.caption(
        f"**Support**: share of all {top['units']:,} {units} with both. **Confidence**: share of "
        f"the {top['with_it']:,} {units} with {plain(name)} that also hold the other. **Lift**: "
        "how many times as often as if one had nothing to do with the other; 1 is no link. Pairs "
        f"of fewer than {least:,} {units} are left out, and so is what contains "
        f"{plain(name)} or belongs to it. Refunds do not count."
    )
    _table(best, other, units)


def _title(top: "pd.Series[Any]", by: str, name: str, units: str) -> str:
    counts = f"{top['together']:,} of the {top['with_it']:,} {units} with {name}"
    if by == "confidence":
        return f"{top['name']} is bought most with it: in {counts}"
    if top["lift"] < NO_LINK:
        return f"Nothing goes with {name} clearly more often than by chance"
    return f"{top['name']}: {top['lift']:.1f} times as often as by chance, in {counts}"


def _table(best: pd.DataFrame, level: str, units: str) -> None:
    amount = st.column_config.NumberColumn
    st.dataframe(
        percentages(best, "support", "confidence"),
        hide_index=True,
        width="stretch",
        height=table_height(len(best)),
        column_order=["name", "lift", "together", "confidence", "support", "with_other"],
        column_config={
            "name": st.column_config.TextColumn(level, pinned=True),
            "lift": amount("Lift", format="%.2f", help="1 is as often as by chance."),
            "together": amount(f"Both, {units}", format="%,d"),
            "confidence": amount("Confidence, %", format="%.1f"),
            "support": amount("Support, %", format="%.2f"),
            "with_other": amount(f"The other, {units}", format="%,d"),
        },
    )


def bought_by(view: View, found: Analysis, level: str, name: str) -> None:
    """The customers who bought it: how many, what they are worth, a list, a filter."""
    st.subheader(f"Who bought {plain(name)}")
    asked = replace(view, where=view.where.without(level))
    mask = members(asked, found)
    column = found.lines.level_column(level)
    bought = mask & _places(ask(asked, found, buyers, column, name), mask)
    if not bought.any():
        st.caption("None of the customers kept by the filters.")
        return
    revenue = found.frame.loc[bought, schema.REVENUE].sum()
    words = (
        f"**{int(bought.sum()):,} customers**, {share(bought.sum() / mask.sum())} of those kept by "
        f"the other filters. Net revenue so far, of all they bought: {money(revenue)}."
    )
    st.markdown(words + worth_sentence(found, bought))
    chosen = name in view.where.chosen(level)
    st.button(
        "Take out of the filter" if chosen else "Look at these customers only",
        icon=":material/filter_alt:",
        on_click=partial(filters.toggle, level, name),
    )
    order = schema.PREDICTED_CLV if found.valuation else schema.REVENUE
    rows = found.frame[bought].sort_values([order, schema.CUSTOMER_ID], ascending=[False, True])
    frame_list(found, rows, f"bought-{name}", key="buyers")


def _places(customers: Places, like: Mask) -> Mask:
    found: Mask = like & False
    found[customers] = True
    return found
