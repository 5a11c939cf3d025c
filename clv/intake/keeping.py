"""Tables made of several files: written once, found again by what they were made of."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv import engine
from clv.errors import UnreadableFile
from clv.intake.sources import Detected, Origin, RawTable
from clv.intake.spool import MAX_COLUMNS, too_many_columns
from clv.schema import ROW_NUMBER

FORMAT: Final = 1  # raise it when the same files would be combined differently


@dataclass(frozen=True)
class Made:
    """A combined table before it is written: the expression, and what goes with it."""

    table: ir.Table
    columns: tuple[str, ...]
    origins: tuple[Origin, ...]
    notes: tuple[str, ...]
    provenance: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def keep(
    parts: Sequence[RawTable], how: str, name: str, make: Callable[[Backend], Made]
) -> RawTable:
    """The table that `make` describes, from the workspace where it has been made before.

    how: with the parts, all that the result depends on.
    """
    told = (FORMAT, how, [(part.path.name, part.name) for part in parts])
    target = engine.content_name("raw", *told)
    record = target.with_suffix(".json")
    if not (target.exists() and record.exists()):
        connection = engine.connect()
        made = make(connection)
        if len(made.columns) > MAX_COLUMNS:
            raise too_many_columns(len(made.columns))
        engine.write_parquet(connection, made.table, target)
        written = connection.read_parquet(str(target))
        facts = {
            "columns": made.columns,
            "rows": _unique_rows(written),
            "notes": made.notes,
            "origins": [asdict(origin) for origin in made.origins],
            "provenance": made.provenance,
            "repeated": made.repeated,
        }
        engine.write_text(record, json.dumps(facts))
    engine.touch(target, record)
    facts = json.loads(record.read_text())
    hashes = repr((told, [(part.content_hash, part.detected.sheet) for part in parts]))
    return RawTable(
        path=target,
        columns=tuple(facts["columns"]),
        rows=facts["rows"],
        name=name,
        content_hash=hashlib.sha256(hashes.encode()).hexdigest(),
        detected=Detected(
            format="several",
            header=all(part.detected.header for part in parts),
            first_row=parts[0].detected.first_row,
        ),
        notes=tuple(facts["notes"]),
        origins=tuple(Origin(**origin) for origin in facts["origins"]),
        provenance=tuple(facts["provenance"]),
        repeated=tuple(facts["repeated"]),
    )


def origins_of(raw: RawTable) -> tuple[Origin, ...]:
    """The files of a table, a single one included."""
    return raw.origins or (Origin(raw.name, 0, raw.rows),)


def shifted(origins: Sequence[Origin], by: int) -> tuple[Origin, ...]:
    """Origins of rows whose numbers go up by `by`."""
    return tuple(Origin(part.name, part.before + by, part.rows) for part in origins)


def last_row(raw: RawTable, connection: Backend) -> int:
    """The highest row number of a table."""
    return int(raw.table(connection)[ROW_NUMBER].max().execute() or 0)


def _unique_rows(table: ir.Table) -> int:
    """The number of rows; a row number must stand for one row, or rows would be lost later."""
    found = table.aggregate(rows=table.count(), numbers=table[ROW_NUMBER].nunique()).execute()
    rows, numbers = int(found.at[0, "rows"]), int(found.at[0, "numbers"])
    if rows != numbers:
        raise UnreadableFile(
            f"Combining the files gave {rows:,} rows for {numbers:,}.",
            "Combine them in a spreadsheet and upload the result.",
        )
    return rows
