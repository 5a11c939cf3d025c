"""JSON: objects become rows, nested objects become columns with dotted names.

Read twice, element by element: once for the columns (objects need not have the same keys), once
for the rows. Numbers are taken as they are written.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

from clv.errors import UnreadableFile
from clv.intake.encoding import Encoding, detect_encoding
from clv.intake.nested import Key, Shape, cells_of, flatten
from clv.intake.rowwriter import RowWriter
from clv.intake.sources import Detected, ReadOptions
from clv.intake.spool import MAX_COLUMNS, summarise, too_many_columns, unique_names

MAX_ELEMENT: Final = 16_000_000  # characters of one object
_BLOCK: Final = 1 << 20
_WRAPPERS: Final = 6  # a list of orders stands at most so deep in other objects
_START: Final = re.compile(r'\[\s*(?:[\[{]|$)|\{\s*(?:"|\}|$)')
_DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False)


def is_json(head: bytes) -> bool:
    """Whether a file that starts with `head` is JSON, or objects line by line."""
    text = head.decode(json.detect_encoding(head), "ignore").lstrip("\ufeff \t\r\n")
    return bool(_START.match(text))


def read_json(path: Path, target: Path, folder: Path, told: ReadOptions) -> dict[str, Any]:
    """Read JSON lines, or the list of objects in a JSON file, into `target`."""
    encoding = Encoding(told.encoding) if told.encoding else detect_encoding(path)
    source = _Source(path, encoding)
    notes = []
    if not encoding.exact:
        notes.append("Some letters are damaged in the file; they are shown as '\ufffd'.")
    by_line = source.is_lines()
    shapes = _shapes(source.lines() if by_line else source.elements())
    chosen = _choose(shapes, told.sheet)
    shape = shapes[chosen]
    keys = shape.columns()
    if len(keys) < 2:
        raise UnreadableFile(
            "The objects of the file have a single field; orders need at least a customer and a "
            "date.",
            "Export the orders with all their fields.",
        )
    if len(keys) > MAX_COLUMNS:
        raise too_many_columns(len(keys))
    names = _listed(shapes)
    if len(names) > 1:
        notes.append(
            f"The file holds {len(names)} lists; '{_name(chosen)}' was read. Another one can be "
            "chosen."
        )
    stream = source.lines() if by_line else source.elements()
    with RowWriter(target, folder, len(keys)) as writer:
        for key, number, element in stream:
            if key == chosen:
                _write(writer, element, number if by_line else None, shape, keys)
    detected = Detected(
        format="jsonl" if by_line else "json",
        encoding=encoding.name,
        first_row=1,
        sheet=_name(chosen) if len(names) > 1 else None,
        sheets=names if len(names) > 1 else (),
    )
    notes += [*shape.notes(), *_damaged_note(writer.damaged, by_line)]
    return summarise(target, _column_names(keys), detected, notes)


def _write(
    writer: RowWriter, element: Any, number: int | None, shape: Shape, keys: list[Key]
) -> None:
    """Add the rows of one element; numbered by line unless one line makes several rows."""
    if shape.lines is not None:
        number = None
    if not isinstance(element, dict):
        text = element.text if isinstance(element, _Broken) else json.dumps(element)
        writer.add_damaged(number, text)
        return
    for cells in cells_of(element, shape.lines):
        writer.add(number, [cells.get(key) for key in keys])


def _damaged_note(count: int, by_line: bool) -> list[str]:
    if not count:
        return []
    what = "lines" if by_line else "elements of the list"
    return [f"{count:,} {what} are not JSON objects: they are not used."]


Numbered = tuple[Key, int, Any]


@dataclass(frozen=True)
class _Broken:
    """A line that is no JSON object."""

    text: str


@dataclass(frozen=True)
class _Source:
    path: Path
    encoding: Encoding

    def open(self) -> TextIO:
        return self.path.open(encoding=self.encoding.name, errors="replace")

    def is_lines(self) -> bool:
        """Whether the first lines are objects of their own."""
        head: list[str] = []
        # A first line without an end is a whole file; a later one is a line gone wrong.
        with self.open() as handle, suppress(UnreadableFile):
            head.extend(text for _, text in islice(_lines(handle), 20))
        objects = sum(isinstance(_decode(text), dict) for text in head)
        each = all(text.lstrip("\ufeff ").startswith("{") for text in head)
        return objects > 1 or (objects == 1 and len(head) > 1 and each)

    def lines(self) -> Iterator[Numbered]:
        with self.open() as handle:
            for number, text in _lines(handle):
                yield (), number, _decode(text)

    def elements(self) -> Iterator[Numbered]:
        """Members of all lists in the file that are not inside other lists."""
        with self.open() as handle:
            text = _Text(handle)
            try:
                yield from text.members(())
                if text.peek():
                    raise ValueError
            except (ValueError, RecursionError):
                raise UnreadableFile(
                    f"The JSON is damaged or ends early, after {text.members_read:,} elements.",
                    "Export it again. Nothing was loaded, so no rows are missing silently.",
                ) from None


def _lines(handle: TextIO) -> Iterator[tuple[int, str]]:
    number = 0
    while text := handle.readline(MAX_ELEMENT + 1):
        number += 1
        if len(text) > MAX_ELEMENT:
            raise _too_big()
        if text.strip("\ufeff \t\r\n\0"):
            yield number, text


def _decode(text: str) -> Any:
    try:
        value = _DECODER.decode(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else _Broken(text.strip()[:10_000])


@dataclass
class _Text:
    """A JSON text read piece by piece, of which one element at a time is held."""

    handle: TextIO
    buffer: str = ""
    at: int = 0
    ended: bool = False
    members_read: int = field(default=0)

    def members(self, key: Key) -> Iterator[Numbered]:
        """Members of the lists below, each with the keys that lead to its list."""
        opening = self.peek()
        if opening == "[":
            for _ in self._items("]"):
                self.members_read += 1
                yield key, self.members_read, self.value()
        elif opening == "{" and len(key) < _WRAPPERS:
            for _ in self._items("}"):
                name = str(self.value())
                self._take(":")
                yield from self.members((*key, name))
        else:
            self.value()

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            while self.at < len(self.buffer) and self.buffer[self.at] in " \t\r\n\ufeff":
                self.at += 1
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if self.ended:
                return ""
            self._more()

    def value(self) -> Any:
        """The value that stands next, whole."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self.buffer, self.at)
            except ValueError:
                if self.ended:
                    raise
            else:
                if end < len(self.buffer) or self.ended:  # 12 may be the start of 123
                    self.at = end
                    return value
            self._more()

    def _items(self, closing: str) -> Iterator[None]:
        """One step for each member between brackets, which the caller reads."""
        self.at += 1
        while self.peek() != closing:
            yield
            if self.peek() != closing:
                self._take(",")
        self._take(closing)

    def _take(self, char: str) -> None:
        if self.peek() != char:
            raise ValueError(char)
        self.at += 1

    def _more(self) -> None:
        """Read on, twice as much each time: an element is tried again from its start."""
        self.buffer, self.at = self.buffer[self.at :], 0
        if len(self.buffer) > MAX_ELEMENT:
            raise _too_big()
        block = self.handle.read(max(_BLOCK, len(self.buffer)))
        self.buffer += block
        self.ended = not block


def _shapes(elements: Iterator[Numbered]) -> dict[Key, Shape]:
    """The shape of each list in the file that has objects."""
    shapes: dict[Key, Shape] = {}
    for key, _, element in elements:
        if isinstance(element, dict):
            if key not in shapes:
                shapes[key] = Shape()
            shapes[key].add(flatten(element))
    if not shapes:
        raise UnreadableFile(
            "This is a JSON file without a list of orders in it.",
            "Export a list of objects, one per order or order line.",
        )
    return shapes


def _choose(shapes: dict[Key, Shape], told: str | None) -> Key:
    """The told list, or the one with the most cells."""
    if told is not None and len(shapes) > 1:
        named = {_name(key): key for key in shapes}
        if told not in named:
            raise UnreadableFile(
                f"The file has no list '{told}'.", f"Choose one of {', '.join(_listed(shapes))}."
            )
        return named[told]
    return max(shapes, key=lambda key: shapes[key].size)


def _listed(shapes: dict[Key, Shape]) -> tuple[str, ...]:
    return tuple(map(_name, shapes))


def _name(key: Key) -> str:
    return ".".join(key)


def _column_names(keys: list[Key]) -> tuple[str, ...]:
    """Dotted names, without a first part that all of them share."""
    shared = len({key[0] for key in keys}) == 1 and all(len(key) > 1 for key in keys)
    return unique_names([_name(key[1:] if shared else key) for key in keys])


def _too_big() -> UnreadableFile:
    return UnreadableFile(
        f"A single object in the JSON has more than {MAX_ELEMENT:,} characters.",
        "Export a list with one object per order.",
    )
