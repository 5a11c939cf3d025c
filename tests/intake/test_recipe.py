"""A recipe saved on one month's file, used on the next."""

import json
from pathlib import Path

import pytest

import clv
from clv.errors import InvalidMapping
from clv.intake.corrections import CellFix, Corrections
from clv.intake.mapping import LeftOut, Mapping
from clv.intake.recipe import Recipe
from clv.settings import Rules

pytestmark = pytest.mark.usefixtures("all_here")

MAPPING = Mapping(
    columns=(("customer_id", "Kunde"), ("ordered_at", "Datum"), ("amount", "Betrag")),
    attributes=("Ort",),
    date_order="dmy",
    decimal=",",
    left_out=(LeftOut(column="Art", values=("Gebühr",)),),
)
HEADER = "Kunde;Datum;Betrag;Ort;Art"
MAY = ("anna;03.05.2024;12,50;Bonn;", "ben;04.05.2024;gratis;Kiel;", "ben;;7,00;Kiel;",
       "x;05.05.2024;1,00;Kiel;Gebühr")  # fmt: skip
JUNE = ("anna;03.06.2024;20,00;Bonn;", "cid;04.06.2024;gratis;Kiel;", "cid;;8,00;Kiel;")
CORRECTIONS = Corrections(
    cells=(
        CellFix(column="Betrag", old="gratis", new="1,00"),
        CellFix(column="Datum", old="", new="06.05.2024", row=4),
    ),
    merges=(("ben", "anna"),),
)


@pytest.fixture
def read(tmp_path: Path):
    def run(*lines: str, header: str = HEADER) -> clv.RawTable:
        path = tmp_path / f"file-{abs(hash((header, *lines)))}.csv"
        path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
        return clv.read(path)

    return run


@pytest.fixture
def recipe(read) -> Recipe:
    return Recipe.of(read(*MAY), MAPPING, Rules(drop_duplicates=True), CORRECTIONS)


def money(shop: clv.Shop) -> list[tuple]:
    frame = shop.transactions.order_by("row_number").execute()
    return list(zip(frame["customer_id"], frame["amount"].astype(float), strict=True))


def test_a_recipe_gives_what_its_parts_give(recipe, read):
    assert money(recipe.clean(read(*MAY))) == [("anna", 12.5), ("anna", 1.0), ("anna", 7.0)]


def test_the_next_file_is_read_the_same_way_without_what_was_for_single_rows(recipe, read):
    june = read(*JUNE)
    assert recipe.fits(june)
    shop = recipe.clean(june)
    assert money(shop) == [("anna", 20.0), ("cid", 1.0)]
    assert shop.ledger.reasons == {"no date": 1}
    assert recipe.differences(june) == (
        "1 correction of single rows belongs to the earlier file and will not be used.",
    )


def test_the_same_file_differs_in_nothing(recipe, read):
    assert recipe.differences(read(*MAY)) == ()


def test_columns_may_change_their_order_and_spelling(recipe, read):
    moved = read("Bonn;;20,00;anna;03.06.2024", header="ORT;Art;betrag;KUNDE;Datum")
    assert recipe.fits(moved)
    assert recipe.same_header(moved)
    assert money(recipe.clean(moved)) == [("anna", 20.0)]


def test_new_and_missing_columns_are_said(recipe, read):
    other = read("anna;03.06.2024;20,00;web", header="Kunde;Datum;Betrag;Kanal")
    assert not recipe.fits(other)
    assert recipe.differences(other)[:2] == (
        "1 column is new: Kanal.",
        "2 columns are gone: Ort, Art.",
    )
    with pytest.raises(InvalidMapping, match="'Ort' is not in your file"):
        recipe.clean(other)


def test_another_way_of_writing_is_said(recipe, read):
    english = read(*(f"c{i};{i:02}/25/2024;{i}.50;Bonn;" for i in range(1, 13)))
    told = " ".join(recipe.differences(english))
    assert "written in another order" in told
    assert "another decimal mark" in told


def test_whole_numbers_speak_against_no_decimal_mark(recipe, read):
    assert recipe.contradictions(read("anna;13.06.2024;20;Bonn;")) == ()


def test_iso_dates_speak_against_no_order(recipe, read):
    assert recipe.contradictions(read("anna;2024-06-13;20,00;Bonn;")) == ()


def test_a_column_of_the_very_name_goes_before_one_like_it(recipe, read):
    raw = read("7,00;anna;13.06.2024;20,00;Bonn;", header=f"betrag;{HEADER}")
    assert money(recipe.clean(raw)) == [("anna", 20.0)]


def test_a_recipe_survives_its_file(recipe, tmp_path):
    recipe.save(tmp_path / "recipe.json")
    assert Recipe.load(tmp_path / "recipe.json") == recipe
    assert json.loads(recipe.to_json())["mapping"]["columns"]["customer_id"] == "Kunde"


def test_a_mapping_alone_is_a_recipe(recipe):
    assert Recipe.from_json(MAPPING.to_json()).mapping == MAPPING


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"mapping": []}', '{"mapping": {}, "header": 1}', "[" * 100_000]
)
def test_what_is_no_recipe_is_refused(text, tmp_path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InvalidMapping):
        Recipe.load(tmp_path / "x.json")
