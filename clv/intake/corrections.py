"""What a person has corrected in a file: single cells, a second way to read, people merged.

Corrections change values on the way in, never the file. Each is in the ledger with the row
number and the value before and after.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, get_args

from clv import shapes
from clv.errors import InvalidMapping
from clv.intake.mapping import DateOrder, Decimal
from clv.intake.sources import RawTable

MOST: Final = 10_000
MOST_ROWS: Final = 1 << 40


@dataclass(frozen=True, kw_only=True)
class CellFix:
    """In `column`, `new` stands where the file has `old` ("" for a blank cell).

    row: only in the row of this number, and then only in the file that it was made for; None:
    wherever the column has that text, in the next file too.
    """

    column: str
    old: str
    new: str
    row: int | None = None


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """All corrections to a file.

    cells: fixes of cells. date_order, decimal: a second reading for the dates and numbers that
    cannot be read as the mapping says. merges: (customer id, the id to use instead). fills:
    (e-mail address in small letters, id) for rows without an id, by their cell in email_column.
    """

    cells: tuple[CellFix, ...] = ()
    date_order: DateOrder | None = None
    decimal: Decimal | None = None
    merges: tuple[tuple[str, str], ...] = ()
    fills: tuple[tuple[str, str], ...] = ()
    email_column: str | None = None

    def __post_init__(self) -> None:
        if len(self.cells) > MOST or len(self.merges) + len(self.fills) > 10 * MOST:
            raise InvalidMapping(
                "There are too many corrections.", "Correct the file itself, and load it again."
            )
        if any(fix.row is None and not fix.old.strip() for fix in self.cells):
            raise InvalidMapping(
                "A blank cell can only be filled in a row of its own.", "Say which row is meant."
            )
        if not all(0 < fix.row < MOST_ROWS for fix in self.cells if fix.row is not None):
            raise _not_corrections(": there is no row of that number")
        if self.fills and not self.email_column:
            raise InvalidMapping(
                "Rows are to be given an id by e-mail, and no column has e-mail addresses.",
                "Say which column has them.",
            )
        for pairs in (self.merges, self.fills):
            if len({first for first, _ in pairs}) < len(pairs):  # rows would be multiplied
                raise _not_corrections()
        if {alias for alias, _ in self.merges} & {keep for _, keep in self.merges}:
            raise _not_corrections()
        for value, allowed in ((self.date_order, DateOrder), (self.decimal, Decimal)):
            if value is not None and value not in get_args(allowed):
                raise _not_corrections()

    def with_cell(self, fix: CellFix) -> "Corrections":
        """A copy with one more fix; it replaces an earlier one of the same cell.

        Where `fix.old` is what an earlier fix wrote, that one writes the new value instead: the
        old text of a fix is always the file's.
        """
        if fix.new.strip() == fix.old.strip():
            return self
        cells = [replace(one, new=fix.new) if _wrote(one, fix) else one for one in self.cells]
        there = {_place(one) for one in self.cells}
        if fix.row is not None:  # in this row alone, something else than in all others
            cells += [
                replace(one, new=fix.new, row=fix.row)
                for one in self.cells
                if one.row is None
                and _says(one, fix)
                and (one.column, one.old.strip(), fix.row) not in there
            ]
        mine, anywhere = _place(fix), (fix.column, fix.old.strip(), None)
        if cells == list(self.cells):
            cells = [*(one for one in cells if _place(one) != mine), fix]
        elif not {mine, anywhere} & there:
            cells.append(fix)
        return replace(self, cells=tuple(cells))

    def with_merges(self, merges: Iterable[tuple[str, str]]) -> "Corrections":
        """A copy that merges these ids as well. Merged ids are followed to the end: no chains."""
        target = dict(self.merges)

        def end(name: str) -> str:
            while name in target:
                name = target[name]
            return name

        for alias, keep in merges:
            one, other = end(alias), end(keep)
            if one != other:
                target[one] = other
        return replace(self, merges=tuple(sorted((alias, end(alias)) for alias in target)))

    def for_other_file(self) -> "Corrections":
        """A copy without what belongs to single rows of the file that it was made for."""
        return replace(self, cells=tuple(fix for fix in self.cells if fix.row is None))

    def check(self, raw: RawTable) -> None:
        """Raise InvalidMapping when a column is not in the file."""
        for column in self.columns:
            raw.key(column)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the file that they need."""
        named = {fix.column for fix in self.cells}
        return tuple(sorted(named | ({self.email_column} if self.email_column else set())))

    def renamed(self, here: Callable[[str], str]) -> "Corrections":
        """A copy for a file whose columns have the names that `here` gives."""
        return replace(
            self,
            cells=tuple(replace(fix, column=here(fix.column)) for fix in self.cells),
            email_column=here(self.email_column) if self.email_column else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Any) -> "Corrections":
        """The corrections in plain values; InvalidMapping when they are none."""
        try:
            return shapes.build(cls, content)
        except shapes.WrongShape as error:
            raise _not_corrections(f": {error}") from None


NOTHING: Final = Corrections()


def _place(fix: CellFix) -> tuple[str, str, int | None]:
    return fix.column, fix.old.strip(), fix.row


def _says(earlier: CellFix, fix: CellFix) -> bool:
    """Whether the fix is one of what the earlier one wrote."""
    return earlier.column == fix.column and earlier.new.strip() == fix.old.strip()


def _wrote(earlier: CellFix, fix: CellFix) -> bool:
    return _says(earlier, fix) and fix.row in (None, earlier.row)


def _not_corrections(why: str = "") -> InvalidMapping:
    return InvalidMapping(
        f"The corrections in the recipe cannot be understood{why}.",
        "Choose a recipe that was saved here, or take the corrections out of it.",
    )
