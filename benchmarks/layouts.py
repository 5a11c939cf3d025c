"""How often the suggested columns are right, and whether the stated confidence can be believed.

    python -m benchmarks.layouts              # figures of all sets
    python -m benchmarks.layouts --each       # and every file
    python -m benchmarks.layouts --held-out   # the held-out third by file (look at it last)
    python -m benchmarks.layouts --blind      # the same layouts with names that say nothing
    python -m benchmarks.layouts --table      # the table of docs/columns.md

Three sets: the real files beside the project; two thirds of the layouts written for this
benchmark, on which rules may be improved; and the remaining third, on which nothing was tuned.
A role is right when its column is the true one, wrong when it is another or should have none,
missing when the file has a column for it and none is suggested. Beside it stands the plain
way: a column is taken when its name is one of a role's English key words.
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.layout_cases import Layout, layouts
from benchmarks.layout_truth import REAL
from clv.intake.sources import RawTable, ReadOptions, read
from clv.intake.suggest import Suggestion, suggest
from clv.schema import ROLE_LABELS, ROLES

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
BLIND_ROLES = ("customer_id", "ordered_at", "order_id", "amount", "quantity", "unit_price")
BANDS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.01)
KEY_WORDS = {
    "customer_id": "customer_id customer customerid client email user_id buyer",
    "ordered_at": "date order_date orderdate invoicedate created_at purchase_date",
    "order_time": "time order_time",
    "order_id": "order_id order orderid order_number invoiceno invoice transaction_id",
    "amount": "amount total sales revenue price order_total",
    "quantity": "quantity qty units",
    "unit_price": "unit_price unitprice price_each",
    "cost": "cost cogs",
    "discount": "discount discount_amount",
    "product_id": "product_id sku stockcode item_id",
    "product": "product product_name item item_name description",
    "category": "category product_category",
    "subcategory": "subcategory sub_category",
    "channel": "channel sales_channel source",
    "country": "country billing_country ship_country",
    "order_status": "status order_status",
    "currency": "currency currency_code",
    "refunded": "refunded amount_refunded refunded_amount",
}


@dataclass
class Score:
    """Counts over roles, and (confidence, right) of every suggestion."""

    counts: Counter[str] = field(default_factory=Counter)
    stated: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.counts["right"] / max(1, self.counts["right"] + self.counts["wrong"])

    @property
    def recall(self) -> float:
        """Of the roles that files have, the share with the true column."""
        return self.counts["right"] / max(1, self.counts["right"] + self.counts["lost"])


Truth = dict[str, tuple[str, ...]]
Found = dict[str, str]


def judge(
    score: Score,
    truth: Truth,
    optional: Iterable[str],
    found: Found,
    stated: dict[str, float],
    roles: tuple[str, ...] = ROLES,
) -> list[str]:
    """Count each role; returns what is not right, as text."""
    notes = []
    for role in roles:
        true, column = truth.get(role, ()), found.get(role)
        confidence = stated.get(role, 1.0)
        if column is not None:
            right = column in true
            score.counts["right" if right else "wrong"] += 1
            score.stated.append((confidence, right))
            if not right:
                notes.append(f"{role}: {column} ({confidence:.2f}), not {' / '.join(true) or '-'}")
        elif true and role not in optional:
            score.counts["missing"] += 1
            notes.append(f"{role}: none, not {' / '.join(true)}")
        if true and role not in optional and column not in true:
            score.counts["lost"] += 1
    score.counts["files"] += 1
    score.counts["perfect"] += not notes
    return notes


def by_key_words(columns: Iterable[str]) -> Found:
    """The plain way: the first column whose name is a key word of the role."""
    names = {"_".join(name.casefold().replace("-", " ").split()): name for name in columns}
    found: Found = {}
    for role, words in KEY_WORDS.items():
        free = [names[w] for w in words.split() if w in names and names[w] not in found.values()]
        if free:
            found[role] = free[0]
    return found


def plain_columns(raw: RawTable) -> Found:
    return by_key_words(raw.columns)


def quirks_right(found: Suggestion, layout: Layout) -> bool:
    """Whether amounts per order and continued rows are seen, and only where they are."""
    mapping = found.mapping
    if "amount" not in mapping.roles:
        return not layout.expect
    order = mapping.amount_of == "order"
    if layout.per == "lines" and order != layout.expect.get("order", False):
        return False
    return mapping.continued or not layout.expect.get("continued", False)


def score_layouts(
    cases: list[Layout], *, each: bool, roles: tuple[str, ...] = ROLES
) -> tuple[Score, Score]:
    ours, plain = Score(), Score()
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            path = Path(folder) / f"{case.name}.csv"
            path.write_text(case.text(), encoding="utf-8")
            raw = read(path, ReadOptions(header=case.header, encoding="utf-8"))
            found = suggest(raw)
            columns, stated = found.mapping.roles, found.confidence
            notes = judge(ours, case.truth, case.optional, columns, stated, roles)
            judge(plain, case.truth, case.optional, plain_columns(raw), {}, roles)
            ours.counts["quirks right"] += quirks_right(found, case)
            if not quirks_right(found, case):
                notes.append(f"amount of {found.mapping.amount_of}, {found.mapping.continued}")
            if each and notes:
                print(f"  {case.name}: " + "; ".join(notes))
    return ours, plain


def score_real(*, each: bool) -> tuple[Score, Score]:
    ours, plain = Score(), Score()
    for name, (truth, optional) in REAL.items():
        if not (DATA / name).exists():
            print(f"  not there: {name}")
            continue
        raw = read(DATA / name)
        found = suggest(raw)
        notes = judge(ours, truth, optional, found.mapping.roles, found.confidence)
        judge(plain, truth, optional, plain_columns(raw), {})
        if each and notes:
            print(f"  {name}: " + "; ".join(notes))
    return ours, plain


def blinded(case: Layout) -> Layout:
    """The layout with its columns called Field1, Field2 ..., judged on what it needs to be read."""
    names = {name: f"Field{n}" for n, (name, _) in enumerate(case.columns, 1)}
    truth = {
        role: tuple(names[column] for column in columns)
        for role, columns in case.truth.items()
        if role in BLIND_ROLES
    }
    columns = tuple((names[name], what) for name, what in case.columns)
    return replace(case, name=f"{case.name}_blind", columns=columns, truth=truth, header=True)


def show(title: str, score: Score) -> None:
    c = score.counts
    print(
        f"{title:<34} files {c['files']:>3}  perfect {c['perfect']:>3}  right {c['right']:>4}  "
        f"wrong {c['wrong']:>3}  missing {c['missing']:>3}  precision {score.precision:.3f}  "
        f"recall {score.recall:.3f}"
    )


def show_calibration(title: str, stated: list[tuple[float, bool]]) -> None:
    print(f"{title}: confidence stated, and share that is right")
    bands: dict[float, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in stated:
        bands[max(edge for edge in BANDS if edge <= confidence)].append((confidence, right))
    for edge, rows in sorted(bands.items()):
        mean = sum(confidence for confidence, _ in rows) / len(rows)
        share = sum(right for _, right in rows) / len(rows)
        print(f"  from {edge:.2f}: {len(rows):>4} roles, stated {mean:.2f}, right {share:.2f}")


def show_table() -> None:
    """The table of docs/columns.md: which column plays which role in every real file."""
    print("| file | columns, with confidence |\n| --- | --- |")
    for name in REAL:
        if (DATA / name).exists():
            found = suggest(read(DATA / name))
            pairs = "; ".join(
                f"{ROLE_LABELS[role]}: {column} ({found.confidence[role]:.2f})"
                for role, column in found.mapping.columns
            )
            print(f"| {name.rpartition('/')[2]} | {pairs} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("each", "held-out", "table", "blind"):
        parser.add_argument(f"--{name}", action="store_true")
    say = parser.parse_args()
    if say.table:
        show_table()
        return
    cases = layouts()
    if say.blind:
        ours, _ = score_layouts([blinded(c) for c in cases], each=say.each, roles=BLIND_ROLES)
        show("names that say nothing", ours)
        show_calibration("names that say nothing", ours.stated)
        return
    sets = {
        "real files": score_real(each=say.each),
        "layouts": score_layouts([c for n, c in enumerate(cases) if n % 3 != 2], each=say.each),
        "held-out layouts": score_layouts(cases[2::3], each=say.held_out),
    }
    for title, (ours, plain) in sets.items():
        show(title, ours)
        show(f"{title}, key words only", plain)
        if "quirks right" in ours.counts:
            print(f"  amounts and rows understood in {ours.counts['quirks right']} files")
    for title, (ours, _) in sets.items():
        show_calibration(title, ours.stated)


if __name__ == "__main__":
    main()
