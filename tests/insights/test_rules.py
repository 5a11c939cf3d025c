"""Rules made by hand: what becomes a condition, and what is refused in words."""

import numpy as np
import pytest

from clv.errors import InvalidSettings
from clv.insights.rules import choices, comparisons, rule
from clv.insights.selection import Population, Selection
from tests.insights.small_shops import analysed, rows_of_a_shop


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    return analysed(tmp_path_factory.mktemp("rules"), rows_of_a_shop(30)).population


@pytest.mark.parametrize(
    ("field", "how", "value", "text"),
    [
        ("Orders", "at least", " 3 ", "Orders at least: 3"),
        ("Net revenue", "at most", "1234.567", "Net revenue at most: 1234.567"),
        ("Net revenue", "at most", "12345678.5", "Net revenue at most: 12345678.5"),
        ("P(alive), %", "at least", "50", "P(alive), % at least: 50"),
        ("Category", "is", "Tea", "Category: Tea"),
        ("Product", "is not", "Thing 03", "Product is not: Thing 03"),
        ("Channel", "is", "Web", "Channel: Web"),
        ("Ordered", "is", "2024", "Ordered: 2024"),
        (
            "Ordered",
            "is not",
            "2024-03-01 to 2024-05-01",
            "Ordered is not: 2024-03-01 to 2024-05-01",
        ),
    ],
)
def test_a_good_rule_is_a_condition_that_keeps_somebody(
    population, field, how, value, text
) -> None:
    assert rule(population, field, how, value) == text
    selection, unknown = Selection.parse([text], population.fields)
    assert not unknown
    assert 0 < selection.mask(population).sum() <= len(population.frame)


@pytest.mark.parametrize(
    ("field", "how", "value", "said"),
    [
        ("Orders", "at least", "many", "no number"),
        ("Orders", "at least", "nan", "no number"),
        ("Orders", "at least", "", "no value"),
        ("Orders", "is", "3", "cannot be compared"),
        ("Channel", "at least", "3", "cannot be compared"),
        ("Channel", "is", "Fax", "No customer has “Fax”"),
        ("Product", "is", "Nothing", "No customer has “Nothing”"),
        ("Ordered", "is", "2024-13", "no value that Ordered can have"),
        ("Ordered", "is", "yesterday", "no value that Ordered can have"),
        ("Ordered", "is", "1999", "No customer has “1999”"),
        ("Planet", "is", "Mars", "no field"),
    ],
)
def test_a_bad_rule_is_refused_in_two_sentences(population, field, how, value, said) -> None:
    with pytest.raises(InvalidSettings, match=said) as refused:
        rule(population, field, how, value)
    assert refused.value.hint


def test_every_value_offered_is_accepted(population: Population) -> None:
    offered = 0
    for field in population.fields:
        for value in choices(population, field):
            rule(population, field, next(iter(comparisons(field))), value)
            offered += 1
    assert offered > 30


def test_products_are_offered_by_name(population: Population) -> None:
    assert choices(population, "Product")[0].startswith("Thing ")
    assert sorted(choices(population, "Category")) == ["Coffee", "Cups", "Tea"]
    assert np.array(choices(population, "Orders")).size == 0
