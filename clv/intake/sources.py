"""Reading an upload: any file in, one raw table of text columns out.

Nothing is cast here. The file is parsed by a child process with limits (`clv.intake.sandbox`),
which writes a Parquet file into the workspace; the same file is never parsed twice.
"""

import json
import os
from collections.abc import Mapping as Dict
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv import engine
from clv.errors import InvalidMapping, UnreadableFile
from clv.intake import sandbox
from clv.schema import ROW_NUMBER

if TYPE_CHECKING:  # the child process reads this module and does without pandas
    import pandas as pd

FORMAT: Final = 5  # raise it when the same file would be read differently
MAX_BYTES: Final = 1 << 30
DAMAGED: Final = "damaged"  # text of a record whose cells do not fit the columns, else NULL


@dataclass(frozen=True)
class ReadOptions:
    """What the user says about a file. None: find out."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Detected:
    """How the file was read. `first_row` is the row number of the first row of data."""

    format: str
    compression: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    first_row: int = 2
    sheet: str | None = None
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """A file in a combined table: its rows are numbered on from `before`."""

    name: str
    before: int
    rows: int


@dataclass(frozen=True)
class RawTable:
    """A file as it is: every column as text, with the row numbers that a spreadsheet shows.

    path: Parquet in the workspace with row_number BIGINT, c0 to cn VARCHAR (blank cells are
        NULL) and `damaged` VARCHAR: the text of a record that has more cells than there are
        columns, or that ends in the middle; its other cells are NULL.
    columns: the names in the file, made unique; the n-th is c{n} in the table.
    notes: plain sentences on what was noticed.
    origins: the files that a combined table was made of, in order; empty for a single file.
    provenance: columns that say which file a row is from, and are no part of the row.
    repeated: columns of money that repeat the value of a whole order on each of its lines.
    """

    path: Path
    columns: tuple[str, ...]
    rows: int
    name: str
    content_hash: str
    detected: Detected
    notes: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    provenance: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()

    def table(self, connection: Backend) -> ir.Table:
        """The rows as a table of `connection`: row_number, c0 to cn, damaged."""
        return connection.read_parquet(str(self.path))

    def key(self, column_name: str) -> str:
        """Name in the table ("c3") of a column of the file; InvalidMapping if there is none."""
        if column_name not in self._keys:
            raise InvalidMapping(*missing_column(column_name, self.columns))
        return self._keys[column_name]

    def sample(self, rows: int = 1000) -> "pd.DataFrame":
        """The first rows under the names of the file; damaged records are left out."""
        connection = engine.connect()
        table = self.table(connection)
        table = table.filter(table[DAMAGED].isnull()).order_by(ROW_NUMBER).limit(rows)
        frame = table.select(*self._keys.values()).execute().astype(object)
        named: pd.DataFrame = frame.where(frame.notna(), None).set_axis(list(self.columns), axis=1)
        return named

    def origin(self, row_number: int) -> tuple[str, int]:
        """The file that a row is from, and the number of the row in it."""
        for part in reversed(self.origins):
            if row_number > part.before:
                return part.name, row_number - part.before
        return self.name, row_number

    def origins_of(self, row_number: ir.IntegerValue) -> tuple[ir.StringValue, ir.IntegerValue]:
        """The same as expressions over a column of row numbers."""
        if not self.origins:
            return ibis.literal(self.name), row_number
        parts = list(reversed(self.origins))
        name = ibis.cases(*((row_number > p.before, p.name) for p in parts), else_=self.name)
        before = ibis.cases(*((row_number > p.before, p.before) for p in parts), else_=0)
        return name, row_number - before

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "path": str(self.path.resolve())}

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> "RawTable":
        """The table that `to_dict` described."""
        lists = {key: tuple(facts[key]) for key in ("columns", "notes", "provenance", "repeated")}
        return cls(
            **{
                **facts,
                **lists,
                "path": Path(facts["path"]),
                "detected": Detected(**facts["detected"]),
                "origins": tuple(Origin(**origin) for origin in facts["origins"]),
            }
        )

    @cached_property
    def _keys(self) -> Dict[str, str]:
        return {name: f"c{index}" for index, name in enumerate(self.columns)}


def missing_column(name: str, columns: tuple[str, ...]) -> tuple[str, str]:
    """The two sentences for a column that the file does not have, with the likely one."""
    listed = ", ".join(columns[:12]) + (" ..." if len(columns) > 12 else "")
    lower = {column.casefold(): column for column in reversed(columns)}
    close = get_close_matches(name.casefold(), lower, n=1)
    hint = f"Did you mean '{lower[close[0]]}'?" if close else "Choose one of the file's columns."
    return f"Column '{name}' is not in your file ({listed}).", hint


def read(
    source: str | Path, options: ReadOptions = ReadOptions(), *, name: str | None = None
) -> RawTable:
    """Read one file (also inside gzip, bzip2, xz or zip) as text columns.

    CSV, Excel (.xlsx, .xlsm, .xlsb, .xls), OpenDocument (.ods), JSON, JSON lines or Parquet.

    name: shown to people instead of the file's own name. Raises UnreadableFile or NotEnoughData.
    """
    path = Path(source)
    shown = _as_text(name if name is not None else path.name)
    _check_file(path)
    content_hash = engine.hash_file(path)
    target = engine.content_name("raw", FORMAT, content_hash, options)
    record = target.with_suffix(".json")
    if not (target.exists() and record.exists()):
        facts = sandbox.run(
            {"source": str(path.resolve()), "target": str(target), "options": asdict(options)},
            size=path.stat().st_size,
        )
        engine.write_text(record, json.dumps(facts))
    engine.touch(target, record)
    return _raw_table(json.loads(record.read_text()), target, shown, content_hash)


def _raw_table(facts: dict[str, Any], path: Path, name: str, content_hash: str) -> RawTable:
    detected = facts["detected"]
    return RawTable(
        path=path,
        columns=tuple(facts["columns"]),
        rows=facts["rows"],
        name=name,
        content_hash=content_hash,
        detected=Detected(**{**detected, "sheets": tuple(detected["sheets"])}),
        notes=tuple(facts["notes"]),
    )


def _as_text(name: str) -> str:
    """A file name to show and to save; its bytes need not be text."""
    return os.fsencode(name).decode(errors="replace")


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise UnreadableFile(f"There is no file '{path.name}'.", "Check the name and the folder.")
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile("The file is empty.", "Export it again and check that it has rows.")
    limit = int(os.environ.get("CLV_MAX_FILE_BYTES", MAX_BYTES))
    if size > limit:
        raise UnreadableFile(
            f"The file has {size / 1e6:,.0f} MB; the limit is {limit / 1e6:,.0f} MB.",
            "Leave out columns that are not needed, compress it (.gz), or use Parquet. "
            "Whoever runs the server can raise the limit (CLV_MAX_FILE_BYTES).",
        )
