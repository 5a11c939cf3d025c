"""Unusual lines and accounts: shown with what they bring; capped or left out only on request."""

import streamlit as st

from clv.intake.outliers import Unusual, cap_effect
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.intake.wording import counted
from clv.settings import Rules
from clv.ui import decisions
from clv.ui.figures import WRAPPED, money, percentages
from clv.ui.findings import unusual_of
from clv.ui.text import plain


def show_unusual(raw: RawTable, shop: Shop, rules: Rules) -> None:
    """What is far beyond the rest, and the two things that can be done about it."""
    if shop.by_customer:
        return
    found = unusual_of(shop)
    accounts, lines = len(found.accounts), sum(beyond.lines for beyond in found.beyond)
    if not accounts + lines and rules.cap is None and not rules.without:
        st.caption("No line and no account is far beyond the rest.")
        return
    title = f"Unusual: {counted(accounts, 'account')}, {counted(lines, 'line')}"
    key = f"unusual_{decisions.mark(raw)}"  # known by it, so that it stays open after a change
    with st.expander(title, icon=":material/troubleshoot:", key=key, on_change="rerun"):
        _accounts(raw, found, rules)
        _amounts(raw, shop, found, rules)


def _accounts(raw: RawTable, found: Unusual, rules: Rules) -> None:
    if not found.accounts.empty:
        st.markdown(
            "**Accounts that do not look like a single customer.** They stay unless you act."
        )
        text, number = st.column_config.TextColumn, st.column_config.NumberColumn
        columns = ["customer_id", "kind", "orders", "revenue", "share_of_revenue", "reason"]
        st.dataframe(
            percentages(found.accounts[columns], "share_of_revenue"),
            hide_index=True,
            width="stretch",
            row_height=WRAPPED,
            column_config={
                "customer_id": text("Customer", width=105),
                "kind": text("Looks like", width=90),
                "orders": number("Orders", format="%,d", width=75),
                "revenue": number("Revenue", format="%,.0f", width=95),
                "share_of_revenue": number(
                    "Share", format="%.1f %%", width=75, help="Of all net revenue."
                ),
                "reason": text("Why", width=360),
            },
        )
    offered = list(dict.fromkeys([*rules.without, *found.accounts["customer_id"]]))
    if not offered:
        return
    key = f"without_{decisions.mark(raw)}"
    st.multiselect(
        "Customers to leave out",
        offered,
        list(rules.without),
        key=key,
        on_change=lambda: decisions.change_rules(raw, without=tuple(st.session_state[key])),
        placeholder="None",
    )


def _amounts(raw: RawTable, shop: Shop, found: Unusual, rules: Rules) -> None:
    for beyond in found.beyond:
        st.markdown(plain(beyond.sentence))
    if not found.lines.empty:
        columns = ["row_number", "customer_id", "order_id", "quantity", "amount", "why"]
        number = st.column_config.NumberColumn
        st.dataframe(
            found.lines[columns].head(20),
            hide_index=True,
            width="stretch",
            column_config={
                "row_number": number("Row", format="%d", width="small"),
                "customer_id": "Customer",
                "order_id": "Order",
                "quantity": number("Pieces", format="%,.0f"),
                "amount": number("Amount", format="%,.0f"),
                "why": "Why",
            },
        )
    amounts = found.beyond[0]
    if rules.cap is None and amounts.cap is not None and amounts.lines:
        lines, removed = cap_effect(shop, amounts.cap)
        st.button(
            f"Count amounts over {money(amounts.cap)} as {money(amounts.cap)}",
            on_click=lambda: decisions.change_rules(raw, cap=amounts.cap),
            icon=":material/vertical_align_top:",
        )
        st.caption(
            "A usual cap, well above what 99 of 100 amounts reach. It would lower "
            f"{counted(lines, 'line')}, refunds among them, and net revenue by {money(removed)}."
        )
    if rules.cap is not None:
        st.markdown(f"Amounts over **{money(rules.cap)}** count as {money(rules.cap)}.")
        st.button(
            "Take the cap away",
            on_click=lambda: decisions.change_rules(raw, cap=None),
            icon=":material/undo:",
        )
