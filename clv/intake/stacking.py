"""Several files of one layout (a file per month) put below each other."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv.errors import AmbiguousFormat, UnreadableFile
from clv.intake.conventions import date_order, decimal_mark
from clv.intake.keeping import Made, keep, last_row, origins_of, shifted
from clv.intake.sources import DAMAGED, Origin, RawTable
from clv.intake.spool import unique_names
from clv.intake.values import kind
from clv.intake.vocabulary import fold, likeness
from clv.intake.wording import counted, verb
from clv.schema import ORDER_ID, ROW_NUMBER

SOURCE_FILE: Final = "Source file"
_SAMPLE: Final = 300
_SURELY: Final = 0.75
_CONTRADICTIONS: Final = (("dmy", "mdy", "dates"), (".", ",", "numbers"))

Slot = tuple[str, int]  # a folded name, and which of the columns that fold to it


def append(tables: Sequence[RawTable]) -> RawTable:
    """All rows of all tables, columns matched by name, with a column that names the file.

    A file that is there twice is taken once. Raises AmbiguousFormat when the files write dates
    or numbers in ways that contradict each other, for one table can have only one way.
    """
    parts, notes = _without_copies(tables)
    _refuse_other_columns(parts)
    _refuse_other_conventions(parts)
    return keep(
        parts, f"append {len(tables)}", combined_name(tables), lambda c: _made(c, parts, notes)
    )


def slots(raw: RawTable) -> dict[Slot, str]:
    """The columns of a table by what makes them the same as those of another."""
    taken: Counter[str] = Counter()
    result = {}
    for name in raw.columns:
        if name in raw.provenance:
            continue
        folded = fold(name)
        result[folded, taken[folded]] = name
        taken[folded] += 1
    return result


def combined_name(tables: Sequence[RawTable]) -> str:
    """The name of a table made of several."""
    more = len(tables) - 1
    return f"{tables[0].name} + {more} more" if more else tables[0].name


def _made(connection: Backend, parts: Sequence[RawTable], notes: list[str]) -> Made:
    union: dict[Slot, str] = {}
    for raw in parts:
        for slot, name in slots(raw).items():
            union.setdefault(slot, name)
    columns = unique_names([*union.values(), SOURCE_FILE])
    pieces: list[ir.Table] = []
    origins: list[Origin] = []
    before = 0
    for raw in parts:
        pieces.append(_piece(raw, raw.table(connection), list(union), before))
        origins += shifted(origins_of(raw), before)
        before += last_row(raw, connection)
    table = ibis.union(*pieces, distinct=False) if len(pieces) > 1 else pieces[0]
    staged = connection.create_table("appended", table, temp=True)
    notes = [*notes, *_incomplete(parts, union), *_overlaps(staged, list(union.values()))]
    inherited = [f"{raw.name}: {note}" for raw in parts for note in raw.notes]
    return Made(
        table=staged,
        columns=columns,
        origins=tuple(origins),
        notes=(*notes, *inherited),
        provenance=(columns[-1],),
    )


def _piece(raw: RawTable, table: ir.Table, union: Sequence[Slot], before: int) -> ir.Table:
    own = slots(raw)
    number = (table[ROW_NUMBER] + before).cast("int64")
    cells: dict[str, Any] = {
        f"c{index}": table[raw.key(own[slot])] if slot in own else ibis.null("string")
        for index, slot in enumerate(union)
    }
    name, _ = raw.origins_of(table[ROW_NUMBER])
    return table.select(
        **{ROW_NUMBER: number},
        **cells,
        **{f"c{len(union)}": name.cast("string"), DAMAGED: table[DAMAGED]},
    )


def _without_copies(tables: Sequence[RawTable]) -> tuple[list[RawTable], list[str]]:
    parts: dict[tuple[str, str | None], RawTable] = {}
    notes = []
    for raw in tables:
        identity = raw.content_hash, raw.detected.sheet
        if identity in parts:
            notes.append(f"{raw.name} is the same file as {parts[identity].name}: taken once.")
        else:
            parts[identity] = raw
    return list(parts.values()), notes


def _refuse_other_columns(parts: Sequence[RawTable]) -> None:
    first = slots(parts[0])
    for raw in parts[1:]:
        if not set(first) & set(slots(raw)):
            raise UnreadableFile(
                f"{raw.name} has no column in common with {parts[0].name}.",
                "Choose files with the same columns.",
            )


def _refuse_other_conventions(parts: Sequence[RawTable]) -> None:
    """03/04/2021 in one file and 04/03/2021 in the next must never be read in one way."""
    ways: dict[Slot, dict[str, str]] = {}
    for raw in parts:
        frame = raw.sample(_SAMPLE)
        for slot, column in slots(raw).items():
            way = _convention(raw, column, frame[column].tolist())
            ways.setdefault(slot, {}).setdefault(way, raw.name)
    for (column, _), files in ways.items():
        for one, other, what in _CONTRADICTIONS:
            if one in files and other in files:
                raise AmbiguousFormat(
                    f"In column '{column}' {files[one]} and {files[other]} do not write {what} "
                    "in the same way.",
                    "Export the files with dates and numbers written in one way, dates best as "
                    "2021-03-31.",
                )


def _convention(raw: RawTable, column: str, sample: Sequence[str | None]) -> str:
    """The order of dates or the decimal mark of a column; empty where it has none."""
    cells = [cell for cell in sample if cell and cell.strip()]
    kinds = Counter(map(kind, cells))
    if kinds["date"] > 0.5 * len(cells):
        return date_order(raw, column) or ""
    if kinds["number"] > 0.5 * len(cells) and any("." in cell or "," in cell for cell in cells):
        return decimal_mark(raw, [column]) or ""
    return ""


def _incomplete(parts: Sequence[RawTable], union: dict[Slot, str]) -> list[str]:
    notes = []
    for raw in parts:
        missing = [f"'{name}'" for slot, name in union.items() if slot not in slots(raw)]
        if missing:
            notes.append(f"{raw.name} has no column {', '.join(missing)}: blank there.")
    return notes


def _overlaps(table: ir.Table, names: Sequence[str]) -> list[str]:
    """Rows, and orders, that stand in more than one file."""
    file = table[f"c{len(names)}"]
    cells = [table[f"c{index}"].fill_null("\x00") for index in range(len(names))]
    seen = table.select(row=ibis.literal("\x1f").join(cells).hash(), file=file)
    twice = seen.group_by("row").aggregate(files=seen.file.nunique())
    rows = int(twice.filter(twice.files > 1).count().execute())
    notes = []
    if rows:
        stand = f"{counted(rows, 'row')} {verb(rows, 'stands', 'stand')}"
        notes.append(f"{stand}, equal in every column, in more than one file.")
    order = max(range(len(names)), key=lambda index: likeness(names[index], ORDER_ID))
    if likeness(names[order], ORDER_ID) >= _SURELY:
        orders = table.select(order=table[f"c{order}"], file=file).drop_null("order")
        orders = orders.group_by("order").aggregate(files=orders.file.nunique())
        shared = int(orders.filter(orders.files > 1).count().execute())
        if shared:
            notes.append(
                f"{counted(shared, 'order number')} (column '{names[order]}') "
                f"{verb(shared, 'stands', 'stand')} in more than one file: "
                "an order of the same customer and day counts as the latest file has it."
            )
    return notes
