"""Corrections put to work: as expressions over all rows, with what they change."""

from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from clv.intake.cards import email_key
from clv.intake.corrections import CellFix, Corrections
from clv.intake.sources import RawTable
from clv.schema import ROW_NUMBER


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
    connection: Backend,
    table: ir.Table,
    lines: ir.Table,
    raw: RawTable,
    corrections: Corrections,
) -> ir.Table:
    """The lines with merged ids, and ids where there were none; customer_before is the file's."""
    lines = lines.mutate(customer_before=lines.customer_id)
    if corrections.fills and corrections.email_column:
        key = email_key(table[raw.key(corrections.email_column)].strip())
        emails = table.select(email_row=table[ROW_NUMBER], email=key)
        lines = lines.left_join(emails, lines[ROW_NUMBER] == emails.email_row).drop("email_row")
        lines = lines.mutate(email=lines.customer_id.isnull().ifelse(lines.email, None))
        lines = _replaced(connection, lines, "email", corrections.fills).drop("email")
    if corrections.merges:
        lines = _replaced(connection, lines, "customer_id", corrections.merges)
    return lines


def _replaced(
    connection: Backend, lines: ir.Table, column: str, pairs: tuple[tuple[str, str], ...]
) -> ir.Table:
    """The lines with another customer_id where `column` is the first of a pair."""
    frame = pd.DataFrame(pairs, columns=["found", "kept"], dtype="object")
    table = connection.create_table(f"pairs_{column}", ibis.memtable(frame), temp=True)
    joined = lines.left_join(table, lines[column] == table.found)
    changed = joined.mutate(customer_id=ibis.coalesce(joined.kept, joined.customer_id))
    return changed.drop("found", "kept")


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
