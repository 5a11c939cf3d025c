"""The common end of every reader: records in, one Parquet file of text columns out."""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from clv import engine
from clv.errors import NotEnoughData, UnreadableFile
from clv.intake.dialect import Layout, Record
from clv.intake.sources import DAMAGED, Detected
from clv.intake.wording import counted, verb
from clv.schema import ROW_NUMBER

MAX_COLUMNS: Final = 1000
MAX_CELLS: Final = 2_000_000_000
_FOOTER: Final = 3
_TOTAL: Final = re.compile(
    r"^(?:(?:grand|sub|sum)[ -]?)?(?:total|totals|totale|totaal|summe|gesamt(?:summe)?|somme|sum|"
    r"suma|razem|celkem|итого|合計|总计|合计)\b[^0-9]{0,20}$",
    re.IGNORECASE,
)
_MANGLED: Final = r"^[0-9](?:[.,][0-9]+)?E\+[0-9]{2}$"


@dataclass(frozen=True)
class Columns:
    """Names of the columns, and which cells of a record they take (the first `width`)."""

    names: tuple[str, ...]
    width: int


def columns_of(layout: Layout | None, sample: Sequence[Record]) -> tuple[Layout, Columns]:
    """Check that there is a table, and name its columns. Raises in two sentences if not.

    Trailing columns without a name and without a value (rows that end in delimiters) go.
    """
    if layout is None:
        raise UnreadableFile("The file holds no values.", "Export it again and check its rows.")
    if layout.width > MAX_COLUMNS:
        raise too_many_columns(layout.width)
    body = [cells for number, cells in sample if number >= layout.first]
    if layout.header is not None and not any(cell.strip() for cells in body for cell in cells):
        raise NotEnoughData(
            "The file has a header and no rows below it.",
            "Export it again for a period with orders.",
        )
    names = [name.strip() for name in layout.names]
    width = max(layout.width, max((i for i, n in enumerate(names, 1) if n), default=0))
    names += [""] * (width - len(names))
    # Without a header an empty last column may well be one of the table.
    while layout.header and width and not names[width - 1] and _is_empty(body, width - 1):
        width -= 1
    if width < 2:
        raise UnreadableFile(
            "The file has a single column; orders need at least a customer and a date.",
            "Check the delimiter, or export the table with all its columns.",
        )
    return layout, Columns(unique_names(names[:width]), width)


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names as the file has them; 'Column 3' where blank, '(2)' where repeated."""
    taken: set[str] = set()
    result = []
    for index, name in enumerate(names, 1):
        plain = name.strip() or f"Column {index}"
        unique, copy = plain, 2
        while unique in taken:
            unique, copy = f"{plain} ({copy})", copy + 1
        taken.add(unique)
        result.append(unique)
    return tuple(result)


def spool(
    rows: Iterable[Record], layout: Layout, columns: Columns | int, target: Path, folder: Path
) -> list[str]:
    """Write the records from `layout.first` on to `target`; returns notes on what was odd.

    A record with values beyond the last column is kept as text in `damaged`: its cells may
    have shifted, so none of them can be trusted.
    """
    path = folder / "spool.csv"
    counts: Counter[str] = Counter()
    width = columns if isinstance(columns, int) else columns.width
    tail: deque[Record] = deque(maxlen=_FOOTER)
    other = _OtherTable(layout)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
            _aligned(_watched(other.before(rows), tail), layout.first, width, counts)
        )
    connection = engine.connect(folder)
    text = connection.read_csv(
        str(path), **engine_options(width + 2, delimiter=",", quote='"', skip=0)
    )
    cells = {f"c{i}": text[f"c{i + 2}"] for i in range(width)}
    shaped = text.select(**{ROW_NUMBER: text.c0.cast("int64"), **cells, DAMAGED: text.c1})
    engine.write_parquet(connection, shaped, target)
    _same_count(int(connection.read_parquet(str(target)).count().execute()), counts["rows"])
    return [*_oddities(counts), *other.notes, *_footer(tail)]


def engine_options(width: int, *, delimiter: str, quote: str, skip: int) -> dict[str, Any]:
    """Options that leave DuckDB's CSV reader nothing to guess."""
    return {
        "auto_detect": False,
        "header": False,
        "all_varchar": True,
        "columns": {f"c{i}": "VARCHAR" for i in range(width)},
        "delim": delimiter,
        "quote": quote,
        "escape": quote,
        "skip": skip,
        "nullstr": "",
        "max_line_size": 4_000_000,
    }


def summarise(
    target: Path, names: Sequence[str], detected: Detected, notes: Sequence[str]
) -> dict[str, Any]:
    """What the parent is told: columns, rows, detected, notes."""
    connection = engine.connect()
    table = connection.read_parquet(str(target))
    rows = int(table.count().execute())
    if rows == 0:
        raise NotEnoughData(
            "The file has a header and no rows below it.",
            "Export it again for a period with orders.",
        )
    return {
        "columns": list(names),
        "rows": rows,
        "detected": asdict(detected),
        "notes": [*notes, *_mangled_ids(table, names)],
    }


def too_many_columns(width: int) -> UnreadableFile:
    """The refusal of a table that is wider than any order file."""
    return UnreadableFile(
        f"The file has {width:,} columns; the limit is {MAX_COLUMNS:,}.",
        "Keep the columns about orders only.",
    )


def _is_empty(body: Sequence[Sequence[str]], index: int) -> bool:
    return not any(cells[index].strip() for cells in body if index < len(cells))


def _aligned(
    rows: Iterable[Record], first: int, width: int, counts: Counter[str]
) -> Iterator[list[str]]:
    kept = 0
    for number, cells in rows:
        if number < first:
            continue
        if not "".join(cells).strip():
            counts["blank"] += 1
            continue
        kept += 1
        if len(cells) != width:
            if any(cell.strip() for cell in cells[width:]):
                counts["damaged"] += 1
                yield [str(number), " | ".join(cells), *[""] * width]
                continue
            cells = cells[:width] + [""] * (width - len(cells))
        yield [str(number), "", *cells]
    counts["rows"] = kept


def _oddities(counts: Counter[str]) -> list[str]:
    notes = []
    if counts["blank"]:
        were = verb(counts["blank"], "was", "were")
        notes.append(f"{counted(counts['blank'], 'blank row')} {were} skipped.")
    if counts["damaged"]:
        notes.append(
            f"{counted(counts['damaged'], 'row')} {verb(counts['damaged'], 'has', 'have')} more "
            f"cells than there are columns, or {verb(counts['damaged'], 'ends', 'end')} in the "
            f"middle: {verb(counts['damaged'], 'it is', 'they are')} not used."
        )
    return notes


def _same_count(written: int, expected: int) -> None:
    if written != expected:
        raise UnreadableFile(
            f"{expected:,} rows were read and {written:,} arrived.",
            "Save the file again as CSV (UTF-8) and try once more.",
        )


def _mangled_ids(table: Any, names: Sequence[str]) -> list[str]:
    """Warn of long numbers that a spreadsheet has turned into 1.03E+19: they are lost."""
    keys = [f"c{i}" for i in range(len(names))]
    suspects = table.aggregate(**{k: table[k].contains("E+").sum() for k in keys}).execute().iloc[0]
    counts = {
        key: (table[key].contains("E+") & table[key].re_search(_MANGLED)).sum()
        for key in keys
        if (suspects[key] or 0) > 0
    }
    if not counts:
        return []
    found = table.aggregate(**counts).execute().iloc[0]
    return [
        f"Column '{names[int(key[1:])]}' has {int(found[key]):,} values like 1.03E+19: a "
        "spreadsheet has cut long numbers short, and different ones may now look the same."
        for key in counts
        if found[key] > 0
    ]


class _OtherTable:
    """Watches for a second table below the first: a row that names columns, but not the same.

    Two exports joined end to end repeat one header, and are one table. Rows below another
    header are of other columns: they are not read, and counted.
    """

    def __init__(self, layout: Layout) -> None:
        self._names = [name.strip().casefold() for name in layout.names]
        self._known = {name for name in self._names if name}
        self._first = layout.first
        self._at = 0
        self._left = 0

    def before(self, rows: Iterable[Record]) -> Iterator[Record]:
        """The rows above a second table."""
        known = self._known if len(self._known) > 2 else set()
        for row in rows:
            number, cells = row
            if self._at:
                self._left += any(cell.strip() for cell in cells)
            elif cells and cells[0].strip().casefold() in known and self._is_header(row):
                self._at = number
            else:
                yield row

    @property
    def notes(self) -> list[str]:
        """One sentence when there was a second table."""
        if not self._at:
            return []
        return [
            f"A second table with other columns begins in row {self._at:,}; its {self._left:,} "
            "rows were not read."
        ]

    def _is_header(self, row: Record) -> bool:
        number, cells = row
        if number <= self._first:
            return False
        found = [cell.strip().casefold() for cell in cells]
        filled = [cell for cell in found if cell]
        shared = sum(cell in self._known for cell in filled)
        # Of several rows of names, each is a part of the whole names.
        same = len(found) == len(self._names) and all(
            cell in name for cell, name in zip(found, self._names, strict=True)
        )
        return shared >= max(3, 0.6 * len(filled)) and not same


def _watched(rows: Iterable[Record], tail: deque[Record]) -> Iterator[Record]:
    """The same rows; `tail` holds the last ones that are not blank."""
    for row in rows:
        if any(row[1]):
            tail.append(row)
        yield row


def _footer(tail: Iterable[Record]) -> list[str]:
    """Says so when the last rows hold totals."""
    found = [
        number
        for number, cells in tail
        if any(_TOTAL.match(cell.strip()) for cell in cells[:3]) or _is_total(cells)
    ]
    if not found:
        return []
    rows = ", ".join(f"{number:,}" for number in found)
    return [f"The table seems to end in totals (row {rows}); they are no orders."]


def _is_total(cells: Sequence[str]) -> bool:
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    return bool(_TOTAL.match(first))
