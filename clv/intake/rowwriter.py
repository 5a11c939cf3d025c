"""Writes rows of text, one by one, into a Parquet file of the kind that every reader makes."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import pyarrow
import pyarrow.compute
import pyarrow.parquet

from clv import engine
from clv.intake.sources import DAMAGED
from clv.schema import ROW_NUMBER

_CELLS_AT_ONCE: Final = 200_000


class RowWriter:
    """Holds some rows at a time; the file is there, complete, when the block is left."""

    def __init__(self, target: Path, folder: Path, width: int) -> None:
        self.rows = self.damaged = 0
        self._target, self._partial, self._width = target, folder / "rows.parquet", width
        self._numbers: list[int] = []
        self._rows: list[Sequence[str | None]] = []
        keys = [f"c{index}" for index in range(width)]
        self._schema = pyarrow.schema(
            [(ROW_NUMBER, pyarrow.int64()), *((k, pyarrow.string()) for k in (*keys, DAMAGED))]
        )

    def __enter__(self) -> "RowWriter":
        self._file = pyarrow.parquet.ParquetWriter(self._partial, self._schema, compression="zstd")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        self._file.close()
        if kind is None:
            engine.publish(self._partial, self._target)

    def add(self, number: int | None, cells: Sequence[str | None]) -> None:
        """One row; without a number it gets that of the row before it plus one."""
        self._add(number, [*cells, None])

    def add_damaged(self, number: int | None, text: str) -> None:
        """A record of which only the text is kept."""
        self.damaged += 1
        self._add(number, [*[None] * self._width, text])

    def _add(self, number: int | None, cells: Sequence[str | None]) -> None:
        self.rows += 1
        self._numbers.append(self.rows if number is None else number)
        self._rows.append(cells)
        if len(self._numbers) * (self._width + 1) >= _CELLS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._numbers:
            columns = [pyarrow.array(self._numbers, pyarrow.int64())]
            columns += map(_column, zip(*self._rows, strict=True))
            self._file.write_table(pyarrow.table(columns, schema=self._schema))
        self._numbers, self._rows = [], []


def _column(cells: Sequence[str | None]) -> pyarrow.Array:
    """Blank cells are NULL; half characters and NULs, which JSON can write, become signs."""
    cells = [cell or None for cell in cells]
    try:
        array = pyarrow.array(cells, pyarrow.string())
    except UnicodeEncodeError:
        whole = [c and c.encode("utf-8", "replace").decode("utf-8") for c in cells]
        array = pyarrow.array(whole, pyarrow.string())
    return pyarrow.compute.replace_substring(array, "\0", "\ufffd")
