"""What could be fixed among the rows left out: cells that cannot be read, and second readings."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv import engine
from clv.intake.casting import money, number_text, timestamp
from clv.intake.ledger import Change, Ledger, Reason
from clv.intake.mapping import DateOrder, Decimal
from clv.intake.sources import RawTable

UNREADABLE: Final = (Reason.IMPOSSIBLE_DATE, Reason.IMPOSSIBLE_AMOUNT)
MISSING: Final = (Reason.NO_CUSTOMER, Reason.NO_DATE, Reason.NO_AMOUNT)
MOST_ROWS: Final = 500

Name = TypeVar("Name", bound=str)


def unreadable_cells(ledger: Ledger) -> pd.DataFrame:
    """The texts that cannot be read: column, value, tried, reason, rows, first_row.

    value: the text in the file; tried: what a fix has put in its place in vain, else "". One row
    per text, for one fix mends all of them; most rows first, at most MOST_ROWS.
    """
    listed = _left_out(ledger, UNREADABLE)
    listed = listed.filter(listed.value != "")
    counts = listed.group_by("column", "value", "tried", "reason").aggregate(
        rows=listed.count(), first_row=listed.row_number.min()
    )
    frame: pd.DataFrame = counts.order_by(ibis.desc("rows"), "first_row").limit(MOST_ROWS).execute()
    return frame


def missing_cells(ledger: Ledger) -> pd.DataFrame:
    """Blank cells that a row cannot do without: row_number, column, reason, tried.

    Also those that a fix has filled with what cannot be read; at most MOST_ROWS.
    """
    listed = _left_out(ledger, (*MISSING, *UNREADABLE))
    listed = listed.filter(listed.value == "")
    columns = listed.select("row_number", "column", "reason", "tried")
    frame: pd.DataFrame = columns.order_by("row_number").limit(MOST_ROWS).execute()
    return frame


def rows_in_file(raw: RawTable, numbers: Sequence[int], columns: Sequence[str]) -> pd.DataFrame:
    """What the file has in these columns of these rows, in the order of the numbers."""
    table = raw.table(engine.connect())
    named = {f"cell_{index}": table[raw.key(name)] for index, name in enumerate(columns)}
    rows = table.filter(table.row_number.isin(list(numbers))).select("row_number", **named)
    frame: pd.DataFrame = rows.execute().set_index("row_number")
    return frame.reindex(list(numbers)).fillna("").set_axis(list(columns), axis=1)


def fixed_in_vain(ledger: Ledger) -> int:
    """Rows that were given another value and still cannot be read."""
    listed = _left_out(ledger, UNREADABLE)
    return int(listed.filter(listed.tried != "").count().execute())


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


def _left_out(ledger: Ledger, reasons: Sequence[Reason]) -> ir.Table:
    """Rows left out for these reasons, with the file's own value and what a fix made of it."""
    connection = engine.connect()
    rejected = connection.read_parquet(str(ledger.rejected_path))
    changes = connection.read_parquet(str(ledger.changes_path))
    fixes = changes.filter(changes.change == str(Change.FIXED)).select(
        fixed_row="row_number", fixed_column="column", old="old", new="new"
    )
    rows = rejected.filter(rejected.reason.isin([str(reason) for reason in reasons]))
    same = (rows.row_number == fixes.fixed_row, rows["column"] == fixes.fixed_column)
    both = rows.left_join(fixes, same)
    return both.select(
        "row_number",
        "column",
        "reason",
        value=ibis.coalesce(both.old, both.value),
        tried=both.new.fill_null(""),
    )


def _rejected(ledger: Ledger) -> ir.Table:
    return engine.connect().read_parquet(str(ledger.rejected_path))


def _counts(readable: dict[Name, Any]) -> dict[Name, int]:
    counts = {name: int(reads.sum().execute() or 0) for name, reads in readable.items()}
    return {name: count for name, count in counts.items() if count}
