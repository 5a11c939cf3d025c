"""Parts of the Trust page: the test, what to rely on, the choice of model, the doubts."""

import math
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.insights.second_opinion import SecondOpinion
from clv.insights.suitability import Finding
from clv.models import Fit
from clv.models.ladder import RULE, RUNGS
from clv.ui.figures import doubt, money, months, share, significant, span
from clv.ui.method import table
from clv.ui.text import plain
from clv.validation.scorecard import Score, Scorecard
from clv.validation.sensitivity import View

QUICK: Final = 100_000  # customers whose models are fitted four times within a second or two

GRADES: Final = {
    "good": ":green-badge[:material/check: Rely on it]",
    "fair": ":orange-badge[:material/balance: With care]",
    "poor": ":red-badge[:material/block: Do not rely on it]",
    "unknown": ":gray-badge[Unknown]",
}


def the_test(card: Scorecard) -> None:
    """What was done, in two sentences."""
    st.markdown(
        f"We hid the last {(card.end - card.split).days} days of your orders from the program, let "
        f"it learn from {card.first:%d %b %Y} to {card.split:%d %b %Y}, and had it say what the "
        f"{card.customers:,} customers known by then would do. Here is how that compares with what "
        "they did."
    )
    st.caption(
        "Refunds count with the order they pay back, also those made later. The model in use was "
        "chosen by this test, which flatters it a little."
    )


def verdict(card: Scorecard) -> None:
    """The sentence on what to rely on, in the colour of its worst part."""
    failed = any(part.grade == "poor" for part in card.reliance)
    (st.warning if failed else st.info)(f"**{plain(card.verdict)}**", icon=":material/fact_check:")


def reliance(card: Scorecard) -> None:
    """A card per thing that one may want to rely on."""
    with st.grid(min_column_width=260):
        for part in card.reliance:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{part.what}** {GRADES[part.grade]}")
                st.markdown(plain(f"{part.short[:1].upper()}{part.short[1:]}."))
                st.caption(plain(part.sentence))


def tracking_title(card: Scorecard) -> str:
    """Where the two lines end."""
    last = card.tracking.groupby("kind")["purchases"].last()
    known = last["Actual"] - card.purchases
    off = (last["Model"] - known) / card.purchases - 1
    side = "more" if off > 0 else "fewer"
    return f"The forecast ends with {share(abs(off), 1)} {side} purchases than came in the test"


def deciles_title(card: Scorecard) -> str:
    """How much of what came was brought by those foretold to be best."""
    brought, forecast = (_best_share(card.deciles[name]) for name in ("actual", "predicted"))
    return (
        f"The tenth predicted to be best brought {share(brought)} of the revenue of the test, "
        f"forecast {share(forecast)}"
    )


def _best_share(tenths: pd.Series) -> float:
    whole = float(tenths.sum())
    return float(tenths.iloc[0]) / whole if whole > 0 else math.nan


def contenders(card: Scorecard) -> None:
    """Every model and rule with its marks."""
    rows = [_row(score, card) for score in card.scores]
    table(
        (
            "Forecast by",
            "Purchases, error",
            "Revenue, error",
            "Value in top tenth",
            "Order of customers",
            "Likelihood",
        ),
        rows,
    )
    st.caption(
        "**Purchases, revenue**: forecast of all customers together and by how much it was off. "
        "**Value in top tenth**: share of the revenue that came from the tenth of customers ranked "
        "best. **Order of customers**: 1 is the perfect order, 0 chance (normalised Gini). "
        "**Likelihood**: the probability, on average, of what each customer then did; more is "
        "better. The last three lines are rules that need no model."
    )


def _row(score: Score, card: Scorecard) -> tuple[str, ...]:
    mark = " (in use)" if card.used == card.in_use else " (tested)"
    return (
        f"**{score.name}**{mark}" if score.name == card.used else score.name,
        _with_error(score.purchases, score.purchases_error, f"{score.purchases:,.0f}"),
        _with_error(score.value, score.value_error, money(score.value)),
        share(score.top_share),
        f"{score.gini:.2f}" if math.isfinite(score.gini) else "–",
        share(math.exp(score.log_score), 1) if math.isfinite(score.log_score) else "–",
    )


def _with_error(value: float, error: float, written: str) -> str:
    if math.isnan(value):
        return "–"
    if math.isnan(error):
        return written
    sign = "+" if error > 0 else "−"
    return f"{written} ({sign}{share(abs(error), 1)})"


STORIES: Final = {
    "BG/NBD": "every customer orders at a pace of their own, at random times, until they leave for "
    "good after one of their repeat orders. Nobody tells you when they leave; a long silence of a "
    "frequent customer gives it away.",
    "MBG/NBD": "every customer orders at a pace of their own, at random times, until they leave "
    "for good after one of their orders, even the first. Nobody tells you when they leave; a long "
    "silence of a frequent customer gives it away.",
    "Pareto/NBD": "every customer orders at a pace of their own, at random times, until at some "
    "moment they leave for good. Nobody tells you when they leave; a long silence of a frequent "
    "customer gives it away.",
    "NBD": "every customer orders at a pace of their own, at random times, and nobody leaves.",
    "Same rate as before": "every customer goes on at the pace so far; one-time buyers stay away.",
}


def _story(fit: Fit[Any]) -> str:
    if fit.rung == "one_rate":
        return "every customer orders at the same pace, at random times, and nobody leaves."
    return STORIES[fit.model.name]


def choice(found: Analysis) -> None:
    """Which model is in use, on which rung of the ladder, and what that means."""
    fit, spend = found.model.purchases, found.model.spend
    if fit is None or spend is None:
        return
    st.markdown(
        f"{plain(found.model.reason)} You can choose another one in the side bar, under "
        f"Assumptions.  \n**What it takes for granted**: {plain(_story(fit))}  \n"
        f"**How your customers buy**: {plain(fit.verdict.sentence)} {plain(RUNGS[fit.rung])}  \n"
        f"**What they spend**: {plain(spend.verdict.sentence)} {plain(RUNGS[spend.rung])}"
    )


def findings(found: Sequence[Finding]) -> None:
    """Each check with its number, its limit and what it means; doubts first."""
    for finding in sorted(found, key=lambda f: (not f.concern, math.isnan(f.value))):
        icon = ":orange[:material/warning:]" if finding.concern else ":green[:material/check:]"
        if math.isnan(finding.value):
            icon = ":gray[:material/question_mark:]"
        st.markdown(
            f"{icon} **{plain(finding.question)}** {_number(finding)}  \n{plain(finding.sentence)}"
        )


def _number(finding: Finding) -> str:
    if math.isnan(finding.value):
        return ""
    value, limit = (_written(v, finding.unit) for v in (finding.value, finding.threshold))
    return f":gray[{value}, limit {limit}]"


def _written(value: float, unit: str) -> str:
    if unit == "%":
        return share(value)
    if unit == "x":
        return f"{value:.2f} ×"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2f}"


def asked_for_earlier_days(found: Analysis) -> bool:
    """Whether to look from earlier days: at once where it is quick, else at the press of a button.

    The models are fitted anew for every day.
    """
    if found.shop.by_customer:
        st.markdown(
            "That needs single orders, and the file has one row per customer: it says how things "
            "stand on one day only."
        )
        return False
    if len(found.frame) <= QUICK:
        return True
    return st.button("Look from one, two and three months ago", icon=":material/history:")


def earlier_views(views: Sequence[View], found: Analysis) -> None:
    """The predicted CLV as it would have looked on earlier days."""
    horizon = months(found.settings.horizon_months)
    rows = [
        (
            f"{view.day:%d %b %Y}",
            money(view.per_customer),
            f"{money(view.total.value)} from {view.customers:,} customers, "
            f"{span(view.total, found.settings.coverage)}",
        )
        for view in views
    ]
    table(("As of", "Per customer", f"Predicted CLV of all, {horizon}"), rows)
    if doubt(found):
        st.caption(f"{plain(doubt(found))} The intervals take the model for granted.")
    if len(views) > 1:
        values = [view.per_customer for view in views]
        spread = max(values) / min(values) - 1 if min(values) > 0 else math.nan
        st.caption(
            f"Per customer, the figures of these days differ by {share(spread)} at most. More than "
            "the range allows for means that the answer depends on the day you ask."
        )


def second_opinion(opinion: SecondOpinion) -> None:
    """Both programs side by side."""
    st.markdown(plain(opinion.sentence))
    ours, theirs = opinion.ours, opinion.theirs
    rows = [("This product", ours)] + ([("lifetimes", theirs)] if theirs else [])
    table(
        ("Program", "Parameters (time in weeks)", "Log-likelihood", "Orders expected", "Time"),
        [
            (
                name,
                ", ".join(f"{k} {significant(v, 4)}" for k, v in vars(each.model).items()),
                f"{each.log_likelihood:,.2f}",
                f"{each.expected_orders:,.1f}",
                f"{1000 * each.seconds:,.0f} ms",
            )
            for name, each in rows
        ],
    )
    if opinion.problem:
        st.caption(f"lifetimes said: {plain(opinion.problem)}")


def has_past(found: Analysis) -> bool:
    """Whether the model says anything of the purchases so far; the rule does not."""
    fit = found.model.purchases
    return fit is not None and fit.model.name != RULE
