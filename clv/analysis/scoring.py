"""New orders put to the models of an analysis: what their customers are worth now, nothing fitted.

Customers that the analysis knows go on from their orders in it; others begin with the new ones.
"""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from clv import engine, schema
from clv.analysis.evaluation import Analysis
from clv.errors import InvalidSettings, NotEnoughData
from clv.intake.shop import Shop
from clv.summary import summary_with
from clv.valuation import look_ahead, month_ends, value_customers

SCORED: Final = (
    schema.CUSTOMER_ID,
    schema.FIRST_ORDER,
    schema.LAST_ORDER,
    schema.FREQUENCY,
    schema.RECENCY,
    schema.T,
    schema.MONETARY,
    schema.ORDERS,
    schema.REVENUE,
    schema.P_ALIVE,
    schema.EXPECTED_ORDERS,
    schema.EXPECTED_ORDER_VALUE,
    schema.HISTORIC_VALUE,
    schema.PREDICTED_CLV,
    schema.PREDICTED_CLV_LOW,
    schema.PREDICTED_CLV_HIGH,
    schema.TOTAL_VALUE,
    schema.NEXT_ORDER_DATE,
    schema.P_ORDER_30D,
)


def score(analysis: Analysis, new: Shop, day: date | None = None) -> pd.DataFrame:
    """The customers of `new` orders, valued by the models of `analysis` on a day.

    day: default the later of the analysis date and the last new order. Returns SCORED, sorted by
    customer_id; refunds alone make no customer. Raises NotEnoughData where the analysis has no
    model or no single orders, InvalidSettings for a day before the last order.
    """
    purchases, spend = analysis.model.purchases, analysis.model.spend
    if purchases is None or spend is None:
        problem = analysis.model.problem
        raise problem or NotEnoughData("The analysis has no model.", "Use its formula.")
    last = max(analysis.analysis_date, new.last)
    day = day or last
    if day < last:
        raise InvalidSettings(
            f"The day {day} lies before the last order or the analysis date, {last}.",
            "Choose a later day, or leave it out.",
        )
    connection = engine.connect()
    known = analysis.shop.open(connection)
    customers = summary_with(known, new.open(connection), day).execute()
    settings = analysis.settings
    look = look_ahead(customers, purchases, spend, month_ends(day, settings.horizon_months))
    valuation = value_customers(
        look,
        horizon_months=settings.horizon_months,
        annual_discount=settings.annual_discount,
        margin=analysis.margin,
        coverage=settings.coverage,
        window_days=(day - analysis.shop.first).days,
    )
    low, high = valuation.intervals()
    historic = analysis.margin * customers[schema.REVENUE].to_numpy()
    waiting = pd.to_timedelta(np.ceil(valuation.next_order_days), unit="D")
    scored: pd.DataFrame = customers.assign(
        **{
            schema.P_ALIVE: look.p_alive,
            schema.EXPECTED_ORDERS: valuation.expected_orders,
            schema.EXPECTED_ORDER_VALUE: look.per_order,
            schema.HISTORIC_VALUE: historic,
            schema.PREDICTED_CLV: valuation.value,
            schema.PREDICTED_CLV_LOW: low,
            schema.PREDICTED_CLV_HIGH: high,
            schema.TOTAL_VALUE: historic + valuation.value,
            schema.NEXT_ORDER_DATE: pd.Timestamp(day) + waiting,
            schema.P_ORDER_30D: look.p_order_30d,
        }
    )
    return scored[list(SCORED)]
