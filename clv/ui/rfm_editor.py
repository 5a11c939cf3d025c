"""The RFM grid, its cut points and names: shown, and open to change."""

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.errors import InvalidSettings
from clv.insights.rfm_rules import changed_names, write_rules
from clv.insights.segments import (
    RISK_HELP,
    SEGMENT_HELP,
    RFMCuts,
    rfm_grid,
    segment_names,
)
from clv.settings import USUAL, RFMRules
from clv.ui import frozen
from clv.ui.controls import change_rfm
from clv.ui.text import show_refusal

LIMITS = ("1st limit", "2nd limit", "3rd limit", "4th limit")
ROWS = {
    "recency_days": "R: days since the last order",
    "orders": "F: orders",
    "revenue": "M: net revenue",
}


def show_rules(found: Analysis) -> None:
    """The grid of names and its cut points as tables to change, and what each name means."""
    rules = found.settings.rfm
    st.markdown(
        "No standard exists for these names, so here is the grid in use. **R** scores how "
        "recently a customer ordered, **F** how many orders they made, **M** their net revenue; "
        "5 is best, and equal values share a score. As usual, each score holds about a fifth of "
        "the customers. Change a name or a limit, and apply it: every page follows, and the "
        "address keeps it."
    )
    version, fixed = write_rules(rules), frozen.current() is not None
    with st.form(f"rfm_form_{version}"):
        names = st.data_editor(_grid(rules), key=f"rfm_names_{version}", width="stretch")
        st.caption(
            "Limits rise from left to right; a value equal to a limit is below it. R 5 is up to "
            "the 1st limit of days and R 1 above the 4th; F 1 and M 1 are up to the 1st limit, "
            "and 5 above the 4th."
        )
        limits = st.data_editor(_limits(found.rfm_cuts), key=f"rfm_cuts_{version}", width="stretch")
        apply = st.form_submit_button("Apply", icon=":material/check:", disabled=fixed)
    if apply:
        try:
            changed = _changed(names, limits, found.rfm_cuts, rules)
        except InvalidSettings as error:
            show_refusal(error)
        else:
            change_rfm(changed)
    if (
        rules != USUAL
        and not fixed
        and st.button("Back to the usual rules", icon=":material/undo:")
    ):
        change_rfm(USUAL)
    known = [name for name in segment_names(rules) if name in SEGMENT_HELP]
    texts = [f"**{name}**: {SEGMENT_HELP[name]}" for name in known]
    st.markdown("  \n".join(texts))
    st.markdown(
        "**Value and risk** sets predicted CLV, above or below the middle customer, against the "
        "chance of being a customer still:  \n"
        + "  \n".join(f"**{name}**: {text}" for name, text in RISK_HELP.items())
    )
    st.caption(
        f"Tiers: {found.settings.tiers} groups of about the same size by predicted CLV, A the "
        "best; their number is set under Assumptions in the side bar."
    )


def _grid(rules: RFMRules) -> pd.DataFrame:
    rows = {f"F {f}": names for f, names in sorted(rfm_grid(rules).items(), reverse=True)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=[f"R {r}" for r in range(5, 0, -1)])


def _limits(cuts: RFMCuts) -> pd.DataFrame:
    rows = {label: getattr(cuts, field) for field, label in ROWS.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(LIMITS))


def _changed(names: pd.DataFrame, limits: pd.DataFrame, cuts: RFMCuts, rules: RFMRules) -> RFMRules:
    """The rules in the tables: limits that were not touched stay as they are."""
    grid = {
        f: tuple(str(name or "") for name in names.loc[f"F {f}"].fillna("")) for f in range(1, 6)
    }
    own = {}
    for field, label in ROWS.items():
        new = tuple(limits.loc[[label]].to_numpy(float)[0].tolist())
        own[field] = getattr(rules, field) if new == getattr(cuts, field) else new
    return RFMRules(**own, names=changed_names(grid))
