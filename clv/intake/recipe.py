"""How a file was read, as a small file of its own: mapping, rules and corrections, to use again.

A recipe fits the next export when the columns that it uses are there. What belongs to single
rows of the old file is left out for another file, and whatever differs is said first.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from clv import engine, shapes
from clv.errors import AmbiguousFormat, CLVError, InvalidMapping
from clv.intake.cleaning import clean
from clv.intake.conventions import date_order, decimal_mark
from clv.intake.corrections import Corrections
from clv.intake.customer_mapping import CustomerMapping, parse_mapping
from clv.intake.mapping import Mapping, without_version
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.intake.vocabulary import fold
from clv.intake.wording import counted
from clv.schema import CUSTOMER_ID, NUMBER_ROLES, ORDER_ID, ORDERED_AT, QUANTITY
from clv.settings import Rules

VERSION: Final = 2
MAX_BYTES: Final = 8_000_000
# Customers per order number, and orders per customer, that speak of columns in wrong places.
_SEVERAL: Final = 1.5
_ONE: Final = 1.02
_ENOUGH: Final = 10  # order numbers to judge by


@dataclass(frozen=True, kw_only=True)
class _MadeFor:
    """What a recipe says of its file."""

    header: tuple[str, ...] = ()
    made_for: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that was decided about a file.

    header: the columns of the file it was made for; made_for: which file that was, as `identity`
    says; name: its name, to show.
    """

    mapping: Mapping | CustomerMapping
    rules: Rules = field(default_factory=Rules)
    corrections: Corrections = field(default_factory=Corrections)
    header: tuple[str, ...] = ()
    made_for: str = ""
    name: str = ""

    @classmethod
    def of(
        cls,
        raw: RawTable,
        mapping: Mapping | CustomerMapping,
        rules: Rules,
        corrections: Corrections,
    ) -> "Recipe":
        """The recipe of what was decided about `raw`."""
        return cls(
            mapping=mapping,
            rules=rules,
            corrections=corrections,
            header=own_columns(raw),
            made_for=identity(raw),
            name=raw.name,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it needs, in the order of the header."""
        used = {*self.mapping.needed, *self.corrections.columns}
        known = tuple(name for name in self.header if name in used)
        return (*known, *sorted(used - set(known)))

    def fits(self, raw: RawTable) -> bool:
        """Whether every column that it uses is in the file under the same or a like name."""
        there = {fold(name) for name in raw.columns}
        return all(fold(name) in there for name in self.columns)

    def same_header(self, raw: RawTable) -> bool:
        """Whether the file has the same columns, whatever their order and spelling."""
        return sorted(map(fold, self.header)) == sorted(map(fold, own_columns(raw)))

    def for_file(self, raw: RawTable) -> "Recipe":
        """The recipe for `raw`: its names of columns, without what was for another file's rows.

        Raises InvalidMapping with the likely name when a column is missing.
        """
        names = {fold(name): name for name in reversed(raw.columns)}
        exact = set(raw.columns)

        def here(name: str) -> str:
            return name if name in exact else names.get(fold(name), name)

        for name in self.columns:
            raw.key(here(name))
        corrections = self.corrections
        if identity(raw) != self.made_for:
            corrections = corrections.for_other_file()
        return replace(
            self,
            mapping=self.mapping.renamed(here),
            corrections=corrections.renamed(here),
            header=own_columns(raw),
            made_for=identity(raw),
            name=raw.name,
        )

    def differences(self, raw: RawTable) -> tuple[str, ...]:
        """Plain sentences on what is not as in the file that the recipe was made for."""
        return (
            *_columns_apart(self.header, own_columns(raw)),
            *self._left_behind(raw),
            *self.contradictions(raw),
        )

    def clean(self, raw: RawTable) -> Shop:
        """Clean a file as this recipe says. Raises what `clv.clean` and `check` raise."""
        self.check(raw)
        here = self.for_file(raw)
        return clean(raw, here.mapping, here.rules, here.corrections)

    def _left_behind(self, raw: RawTable) -> Iterable[str]:
        single = sum(fix.row is not None for fix in self.corrections.cells)
        if single and identity(raw) != self.made_for:
            yield (
                f"{counted(single, 'correction')} of single rows {_belongs(single)} to the earlier "
                "file and will not be used."
            )
        if self.rules.until is not None:
            yield f"Orders after {self.rules.until:%d %b %Y} are left out, as the recipe says."

    def in_words(self) -> tuple[str, ...]:
        """What it does beyond columns and formats, in sentences."""
        rules, corrections = self.rules, self.corrections
        found = [
            (len(corrections.cells), "fix", "cells are given other values"),
            (len(corrections.merges), "id", "are merged into others"),
            (len(corrections.fills), "e-mail address", "give rows an id"),
            (len(rules.without), "customer", "are left out"),
        ]
        said = [f"{counted(n, noun)}: {what}." for n, noun, what in found if n]
        if rules.cap is not None:
            said.append(f"Amounts over {rules.cap:,.2f} count as that.")
        if rules.currency is not None:
            said.append(f"Amounts in {rules.currency}; {counted(len(rules.rates), 'rate')} given.")
        return tuple(said)

    def check(self, raw: RawTable) -> None:
        """AmbiguousFormat where the data of another file speak against it; as `for_file` does."""
        self.for_file(raw)
        against = () if identity(raw) == self.made_for else self.contradictions(raw)
        if against:
            raise AmbiguousFormat(
                f"The recipe does not fit this file. {' '.join(against)}",
                "Put right in the recipe which columns are meant (columns) and how they are "
                "written (date_order, decimal), or read the file without it.",
            )

    def contradictions(self, raw: RawTable) -> tuple[str, ...]:
        """Where the data of this file speak against how the recipe reads them."""
        return tuple(self._contradictions(raw))

    def _contradictions(self, raw: RawTable) -> Iterable[str]:
        try:
            mapping = self.for_file(raw).mapping
        except CLVError as error:
            yield error.message
            return
        if isinstance(mapping, Mapping) and _changed_places(raw, mapping):
            order, who = mapping.column(ORDER_ID), mapping.column(CUSTOMER_ID)
            yield (
                f"In '{order}' most numbers have several customers, and in '{who}' nobody has a "
                "second order: it looks as if the two had changed places."
            )
        if isinstance(mapping, CustomerMapping):
            day, money = mapping.first_order, list(mapping.revenue)
        else:
            day = mapping.column(ORDERED_AT)
            money = [c for r, c in mapping.columns if r in NUMBER_ROLES and r != QUANTITY]
        order = date_order(raw, day) if day else None
        if order is None and mapping.date_order == "ymd":
            yield f"The dates in '{day}' have two readings here, and had one in the earlier file."
        if mapping.date_order and order not in (None, "ymd", mapping.date_order):
            yield f"The dates in '{day}' are written in another order than in the earlier file."
        mark = decimal_mark(raw, money)
        if mapping.decimal and mark not in (None, mapping.decimal) and _has_marks(raw, money):
            yield "The numbers have another decimal mark than in the earlier file."

    def to_json(self) -> str:
        """The recipe as JSON, the same text for equal recipes."""
        content = {
            "version": VERSION,
            "header": list(self.header),
            "made_for": self.made_for,
            "name": self.name,
            "mapping": json.loads(self.mapping.to_json()),
            "rules": self.rules.to_dict(),
            "corrections": self.corrections.to_dict(),
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """The recipe in `text`, or in a mapping alone; InvalidMapping when it is neither."""
        try:
            return cls._parsed(text)
        except shapes.WrongShape as error:
            raise _not_a_recipe(f": {error}") from None
        except RecursionError:
            raise _not_a_recipe() from None

    @classmethod
    def _parsed(cls, text: str) -> "Recipe":
        content = shapes.parse(text)
        if not isinstance(content, dict):
            raise _not_a_recipe()
        if "mapping" not in content:
            return cls(mapping=parse_mapping(text))
        about = without_version(content, VERSION)
        mapping = parse_mapping(json.dumps(about.pop("mapping")))
        rules = Rules.from_dict(about.pop("rules", {}))
        corrections = Corrections.from_dict(about.pop("corrections", {}))
        file = shapes.build(_MadeFor, about)
        return cls(mapping=mapping, rules=rules, corrections=corrections, **vars(file))

    def save(self, path: str | Path) -> None:
        """Write the recipe to a JSON file."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Recipe":
        """Read a recipe from a JSON file."""
        try:
            if Path(path).stat().st_size > MAX_BYTES:
                raise _not_a_recipe()
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise _not_a_recipe() from None


def identity(raw: RawTable) -> str:
    """The same text for the same bytes, read with the same options: the same rows."""
    return raw.path.stem


def own_columns(raw: RawTable) -> tuple[str, ...]:
    """The columns of the file itself: not the one that says which of several files it was."""
    return tuple(name for name in raw.columns if name not in raw.provenance)


def _changed_places(raw: RawTable, mapping: Mapping) -> bool:
    """Whether order numbers and customers are the wrong way round: an order has one customer."""
    order, who = mapping.column(ORDER_ID), mapping.column(CUSTOMER_ID)
    if order is None or who is None:
        return False
    table = raw.table(engine.connect())
    pairs = table.select(order=raw.key(order), who=raw.key(who)).drop_null().distinct()
    seen = pairs.aggregate(
        pairs=pairs.count(), orders=pairs.order.nunique(), customers=pairs.who.nunique()
    )
    found = seen.execute().iloc[0]
    several = found.pairs >= _SEVERAL * found.orders
    return bool(several and found.orders >= _ENOUGH and found.pairs <= _ONE * found.customers)


def _has_marks(raw: RawTable, columns: list[str]) -> bool:
    """Whether any number has a point or a comma: without one it tells nothing."""
    table = raw.table(engine.connect())
    cells = [table[raw.key(name)] for name in columns]
    marked = [(cell.contains(".") | cell.contains(",")).any() for cell in cells]
    found = table.aggregate(**{f"m{i}": mark for i, mark in enumerate(marked)}).execute()
    return bool(found.fillna(False).any(axis=None))


def _columns_apart(before: tuple[str, ...], now: tuple[str, ...]) -> Iterable[str]:
    known, here = {fold(name) for name in before}, {fold(name) for name in now}
    new = [name for name in now if fold(name) not in known] if before else []
    gone = [name for name in before if fold(name) not in here]
    for names, what in ((new, "new"), (gone, "gone")):
        if names:
            listed = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
            yield f"{counted(len(names), 'column')} {_are(len(names))} {what}: {listed}."


def _belongs(number: int) -> str:
    return "belongs" if number == 1 else "belong"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _not_a_recipe(why: str = "") -> InvalidMapping:
    return InvalidMapping(
        f"This is not a saved recipe{why}.", "Choose a JSON file that was saved here."
    )
