"""Parquet files: every column as text, in the order of the file."""

from pathlib import Path
from typing import Any

import duckdb
import ibis

from clv import engine
from clv.errors import NotEnoughData, UnreadableFile
from clv.intake.sources import DAMAGED, Detected
from clv.intake.spool import MAX_CELLS, MAX_COLUMNS, summarise, too_many_columns, unique_names
from clv.schema import ROW_NUMBER


def read_parquet(path: Path, target: Path, folder: Path) -> dict[str, Any]:
    """Cast every column of a Parquet file to text; blank text becomes NULL."""
    rows = _check_footer(path)
    link = folder / "table.parquet"  # a name of ours: the engine would expand wildcards
    link.symlink_to(path)
    connection = engine.connect(path.parent, folder)
    try:
        source = connection.read_parquet(str(link))
        names = source.columns
        cells = [source[n].cast("string").nullif("").name(f"c{i}") for i, n in enumerate(names)]
        number = (ibis.row_number() + 2).cast("int64").name(ROW_NUMBER)
        shaped = source.select(number, *cells, ibis.null("string").name(DAMAGED))
        engine.write_parquet(connection, shaped, target)
        written = int(connection.read_parquet(str(target)).count().execute())
    except duckdb.Error:
        raise _damaged() from None
    if written != rows:
        raise _damaged()
    return summarise(target, unique_names(names), Detected(format="parquet"), [])


def _check_footer(path: Path) -> int:
    """The number of rows, once the footer says that the table stays within bounds."""
    import pyarrow
    import pyarrow.parquet

    try:
        footer = pyarrow.parquet.read_metadata(path)
    except (pyarrow.ArrowException, OSError):
        raise _damaged() from None
    rows, width = int(footer.num_rows), int(footer.num_columns)
    if width > MAX_COLUMNS:
        raise too_many_columns(width)
    if rows == 0:
        raise NotEnoughData("The file has columns and no rows.", "Export it again with rows.")
    if rows * width > MAX_CELLS:
        raise UnreadableFile(
            f"The file has {rows:,} rows of {width} columns, which is over the limit.",
            "Keep the needed columns only.",
        )
    return rows


def _damaged() -> UnreadableFile:
    return UnreadableFile("The Parquet file is damaged.", "Export it again.")
