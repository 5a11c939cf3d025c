"""What real exports do: totals once per order, continued rows, rows that are no orders."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clv
from clv import schema
from clv.errors import InvalidMapping
from clv.intake.cancellations import CANCELLED
from clv.intake.mapping import LeftOut, Mapping

pytestmark = pytest.mark.usefixtures("all_here")

HEADER = "order,customer,day,total,refunded,item,pieces,price,type"
ROLES = {
    "order_id": "order",
    "customer_id": "customer",
    "ordered_at": "day",
    "amount": "total",
    "refunded": "refunded",
    "product": "item",
    "quantity": "pieces",
    "unit_price": "price",
}


def mapping(**changes) -> Mapping:
    base = {
        "columns": tuple((role, ROLES[role]) for role in schema.ROLES if role in ROLES),
        "date_order": "ymd", "decimal": ".",
        "amount_of": "order", "continued": True,
    }  # fmt: skip
    return Mapping(**{**base, **changes})


@pytest.fixture
def shop_of(tmp_path: Path):
    def run(*lines: str, how: Mapping | None = None, **rules) -> clv.Shop:
        path = tmp_path / f"orders-{abs(hash((lines, how, str(rules))))}.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        return clv.clean(clv.read(path), how or mapping(), clv.Rules(**rules))

    return run


def lines_of(shop: clv.Shop) -> list[tuple]:
    frame = shop.transactions.execute()
    columns = ("customer_id", "order_id", "product")
    return [
        (*row, float(amount))
        for *row, amount in zip(*(frame[name] for name in columns), frame["amount"], strict=True)
    ]


def test_a_total_on_the_first_line_counts_once_and_is_shared_by_price(shop_of):
    shop = shop_of("1,anna,2024-01-05,139.11,,Throw,1,79.00,", ",,,,,Candle,2,19.50,")
    assert lines_of(shop) == [
        ("anna", "1", "Throw", pytest.approx(139.11 * 79 / 118, abs=1e-4)),
        ("anna", "1", "Candle", pytest.approx(139.11 * 39 / 118, abs=1e-4)),
    ]
    assert shop.transactions.amount.sum().execute() == Decimal("139.11")
    assert (shop.orders, shop.customers) == (1, 1)
    changes = {(row.row_number, row.change) for row in shop.ledger.changed_rows().itertuples()}
    assert {(3, "joined the order above"), (3, "order total shared out")} <= changes


def test_a_total_repeated_on_each_line_counts_once(shop_of):
    shop = shop_of(
        "1,anna,2024-01-05,30,,Mug,1,10,", "1,anna,2024-01-05,30,,Pot,1,20,",
        how=mapping(continued=False),
    )  # fmt: skip
    assert [row[-1] for row in lines_of(shop)] == [10.0, 20.0]


def with_states(**changes) -> Mapping:
    return mapping(continued=False, **changes).with_roles(order_status="type", refunded=None)


@pytest.mark.parametrize(
    ("total", "prices", "left"),
    [
        (100, ("", ""), 100),  # nothing says what the cancelled line cost
        (60, (60, 40), 60),  # what is left of the order
        (71.4, (60, 40), 71.4),  # the same with tax
        (100, (60, 40), 60),  # what was ordered
        (119, (60, 40), 71.4),
    ],
)
def test_a_cancelled_line_has_no_share_of_a_total_without_it(shop_of, total, prices, left):
    shop = shop_of(
        f"1,anna,2024-01-05,{total},,Mug,1,{prices[0]},paid",
        f"1,anna,2024-01-05,{total},,Pot,1,{prices[1]},cancelled",
        "2,ben,2024-01-05,80,,Mug,1,60,cancelled", "2,ben,2024-01-05,80,,Pot,1,20,cancelled",
        "3,cid,2024-01-06,10,,Mug,1,10,paid",
        how=with_states(),
    )  # fmt: skip
    assert shop.ledger.revenue == pytest.approx(left + 10)
    assert shop.ledger.reasons == {"cancelled order": 3}


def test_without_prices_a_total_is_shared_equally(shop_of):
    shop = shop_of("1,anna,2024-01-05,10,,Mug,,,", "1,,,,,Pot,,,", "1,,,,,Cup,,,")
    assert [row[-1] for row in lines_of(shop)] == [3.3333, 3.3334, 3.3333]


def test_a_line_taken_back_inside_an_order_does_not_turn_its_share_of_the_total_round(shop_of):
    shop = shop_of("1,anna,2024-01-05,100.00,,Throw,2,60.00,", "1,,,,,Candle,-1,20.00,")
    assert lines_of(shop) == [("anna", "1", "Throw", 100.0)]
    assert shop.ledger.reasons == {"free line": 1}


def test_a_copy_of_a_row_takes_no_part_of_the_total(shop_of):
    first, other = (
        "1,anna,2024-01-05,100.00,,Throw,1,60.00,",
        "1,anna,2024-01-05,100.00,,Pot,1,40.00,",
    )
    shop = shop_of(first, first, other, drop_duplicates=True)
    assert lines_of(shop) == [("anna", "1", "Throw", 60.0), ("anna", "1", "Pot", 40.0)]
    assert shop.ledger.reasons == {"exact duplicate": 1}


def test_two_orders_of_one_number_both_count(shop_of):
    shop = shop_of(
        "1,anna,2024-01-05,100,0,mug,1,50,", "1,anna,2024-01-05,100,0,pot,1,50,",
        "1,ben,2024-01-05,100,0,mug,1,50,", "1,ben,2024-01-05,100,0,pot,1,50,",
        "1,anna,2025-01-05,30,10,mug,1,50,", "1,anna,2025-01-05,30,10,pot,1,50,",
        how=mapping(continued=False),
    )  # fmt: skip
    assert shop.ledger.revenue == 100 + 100 + 30 - 10


def test_cells_are_filled_from_the_order_above_and_not_from_another_of_the_number(shop_of):
    shop = shop_of(
        "1,anna,2024-01-05,100,,mug,1,50,", "1,,,,,pot,1,50,",
        "1,ben,2024-02-05,60,,mug,1,50,", "1,,,,,pot,1,10,",
    )  # fmt: skip
    assert lines_of(shop) == [
        ("anna", "1, 2024-01-05", "mug", 50), ("anna", "1, 2024-01-05", "pot", 50),
        ("ben", "1, 2024-02-05", "mug", 50), ("ben", "1, 2024-02-05", "pot", 10),
    ]  # fmt: skip


def test_a_refund_row_has_its_own_total(shop_of):
    shop = shop_of(
        "1,anna,2024-01-05,100,,mug,1,50,", "1,anna,2024-01-05,100,,pot,1,50,",
        "1,anna,2024-01-09,-40,,back,1,40,",
    )  # fmt: skip
    assert shop.ledger.revenue == 60


def test_a_row_that_cannot_be_used_takes_no_part_of_the_total(shop_of):
    shop = shop_of(
        "1,anna,2024-01-05,100,,mug,1,50,", "1,anna,soon,100,,pot,1,50,",
        how=mapping(continued=False),
    )  # fmt: skip
    assert shop.ledger.revenue == 100
    assert shop.ledger.reasons == {"impossible date": 1}


def test_the_mark_on_the_first_row_is_that_of_the_order(shop_of):
    shop = shop_of(
        "1,anna,2024-01-05,€100,,mug,1,50,", "1,,,,,pot,1,50,",
        "2,ben,2024-01-05,$60,,mug,1,50,", "2,,,,,pot,1,10,",
        currency="EUR",
    )  # fmt: skip
    assert shop.ledger.revenue == 100
    assert shop.ledger.reasons == {"in another currency": 2}


def test_a_total_between_the_lines_ends_no_order(shop_of):
    shop = shop_of(
        "1,anna,2024-01-05,10,,mug,1,,", "Subtotal,,,10,,,,,", ",,,30,,pot,1,,",
        how=mapping(amount_of="line"),
    )  # fmt: skip
    assert lines_of(shop) == [("anna", "1", "mug", 10), ("anna", "1", "pot", 30)]


def test_a_row_of_another_customer_continues_no_order(shop_of):
    shop = shop_of("1,anna,2024-01-05,50.00,,Throw,1,50.00,", ",ben,,,,Candle,1,9.00,")
    assert lines_of(shop) == [("anna", "1", "Throw", 50.0)]
    assert shop.ledger.reasons == {"no date": 1}


def test_a_row_above_all_orders_joins_none(shop_of):
    shop = shop_of(",,,,,Candle,1,9.00,", "1,anna,2024-01-05,50.00,,Throw,1,50.00,")
    assert shop.ledger.reasons == {"no customer": 1}
    assert shop.ledger.changes == ()


def test_a_total_below_the_table_continues_no_order(shop_of):
    shop = shop_of("1,anna,2024-01-05,10,,Mug,1,10,", ",,,10,,,,,")
    assert shop.ledger.reasons == {"no customer": 1}
    assert shop.transactions.amount.sum().execute() == 10


def test_what_was_paid_back_lowers_the_order_and_keeps_the_purchase(shop_of):
    lines = ("1,anna,2024-01-05,100,40,Mug,1,100,", "2,ben,2024-01-06,50,50,Mug,1,50,")
    shop = shop_of(*lines)
    assert [row[-1] for row in lines_of(shop)] == [60.0, 0.0]
    assert dict(shop.revenue_by_policy) == {"net": 60.0, "own_date": 60.0, "ignore": 100.0}
    ignored = shop_of(*lines, refunds="ignore")
    assert [row[-1] for row in lines_of(ignored)] == [100.0]
    assert ignored.ledger.reasons == {"order refunded in full": 1}
    assert dict(ignored.revenue_by_policy) == dict(shop.revenue_by_policy)


def test_kinds_of_rows_that_are_no_orders_are_left_out_with_their_value(shop_of):
    how = mapping(
        left_out=(
            LeftOut(column="type", values=("sale", "refund"), others=True),
            LeftOut(column="item", values=("Test",), why="test order"),
        )
    )
    shop = shop_of(
        "1,anna,2024-01-05,10,,Mug,1,10,Sale", "2,,2024-01-05,-3,,Fee,1,3,Withdrawal",
        "3,ben,2024-01-05,1,,TEST,1,1,sale", "4,cid,2024-01-06,5,,Pot,1,5,", how=how,
    )  # fmt: skip
    assert [row[1] for row in lines_of(shop)] == ["1", "4"]
    assert shop.ledger.rejected_rows().to_dict("records") == [
        {"row_number": 3, "reason": "not an order", "column": "type", "value": "Withdrawal"},
        {"row_number": 4, "reason": "test order", "column": "item", "value": "TEST"},
    ]


def test_a_kind_on_the_first_row_holds_for_the_rows_that_continue_it(shop_of):
    how = mapping(left_out=(LeftOut(column="type", values=("test",), why="test order"),))
    shop = shop_of(
        "1,anna,2024-01-05,10,,Mug,1,10,test", ",,,,,Pot,1,5,",
        "2,ben,2024-01-05,10,,Mug,1,10,", how=how,
    )  # fmt: skip
    assert shop.ledger.reasons == {"test order": 2}


def test_amounts_of_orders_need_order_numbers():
    roles = tuple((role, column) for role, column in ROLES.items() if role != "order_id")
    with pytest.raises(InvalidMapping, match="whole order"):
        mapping(columns=roles).check(Raw())


class Raw:
    columns = tuple(HEADER.split(","))

    def key(self, name):
        return name


def test_quirks_survive_json():
    how = mapping(left_out=(LeftOut(column="type", values=("a", "b"), others=True),))
    assert Mapping.from_json(how.to_json()) == how


@pytest.mark.parametrize(
    "left_out", ['"x"', "[1]", '[{"column": 1, "values": ["a"]}]', '[{"column": "a"}]',
                 '[{"column": "a", "values": ["b"], "why": "because"}]']
)  # fmt: skip
def test_a_quirk_that_is_none_is_refused(left_out):
    text = f'{{"columns": {{}}, "date_order": null, "decimal": null, "left_out": {left_out}}}'
    with pytest.raises(InvalidMapping):
        Mapping.from_json(text)


price = st.decimals(0, 500, places=2).map(str) | st.just("")
order = st.tuples(
    st.decimals("0.01", 9999, places=2), st.lists(st.tuples(st.integers(1, 9), price), max_size=5)
)


@settings(max_examples=20, deadline=None)
@given(st.lists(order, min_size=1, max_size=6))
def test_shares_always_add_up_to_the_totals(tmp_path_factory, orders):
    path = tmp_path_factory.mktemp("totals") / "orders.csv"
    rows = [HEADER]
    for number, (total, lines) in enumerate(orders):
        first, *rest = lines or [(1, "1")]
        rows.append(f"{number},c{number},2024-01-05,{total},,Mug,{first[0]},{first[1]},")
        rows += [f",,,,,Pot {i},{n},{p}," for i, (n, p) in enumerate(rest)]
    path.write_text("\n".join(rows) + "\n")
    shop = clv.clean(
        clv.read(path), mapping(), clv.Rules(drop_free_lines=False, drop_duplicates=False)
    )
    assert shop.ledger.rejected == 0
    sums = shop.transactions.group_by("order_id").aggregate(a=lambda t: t.amount.sum()).execute()
    assert dict(zip(sums["order_id"].astype(int), sums["a"], strict=True)) == {
        number: total for number, (total, _) in enumerate(orders)
    }


def test_equal_rows_that_continue_different_orders_are_no_copies(shop_of):
    rows = [f"{n},c{n},2024-01-05,100,,Mug,1,30,\n,,,,,Pot,1,70," for n in range(3)]
    shop = shop_of(*rows)
    assert shop.ledger.rejected == 0
    assert shop.transactions.amount.sum().execute() == 300


@pytest.mark.parametrize(
    "status", ["wc-cancelled", "Denied", "Rückerstattet", "Remboursé", "payment failed", "Reversed"]
)
def test_orders_without_money_are_known_in_many_words(status):
    assert re.search(CANCELLED, status.lower())


@pytest.mark.parametrize("status", ["partially refunded", "paid", "not cancelled", "completed"])
def test_orders_with_money_are_kept(status):
    assert not re.search(CANCELLED, status)
