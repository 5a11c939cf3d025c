"""Discounts on quantity x unit price: what each kind takes off, and how the kind is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clv
from clv.errors import AmbiguousFormat, InvalidMapping

HEADER = "customer,order date,order number,sku,quantity,unit price,{discount}\n"
# Order 1 has two rows, order 2 one, order 3 is a return.
ROWS = [
    ("a", "2024-01-05", 1, "p", 2, 10.0),
    ("a", "2024-01-05", 1, "q", 1, 30.0),
    ("b", "2024-01-06", 2, "p", 1, 10.0),
    ("b", "2024-01-09", 3, "p", -1, 10.0),
]


def read(folder: Path, discounts: list[object], name: str = "discount", rows=ROWS) -> clv.RawTable:
    path = folder / "orders.csv"
    lines = [",".join(map(str, (*row, off))) for row, off in zip(rows, discounts, strict=True)]
    path.write_text(HEADER.format(discount=name) + "\n".join(lines) + "\n")
    return clv.read(path)


def amounts(raw: clv.RawTable, how: str | None = None) -> list[float]:
    mapping = clv.suggest_mapping(raw).with_roles(discount=raw.columns[-1])
    if how:
        mapping = replace(mapping, discount_is=how)
    rules = clv.Rules(refunds="own_date", drop_free_lines=False)
    shop = clv.clean(raw, mapping, rules)
    return [float(a) for a in shop.transactions.order_by("row_number").amount.execute()]


@pytest.mark.parametrize(
    ("how", "discounts", "expected"),
    [
        ("line", [3, 0, 1, 1], [17, 30, 9, -9]),
        ("line", [99, 0, 0, 0], [0, 30, 10, -10]),  # never below nothing
        ("line", [-3, "", "", ""], [17, 30, 10, -10]),  # written with a minus, or left empty
        ("piece", [3, 0, 1, 1], [14, 30, 9, -9]),
        ("order", [5, 5, 1, 0], [18, 27, 9, -10]),  # 5 off 50: a tenth of each row
        ("order", [5, 0, 1, 0], [18, 27, 9, -10]),  # on the first row only
        ("rate", [0.1, 0, 0.5, 0.5], [18, 30, 5, -5]),
        ("percent", [10, 0, 50, 50], [18, 30, 5, -5]),
        ("included", [3, 0, 1, 1], [20, 30, 10, -10]),
    ],
)
def test_each_kind_takes_off_what_it_says(
    tmp_path: Path, how: str, discounts: list[object], expected: list[float]
) -> None:
    assert amounts(read(tmp_path, discounts), how) == pytest.approx(expected)


def test_an_amount_has_its_discount_off_already(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        "customer,order date,order number,amount,quantity,unit price,discount\n"
        "a,2024-01-05,1,17,2,10,3\nb,2024-01-06,2,8,1,8,0\n"
    )
    assert amounts(clv.read(path)) == [17, 8]


def many(draw, orders: int = 40):
    """Orders of two or three rows with different prices, and `draw(rng, order)` their discounts."""
    rng = np.random.default_rng(5)
    rows, off = [], []
    for order in range(orders):
        size = int(rng.integers(2, 4))
        rows += [
            (f"c{order % 9}", f"2024-02-{1 + order % 28:02}", order, f"p{i}", 1, 10 + 7 * i)
            for i in range(size)
        ]
        off += list(draw(rng, size))
    return rows, off


@pytest.mark.parametrize(
    ("name", "draw", "kind"),
    [
        ("discount", lambda rng, n: rng.choice([0, 0.5, 1.25, 3], n), "line"),
        ("discount", lambda rng, n: [float(rng.choice([0, 2.5, 4]))] * n, "order"),
        ("discount", lambda rng, n: [float(rng.choice([0, 2.5, 4])), *[0] * (n - 1)], "order"),
        ("discount", lambda rng, n: rng.choice([0, 0.1, 0.25], n), "rate"),
        ("discount", lambda rng, n: rng.choice([0, 10, 25], n), None),
        ("discount percent", lambda rng, n: rng.choice([0, 10, 25], n), "percent"),
        ("discount", lambda rng, n: [f"{v}%" for v in rng.choice([0, 10, 25], n)], "percent"),
    ],
)
def test_the_kind_is_told_from_name_and_values(tmp_path: Path, name: str, draw, kind) -> None:
    rows, off = many(draw)
    raw = read(tmp_path, off, name, rows)
    assert clv.suggest_mapping(raw).discount_is == kind


def test_too_few_orders_to_tell_row_from_order_are_asked_about(tmp_path: Path) -> None:
    rows, _ = many(lambda rng, n: [0.0] * n)
    raw = read(tmp_path, [2.5 * (row[2] == 0) for row in rows], rows=rows)
    mapping = clv.suggest_mapping(raw)
    assert mapping.column("discount") == "discount"
    assert mapping.discount_is is None
    with pytest.raises(AmbiguousFormat, match="two readings"):
        clv.clean(raw, mapping)


def test_another_discount_column_is_asked_about_and_never_read_like_the_first(
    tmp_path: Path,
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        "customer,order date,order number,total,quantity,unit price,off\n"
        "a,2024-01-05,1,16,2,10,0.2\nb,2024-01-06,2,8,1,8,0\nb,2024-01-08,3,8,1,8,0\n"
    )
    raw = clv.read(path)
    mapping = clv.suggest_mapping(raw).with_roles(
        amount=None, quantity="quantity", unit_price="unit price", discount="off"
    )
    assert mapping.discount_is is None
    with pytest.raises(AmbiguousFormat, match="two readings"):
        clv.clean(raw, mapping)
    assert mapping.with_roles(amount="total").takes_discount_off is False


def test_what_a_discount_is_was_told_before_the_amount_is_taken_away(tmp_path: Path) -> None:
    rows, off = many(lambda rng, n: [float(rng.choice([0, 2.5, 4]))] * n)
    path = tmp_path / "orders.csv"
    lines = [",".join(map(str, (*row, d, row[5]))) for row, d in zip(rows, off, strict=True)]
    path.write_text(HEADER.format(discount="discount").strip() + ",amount\n" + "\n".join(lines))
    mapping = clv.suggest_mapping(clv.read(path))
    assert mapping.column("amount") == "amount"
    assert mapping.column("discount") == "discount"
    assert mapping.with_roles(amount=None).discount_is == "order"


def test_a_discount_of_the_order_needs_order_numbers(tmp_path: Path) -> None:
    raw = read(tmp_path, [5, 5, 1, 0])
    mapping = clv.suggest_mapping(raw).with_roles(order_id=None, discount="discount")
    mapping = replace(mapping, discount_is="order")
    with pytest.raises(InvalidMapping, match="order numbers"):
        clv.clean(raw, mapping)


@settings(max_examples=6)
@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 90), st.integers(0, 60)), min_size=2, max_size=8
    )
)
def test_the_discount_of_an_order_comes_off_once(tmp_path_factory, lines) -> None:
    rows = [("a", "2024-01-05", 1, f"p{i}", q, float(p)) for i, (q, p, _) in enumerate(lines)]
    rows.append(("b", "2024-01-06", 2, "p", 1, 10.0))
    off = max(d for *_, d in lines)
    raw = read(tmp_path_factory.mktemp("one"), [*[off] * len(lines), 0], rows=rows)
    whole = sum(q * p for q, p, _ in lines)
    found = pd.Series(amounts(raw, "order")[:-1])
    assert found.sum() == pytest.approx(max(whole - off, 0), abs=0.001)
    assert (found >= 0).all()
