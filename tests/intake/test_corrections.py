"""Cells fixed, cells read in a second way, customers merged: and every change is listed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clv
from clv.errors import InvalidMapping
from clv.intake.corrections import CellFix, Corrections
from clv.intake.mapping import Mapping

pytestmark = pytest.mark.usefixtures("all_here")

HEADER = "customer,date,amount"
MAPPING = Mapping(
    columns=(("customer_id", "customer"), ("ordered_at", "date"), ("amount", "amount")),
    date_order="ymd",
    decimal=".",
)


@pytest.fixture
def shop_of(tmp_path: Path):
    def run(*lines: str, **corrections) -> clv.Shop:
        path = tmp_path / f"orders-{abs(hash((lines, str(corrections))))}.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        return clv.clean(clv.read(path), MAPPING, None, Corrections(**corrections))

    return run


def used(shop: clv.Shop) -> list[tuple]:
    frame = shop.transactions.execute()
    days = frame["ordered_at"].dt.strftime("%Y-%m-%d")
    return list(zip(frame["customer_id"], days, frame["amount"].astype(float), strict=True))


def changed(shop: clv.Shop) -> list[tuple]:
    return list(shop.ledger.changed_rows().itertuples(index=False, name=None))


GOOD = "anna,2024-01-05,20"


def test_a_fix_holds_wherever_the_column_has_that_text(shop_of):
    fix = CellFix(column="amount", old="n/a?", new="5")
    shop = shop_of(GOOD, "ben,2024-01-06,n/a?", "cid,2024-01-07,n/a?", cells=(fix,))
    assert used(shop)[1:] == [("ben", "2024-01-06", 5.0), ("cid", "2024-01-07", 5.0)]
    assert changed(shop) == [
        (3, "cell fixed", "amount", "n/a?", "5"),
        (4, "cell fixed", "amount", "n/a?", "5"),
    ]
    assert [(str(c.change), c.rows) for c in shop.ledger.changes] == [("cell fixed", 2)]


def test_a_fix_of_one_row_changes_that_row_alone_and_goes_first(shop_of):
    everywhere = CellFix(column="amount", old="x", new="5")
    here = CellFix(column="amount", old="x", new="7", row=4)
    shop = shop_of(GOOD, "ben,2024-01-06,x", "cid,2024-01-07,x", cells=(everywhere, here))
    assert [row[2] for row in used(shop)] == [20.0, 5.0, 7.0]


def test_a_blank_cell_is_filled_in_its_own_row(shop_of):
    fix = CellFix(column="customer", old="", new="ben", row=3)
    shop = shop_of(GOOD, ",2024-01-06,5", ",2024-01-07,5", cells=(fix,))
    assert used(shop) == [("anna", "2024-01-05", 20.0), ("ben", "2024-01-06", 5.0)]
    assert changed(shop) == [(3, "cell fixed", "customer", "", "ben")]


def test_a_blank_cell_is_not_filled_everywhere():
    with pytest.raises(InvalidMapping):
        Corrections(cells=(CellFix(column="customer", old=" ", new="ben"),))


def test_a_fix_of_another_text_changes_nothing(shop_of):
    fix = CellFix(column="amount", old="6", new="5", row=2)
    assert changed(shop_of(GOOD, cells=(fix,))) == []


def test_a_fix_that_cannot_be_read_leaves_the_row_out(shop_of):
    fix = CellFix(column="date", old="?", new="soon")
    shop = shop_of(GOOD, "ben,?,5", cells=(fix,))
    assert shop.ledger.rejected_rows()["value"].tolist() == ["soon"]
    assert len(changed(shop)) == 1


def test_unreadable_dates_are_read_the_second_way(shop_of):
    shop = shop_of(GOOD, "ben,31/01/2024,5", "cid,never,5", date_order="dmy")
    assert used(shop)[1:] == [("ben", "2024-01-31", 5.0)]
    assert changed(shop) == [
        (3, "read in the second way", "date", "31/01/2024", "2024-01-31"),
    ]


def test_unreadable_numbers_are_read_the_second_way(shop_of):
    shop = shop_of(GOOD, 'ben,2024-01-06,"1.234,50"', decimal=",")
    assert used(shop)[1:] == [("ben", "2024-01-06", 1234.5)]
    assert changed(shop)[0][1:] == ("read in the second way", "amount", "1.234,50", "1234.5000")


def test_merged_customers_are_one_and_the_old_id_is_listed(shop_of):
    shop = shop_of(GOOD, "Anna,2024-01-06,5", merges=(("Anna", "anna"),))
    assert (shop.customers, [row[0] for row in used(shop)]) == (1, ["anna", "anna"])
    assert changed(shop) == [(3, "customer merged", "customer", "Anna", "anna")]


def test_rows_without_an_id_get_that_of_their_e_mail_address(tmp_path):
    path = tmp_path / "guests.csv"
    rows = ("anna,2024-01-05,20,Anna@X.com", ",2024-01-06,5, anna@x.com", ",2024-01-07,5,b@x.com")
    path.write_text("\n".join([f"{HEADER},mail", *rows]) + "\n")
    fills = Corrections(
        fills=(("anna@x.com", "anna"),), merges=(("anna", "ann"),), email_column="mail"
    )
    shop = clv.clean(clv.read(path), MAPPING, None, fills)
    assert [row[0] for row in used(shop)] == ["ann", "ann"]
    assert shop.ledger.reasons == {"no customer": 1}
    assert changed(shop)[1] == (3, "customer found by e-mail", "customer", "", "ann")


def test_a_row_with_an_id_keeps_it_whatever_its_e_mail_address(tmp_path):
    path = tmp_path / "shared.csv"
    path.write_text(f"{HEADER},mail\nben,2024-01-05,20,anna@x.com\n")
    fills = Corrections(fills=(("anna@x.com", "anna"),), email_column="mail")
    shop = clv.clean(clv.read(path), MAPPING, None, fills)
    assert [row[0] for row in used(shop)] == ["ben"]
    assert changed(shop) == []


def test_two_cells_fixed_in_one_row_are_one_row_changed(shop_of):
    fixes = (
        CellFix(column="date", old="soon", new="2024-01-06"),
        CellFix(column="amount", old="free", new="5"),
    )
    shop = shop_of(GOOD, "ben,soon,free", cells=fixes)
    assert [(str(c.change), c.rows) for c in shop.ledger.changes] == [("cell fixed", 1)]
    assert len(changed(shop)) == 2


def test_a_column_that_is_not_there_is_named(shop_of):
    with pytest.raises(InvalidMapping, match="amont"):
        shop_of(GOOD, cells=(CellFix(column="amont", old="1", new="2"),))


def test_a_later_fix_of_the_same_cell_replaces_the_earlier():
    one, two = (CellFix(column="a", old="x", new=new) for new in "12")
    assert Corrections().with_cell(one).with_cell(two).cells == (two,)


names = st.sampled_from("abcdef")


@given(st.lists(st.tuples(names, names), max_size=8))
def test_merges_never_chain_and_are_idempotent(pairs):
    merged = Corrections()
    for pair in pairs:
        merged = merged.with_merges([pair])
    assert not {alias for alias, _ in merged.merges} & {kept for _, kept in merged.merges}
    assert merged.with_merges(merged.merges) == merged


def test_corrections_survive_json():
    made = Corrections(
        cells=(CellFix(column="a", old="x", new="y", row=3), CellFix(column="b", old="x", new="")),
        date_order="dmy", decimal=",", merges=(("b", "a"),), fills=(("a@b.c", "a"),),
        email_column="m",
    )  # fmt: skip
    assert Corrections.from_dict(made.to_dict()) == made


@pytest.mark.parametrize(
    "content", [[], {"cells": [1]}, {"cells": [{"column": "a"}]}, {"merges": ["abc"]},
                {"merges": [[1, 2]]}, {"fills": [["a", "b"]]}, {"date_order": "ydm"},
                {"decimal": "x"},
                {"cells": [{"column": "a", "old": "b", "new": "c", "row": "1"}]}],
)  # fmt: skip
def test_what_are_no_corrections_is_refused(content):
    with pytest.raises(InvalidMapping):
        Corrections.from_dict(content)


@pytest.mark.parametrize(
    "merges", [(("a", "b"), ("a", "c")), (("a", "b"), ("b", "c")), (("a", "a"),)]
)
def test_merges_that_would_multiply_rows_are_refused(merges):
    with pytest.raises(InvalidMapping):
        Corrections(merges=merges)


def test_a_fix_of_what_a_fix_wrote_counts_and_keeps_the_text_of_the_file(shop_of):
    wrong = CellFix(column="date", old="abc", new="2024-13-45")
    right = CellFix(column="date", old="2024-13-45", new="2024-03-05")
    lines = (GOOD, "ben,abc,6", "cid,2024-13-45,7")
    cells = Corrections().with_cell(wrong).with_cell(right).cells
    shop = shop_of(*lines, cells=cells)
    assert [day for _, day, _ in used(shop)] == ["2024-01-05", "2024-03-05", "2024-03-05"]
    assert [(row, old, new) for row, _, _, old, new in changed(shop)] == [
        (3, "abc", "2024-03-05"),
        (4, "2024-13-45", "2024-03-05"),
    ]


def shown(corrections: Corrections, file: list[str]) -> list[str]:
    """The column as the fixes leave it, each cell read from the file."""
    result = []
    for row, text in enumerate(file, 1):
        of_row = [fix.new for fix in corrections.cells if fix.row == row and fix.old == text]
        of_all = [fix.new for fix in corrections.cells if fix.row is None and fix.old == text]
        result.append([*of_row, *of_all, text][0])
    return result


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from("abcd")), max_size=6),
)
def test_fixes_one_after_the_other_are_those_of_what_was_shown(file, steps):
    corrections, expected = Corrections(), list(file)
    for place, everywhere, new in steps:
        old = expected[place % len(file)]
        row = None if everywhere else place % len(file) + 1
        fix = CellFix(column="x", old=old, new=new, row=row)
        corrections = corrections.with_cell(fix)
        expected = [
            new if text == old and row in (None, at) else text
            for at, text in enumerate(expected, 1)
        ]
        assert shown(corrections, file) == expected
