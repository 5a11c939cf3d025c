"""The score of the Pollock benchmark: how much of a clean table a reader finds in a polluted file.

Ten values in [0, 1] per file: loaded at all, then precision, recall and F1 of the header cells,
the records and all cells, as multisets against the clean file. 10 is perfect.
"""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Table = list[list[str]]


@dataclass(frozen=True)
class Score:
    """Mean over the files, plain and by how often each pollution is met in the real world."""

    simple: float
    weighted: float
    files: int


def file_score(clean: Table, loaded: Table | None) -> float:
    """0 to 10 for one file; `loaded` is None when it was refused.

    As published, a record is the text of its cells put together, so that a lost delimiter
    costs cells and no record.
    """
    if loaded is None:
        return 0.0
    if not clean:
        return 10.0
    parts = (
        (clean[0], loaded[0] if loaded else []),
        (_records(clean), _records(loaded)),
        ([cell for row in clean for cell in row], [cell for row in loaded for cell in row]),
    )
    return 1.0 + sum(sum(_agreement(_folded(want), _folded(have))) for want, have in parts)


def weights(folder: Path) -> dict[str, float]:
    """File name -> how many of the files in the wild have this pollution."""
    found: dict[str, float] = json.loads((folder / "pollock_weights.json").read_text())
    return found


def clean_table(path: Path) -> Table:
    """The table that a perfect reader finds."""
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.reader(handle))


def mean(scores: dict[str, float], weight: dict[str, float], every: int = 1) -> Score:
    """All files together; of a sample, each file with one odd row stands for `every` of them."""
    times = {name: every if name.startswith("row") else 1 for name in scores}
    weights = {name: times[name] * weight.get(name, 0.0) for name in scores}
    total = sum(weights.values()) or 1.0
    return Score(
        simple=sum(score * times[name] for name, score in scores.items()) / sum(times.values()),
        weighted=sum(score * weights[name] for name, score in scores.items()) / total,
        files=len(scores),
    )


def _records(table: Table) -> list[str]:
    return ["".join(cell.strip() for cell in row) for row in table[1:]]


def _folded(cells: Sequence[str]) -> Counter[str]:
    return Counter(cell.strip().lower() for cell in cells)


def _agreement(want: Counter[str], have: Counter[str]) -> tuple[float, float, float]:
    """Precision, recall and F1; perfect where nothing is wanted."""
    if not want:
        return 1.0, 1.0, 1.0
    both = (want & have).total()
    if not both:
        return 0.0, 0.0, 0.0
    precision, recall = both / want.total(), both / have.total()
    return precision, recall, 2 * precision * recall / (precision + recall)
