"""Parts of the Segments page: what sets one group apart from the rest."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.insights.lines import Mask
from clv.insights.products import buyers_by_segment
from clv.insights.profile import apart, value_counts
from clv.ui.controls import View
from clv.ui.figures import percent, percentages, share, table_height
from clv.ui.session import ask, members
from clv.ui.text import plain

OURS: Final = (
    schema.SEGMENT,
    schema.TIER,
    schema.CUSTOMER_STATUS,
    schema.VALUE_RISK,
    schema.RFM,
)
MOST_ROWS: Final = 200
IN_WORDS: Final = 4


def profile(view: View, found: Analysis, by: str, column: str) -> None:
    """What the customers of a group are, and buy, more or less often than all others."""
    kept = members(view, found, ignore=by)
    names = list(found.segments(column, kept)["name"])
    chosen = view.where.chosen(by)
    if st.session_state.get("group") not in names:
        st.session_state.pop("group", None)
    first = names.index(chosen[0]) if chosen and chosen[0] in names else 0
    boxes = st.columns(3)
    group = boxes[0].selectbox("Group", names, index=first, key="group", bind="query-params")
    level = _choose_level(found, boxes[1])
    least = boxes[2].number_input(
        "Leave out fewer than", 1, 10_000, 20, key="least", bind="query-params",
        help="Customers with the value, in the group and the rest together.",
    )  # fmt: skip
    inside = kept & found.members_of(column, group)
    size, rest = int(inside.sum()), int(kept.sum() - inside.sum())
    if not rest:
        st.info("The filters keep this group only: there is no rest to compare it with.")
        return
    counts = _counts(view, found, by, column, level, kept, inside)
    table = apart(counts, size, rest, int(least))
    if table.empty:
        st.info(
            "The file says nothing more of customers to compare them by, such as a country, a "
            f"channel or products, that {int(least):,} of them share."
        )
        return
    st.markdown(_words(table, group))
    _table(table, group)
    st.caption(
        f"{size:,} customers in the group against {rest:,} others that the filters keep. "
        "**Times**: share of the group over share of the rest. **More than chance**: where all "
        f"{len(table):,} comparisons are made together, at most 5 % of the differences marked are "
        "expected to be chance (Benjamini and Hochberg). Of a column that changes from order to "
        "order, the latest value counts. Those who order often have bought more of "
        "everything; look at what stands out among the products."
    )


def _choose_level(found: Analysis, place: Any) -> str | None:
    if found.shop.by_customer or not found.lines.levels:
        return None
    levels = found.lines.levels
    if st.session_state.get("level") not in levels:
        st.session_state.pop("level", None)
    level: str = place.selectbox("Products by", levels, key="level", bind="query-params")
    return level


def _counts(
    view: View, found: Analysis, by: str, column: str, level: str | None, kept: Mask, inside: Mask
) -> pd.DataFrame:
    labels = found.population.labels
    fields = {name: c for name, c in labels.items() if c not in (*OURS, column)}
    counts = value_counts(found.frame, kept, inside, fields)
    if level is None:
        return counts
    asked = replace(view, where=view.where.without(by))
    codes = np.where(kept, np.where(inside, 0, 1), -1).astype(np.int8)
    bought = ask(asked, found, buyers_by_segment, found.lines.level_column(level), codes.tobytes())
    sides = bought.pivot(index="name", columns="code", values="buyers").fillna(0)
    sides = sides.reindex(columns=[0, 1], fill_value=0).astype(int).reset_index()
    products = sides.set_axis(["value", "inside", "rest"], axis=1).assign(field=level)
    both: pd.DataFrame = pd.concat([counts, products[counts.columns]], ignore_index=True)
    return both


def _words(table: pd.DataFrame, group: str) -> str:
    clear = table[table["clear"]]
    if clear.empty:
        return (
            f"Nothing sets **{plain(group)}** apart by more than chance would: every difference "
            "below may be one of the many that turn up when this much is compared."
        )
    said = []
    for row in clear.head(IN_WORDS).to_dict("records"):
        what = f"{plain(str(row['field']))}: **{plain(str(row['value']))}**"
        shares = f"{share(row['share'], 1)} of them, {share(row['share_rest'], 1)} of the rest"
        said.append(f"- {what}: {shares}")
    return f"What sets **{plain(group)}** apart most:\n" + "\n".join(said)


def _table(table: pd.DataFrame, group: str) -> None:
    amount = st.column_config.NumberColumn
    st.dataframe(
        percentages(table.head(MOST_ROWS), "share", "share_rest"),
        hide_index=True,
        width="stretch",
        height=table_height(len(table), 12),
        column_order=["field", "value", "share", "share_rest", "lift", "inside", "clear"],
        column_config={
            "field": "What",
            "value": st.column_config.TextColumn("Value"),
            "share": percent(f"Of {group}"),
            "share_rest": percent("Of the rest"),
            "lift": amount("Times", format="%.2f"),
            "inside": amount("Customers", format="%,d", help="In the group."),
            "clear": st.column_config.CheckboxColumn("More than chance"),
        },
    )
