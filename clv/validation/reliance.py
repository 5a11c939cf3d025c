"""What to rely on and what not, in words."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from clv.intake.wording import percent
from clv.models.ladder import RULE

if TYPE_CHECKING:
    from clv.validation.scorecard import Score, Scorecard

Grade = Literal["good", "fair", "poor", "unknown"]

CLOSE, USABLE = 0.05, 0.15  # share that a total may be off and still be relied on, or be of use
FEW_PURCHASES: Final = 50  # in the test, below which a total is chance
EVEN: Final = 0.01  # share of value by which two rankings are alike
NO_ORDER: Final = 0.1  # normalised Gini below which a ranking tells nothing
LOOSE: Final = 0.10  # how far the share inside their ranges may be below the claim


@dataclass(frozen=True)
class Reliance:
    """One thing a reader may want to rely on: graded, in a few words and in a sentence."""

    what: str
    grade: Grade
    short: str
    sentence: str


def judge(card: "Scorecard") -> tuple[Reliance, ...]:
    """Totals, ranking and single customers."""
    return _totals(card), _ranking(card), _customers(card)


def _totals(card: "Scorecard") -> Reliance:
    score = card.score
    detail = (
        f"Forecast for the {(card.end - card.split).days} days of the test: "
        f"{score.purchases:,.0f} purchases and {score.value:,.0f} of net revenue. It came to "
        f"{card.purchases:,.0f} and {card.value:,.0f}{_interval(card)}."
    )
    if card.purchases < FEW_PURCHASES:
        short = f"Only {card.purchases:,.0f} purchases came in the test, too few to judge totals"
        return Reliance("Totals", "unknown", short, detail)
    if math.isnan(score.value_error):
        short = "Refunds ate up the sales of the test, so that totals of money are untested"
        return Reliance("Totals", "unknown", short, detail)
    errors = {"purchases": score.purchases_error, "revenue": score.value_error}
    worst = max(errors.values(), key=abs)
    if abs(worst) <= CLOSE:
        return Reliance("Totals", "good", f"Totals were within {_up(abs(worst))}", detail)
    found = _off(worst)
    if min(errors.values()) * max(errors.values()) < 0 or min(map(abs, errors.values())) <= CLOSE:
        found = " and ".join(f"{_off(error)} in {what}" for what, error in errors.items())
    if abs(worst) <= USABLE:
        short = f"Totals were {found}: use them with that margin"
        return Reliance("Totals", "fair", short, detail)
    return Reliance(
        "Totals",
        "poor",
        f"Do not rely on totals, which were {found} in the test",
        f"{detail} A season, growth or a change in the shop that the past before the test did not "
        "show is the usual reason.",
    )


def _interval(card: "Scorecard") -> str:
    """Where the total lay; the rule's own range is made of its miss, so it proves nothing."""
    if card.used == RULE:
        return ""
    inside = "inside" if card.inside else "outside"
    ends = f"{card.interval.low:,.0f} to {card.interval.high:,.0f}"
    return f", {inside} the {percent(card.coverage)} interval ({ends})"


def _off(error: float) -> str:
    return f"{percent(abs(error))} too {'high' if error > 0 else 'low'}"


def _ranking(card: "Scorecard") -> Reliance:
    score, rule = card.score, card.best_rule
    if math.isnan(score.top_share):
        return Reliance("Ranking", "unknown", "no revenue came, so the ranking is untested", "")
    if math.isnan(score.gini):
        short = "all customers brought the same, so the ranking is untested"
        return Reliance("Ranking", "unknown", short, "")
    if card.used == rule.name:
        short = f"the rule caught {percent(score.top_share)} of the value in its top tenth"
        return Reliance("Ranking", "fair", short, f"No other rule caught more; {_scored(score)}")
    than = f"sorting by {_by(rule.name)}"
    detail = (
        f"The tenth of customers that the forecast put first brought {percent(score.top_share)} "
        f"of the net revenue of the test; {than} would have caught {percent(rule.top_share)}. "
        f"{_scored(score).capitalize()}"
    )
    if score.gini < NO_ORDER:
        short = (
            f"the ranking is hardly better than chance (its top tenth brought "
            f"{percent(score.top_share)} of the value), and so is every rule"
            if max(s.gini for s in card.scores) < NO_ORDER
            else "do not rely on the ranking, which is hardly better than chance"
        )
        return Reliance("Ranking", "poor", short, detail)
    caught = f"the ranking caught {percent(score.top_share)} of the value in its top tenth"
    ahead = score.top_share - rule.top_share
    points = f"{abs(100 * ahead):.0f} point{'' if round(abs(100 * ahead)) == 1 else 's'}"
    if abs(ahead) <= max(EVEN, 2 * card.wobble):
        return Reliance("Ranking", "good", f"{caught}, about as much as {than}", detail)
    if ahead > 0:
        return Reliance("Ranking", "good", f"{caught}, {points} better than {than}", detail)
    short = f"{caught}, {points} less than {than}, so choose the best customers by that"
    return Reliance("Ranking", "fair", short, detail)


def _scored(score: "Score") -> str:
    return f"over the whole list the ranking scores {score.gini:.2f} (1 is perfect, 0 is chance)."


def _customers(card: "Scorecard") -> Reliance:
    mean = card.purchases / card.customers
    detail = (
        f"{percent(card.covered)} of the customers came out inside their "
        f"{percent(card.coverage)} range. On average a customer's number of purchases was off by "
        f"{card.score.mae:.2f}, where the average customer made {mean:.2f}."
    )
    if card.used != RULE and card.covered < card.coverage - LOOSE:
        short = (
            f"do not rely on single-customer ranges, which held {percent(card.covered)} "
            f"instead of {percent(card.coverage)}"
        )
        return Reliance("Single customers", "poor", short, detail)
    return Reliance("Single customers", "fair", "single-customer figures are rough", detail)


def _by(rule: str) -> str:
    return {"Same rate as before": "the same rate as before"}.get(rule, rule.lower())


def _up(share: float) -> str:
    """Rounded up, so that "within" is true."""
    return f"{max(math.ceil(100 * share - 1e-9), 1)}\N{NO-BREAK SPACE}%"
