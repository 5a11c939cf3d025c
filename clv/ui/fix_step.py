"""Fix in place: cells that cannot be read, blank cells, and all of a kind at once."""

from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from clv.intake.corrections import CellFix, Corrections
from clv.intake.customer_mapping import CustomerMapping
from clv.intake.ledger import Reason
from clv.intake.mapping import DateOrder, Decimal, Mapping
from clv.intake.repairs import (
    MISSING,
    UNREADABLE,
    date_readings,
    missing_cells,
    number_readings,
    rows_in_file,
    unreadable_cells,
)
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.intake.wording import counted
from clv.schema import AMOUNT, CUSTOMER_ID, ORDER_ID, ORDERED_AT, PRODUCT, QUANTITY, UNIT_PRICE
from clv.ui import decisions
from clv.ui.text import plain

NEW: Final = "Write instead"
IN_FILE: Final = "of the row: "  # before the names of columns of the file, so that none is ours
CONTEXT: Final = (ORDERED_AT, ORDER_ID, CUSTOMER_ID, AMOUNT, QUANTITY, UNIT_PRICE, PRODUCT)
MOST: Final = 7
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
    title = f"Fix cells in place: {counted(rows, 'row')} cannot be read, {blank:,} without a value"
    # With a key that the page hears of, it stays open while a fix changes what stands above it.
    key = f"fixes_{decisions.mark(raw)}"
    with st.expander(title, icon=":material/edit:", key=key, on_change="rerun"):
        if not shop.by_customer:
            _readings(raw, shop)
        _in_vain(unreadable, missing)
        if not unreadable.empty:
            st.markdown("**Cells that cannot be read.** A fix holds for every row with that text.")
            _editor(raw, unreadable, ["column", "value", "rows", "first_row"], by_row=False)
        if not missing.empty:
            shown = f" The first {len(missing):,} of {blank:,}." if len(missing) < blank else ""
            st.markdown(f"**Blank cells.** A fix holds for that row of this file only.{shown}")
            _editor(raw, _in_context(raw, missing), ["row_number", "column"], by_row=True)
        _in_force(raw, fixes)


def point_to_dates(place: DeltaGenerator, raw: RawTable, shop: Shop) -> None:
    """Beside the columns: that dates are written in two ways, and where to see to it."""
    rows = shop.ledger.reasons.get(str(Reason.IMPOSSIBLE_DATE), 0)
    mapping = decisions.recipe(raw).mapping
    if not isinstance(mapping, Mapping) or not date_readings(shop.ledger):
        return
    place.warning(
        f"Dates in {plain(mapping.column(ORDERED_AT) or '')} are written in more than one way: "
        f"{counted(rows, 'row')} cannot be read like the rest. See **Fix cells in place** below, "
        "under The rows.",
        icon=":material/warning:",
    )


def _in_vain(*tables: pd.DataFrame) -> None:
    """Fixes that did not help: their rows are still left out."""
    tried = pd.concat([table.loc[table["tried"] != "", ["column", "tried"]] for table in tables])
    for column, text in tried.drop_duplicates().itertuples(index=False):
        st.error(
            f"**{plain(text)}** cannot be read in {plain(column)} either, so its rows are still "
            "left out. Write it another way below.",
            icon=":material/edit_off:",
        )


def _in_context(raw: RawTable, missing: pd.DataFrame) -> pd.DataFrame:
    """The blank cells with what the file says of the order in the same row, to decide by."""
    mapping = decisions.recipe(raw).mapping
    named = mapping.needed if isinstance(mapping, CustomerMapping) else _of_order(mapping)
    row = rows_in_file(raw, missing["row_number"].tolist(), list(dict.fromkeys(named))[:MOST])
    cells = {f"{IN_FILE}{name}": row[name].to_numpy() for name in row}
    return missing.assign(**cells)


def _of_order(mapping: Mapping) -> list[str]:
    columns = (mapping.column(role) for role in CONTEXT)
    return [column for column in columns if column is not None]


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
    key = f"fix_{by_row}_{hash(fixes)}_{decisions.mark(raw)}"  # edits belong to this very table
    beside = [name for name in map(str, cells) if name.startswith(IN_FILE)]
    count = st.column_config.NumberColumn
    st.data_editor(
        cells.assign(**{NEW: cells["tried"]})[[*shown, NEW, *beside]],
        key=key,
        hide_index=True,
        width="stretch",
        disabled=[*shown, *beside],
        on_change=_keep,
        args=(raw, cells, key),
        kwargs={"by_row": by_row},
        column_config={
            "column": "Blank" if by_row else "Column",
            "value": "In the file",
            "rows": count("Rows", format="%,d", width="small"),
            "first_row": count("First in row", format="%d", width="small"),
            "row_number": count("Row", format="%d", width="small"),
            NEW: st.column_config.TextColumn(NEW, width="medium"),
            **{name: name.removeprefix(IN_FILE) for name in beside},
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
        key = f"fixed_{hash(fixes.cells)}_{decisions.mark(raw)}"
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
