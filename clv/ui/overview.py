"""Parts of the Overview: the two answers, their terms, and what limits them."""

import math

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.formula import FormulaCLV
from clv.insights.selection import NUMBERS, ORDERED, RISK, SEGMENT, STATUS, TIER, Selection
from clv.intake.wording import counted
from clv.ui import frozen
from clv.ui.controls import choose_margin
from clv.ui.figures import doubt, money, months, share, span
from clv.ui.places import page_file
from clv.ui.text import plain
from clv.valuation import Interval


def headline(found: Analysis) -> None:
    """The base in four figures."""
    totals, settings = found.totals, found.settings
    value, failed = totals.predicted_clv, doubt(found)
    with st.grid(min_column_width=180):
        st.metric("Customers", f"{totals.customers:,}", border=True, height="stretch")
        st.metric(
            "Net revenue so far",
            money(totals.revenue),
            border=True,
            height="stretch",
            help=f"After refunds, {found.shop.first:%d %b %Y} to {found.shop.last:%d %b %Y}.",
        )
        st.metric(
            "Historic value",
            money(totals.historic_value),
            border=True,
            height="stretch",
            help=f"Net revenue so far × {share(found.margin)} gross margin.",
        )
        st.metric(
            f"Predicted, {months(settings.horizon_months)}",
            money(value.value if value else None),
            border=True,
            height="stretch",
            # A range below a figure reads as a promise, which a failed test does not bear out.
            delta="failed the test" if value and failed else _range(value),
            delta_color="red" if failed else "off",
            delta_arrow="off",
            help=f"Predicted CLV: what {_who(found)} are expected to bring, margin "
            f"applied and discounted at {share(settings.annual_discount, 1)} a year. "
            + (f"Without discount: {money(totals.undiscounted)}. " if value else "")
            + (failed or f"The range below it is the {share(settings.coverage)} interval."),
        )


def _range(value: Interval | None) -> str | None:
    if value is None or math.isnan(value.low):
        return None
    return f"{money(value.low)} to {money(value.high)}"


def about_groups(where: Selection) -> None:
    """What a group chosen by its behaviour does to the formula's churn."""
    behaviour = {SEGMENT, STATUS, TIER, RISK, ORDERED, *NUMBERS} & {
        c.field for c in where.conditions
    }
    if behaviour:
        named = " and ".join(sorted(field.lower() for field in behaviour))
        st.caption(
            f"These customers were chosen by {named}, which decides a part of their churn. The "
            "formula is fairer to groups by country, channel or product."
        )


def suggest_margin(found: Analysis) -> None:
    """Offer the margin that the cost column gives, where it differs from the one in use."""
    measured = found.prepared.usable_margin
    if frozen.current() or measured is None or round(100 * measured) == round(100 * found.margin):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Your cost column gives a margin of {share(measured)}; set is {share(found.margin)}."
        )
        st.button(
            f"Use {share(measured)}", on_click=choose_margin, args=(measured,), type="tertiary"
        )


def answers(found: Analysis) -> None:
    """Formula and model side by side, per customer and in total."""
    settings, formula, value = found.settings, found.formula, found.totals.predicted_clv
    customers = found.totals.customers
    left, right = st.columns(2, border=True)
    with left:
        st.markdown("**Formula CLV** :gray-badge[one average for everyone]")
        st.metric("Per customer, over a lifetime", money(formula.clv))
        if formula.clv is not None:
            st.markdown(
                f"× {formula.customers:,} customers who ordered in the period = "
                f"**{money(formula.clv * formula.customers)}**"
            )
        else:
            st.warning(formula.problem, icon=":material/info:")
    with right:
        st.markdown("**Predicted CLV** :gray-badge[each customer by their own orders]")
        st.metric(
            f"Per customer, next {months(settings.horizon_months)}",
            money(value.value / customers if value else None),
        )
        if value:
            st.markdown(
                f"× {_who(found)} = **{money(value.value)}**  \n{span(value, settings.coverage)}"
            )
            if doubt(found):
                st.warning(
                    f"{plain(doubt(found))} The interval takes the model for granted, so it does "
                    "not make up for that.",
                    icon=":material/block:",
                )
        elif found.model.problem:
            st.warning(
                f"{found.model.problem.message} {found.model.problem.hint}",
                icon=":material/info:",
            )


def _who(found: Analysis) -> str:
    count = f"{found.totals.customers:,}"
    if found.members is None:
        return f"all {count} customers of the file"
    return f"the {count} customers kept by the filter"


def steps_table(steps: pd.DataFrame) -> None:
    """The steps of the waterfall with the reason of each, to read."""
    rows = zip(steps["step"], steps["kind"], steps["change"], steps["reason"], strict=True)
    st.markdown(
        "\n".join(
            f"- **{step}**{_change(kind, change)}: {plain(reason)}"
            for step, kind, change, reason in rows
        )
    )


def _change(kind: str, change: float) -> str:
    sign = "−" if change < 0 else "+"
    return "" if kind == "total" else f" {sign}{money(abs(change))}"


def formula_terms(formula: FormulaCLV, *, by_customer: bool = False) -> None:
    """The four terms with their unit, and the period they speak of."""
    lifetime = formula.lifetime_years
    with st.grid(min_column_width=150):
        st.metric("Order value", money(formula.aov), help="Net revenue / orders.")
        st.metric(
            "× orders a year",
            f"{formula.frequency:.2f}" if formula.frequency else "–",
            help="All orders / years since each customer's first order, a year at least."
            if by_customer
            else "Orders / customers who ordered in the period, per year.",
        )
        st.metric("× gross margin", share(formula.margin), help="Your setting.")
        st.metric(
            "÷ churn a year",
            share(formula.churn, 1),
            help=f"1 / churn is a lifetime of {lifetime:.1f} years." if lifetime else None,
        )
        st.metric("= formula CLV", money(formula.clv), help="Money per customer.")
    st.caption(
        f"Measured from {formula.first:%d %b %Y} to {formula.last:%d %b %Y}. "
        f"{plain(formula.note)} With one churn for all, the formula ranks customers exactly as "
        "past spend does."
    )


def show_verdict(found: Analysis) -> None:
    """What to rely on and what not, in one sentence."""
    badge = ":gray-badge[Not tested]"
    if found.scorecard:
        badge = ":blue-badge[Tested on your past]"
        if any(part.grade == "poor" for part in found.scorecard.reliance):
            badge = ":orange-badge[Failed in part on your past]"
        if doubt(found):
            badge = ":red-badge[Failed on your past]"
    st.markdown(f"{badge} {plain(found.verdict)}")


def cautions(found: Analysis) -> None:
    """What the test on the own past says, and what limits the model figures, in words."""
    if found.valuation and found.verdict:
        show_verdict(found)
    for sentence in found.cautions:
        st.warning(plain(sentence), icon=":material/warning:")


def cautions_in_short(found: Analysis) -> None:
    """The same on a further page: what to rely on, and where the cautions stand."""
    if found.valuation and found.verdict:
        show_verdict(found)
    if found.cautions:
        st.page_link(
            page_file("overview"),
            label=f"{counted(len(found.cautions), 'caution')} on the Overview",
            icon=":material/warning:",
        )
