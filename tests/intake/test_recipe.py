"""A recipe saved on one month's file, used on the next."""

import json
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

import clv
from clv.errors import AmbiguousFormat, CLVError, InvalidMapping, InvalidSettings, NotEnoughData
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


def test_a_file_that_speaks_against_the_recipe_is_not_cleaned(recipe, read):
    english = read(*(f"c{i};{i:02}/25/2024;{i}.50;Bonn;" for i in range(1, 13)))
    with pytest.raises(AmbiguousFormat, match="another order") as caught:
        recipe.clean(english)
    assert "date_order" in caught.value.hint
    # Who decided it for this very file has seen what the file says.
    with pytest.raises(NotEnoughData):
        Recipe.of(english, MAPPING, Rules(), Corrections()).clean(english)


def test_order_numbers_and_customers_that_changed_places_are_said(read):
    mapping = MAPPING.with_roles(order_id="Ort")
    orders = [f"c{i % 12};{13 + i % 9}.05.2024;{i},50;o{i};" for i in range(60)]
    swapped = [f"o{i};{13 + i % 9}.05.2024;{i},50;c{i % 12};" for i in range(60)]
    may = Recipe.of(read(*orders), mapping, Rules(), Corrections())
    assert may.contradictions(read(*orders, *orders[:7])) == ()
    once = [f"c{i};{13 + i % 9}.05.2024;{i},50;o{i};" for i in range(60)]
    assert may.contradictions(read(*once)) == ()
    (told,) = may.contradictions(read(*swapped))
    assert "changed places" in told


def test_fixes_of_rows_hold_for_the_sheet_that_they_were_made_in(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for sheet in ("Jan", "Feb"):
            page = book.add_worksheet(sheet)
            rows = [["who", "day", "paid"], ["", "2024-05-03", "5"], ["ben", "2024-05-04", "6"]]
            for place, row in enumerate(rows):
                page.write_row(place, 0, row)
    january, february = (clv.read(path, clv.ReadOptions(sheet=name)) for name in ("Jan", "Feb"))
    mapping = Mapping(
        columns=(("customer_id", "who"), ("ordered_at", "day"), ("amount", "paid")),
        date_order="ymd", decimal=".",
    )  # fmt: skip
    fix = CellFix(column="who", old="", new="anna", row=2)
    recipe = Recipe.of(january, mapping, Rules(), Corrections(cells=(fix,)))
    assert len(money(recipe.clean(january))) == 2
    assert len(money(recipe.clean(february))) == 1
    assert "belongs to the earlier" in recipe.differences(february)[0]


def changed(recipe: Recipe, *path, to) -> str:
    """The recipe as JSON with another value at one place."""
    content = json.loads(recipe.to_json())
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(content)


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("version",), 99, "version"),
        (("version",), True, "version"),
        (("header",), "Kunde", "'header' must be a list"),
        (("name",), "\ud800", "'name' must be text"),
        (("colour",), "red", "called 'colour'"),
        (("mapping", "version"), 99, "version"),
        (("mapping", "colour"), "red", "called 'colour'"),
        (("mapping", "amount_of"), None, "'amount_of' must be one of line, order"),
        (("mapping", "continued"), 1, "'continued' must be true or false"),
        (("mapping", "attributes"), ["Ort", "Ort"], "kept twice"),
        (("mapping", "columns", "amount"), None, "must be text"),
        (("mapping", "left_out", 0, "values"), "ab", "'left_out[0].values' must be a list"),
        (("mapping", "left_out", 0, "others"), "no", "'left_out[0].others' must be true or false"),
        (("mapping", "left_out", 0, "why"), "bad", "'left_out[0].why' must be one of"),
        (("mapping", "left_out", 0, "colour"), 1, "called 'left_out[0].colour'"),
        (("rules",), None, "must be an object"),
        (("rules", "colour"), "red", "called 'colour'"),
        (("rules", "without"), "c1", "'without' must be a list"),
        (("rules", "without"), ["\ud800"], "'without[0]' must be text"),
        (("rules", "drop_duplicates"), "no", "'drop_duplicates' must be true or false"),
        (("rules", "currency"), 5, "'currency' must be text"),
        (("rules", "cap"), True, "'cap' must be a number"),
        (("rules", "cap"), 10**400, "'cap' must be a number"),
        (("rules", "until"), 5, "'until' must be a day"),
        (("rules", "rates"), [["USD"]], "'rates[0]' must be a list of 2"),
        (("corrections", "cells", 0, "row"), 10**30, "row"),
        (("corrections", "cells", 0, "row"), 0, "row"),
        (("corrections", "cells", 0, "row"), 1.5, "'cells[0].row' must be a whole number"),
        (("corrections", "merges"), [[1, 2]], "'merges[0][0]' must be text"),
        (("corrections", "email_column"), True, "'email_column' must be text"),
        (("corrections", "decimal"), [], "'decimal' must be one of"),
    ],
)
def test_a_recipe_with_a_value_that_cannot_be_is_refused_and_told_which(recipe, path, to, said):
    with pytest.raises(CLVError) as caught:
        Recipe.from_json(changed(recipe, *path, to=to))
    assert said in caught.value.message


def test_two_rates_of_one_currency_are_refused(recipe):
    rules = {"currency": "EUR", "rates": [["USD", 1], ["USD", 2]]}
    with pytest.raises(InvalidSettings, match="two rates"):
        Recipe.from_json(changed(recipe, "rules", to=rules))


@pytest.mark.parametrize(
    "text", ['{"version": 1, "version": 1}', '{"mapping": NaN}', '{"columns": {"a": 1, "a": 2}}']
)
def test_what_two_programs_may_read_in_two_ways_is_refused(text):
    with pytest.raises(InvalidMapping):
        Recipe.from_json(text)


PLACES = [
    ("version",), ("header",), ("made_for",), ("mapping",), ("mapping", "columns"),
    ("mapping", "columns", "amount"), ("mapping", "attributes"), ("mapping", "left_out"),
    ("mapping", "left_out", 0), ("mapping", "left_out", 0, "values"), ("mapping", "decimal"),
    ("rules",), ("rules", "rates"), ("rules", "until"), ("rules", "cap"), ("rules", "refunds"),
    ("corrections",), ("corrections", "cells"), ("corrections", "cells", 0),
    ("corrections", "merges"), ("corrections", "fills"), ("corrections", "email_column"),
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
    | st.sampled_from(["\ud800", "\0", "net", ",", "2024-01-01"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["column", "old", "new", "row", "values"]), inner),
    max_leaves=6,
)  # fmt: skip


@given(st.sampled_from(PLACES), JSON)
def test_whatever_stands_in_a_recipe_it_is_refused_or_survives_being_saved(path, to):
    made = Recipe(mapping=MAPPING, rules=Rules(), corrections=CORRECTIONS, header=("Kunde",))
    try:
        found = Recipe.from_json(changed(made, *path, to=to))
    except CLVError as error:
        str(error).encode()  # what is shown is text
        return
    assert Recipe.from_json(found.to_json()) == found
