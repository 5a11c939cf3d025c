"""The cleaning step: what each rule takes out, before anything is computed from it."""

import streamlit as st

from clv import schema
from clv.exports import file_name, to_csv
from clv.intake.ledger import Ledger
from clv.intake.shop import Shop
from clv.settings import Rules
from clv.ui.controls import REFUNDS
from clv.ui.figures import money
from clv.ui.session import set_rules


def show_cleaning(shop: Shop, rules: Rules) -> None:
    """Rules with their effect on rows, customers and revenue; rejected rows for download."""
    ledger = shop.ledger
    st.markdown(
        f"**{ledger.read:,}** rows → **{ledger.used:,}** used, "
        f"{ledger.rejected:,} left out → **{shop.customers:,}** customers, "
        f"{shop.first:%d %b %Y} to {shop.last:%d %b %Y}"
    )
    if ledger.effects:
        ledger_table(ledger)
    if shop.by_customer:
        st.caption("One row per customer: rules for order lines and refunds have nothing to do.")
    else:
        _rules(shop, rules)
        _policies(shop, rules)
    if ledger.rejected:
        st.download_button(
            f"Rejected rows, {ledger.rejected:,}",
            lambda: to_csv(ledger.rejected_rows()),
            file_name("rejected-rows", shop.last, None, ".csv"),
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            help="Row number as a spreadsheet shows it, the reason, the column and the value.",
        )


def ledger_table(ledger: Ledger) -> None:
    """One row per rule that took something out."""
    amount = st.column_config.NumberColumn
    st.dataframe(
        ledger.table(),
        hide_index=True,
        width="stretch",
        column_config={
            "reason": "Left out because",
            "rows": amount("Rows", format="%,d"),
            "customers": amount("Customers touched", format="%,d"),
            "customers_lost": amount(
                "Customers lost", format="%,d", help="Customers who have no row left."
            ),
            "revenue": amount("Revenue on these rows", format="%,.0f"),
            "explanation": "What it means",
        },
    )


def _rules(shop: Shop, rules: Rules) -> None:
    left, right = st.columns(2)
    duplicates = shop.has_orders if rules.drop_duplicates is None else rules.drop_duplicates
    left.toggle(
        "Leave out exact duplicates",
        duplicates,
        key="rule_duplicates",
        on_change=lambda: set_rules(drop_duplicates=st.session_state["rule_duplicates"]),
        help="Rows equal to an earlier row in every column. Kept by default when the file has no "
        "order numbers, because two equal purchases then look the same.",
    )
    right.toggle(
        "Leave out free lines",
        shop.has_orders if rules.drop_free_lines is None else rules.drop_free_lines,
        key="rule_free",
        on_change=lambda: set_rules(drop_free_lines=st.session_state["rule_free"]),
        help="Lines with an amount of zero: samples, gifts, corrections. Kept by default when the "
        "file has no order numbers, because a row is then a purchase of its own.",
    )


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
