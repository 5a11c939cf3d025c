"""Does a file with one row per customer hold the whole base, or chosen customers only?

Such files are often cut: "everyone who ordered in the last year". Those who left are then
missing, and a model that learns who leaves from the silence of customers sees nobody leave.
"""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from clv import schema
from clv.insights.suitability import Finding
from clv.intake.wording import percent

FEWEST: Final = 100  # customers below which a file says nothing of how it was cut
NEAR_THE_END: Final = 20.0  # a silence that ends by chance has a handful of customers there
WHOLE_WINDOW: Final = 0.9  # of the window: a silence as long as the file is no cut
SOME: Final = 0.01  # of the customers ordered once; fewer, and they were left out


def whole_base(customers: pd.DataFrame, analysis_date: date) -> tuple[Finding, Finding]:
    """Two signs of a chosen group: silences that end at a limit, and nobody who ordered once.

    Customers as `rows_summary` gives them.
    """
    return _who_left(customers, pd.Timestamp(analysis_date)), _once(customers)


def _who_left(customers: pd.DataFrame, day: pd.Timestamp) -> Finding:
    """How many customers are near the longest silence: hardly any where it ends by itself."""

    def found(value: float, sentence: str, concern: bool = False) -> Finding:
        question = "Does the file hold customers who left?"
        return Finding("Who left", question, value, NEAR_THE_END, "", concern, sentence)

    if len(customers) < FEWEST:
        return found(np.nan, "Too few customers to see how they were chosen.")
    silence, age = (
        (day - customers[name]).dt.days for name in (schema.LAST_ORDER, schema.FIRST_ORDER)
    )
    longest = int(silence.max())
    near, older = int((silence >= WHOLE_WINDOW * longest).sum()), int((age > longest).sum())
    text = f"The longest silence is {longest:,} days, and {near:,} customers come close to it"
    ends_with_window = longest >= WHOLE_WINDOW * int(age.max())
    if ends_with_window or min(near, older) < NEAR_THE_END:
        return found(near, f"{text}: no limit shows at which silent customers were left out.")
    return found(
        near,
        f"{text}, though {older:,} are known for longer: those who left before seem to be missing "
        "from the file, so churn comes out too low, and predicted CLV holds for customers like "
        "these only.",
        True,
    )


def _once(customers: pd.DataFrame) -> Finding:
    def found(value: float, sentence: str, concern: bool = False) -> Finding:
        question = "Does the file hold customers who ordered once?"
        return Finding("One order", question, value, SOME, "%", concern, sentence)

    if len(customers) < FEWEST:
        return found(np.nan, "Too few customers to see how they were chosen.")
    share = float((customers[schema.ORDERS] == 1).mean())
    if share >= SOME:
        return found(share, f"{percent(share)} of the customers ordered once.")
    return found(
        share,
        f"Hardly anyone in the file ordered only once ({percent(share, 1)}): one-time buyers seem "
        "to be missing from it, so predicted CLV is too high for new customers.",
        True,
    )
