"""Which column plays which role, and how dates and numbers are written: the user's recipe."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, get_args

from clv import shapes
from clv.errors import AmbiguousFormat, InvalidMapping
from clv.intake.sources import RawTable
from clv.schema import (
    AMOUNT,
    CUSTOMER_ID,
    DISCOUNT,
    ORDER_ID,
    ORDERED_AT,
    QUANTITY,
    ROLE_LABELS,
    ROLES,
    UNIT_PRICE,
)

DateOrder = Literal["ymd", "dmy", "mdy"]
Decimal = Literal[".", ","]
AmountOf = Literal["line", "order"]
DiscountIs = Literal["line", "piece", "order", "rate", "percent", "included"]
WhyLeftOut = Literal["not an order", "test order", "order refunded in full"]

MAX_ATTRIBUTES: Final = 8
VERSION: Final = 1


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Rows that do not count: those whose cell in `column` is one of `values`.

    values: compared without regard to case and blanks around them. others: turn it round, and
    leave out the rows whose cell is filled with anything else. why: shown in the ledger.
    """

    column: str
    values: tuple[str, ...]
    others: bool = False
    why: WhyLeftOut = "not an order"

    def __post_init__(self) -> None:
        if self.why not in get_args(WhyLeftOut):
            raise _not_a_recipe()


@dataclass(frozen=True, kw_only=True)
class TakesBack:
    """Rows that take money back although their amount has no minus: credit notes.

    values: what the cell in `column` says of them, compared as in `LeftOut`. signed: the minus is
    there where money goes back, and a row without one gives back what such a row took, as when a
    dispute is won: no purchase either.
    """

    column: str
    values: tuple[str, ...]
    signed: bool = False


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Role -> column of the file, how cells are written, and what is special about the export.

    columns: (role, column) pairs in the order of `clv.schema.ROLES`.
    attributes: further columns kept as attributes of the customer.
    date_order: order of day, month and year where numbers alone do not show it.
    decimal: the decimal mark. None for either: the data have two readings, the user must say.
    amount_of: "order" where the amount (and what was paid back, and the discount) is that of the
        whole order, on its first row or repeated on each: it counts once per order.
    discount_is: what the discount takes off quantity x unit price: money off the "line", off each
        "piece" or off the whole "order" (repeated on its rows, or on one of them), a "rate" (0.2)
        or a "percent" (20); "included" where prices have it off already. An amount has it off
        already. None: the data have two readings, the user must say.
    continued: rows without an order number belong to the order above them, and empty cells
        of an order take the value of its first row that has one.
    left_out: kinds of rows that are no orders.
    takes_back: kinds of rows that are refunds without a minus, or undo a refund.
    """

    columns: tuple[tuple[str, str], ...]
    attributes: tuple[str, ...] = ()
    date_order: DateOrder | None
    decimal: Decimal | None
    amount_of: AmountOf = "line"
    discount_is: DiscountIs | None = "line"
    continued: bool = False
    left_out: tuple[LeftOut, ...] = ()
    takes_back: tuple[TakesBack, ...] = ()

    def __post_init__(self) -> None:
        _known_roles(role for role, _ in self.columns)
        if len(self.roles) < len(self.columns):
            raise InvalidMapping("A role is given twice.", "Give each role one column.")
        _one_of("date order", self.date_order, get_args(DateOrder))
        _one_of("decimal mark", self.decimal, get_args(Decimal))
        _one_of("kind of amount", self.amount_of or "none", get_args(AmountOf))
        _one_of("kind of discount", self.discount_is, get_args(DiscountIs))
        refuse_repeated(self.attributes)

    @property
    def roles(self) -> dict[str, str]:
        """Role -> column name."""
        return dict(self.columns)

    def column(self, role: str) -> str | None:
        """The column that plays `role`, or None."""
        return self.roles.get(role)

    @property
    def takes_discount_off(self) -> bool:
        """Whether the amount is quantity x unit price less a discount."""
        taken = AMOUNT not in self.roles and {DISCOUNT, QUANTITY, UNIT_PRICE} <= set(self.roles)
        return taken and self.discount_is != "included"

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column of the file that it uses, each once."""
        kinds = [rule.column for rule in self.left_out] + [kind.column for kind in self.takes_back]
        others = (*self.attributes, *kinds)
        return tuple(dict.fromkeys((*self.roles.values(), *others)))

    def renamed(self, here: Callable[[str], str]) -> "Mapping":
        """A copy for a file whose columns have the names that `here` gives."""
        return replace(
            self,
            columns=tuple((role, here(column)) for role, column in self.columns),
            attributes=tuple(map(here, self.attributes)),
            left_out=tuple(replace(rule, column=here(rule.column)) for rule in self.left_out),
            takes_back=tuple(replace(kind, column=here(kind.column)) for kind in self.takes_back),
        )

    def with_roles(self, **columns: str | None) -> "Mapping":
        """A copy with some roles given other columns, or none: with_roles(amount="Total").

        What another discount column takes off is not known: `discount_is` is then to be said.
        """
        _known_roles(columns)
        merged = {**self.roles, **columns}
        pairs = tuple((role, merged[role]) for role in ROLES if merged.get(role))
        taken = {column for _, column in pairs}
        kept = tuple(name for name in self.attributes if name not in taken)
        same = merged.get(DISCOUNT) in (None, self.column(DISCOUNT))
        return replace(
            self,
            columns=tuple((r, c) for r, c in pairs if c),
            attributes=kept,
            discount_is=self.discount_is if same else None,
        )

    def check(self, raw: RawTable) -> None:
        """Raise InvalidMapping or AmbiguousFormat when `raw` cannot be read with this recipe."""
        for column in self.needed:
            raw.key(column)
        if self.column(CUSTOMER_ID) is None:
            raise InvalidMapping(
                "No column says which customer an order belongs to.",
                "Choose the column with the customer number, e-mail address or name.",
            )
        if self.column(ORDERED_AT) is None:
            raise InvalidMapping(
                "No column says when an order was made.", "Choose the column with the order date."
            )
        if self.column(AMOUNT) is None and not {QUANTITY, UNIT_PRICE} <= set(self.roles):
            raise InvalidMapping(
                "No column says how much money an order brought.",
                "Choose the amount, or both the quantity and the unit price.",
            )
        if self.column(ORDER_ID) is None and (self.continued or self.amount_of == "order"):
            raise InvalidMapping(
                "The amount is said to be that of a whole order, and no column has order numbers.",
                "Choose the column with the order number, or say that amounts are per row.",
            )
        if (
            self.column(ORDER_ID) is None
            and self.takes_discount_off
            and self.discount_is == "order"
        ):
            raise InvalidMapping(
                "The discount is said to be of whole orders, and no column has order numbers.",
                "Choose the column with the order number, or say that discounts are per row.",
            )
        self._check_sharing()
        self._check_formats()

    def to_json(self) -> str:
        """The recipe as JSON, the same text for equal recipes."""
        content = {
            "version": VERSION,
            "columns": self.roles,
            "attributes": list(self.attributes),
            "date_order": self.date_order,
            "decimal": self.decimal,
            "amount_of": self.amount_of,
            "discount_is": self.discount_is,
            "continued": self.continued,
            "left_out": [asdict(rule) for rule in self.left_out],
            "takes_back": [asdict(kind) for kind in self.takes_back],
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Mapping":
        """The recipe in `text`; InvalidMapping when it is not one."""
        try:
            content = shapes.parse(text)
            columns = content.get("columns") if isinstance(content, dict) else None
            if not isinstance(columns, dict):
                raise shapes.WrongShape("it has no columns")
            by_role = {role: columns[role] for role in ROLES if role in columns} | columns
            plain = without_version(content, VERSION)
            unsaid = {"date_order": None, "decimal": None}
            return shapes.build(cls, {**unsaid, **plain, "columns": list(by_role.items())})
        except shapes.WrongShape as error:
            raise _not_a_recipe(f": {error}") from None

    def save(self, path: str | Path) -> None:
        """Write the recipe to a JSON file."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Mapping":
        """Read a recipe from a JSON file."""
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise _not_a_recipe() from None

    def _check_sharing(self) -> None:
        by_column: dict[str, str] = {}
        for role, column in self.columns:
            if column in by_column:
                first, second = ROLE_LABELS[by_column[column]], ROLE_LABELS[role]
                raise InvalidMapping(
                    f"Column '{column}' is used for both {first} and {second}.",
                    "Give each role a column of its own, or leave one of them empty.",
                )
            by_column[column] = role

    def _check_formats(self) -> None:
        if self.date_order is None:
            raise AmbiguousFormat(
                f"The dates in column '{self.column(ORDERED_AT)}' have two readings: 03/04/2021 "
                "may be 3 April or 4 March.",
                "Say which comes first, the day or the month: on the page under 'How dates are "
                "written', in a mapping file as date_order dmy or mdy.",
            )
        if self.decimal is None:
            raise AmbiguousFormat(
                "The amounts have two readings: 1,234 may be a thousand, or a little over one.",
                "Say whether the decimal mark is a point or a comma.",
            )
        if self.discount_is is None and self.takes_discount_off:
            raise AmbiguousFormat(
                f"The discount in column '{self.column(DISCOUNT)}' has two readings: money or a "
                "percentage, off each row or once off the order.",
                "Say what it is: on the page under 'What the discount is', in a mapping file as "
                "discount_is line, piece, order, rate, percent or included.",
            )


def without_version(content: dict[str, Any], newest: int) -> dict[str, Any]:
    """The content without its version, after a look at it; WrongShape for one not known here."""
    version = content.get("version", 1)
    if type(version) is not int or not 1 <= version <= newest:
        raise shapes.WrongShape(f"its version is none of those known here, 1 to {newest}")
    return {name: value for name, value in content.items() if name != "version"}


def _known_roles(roles: Iterable[str]) -> None:
    for role in roles:
        if role not in ROLES:
            close = get_close_matches(role, ROLES, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"Roles are {', '.join(ROLES)}."
            raise InvalidMapping(f"There is no role '{role}'.", hint)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise InvalidMapping(f"Unknown {name} '{value}'.", f"Choose one of {' '.join(allowed)}")


def refuse_repeated(attributes: tuple[str, ...]) -> None:
    """Raise InvalidMapping where a column is to be kept twice."""
    if len(set(attributes)) < len(attributes):
        raise InvalidMapping(
            "A column is to be kept twice for each customer.", "Name each of them once."
        )


def _not_a_recipe(why: str = "") -> InvalidMapping:
    return InvalidMapping(
        f"This is not a saved recipe or column mapping{why}.",
        "Choose a JSON file that was saved here.",
    )
