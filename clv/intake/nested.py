"""Objects inside objects, and lists of objects inside those: which columns and rows they make.

A nested object gives columns with dotted names. Of the lists of objects in an order one holds
its lines: each of them becomes a row, with the fields of the order repeated. Other lists
(taxes, payments) stay one cell, as JSON: to multiply rows by them as well would multiply money.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from clv.intake.spool import MAX_COLUMNS, too_many_columns
from clv.intake.vocabulary import fold

MAX_DEPTH: Final = 20
Key = tuple[str, ...]
Cells = dict[Key, str]

_LINES: Final = (
    "line items", "lineitems", "order items", "orderitems", "order lines", "orderlines",
    "order products", "items", "lines", "products", "positions", "articles", "positionen",
    "artikel",
)  # fmt: skip
_NOT_LINES: Final = frozenset(
    ("tax", "taxes", "shipping", "shipment", "shipments", "discount", "discounts", "payment",
     "payments", "refund", "refunds", "transaction", "transactions", "fulfillment", "fulfillments",
     "coupon", "coupons", "fee", "fees", "address", "addresses", "note", "notes", "tag", "tags",
     "meta", "metadata", "attributes", "properties", "events", "history", "links", "images")
)  # fmt: skip


@dataclass(frozen=True)
class Flat:
    """The cells of one object, and the lists of objects in it."""

    cells: Cells = field(default_factory=dict)
    lists: dict[Key, list[Any]] = field(default_factory=dict)


@dataclass
class Shape:
    """What all objects of a list have: keys in order of appearance, and lists inside."""

    objects: int = 0
    seen: dict[Key, bool] = field(default_factory=dict)  # whether it ever held a plain value
    lists: Counter[Key] = field(default_factory=Counter)
    known: set[Key] = field(default_factory=set)  # those that did

    def add(self, flat: Flat) -> None:
        """Take note of one more object."""
        self.objects += 1
        if not flat.lists and flat.cells.keys() <= self.known:
            return  # nothing new, as with most objects
        for key, text in flat.cells.items():
            self.seen[key] = self.seen.get(key, False) or bool(text)
        for key, members in flat.lists.items():
            self.lists[key] += len(members)
            self.seen.setdefault(key, False)
            for member in members:
                for inner in _member_cells(key, member):
                    self.seen[inner] = self.seen.get(inner, False) or inner == key
        self.known = {key for key, plain in self.seen.items() if plain}
        if len(self.seen) > 4 * MAX_COLUMNS:
            raise too_many_columns(len(self.seen))

    @property
    def size(self) -> int:
        """About how many cells the table has."""
        return self.objects * len(self.seen)

    @property
    def lines(self) -> Key | None:
        """The list that holds the lines of an order, if there is one."""
        for name in _LINES:
            found = [key for key in self.lists if fold(key[-1]) == name or _holds(key, name)]
            if found:
                return max(found, key=lambda key: self.lists[key])
        only = list(self.lists)
        if len(only) == 1 and not _NOT_LINES & set(fold(".".join(only[0])).split()):
            return only[0]
        return None

    def columns(self) -> list[Key]:
        """The keys of the table: those of the lines, and each other list as one."""
        lines = self.lines
        others = [key for key in self.lists if key != lines]
        above = {key[:depth] for key in self.seen for depth in range(1, len(key))}
        above -= {*others}
        return [
            key
            for key, plain in self.seen.items()
            if (key not in above or plain)  # objects are there, or null: no value of its own
            and not any(len(key) > len(other) and key[: len(other)] == other for other in others)
        ]

    def notes(self) -> list[str]:
        """What was done with the lists."""
        lines = self.lines
        notes = []
        if lines is not None:
            notes.append(
                f"Each entry of '{'.'.join(lines)}' became a row; the other fields are those of "
                "its order and repeat on each of them."
            )
        others = [f"'{'.'.join(key)}'" for key in self.lists if key != lines]
        if others:
            notes.append(f"Lists inside an object are kept as one cell: {', '.join(others)}.")
        return notes


def flatten(element: dict[str, Any]) -> Flat:
    """Cells of an object, those of nested objects included; lists of objects apart."""
    flat = Flat()
    _flatten(element, (), flat)
    return flat


def cells_of(element: dict[str, Any], lines: Key | None) -> Iterator[Cells]:
    """The rows of one object: one, or one per entry of its list of lines."""
    flat = flatten(element)
    members = flat.lists.pop(lines, []) if lines is not None else []
    shared = flat.cells | {key: _as_json(inner) for key, inner in flat.lists.items()}
    if not members:
        yield shared
    for member in members:
        yield shared | _member_cells(lines or (), member)


def _member_cells(key: Key, member: Any) -> Cells:
    if not isinstance(member, dict):
        return {key: _text(member)}
    flat = Flat()
    _flatten(member, key, flat)
    return flat.cells | {inner: _as_json(value) for inner, value in flat.lists.items()}


def _flatten(element: dict[str, Any], above: Key, flat: Flat) -> None:
    for name, value in element.items():
        key = (*above, name)
        if isinstance(value, str):
            flat.cells[key] = value
        elif isinstance(value, dict) and value and len(key) < MAX_DEPTH:
            _flatten(value, key, flat)
        elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
            flat.lists[key] = value
        elif isinstance(value, list):
            flat.cells[key] = ", ".join(_text(inner) for inner in value)
        else:
            flat.cells[key] = _text(value)


def _text(value: Any) -> str:
    if value is None or value == {}:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _holds(key: Key, name: str) -> bool:
    """Some exports wrap the list once more: lines.data."""
    return len(key) > 1 and fold(key[-2]) == name and fold(key[-1]) in ("data", "edges", "nodes")
