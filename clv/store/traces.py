"""Where an id of a customer stands: in texts, tables and files of any kind, packed or not."""

import bz2
import gzip
import json
import lzma
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qsl, urlencode

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clv import schema
from clv.intake.corrections import Corrections
from clv.intake.recipe import Recipe

BLOCK: Final = 1 << 20
SURE_LENGTH: Final = 6  # a shorter id may stand in a text by chance, as in "12 pieces"
ERASED: Final = "(erased)"
_ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "cp1252")
_PACKED: Final[dict[bytes, Callable[..., Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}


class Trace:
    """The ids of one person, and whether something says them."""

    def __init__(self, ids: set[str]) -> None:
        self.ids = {id for id in ids if id}
        sure = sorted((id for id in self.ids if len(id) >= SURE_LENGTH), key=len, reverse=True)
        self.sure = tuple(sure)
        words = "|".join(re.escape(id) for id in sure)
        self._word = re.compile(rf"(?<![0-9A-Za-z_])(?:{words})(?![0-9A-Za-z_])") if sure else None

    def says(self, text: str | None) -> bool:
        """Whether a text is one of the ids, or has one of them as a word of its own."""
        if text is None:
            return False
        return text.strip() in self.ids or bool(self._word and self._word.search(text))

    def blank(self, text: str) -> str:
        """The text without the ids that are words of their own."""
        return self._word.sub(ERASED, text) if self._word else text

    def of_view(self, view: str) -> str:
        """A query string without the parameters that say an id."""
        pairs = parse_qsl(view, keep_blank_values=True)
        kept = [pair for pair in pairs if not self.says(pair[1]) and not self.says(pair[0])]
        return view if len(kept) == len(pairs) else urlencode(kept)

    def mask(self, column: pa.ChunkedArray) -> Any:
        """Which cells of a column of texts say an id."""
        found = pc.is_in(pc.utf8_trim_whitespace(column), pa.array(sorted(self.ids), pa.string()))
        for id in self.sure:  # far faster than a pattern, and almost always nowhere
            there = pc.fill_null(pc.match_substring(column, id), False)
            if pc.any(there).as_py():
                words = [self.says(text) for text in column.to_pylist()]
                return pc.or_(found, pa.chunked_array([pa.array(words, pa.bool_())]))
        return found


def without_rows(table: pa.Table, trace: Trace) -> pa.Table:
    """A table without the rows of the person, and without the ids where other rows say them."""
    if schema.CUSTOMER_ID in table.column_names:
        ids = pa.array(sorted(trace.ids), pa.string())
        table = table.filter(pc.invert(pc.is_in(table.column(schema.CUSTOMER_ID), ids)))
    for place, field in enumerate(table.schema):
        if field.type in (pa.string(), pa.large_string()) and field.name != schema.CUSTOMER_ID:
            mask = trace.mask(table.column(place).cast(pa.string()))
            if pc.any(mask).as_py():
                empty = pa.scalar(None if field.nullable else ERASED, field.type)
                table = table.set_column(place, field, pc.if_else(mask, empty, table.column(place)))
    return table


def without_person(recipe: Recipe, trace: Trace) -> Recipe:
    """A recipe that no longer speaks of the person."""
    old = recipe.corrections
    fills = tuple(pair for pair in old.fills if not any(map(trace.says, pair)))
    corrections = Corrections(
        cells=tuple(c for c in old.cells if not (trace.says(c.old) or trace.says(c.new))),
        date_order=old.date_order,
        decimal=old.decimal,
        merges=tuple(pair for pair in old.merges if not any(map(trace.says, pair))),
        fills=fills,
        email_column=old.email_column,
    )
    rules = replace(
        recipe.rules, without=tuple(id for id in recipe.rules.without if not trace.says(id))
    )
    return replace(recipe, corrections=corrections, rules=rules, name=trace.blank(recipe.name))


def file_says(path: Path, trace: Trace) -> bool:
    """Whether a file says an id anywhere; True as well for one that cannot be searched."""
    try:
        with path.open("rb") as handle:
            start = handle.read(8)
        if start[:4] == b"PAR1":
            return _parquet_says(path, trace)
        return any(_stream_says(stream, trace) for stream in _streams(path, start))
    except FileNotFoundError:
        return False
    except Exception:  # a damaged archive may hold anything
        return True


def _parquet_says(path: Path, trace: Trace) -> bool:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for column in pa.Table.from_batches([batch]).columns:
                kind = column.type
                if pa.types.is_list(kind) or pa.types.is_large_list(kind):
                    column = pc.list_flatten(column)
                elif pa.types.is_dictionary(kind):
                    column = column.cast(pa.string())
                texts = column.type in (pa.string(), pa.large_string())
                if texts and pc.any(trace.mask(column.cast(pa.string()))).as_py():
                    return True
    return False


def _streams(path: Path, start: bytes) -> Iterator[IO[bytes]]:
    """What is packed in a file, or the file itself."""
    if start[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as part:
                    yield part
        return
    opener = next((o for magic, o in _PACKED.items() if start.startswith(magic)), open)
    with opener(path, "rb") as handle:
        yield handle


def _stream_says(stream: IO[bytes], trace: Trace) -> bool:
    """Whether bytes hold an id, in any usual encoding; as a word of its own where it is short."""
    wanted, plain = [], set()
    for id in trace.ids:
        for encoding in _ENCODINGS:
            try:
                told = id.encode(encoding)
            except UnicodeEncodeError:
                continue
            plain.add(told)
            edge = rb"(?<![0-9A-Za-z_])" if encoding in ("utf-8", "latin-1", "cp1252") else rb""
            end = rb"(?![0-9A-Za-z_])" if edge else rb""
            wanted.append(edge + re.escape(told) + end)
        escaped = json.dumps(id)[1:-1].encode()
        plain.add(escaped)
        wanted.append(re.escape(escaped))
    pattern = re.compile(b"|".join(sorted(set(wanted))))
    overlap = 4 * max(len(id) for id in trace.ids) + 8
    before = b""
    while block := stream.read(BLOCK):
        text = before + block
        # The pattern is slow, and hardly any block has one of the texts at all.
        if any(told in text for told in plain) and pattern.search(text):
            return True
        before = text[-overlap:]
    return False
