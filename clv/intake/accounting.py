"""From cleaned lines to the ledger's tables: rows left out, values changed, effects in money."""

from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from clv import schema
from clv.intake.correcting import fixed_cells
from clv.intake.corrections import Corrections
from clv.intake.ledger import Change, Changed, Effect, Reason
from clv.intake.mapping import Mapping
from clv.intake.sources import RawTable
from clv.settings import Rules

_DATES = [Reason.NO_DATE.value, Reason.IMPOSSIBLE_DATE.value, Reason.AFTER_LAST_DAY.value]


def left_out_rows(lines: ir.Table, mapping: Mapping) -> ir.Table:
    """row_number, reason, column and value of every row left out, in the order of the file."""

    def named(role: str) -> str:
        return mapping.column(role) or ""

    reason = lines.reason
    cases: list[tuple[Any, str, Any]] = [
        (reason == Reason.NO_CUSTOMER.value, named(schema.CUSTOMER_ID), ""),
        (reason == Reason.CUSTOMER_LEFT_OUT.value, named(schema.CUSTOMER_ID), lines.customer_id),
        (reason.isin(_DATES), named(schema.ORDERED_AT), lines.ordered_at_text),
        (reason == Reason.CANCELLED.value, named(schema.STATUS), lines.order_status),
        (reason == Reason.SUPERSEDED.value, named(schema.ORDER_ID), lines.order_id),
        (reason == Reason.DUPLICATE.value, "all columns", ""),
        (reason == Reason.OTHER_CURRENCY.value, named(schema.CURRENCY), lines.currency_code),
        (lines.kind_column.notnull(), lines.kind_column, lines.kind_value),
    ]
    if mapping.column(schema.AMOUNT) is None:
        cases.append(
            (lines.quantity.isnull(), named(schema.QUANTITY), lines.quantity_text),
        )
        column, value = named(schema.UNIT_PRICE), lines.unit_price_text
    else:
        column, value = named(schema.AMOUNT), lines.amount_text
    return (
        lines.filter(reason.notnull())
        .select(
            schema.ROW_NUMBER,
            "reason",
            column=ibis.cases(*((when, what) for when, what, _ in cases), else_=column),
            value=ibis.cases(*((when, text) for when, _, text in cases), else_=value).fill_null(""),
        )
        .order_by(schema.ROW_NUMBER)
    )


def changed_rows(
    table: ir.Table,
    lines: ir.Table,
    raw: RawTable,
    mapping: Mapping,
    rules: Rules,
    corrections: Corrections,
) -> ir.Table:
    """row_number, change, column, old and new value of every value that is not the file's.

    A row may stand here several times, and here as well as among the rows left out.
    """
    customer, day = (mapping.column(role) or "" for role in schema.REQUIRED_ROLES)
    amount = mapping.column(schema.AMOUNT) or mapping.column(schema.UNIT_PRICE) or ""
    order = mapping.column(schema.ORDER_ID) or ""
    money = lines.amount_before.cast("string")
    parts = fixed_rows(table, raw, corrections)

    def add(change: Change, when: Any, column: str, old: Any, new: Any) -> None:
        parts.append(
            lines.filter(when.fill_null(False)).select(
                schema.ROW_NUMBER,
                column=ibis.literal(column),
                old=old.cast("string").fill_null(""),
                new=new.cast("string").fill_null(""),
                change=ibis.literal(change.value),
            )
        )

    if corrections.date_order:
        written = lines.ordered_at.strftime("%Y-%m-%d")
        add(Change.REREAD, lines.date_reread, day, lines.ordered_at_text, written)
    if corrections.decimal:
        add(Change.REREAD, lines.amount_reread, amount, lines.amount_text, money)
    if corrections.merges:
        differs = lines.customer_before != lines.customer_id
        add(Change.MERGED, differs, customer, lines.customer_before, lines.customer_id)
    if corrections.fills:
        filled = lines.customer_before.isnull() & lines.customer_id.notnull()
        add(Change.FILLED, filled, customer, ibis.literal(""), lines.customer_id)
    if mapping.continued:
        add(Change.CONTINUED, lines.continues, order, ibis.literal(""), lines.order_id)
    if mapping.takes_back:
        add(Change.CREDITED, lines.credited, amount, lines.amount_text, lines.amount_written)
    if mapping.amount_of == "order":
        add(Change.SHARED_OUT, lines.shared, amount, lines.amount_text, lines.amount_shared)
    if rules.rates:
        add(Change.CONVERTED, lines.converted, amount, money, lines.amount_converted)
    add(Change.CAPPED, lines.capped, amount, lines.amount_converted, lines.amount)
    return stacked_changes(parts)


def fixed_rows(table: ir.Table, raw: RawTable, corrections: Corrections) -> list[ir.Table]:
    """The cells that were fixed, as changes; a table per column, and one without rows."""
    nothing = table.limit(0).select(
        schema.ROW_NUMBER, column=ibis.literal(""), old=ibis.literal(""), new=ibis.literal("")
    )
    cells = (nothing, *fixed_cells(table, raw, corrections.cells))
    return [rows.mutate(change=ibis.literal(Change.FIXED.value)) for rows in cells]


def stacked_changes(parts: list[ir.Table]) -> ir.Table:
    """Changes below each other, in the order of the file."""
    stacked = reduce(lambda one, other: one.union(other), (_in_order(part) for part in parts))
    return stacked.order_by([schema.ROW_NUMBER, "change", "column"])


def with_origin(rows: ir.Table, raw: RawTable) -> ir.Table:
    """The rows with file and file_row, where the table was made of several files."""
    if not raw.origins:
        return rows
    name, row = raw.origins_of(rows.row_number)
    return rows.mutate(file=name, file_row=row)


def changes_of(changed: ir.Table) -> tuple[Changed, ...]:
    """One entry per kind of change that was made, in the order in which they are made."""
    counts = changed.group_by("change").aggregate(rows=changed.row_number.nunique()).execute()
    rows = dict(counts.itertuples(index=False))
    return tuple(Changed(change, int(rows[change.value])) for change in Change if change in rows)


def effects_of(lines: ir.Table) -> tuple[Effect, ...]:
    """One Effect per reason that took rows out, in the order of the rules."""
    remaining = lines.filter(lines.reason.isnull()).select(stays=lines.customer_id).distinct()
    left_out = lines.filter(lines.reason.notnull())
    rows = (
        left_out.left_join(remaining, left_out.customer_id == remaining.stays)
        .group_by("reason")
        .aggregate(
            rows=lambda t: t.count(),
            customers=lambda t: t.customer_id.nunique(),
            customers_lost=lambda t: t.customer_id.nunique(where=t.stays.isnull()),
            revenue=lambda t: t.amount.sum().cast("float64").fill_null(0.0),
        )
        .execute()
        .set_index("reason")
    )
    return tuple(
        Effect(
            reason=reason,
            rows=int(rows.at[reason.value, "rows"]),
            customers=int(rows.at[reason.value, "customers"]),
            customers_lost=int(rows.at[reason.value, "customers_lost"]),
            revenue=float(rows.at[reason.value, "revenue"]),
        )
        for reason in Reason
        if reason.value in rows.index
    )


def _in_order(part: ir.Table) -> ir.Table:
    return part.select(
        row_number=part.row_number.cast("int64"),
        change=part.change,
        column=part.column,
        old=part.old,
        new=part.new,
    )
