"""What is offered to fix among the rows left out."""

from pathlib import Path

import pytest

import clv
from clv.intake.corrections import CellFix, Corrections
from clv.intake.mapping import Mapping
from clv.intake.repairs import (
    date_readings,
    fixed_in_vain,
    missing_cells,
    number_readings,
    rows_in_file,
    unreadable_cells,
)

pytestmark = pytest.mark.usefixtures("all_here")

MAPPING = Mapping(
    columns=(("customer_id", "who"), ("ordered_at", "day"), ("amount", "paid")),
    date_order="mdy",
    decimal=".",
)
LINES = (
    "anna,01/31/2024,20", "ben,31/01/2024,5", "ben,25/02/2024,5", "ben,soon,5", "cid,01/30/2024,x",
    "cid,01/30/2024,x", 'cid,01/30/2024,"1.234,5"', ",01/30/2024,7", "dora,,7", "dora,01/30/2024,",
)  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path):
    (tmp_path / "orders.csv").write_text("\n".join(["who,day,paid", *LINES]) + "\n")
    return clv.clean(clv.read(tmp_path / "orders.csv"), MAPPING).ledger


def test_each_unreadable_text_is_listed_once_with_its_rows(ledger):
    found = unreadable_cells(ledger)
    assert found[["column", "value", "rows", "first_row"]].values.tolist() == [
        ["paid", "x", 2, 6], ["day", "31/01/2024", 1, 3], ["day", "25/02/2024", 1, 4],
        ["day", "soon", 1, 5], ["paid", "1.234,5", 1, 8],
    ]  # fmt: skip


def test_blank_cells_are_listed_by_row(ledger):
    assert missing_cells(ledger)[["row_number", "column"]].values.tolist() == [
        [9, "who"], [10, "day"], [11, "paid"],
    ]  # fmt: skip


def test_a_fix_that_cannot_be_read_leaves_its_cell_in_the_list(tmp_path):
    (tmp_path / "orders.csv").write_text("\n".join(["who,day,paid", *LINES]) + "\n")
    raw = clv.read(tmp_path / "orders.csv")
    fixes = (
        CellFix(column="day", old="soon", new="later"),
        CellFix(column="day", old="", new="never", row=10),
        CellFix(column="paid", old="x", new="3"),
    )
    ledger = clv.clean(raw, MAPPING, clv.Rules(), Corrections(cells=fixes)).ledger
    found = unreadable_cells(ledger)
    assert found.loc[found["tried"] != "", ["value", "tried", "rows"]].values.tolist() == [
        ["soon", "later", 1],
    ]
    blank = missing_cells(ledger)[["row_number", "column", "tried"]].values.tolist()
    assert blank == [[9, "who", ""], [10, "day", "never"], [11, "paid", ""]]
    assert fixed_in_vain(ledger) == 2


def test_what_stands_beside_a_blank_cell_is_taken_from_its_row(tmp_path):
    (tmp_path / "orders.csv").write_text("\n".join(["who,day,paid", *LINES]) + "\n")
    beside = rows_in_file(clv.read(tmp_path / "orders.csv"), [11, 9], ["day", "who", "paid"])
    assert beside.values.tolist() == [["01/30/2024", "dora", ""], ["01/30/2024", "", "7"]]


def test_second_readings_are_offered_with_what_they_would_mend(ledger):
    assert date_readings(ledger) == {"dmy": 2}
    assert number_readings(ledger) == {",": 1}
