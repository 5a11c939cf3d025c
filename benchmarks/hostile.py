"""Files that were made to harm, and other people's test files: is the server unharmed?

Each file goes the way of the command line (read, suggest, clean) in a server process of its own,
which has to live on; the parsing itself is in a child of that process, as always.
"""

import ast
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import clv
from clv import engine
from clv.schema import AMOUNT

SECONDS, CHILD_BYTES, GROWTH_BYTES = 20.0, 3 << 30, 200 << 20
Row = tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a file. verdict: "load", "refuse", "dead" or "crash"."""

    verdict: str
    why: str = ""
    seconds: float = 0.0
    grown: int = 0
    left: int = 0


def manifest(folder: Path) -> list[dict[str, Any]]:
    """The entries of manifest.json in `folder`."""
    entries: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text())
    return entries


def attempt(path: str, name: str, amount: str | None = None) -> Outcome:
    """Read, suggest and clean one file; `amount` names the column a user would choose."""
    before, start = _resident(), time.perf_counter()
    verdict, why = "load", ""
    seconds = 0.0
    try:
        raw = clv.read(path, name=name)
        seconds = time.perf_counter() - start
        mapping = clv.suggest_mapping(raw)
        if amount is not None:
            mapping = mapping.with_roles(**{AMOUNT: _column(raw, amount)})
        clv.clean(raw, mapping)
    except clv.CLVError as error:
        verdict = "refuse" if error.message and error.hint else "crash"
        why = error.message
    except Exception as error:  # whatever is no CLVError would be a traceback on a page
        verdict, why = "crash", f"{type(error).__name__}: {error}"
    seconds = seconds or time.perf_counter() - start
    left = len(list(engine.workspace().glob("reading-*")))
    return Outcome(verdict, why, seconds, _resident() - before, left)


def _column(raw: clv.RawTable, written: str) -> str:
    """The last column that is written like that, for an earlier one may have the same name."""
    name = written.strip()
    alike = [column for column in raw.columns if column == name or column.startswith(f"{name} (")]
    return alike[-1] if alike else raw.columns[-1]


def read_only(path: str) -> Outcome:
    """Read one file, and suggest a mapping if it is a table."""
    try:
        clv.suggest_mapping(clv.read(path))
    except clv.CLVError as error:
        return Outcome("refuse" if error.message and error.hint else "crash", error.message)
    except Exception as error:  # see above
        return Outcome("crash", f"{type(error).__name__}: {error}")
    return Outcome("load")


def rows_of_hostile(folder: Path, every: int, big: bool, verbose: bool) -> list[Row]:
    """Rows of the table: alive, right, and the worst figures."""
    place = folder / "hostile"
    entries = [
        entry
        for number, entry in enumerate(manifest(place))
        if ("recipe" in entry and big) or ("file" in entry and not number % every)
    ]
    outcomes = []
    with _Server() as server, tempfile.TemporaryDirectory() as scratch:
        for entry in entries:
            path = place / entry["file"] if "file" in entry else _made(folder, entry, Path(scratch))
            outcome = server.ask(
                attempt, str(path), entry["upload_name"], entry.get("amount_column")
            )
            outcomes.append(outcome)
            if "file" not in entry:
                path.unlink()
            if verbose and not _is_right(entry, outcome):
                print(
                    f"  {entry['expect']} -> {outcome}  {entry.get('file', entry['upload_name'])}"
                )
        children = server.ask(_peak, resource.RUSAGE_CHILDREN)
        own = server.ask(_peak, resource.RUSAGE_SELF)
    count = len(entries)
    alive = sum(outcome.verdict not in ("dead", "crash") for outcome in outcomes)
    right = sum(map(_is_right, entries, outcomes))
    slowest = max(outcome.seconds for outcome in outcomes)
    grown = max(outcome.grown for outcome in outcomes)
    left = sum(outcome.left for outcome in outcomes)
    return [
        _row("hostile", "server alive", count, f"{100 * alive / count:.1f} %"),
        _row("hostile", "right verdict", count, f"{100 * right / count:.1f} %"),
        _row("hostile", "slowest to read (limit 20 s)", count, f"{slowest:.1f} s"),
        _row("hostile", "largest child (limit 3,221 MB)", count, f"{children / 1e6:,.0f} MB"),
        _row("hostile", "the server's own peak", count, f"{own / 1e6:,.0f} MB"),
        _row("hostile", "server grew at most by (limit 200 MB)", count, f"{grown / 1e6:,.0f} MB"),
        _row("hostile", "left behind", count, f"{left} files"),
    ]


def rows_of_others(folder: Path, every: int, verbose: bool) -> list[Row]:
    """Rows of the table for all files of other projects but those of Pollock."""
    files = others(folder)[::every]
    outcomes = []
    with _Server() as server:
        for path in files:
            outcome = server.ask(read_only, str(path))
            outcomes.append(outcome)
            if verbose and outcome.verdict in ("dead", "crash"):
                print(f"  {outcome}  {path.relative_to(folder)}")
    decided = sum(outcome.verdict in ("load", "refuse") for outcome in outcomes)
    loaded = sum(outcome.verdict == "load" for outcome in outcomes)
    return [
        _row(
            "others", "server alive and decided", len(files), f"{100 * decided / len(files):.1f} %"
        ),
        _row("others", "loaded", len(files), str(loaded)),
    ]


def others(folder: Path) -> list[Path]:
    """The test files of other projects."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in files if not path.relative_to(folder).parts[0].startswith("pollock")]


class _Server:
    """One process after the other that answers; a new one when one has died."""

    def __enter__(self) -> "_Server":
        self._pool = self._new()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def ask(self, function: Any, *arguments: Any) -> Any:
        try:
            return self._pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            self._pool = self._new()
            return Outcome("dead", "the process died")

    def _new(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        pool.submit(_warm).result()
        return pool


def _warm() -> None:
    """Imports and a first query, so that they do not count as growth."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as handle:
        handle.write("customer,date,amount\n" + "C1,2021-01-05,12.50\n" * 20)
        handle.flush()
        attempt(handle.name, "warm.csv")


def _is_right(entry: dict[str, Any], outcome: Outcome) -> bool:
    if outcome.verdict not in ("load", "refuse") or outcome.left:
        return False
    return entry["expect"] in ("either", outcome.verdict)


def _made(folder: Path, entry: dict[str, Any], scratch: Path) -> Path:
    path = scratch / "big.csv"
    arguments = entry["args"]
    given = ast.literal_eval(arguments) if isinstance(arguments, str) else arguments
    script = [sys.executable, str(folder / "make_recipe.py"), entry["recipe"]]
    subprocess.run([*script, json.dumps(given), str(path)], check=True)
    return path


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _peak(whose: int) -> int:
    """Bytes; a child begins with those of the process that starts it."""
    return resource.getrusage(whose).ru_maxrss * 1024


def _row(corpus: str, figure: str, count: int, ours: str) -> Row:
    return corpus, figure, str(count), ours, "", ""
