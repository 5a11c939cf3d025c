"""How a text table is laid out: delimiter, quoting, and where its header is.

Every plausible layout is tried on a sample, and the one whose columns hold values of one
kind each wins. Nothing here looks at file names.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from clv.intake.values import Kind, kind

DELIMITERS: Final = (",", ";", "\t", "|", "~", "^", ":")
BLANKS: Final = " "  # stands for runs of white space
SAMPLE_RECORDS: Final = 300
MAX_CELL: Final = 1_000_000
_MAX_PREAMBLE: Final = 40
# A value gone wrong (2024-13-45, #REF!, 1.2.3) is no name, but * and [0] may be.
_SLIP: Final = re.compile(r"^(?:[-0-9\s.,:/+()$€£%]*|#[A-Z/0!?]+)$")
_SEP_LINE: Final = re.compile(r"^\ufeff?\"?sep=(.)\"?;*,*$", re.IGNORECASE)

Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart. A delimiter of one blank stands for runs of white space."""

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None
    sep_line: bool = False


@dataclass(frozen=True)
class Layout:
    """Where the table starts: `header` and `first` are record numbers, counted from 1."""

    header: int | None
    first: int
    names: tuple[str, ...]
    width: int


def records(lines: Iterable[str], dialect: Dialect) -> Iterator[Record]:
    """Cells of each record with the row number a spreadsheet would show; blank ones too."""
    if dialect.delimiter == BLANKS:
        for number, line in enumerate(lines, 1):
            yield number, line.split()
        return
    csv.field_size_limit(MAX_CELL)
    yield from enumerate(_reader(lines, dialect), 1)


def _reader(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    if dialect.quote is None:
        return csv.reader(
            lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE, escapechar=dialect.escape
        )
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        doublequote=True,
    )


def detect_dialect(lines: Sequence[str], delimiter: str | None = None) -> Dialect:
    """The layout of cells that makes the sample `lines` look most like a table."""
    sep = _SEP_LINE.match(lines[0].rstrip("\n")) if lines else None
    if sep and delimiter is None:
        delimiter = sep.group(1)
    body = lines[1:] if sep else lines
    delimiters = (delimiter,) if delimiter else (*DELIMITERS, BLANKS)
    best, best_score = Dialect(delimiter or ","), -1.0
    for candidate in _candidates("".join(body), delimiters):
        score = _tableness(body, candidate)
        if score > best_score + 1e-9:
            best, best_score = candidate, score
    return replace(best, sep_line=bool(sep))


def _candidates(text: str, delimiters: Iterable[str]) -> Iterator[Dialect]:
    for mark in delimiters:
        if mark == BLANKS:
            yield Dialect(BLANKS, quote=None)
            continue
        if mark not in text:
            continue
        edge = re.escape(mark)
        singles = len(re.findall(rf"(?:^|{edge})'[^']*'(?={edge}|$)", text, re.MULTILINE))
        escape = "\\" if re.search(r'\\"', text) else None
        yield Dialect(mark, '"')
        if escape:
            yield Dialect(mark, '"', escape)
        if singles:
            yield Dialect(mark, "'", "\\" if "\\'" in text else None)
        if '"' in text:
            yield Dialect(mark, None)


def _tableness(lines: Sequence[str], dialect: Dialect) -> float:
    """0 to about 1: rows of one width, columns of one kind, cells without loose marks."""
    try:
        rows = [cells for _, cells in islice(records(lines, dialect), SAMPLE_RECORDS)]
    except csv.Error:
        return -1.0
    rows = [cells for cells in rows if any(cell.strip() for cell in cells)]
    if not rows:
        return -1.0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    if width < 2:
        return 0.0
    full = [cells for cells in rows if len(cells) == width]
    same_width = count / len(rows)
    marks = ",;\t|~^" if dialect.delimiter == BLANKS else ";\t|~^"
    clean = sum(_cleanness(cell, marks) for cells in full for cell in cells) / (len(full) * width)
    pure = sum(_purity(column) for column in zip(*full, strict=True)) / width
    return same_width**2 * (0.2 + 0.5 * clean + 0.3 * pure) * (1 - 0.15 / width)


def _cleanness(cell: str, marks: str) -> float:
    if kind(cell) != "text":
        return 1.0
    if cell[0] in "\"'" or cell[-1] in "\"'":
        return 0.1  # quotes left standing: the wrong quoting or the wrong delimiter
    return 0.4 if any(mark in cell for mark in marks) or ", " in cell else 0.9


def _purity(column: Sequence[str]) -> float:
    kinds = Counter(kind(cell) for cell in column)
    del kinds["empty"]
    total = sum(kinds.values())
    return max(kinds.values()) / total if total else 0.5


def detect_layout(rows: Sequence[Record], header: bool | None = None) -> Layout | None:
    """Header and first data row of the sample `rows`; None when there is no table in it.

    `header` True or False says whether there is one; None looks at the values: a header is
    a row of words above columns that hold dates or numbers.
    """
    filled = [(number, cells) for number, cells in rows if any(c.strip() for c in cells)]
    if not filled:
        return None
    width = _data_width(filled)
    start = next((i for i, (_, cells) in enumerate(filled) if _reach(cells) >= min(width, 2)), 0)
    if header is False:
        names: tuple[str, ...] = ()
        return Layout(None, filled[start][0], names, width)
    lead = filled[start : start + _MAX_PREAMBLE]
    head = _header(lead, _column_kinds(filled[start:], width), width)
    if head is None and header:
        head = 0
    if head is None:
        return Layout(None, lead[0][0], (), width)
    number, cells = lead[head]
    below = filled[start + head + 1 :]
    return Layout(number, below[0][0] if below else number + 1, tuple(cells), width)


def _reach(cells: Sequence[str]) -> int:
    """Number of the last cell that holds anything."""
    return max((i for i, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _data_width(rows: Sequence[Record]) -> int:
    widths = Counter(len(cells) for _, cells in rows)
    return max(widths, key=lambda w: (widths[w] * (1 if w > 1 else 0.01), w))


def _column_kinds(rows: Sequence[Record], width: int) -> list[Kind]:
    """The kind that each column mostly holds; the first few rows may be headings."""
    body = [cells for _, cells in rows if len(cells) >= min(width, 2)]
    body = body[3:] if len(body) > 10 else body[1:] if len(body) > 1 else body
    kinds: list[Kind] = []
    for index in range(width):
        seen = Counter(kind(cells[index]) for cells in body if index < len(cells))
        del seen["empty"]
        top = seen.most_common(1)
        kinds.append(top[0][0] if top and top[0][1] >= 0.6 * seen.total() else "text")
    return kinds


def _header(lead: Sequence[Record], kinds: Sequence[Kind], width: int) -> int | None:
    """Index of the row of names above the values; None when the values start at once.

    The first row that names every column, each differently, is it: a row of words below that
    one is data gone wrong. Failing that (group headings, repeated or blank names), the last
    row of words before the first row of values.
    """
    if not any(what in ("number", "date") for what in kinds):
        return 0
    last = None
    for index, (_, cells) in enumerate(lead):
        named, valued = _names_and_values(cells, kinds)
        if not named and not valued and last is None:
            continue  # a line above the table: 'Exported by', 'Anna'
        if valued > named or not named:
            return last
        if len({cell.strip() for cell in cells} - {""}) == width:
            return index
        last = index
    return last


def _names_and_values(cells: Sequence[str], kinds: Sequence[Kind]) -> tuple[int, int]:
    """Cells of the typed columns that could be their names, and those that are values."""
    named = valued = 0
    for cell, what in zip(cells, kinds, strict=False):
        if what not in ("number", "date"):
            continue
        if kind(cell) in ("number", "date"):
            valued += 1
        elif not _SLIP.match(cell):
            # No date ever looks like a word; an order number may.
            named += 1 if what == "number" or any(char.isdigit() for char in cell) else 2
    return named, valued
