"""Rows that are there twice: several files that overlap."""

from pathlib import Path

import pytest

import clv
from clv.intake.mapping import Mapping

pytestmark = pytest.mark.usefixtures("all_here")

HEADER = "customer,order,date,product,amount,status"
ROLES = {"customer_id": "customer", "order_id": "order", "ordered_at": "date",
         "product": "product", "amount": "amount", "order_status": "status"}  # fmt: skip
OLD, NEW = "2024-01-31", "2024-02-29"


def clean(tmp_path: Path, *files: list[str], header: str = HEADER, roles=ROLES, **rules):
    paths = []
    for number, lines in enumerate(files):
        paths.append(tmp_path / f"{number}.csv")
        paths[-1].write_text("\n".join([header, *lines]) + "\n")
    columns = tuple((role, column) for role, column in roles.items() if column in header)
    mapping = Mapping(columns=columns, date_order="ymd", decimal=".")
    return clv.clean(clv.read(paths), mapping, clv.Rules(**rules))


def test_an_order_counts_as_the_file_with_the_latest_orders_has_it(tmp_path):
    old = ["anna,1,2024-01-05,mug,20,open", "anna,1,2024-01-05,pot,30,open"]
    new = ["anna,1,2024-01-05,mug,20,paid", "anna,1,2024-01-05,pot,25,paid", f"ben,2,{NEW},mug,9,"]
    for files in ((old, new), (new, old)):
        shop = clean(tmp_path, *files)
        assert shop.ledger.revenue == 20 + 25 + 9
        assert shop.ledger.reasons == {"again in a later file": 2}
        assert set(shop.ledger.rejected_rows()["value"]) == {"1"}


def test_a_file_that_ends_inside_an_order_and_the_next_add_up(tmp_path):
    old = ["cid,0,2024-01-02,mug,7,", "cid,0,2024-01-02,cup,7,", "anna,1,2024-01-05,mug,20,"]
    new = ["anna,1,2024-01-05,pot,30,", f"ben,2,{NEW},mug,9,"]
    shop = clean(tmp_path, old, new)
    assert shop.ledger.revenue == 14 + 20 + 30 + 9


def test_the_same_number_of_another_customer_or_day_is_another_order(tmp_path):
    old = ["anna,1,2024-01-05,mug,20,"]
    new = ["ben,1,2024-01-05,mug,20,", "anna,1,2025-01-05,mug,20,"]
    assert clean(tmp_path, old, new).ledger.revenue == 60


def test_a_refund_in_the_next_file_does_not_replace_the_order(tmp_path):
    old = ["anna,1,2024-01-05,mug,20,"]
    new = ["anna,1,2024-01-05,mug,-5,", f"ben,2,{NEW},mug,9,"]
    assert clean(tmp_path, old, new).ledger.revenue == 20 - 5 + 9


def test_an_order_of_one_row_may_have_another_total(tmp_path):
    header, roles = "customer,order,date,amount", {k: v for k, v in ROLES.items() if k != "product"}
    old, new = ["anna,1,2024-01-05,20"], ["anna,1,2024-01-05,15", f"ben,2,{NEW},9"]
    shop = clean(tmp_path, old, new, header=header, roles=roles)
    assert shop.ledger.revenue == 15 + 9


def test_without_order_numbers_rows_that_another_file_has_too_are_copies(tmp_path):
    header = "customer,date,amount"
    old = ["anna,2024-01-05,20", "anna,2024-01-05,20", "ben,2024-01-05,5"]
    new = ["anna,2024-01-05,20", "cid,2024-02-05,7", "cid,2024-02-05,7"]
    shop = clean(tmp_path, old, new, header=header)
    assert shop.ledger.revenue == 20 + 20 + 5 + 7 + 7
    assert shop.ledger.reasons == {"exact duplicate": 1}


def test_nothing_is_taken_for_twice_where_the_rules_say_so(tmp_path):
    old, new = ["anna,1,2024-01-05,mug,20,open"], ["anna,1,2024-01-05,mug,20,paid"]
    assert clean(tmp_path, old, new, drop_duplicates=False).ledger.revenue == 40


def test_a_later_file_that_begins_inside_an_order_takes_nothing_of_it_away(tmp_path):
    old = ["anna,0,2024-01-04,mug,9,", *(f"anna,1,2024-01-05,{item},10," for item in "abc")]
    new = ["anna,1,2024-01-05,c,10,", f"ben,2,{NEW},mug,9,"]
    assert clean(tmp_path, old, new).ledger.revenue == 9 + 30 + 9


def test_an_order_delivered_in_parts_adds_up(tmp_path):
    old = [f"anna,{i},2024-01-0{i},mug,20," for i in range(1, 9)] + ["anna,8,2024-01-08,post,5,"]
    new = ["anna,2,2024-01-02,pot,30,", "anna,8,2024-01-08,post,5.5,", f"ben,9,{NEW},mug,9,"]
    assert clean(tmp_path, old, new).ledger.revenue == 160 + 5 + 30 + 5.5 + 9


def test_an_order_with_another_product_by_now_counts_once(tmp_path):
    old = ["anna,1,2024-01-05,mug,20,", "ben,2,2024-01-06,mug,20,"]
    new = ["anna,1,2024-01-05,pot,25,", "ben,2,2024-01-06,mug,20,", f"cid,3,{NEW},mug,9,"]
    shop = clean(tmp_path, old, ["cid,0,2024-01-04,mug,1,", *new])
    assert shop.ledger.revenue == 1 + 25 + 20 + 9
