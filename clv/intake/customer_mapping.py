"""Which columns of a file with one row per customer say what, as the user's recipe."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final, get_args

from clv import shapes
from clv.errors import AmbiguousFormat, InvalidMapping
from clv.intake.mapping import DateOrder, Decimal, Mapping, refuse_repeated, without_version
from clv.intake.sources import RawTable

SHAPE: Final = "customers"
VERSION: Final = 1
UNSAID: Final[dict[str, Any]] = {
    "customer_id": None, "first_order": None, "last_order": (), "orders": (), "revenue": (),
    "date_order": None, "decimal": None,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel with a column of its own for the number of orders, and perhaps one for revenue."""

    name: str
    orders: str
    revenue: str | None = None


@dataclass(frozen=True, kw_only=True)
class CustomerMapping:
    """How to read a file with one row per customer.

    customer_id, first_order: columns. last_order: one column or several (one per channel, say);
        the latest day counts. orders, revenue: columns that add up to the number of orders and
        to the net revenue of the customer.
    channels: columns of single channels, which may be the same ones.
    interests: column with a list, such as [KADIN, ERKEK] or Kadin; Erkek.
    currency: column with the currency of the row's money.
    attributes: further columns kept for each customer.
    date_order, decimal: as in `Mapping`; None: the data have two readings, the user must say.
    """

    customer_id: str | None
    first_order: str | None
    last_order: tuple[str, ...]
    orders: tuple[str, ...]
    revenue: tuple[str, ...]
    channels: tuple[Channel, ...] = ()
    interests: str | None = None
    currency: str | None = None
    attributes: tuple[str, ...] = ()
    date_order: DateOrder | None
    decimal: Decimal | None

    def __post_init__(self) -> None:
        for value, allowed in (
            (self.date_order, get_args(DateOrder)),
            (self.decimal, get_args(Decimal)),
        ):
            if value is not None and value not in allowed:
                raise _not_a_recipe()
        refuse_repeated(self.attributes)

    @property
    def roles(self) -> dict[str, str]:
        """What the columns say -> their names, to show; columns that add up joined by +."""
        named = {
            "customer_id": self.customer_id or "",
            "first_order": self.first_order or "",
            "last_order": ", ".join(self.last_order),
            "orders": " + ".join(self.orders),
            "revenue": " + ".join(self.revenue),
            "interests": self.interests or "",
            "currency": self.currency or "",
        }
        return {role: columns for role, columns in named.items() if columns}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column used but for the attributes, each once."""
        return tuple(dict.fromkeys(column for _, column in self._used()))

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column of the file that it uses, each once."""
        return tuple(dict.fromkeys((*self.columns, *self.attributes)))

    def renamed(self, here: Callable[[str], str]) -> "CustomerMapping":
        """A copy for a file whose columns have the names that `here` gives."""

        def maybe(name: str | None) -> str | None:
            return None if name is None else here(name)

        return replace(
            self,
            customer_id=maybe(self.customer_id),
            first_order=maybe(self.first_order),
            last_order=tuple(map(here, self.last_order)),
            orders=tuple(map(here, self.orders)),
            revenue=tuple(map(here, self.revenue)),
            channels=tuple(
                replace(channel, orders=here(channel.orders), revenue=maybe(channel.revenue))
                for channel in self.channels
            ),
            interests=maybe(self.interests),
            currency=maybe(self.currency),
            attributes=tuple(map(here, self.attributes)),
        )

    def check(self, raw: RawTable) -> None:
        """Raise InvalidMapping or AmbiguousFormat when `raw` cannot be read with this recipe."""
        for column in self.needed:
            raw.key(column)
        for found, what, choose in (
            (self.customer_id, "who the customer is", "customer number, e-mail address or name"),
            (self.first_order, "when a customer ordered first", "day of the first order"),
            (self.last_order, "when a customer ordered last", "day of the last order"),
            (self.orders, "how many orders a customer made", "number of orders"),
            (self.revenue, "how much money a customer brought", "net revenue of the customer"),
        ):
            if not found:
                raise InvalidMapping(
                    f"No column says {what}.",
                    f"Choose the column with the {choose}; or, if each row of the file is an "
                    "order, say so.",
                )
        self._check_sharing()
        self._check_formats()

    def to_json(self) -> str:
        """The recipe as JSON, the same text for equal recipes."""
        content = {
            "version": VERSION,
            "shape": SHAPE,
            "customer_id": self.customer_id,
            "first_order": self.first_order,
            "last_order": list(self.last_order),
            "orders": list(self.orders),
            "revenue": list(self.revenue),
            "channels": [vars(channel) for channel in self.channels],
            "interests": self.interests,
            "currency": self.currency,
            "attributes": list(self.attributes),
            "date_order": self.date_order,
            "decimal": self.decimal,
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "CustomerMapping":
        """The recipe in `text`; InvalidMapping when it is not one."""
        try:
            content = shapes.parse(text)
            if not isinstance(content, dict) or content.get("shape") != SHAPE:
                raise shapes.WrongShape("it is none of customers")
            plain = without_version(content, VERSION)
            del plain["shape"]
            return shapes.build(cls, {**UNSAID, **plain})
        except shapes.WrongShape as error:
            raise _not_a_recipe(f": {error}") from None

    def save(self, path: str | Path) -> None:
        """Write the recipe to a JSON file."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "CustomerMapping":
        """Read a recipe from a JSON file."""
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise _not_a_recipe() from None

    def _used(self) -> Iterator[tuple[str, str]]:
        """(what it says, column) for every use of a column."""
        parts: tuple[tuple[str, Iterable[str | None]], ...] = (
            ("Customer", (self.customer_id,)),
            ("First order", (self.first_order,)),
            ("Last order", self.last_order),
            ("Number of orders", self.orders),
            ("Number of orders", (channel.orders for channel in self.channels)),
            ("Net revenue", self.revenue),
            ("Net revenue", (channel.revenue for channel in self.channels)),
            ("Interests", (self.interests,)),
            ("Currency", (self.currency,)),
        )
        yield from ((role, column) for role, many in parts for column in many if column)

    def _check_sharing(self) -> None:
        uses = sorted({(column, role) for role, column in self._used()})
        for column, found in groupby(uses, key=lambda use: use[0]):
            roles = [role for _, role in found]
            if len(roles) > 1:
                raise InvalidMapping(
                    f"Column '{column}' is used for both {roles[0]} and {roles[1]}.",
                    "Give each of them a column of its own.",
                )
        for columns in (self.orders, self.revenue):
            if len(set(columns)) < len(columns):
                raise InvalidMapping(
                    "A column is added to itself.", "Choose each of the columns once."
                )
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names) or not all(names):
            raise InvalidMapping(
                "Two channels have the same name, or one has none.",
                "Give each channel a name of its own.",
            )

    def _check_formats(self) -> None:
        if self.date_order is None:
            raise AmbiguousFormat(
                f"The dates in column '{self.first_order}' have two readings: 03/04/2021 may be "
                "3 April or 4 March.",
                "Say which comes first, the day or the month: on the page under 'How dates are "
                "written', in a mapping file as date_order dmy or mdy.",
            )
        if self.decimal is None:
            raise AmbiguousFormat(
                "The amounts have two readings: 1,234 may be a thousand, or a little over one.",
                "Say whether the decimal mark is a point or a comma.",
            )


def load_mapping(path: str | Path) -> Mapping | CustomerMapping:
    """The mapping in a JSON file, for rows of orders or rows of customers, whichever it is."""
    try:
        return parse_mapping(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise _not_a_recipe() from None


def parse_mapping(text: str) -> Mapping | CustomerMapping:
    """The mapping in a JSON text, whichever of the two it is."""
    try:
        content = shapes.parse(text)
    except shapes.WrongShape as error:
        raise _not_a_recipe(f": {error}") from None
    if isinstance(content, dict) and content.get("shape") == SHAPE:
        return CustomerMapping.from_json(text)
    return Mapping.from_json(text)


def _not_a_recipe(why: str = "") -> InvalidMapping:
    return InvalidMapping(
        f"This is not a saved recipe or column mapping{why}.",
        "Choose a JSON file that was saved here.",
    )
