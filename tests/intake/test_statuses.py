"""Which order statuses count, as it is shown and chosen; and that cleaning agrees."""

from pathlib import Path

import pytest

import clv
from clv.intake.mapping import LeftOut, Mapping
from clv.intake.statuses import chosen_statuses, statuses, why_left_out, without_statuses

pytestmark = pytest.mark.usefixtures("all_here")

MAPPING = Mapping(
    columns=(("customer_id", "who"), ("ordered_at", "day"), ("amount", "paid"),
             ("order_status", "state")),
    date_order="ymd",
    decimal=".",
    left_out=(LeftOut(column="state", values=("TEST",), why="test order"),),
)  # fmt: skip
STATES = ("Pendente", " Pendente", "paid", "Cancelled", "refunded", "test", "", "payment failed")


@pytest.fixture
def raw(tmp_path: Path):
    lines = (f"c{i},2024-01-{i + 1:02},{i + 5},{state}" for i, state in enumerate(STATES))
    (tmp_path / "orders.csv").write_text("\n".join(["who,day,paid,state", *lines]) + "\n")
    return clv.read(tmp_path / "orders.csv")


def counting(raw, mapping) -> dict[str, int]:
    return {s.text: s.rows for s in statuses(raw, "state") if why_left_out(s, mapping) is None}


def test_each_status_is_listed_with_its_rows_and_how_it_is_read(raw):
    assert counting(raw, MAPPING) == {"Pendente": 2, "": 1, "paid": 1}
    whys = {s.text: why_left_out(s, MAPPING) for s in statuses(raw, "state")}
    assert (whys["test"], whys["Cancelled"]) == ("test order", "cancelled order")


@pytest.mark.parametrize("texts", [(), ("Pendente",), ("Pendente", "paid")])
def test_cleaning_counts_the_rows_that_are_said_to_count(raw, texts):
    mapping = without_statuses(MAPPING, texts)
    assert clv.clean(raw, mapping).ledger.used == sum(counting(raw, mapping).values())
    assert chosen_statuses(mapping) == {text.lower() for text in texts}


def test_another_choice_replaces_the_first_and_leaves_other_rules_alone():
    mapping = without_statuses(without_statuses(MAPPING, ("a", "b")), ("c",))
    assert [rule.values for rule in mapping.left_out] == [("TEST",), ("c",)]
    assert without_statuses(mapping, ()).left_out == MAPPING.left_out
