"""How a text table is laid out: delimiter, quoting, and where its header is.

Every plausible layout is tried on a sample, and the one whose columns hold values of one
kind each wins. Nothing here looks at file names.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Final

from clv.intake.records import BLANKS, Dialect, Record, records
from clv.intake.values import Kind, kind

__all__ = ["Dialect", "Layout", "Record", "detect_dialect", "detect_layout", "records"]

DELIMITERS: Final = (",", ";", "\t", "|", "~", "^", ":", "\x1f", "\x01")
SAMPLE_RECORDS: Final = 300
_MAX_PREAMBLE: Final = 40
# How readily a mark is believed: a colon is most often within times, a blank within words.
_BELIEF: Final = {":": 0.85, BLANKS: 0.95}
_SEVERAL: Final = re.compile(r"[^\w\s\"'.,:;/\-+$€£()\\]{2,4}|\|{2,4}|:{2}")
# A value gone wrong (2024-13-45, #REF!, 1.2.3) is no name, but * and [0] may be.
_SLIP: Final = re.compile(r"^(?:[-0-9\s.,:/+()$€£%]*|#[A-Z/0!?]+)$")
_SEP_LINE: Final = re.compile(r"^\ufeff?\"?sep=(.)\"?;*,*$", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Where the table starts: `header` and `first` are record numbers, counted from 1."""

    header: int | None
    first: int
    names: tuple[str, ...]
    width: int


def detect_dialect(lines: Sequence[str], delimiter: str | None = None) -> Dialect:
    """The layout of cells that makes the sample `lines` look most like a table."""
    sep = _SEP_LINE.match(lines[0].rstrip("\n")) if lines else None
    if sep and delimiter is None:
        delimiter = sep.group(1)
    body = lines[1:] if sep else lines
    text = "".join(body)
    several = _marks_of_several(body)
    delimiters = (delimiter,) if delimiter else (*several, *DELIMITERS, BLANKS)
    best, best_score = Dialect(delimiter or ","), -1.0
    for candidate in _candidates(text, delimiters):
        score = _tableness(body, candidate) * _BELIEF.get(candidate.delimiter, 1.0)
        if score > best_score + 1e-9:
            best, best_score = candidate, score
    return replace(best, sep_line=bool(sep))


def _marks_of_several(lines: Sequence[str]) -> list[str]:
    """Runs of two to four marks that stand equally often in most lines: || :: <|>."""
    counts = [Counter(_SEVERAL.findall(line)) for line in lines[:50] if line.strip()]
    found = []
    for mark in {mark for seen in counts for mark in seen}:
        times, lines_with = Counter(seen[mark] for seen in counts).most_common(1)[0]
        if times and lines_with > 0.7 * len(counts):
            found.append(mark)
    return sorted(found)


def _candidates(text: str, delimiters: Iterable[str]) -> Iterator[Dialect]:
    for mark in delimiters:
        if mark == BLANKS:
            yield Dialect(BLANKS, '"' if '"' in text else None)
            continue
        if mark not in text:
            continue
        edge = re.escape(mark)
        singles = re.search(
            rf"(?:^|{edge} ?)'[^']{{0,500}}(?:''[^']{{0,500}}){{0,9}}'(?= ?{edge}|$)",
            text,
            re.MULTILINE,
        )
        yield Dialect(mark, '"')
        if f'{mark} "' in text:
            yield Dialect(mark, '"', trim=True)
        if '\\"' in text:
            yield Dialect(mark, '"', "\\")
        if singles:
            yield Dialect(mark, "'", "\\" if "\\'" in text else None, trim=f"{mark} '" in text)
        if '"' in text:
            yield Dialect(mark, None)


def _tableness(lines: Sequence[str], dialect: Dialect) -> float:
    """0 to about 1: rows of one width, columns of one kind, cells without loose marks."""
    rows, amiss = _sample_rows(lines, dialect)
    if not rows:
        return -1.0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    if width < 2:
        return 0.0
    full = [cells for cells in rows if len(cells) == width]
    same_width = max(count / len(rows), 0.95 * _stacked(rows))
    marks = ",;\t|~^" if dialect.delimiter == BLANKS else ";\t|~^"
    clean = sum(_cleanness(cell, marks) for cells in full for cell in cells) / (len(full) * width)
    pure = sum(_purity(column) for column in zip(*full, strict=True)) / width
    whole = 1 - 0.3 * amiss / len(rows)
    return whole * same_width**2 * (0.2 + 0.5 * clean + 0.3 * pure) * (1 - 0.15 / width)


def _stacked(rows: Sequence[Sequence[str]]) -> float:
    """How far rows have the width of the row above: tables below each other differ seldom."""
    if len(rows) < 10:
        return 0.0
    same = sum(len(one) == len(two) > 2 for one, two in pairwise(rows))
    return same / (len(rows) - 1)


def _sample_rows(lines: Sequence[str], dialect: Dialect) -> tuple[list[list[str]], int]:
    """Records that are not blank, read again with the number of columns once it is known.

    And how many of them had marks amiss.
    """
    width = None
    rows: list[list[str]] = []
    amiss: Counter[str] = Counter()
    for _ in range(2):
        amiss.clear()
        found = islice(records(lines, dialect, width, amiss), SAMPLE_RECORDS)
        rows = [cells for _, cells in found if any(cell.strip() for cell in cells)]
        if not rows or all(len(cells) == len(rows[0]) for cells in rows):
            break
        width = common_width(rows)
    return rows, amiss.total()


def common_width(rows: Iterable[Sequence[str]]) -> int:
    """Cells that most records have; blank ones and titles of one cell do not count."""
    widths = Counter(len(cells) for cells in rows if any(cells))
    if not widths:
        return 0
    return max(widths, key=lambda w: (widths[w] * (1 if w > 1 else 0.01), w))


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
    width = common_width(cells for _, cells in filled)
    start = next((i for i, (_, cells) in enumerate(filled) if _reach(cells) >= min(width, 2)), 0)
    if header is False:
        names: tuple[str, ...] = ()
        return Layout(None, filled[start][0], names, width)
    lead = filled[start : start + _MAX_PREAMBLE]
    kinds = _column_kinds(filled[start:], width)
    head = _header(lead, kinds, width)
    if head is None and header:
        head = 0
    if head is None:
        return Layout(None, lead[0][0], (), width)
    first, last = _rows_of_names(lead, head, kinds, width)
    below = filled[start + last + 1 :]
    number = lead[last][0]
    names = _names([cells for _, cells in lead[first : last + 1]], width)
    return Layout(number, below[0][0] if below else number + 1, names, width)


def _reach(cells: Sequence[str]) -> int:
    """Number of the last cell that holds anything."""
    return max((i for i, cell in enumerate(cells, 1) if cell.strip()), default=0)


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
        return next((i for i, (_, cells) in enumerate(lead) if _filled(cells) > 0.6 * width), 0)
    last, complete = None, False
    for index, (_, cells) in enumerate(lead):
        named, valued = _names_and_values(cells, kinds)
        if not named and not valued and last is None:
            continue  # a line above the table: 'Exported by', 'Anna'
        if valued > named or not named or (valued and complete):
            return last
        if len({cell.strip() for cell in cells} - {""}) == width:
            return index
        complete = _filled(cells) >= 0.9 * width
        last = index
    return last


def _rows_of_names(
    lead: Sequence[Record], head: int, kinds: Sequence[Kind], width: int
) -> tuple[int, int]:
    """First and last index of the rows that name the columns together.

    Group headings stand above the names; a header that is written twice stands below itself.
    """
    first = last = head
    own = [cell.strip().casefold() for cell in lead[head][1]]
    while (
        width > 1
        and last + 1 < len(lead)
        and own == [c.strip().casefold() for c in lead[last + 1][1]]
    ):
        last += 1
    while first and lead[first][0] - lead[first - 1][0] <= 2:
        above = lead[first - 1][1]
        below = lead[first][1]
        groups = _filled(above) > 1 and len(above) <= width
        gaps = any(not cell.strip() for cell in (*above[:width], *below[:width]))
        if not groups or not (gaps or above == below) or _names_and_values(above, kinds)[1]:
            break
        # 'Exported by, Anna' above names that lack nothing heads no groups: those leave gaps.
        if _filled(above) == _reach(above) < width and len({*below} - {""}) == width:
            break
        first -= 1
    return first, last


def _names(rows: Sequence[Sequence[str]], width: int) -> tuple[str, ...]:
    """One name per column; a group heading is good for the blank cells to its right."""
    parts: list[list[str]] = []
    for index, row in enumerate(rows):
        cells = _without_excess([cell.strip() for cell in row], width)
        cells += [""] * (width - len(cells))
        for column in range(1, len(cells)):
            under = (row[column : column + 1] for row in rows[index + 1 :])
            if not cells[column] and any(cell.strip() for found in under for cell in found):
                cells[column] = cells[column - 1]
        parts.append(cells)
    longest = max(map(len, parts))
    parts = [cells + [""] * (longest - len(cells)) for cells in parts]
    return tuple(" ".join(filter(None, column)) for column in zip(*parts, strict=True))


def _without_excess(names: list[str], width: int) -> list[str]:
    """A header with more cells than its rows: where blank ones are the surplus, they go."""
    surplus = len(names) - width
    blank = [index for index, name in enumerate(names) if not name]
    if surplus <= 0 or len(blank) != surplus:
        return names
    return [name for name in names if name]


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


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
