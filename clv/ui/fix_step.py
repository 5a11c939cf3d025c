"""Fix in place: cells that cannot be read, blank cells, and all of a kind at once."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from clv.intake.corrections import CellFix, Corrections
from clv.intake.mapping import DateOrder, Decimal
from clv.intake.repairs import (
    MISSING,
    UNREADABLE,
    date_readings,
    missing_cells,
    number_readings,
    unreadable_cells,
)
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.ui import decisions
from clv.ui.text import plain

NEW: Final = "Write instead"
ORDERS: Final[dict[DateOrder, str]] = {
    "ymd": "year first", "dmy": "day first", "mdy": "month first",
}  # fmt: skip
MARKS: Final[dict[Decimal, str]] = {".": "a decimal point", ",": "a decimal comma"}


def show_fixes(raw: RawTable, shop: Shop) -> None:
    """What could be fixed, in tables to write into; and the fixes in force."""
    unreadable, missing = unreadable_cells(shop.ledger), missing_cells(shop.ledger)
    fixes = decisions.recipe(raw).corrections
    if (
        unreadable.empty
        and missing.empty
        and not (fixes.cells or fixes.date_order or fixes.decimal)
    ):
        return
    reasons = shop.ledger.reasons
    rows, blank = (sum(reasons.get(str(r), 0) for r in kind) for kind in (UNREADABLE, MISSING))
    title = f"Fix cells in place: {rows:,} rows cannot be read, {blank:,} lack a value"
    with st.expander(title, icon=":material/edit:"):
        if not shop.by_customer:
            _readings(raw, shop)
        if not unreadable.empty:
            st.markdown("**Cells that cannot be read.** A fix holds for every row with that text.")
            _editor(raw, unreadable, ["column", "value", "rows", "first_row"], by_row=False)
        if not missing.empty:
            shown = f" The first {len(missing):,} of {blank:,}." if len(missing) < blank else ""
            st.markdown(f"**Blank cells.** A fix holds for that row of this file only.{shown}")
            _editor(raw, missing, ["row_number", "column", "reason"], by_row=True)
        _in_force(raw, fixes)


def _readings(raw: RawTable, shop: Shop) -> None:
    """All dates or numbers of a kind at once."""
    if date_readings(shop.ledger):
        st.warning(
            "Some dates can only be read another way than the rest, so both ways are in the file: "
            "dates up to the 12th may be misread without a sign. Better export it again with one "
            "way of writing dates.",
            icon=":material/warning:",
        )
    for order, rows in date_readings(shop.ledger).items():
        _reading(raw, f"Read all {rows:,} dates as {ORDERS[order]}", date_order=order)
    for mark, rows in number_readings(shop.ledger).items():
        _reading(raw, f"Read all {rows:,} amounts with {MARKS[mark]}", decimal=mark)


def _reading(raw: RawTable, label: str, **reading: str) -> None:
    st.button(
        label,
        key=f"reread_{reading}",
        on_click=_change,
        args=(raw,),
        kwargs=reading,
        icon=":material/done_all:",
    )


def _editor(raw: RawTable, cells: pd.DataFrame, shown: list[str], *, by_row: bool) -> None:
    fixes = decisions.recipe(raw).corrections.cells
    key = f"fix_{by_row}_{len(fixes)}_{decisions.mark(raw)}"
    count = st.column_config.NumberColumn
    st.data_editor(
        cells[shown].assign(**{NEW: ""}),
        key=key,
        hide_index=True,
        width="stretch",
        disabled=shown,
        on_change=_keep,
        args=(raw, cells, key),
        kwargs={"by_row": by_row},
        column_config={
            "column": "Column",
            "value": "In the file",
            "rows": count("Rows", format="%,d"),
            "first_row": count("First in row", format="%d"),
            "row_number": count("Row", format="%d"),
            "reason": "Left out because",
        },
    )


def _keep(raw: RawTable, cells: pd.DataFrame, key: str, *, by_row: bool) -> None:
    """Turn what was written into fixes. Only from a callback."""
    edits: dict[str, dict[str, Any]] = st.session_state[key]["edited_rows"]
    corrections = decisions.recipe(raw).corrections
    for place, edit in edits.items():
        row, new = cells.iloc[int(place)], edit.get(NEW)
        if not new or not str(new).strip():
            continue
        fix = CellFix(
            column=str(row["column"]),
            old="" if by_row else str(row["value"]),
            new=str(new).strip(),
            row=int(row["row_number"]) if by_row else None,
        )
        corrections = corrections.with_cell(fix)
    decisions.change(raw, corrections=corrections)


def _in_force(raw: RawTable, fixes: Corrections) -> None:
    """The fixes made so far, to take back."""
    if fixes.date_order or fixes.decimal:
        st.caption(
            "A second way to read is in force for what the first cannot read: "
            + " and ".join(
                words
                for words in (
                    ORDERS[fixes.date_order] if fixes.date_order else "",
                    MARKS[fixes.decimal] if fixes.decimal else "",
                )
                if words
            )
            + "."
        )
        st.button(
            "Take it back",
            on_click=_change,
            args=(raw,),
            kwargs={"date_order": None, "decimal": None},
            icon=":material/undo:",
        )
    if fixes.cells:
        labels = {_in_words(fix): fix for fix in fixes.cells}
        key = f"fixes_{len(fixes.cells)}_{decisions.mark(raw)}"
        st.multiselect(
            "Fixes in force",
            list(labels),
            list(labels),
            key=key,
            on_change=lambda: _change(
                raw, cells=tuple(labels[words] for words in st.session_state[key])
            ),
            help="Take one away to undo it.",
        )


def _change(raw: RawTable, **changes: Any) -> None:
    corrections = decisions.recipe(raw).corrections
    parts = {**vars(corrections), **changes}
    decisions.change(raw, corrections=Corrections(**parts))


def _in_words(fix: CellFix) -> str:
    where = f"row {fix.row}" if fix.row is not None else "all rows"
    return plain(f"{fix.column}, {where}: {fix.old or 'blank'} → {fix.new}").replace("\\", "")
