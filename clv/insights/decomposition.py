"""From the formula CLV to the predicted CLV, one assumption at a time, each step in money.

The formula is a product: orders a year x order value x margin x the years that a customer stays.
The model's figure is a product of the same kind, so each step puts the model's factor in the
place of the formula's and leaves the rest alone. The last step lands on the model's figure
exactly. What a step costs in money depends on the order of the steps; the factors do not.

The formula's churn c is read as a constant rate of leaving, which gives its lifetime of 1 / c
years. Its single figure hides three things that the model tells apart:

- who has left already: the formula counts those who ordered in its period, the model counts
  every customer of the file, of whom P(alive) are still there;
- who leaves within the horizon: the model's expected orders over those that would be placed if
  nobody left any more, in place of (1 - e^(-c H)) / (c H);
- how often those who are there order, and what they spend: each their own, not all the same.

So no step divides by the model's churn, and a model in which nobody leaves is no exception.
"""

import math
from dataclasses import astuple, dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv.formula import FormulaCLV
from clv.intake.wording import percent

FORMULA: Final = "Formula CLV"
HORIZON: Final = "Time horizon"
DISCOUNT: Final = "Discount"
LEFT: Final = "Left already"
LEAVING: Final = "Leaving later"
PACE: Final = "Pace of orders"
ORDER_VALUE: Final = "Order value"
MODEL: Final = "Predicted CLV"

COLUMNS: Final = ("step", "before", "after", "change", "low", "high", "kind", "reason")

_SPOKEN: Final = {
    HORIZON: "the time horizon",
    DISCOUNT: "the discount",
    LEFT: "customers who have left already",
    LEAVING: "how many will leave later",
    PACE: "how often customers order",
    ORDER_VALUE: "what they spend on an order",
}


@dataclass(frozen=True, kw_only=True)
class ModelMeans:
    """The model's answer as means over all customers of the file.

    p_alive: P(alive), 0 to 1; expected_orders: purchases over the whole horizon, undiscounted;
    orders_if_all_stay: the same if everyone alive today kept their own pace and nobody left, the
    mean of P(alive) x expected rate given alive x horizon; clv: money over the horizon,
    discounted, margin applied; undiscounted: the same without discount; horizon_months: calendar
    months; annual_discount: a share.
    """

    p_alive: float
    expected_orders: float
    orders_if_all_stay: float
    clv: float
    undiscounted: float
    horizon_months: int
    annual_discount: float

    @property
    def years(self) -> float:
        """Length of the horizon in years."""
        return self.horizon_months / 12.0

    @property
    def share_kept(self) -> float:
        """Orders expected over those if nobody left any more; 1 where there are none to lose."""
        return _ratio(self.expected_orders, self.orders_if_all_stay)

    @property
    def share_after_discount(self) -> float:
        """What discounting leaves of the model's own money; 1 where there is none."""
        return _ratio(self.clv, self.undiscounted)

    @property
    def pace(self) -> float | None:
        """Orders a year of a customer who is still active; None if nobody is."""
        active_years = self.p_alive * self.years
        return self.orders_if_all_stay / active_years if active_years > 0 else None


@dataclass(frozen=True)
class _Formula:
    """The formula's terms where it has a figure: no None among them."""

    clv: float
    aov: float
    frequency: float
    margin: float
    churn: float
    customers: int

    @classmethod
    def of(cls, formula: FormulaCLV) -> "_Formula | None":
        terms = (formula.clv, formula.aov, formula.frequency, formula.churn)
        clv, aov, frequency, churn = (math.nan if term is None else term for term in terms)
        if not all(map(math.isfinite, (clv, aov, frequency, churn))) or churn <= 0:
            return None
        return cls(clv, aov, frequency, formula.margin, churn, formula.customers)

    def years(self, months: int, annual_discount: float = 0.0) -> float:
        """Years of orders within `months` if customers leave at the rate `churn`.

        Each month is discounted at its end, as the model's months are.
        """
        stay = math.exp(-self.churn / 12.0)
        worth = math.pow(1.0 + annual_discount, -1.0 / 12.0)
        first = worth * -math.expm1(-self.churn / 12.0) / self.churn
        return first * (1.0 - math.pow(stay * worth, months)) / (1.0 - stay * worth)


def decompose(formula: FormulaCLV, model: ModelMeans | None) -> pd.DataFrame:
    """The way from the formula's figure to the model's, for a waterfall.

    Returns step, before, after, change (money per customer; change = after - before, and every
    `before` is the `after` of the row above), low and high (ends of its bar), kind ("total",
    "decrease", "increase") and reason (plain words). The first and last rows are the two
    figures, with a change of zero. Empty where either side has no figure.
    """
    terms = _Formula.of(formula)
    if terms is None or model is None or not all(map(math.isfinite, astuple(model))):
        return pd.DataFrame({column: [] for column in COLUMNS})
    figures, reasons = _figures(terms, model), _reasons(terms, model)
    after = list(figures.values())
    frame = pd.DataFrame({"step": list(figures), "before": [after[0], *after[:-1]], "after": after})
    frame["change"] = frame["after"] - frame["before"]
    total = frame["step"].isin((FORMULA, MODEL))
    ends = frame[["before", "after"]]
    frame["low"] = ends.min(axis=1).mask(total, 0.0)
    frame["high"] = ends.max(axis=1)
    frame["kind"] = (frame["change"] < 0).map({True: "decrease", False: "increase"})
    frame["kind"] = frame["kind"].mask(total, "total")
    frame["reason"] = frame["step"].map(reasons)
    return frame


def decomposition_title(frame: pd.DataFrame) -> str:
    """A title for the chart of such a frame: both figures and the largest step between them."""
    if frame.empty:
        return ""
    first, last = (float(frame["after"].iloc[row]) for row in (0, -1))
    changes = frame["change"].to_numpy(dtype=float)
    largest = int(np.abs(changes).argmax())
    if round(changes[largest], 2) == 0:
        return f"Formula and model come to the same {last:,.2f} per customer"
    change = f"{changes[largest]:+,.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"From {first:,.2f} by the formula to {last:,.2f} by the model, per customer: the largest "
        f"step is {_SPOKEN[str(frame['step'].iloc[largest])]}, {change}"
    )


def _figures(formula: _Formula, model: ModelMeans) -> dict[str, float]:
    """Money per customer after each step."""
    per_order = formula.aov * formula.margin
    per_year = per_order * formula.frequency
    months, discount = model.horizon_months, model.annual_discount
    discounted = per_year * formula.years(months, discount)
    kept = model.years * model.share_kept * model.share_after_discount
    return {
        FORMULA: formula.clv,
        HORIZON: per_year * formula.years(months),
        DISCOUNT: discounted,
        LEFT: model.p_alive * discounted,
        LEAVING: model.p_alive * per_year * kept,
        PACE: per_order * model.expected_orders * model.share_after_discount,
        ORDER_VALUE: model.clv,
        MODEL: model.clv,
    }


def _reasons(formula: _Formula, model: ModelMeans) -> dict[str, str]:
    months = "1 month" if model.horizon_months == 1 else f"{model.horizon_months} months"
    lost = 1.0 - formula.years(model.horizon_months) / model.years
    return {
        FORMULA: (
            f"{formula.aov:,.2f} an order x {_pace(formula.frequency)} orders a year x margin of "
            f"{percent(formula.margin)} / churn of {percent(formula.churn)} a year, from the "
            f"{formula.customers:,} customers who ordered in its period."
        ),
        HORIZON: (
            f"At a churn of {percent(formula.churn)} a year customers stay "
            f"{_span(1.0 / formula.churn)} on average, some far longer, and the formula counts "
            f"all of it; the model stops after {months}."
        ),
        DISCOUNT: (
            f"Money that comes later counts less, by {percent(model.annual_discount)} a year; the "
            "formula counts all money alike."
        ),
        LEFT: (
            "The formula counts only those who ordered in its period. The model counts every "
            f"customer of the file and takes {percent(model.p_alive)} of them to be still active."
        ),
        LEAVING: (
            f"Of the orders that active customers would place in {months} if all stayed, the "
            f"formula's churn loses {percent(lost)}, the model loses "
            f"{percent(1.0 - model.share_kept)}."
        ),
        PACE: _pace_reason(formula, model),
        ORDER_VALUE: _value_reason(formula, model),
        MODEL: (
            f"What the model expects from a customer of the file within {months}, on average over "
            "all of them, each with their own pace and order value."
        ),
    }


def _pace_reason(formula: _Formula, model: ModelMeans) -> str:
    ours = (
        f"The formula takes everyone to order {_pace(formula.frequency)} times a year, as those "
        "who ordered in its period did, first orders included"
    )
    if model.pace is None:
        return f"{ours}; the model takes nobody to be still active."
    return (
        f"{ours}; the model gives each customer their own pace, {_pace(model.pace)} purchase days "
        "a year on average over those still active, counting those who came only once."
    )


def _value_reason(formula: _Formula, model: ModelMeans) -> str:
    ours = f"The formula puts {formula.aov:,.2f} on every order"
    margin = formula.margin * model.expected_orders
    if margin <= 0:
        return f"{ours}; the model expects none that brings anything."
    return (
        f"{ours}; the model expects {model.undiscounted / margin:,.2f} on average from those most "
        "likely to order again."
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 1.0


def _span(years: float) -> str:
    return f"{years * 12:.0f} months" if years < 1.5 else f"{years:.1f} years"


def _pace(per_year: float) -> str:
    return f"{per_year:.1f}" if per_year >= 1 else f"{per_year:.2g}"
