"""What happens inside the child: unpack, recognise, parse, write one Parquet file of text."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from clv.errors import UnreadableFile
from clv.intake.archive import MARKUP, WRONG_TYPES, ZIP, head_of, unpack
from clv.intake.columnar import read_parquet
from clv.intake.delimited import read_text
from clv.intake.objects import is_json, read_json
from clv.intake.sources import ReadOptions
from clv.intake.workbook import read_workbook

_WORKBOOKS: Final = (ZIP, b"\xd0\xcf\x11\xe0")


def parse(source: Path, target: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Read `source` into the Parquet file `target`; returns columns, rows, detected, notes."""
    told = ReadOptions(**options)
    unpacked = unpack(source, folder, told.sheet)
    if unpacked.tables:
        told = replace(told, sheet=None)  # it named the file in the zip
    path = unpacked.path
    head = head_of(path)
    if head.startswith(b"PAR1"):
        facts = read_parquet(path, target, folder)
    elif head.startswith(_WORKBOOKS):
        facts = read_workbook(path, target, folder, told)
    elif is_json(head):
        facts = read_json(path, target, folder, told)
    else:
        _refuse_other_types(head)
        facts = read_text(path, target, folder, told)
    facts["detected"]["compression"] = unpacked.compression
    if unpacked.tables:
        facts["detected"] |= {"sheet": unpacked.chosen, "sheets": list(unpacked.tables)}
        facts["notes"].insert(
            0,
            f"The zip holds {len(unpacked.tables)} tables; '{unpacked.chosen}' was read. "
            "Another one can be chosen.",
        )
    return facts


def _refuse_other_types(head: bytes) -> None:
    what = next((name for magic, name in WRONG_TYPES if head.startswith(magic)), None)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(MARKUP):
        what = "a web page"
    elif start.startswith((b"{", b"[{", b"[[")):
        what = "a JSON file without a list of orders"
    if what:
        raise UnreadableFile(
            f"This is {what}, not a table of orders.",
            "Upload a CSV, Excel (.xlsx, .xls), OpenDocument (.ods), JSON or Parquet file with "
            "one row per order line.",
        )
