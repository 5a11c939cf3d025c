"""From lines to records of cells, with a second look at lines whose quotes do not add up.

The strict reader of the standard library goes first. Where it stumbles, or finds another
number of cells than the table has columns, every way to cut the line into that number of cells
is weighed, and the one that takes the fewest quotation marks amiss is used.
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

BLANKS: Final = " "  # stands for runs of white space
MAX_CELL: Final = 1_000_000
UNFINISHED: Final = "(the record ends inside a quotation)"
AMISS: Final = "(the quotation marks do not add up)"
_STAND_IN: Final = "\ue001"  # a private character in place of a delimiter of several
_MAX_MENDED: Final = 20_000
_MAX_LINES: Final = 20
_MAX_STEPS: Final = 200_000
_LITERAL_QUOTE, _STRAY_QUOTE, _OPEN_QUOTE, _PASSED_OVER = 2.0, 2.0, 3.0, 0.5
_WORDS: Final = re.compile(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)')

Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart. A delimiter of one blank stands for runs of white space.

    trim: blanks after a delimiter are no part of the cell.
    """

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None
    sep_line: bool = False
    trim: bool = False


def records(
    lines: Iterable[str],
    dialect: Dialect,
    width: int | None = None,
    amiss: Counter[str] | None = None,
) -> Iterator[Record]:
    """Cells of each record with the row number a spreadsheet would show; blank ones too.

    width: columns of the table; a record of another width is looked at again. A last record
    that ends inside a quotation has `UNFINISHED` for its last cell, any other that cannot be
    made out `AMISS`. amiss: counts the records
    whose marks did not add up, as "mended" or "broken".
    """
    if dialect.delimiter == BLANKS:
        for number, line in enumerate(lines, 1):
            yield number, _words(line, dialect)
        return
    csv.field_size_limit(MAX_CELL)
    feed = _Feed(lines, dialect)
    reader = csv.reader(feed, **_options(dialect), strict=True)
    number = 0
    while True:
        feed.taken.clear()
        cells: list[str] | None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        number += 1
        if cells is None or (width and len(cells) != width):
            wrong = cells is None
            cells, mended = _second_look(feed, cells, dialect, width)
            if amiss is not None and (mended or wrong):
                amiss["mended" if mended else "broken"] += 1
        yield number, feed.restored(cells)


class _Feed:
    """Lines for the reader; those of the current record are remembered and can be given back."""

    def __init__(self, lines: Iterable[str], dialect: Dialect) -> None:
        self.taken: list[str] = []
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._long = dialect.delimiter if len(dialect.delimiter) > 1 else None

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        if self._long:
            line = line.replace(self._long, _STAND_IN)
        self.taken.append(line)
        return line

    def keep(self, count: int) -> None:
        """Give back all lines of this record but the first `count`."""
        self._again.extendleft(reversed(self.taken[count:]))
        del self.taken[count:]

    @property
    def at_end(self) -> bool:
        """Whether the last line is the last of all, and not closed by a line end."""
        return not self._again and bool(self.taken) and not self.taken[-1].endswith("\n")

    def restored(self, cells: list[str]) -> list[str]:
        """The delimiter itself where it stood within a cell."""
        if not self._long:
            return cells
        return [cell.replace(_STAND_IN, self._long) for cell in cells]


def _options(dialect: Dialect) -> dict[str, Any]:
    single = dialect.delimiter if len(dialect.delimiter) == 1 else _STAND_IN
    if dialect.quote is None:
        return {
            "delimiter": single,
            "quoting": csv.QUOTE_NONE,
            "escapechar": dialect.escape,
            "skipinitialspace": dialect.trim,
        }
    return {
        "delimiter": single,
        "quotechar": dialect.quote,
        "escapechar": dialect.escape,
        "doublequote": True,
        "skipinitialspace": dialect.trim,
    }


def _words(line: str, dialect: Dialect) -> list[str]:
    if dialect.quote is None or dialect.quote not in line:
        return line.split()
    return [
        found.group(2) if found.group(1) is None else found.group(1).replace('""', '"')
        for found in _WORDS.finditer(line)
    ]


def _second_look(
    feed: _Feed, cells: list[str] | None, dialect: Dialect, width: int | None
) -> tuple[list[str], bool]:
    """The cells of a record that the strict reader refused, or that is too wide or narrow.

    And whether they fit now.
    """
    cut_off = cells is None and feed.at_end
    # A line that the strict reader likes is left alone, however many cells it has.
    doubtful = cells is None or len(feed.taken) > 1
    if width and dialect.quote and doubtful:
        text = ""
        for count, line in enumerate(feed.taken[:_MAX_LINES], 1):
            text += line
            if len(text) > _MAX_MENDED:
                break
            if count > 1 and _is_row(line, dialect, width, most=0.0):
                break  # a row of its own: not the rest of this one
            following = feed.taken[count : count + 1]
            torn = any(_is_row(line, dialect, width) for line in following)
            if cells is not None and not torn:
                continue  # a quotation over several lines, in a row of another width
            mended = cut(text.rstrip("\r\n"), dialect, width)
            if mended and not (cut_off and count == len(feed.taken)):
                feed.keep(count)
                return mended, True
    if cells is not None:
        other = _by_other_mark(feed, width) if width and len(cells) < width else None
        return other or cells, other is not None
    alone = cut_off and len(feed.taken) == 1
    feed.keep(1)
    plain = next(csv.reader(feed.taken, **_options(dialect)), [])
    plain[-1:] = [cell.rstrip("\r\n") for cell in plain[-1:]]
    if width:  # too wide to be used: no cell of it can be trusted
        plain += [*[""] * width, UNFINISHED if alone else AMISS]
    return plain, False


def _is_row(line: str, dialect: Dialect, width: int, most: float = _LITERAL_QUOTE) -> bool:
    return cut(line.rstrip("\r\n"), dialect, width, most=most) is not None


def _by_other_mark(feed: _Feed, width: int) -> list[str] | None:
    """A row that is parted by another mark than its table, when that fits to the cell."""
    if len(feed.taken) != 1 or len(feed.taken[0]) > _MAX_MENDED or width < 3:
        return None
    line = feed.taken[0].rstrip("\r\n")
    for mark in (";", ",", "\t", "|", " "):
        if line.count(mark) >= width - 1 and (mark != " " or '"' in line):
            found = cut(line, Dialect(mark), width, most=0.0)
            if found:
                return found
    return None


def cut(text: str, dialect: Dialect, width: int, *, most: float = 8.0) -> list[str] | None:
    """`text` as exactly `width` cells with the fewest quotation marks amiss, at most `most`.

    None when there is no such way. The best way to each (cells so far, position) is kept.
    """
    mark = dialect.delimiter if len(dialect.delimiter) == 1 else _STAND_IN
    quote = dialect.quote or '"'
    best: dict[int, tuple[float, tuple[Any, ...]]] = {0: (0.0, ())}
    steps = 0
    for index in range(width):
        after: dict[int, tuple[float, tuple[Any, ...]]] = {}
        for start, (cost, way) in best.items():
            for end, extra, cell in _cells_at(text, start, mark, quote, dialect):
                steps += 1
                last = end >= len(text)
                if last != (index == width - 1) or cost + extra > most:
                    continue
                if end not in after or cost + extra < after[end][0]:
                    after[end] = (cost + extra, (way, cell))
            if steps > _MAX_STEPS:
                return None
        best = {end + len(mark): way for end, way in after.items()}
    if not best:
        return None
    _, way = min(best.values(), key=lambda found: found[0])
    cells: list[str] = []
    while way:
        way, cell = way
        cells.append(cell)
    return cells[::-1]


def _cells_at(
    text: str, start: int, mark: str, quote: str, dialect: Dialect
) -> Iterator[tuple[int, float, str]]:
    """Every cell that can start here: where it ends, what is amiss, what it holds."""
    end = text.find(mark, start)
    end = len(text) if end < 0 else end
    first = start
    while dialect.trim and first < len(text) and text[first] == " ":
        first += 1
    quoted = text.startswith(quote, first)
    if not quoted:
        yield end, 0.0, text[first:end]
        return
    both = end > first + 1 and text[end - 1] == quote
    yield end, _LITERAL_QUOTE + _PASSED_OVER * both, text[first:end]
    passed = 0
    for close in _closers(text, mark, quote):
        if close > first:
            inner = text[first + 1 : close]
            cost = _amiss(inner, quote, dialect.escape) + _PASSED_OVER * passed
            yield close + 1, cost, _bare(inner, quote, dialect.escape)
            passed += 1
    rest = text[first + 1 :]
    cost = _OPEN_QUOTE + _amiss(rest, quote, dialect.escape) + _PASSED_OVER * passed
    yield len(text), cost, _bare(rest, quote, dialect.escape)


@lru_cache(maxsize=2)
def _closers(text: str, mark: str, quote: str) -> Sequence[int]:
    """Quotation marks with a delimiter or nothing after them."""
    pattern = rf"{re.escape(quote)}(?={re.escape(mark)}|$)"
    return [found.start() for found in re.finditer(pattern, text)]


def _amiss(inner: str, quote: str, escape: str | None) -> float:
    if escape:
        inner = inner.replace(escape + quote, "")
    return _STRAY_QUOTE if quote in inner.replace(quote * 2, "") else 0.0


def _bare(inner: str, quote: str, escape: str | None) -> str:
    if escape:
        inner = inner.replace(escape + quote, quote)
    return inner.replace(quote * 2, quote)
