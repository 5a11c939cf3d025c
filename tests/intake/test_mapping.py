"""The recipe: kept as JSON, checked against a file, with the likely fix in every refusal."""

from pathlib import Path

import pytest

from clv.errors import AmbiguousFormat, InvalidMapping
from clv.intake.mapping import Mapping
from clv.intake.sources import Detected, RawTable

COLUMNS = ("who", "day", "Total", "qty", "price", "city")


@pytest.fixture
def raw() -> RawTable:
    return RawTable(Path("x.parquet"), COLUMNS, 3, "x.csv", "0", Detected(format="csv"))


def recipe(**changes) -> Mapping:
    given = {
        "columns": (("customer_id", "who"), ("ordered_at", "day"), ("amount", "Total")),
        "attributes": ("city",),
        "date_order": "ymd",
        "decimal": ".",
    }
    return Mapping(**{**given, **changes})


def test_a_recipe_survives_json(tmp_path: Path):
    recipe().save(tmp_path / "recipe.json")
    assert Mapping.load(tmp_path / "recipe.json") == recipe()
    undecided = recipe(date_order=None, decimal=None)
    assert Mapping.from_json(undecided.to_json()) == undecided


def test_a_sound_recipe_passes(raw):
    recipe().check(raw)


def test_roles_can_be_changed_added_and_removed(raw):
    changed = recipe().with_roles(amount=None, quantity="qty", unit_price="price", country="city")
    assert changed.column("amount") is None
    assert changed.roles == {
        "customer_id": "who", "ordered_at": "day", "quantity": "qty", "unit_price": "price",
        "country": "city",
    }  # fmt: skip
    assert changed.attributes == ()
    changed.check(raw)


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"customer_id": None}, "which customer", "customer number"),
        ({"ordered_at": None}, "when an order", "order date"),
        ({"amount": None}, "how much money", "quantity and the unit price"),
        ({"amount": None, "quantity": "qty"}, "how much money", "quantity and the unit price"),
        ({"amount": "Totel"}, "'Totel' is not in your file", "Did you mean 'Total'?"),
        ({"amount": "total"}, "'total' is not in your file", "Did you mean 'Total'?"),
        ({"order_id": "who"}, "both Customer and Order number", "column of its own"),
    ],
)
def test_what_is_missing_is_said_with_the_likely_fix(raw, changes, message, hint):
    with pytest.raises(InvalidMapping) as caught:
        recipe().with_roles(**changes).check(raw)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_an_unknown_role_is_named_with_the_likely_one():
    with pytest.raises(InvalidMapping, match="Did you mean 'amount'"):
        recipe().with_roles(amuont="Total")
    with pytest.raises(InvalidMapping, match="no role 'shoe'"):
        Mapping.from_json('{"columns": {"shoe": "x"}}')


def test_an_attribute_must_be_in_the_file(raw):
    with pytest.raises(InvalidMapping, match="'town' is not in your file"):
        recipe(attributes=("town",)).check(raw)


@pytest.mark.parametrize("undecided", ["date_order", "decimal"])
def test_two_readings_are_asked_about(raw, undecided):
    with pytest.raises(AmbiguousFormat):
        recipe(**{undecided: None}).check(raw)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "nonsense", '{"columns": {"amount": 5}}', '{"columns": {}, "attributes": 1}'],
)
def test_other_json_is_refused(text: str):
    with pytest.raises(InvalidMapping, match="not a saved recipe or column mapping"):
        Mapping.from_json(text)


def test_a_recipe_file_that_is_not_text_is_refused(tmp_path: Path):
    (tmp_path / "recipe.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidMapping, match="not a saved recipe or column mapping"):
        Mapping.load(tmp_path / "recipe.json")


def test_conventions_outside_their_choices_are_refused():
    with pytest.raises(InvalidMapping, match="date order 'ydm'"):
        recipe(date_order="ydm")
    with pytest.raises(InvalidMapping, match="given twice"):
        recipe(columns=(("amount", "a"), ("amount", "b")))
