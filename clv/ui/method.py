"""Parts of the Method page: formula, model, rows and words."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import streamlit as st

from clv.analysis import Analysis
from clv.analysis.customer_files import WHAT_IS_MISSING
from clv.intake.wording import counted
from clv.models import Fit
from clv.models.ladder import RUNGS
from clv.schema import DAYS_PER_WEEK
from clv.ui.cleaning_step import ledger_table
from clv.ui.controls import CHURN_METHODS
from clv.ui.figures import months, share, significant
from clv.ui.text import plain

MEANING = {
    "r": "how alike customers are in how often they buy: small means very different",
    "alpha": "with r, the typical time between orders (alpha / r weeks)",
    "a": "with b, how likely a customer leaves after an order: a / (a + b) on average",
    "b": "see a",
    "s": "how alike customers are in how long they stay: small means very different",
    "beta": "with s, the typical time until a customer leaves (beta / s weeks)",
    "level": "share of the pace so far that customers go on at",
    "p": "how steady one customer's order values are: large means steady",
    "q": "how alike customers are in what they spend: large means alike",
    "v": "scale of the money",
}

GLOSSARY = {
    "Analysis date": "The last order day in the file. Never today, or an old file would make "
    "every customer look lost.",
    "Net revenue": "Sum of the line amounts after discounts and refunds.",
    "Purchase day": "All orders of one customer on one day count as one purchase in the model.",
    "Frequency": "Purchase days minus one: how often a customer came back.",
    "Recency": "Days from a customer's first to last purchase day.",
    "T": "Days from a customer's first purchase day to the analysis date.",
    "P(alive)": "Probability that a customer is still a customer. BG/NBD gives 100 % to everyone "
    "who bought once, because it lets nobody leave before a second order; MBG/NBD and Pareto/NBD "
    "do not.",
    "Formula CLV": "Order value × orders a year × gross margin ÷ churn: one average for all.",
    "Predicted CLV": "Expected orders × expected order value × margin, month by month over the "
    "horizon, discounted.",
    "Historic value": "Net revenue so far × margin.",
    "Total value": "Historic value + predicted CLV.",
    "Interval": "80 % of outcomes are meant to fall inside, or the share that you set. It covers "
    "chance (what customers will do) and how surely the model's parameters are known.",
}


def formula(found: Analysis) -> None:
    """The period, the terms and the other ways to measure churn."""
    terms = found.prepared.terms
    st.markdown(
        "Order value × orders a year × gross margin ÷ churn a year  \n"
        f"Period: {terms.first:%d %b %Y} to {terms.last:%d %b %Y} ({terms.days} days), "
        f"{terms.orders:,} orders of {terms.customers:,} customers"
    )
    if found.shop.by_customer:
        st.caption(WHAT_IS_MISSING)
    if not found.shop.has_orders:
        st.caption(
            "The file has no order numbers: a customer's purchases of one day are one order."
        )
    names = {method: label for label, method in CHURN_METHODS.items()}
    rows = [
        (names[method], share(churn.rate, 1), plain(churn.sentence))
        for method, churn in terms.churns
    ]
    table(("Churn measured by", "A year", "How"), rows)


def model(found: Analysis) -> None:
    """Verdicts and parameters of both fits, or why there are none."""
    result = found.model
    if result.problem:
        st.warning(f"{plain(result.problem.message)} {plain(result.problem.hint)}")
    if result.purchases:
        weekly = result.purchases.model.in_unit(DAYS_PER_WEEK)
        st.markdown(f"**Purchases: {weekly.name}** (time in weeks)")
        _fit(result.purchases, weekly)
    if result.spend:
        st.markdown("**Spend: Gamma-Gamma**")
        _fit(result.spend, result.spend.model)
    st.caption(
        f"Horizon {months(found.settings.horizon_months)}, calendar months from the analysis "
        f"date, discounted at {share(found.settings.annual_discount, 1)} a year."
    )


def _fit(fit: Fit[Any], shown: Any) -> None:
    badge = f":gray-badge[{fit.verdict.code.replace('_', ' ')}]"
    st.markdown(f"{badge} {plain(fit.verdict.sentence)} {plain(RUNGS[fit.rung])}")
    relative = np.sqrt(np.diag(fit.covariance))  # of the log-parameter, so free of units
    table(
        ("Parameter", "Estimate ± standard error", "What it says"),
        [
            (
                f"**{f.name}**",
                f"{significant(value, 4)} ± {significant(value * spread, 2)}",
                MEANING[f.name],
            )
            for f, spread in zip(fields(shown), relative, strict=True)
            for value in (getattr(shown, f.name),)
        ],
    )


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A table of our own words, whose lines wrap."""
    lines = [header, ("---",) * len(header), *rows]
    st.markdown("\n".join("| " + " | ".join(line) + " |" for line in lines))


def tutorial_score(found: Analysis) -> None:
    """What the score of the course notebooks says, and what it does not."""
    score = found.tutorial_score()
    spend = (
        "Spend is the net revenue in the file"
        if found.shop.by_customer
        else "Spend is before refunds, because the notebooks leave cancellations out and keep what "
        "they cancel"
    )
    best = score.nlargest(2).to_list()
    second = f", the second best {best[1]:.0f}" if len(best) > 1 else ""
    st.markdown(
        "Course notebooks compute (order value × orders ÷ customers) ÷ churn × (spend × margin) "
        "per customer. Order value × orders is the spend, so the result is spend × spend × a "
        "constant: **money squared, a score, not an amount of money**. It is therefore offered "
        "only as a score from 1 to 100, the lowest and the highest customer at the ends; margin "
        "and churn cancel out.  \n"
        f"Here the best customer has {best[0]:.0f}{second}, and "
        f"{share(float((score < 2).mean()), 1)} of all are below 2. {spend}. "
        "A switch on the page Customers shows it."
    )


def rows(found: Analysis) -> None:
    """Used and rejected rows, with reasons."""
    ledger = found.shop.ledger
    st.markdown(
        f"{counted(ledger.read, 'row')} read = {ledger.used:,} used + {ledger.rejected:,} rejected."
    )
    if ledger.effects:
        ledger_table(ledger)


def glossary() -> None:
    """The words of the product."""
    st.markdown("\n".join(f"- **{word}**: {text}" for word, text in GLOSSARY.items()))
