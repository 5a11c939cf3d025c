"""Three readers with one face: ours, DuckDB's own CSV reader, and pandas that sniffs."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

import clv
from clv import engine
from clv.intake.casting import typed
from clv.intake.conventions import date_order, decimal_mark
from clv.intake.sources import DAMAGED
from clv.schema import AMOUNT, CUSTOMER_ID, ORDERED_AT, ROW_NUMBER

Table = list[list[str]]
Reader = Callable[[Path], Table]
Loaded = dict[str, Any]


def ours(path: Path) -> Table:
    """The table that `clv.read` gives, damaged records with the cells they have."""
    raw = clv.read(path)
    frame = raw.table(engine.connect()).order_by(ROW_NUMBER).execute().astype(object)
    keys = [f"c{index}" for index in range(len(raw.columns))]
    rows = [
        cells[-1].split(" | ") if cells[-1] is not None else [cell or "" for cell in cells[:-1]]
        for cells in frame.where(frame.notna(), None)[[*keys, DAMAGED]].itertuples(index=False)
    ]
    return [_as_written(raw.columns, r" \(\d+\)"), *rows] if raw.detected.header else rows


def by_duckdb(path: Path) -> Table:
    """DuckDB told nothing about the file, with the options that serve it best on these files."""
    connection, source = duckdb.connect(), str(path)
    try:
        found = connection.read_csv(
            source, all_varchar=True, strict_mode=False, null_padding=True, parallel=False
        )
    except duckdb.Error:
        found = connection.read_csv(source, all_varchar=True, ignore_errors=True)
    rows = [[cell or "" for cell in row] for row in found.fetchall()]
    named = not all(re.fullmatch(r"column\d+", name) for name in found.columns)
    return [_as_written(found.columns, r"_\d+"), *rows] if named else rows


def by_pandas(path: Path) -> Table:
    """pandas told nothing but to keep text as text."""
    frame = pd.read_csv(
        path, sep=None, engine="python", dtype=str, keep_default_na=False, on_bad_lines="skip"
    )
    names = _as_written([str(name) for name in frame.columns], r"\.\d+")
    return [names, *([str(cell) for cell in row] for row in frame.itertuples(index=False))]


def _as_written(names: Sequence[str], ending: str) -> list[str]:
    """Names without what a reader adds to a blank or repeated one, the same for all three."""
    known = set(names)
    bare = [re.sub(rf"{ending}$", "", name) for name in names]
    plain = [two if two in known else one for one, two in zip(names, bare, strict=True)]
    return [re.sub(r"^(?:Unnamed: |Column |column)\d+$", "", name) for name in plain]


READERS: dict[str, Reader] = {"clv": ours, "DuckDB": by_duckdb, "pandas": by_pandas}


def load(path: str | Path, index: dict[str, int]) -> Loaded:
    """What `score_txmess.py` asks for: the rows of a file, its three columns given by number."""
    try:
        raw = clv.read(path)
        return _rows(raw, {role: raw.columns[column] for role, column in index.items()})
    except clv.CLVError as error:
        return {"status": "refused", "why": error.message}


def _rows(raw: clv.RawTable, names: dict[str, str]) -> Loaded:
    warned = any("E+19" in note for note in raw.notes)
    order = date_order(raw, names["date"])
    decimal = decimal_mark(raw, [names["amount"]])
    if order is None or decimal is None:
        asked = "date" if order is None else "decimal"
        return {"status": "asked", "asked": asked, "warned": warned}
    mapping = clv.Mapping(
        columns=(
            (CUSTOMER_ID, names["customer"]),
            (ORDERED_AT, names["date"]),
            (AMOUNT, names["amount"]),
        ),
        date_order=order,
        decimal=decimal,
    )
    table = raw.table(engine.connect())
    cells = typed(table, raw, mapping)
    # Ids as they stand in the file: cleaning takes the ".0" of 17850.0 off.
    written = table.select(ROW_NUMBER, written=table[raw.key(names["customer"])].strip())
    cells = cells.inner_join(written, ROW_NUMBER).order_by(ROW_NUMBER)
    ids = cells[CUSTOMER_ID].isnull().ifelse(None, cells.written)
    frame = cells.select(ids.name(CUSTOMER_ID), ORDERED_AT, AMOUNT).execute()
    full = frame.dropna()
    return {
        "status": "loaded",
        "warned": warned,
        "rows": [
            [who, when.date().isoformat(), amount]
            for who, when, amount in full.itertuples(index=False)
        ],
        "rejected": len(frame) - len(full),
    }


def load_by(reader: Reader) -> Callable[[str, dict[str, int]], Loaded]:
    """A loader of order rows as most scripts have it: the reader, then two casts of pandas."""

    def load_with(path: str, index: dict[str, int]) -> Loaded:
        table = reader(Path(path))
        frame = pd.DataFrame(
            [[row[index[role]] for role in ("customer", "date", "amount")] for row in table[1:]],
            columns=["customer", "date", "amount"],
        )
        frame["date"] = pd.to_datetime(frame["date"], errors="coerce")
        frame["amount"] = pd.to_numeric(frame["amount"], errors="coerce")
        full = frame[frame["customer"] != ""].dropna()
        rows = [
            [who, when.date().isoformat(), amount]
            for who, when, amount in full.itertuples(index=False)
        ]
        return {"status": "loaded", "rows": rows, "rejected": len(frame) - len(full)}

    return load_with
