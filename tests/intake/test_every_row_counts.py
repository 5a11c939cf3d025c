"""Whatever is decided about a file, each of its rows and all of its money is accounted for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import clv
from clv.intake.mapping import LeftOut

pytestmark = pytest.mark.usefixtures("all_here")

# A failing example goes through the engine: to shrink it takes minutes.
BRIEF = (Phase.explicit, Phase.generate)
NAMES = ("customer", "order", "date", "product", "pieces", "price", "total", "back", "currency",
         "mail", "kind", "status")  # fmt: skip
ROLES = ("customer_id", "order_id", "ordered_at", "product", "quantity", "unit_price", "amount",
         "refunded", "currency")  # fmt: skip
one_of = st.sampled_from
cells = st.tuples(
    one_of(["anna", "ben", "cid", "ANNA", ""]),
    one_of(["1", "2", "3", "4", ""]),
    one_of(["2024-01-05", "2024-02-06", "5.3.2024", "nonsense", ""]),
    one_of(["mug", "pot", ""]),
    one_of(["1", "2", "3", "-1", ""]),
    one_of(["10", "2.50", "0", ""]),
    one_of(["20", "-7.25", "0", "", "abc", "1,5", "333.33"]),
    one_of(["", "", "", "4", "-2"]),
    one_of(["EUR", "EUR", "USD", "CHF", ""]),
    one_of(["", "a@x.org"]),
    one_of(["order", "order", "order", "fee"]),
    one_of(["", "", "", "cancelled"]),
)
LAST = ("zoe", "99", "2024-06-01", "jug", "1", "7", "7", "", "EUR", "", "order", "")
FIXES = (
    clv.CellFix(column="date", old="nonsense", new="2024-01-09"),
    clv.CellFix(column="total", old="abc", new="12"),
    clv.CellFix(column="total", old="0", new="", row=3),
    clv.CellFix(column="customer", old="", new="cid", row=4),
)


@dataclass(frozen=True)
class Case:
    rows: list[tuple[str, ...]]
    mapping: clv.Mapping
    rules: clv.Rules
    corrections: clv.Corrections

    def clean(self) -> clv.Shop:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "orders.csv"
            lines = [NAMES, *self.rows, LAST]
            path.write_text("\n".join(",".join(_quoted(line)) for line in lines) + "\n")
            return clv.clean(clv.read(path), self.mapping, self.rules, self.corrections)


def _quoted(line: tuple[str, ...]) -> Iterator[str]:
    return (f'"{cell}"' if "," in cell else cell for cell in line)


@st.composite
def mappings(draw) -> clv.Mapping:
    columns = dict(zip(ROLES, NAMES, strict=False))
    for role in ("product", "quantity", "unit_price", "refunded"):
        if draw(st.integers(0, 3)) == 0:
            del columns[role]
    if {"quantity", "unit_price"} <= set(columns) and draw(st.integers(0, 3)) == 0:
        del columns["amount"]
    if draw(st.integers(0, 3)) == 0:
        del columns["order_id"]
    if draw(st.booleans()):
        columns["order_status"] = "status"
    by_order = "order_id" in columns
    return clv.Mapping(
        columns=tuple(columns.items()),
        date_order="ymd",
        decimal=".",
        amount_of=draw(one_of(["line", "order"])) if by_order and "amount" in columns else "line",
        continued=by_order and draw(st.booleans()),
        left_out=draw(one_of([(), (LeftOut(column="kind", values=("fee",)),)])),
    )


@st.composite
def rule_sets(draw) -> clv.Rules:
    rates = draw(one_of([(), (("USD", 0.9),), (("USD", 0.9), ("CHF", 1.05))]))
    return clv.Rules(
        refunds=draw(one_of(["net", "own_date", "ignore"])),
        currency="EUR",
        rates=rates,
        cap=draw(one_of([None, 15.0])),
        without=draw(one_of([(), ("ben",)])),
        drop_duplicates=draw(one_of([None, True, False])),
        drop_free_lines=draw(one_of([None, True, False])),
    )


@st.composite
def corrections(draw) -> clv.Corrections:
    filled = draw(st.booleans())
    return clv.Corrections(
        cells=tuple(fix for fix in FIXES if draw(st.booleans())),
        date_order=draw(one_of([None, "dmy"])),
        decimal=draw(one_of([None, ","])),
        merges=draw(one_of([(), (("ANNA", "anna"),)])),
        fills=(("a@x.org", "mail"),) if filled else (),
        email_column="mail" if filled else None,
    )


cases = st.builds(
    Case, st.lists(cells, min_size=3, max_size=25), mappings(), rule_sets(), corrections()
)


@settings(max_examples=14, phases=BRIEF)
@given(cases)
def test_every_row_is_used_or_left_out_once_and_changes_are_of_rows_of_the_file(case):
    shop = case.clean()
    ledger = shop.ledger
    used = shop.transactions.execute()["row_number"].tolist()
    rejected = ledger.rejected_rows()["row_number"].tolist()
    file = set(range(2, len(case.rows) + 3))
    assert sorted(used + rejected) == sorted(file)
    assert ledger.read == ledger.used + ledger.rejected == len(file)
    assert (ledger.used, ledger.rejected) == (len(used), len(rejected))
    changed = ledger.changed_rows()
    assert set(changed["row_number"]) <= file
    assert (changed["old"] != changed["new"]).all()
    per_kind = changed.groupby("change")["row_number"].nunique().to_dict()
    assert {str(c.change): c.rows for c in ledger.changes} == per_kind


def money(case: Case, shop: clv.Shop) -> float:
    return shop.ledger.revenue + sum(effect.revenue for effect in shop.ledger.effects)


@settings(max_examples=12, phases=BRIEF)
@given(cases)
def test_the_money_of_used_and_left_out_rows_is_all_the_readable_money(case):
    mapping = replace(case.mapping, amount_of="line", continued=False)
    if mapping.column("refunded"):  # which may be that of the whole order
        mapping = mapping.with_roles(order_id=None)
    # A cap lowers the rows that count, and leaves the others as they are.
    # A blank currency belongs to the only one there is, or to none: not told here.
    place = NAMES.index("currency")
    rows = [(*row[:place], row[place] or "EUR", *row[place + 1 :]) for row in case.rows]
    rules = replace(case.rules, cap=None)
    case = replace(case, mapping=mapping, rules=rules, rows=rows)
    lines = list(readable(case))
    assert money(case, case.clean()) == pytest.approx(sum(lines), abs=0.002 * len(lines))


def readable(case: Case) -> Iterator[float]:
    """Amounts by the rules, in plain Python: one for each row that has one."""
    roles = {role: NAMES.index(column) for role, column in case.mapping.columns}
    rates = {"EUR": 1.0, **dict(case.rules.rates)}
    for number, row in enumerate([*case.rows, LAST], 2):
        cell = list(row)
        for fix in case.corrections.cells:
            place = NAMES.index(fix.column)
            if fix.row in (None, number) and row[place] == fix.old:
                cell[place] = fix.new

        def value(role: str, cell: list[str] = cell) -> float | None:
            return _number(cell[roles[role]], case) if role in roles else None

        pieces, price = value("quantity"), value("unit_price")
        amount = value("amount")
        if "amount" not in roles and pieces is not None and price is not None:
            amount = pieces * price
        rate = rates.get(cell[NAMES.index("currency")])
        if amount is None or rate is None:
            continue
        amount, back = amount * rate, abs(value("refunded") or 0) * rate
        if amount < 0 or (pieces or 0) < 0:
            amount, back = -abs(amount), 0.0
        cap = case.rules.cap or float("inf")
        amount = max(-cap, min(cap, amount))
        yield amount - (min(back, max(amount, 0)) if case.rules.refunds != "ignore" else 0)


def _number(text: str, case: Case) -> float | None:
    for mark in (".", case.corrections.decimal):
        try:
            return float(text.replace(mark, ".") if mark else text)
        except ValueError:
            continue
    return None


@settings(max_examples=12, phases=BRIEF)
@given(cases)
def test_the_total_of_an_order_counts_once_however_many_rows_it_has(case):
    roles = {r: c for r, c in zip(ROLES, NAMES, strict=False) if r not in ("refunded", "currency")}
    mapping = clv.Mapping(
        columns=tuple(roles.items()), date_order="ymd", decimal=".", amount_of="order"
    )
    rules = clv.Rules(drop_duplicates=case.rules.drop_duplicates)
    case = Case(case.rows, mapping, rules, clv.Corrections())
    # A row without customer or date takes no part of a total; its share is not told here.
    rows = [(row[0] or "anna", row[1], "2024-01-05", *row[3:]) for row in case.rows]
    case = replace(case, rows=rows)
    assert money(case, case.clean()) == pytest.approx(sum(_totals(case)), abs=1e-6)


def _totals(case: Case) -> Iterator[float]:
    """The total of each customer's order, once; a row without one has that of the row above."""
    whole: dict[object, list[tuple[str, ...]]] = {}
    for number, row in enumerate([*case.rows, LAST]):
        whole.setdefault(row[:2] if row[1] else number, []).append(row)
    for rows in whole.values():
        found = [_number(row[NAMES.index("total")], case) for row in rows]
        last = next((total for total in found if total is not None), None)
        parts: dict[float | None, list[tuple[str, ...]]] = {}
        for row, total in zip(rows, found, strict=True):
            last = total if total is not None else last
            parts.setdefault(last, []).append(row)
        for total, of_total in parts.items():
            # One of nothing but negative pieces takes money back.
            pieces = [_number(row[NAMES.index("pieces")], case) or 0 for row in of_total]
            if total is not None:
                yield -abs(total) if all(count < 0 for count in pieces) else total
