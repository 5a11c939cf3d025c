"""Files with one row per customer: their summary, and what cannot be said without single orders."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from clv import engine, schema
from clv.errors import NotEnoughData
from clv.formula import FormulaCLV, FormulaTerms, formula_clv
from clv.insights.channels import channel_column
from clv.insights.segments import NO_ITEM
from clv.intake.shop import Shop
from clv.settings import Settings
from clv.summary import rows_summary

UNTESTED: Final = NotEnoughData(
    "The file has one row per customer, without the single orders that a test on the past needs.",
    "Load a file with one row per order to see how far the forecast can be trusted.",
)
WHAT_IS_MISSING: Final = (
    "One row per customer does not say on which days they ordered: orders of one day, which are "
    "one purchase for the model, count as several, so customers may seem to come back more often "
    "than they do. Order values are means of all orders, the first included."
)


def summary_of_file(shop: Shop, day: date, attributes: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """The customers of a file with one row each, as `rows_summary` gives them, with attributes.

    Adds "orders, NAME" and "revenue, NAME" per channel, channels_used and main_channel;
    interests as one text, "KADIN, ERKEK", where the file has them.
    """
    rows = shop.open_customers(engine.connect())
    along: dict[str, tuple[str, Any]] = {}  # our key -> label, value; labels are the user's words
    for place, channel in enumerate(shop.channels):
        for what in (schema.ORDERS, schema.REVENUE):
            value = rows[f"channel_{place}_{what}"].cast("float64")
            along[f"along_{what}_{place}"] = channel_column(what, channel), value
    if schema.INTERESTS in shop.roles:
        along["along_interests"] = schema.INTERESTS, rows[schema.INTERESTS].join(", ")
    rows = rows.mutate(**{key: value for key, (_, value) in along.items()})
    pairs = (*((key, key) for key in along), *attributes)
    summary: pd.DataFrame = rows_summary(rows, day, pairs).execute()
    labels = {key: label for key, (label, _) in along.items()}
    return _with_channels(summary.rename(columns=labels), shop.channels)


def _with_channels(customers: pd.DataFrame, channels: tuple[str, ...]) -> pd.DataFrame:
    """The customers with channels_used ("Online and Offline") and main_channel.

    The main channel has the most orders; of two with as many, the one with more revenue.
    """
    if not channels:
        return customers
    orders, revenue = (
        np.column_stack([customers[channel_column(what, c)].fillna(0) for c in channels])
        for what in (schema.ORDERS, schema.REVENUE)
    )
    names = np.array(channels, dtype=object)
    patterns, which = np.unique(orders > 0, axis=0, return_inverse=True)
    combined = [" and ".join(names[pattern]) or NO_ITEM for pattern in patterns]
    used = np.array(combined, dtype=object)[which.ravel()]
    place = np.lexsort((revenue, orders), axis=1)[:, -1]
    main = np.where(orders.sum(axis=1) > 0, names[place], NO_ITEM)
    columns: dict[str, Any] = {schema.CHANNELS_USED: used, schema.MAIN_CHANNEL: main}
    return customers.assign(**columns)


def formula_of_rows(terms: FormulaTerms, margin: float, settings: Settings) -> FormulaCLV:
    """The formula, with inactivity in the place of period over period, and a word about it."""
    if settings.churn_method != "period_over_period":
        return formula_clv(terms, margin, settings.churn_method)
    formula = formula_clv(terms, margin, "inactivity")
    why = "Period over period needs single orders, so churn is measured by inactivity."
    return replace(formula, note=f"{why} {formula.note}".strip())
