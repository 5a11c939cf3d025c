"""What winning a customer cost, when that is earned back, and what it may cost at most."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from clv.errors import UnreadableFile
from clv.insights.cohorts import FORECAST, OBSERVED, SMALL

MOST: Final = 1e12  # money
MOST_BYTES: Final = 1_000_000  # of an upload: a line per month or channel is enough
HINT: Final = "Write one line per {by}, with the columns {by} and cost."
PAYBACK: Final = (
    "name", "customers", "cost", "each", "payback", "kind", "most", "months", "pays",
)  # fmt: skip
_MONTH: Final = re.compile(r"^(\d{4})-(\d{1,2})(?:-\d{1,2})?$|^(\d{1,2})[./](\d{4})$")


@dataclass(frozen=True)
class Curve:
    """Margin so far per customer won, month by month of age from 0.

    value: money; kinds: OBSERVED or FORECAST per month; discounted: all of it at the value of
    the month of acquisition.
    """

    value: tuple[float, ...]
    kinds: tuple[str, ...]
    discounted: float


def curves(
    cells: pd.DataFrame, margin: float, annual_discount: float, by: str = "cohort"
) -> dict[str, Curve]:
    """The curve of each cohort, or of each `group` over its cohorts.

    cells: of `matrix` and `continue_matrix` together, of each month one. What a customer of a
    group brings at an age is the mean over the cohorts that have been watched that long; only
    beyond what SMALL customers were watched for, of the forecast. A group ends where neither
    says anything.
    """
    found = {}
    sums = cells.groupby([by, "age", "kind"])[["revenue", "size"]].sum()
    for name, part in sums.groupby(level=0):
        revenue, size = (part[column].droplevel(0).to_dict() for column in ("revenue", "size"))
        money: list[float] = []
        kinds: list[str] = []
        while kind := _kind(size, len(money)):
            money.append(margin * revenue[len(money), kind] / size[len(money), kind])
            kinds.append(kind)
        if money:
            factors = np.power(1 + annual_discount, -np.arange(len(money)) / 12)
            value = tuple(np.cumsum(money).tolist())
            found[str(name)] = Curve(value, tuple(kinds), float(factors @ np.array(money)))
    return found


def _kind(size: Mapping[Any, float], age: int) -> str | None:
    """Which of the two says what a customer brings at an age; None where neither does."""
    watched, expected = size.get((age, OBSERVED), 0), size.get((age, FORECAST), 0)
    if watched and (watched >= SMALL or not expected):
        return OBSERVED
    return FORECAST if expected else None


def payback(curve: Curve, cost: float) -> tuple[int, str] | None:
    """The first age in months at which the margin per customer has earned back `cost`, and
    whether that was observed or is forecast; None where it never is."""
    for age, (value, kind) in enumerate(zip(curve.value, curve.kinds, strict=True)):
        if value >= cost:
            return age, kind
    return None


def paybacks(
    found: Mapping[str, Curve], customers: Mapping[str, int], costs: Mapping[str, float]
) -> pd.DataFrame:
    """A row for every name with a cost, in the order of `customers`.

    costs: money spent in all. Returns name, customers, cost, each (cost per customer), payback
    (age in months; NaN: not within the months known), kind, most (the highest cost per customer
    that is earned back: all margin, discounted), months (of age that it counts), pays (bool).
    """
    rows = []
    for name, size in customers.items():
        if name not in costs or name not in found or not size:
            continue
        curve, each = found[name], costs[name] / size
        back = payback(curve, each)
        rows.append(
            {
                "name": name,
                "customers": size,
                "cost": costs[name],
                "each": each,
                "payback": float(back[0]) if back else float("nan"),
                "kind": back[1] if back else "",
                "most": curve.discounted,
                "months": len(curve.value),
                "pays": each <= curve.discounted,
            }
        )
    return pd.DataFrame(rows, columns=list(PAYBACK))


def read_costs(content: bytes, by: str) -> dict[str, float]:
    """Costs from a CSV file with the columns month or channel (`by`), and cost.

    Months as 2006-04, 2006-04-01 or 04/2006. Raises UnreadableFile for anything else, for a
    cost that can be read in two ways, and for a name that comes twice.
    """
    hint = HINT.format(by=by)
    if len(content) > MOST_BYTES:
        raise UnreadableFile("The file with costs is too large to be one.", hint)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile("The file with costs is not text in UTF-8.", hint) from None
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise UnreadableFile("The file with costs is empty.", hint)
    marks = {mark: lines[0].count(mark) for mark in ";,\t"}
    delimiter = max(marks, key=lambda mark: marks[mark])
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error:
        raise UnreadableFile("The file with costs is not a table.", hint) from None
    header = [name.strip().casefold() for name in rows[0]]
    if by not in header or "cost" not in header:
        raise UnreadableFile(f"The file with costs has no columns {by} and cost.", hint)
    at, money = header.index(by), header.index("cost")
    found: dict[str, float] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) <= max(at, money):
            raise UnreadableFile(f"Line {number} of the costs has too few columns.", hint)
        name = _month(row[at], number) if by == "month" else row[at].strip()
        if name in found:
            raise UnreadableFile(f"Line {number} of the costs names {name} a second time.", hint)
        found[name] = _cost(row[money], number)
    return found


def _month(text: str, number: int) -> str:
    match = _MONTH.match(text.strip())
    year, month = (match[1] or match[4], match[2] or match[3]) if match else ("", "0")
    if not 1 <= int(month) <= 12:
        raise UnreadableFile(
            f"Line {number} of the costs has “{text.strip()[:40]}” in place of a month.",
            "Write months as 2006-04.",
        )
    return f"{year}-{int(month):02d}"


def _cost(text: str, number: int) -> float:
    bare = re.sub(r"[\s€$£'’]", "", text)
    refused = UnreadableFile(
        f"Line {number} of the costs has “{text.strip()[:40]}” in place of an amount of money.",
        "Write amounts as 1234.50, without signs for thousands.",
    )
    if not re.fullmatch(r"\d[\d.,]*", bare):
        raise refused
    marks = [mark for mark in bare if mark in ".,"]
    if len(set(marks)) == 2:  # the last one is the decimal mark
        bare = bare.replace(marks[0], "")
        if marks.count(marks[-1]) > 1:
            raise refused
    elif len(marks) == 1 and len(bare) - bare.index(marks[0]) == 4:
        raise refused  # 1,234 is a thousand to some and one to others
    elif len(marks) > 1:
        raise refused
    try:
        value = float(bare.replace(",", "."))
    except ValueError:
        raise refused from None
    if not value < MOST:
        raise refused
    return value
