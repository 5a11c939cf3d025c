"""Which model to use: the one that would have foretold the shop's own past best."""

from collections.abc import Sequence
from dataclasses import dataclass

from clv.intake.wording import percent
from clv.models.ladder import RULE
from clv.validation.contenders import Contender


@dataclass(frozen=True)
class Choice:
    """The model to use and why, in one sentence."""

    name: str
    reason: str


def choose(contenders: Sequence[Contender], actual: float) -> Choice:
    """Choose among the models (and the rule that can be one) by what came: `actual` purchases.

    First the total, for it is what budgets rest on: a contender stays if it missed the total by
    no more than the best one did and what chance alone moves the total by (one standard
    deviation). Of those, the model that gave the highest probability to what each customer then
    did; the rule only where it stays alone, for it knows nothing of single customers.
    """
    misses = {c.name: abs(c.total - actual) for c in contenders}
    best = min(contenders, key=lambda c: misses[c.name])
    close = [c for c in contenders if misses[c.name] <= misses[best.name] + c.noise]
    models = [c for c in close if c.name != RULE]
    if not models:
        return Choice(
            RULE,
            "The rule of the same rate as before is used: it came closer to the total of the test "
            f"({_miss(best, actual)}) than any model, by more than chance explains.",
        )
    chosen = max(models, key=lambda c: c.log_score)
    others = len(contenders) - (RULE in misses) - 1
    if others == 0:
        why = "too few customers had come back for any other model"
    elif len(models) > 1:
        why = (
            f"{len(models)} models came about equally close to the total of the test, and it "
            "foresaw best what each customer would do"
        )
    elif chosen is best:
        why = f"it came closest to the total of the test ({_miss(chosen, actual)})"
    else:
        why = (
            "its total was no further from what came than chance explains, and unlike the rule of "
            "the same rate as before it can tell who is leaving"
        )
    return Choice(chosen.name, f"{chosen.name} is used: {why}.")


def _miss(contender: Contender, actual: float) -> str:
    off = contender.total / actual - 1 if actual else 0.0
    size = percent(abs(off), 1)
    if abs(off) < 0.0005:
        return "it met it"
    return f"{size} too {'many' if off > 0 else 'few'}"
