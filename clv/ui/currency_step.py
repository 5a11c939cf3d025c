"""Several currencies: choose one, or give a rate for each of the others."""

import pandas as pd
import streamlit as st

from clv.errors import MixedCurrencies
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.settings import Rules
from clv.ui import decisions
from clv.ui.text import plain, show_refusal


def ask_currency(raw: RawTable, error: MixedCurrencies) -> None:
    """The question that stands in the way of the rows, and its answer."""
    show_refusal(error)
    key = f"currency_{decisions.mark(raw)}"
    st.pills(
        "Currency to look at",
        error.currencies,
        key=key,
        format_func=plain,
        on_change=lambda: decisions.change_rules(raw, currency=st.session_state[key]),
        help="Rows in other currencies are left out until you give their rates.",
    )


def show_currency(raw: RawTable, shop: Shop, rules: Rules) -> None:
    """The currency in force, the rates, and the way back."""
    if rules.currency is None:
        if shop.currency:
            st.caption(f"All amounts are in {plain(shop.currency)}.")
        return
    left_out = shop.ledger.rejected_rows()
    others = left_out.loc[left_out["reason"] == "in another currency", "value"]
    codes = [code for code in others.value_counts().index if code]
    table = rates_table(dict(rules.rates), codes)
    with st.expander(f"Amounts in {plain(rules.currency)}", icon=":material/currency_exchange:"):
        st.caption(
            f"What is one unit of each worth in {plain(rules.currency)}? "
            "Without a rate, its rows stay left out."
        )
        # Edits are known by the place of the row: another table is another editor.
        key = f"rates_{table.to_json(orient='values')}_{decisions.mark(raw)}"
        st.data_editor(
            table,
            key=key,
            hide_index=True,
            disabled=["currency"],
            on_change=_set_rates,
            args=(raw, table, key),
            column_config={
                "currency": "Currency",
                "rate": st.column_config.NumberColumn("Rate", min_value=0.0, format="%g"),
            },
        )
        st.button(
            "Choose the currency again",
            on_click=lambda: decisions.change_rules(raw, currency=None, rates=()),
            icon=":material/undo:",
        )


def rates_table(rates: dict[str, float], codes: list[str]) -> pd.DataFrame:
    """One row per currency that has a rate or waits for one, in the order of the alphabet."""
    named = sorted({*rates, *codes})
    return pd.DataFrame({"currency": named, "rate": [rates.get(code) for code in named]})


def _set_rates(raw: RawTable, table: pd.DataFrame, key: str) -> None:
    edits = st.session_state[key]["edited_rows"]
    rates = {code: rate for code, rate in table.itertuples(index=False) if pd.notna(rate)}
    for place, edit in edits.items():
        code = str(table.iloc[int(place)]["currency"])
        rates.pop(code, None)
        if edit.get("rate"):  # zero and blank: no rate
            rates[code] = float(edit["rate"])
    decisions.change_rules(raw, rates=tuple(sorted(rates.items())))
