"""What a person has corrected in a file: single cells, a second way to read, people merged.

Corrections change values on the way in, never the file. Each is in the ledger with the row
number and the value before and after.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from clv.errors import InvalidMapping
from clv.intake.mapping import DateOrder, Decimal
from clv.intake.sources import RawTable
from clv.schema import ROW_NUMBER

MOST: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class CellFix:
    """In `column`, `new` stands where the file has `old` ("" for a blank cell).

    row: only in the row of this number, and then only in the file that it was made for; None:
    wherever the column has that text, in the next file too.
    """

    column: str
    old: str
    new: str
    row: int | None = None


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """All corrections to a file.

    cells: fixes of cells. date_order, decimal: a second reading for the dates and numbers that
    cannot be read as the mapping says. merges: (customer id, the id to use instead).
    """

    cells: tuple[CellFix, ...] = ()
    date_order: DateOrder | None = None
    decimal: Decimal | None = None
    merges: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if len(self.cells) > MOST or len(self.merges) > 10 * MOST:
            raise InvalidMapping(
                "There are too many corrections.", "Correct the file itself, and load it again."
            )
        if any(fix.row is None and not fix.old.strip() for fix in self.cells):
            raise InvalidMapping(
                "A blank cell can only be filled in a row of its own.", "Say which row is meant."
            )
        for value, allowed in ((self.date_order, DateOrder), (self.decimal, Decimal)):
            if value is not None and value not in get_args(allowed):
                raise _not_corrections()

    def with_cell(self, fix: CellFix) -> "Corrections":
        """A copy with one more fix; it replaces an earlier one of the same cell."""
        same = (fix.column, fix.old, fix.row)
        kept = (f for f in self.cells if (f.column, f.old, f.row) != same)
        return replace(self, cells=(*kept, fix))

    def with_merges(self, merges: Iterable[tuple[str, str]]) -> "Corrections":
        """A copy that merges these ids as well. Merged ids are followed to the end: no chains."""
        target = dict(self.merges)

        def end(name: str) -> str:
            while name in target:
                name = target[name]
            return name

        for alias, keep in merges:
            one, other = end(alias), end(keep)
            if one != other:
                target[one] = other
        return replace(self, merges=tuple(sorted((alias, end(alias)) for alias in target)))

    def for_other_file(self) -> "Corrections":
        """A copy without what belongs to single rows of the file that it was made for."""
        return replace(self, cells=tuple(fix for fix in self.cells if fix.row is None))

    def check(self, raw: RawTable) -> None:
        """Raise InvalidMapping when a column is not in the file."""
        for fix in self.cells:
            raw.key(fix.column)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Any) -> "Corrections":
        """The corrections in plain values; InvalidMapping when they are none."""
        try:
            cells = tuple(CellFix(**cell) for cell in content.get("cells", ()))
            merges = tuple((alias, keep) for alias, keep in content.get("merges", ()))
        except (TypeError, ValueError, AttributeError):
            raise _not_corrections() from None
        texts = [text for fix in cells for text in (fix.column, fix.old, fix.new)]
        rows = [fix.row for fix in cells if fix.row is not None]
        if not all(
            isinstance(text, str) for text in (*texts, *(t for pair in merges for t in pair))
        ):
            raise _not_corrections()
        if not all(type(row) is int for row in rows):
            raise _not_corrections()
        return cls(
            cells=cells,
            date_order=content.get("date_order"),
            decimal=content.get("decimal"),
            merges=merges,
        )


NOTHING: Final = Corrections()


def fix_cells(table: ir.Table, raw: RawTable, fixes: tuple[CellFix, ...]) -> ir.Table:
    """The raw table with the fixed cells in place of the file's."""
    changed = {}
    for column, of_column in _by_column(fixes).items():
        key = raw.key(column)
        changed[key] = _fixed(table[key], table[ROW_NUMBER], of_column)
    return table.mutate(**changed) if changed else table


def fixed_cells(table: ir.Table, raw: RawTable, fixes: tuple[CellFix, ...]) -> list[ir.Table]:
    """row_number, column, old, new of the cells that the fixes change; a table per column."""
    found = []
    for column, of_column in _by_column(fixes).items():
        cell = table[raw.key(column)]
        rows = table.select(
            ROW_NUMBER,
            column=ibis.literal(column),
            old=cell.fill_null(""),
            new=_fixed(cell, table[ROW_NUMBER], of_column).fill_null(""),
        )
        found.append(rows.filter(rows.old != rows.new))
    return found


def merge_customers(
    connection: Backend, lines: ir.Table, merges: tuple[tuple[str, str], ...]
) -> ir.Table:
    """The lines with merged ids; customer_before is the id as the file has it."""
    lines = lines.mutate(customer_before=lines.customer_id)
    if not merges:
        return lines
    pairs = pd.DataFrame(merges, columns=["merged_id", "kept_id"], dtype="object")
    table = connection.create_table("merges", ibis.memtable(pairs), temp=True)
    joined = lines.left_join(table, lines.customer_id == table.merged_id)
    merged = joined.mutate(customer_id=ibis.coalesce(joined.kept_id, joined.customer_id))
    return merged.drop("merged_id", "kept_id")


def _by_column(fixes: tuple[CellFix, ...]) -> dict[str, list[CellFix]]:
    grouped: dict[str, list[CellFix]] = {}
    for fix in fixes:
        grouped.setdefault(fix.column, []).append(fix)
    return grouped


def _fixed(cell: Any, row: Any, fixes: list[CellFix]) -> Any:
    """A fix of one row goes before one of all rows."""
    text = cell.strip().fill_null("")
    cases = [
        ((row == fix.row) & (text == fix.old.strip()), fix.new.strip())
        for fix in fixes
        if fix.row is not None
    ]
    cases += [(text == fix.old.strip(), fix.new.strip()) for fix in fixes if fix.row is None]
    return ibis.cases(*cases, else_=cell).nullif("")


def _not_corrections() -> InvalidMapping:
    return InvalidMapping(
        "The corrections in the recipe cannot be understood.",
        "Choose a recipe that was saved here, or take the corrections out of it.",
    )
