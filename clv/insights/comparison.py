"""Why the formula and the model give different figures for this shop, in one sentence."""

import math
from dataclasses import dataclass

from clv.formula import FormulaCLV


@dataclass(frozen=True)
class Factor:
    """One reason: by how much it multiplies the formula against the model, and why."""

    name: str
    ratio: float
    reason: str


@dataclass(frozen=True)
class ModelTerms:
    """The model's answer in the formula's terms, as means over all customers.

    clv: money per customer; orders_per_year: expected purchases; order_value: money per expected
    purchase; discounted_years: what the horizon amounts to after discounting.
    """

    clv: float
    orders_per_year: float
    order_value: float
    discounted_years: float
    horizon_months: int
    annual_discount: float


def factors(formula: FormulaCLV, model: ModelTerms) -> tuple[Factor, ...]:
    """The three reasons whose ratios multiply to formula / model; the largest first.

    Empty where either side has no positive figure.
    """
    parts = (formula.clv, formula.aov, formula.frequency, formula.lifetime_years)
    theirs = (model.clv, model.orders_per_year, model.order_value, model.discounted_years)
    if not all(part is not None and part > 0 for part in (*parts, *theirs)):
        return ()
    _, aov, frequency, lifetime = (float(part or 0.0) for part in parts)
    months = "1 month" if model.horizon_months == 1 else f"{model.horizon_months} months"
    found = (
        Factor(
            "time",
            lifetime / model.discounted_years,
            f"the formula looks {_years(lifetime)} ahead (1 / churn of {formula.churn:.0%}) and "
            f"does not discount, the model looks {months} ahead at "
            f"{model.annual_discount:.0%} discount a year",
        ),
        Factor(
            "orders",
            frequency / model.orders_per_year,
            f"the formula takes everyone to order {_pace(frequency)} times a year, as those who "
            f"ordered in its period did; the model expects {_pace(model.orders_per_year)} purchase "
            "days a year over all customers of the file, counting those who came once or have left",
        ),
        Factor(
            "order value",
            aov / model.order_value,
            f"the formula puts {aov:,.2f} on every order, the model expects "
            f"{model.order_value:,.2f} from those most likely to order again",
        ),
    )
    return tuple(sorted(found, key=lambda factor: -abs(math.log(factor.ratio))))


def why_different(formula: FormulaCLV, model: ModelTerms) -> str:
    """One sentence that names the main reason, with this shop's figures."""
    reasons = factors(formula, model)
    if not reasons or formula.clv is None:
        return ""
    ratio = formula.clv / model.clv
    if 0.9 <= ratio <= 1.1:
        return f"Both figures agree within 10 %, but they do not say the same: {reasons[0].reason}."
    relation = f"{ratio:.1f} times" if ratio >= 1 else f"{ratio:.0%} of"
    # The main reason is the largest one that works in the direction of the difference.
    main = next(r for r in reasons if (r.ratio > 1) == (ratio > 1))
    return f"The formula gives {relation} the model's figure, mainly because {main.reason}."


def _years(years: float) -> str:
    if years < 1.5:
        return f"{years * 12:.0f} months"
    return f"{years:.1f} years"


def _pace(per_year: float) -> str:
    return f"{per_year:.1f}" if per_year >= 1 else f"{per_year:.2g}"
