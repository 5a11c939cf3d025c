"""How well files are read: four corpora of messy, polluted and hostile files, one table.

    python -m benchmarks.corpora ../shared/corpora                   # all of it; about an hour
    python -m benchmarks.corpora ../shared/corpora --only txmess     # or pollock hostile others
    python -m benchmarks.corpora ../shared/corpora --every 20        # every 20th file: minutes
    python -m benchmarks.corpora ../shared/corpora --verbose         # what is not right, by name

Pollock and txmess are read by DuckDB and pandas as well. Nothing is told to any reader. `load`
is what the scorer of txmess calls (score_txmess.py FOLDER benchmarks.corpora).
"""

import argparse
import importlib.util
import os
import re
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks import hostile, pollock
from benchmarks.readers import READERS, Reader, load, load_by

__all__ = ["load"]
CORPORA = ("pollock", "txmess", "hostile", "others")
Row = tuple[str, ...]
Loader = Callable[[str, dict[str, int]], dict[str, Any]]
LOADERS: dict[str, Loader] = {
    name: load if name == "clv" else load_by(reader) for name, reader in READERS.items()
}
REFUSALS_OF_ORDERS = ("The file has a header and no rows below it.", "The file is empty.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Score what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder with the corpora")
    parser.add_argument("--only", choices=CORPORA, action="append")
    parser.add_argument("--every", type=int, default=1, help="take every n-th file")
    parser.add_argument("--no-big", action="store_true", help="leave out files of gigabytes")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    wanted = options.only or CORPORA
    rows: list[Row] = []
    with workspace(), third_party(options.folder) as others:
        if "pollock" in wanted:
            rows += _pollock(others, options.every, options.verbose)
        if "txmess" in wanted:
            rows += _txmess(options.folder, options.every, options.verbose)
        if "hostile" in wanted:
            rows += hostile.rows_of_hostile(
                options.folder, options.every, not options.no_big, options.verbose
            )
        if "others" in wanted:
            rows += hostile.rows_of_others(others, options.every, options.verbose)
    print("| corpus | figure | files | clv | DuckDB | pandas |\n|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


@contextmanager
def workspace() -> Iterator[Path]:
    """A workspace of our own, so that nothing is read from an earlier run."""
    with tempfile.TemporaryDirectory(prefix="corpora-") as folder:
        before = os.environ.get("CLV_DATA_DIR")
        os.environ["CLV_DATA_DIR"] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop("CLV_DATA_DIR")
            if before is not None:
                os.environ["CLV_DATA_DIR"] = before


@contextmanager
def third_party(folder: Path, only: str = "") -> Iterator[Path]:
    """The files of others whose path fits the pattern `only`, for as long as they are needed."""
    with (
        tempfile.TemporaryDirectory(prefix="third-party-") as target,
        tarfile.open(folder / "third_party.tar.gz") as archive,
    ):
        members = [member for member in archive if re.search(only, member.name)]
        archive.extractall(target, members, filter="data")
        yield Path(target)


def polluted(folder: Path, every: int) -> list[Path]:
    """Pollock's files; of the thousands with one odd row, every n-th."""
    files = sorted((folder / "csv").iterdir())
    return [
        path for n, path in enumerate(files) if not path.name.startswith("row") or not n % every
    ]


def scores(folder: Path, files: Sequence[Path], reader: Reader) -> dict[str, tuple[float, str]]:
    """File name -> its score by Pollock and the reason if it was not loaded."""

    def score(path: Path) -> tuple[str, tuple[float, str]]:
        clean = pollock.clean_table(folder / "clean" / path.name)
        try:
            return path.name, (pollock.file_score(clean, reader(path)), "")
        except Exception as error:  # a refusal or a crash: not loaded
            return path.name, (0.0, str(getattr(error, "message", error))[:100])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(score, files))


def _pollock(folder: Path, every: int, verbose: bool) -> list[Row]:
    found: dict[str, list[str]] = {}
    count = {}
    for part in ("pollock_polluted", "pollock_survey"):
        place = folder / part
        files = polluted(place, every)
        weight = pollock.weights(place) if part == "pollock_polluted" else {}
        for name, reader in READERS.items():
            by_file = scores(place, files, reader)
            found.setdefault(name, []).extend(_means(by_file, weight, every))
            if verbose and name == "clv":
                for file, (score, why) in sorted(by_file.items(), key=lambda item: item[1]):
                    if score < 9.9:
                        print(f"  {score:6.3f}  {file}  {why}", flush=True)
        count[part] = len(files)
    many, real = map(str, count.values())
    labels = (
        ("simple mean", many), ("weighted mean", many),
        ("simple mean, below the check for orders", many),
        ("weighted mean, below the check for orders", many), ("real files", real),
    )  # fmt: skip
    return [
        ("Pollock", label, files, *(found[name][index] for name in READERS))
        for index, (label, files) in enumerate(labels)
    ]


def _means(
    by_file: dict[str, tuple[float, str]], weight: dict[str, float], every: int
) -> list[str]:
    """Plain and weighted, as read and with files that only hold no orders as they were parsed."""
    plain = {file: score for file, (score, _) in by_file.items()}
    if not weight:
        return [f"{pollock.mean(plain, weight, every).simple:.2f}"]
    # An empty table and a header alone are parsed to the cell, and then refused as no orders.
    below = {
        file: 10.0 if why in REFUSALS_OF_ORDERS else score for file, (score, why) in by_file.items()
    }
    return [
        f"{value:.3f}"
        for kept in (plain, below)
        for found in [pollock.mean(kept, weight, every)]
        for value in (found.simple, found.weighted)
    ]


def _txmess(folder: Path, every: int, verbose: bool) -> list[Row]:
    place, scorer = folder / "txmess", _scorer(folder)
    truths = hostile.manifest(place)[::every]
    right, silent = [], []
    for name, loader in LOADERS.items():
        grades = graded(place, truths, loader, scorer)
        count = Counter(grade for _, grade, _ in grades)
        right.append(f"{100 * count['right'] / len(truths):.1f} %")
        silent.append(f"{100 * count['SILENT'] / len(truths):.1f} %")
        if verbose and name == "clv":
            for file, grade, why in grades:
                if grade != "right":
                    print(f"  {grade}  {file}  {why}")
    files = str(len(truths))
    return [("txmess", "right", files, *right), ("txmess", "silently wrong", files, *silent)]


def graded(
    place: Path, truths: Sequence[dict[str, Any]], loader: Loader, scorer: ModuleType
) -> list[tuple[str, str, str]]:
    """File, grade and reason of every file, by the corpus' own scorer."""

    def grade(truth: dict[str, Any]) -> tuple[str, str, str]:
        try:
            got = loader(str(place / truth["file"]), truth["index"])
        except Exception as error:  # as the scorer has it: a crash is a refusal
            got = {"status": "refused", "why": f"{type(error).__name__}: {error}"[:120]}
        return truth["file"], scorer.grade(truth, got), str(got.get("why", ""))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(grade, truths))


def _scorer(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_txmess", folder / "score_txmess.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
