"""Several files as one: put below each other where they have one layout, else joined.

`plan` says in plain sentences what would be done, `combine` does it. The result is a RawTable
like any other, so that nothing after it knows of several files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clv.errors import NotEnoughData, UnreadableFile
from clv.intake import sources
from clv.intake.database import is_database, read_table
from clv.intake.joining import LIKE, join, joined_names, money_of
from clv.intake.kinds import lists_returns, says_returned
from clv.intake.matching import Join, suggest_joins
from clv.intake.sources import RawTable, ReadOptions
from clv.intake.stacking import append, combined_name, slots
from clv.intake.vocabulary import likeness
from clv.intake.wording import percent
from clv.schema import AMOUNT, ORDER_ID, REFUNDED, STATUS

__all__ = ["Join", "Plan", "append", "combine", "join", "plan", "read", "read_all", "suggest_joins"]

_BOOKS = ("xlsx", "xlsb", "xls", "ods")
_SAME_LAYOUT = 0.8  # share of all columns that two files have in common


@dataclass(frozen=True)
class Plan:
    """How tables (by position) become one.

    groups: tables of one layout, which are put below each other. joins: in order, between
    groups (by position); the first one's left is the base. repeated: columns of the result that
    hold money of a whole order on each of its lines. sentences: all this in plain words.
    warnings: what the result leaves out.
    """

    groups: tuple[tuple[int, ...], ...]
    joins: tuple[Join, ...] = ()
    repeated: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read(
    source: str | Path | Sequence[str | Path],
    options: ReadOptions | None = None,
    *,
    name: str | None = None,
    table: str | None = None,
    query: str | None = None,
) -> RawTable:
    """Read a file of orders, or several that belong together, or from a database, as text.

    CSV, Excel, OpenDocument, JSON or Parquet, also inside gzip, bzip2, xz or zip; or the address
    of a database (sqlite:///..., postgresql://...) with the name of a table or one SELECT. name:
    shown to people instead of the file's own. Raises UnreadableFile, UnreadableDatabase or
    NotEnoughData; with several files also when they fit together in no way.
    """
    if isinstance(source, str) and is_database(source):
        return read_table(source, table=table, query=query)
    options = options or ReadOptions()
    paths = [source] if isinstance(source, str | Path) else list(source)
    if not paths:
        raise UnreadableFile("No file is given.", "Name at least one file.")
    if len(paths) == 1:
        return sources.read(paths[0], options, name=name)
    tables = [sources.read(path, options) for path in paths]
    how = plan(tables)
    found = combine(tables, how)
    return replace(found, name=name or found.name, notes=(*found.notes, *how.warnings))


def read_all(path: str | Path, *, name: str | None = None) -> tuple[RawTable, ...]:
    """Every table of a file: the sheets of a workbook, the tables in a zip or a JSON file.

    Sheets that are no tables (notes, charts) and tables without rows are passed over.
    """
    first = sources.read(path, name=name)
    is_book = first.detected.format in _BOOKS
    found = []
    for sheet in first.detected.sheets if len(first.detected.sheets) > 1 else ():
        try:
            told = ReadOptions(sheet=sheet)
            found.append(sources.read(path, told, name=f"{first.name}: {sheet}"))
        except NotEnoughData:
            continue
        except UnreadableFile:
            if not is_book:
                raise
    return tuple(found) or (first,)


def plan(tables: Sequence[RawTable]) -> Plan:
    """What to do with these tables. Raises UnreadableFile when some fit to none of the others."""
    groups = _groups(tables)
    sentences = [_below_each_other(tables, group) for group in groups if len(group) > 1]
    if len(groups) == 1:
        return Plan(groups, (), (), tuple(sentences))
    parts = _stacked(tables, groups)
    found = suggest_joins(parts)
    joins = _chain(parts, found)
    repeated: list[str] = []
    for chosen, _, names in _steps(parts, joins):
        sentences.append(_in_words(parts, chosen))
        money = _order_money(parts, chosen)
        if money:
            listed = ", ".join(f"'{column}'" for column in money)
            sentences.append(
                f"{listed} of {parts[chosen.right].name} belongs to a whole order and repeats on "
                "each of its lines: it must count once per order."
            )
            repeated += [names[column] for column in money]
    warnings = tuple(_without_amounts(part.name) for part in parts if _takes_nothing_off(part))
    return Plan(groups, joins, tuple(repeated), tuple(sentences), warnings)


def combine(tables: Sequence[RawTable], how: Plan) -> RawTable:
    """One table made of several as `how` says."""
    parts = _stacked(tables, how.groups)
    current = parts[how.joins[0].left if how.joins else 0]
    for chosen, keys, _ in _steps(parts, how.joins):
        current = join(current, parts[chosen.right], keys, exact=chosen.exact)
    return replace(current, name=combined_name(tables))


Step = tuple[Join, list[tuple[str, str]], dict[str, str]]


def _steps(parts: Sequence[RawTable], joins: Sequence[Join]) -> Iterator[Step]:
    """Each join with its keys, and the names of the new columns, in the table so far."""
    if not joins:
        return
    base = joins[0].left
    columns = list(parts[base].columns)
    now = {(base, column): column for column in columns}
    for chosen in joins:
        keys = [(now[chosen.left, chosen.left_column], chosen.right_column)]
        names = joined_names(columns, parts[chosen.right], keys)
        yield chosen, keys, names
        now |= {(chosen.right, column): shown for column, shown in names.items()}
        columns += [shown for column, shown in names.items() if column != chosen.right_column]


def _stacked(tables: Sequence[RawTable], groups: Sequence[Sequence[int]]) -> list[RawTable]:
    return [
        append([tables[index] for index in group]) if len(group) > 1 else tables[group[0]]
        for group in groups
    ]


def _groups(tables: Sequence[RawTable]) -> tuple[tuple[int, ...], ...]:
    """Positions of tables with (nearly) the same columns, in whatever order."""
    groups: list[list[int]] = []
    for index, raw in enumerate(tables):
        ours = set(slots(raw))
        for group in groups:
            theirs = set(slots(tables[group[0]]))
            if len(ours & theirs) >= _SAME_LAYOUT * len(ours | theirs):
                group.append(index)
                break
        else:
            groups.append([index])
    return tuple(map(tuple, groups))


def _chain(parts: Sequence[RawTable], found: Sequence[Join]) -> tuple[Join, ...]:
    """Joins that lead from one table, the lines, to all others without multiplying its rows."""
    steps = [join for join in found if join.right_unique]
    steps += [join.turned for join in steps if join.left_unique]
    chains = [_reached(base, steps) for base in range(len(parts))]
    # A table whose keys repeat is a base by nature; where none does, the biggest is.
    base = max(
        range(len(parts)),
        key=lambda b: (len(chains[b]), _straight(chains[b], found), parts[b].rows, -b),
    )
    reached = {base, *(step.right for step in chains[base])}
    lost = [raw.name for index, raw in enumerate(parts) if index not in reached]
    if lost:
        raise _fits_nowhere(lost, parts[base].name)
    return chains[base]


def _straight(chain: Sequence[Join], found: Sequence[Join]) -> int:
    return sum(step in found for step in chain)


def _reached(base: int, steps: Sequence[Join]) -> tuple[Join, ...]:
    """The best joins, step by step, to the tables that can be looked up from `base`."""
    inside = {base}
    chain: list[Join] = []
    while True:
        usable = [s for s in steps if s.left in inside and s.right not in inside]
        if not usable:
            return tuple(chain)
        chain.append(usable[0])
        inside.add(usable[0].right)


def _order_money(parts: Sequence[RawTable], chosen: Join) -> tuple[str, ...]:
    if chosen.left_unique or chosen.role != ORDER_ID:
        return ()
    return money_of(parts[chosen.right], _keys(chosen))


def _keys(chosen: Join) -> list[tuple[str, str]]:
    return [(chosen.left_column, chosen.right_column)]


def _below_each_other(tables: Sequence[RawTable], group: Sequence[int]) -> str:
    names = [tables[index].name for index in group]
    return f"{', '.join(names)} have the same columns: their rows are put below each other."


def _in_words(parts: Sequence[RawTable], chosen: Join) -> str:
    left, right = parts[chosen.left].name, parts[chosen.right].name
    return (
        f"Rows of {left} take the columns of {right} where '{chosen.left_column}' equals "
        f"'{chosen.right_column}': {percent(chosen.match_rate, 1)} of them have a partner, and "
        f"{percent(chosen.found_rate, 1)} of the values in {right} are found."
    )


def _takes_nothing_off(part: RawTable) -> bool:
    """Whether a table of returns says neither how much went back, nor that all of it did."""
    return lists_returns(part.name) and not any(
        says_returned(column)
        or any(likeness(column, role) >= LIKE for role in (AMOUNT, REFUNDED, STATUS))
        for column in part.columns
    )


def _without_amounts(name: str) -> str:
    return (
        f"{name} names orders that came back, but not how much of each was paid back: nothing is "
        "taken off for them. Add a column with the amounts; or one called 'returned', with yes, "
        "where all of an order was paid back."
    )


def _fits_nowhere(lost: Sequence[str], base: str) -> UnreadableFile:
    return UnreadableFile(
        f"{', '.join(lost)} cannot be combined with {base}: the columns differ, and no column of "
        "one has the values of a column of the other, each once.",
        "Leave it out, or add the column that they share, such as the order number.",
    )
