"""Which of several tables holds the orders: from the names and values of their first rows."""

from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from clv.intake.evidence import Evidence
from clv.intake.scoring import LEAST, scores
from clv.intake.sources import DAMAGED
from clv.schema import (
    AMOUNT,
    CUSTOMER_ID,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT,
    PRODUCT_ID,
    QUANTITY,
    ROW_NUMBER,
    UNIT_PRICE,
)

Rank = tuple[int, int, int]
NO_ORDERS: Final[Rank] = (0, 0, 0)
_ROWS: Final = 1000
_OF_ORDERS: Final = (ORDER_ID, QUANTITY, PRODUCT, PRODUCT_ID)


def rank(table: Path, facts: dict[str, Any]) -> Rank:
    """How much a table that was read looks like orders; the greater the more.

    Whether it has a customer, a date and an amount comes first (two of them at least), then
    whether it has an order number, a product or a quantity, then whether customers come again.
    """
    if not facts["detected"]["header"]:
        return NO_ORDERS  # nothing but numbers and texts: names say what they are
    columns = dict(zip(facts["columns"], _first_rows(table), strict=True))
    found: dict[str, str] = {}
    for (role, column), score in sorted(scores(columns).items(), key=lambda pair: -pair[1]):
        if score >= LEAST and column not in found.values():
            found.setdefault(role, column)
    needed = sum(
        any(role in found for role in kind)
        for kind in ((CUSTOMER_ID,), (ORDERED_AT,), (AMOUNT, UNIT_PRICE))
    )
    if needed < 2:
        return NO_ORDERS
    customers = columns.get(found.get(CUSTOMER_ID, ""))
    again = customers is not None and customers.distinct < customers.filled
    return needed, int(any(role in found for role in _OF_ORDERS)), int(again)


def _first_rows(table: Path) -> list[Evidence]:
    with pq.ParquetFile(table) as file:
        batch = next(file.iter_batches(_ROWS))
    rows = batch.filter(batch[DAMAGED].is_null())
    cells = (name for name in rows.schema.names if name not in (ROW_NUMBER, DAMAGED))
    return [Evidence.of(rows[name].to_pylist()) for name in cells]
