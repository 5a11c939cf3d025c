"""Questions about who bought and what that comes to, put to the lines (`Lines.ask`)."""

from datetime import date

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from clv import schema
from clv.formula import FormulaTerms, measure_terms_of_lines
from clv.insights.lines import CUSTOMER

Places = npt.NDArray[np.int32]


def buyers(lines: ir.Table, column: str, value: str) -> Places:
    """Places of the customers with a purchase of the product or group in a level's column."""
    return ordered_within(lines.filter(lines[column] == value))


def ordered_within(lines: ir.Table) -> Places:
    """Places of the customers with a purchase among the lines."""
    bought = lines.filter(~lines[schema.IS_REFUND]).select(CUSTOMER).distinct()
    places: Places = bought.execute()[CUSTOMER].to_numpy(dtype=np.int32)
    return places


def formula_terms(
    lines: ir.Table, first_order: date, analysis_date: date, inactive_months: int
) -> FormulaTerms:
    """The terms of the formula; first_order: first day of the window of the whole file."""
    named = lines.select(
        "day",
        "amount",
        customer_id=lines.customer,
        order_id=lines["order"],
        bought=~lines.is_refund,
    )
    return measure_terms_of_lines(
        named, first_order, analysis_date, inactive_months=inactive_months
    )
