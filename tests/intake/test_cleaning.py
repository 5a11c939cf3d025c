import random
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clv
from clv.errors import NotEnoughData
from clv.settings import Rules

pytestmark = pytest.mark.usefixtures("all_here")

HEADER = "customer,order,date,product,quantity,amount"
MAPPING = clv.Mapping.from_json(
    """{"columns": {"customer_id": "customer", "order_id": "order", "ordered_at": "date",
        "product_id": "product", "quantity": "quantity", "amount": "amount"},
        "attributes": [], "date_order": "ymd", "decimal": "."}"""
)


@pytest.fixture
def cleaned(tmp_path: Path):
    """Function from CSV lines (and rules) to the cleaned shop."""

    def run(*lines: str, header: str = HEADER, mapping=MAPPING, **rules) -> clv.Shop:
        path = tmp_path / f"orders-{random.random()}.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return clv.clean(clv.read(path), mapping, Rules(**rules))

    return run


def lines_of(shop: clv.Shop) -> list[tuple]:
    """(customer, order, day, amount) of every transaction, sorted."""
    frame = shop.transactions.execute()
    rows = zip(
        frame["customer_id"],
        frame["order_id"],
        frame["ordered_at"].dt.strftime("%Y-%m-%d"),
        frame["amount"].astype(float),
        strict=True,
    )
    return sorted(rows)


SALE = "anna,1,2024-01-05,mug,2,20.00"
OTHER = "ben,2,2024-01-06,pot,1,35.50"


def test_clean_rows_are_all_used(cleaned):
    shop = cleaned(SALE, OTHER)
    assert lines_of(shop) == [("anna", "1", "2024-01-05", 20.0), ("ben", "2", "2024-01-06", 35.5)]
    assert (shop.ledger.read, shop.ledger.used, shop.ledger.rejected) == (2, 2, 0)
    assert (shop.first, shop.last, shop.customers) == (date(2024, 1, 5), date(2024, 1, 6), 2)


@pytest.mark.parametrize(
    ("line", "reason", "column", "value"),
    [
        (",3,2024-01-07,mug,1,9.00", "no customer", "customer", ""),
        ("cid,3,,mug,1,9.00", "no date", "date", ""),
        ("cid,3,2024-02-30,mug,1,9.00", "impossible date", "date", "2024-02-30"),
        ("cid,3,1066-10-14,mug,1,9.00", "impossible date", "date", "1066-10-14"),
        ("cid,3,2024-01-07,mug,1,", "no amount", "amount", ""),
        ("cid,3,2024-01-07,mug,1,free", "impossible amount", "amount", "free"),
        ("cid,3,2024-01-07,mug,1,0.00", "free line", "amount", "0.00"),
        ("cid,3,2024-01-07,mug,-1,-9.00", "refund without an earlier order", "amount", "-9.00"),
    ],
)
def test_a_rejected_row_is_listed_with_number_reason_and_value(
    cleaned, line, reason, column, value
):
    shop = cleaned(SALE, OTHER, line)
    rejected = shop.ledger.rejected_rows()
    assert rejected.to_dict("records") == [
        {"row_number": 4, "reason": reason, "column": column, "value": value}
    ]
    assert shop.ledger.reasons == {reason: 1}


@pytest.mark.parametrize(
    ("pieces", "price", "column", "value"),
    [("", "5", "quantity", ""), ("two", "5", "quantity", "two"), ("2", "five", "amount", "five")],
)
def test_of_quantity_and_price_the_unreadable_one_is_named(cleaned, pieces, price, column, value):
    mapping = MAPPING.with_roles(amount=None, unit_price="amount")
    shop = cleaned(SALE, f"cid,3,2024-01-07,mug,{pieces},{price}", mapping=mapping)
    row = shop.ledger.rejected_rows().iloc[0]
    assert (row["column"], row["value"]) == (column, value)


def test_a_rule_that_is_off_drops_nothing(cleaned):
    shop = cleaned(SALE, SALE, "ben,2,2024-01-06,gift,1,0", OTHER,
                   drop_duplicates=False, drop_free_lines=False)  # fmt: skip
    assert shop.ledger.used == 4


def test_an_equal_row_of_an_order_is_one_more_piece_and_said(cleaned):
    shop = cleaned(SALE, SALE, SALE, "anna,1,2024-01-05,pot,1,5.00", OTHER)
    assert shop.ledger.revenue == 3 * 20 + 5 + 35.5
    assert (shop.ledger.equal, shop.ledger.equal_revenue) == (2, 40.0)
    assert "2 rows are equal to an earlier row" in shop.in_short[-1]


def test_orders_that_are_there_twice_with_all_their_rows_count_once(cleaned):
    order = (SALE, "anna,1,2024-01-05,pot,1,5.00")
    shop = cleaned(*order, OTHER, *order, OTHER)
    assert shop.ledger.revenue == 20 + 5 + 35.5
    assert shop.ledger.reasons == {"exact duplicate": 3}
    assert shop.ledger.rejected_rows()["row_number"].tolist() == [5, 6, 7]


def test_where_rows_are_orders_an_equal_one_counts_once(cleaned):
    mapping = MAPPING.with_roles(product_id=None, quantity=None)
    shop = cleaned(SALE, SALE, OTHER, mapping=mapping)
    assert shop.ledger.reasons == {"exact duplicate": 1}


def test_without_order_numbers_two_equal_rows_are_two_purchases(cleaned):
    mapping = MAPPING.with_roles(order_id=None)
    shop = cleaned(SALE, SALE, mapping=mapping)
    assert shop.ledger.used == 2
    assert not shop.has_orders
    assert {order for _, order, _, _ in lines_of(shop)} == {"2024-01-05"}


def test_rows_after_the_last_day_asked_for_are_left_out_and_listed(cleaned):
    shop = cleaned(SALE, OTHER, until=date(2024, 1, 5))
    assert shop.ledger.reasons == {"after the last day asked for": 1}
    assert shop.last == date(2024, 1, 5)


def test_the_effect_of_a_rule_counts_rows_customers_and_revenue(cleaned):
    shop = cleaned(SALE, "anna,1,2024-01-05,gift,1,0", "cid,9,2024-01-05,gift,1,0", SALE,
                   drop_duplicates=True)  # fmt: skip
    effects = {str(e.reason): e for e in shop.ledger.effects}
    free, copy = effects["free line"], effects["exact duplicate"]
    assert (free.rows, free.customers, free.customers_lost, free.revenue) == (2, 2, 1, 0.0)
    assert (copy.rows, copy.customers, copy.customers_lost, copy.revenue) == (1, 1, 0, 20.0)


def test_cancelled_orders_are_found_by_their_status(cleaned):
    header = HEADER + ",status"
    mapping = MAPPING.with_roles(order_status="status")
    shop = cleaned(
        SALE + ",Shipped", OTHER + ",Cancelled", "cid,5,2024-01-07,mug,1,9,storniert",
        header=header, mapping=mapping,
    )  # fmt: skip
    assert shop.ledger.reasons == {"cancelled order": 2}
    assert shop.ledger.rejected_rows()["value"].tolist() == ["Cancelled", "storniert"]


def test_a_cancelled_order_and_its_refund_line_go_together(cleaned):
    header = HEADER + ",status"
    mapping = MAPPING.with_roles(order_status="status")
    shop = cleaned(
        "anna,1,2024-01-05,mug,1,100,Shipped",
        "anna,2,2024-01-09,mug,1,100,Cancelled",
        "anna,2,2024-01-10,mug,-1,-100,Cancelled",
        header=header,
        mapping=mapping,
    )
    assert lines_of(shop) == [("anna", "1", "2024-01-05", 100.0)]
    assert shop.ledger.reasons == {"cancelled order": 2}


def test_one_cancelled_line_leaves_the_rest_of_its_order(cleaned):
    mapping = MAPPING.with_roles(order_status="status")
    shop = cleaned(
        "anna,1,2024-01-05,mug,1,100,Shipped",
        "anna,1,2024-01-05,pot,1,30,Cancelled",
        "anna,1,2024-01-09,mug,-1,-100,Refunded",
        "ben,2,2024-01-05,mug,1,50,Shipped",
        "ben,2,2024-01-09,mug,-1,-50,failed",
        header=HEADER + ",status", mapping=mapping,
    )  # fmt: skip
    assert shop.ledger.reasons == {"cancelled order": 2}
    assert shop.ledger.revenue == 50.0


def test_rows_without_a_status_go_the_way_of_their_order(cleaned):
    mapping = MAPPING.with_roles(order_status="status")
    shop = cleaned(
        "anna,1,2024-01-05,mug,1,100,Cancelled", "anna,1,2024-01-05,pot,1,30,",
        OTHER + ",", header=HEADER + ",status", mapping=mapping,
    )  # fmt: skip
    assert shop.ledger.reasons == {"cancelled order": 2}


def test_a_row_that_two_rules_drop_is_listed_under_the_first(cleaned):
    mapping = MAPPING.with_roles(currency="currency")
    shop = cleaned(SALE + ",EUR", "ben,2,2024-01-07,pot,1,9,USD", header=HEADER + ",currency",
                   mapping=mapping, until=date(2024, 1, 6), currency="EUR")  # fmt: skip
    assert shop.ledger.reasons == {"after the last day asked for": 1}


def test_without_order_numbers_a_cancelled_row_that_pays_back_stays_a_refund(cleaned):
    mapping = MAPPING.with_roles(order_id=None, order_status="status")
    shop = cleaned(SALE + ",Shipped", "anna,,2024-01-09,mug,-1,-10,Cancelled",
                   header=HEADER + ",status", mapping=mapping)  # fmt: skip
    assert shop.ledger.reasons == {}
    assert shop.ledger.revenue == 10.0


def test_no_more_is_paid_back_than_the_sale_brought(cleaned):
    mapping = MAPPING.with_roles(refunded="back")
    shop = cleaned(SALE + ",50", OTHER + ",", header=HEADER + ",back", mapping=mapping)
    assert shop.ledger.revenue == 35.5


def test_paid_back_for_the_whole_order_is_taken_off_once(cleaned):
    mapping = MAPPING.with_roles(refunded="back")
    rows = ("anna,1,2024-01-05,mug,1,60,20", "anna,1,2024-01-05,pot,1,30,20")
    shop = cleaned(*rows, OTHER + ",0", header=HEADER + ",back", mapping=mapping)
    assert shop.ledger.revenue == 60 + 30 - 20 + 35.5
    frame = shop.transactions.execute()
    assert frame.amount.astype(float).tolist() == pytest.approx([46.6667, 23.3333, 35.5])


def test_paid_back_for_each_line_is_taken_off_each(cleaned):
    mapping = MAPPING.with_roles(refunded="back")
    shop = cleaned(
        "anna,1,2024-01-05,mug,1,60,20", "anna,1,2024-01-05,pot,1,30,0",
        "ben,2,2024-01-05,mug,1,20,20", "ben,2,2024-01-05,pot,1,20,20",
        header=HEADER + ",back", mapping=mapping,
    )  # fmt: skip
    assert shop.ledger.revenue == 60 + 30 - 20


def test_a_refund_goes_to_the_order_that_it_names(cleaned):
    mapping = MAPPING.with_roles(refund_of="of", product_id=None)
    shop = cleaned(
        "anna,1,2024-01-05,,1,60,", "anna,2,2024-02-05,,1,60,", "shop,R1,2024-03-01,,,-60,1",
        "shop,R2,2024-03-02,,,-5,99",
        header=HEADER + ",of", mapping=mapping,
    )  # fmt: skip
    assert ("anna", "1", "2024-01-05", -60.0) in lines_of(shop)
    assert shop.ledger.reasons == {"refund without an earlier order": 1}


def test_numbers_that_begin_again_are_orders_of_their_day(cleaned):
    rows = [
        f"{who},{number},2024-01-0{day},mug,1,10"
        for day in (1, 2, 3)
        for number, who in enumerate(("anna", "ben", "cid") if day % 2 else ("ben", "anna", "cid"))
    ]
    assert cleaned(*rows).orders == 9
    assert cleaned("anna,1,2024-01-05,mug,1,10", "anna,1,2024-01-06,pot,1,10").orders == 1


def test_a_refund_of_a_number_that_two_customers_have_is_of_its_own(cleaned):
    mapping = MAPPING.with_roles(refund_of="of", product_id=None)
    shop = cleaned(
        "anna,1,2024-01-05,,1,60,", "ben,1,2024-01-05,,1,80,", "ben,R1,2024-03-01,,,-60,1",
        header=HEADER + ",of", mapping=mapping,
    )  # fmt: skip
    assert ("ben", "1", "2024-01-05", -60.0) in lines_of(shop)


def test_a_cap_looks_at_what_is_left_after_the_refund(cleaned):
    mapping = MAPPING.with_roles(refunded="back")
    rows = ("anna,1,2024-01-05,mug,1,500,450", "ben,2,2024-01-05,mug,1,500,0")
    shop = cleaned(*rows, header=HEADER + ",back", mapping=mapping, cap=100.0)
    assert sorted(amount for *_, amount in lines_of(shop)) == [50.0, 100.0]


def test_nothing_left_is_refused_with_the_main_reason(cleaned):
    with pytest.raises(NotEnoughData) as caught:
        cleaned(",1,2024-01-05,mug,1,5", ",2,2024-01-05,mug,1,5")
    assert "no customer" in caught.value.message
    assert caught.value.hint


# Refunds: three policies over the same file.

BOUGHT = "anna,10,2024-01-05,mug,2,20.00"
LATER = "anna,11,2024-02-05,pot,1,50.00"
BACK = "anna,C10,2024-02-20,mug,-1,-10.00"


def test_net_books_a_refund_against_the_order_of_the_same_product(cleaned):
    shop = cleaned(BOUGHT, LATER, BACK)
    assert ("anna", "10", "2024-01-05", -10.0) in lines_of(shop)
    assert shop.ledger.used == 3


def test_own_date_leaves_a_refund_where_it_was_made(cleaned):
    assert ("anna", "C10", "2024-02-20", -10.0) in lines_of(
        cleaned(BOUGHT, LATER, BACK, refunds="own_date")
    )


def test_the_window_ends_with_the_last_order_and_not_with_a_later_refund(cleaned):
    assert cleaned(BOUGHT, LATER, BACK, refunds="own_date").last == date(2024, 2, 5)


def test_the_cost_of_a_refund_is_taken_back_too(cleaned):
    mapping = MAPPING.with_roles(cost="cost")
    shop = cleaned(BOUGHT + ",12", BACK + ",6", header=HEADER + ",cost", mapping=mapping)
    assert sorted(shop.transactions.execute()["cost"]) == [-6.0, 12.0]


def test_ignore_drops_the_refund_and_keeps_a_partly_refunded_order(cleaned):
    shop = cleaned(BOUGHT, LATER, BACK, refunds="ignore")
    assert lines_of(shop) == [
        ("anna", "10", "2024-01-05", 20.0),
        ("anna", "11", "2024-02-05", 50.0),
    ]
    assert shop.ledger.reasons == {"refund left out": 1}


def test_ignore_drops_an_order_that_was_refunded_in_full(cleaned):
    whole = "anna,C10,2024-02-20,mug,-2,-20.00"
    shop = cleaned(BOUGHT, LATER, whole, refunds="ignore")
    assert lines_of(shop) == [("anna", "11", "2024-02-05", 50.0)]
    assert shop.ledger.reasons == {"refund left out": 1, "order refunded in full": 1}


def test_the_same_quantity_is_a_better_home_than_a_later_order(cleaned):
    again = "anna,12,2024-02-01,mug,5,50.00"
    shop = cleaned(BOUGHT, again, "anna,C1,2024-03-01,mug,-2,-20.00")
    assert ("anna", "10", "2024-01-05", -20.0) in lines_of(shop)


def test_a_refund_never_goes_to_a_later_order_or_to_another_customer(cleaned):
    early = "anna,C1,2024-01-01,mug,-2,-20.00"
    other = "ben,C2,2024-03-01,mug,-2,-20.00"
    shop = cleaned(BOUGHT, early, other)
    assert shop.ledger.reasons == {"refund without an earlier order": 2}


def test_a_negative_line_inside_an_order_is_a_discount_under_every_policy(cleaned):
    for policy in ("net", "own_date", "ignore"):
        shop = cleaned(BOUGHT, "anna,10,2024-01-05,coupon,1,-5.00", refunds=policy)
        assert ("anna", "10", "2024-01-05", -5.0) in lines_of(shop)


def test_revenue_under_each_policy_is_shown_before_choosing(cleaned):
    shop = cleaned(BOUGHT, LATER, BACK)
    assert dict(shop.revenue_by_policy) == {"net": 60.0, "own_date": 60.0, "ignore": 70.0}


@pytest.mark.parametrize("policy", ["net", "own_date", "ignore"])
def test_the_revenue_shown_for_a_policy_is_what_it_then_gives(cleaned, policy):
    lines = (BOUGHT, LATER, BACK, "anna,11,2024-02-05,voucher,1,-3", OTHER,
             "ben,C2,2024-03-01,pot,-1,-35.50", "dora,C9,2024-03-01,pot,-1,-1")  # fmt: skip
    before = dict(cleaned(*lines).revenue_by_policy)
    after = cleaned(*lines, refunds=policy)
    assert sum(amount for *_, amount in lines_of(after)) == pytest.approx(before[policy])


cell = st.sampled_from
random_line = st.tuples(
    cell(["anna", "ben", "cid", "", " "]),
    cell(["1", "2", "3", "C1", ""]),
    cell(["2024-01-05", "2024-02-06", "2024-13-45", "", "1066-01-01"]),
    cell(["mug", "pot", ""]),
    cell(["1", "2", "-1", ""]),
    cell(["10", "-10", "0", "", "abc", "5.25"]),
).map(",".join)


@settings(max_examples=20, deadline=None)
@given(st.lists(random_line, min_size=1, max_size=25), cell(["net", "own_date", "ignore"]))
def test_the_ledger_always_adds_up(tmp_path_factory, lines, policy):
    path = tmp_path_factory.mktemp("ledger") / "orders.csv"
    # One customer whom no random line refunds: with nothing left at all there is no shop.
    path.write_text("\n".join([HEADER, "zoe,99,2024-01-05,jug,1,7", *lines]) + "\n")
    shop = clv.clean(clv.read(path), MAPPING, Rules(refunds=policy))
    used = shop.transactions.execute()["row_number"].tolist()
    rejected = shop.ledger.rejected_rows()["row_number"].tolist()
    assert sorted(used + rejected) == list(range(2, shop.ledger.read + 2))
    assert (shop.ledger.used, shop.ledger.rejected) == (len(used), len(rejected))


@settings(max_examples=15, deadline=None)
@given(st.lists(random_line, min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_shuffled_rows_and_renamed_columns_give_the_same_transactions(
    tmp_path_factory, lines, chance
):
    folder = tmp_path_factory.mktemp("shuffle")
    (folder / "a.csv").write_text("\n".join([HEADER, SALE, *lines]) + "\n")
    mixed = [SALE, *lines]
    chance.shuffle(mixed)
    renamed = ",".join(f"{name} of sale" for name in HEADER.split(","))
    (folder / "b.csv").write_text("\n".join([renamed, *mixed]) + "\n")
    other = MAPPING.with_roles(**{r: f"{c} of sale" for r, c in MAPPING.roles.items()})
    one = clv.clean(clv.read(folder / "a.csv"), MAPPING)
    two = clv.clean(clv.read(folder / "b.csv"), other)
    assert lines_of(one) == lines_of(two)
    assert one.ledger.reasons == two.ledger.reasons


def test_cleaning_the_same_file_again_opens_what_is_there(cleaned, tmp_path):
    path = tmp_path / "same.csv"
    path.write_text("\n".join([HEADER, SALE, OTHER]) + "\n")
    first = clv.clean(clv.read(path), MAPPING)
    written = first.transactions_path.stat().st_ino
    second = clv.clean(clv.read(path), MAPPING)
    assert second == first
    assert second.transactions_path.stat().st_ino == written


def test_files_that_were_swept_are_made_again(cleaned, tmp_path):
    path = tmp_path / "same.csv"
    path.write_text("\n".join([HEADER, SALE, OTHER]) + "\n")
    raw = clv.read(path)
    clv.clean(raw, MAPPING).transactions_path.unlink()
    assert clv.clean(raw, MAPPING).transactions_path.exists()


def test_online_retail_accounts_for_every_row(real):
    raw = clv.read(real("online_retail/online_retail.csv.gz"))
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    ledger = shop.ledger
    assert ledger.read == 541_909
    assert ledger.used + ledger.rejected == 541_909
    assert ledger.reasons["no customer"] == 135_080
    assert shop.customers == 4_338
    numbers = pd.concat([ledger.rejected_rows()["row_number"],
                         shop.transactions.row_number.execute()])  # fmt: skip
    assert numbers.nunique() == 541_909
