"""The model's answer: what every customer is expected to bring, and how sure that is."""

from clv.valuation.outlook import Outlook, look_ahead
from clv.valuation.worth import (
    Interval,
    Valuation,
    discount_factors,
    month_ends,
    value_customers,
)

__all__ = [
    "Interval",
    "Outlook",
    "Valuation",
    "discount_factors",
    "look_ahead",
    "month_ends",
    "value_customers",
]
