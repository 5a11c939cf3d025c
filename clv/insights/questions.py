"""Questions about who bought, put to the lines of an analysis (`Lines.ask`)."""

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from clv import schema
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
