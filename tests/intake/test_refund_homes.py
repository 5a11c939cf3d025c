"""Which order a refund lowers: the one it names, never another in its place."""

from dataclasses import replace
from pathlib import Path

import pytest

import clv
from clv.intake.combine import plan
from clv.intake.kinds import lists_returns

pytestmark = pytest.mark.usefixtures("all_here")

HEADER = "customer,order,date,product,quantity,amount"
MAPPING = clv.Mapping.from_json(
    """{"columns": {"customer_id": "customer", "order_id": "order", "ordered_at": "date",
        "product_id": "product", "quantity": "quantity", "amount": "amount"},
        "attributes": [], "date_order": "ymd", "decimal": "."}"""
)
NAMING = MAPPING.with_roles(refund_of="of")
ANNA = "anna,101,2024-01-05,mug,1,60"
AGAIN = "anna,102,2024-02-05,pot,1,50"


@pytest.fixture
def cleaned(tmp_path: Path):
    """Function from CSV lines to the cleaned shop."""

    def run(*lines: str, header: str = HEADER, mapping=MAPPING, **rules) -> clv.Shop:
        path = tmp_path / f"orders-{abs(hash((lines, header)))}.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return clv.clean(clv.read(path), mapping, clv.Rules(**rules))

    return run


def lines_of(shop: clv.Shop) -> list[tuple]:
    """(order, day, amount) of every transaction, sorted."""
    frame = shop.transactions.execute()
    days = frame["ordered_at"].dt.strftime("%Y-%m-%d")
    return sorted(zip(frame["order_id"], days, frame["amount"].astype(float), strict=True))


def test_a_refund_that_names_an_order_from_before_the_file_lowers_no_other(cleaned):
    lines = (ANNA + ",", AGAIN + ",", "anna,R1,2024-02-20,mug,-1,-60,77")
    shop = cleaned(*lines, header=HEADER + ",of", mapping=NAMING)
    assert shop.ledger.revenue == 110
    assert shop.ledger.reasons == {"refund without an earlier order": 1}


def test_a_refund_that_names_an_order_that_does_not_count_lowers_no_other(cleaned):
    mapping = NAMING.with_roles(order_status="state")
    lines = ("anna,99,2024-01-02,mug,1,60,,cancelled", f"{ANNA},,paid",
             "anna,R1,2024-02-20,mug,-1,-60,99,paid")  # fmt: skip
    shop = cleaned(*lines, header=HEADER + ",of,state", mapping=mapping)
    assert shop.ledger.revenue == 60


def test_numbers_that_are_mostly_none_of_the_orders_say_nothing(cleaned):
    backs = [f"anna,R{i},2024-02-2{i},mug,-1,-1,INT-{i}" for i in range(6)]
    shop = cleaned(ANNA + ",", AGAIN + ",", *backs, header=HEADER + ",of", mapping=NAMING)
    assert shop.ledger.revenue == 110 - 6


def test_where_refunds_bear_the_number_of_their_order_one_of_before_the_file_lowers_no_other(
    cleaned,
):
    shop = cleaned(
        ANNA, AGAIN, "anna,101,2024-02-20,mug,-1,-20", "anna,77,2024-02-21,mug,-1,-60"
    )  # fmt: skip
    assert lines_of(shop) == [
        ("101", "2024-01-05", -20.0),
        ("101", "2024-01-05", 60.0),
        ("102", "2024-02-05", 50.0),
    ]
    assert shop.ledger.reasons == {"refund without an earlier order": 1}


def test_refunds_with_numbers_of_their_own_find_their_order_as_before(cleaned):
    own = cleaned(ANNA, AGAIN, "anna,103,2024-02-20,mug,-1,-60")
    assert ("101", "2024-01-05", -60.0) in lines_of(own)
    marked = cleaned(ANNA, AGAIN, "anna,102,2024-02-20,pot,-1,-5", "anna,C9,2024-02-20,mug,-1,-60")
    assert ("101", "2024-01-05", -60.0) in lines_of(marked)
    discount = "anna,102,2024-02-05,voucher,-1,-5"
    assert cleaned(ANNA, AGAIN, discount, "anna,103,2024-02-20,mug,-1,-60").ledger.revenue == 45


def test_a_refund_without_a_time_of_day_comes_after_the_orders_of_its_day(cleaned):
    shop = cleaned(
        "anna,101,2024-01-05 14:30,mug,1,60", "anna,R1,2024-01-05 00:00,mug,-1,-20",
        "ben,102,2024-01-05 14:30,mug,1,60", "ben,R2,2024-01-05 09:00,mug,-1,-20",
    )  # fmt: skip
    assert ("101", "2024-01-05", -20.0) in lines_of(shop)
    assert shop.ledger.reasons == {"refund without an earlier order": 1}
    assert shop.ledger.revenue == 60 - 20 + 60


def test_what_magento_paid_back_is_taken_off_once_per_order_on_rows_of_items(tmp_path):
    header = "increment_id,created_at,customer_email,sku,qty,price,row_total,base_total_refunded"
    rows = [
        f"{1000 + order},2024-0{1 + order % 9}-05 10:1{order % 6}:00,c{order % 7}@x.example,"
        f"S{item},1,{20 + item}.50,{20 + item}.50,{'10.00' if order == 3 else '0.00'}"
        for order in range(20)
        for item in range(2)
    ]
    (tmp_path / "orders.csv").write_text("\n".join([header, *rows]) + "\n")
    raw = clv.read(tmp_path / "orders.csv")
    mapping = clv.suggest_mapping(raw)
    assert mapping.column("refunded") == "base_total_refunded"
    assert clv.clean(raw, mapping).ledger.revenue == 20 * (20.5 + 21.5) - 10


PAYPAL = "Date,Time,Time zone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,"
PAYPAL += "Transaction ID,Reference Txn ID"


@pytest.mark.parametrize(
    ("lost", "won", "of"),
    [("Payment Reversal", "Canceled Reversal", "T1"),
     ("Payment Reversal", "Payment Reversal", "T1"),
     ("Payment Reversal", "Cancelled Reversal", "R1"), ("Chargeback", "Chargeback Reversal", "T1"),
     ("Hold on Balance for Dispute Investigation", "Cancellation of Hold for Dispute Resolution",
      "T1")],
)  # fmt: skip
@pytest.mark.parametrize("refunds", ["net", "own_date", "ignore"])
def test_a_dispute_that_was_won_is_no_further_order(tmp_path, lost, won, of, refunds):
    rows = [
        f"{month:02}/05/2024,10:00:00,PST,A L,Express Checkout Payment,Completed,USD,"
        f"{30 + month}.50,-1,1,a@x.example,T{month},"
        for month in (1, 2)
    ]
    rows += [
        f"02/20/2024,10:00:00,PST,A L,{lost},Completed,USD,-31.50,0,0,a@x.example,R1,T1",
        f"03/22/2024,10:00:00,PST,A L,{won},Completed,USD,31.50,0,0,a@x.example,W1,{of}",
    ]
    (tmp_path / "paypal.csv").write_text("\n".join([PAYPAL, *rows]) + "\n")
    raw = clv.read(tmp_path / "paypal.csv")
    mapping = replace(clv.suggest_mapping(raw), date_order="mdy")
    shop = clv.clean(raw, mapping, clv.Rules(refunds=refunds))
    assert (shop.orders, shop.ledger.revenue) == (2, 31.5 + 32.5)
    assert not shop.ledger.doubts


def orders_and(folder: Path, returns: str) -> clv.RawTable:
    rows = (f"O{1000 + i},C{i % 9},2024-0{1 + i % 9}-1{i % 9},{20 + i}.50" for i in range(40))
    text = "\n".join(["order_id,customer_id,order_date,total", *rows])
    (folder / "orders.csv").write_text(text + "\n")
    (folder / "returns.csv").write_text(returns)
    return clv.read([folder / "orders.csv", folder / "returns.csv"])


@pytest.mark.parametrize("answer", ["Yes", "true", "Ja", "x"])
def test_orders_that_a_joined_table_says_were_returned_are_subtracted(tmp_path, answer):
    raw = orders_and(tmp_path, f"Returned,Order ID\n{answer},O1003\n{answer},O1011\n")
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    assert shop.ledger.reasons == {"order refunded in full": 2}
    assert shop.ledger.revenue == sum(20.5 + i for i in range(40)) - 23.5 - 31.5
    assert shop.ledger.rejected_rows()["column"].tolist() == ["Returned"] * 2


@pytest.mark.parametrize(
    ("returns", "is_said"),
    [
        ("return_id,order_id,reason\nR1,O1003,too small\nR2,O1011,broken\n", True),
        ("return_id,order_id,refund_amount\nR1,O1003,5.00\nR2,O1011,7.00\n", False),
        ("Returned,Order ID\nYes,O1003\nYes,O1011\n", False),
        ("Retourniert,Order ID\nJa,O1003\nJa,O1011\n", False),
    ],
)
def test_returns_of_which_no_amount_is_known_are_said_to_take_nothing_off(
    tmp_path, returns, is_said
):
    raw = orders_and(tmp_path, returns)
    found = plan([clv.read(tmp_path / "orders.csv"), clv.read(tmp_path / "returns.csv")])
    told = "returns.csv names orders that came back, but not how much of each was paid back"
    assert [told in warning for warning in found.warnings] == [True] * is_said
    assert any(told in note for note in raw.notes) == is_said
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    assert (shop.ledger.revenue == sum(20.5 + i for i in range(40))) == is_said


@pytest.mark.parametrize("name", ["returns.csv", "Shop.xlsx: Retouren", "2024_refunds.csv.gz"])
def test_a_table_of_returns_is_known_by_its_name(name):
    assert lists_returns(name)
    assert not lists_returns("returning customers.csv")


@pytest.mark.parametrize("rows", ["R1,O1003,5.00\nR2,O1011,7.00\n",
                                  "R1,O1003,5.00\nR2,O1003,6.00\nR3,O1011,1.00\n"])  # fmt: skip
def test_what_a_joined_table_says_was_paid_back_is_subtracted(tmp_path, rows):
    raw = orders_and(tmp_path, "return_id,order_id,refund_amount\n" + rows)
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    assert shop.ledger.revenue == sum(20.5 + i for i in range(40)) - 12


@pytest.mark.parametrize(
    ("header", "line"),
    [("Returned", "-5.00,"), ("Returned", "5.00,maybe"), ("Return reason", "5.00,Yes")],
)
def test_where_returns_may_be_said_in_another_way_no_order_is_left_out(tmp_path, header, line):
    rows = [f"O{i},C{i % 4},2024-01-1{i % 9},{20 + i}.50," for i in range(20)]
    rows += ["O30,C1,2024-02-01,9.50,Yes", f"O31,C1,2024-02-02,{line}"]
    text = "\n".join([f"order_id,customer_id,order_date,total,{header}", *rows])
    (tmp_path / "orders.csv").write_text(text + "\n")
    assert clv.suggest_mapping(clv.read(tmp_path / "orders.csv")).left_out == ()
