"""What winning customers cost: a table to fill in or upload, and when it is earned back."""

from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.errors import CLVError
from clv.insights.acquisition import Curve, curves, paybacks, read_costs
from clv.insights.cohorts import (
    FORECAST,
    WHOLE,
    cohort_cells,
    cohorts_of,
    first_values,
    matrix,
)
from clv.insights.lines import CUSTOMER, Mask
from clv.insights.selection import COHORT
from clv.ui.cohorts import Cohorts, continued
from clv.ui.controls import View
from clv.ui.figures import doubt, months, share
from clv.ui.session import ask
from clv.ui.text import plain, show_refusal

BY: Final = {"Month": "month", "Channel": "channel"}
COSTS: Final = "acquisition_costs"  # {"month": {"2006-04": 1200.0}, "channel": {...}}
TURN: Final = "acquisition_turn"
TABLE: Final = "acquisition_table"  # the costs that the editor began with


def acquisition(view: View, found: Analysis, cohorts: Cohorts, mask: Mask) -> None:
    """Cost per customer won, the month it is earned back, and the most worth paying."""
    st.subheader("Acquisition cost")
    st.markdown(
        "What did you spend on winning customers? Fill in the column **Cost**, or upload a CSV "
        "file. Stays in this window only, and is not part of the link."
    )
    options = tuple(BY) if schema.CHANNEL in found.shop.roles else ("Month",)
    by = BY[st.segmented_control("Cost by", options, default="Month", key="cost_by") or "Month"]
    sizes, lines = _by_month(found, cohorts) if by == "month" else _by_channel(view, found, mask)
    if not sizes:
        st.info("There is nothing to put a cost to.", icon=":material/info:")
        return
    costs = _costs(found, by)
    left, right = st.columns([3, 2])
    with right:
        _upload(costs, by)
    with left:
        _edit(costs, sizes, by)
    table = paybacks(lines, sizes, costs)
    unknown = [name for name in costs if name not in sizes]
    if unknown:
        st.warning(
            f"No customer was won in or by {plain(', '.join(unknown[:5]))}: these costs count "
            "nowhere.",
            icon=":material/help:",
        )
    _most(found, lines, sizes, by)
    if not table.empty:
        _table(table, by)


def cost_line(found: Analysis, cohorts: Cohorts, chosen: tuple[str, ...]) -> float | None:
    """Cost per customer of the one cohort that is filtered for, to draw beside its margin."""
    costs = st.session_state.get(COSTS, {}).get(found.shop.key, {}).get("month", {})
    if len(chosen) != 1 or chosen[0] not in costs:
        return None
    keys = cohorts_of(cohorts.observed).set_index("cohort")["size"]
    return float(costs[chosen[0]] / keys[chosen[0]]) if chosen[0] in keys else None


def _by_month(found: Analysis, cohorts: Cohorts) -> tuple[dict[str, int], dict[str, Curve]]:
    keys = cohorts_of(cohorts.observed)
    sizes = dict(zip(keys["cohort"], keys["size"].astype(int), strict=True))
    return sizes, curves(cohorts.cells, found.margin, found.settings.annual_discount)


def _by_channel(view: View, found: Analysis, mask: Mask) -> tuple[dict[str, int], dict[str, Curve]]:
    how: dict[str, Any] = {"ignore": COHORT, "always": True}
    cells = ask(view, found, cohort_cells, schema.CHANNEL, **how)
    first = ask(view, found, first_values, schema.CHANNEL, **how)
    observed = matrix(cells, found.lines.first, found.lines.last, found.margin)
    groups = np.full(len(found.frame), WHOLE, dtype=object)
    groups[first[CUSTOMER].to_numpy()] = first["group"].to_numpy()
    whole = continued(found, observed, mask, pd.Series(groups, index=found.frame.index))
    whole = whole[whole["group"] != WHOLE]
    sizes = cohorts_of(observed).groupby("group")["size"].sum().drop(WHOLE, errors="ignore")
    lines = curves(whole, found.margin, found.settings.annual_discount, by="group")
    return {str(name): int(size) for name, size in sizes.items()}, lines


def _costs(found: Analysis, by: str) -> dict[str, float]:
    """The costs typed or uploaded so far for these data; the dictionary itself."""
    everything = st.session_state.setdefault(COSTS, {})
    costs: dict[str, float] = everything.setdefault(found.shop.key, {}).setdefault(by, {})
    return costs


def _upload(costs: dict[str, float], by: str) -> None:
    sent = st.file_uploader(
        f"CSV with the columns {by} and cost", type="csv", max_upload_size=1, key=f"costs_of_{by}"
    )
    if sent is None:
        return
    if st.session_state.get(f"costs_read_{by}") == sent.file_id:
        return
    try:
        costs.update(read_costs(sent.getvalue(), by))
    except CLVError as error:
        show_refusal(error)
        return
    st.session_state[f"costs_read_{by}"] = sent.file_id
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def _edit(costs: dict[str, float], sizes: dict[str, int], by: str) -> None:
    names = list(sizes)
    turn = st.session_state.setdefault(TURN, 0)
    key = f"costs_{by}_{turn}_{hash(tuple(sizes.items()))}"
    if key not in st.session_state:
        # What the editor is given must stay the same while it is used: other data would undo
        # what is being typed. Its changes go to the costs, and into the next such table.
        st.session_state[TABLE] = dict(costs)
    shown: dict[str, float] = st.session_state[TABLE]

    def changed() -> None:
        for row, change in st.session_state[key]["edited_rows"].items():
            if "cost" in change:
                costs.pop(names[int(row)], None)
                if change["cost"] is not None:
                    costs[names[int(row)]] = float(change["cost"])

    base = pd.DataFrame(
        {
            "name": names,
            "customers": list(sizes.values()),
            "cost": pd.Series([shown.get(name) for name in names], dtype="float64"),
        }
    )
    st.data_editor(
        base,
        key=key,
        on_change=changed,
        hide_index=True,
        width="stretch",
        height=250,
        disabled=["name", "customers"],
        column_config={
            "name": st.column_config.TextColumn(by.capitalize()),
            "customers": st.column_config.NumberColumn("Customers won", format="%,d"),
            "cost": st.column_config.NumberColumn("Cost", min_value=0.0, max_value=1e12),
        },
    )


def _most(found: Analysis, lines: dict[str, Curve], sizes: dict[str, int], by: str) -> None:
    known = {name: lines[name] for name in sizes if name in lines}
    if not known:
        return
    horizon = months(found.settings.horizon_months)
    ahead = f" and of the forecast of the next {horizon}" if found.valuation else ""
    st.markdown(
        f"**The most that a customer may cost**: all margin of the months so far{ahead}, "
        f"discounted at {share(found.settings.annual_discount, 1)} a year back to the month of "
        "acquisition. Above that, a customer costs more than is known to come back."
    )
    if doubt(found):
        st.warning(
            f"{plain(doubt(found))} The forecast part of these figures inherits that.",
            icon=":material/block:",
        )
    table = pd.DataFrame(
        {
            "name": list(known),
            "customers": [sizes[name] for name in known],
            "most": [curve.discounted for curve in known.values()],
            "months": [len(curve.value) for curve in known.values()],
            "observed": [
                len(curve.kinds) - curve.kinds.count(FORECAST) for curve in known.values()
            ],
        }
    )
    number = st.column_config.NumberColumn
    with st.expander(f"The most worth paying, by {by}"):
        st.dataframe(
            table,
            hide_index=True,
            width="stretch",
            column_config={
                "name": st.column_config.TextColumn(by.capitalize(), pinned=True),
                "customers": number("Customers won", format="%,d"),
                "most": number("At most, per customer", format="%,.2f"),
                "months": number("Months counted", format="%d"),
                "observed": number("of them observed", format="%d"),
            },
        )
        st.caption(
            "Older customers have more months to count, so compare those of similar age. Of "
            "channels, by the channel of the first order."
        )


def _table(table: pd.DataFrame, by: str) -> None:
    number = st.column_config.NumberColumn
    kept = table.assign(
        earned=[
            f"month {age:.0f}, {kind.lower()}" if kind else "not in sight"
            for age, kind in zip(table["payback"], table["kind"].astype(str), strict=True)
        ],
        verdict=np.where(table["pays"], "yes", "no"),
    )
    st.dataframe(
        kept,
        hide_index=True,
        width="stretch",
        column_order=("name", "customers", "cost", "each", "earned", "most", "verdict"),
        column_config={
            "name": st.column_config.TextColumn(by.capitalize(), pinned=True),
            "customers": number("Customers won", format="%,d"),
            "cost": number("Cost", format="%,.0f"),
            "each": number("Cost per customer", format="%,.2f"),
            "earned": st.column_config.TextColumn("Earned back in"),
            "most": number("At most, per customer", format="%,.2f"),
            "verdict": st.column_config.TextColumn("Worth it"),
        },
    )
    st.caption(
        "Earned back: the first month of age (0 is the month of the first order) in which the "
        "margin so far per customer reaches the cost, not discounted; observed, or only forecast. "
        "“Not in sight”: not within the months counted, which says nothing about later ones."
    )
