"""What happens inside the child: unpack, recognise, parse, write one Parquet file of text."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from clv.errors import UnreadableFile
from clv.intake.archive import MARKUP, WRONG_TYPES, ZIP, Unpacked, head_of, unpack
from clv.intake.columnar import read_parquet
from clv.intake.delimited import read_text
from clv.intake.objects import is_json, read_json
from clv.intake.sources import ReadOptions
from clv.intake.table_choice import NO_ORDERS, Rank, rank
from clv.intake.workbook import read_workbook

_WORKBOOKS: Final = (ZIP, b"\xd0\xcf\x11\xe0")


def parse(source: Path, target: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Read `source` into the Parquet file `target`; returns columns, rows, detected, notes."""
    told = ReadOptions(**options)
    unpacked = unpack(source, folder, told.sheet, lambda path: _rank(path, folder, told))
    if unpacked.tables:
        told = replace(told, sheet=None)  # it named the file in the zip
    facts = _parse(unpacked.path, target, folder, told)
    facts["detected"]["compression"] = unpacked.compression
    if unpacked.tables:
        facts["detected"] |= {"sheet": unpacked.chosen, "sheets": list(unpacked.tables)}
        facts["notes"].insert(0, _which(unpacked))
    return facts


def _parse(path: Path, target: Path, folder: Path, told: ReadOptions) -> dict[str, Any]:
    head = head_of(path)
    if head.startswith(b"PAR1"):
        return read_parquet(path, target, folder)
    if head.startswith(_WORKBOOKS):
        return read_workbook(path, target, folder, told)
    if is_json(head):
        return read_json(path, target, folder, told)
    _refuse_other_types(head)
    return read_text(path, target, folder, told)


def _rank(path: Path, folder: Path, told: ReadOptions) -> Rank:
    """How much one of several tables looks like orders; not at all where it cannot be read."""
    target = folder / "glance.parquet"
    try:
        return rank(target, _parse(path, target, folder, replace(told, sheet=None)))
    except Exception:  # its own trouble, in the words of any parser: another may be fine
        return NO_ORDERS


def _which(unpacked: Unpacked) -> str:
    why = f" {unpacked.why}" if unpacked.why else ""
    return (
        f"The zip holds {len(unpacked.tables)} tables; '{unpacked.chosen}' was read{why}. Another "
        "one can be chosen under 'Read it differently'. Tables that belong together can be loaded "
        "as files of their own."
    )


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
