"""The cleaning step: what each rule takes out and changes, before anything is computed from it."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from clv import schema
from clv.exports import file_name, to_csv
from clv.intake.ledger import Change, Ledger
from clv.intake.repairs import fixed_in_vain
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.intake.wording import counted
from clv.settings import Rules
from clv.ui import decisions
from clv.ui.controls import REFUNDS
from clv.ui.downloads import download_button
from clv.ui.figures import WRAPPED, money
from clv.ui.text import plain

ONE_LINE: Final = 52  # letters of an explanation that fit beside the figures


def show_cleaning(raw: RawTable, shop: Shop, rules: Rules) -> None:
    """The dry run: rows, orders, customers and money; rules; lists for download."""
    ledger = shop.ledger
    chain, *losses = shop.in_short
    st.markdown(f"**{plain(chain)}**, {shop.first:%d %b %Y} to {shop.last:%d %b %Y}")
    for loss in losses:
        st.markdown(f"- {plain(loss)}")
    if ledger.effects:
        ledger_table(ledger)
    for changed in ledger.changes:
        vain = fixed_in_vain(ledger) if changed.change is Change.FIXED else 0
        still = f" {vain:,} of them still cannot be read, and stay left out." if vain else ""
        st.caption(
            f"{counted(changed.rows, 'row')}: **{changed.change}**. {changed.explanation}{still}"
        )
    if ledger.about_equal:
        st.caption(ledger.about_equal)
    if shop.by_customer:
        st.caption("One row per customer: rules for order lines and refunds have nothing to do.")
    else:
        _rules(raw, shop, rules)
        _policies(shop, rules)
    with st.container(horizontal=True):
        if ledger.rejected:
            _download("Rows left out", "rejected-rows", ledger.rejected, shop, ledger.rejected_rows)
        if ledger.changes:
            changes = sum(changed.rows for changed in ledger.changes)
            _download("Changed values", "changed-values", changes, shop, ledger.changed_rows)


def ledger_table(ledger: Ledger) -> None:
    """One row per rule that took something out."""
    text, amount = st.column_config.TextColumn, st.column_config.NumberColumn
    table = ledger.table()
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        row_height=WRAPPED if table["explanation"].str.len().max() > ONE_LINE else None,
        placeholder="–",
        column_config={
            "reason": text("Left out because", width=165),
            "rows": amount("Rows", format="%,d", width=80),
            "customers": amount(
                "Customers", format="%,d", width=85, help="Customers whom these rows belong to."
            ),
            "customers_lost": amount(
                "Lost", format="%,d", width=60, help="Customers who have no row left."
            ),
            "revenue": amount(
                "Revenue", format="%,.0f", width=95, help="Net revenue on these rows."
            ),
            "explanation": text("What it means", width=330),
        },
    )


def _download(
    label: str, name: str, count: int, shop: Shop, frame: Callable[[], pd.DataFrame]
) -> None:
    download_button(
        f"{label}, {count:,}",
        lambda: to_csv(frame()),
        file_name(name, shop.last, None, ".csv"),
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="Row number as a spreadsheet shows it, what happened to it, the column and the value.",
    )


def _rules(raw: RawTable, shop: Shop, rules: Rules) -> None:
    left, right = st.columns(2)
    copies, free = f"rule_duplicates_{decisions.mark(raw)}", f"rule_free_{decisions.mark(raw)}"
    left.toggle(
        "Leave out exact duplicates",
        _drops_equal(shop) if rules.drop_duplicates is None else rules.drop_duplicates,
        key=copies,
        on_change=lambda: decisions.change_rules(raw, drop_duplicates=st.session_state[copies]),
        help="Rows equal to an earlier row in every column. Kept by default where such a row may "
        "be one more piece or purchase: without order numbers, and inside an order unless whole "
        "orders are in the file twice.",
    )
    right.toggle(
        "Leave out free lines",
        shop.has_orders if rules.drop_free_lines is None else rules.drop_free_lines,
        key=free,
        on_change=lambda: decisions.change_rules(raw, drop_free_lines=st.session_state[free]),
        help="Lines with an amount of zero: samples, gifts, corrections. Kept by default when the "
        "file has no order numbers, because a row is then a purchase of its own.",
    )


def _drops_equal(shop: Shop) -> bool:
    return shop.has_orders and not shop.ledger.equal


def _policies(shop: Shop, rules: Rules) -> None:
    revenue = dict(shop.revenue_by_policy)
    text = " · ".join(
        f"**{label}: {money(revenue[key])}**"
        if key == rules.refunds
        else f"{label}: {money(revenue[key])}"
        for label, key in REFUNDS.items()
    )
    st.caption(
        f"Net revenue by what refunds do (choose in the side bar, under Assumptions): {text}. "
        "A refund is never counted as a purchase."
    )
    if schema.ORDER_ID not in shop.roles:
        st.caption("No order numbers: a customer's purchases of one day count as one order.")
