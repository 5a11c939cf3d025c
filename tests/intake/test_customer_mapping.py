import json

import pytest

import clv

pytestmark = pytest.mark.usefixtures("here")

FULL = clv.CustomerMapping(
    customer_id="id",
    first_order="first",
    last_order=("last", "last web"),
    orders=("web", "shop"),
    revenue=("web €", "shop €"),
    channels=(clv.Channel(name="Web", orders="web", revenue="web €"),),
    interests="likes",
    attributes=("region",),
    date_order="dmy",
    decimal=",",
)


def changed(**values):
    return clv.CustomerMapping(**{**vars(FULL), **values})


@pytest.fixture
def raw(tmp_path):
    path = tmp_path / "c.csv"
    names = "id;first;last;last web;web;shop;web €;shop €;likes;region"
    path.write_text(names + "\na;01.02.2023;01.03.2023;;1;1;2,50;3,50;[A];North\n")
    return clv.read(path)


def test_a_recipe_survives_json_and_is_told_from_one_of_orders(tmp_path):
    assert clv.CustomerMapping.from_json(FULL.to_json()) == FULL
    FULL.save(tmp_path / "m.json")
    assert (
        clv.load_mapping(tmp_path / "m.json")
        == FULL
        == clv.CustomerMapping.load(tmp_path / "m.json")
    )
    orders = clv.Mapping(columns=(("customer_id", "a"),), date_order="ymd", decimal=".")
    orders.save(tmp_path / "o.json")
    assert clv.load_mapping(tmp_path / "o.json") == orders
    assert json.loads(FULL.to_json())["shape"] == "customers"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"shape": "orders"}',
        '{"shape": "customers", "channels": [1], "date_order": "ymd", "decimal": "."}',
        '{"shape": "customers", "last_order": 3}',
        '{"shape": "customers", "customer_id": 3}',
        '{"shape": "customers", "date_order": "xyz"}',
        '{"shape": "customers", "attributes": [["a"]]}',
    ],
)
def test_what_is_no_recipe_is_refused(text, tmp_path):
    with pytest.raises(clv.InvalidMapping, match="not a saved recipe or column mapping"):
        clv.CustomerMapping.from_json(text)
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(clv.CLVError):
        clv.load_mapping(tmp_path / "m.json")


def test_a_complete_recipe_passes(raw):
    FULL.check(raw)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"customer_id": None}, clv.InvalidMapping, "who the customer is"),
        ({"first_order": None}, clv.InvalidMapping, "ordered first"),
        ({"last_order": ()}, clv.InvalidMapping, "ordered last"),
        ({"orders": ()}, clv.InvalidMapping, "how many orders"),
        ({"revenue": ()}, clv.InvalidMapping, "how much money"),
        ({"orders": ("web", "web")}, clv.InvalidMapping, "added to itself"),
        ({"revenue": ("web",)}, clv.InvalidMapping, "used for both"),
        ({"last_order": ("first",)}, clv.InvalidMapping, "used for both"),
        ({"interests": "lieks"}, clv.InvalidMapping, "Did you mean 'likes'"),
        ({"attributes": ("area",)}, clv.InvalidMapping, "not in your file"),
        ({"date_order": None}, clv.AmbiguousFormat, "two readings"),
        ({"decimal": None}, clv.AmbiguousFormat, "two readings"),
        (
            {
                "channels": (
                    clv.Channel(name="A", orders="web"),
                    clv.Channel(name="A", orders="shop"),
                )
            },
            clv.InvalidMapping,
            "same name",
        ),
    ],
)
def test_a_recipe_with_a_gap_says_what_is_missing(raw, change, error, words):
    with pytest.raises(error) as refused:
        changed(**change).check(raw)
    assert words in str(refused.value)
    assert refused.value.hint
