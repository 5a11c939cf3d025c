"""Would the answer have been another one some weeks ago? The same shop, seen from earlier days."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import ibis.expr.types as ir
import pandas as pd

from clv import schema
from clv.errors import NotEnoughData
from clv.models.ladder import RULE, fit_purchases, fit_rule, fit_spend
from clv.settings import Settings
from clv.summary import customer_summary, known_on
from clv.valuation import Interval, Outlook, look_ahead, month_ends, value_customers

MONTHS_BACK: Final = (0, 1, 2, 3)


@dataclass(frozen=True)
class View:
    """What the shop looks like on one day: its customers and their predicted CLV."""

    day: date
    customers: int
    total: Interval

    @property
    def per_customer(self) -> float:
        """Predicted CLV of a customer of the file."""
        return self.total.value / self.customers


def sensitivity(
    transactions: ir.Table,
    first: date,
    analysis_date: date,
    model: str,
    *,
    rule_spread: float,
    settings: Settings,
    margin: float,
) -> tuple[View, ...]:
    """The predicted CLV of all customers known on the analysis date and one to three months before.

    Each time only the orders until then are known and the model is fitted anew; the latest day
    comes first. Days on which there was too little to fit are left out.
    """
    views = []
    for months in MONTHS_BACK:
        day = (pd.Timestamp(analysis_date) - pd.DateOffset(months=months)).date()
        customers = customer_summary(known_on(transactions, day), day).execute()
        try:
            outlook = _outlook(customers, day, model, rule_spread, settings.horizon_months)
        except NotEnoughData:
            continue
        valuation = value_customers(
            outlook,
            horizon_months=settings.horizon_months,
            annual_discount=settings.annual_discount,
            margin=margin,
            coverage=settings.coverage,
            window_days=(day - first).days,
        )
        views.append(View(day, len(customers), valuation.total()))
    return tuple(views)


def _outlook(
    customers: pd.DataFrame, day: date, model: str, rule_spread: float, months: int
) -> Outlook:
    x, t_x, T = (
        customers[name].to_numpy(float) for name in (schema.FREQUENCY, schema.RECENCY, schema.T)
    )
    if model == RULE:
        purchases: Any = fit_rule(rule_spread, T)
    else:
        purchases = fit_purchases(model, x, t_x, T)
    spend = fit_spend(x, customers[schema.MONETARY].to_numpy(float), customers[schema.REVENUE])
    return look_ahead(customers, purchases, spend, month_ends(day, months))
