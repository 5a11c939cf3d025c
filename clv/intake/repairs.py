"""What could be fixed among the rows left out: cells that cannot be read, and second readings."""

from typing import Any, Final, TypeVar, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv import engine
from clv.intake.casting import money, number_text, timestamp
from clv.intake.ledger import Ledger, Reason
from clv.intake.mapping import DateOrder, Decimal

UNREADABLE: Final = (Reason.IMPOSSIBLE_DATE, Reason.IMPOSSIBLE_AMOUNT)
MISSING: Final = (Reason.NO_CUSTOMER, Reason.NO_DATE, Reason.NO_AMOUNT)
MOST_ROWS: Final = 500

Name = TypeVar("Name", bound=str)


def unreadable_cells(ledger: Ledger) -> pd.DataFrame:
    """The texts that cannot be read: column, value, reason, rows, first_row; most rows first.

    One row per text, for one fix mends all of them; at most MOST_ROWS.
    """
    rejected = _rejected(ledger)
    listed = rejected.filter(rejected.reason.isin([str(r) for r in UNREADABLE]))
    counts = listed.group_by("column", "value", "reason").aggregate(
        rows=listed.count(), first_row=listed.row_number.min()
    )
    frame: pd.DataFrame = counts.order_by(ibis.desc("rows"), "first_row").limit(MOST_ROWS).execute()
    return frame


def missing_cells(ledger: Ledger) -> pd.DataFrame:
    """Blank cells that a row cannot do without: row_number, column, reason; at most MOST_ROWS."""
    rejected = _rejected(ledger)
    listed = rejected.filter(rejected.reason.isin([str(r) for r in MISSING]))
    columns = listed.select("row_number", "column", "reason")
    frame: pd.DataFrame = columns.order_by("row_number").limit(MOST_ROWS).execute()
    return frame


def date_readings(ledger: Ledger) -> dict[DateOrder, int]:
    """How many of the rows with an unreadable date each order of day and month could read."""
    rejected = _rejected(ledger)
    texts = rejected.filter(rejected.reason == str(Reason.IMPOSSIBLE_DATE)).value
    orders: tuple[DateOrder, ...] = get_args(DateOrder)
    return _counts({order: timestamp(texts, order).notnull() for order in orders})


def number_readings(ledger: Ledger) -> dict[Decimal, int]:
    """How many of the rows with an unreadable amount each decimal mark could read."""
    rejected = _rejected(ledger)
    texts = rejected.filter(rejected.reason == str(Reason.IMPOSSIBLE_AMOUNT)).value
    marks: tuple[Decimal, ...] = get_args(Decimal)
    return _counts({mark: money(number_text(texts, mark)).notnull() for mark in marks})


def _rejected(ledger: Ledger) -> ir.Table:
    return engine.connect().read_parquet(str(ledger.rejected_path))


def _counts(readable: dict[Name, Any]) -> dict[Name, int]:
    counts = {name: int(reads.sum().execute() or 0) for name, reads in readable.items()}
    return {name: count for name, count in counts.items() if count}
