"""The filter: its texts, and whom it keeps, against plain loops over the same orders."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clv
from clv.insights.selection import Condition, Population, Selection

ORDERS = """customer,order date,order number,sku,product,category,country,channel,amount
Ann,2024-01-05,1,P1,Cup,Home,France,Web,10
Ann,2024-03-01,3,P2,Pen,Desk,France,Shop,5
Bob,2024-02-01,2,P1,Cup,Home,Spain,Web,7
Bob,2024-02-20,7,P3,Mat,Home,Spain,Web,-7
Cid,2024-02-03,5,P2,Pen,Desk,: odd: one,Web,3
Dan,2024-03-30,6,P3,Mat,Home,Spain,Shop,30
"""


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    path = tmp_path_factory.mktemp("shop") / "orders.csv"
    path.write_text(ORDERS)
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules(refunds="own_date"))
    return clv.analyse(shop).population


def kept(population: Population, *texts: str) -> list[str]:
    selection, unknown = Selection.parse(texts, population.fields)
    assert not unknown
    return population.frame["customer_id"][selection.mask(population)].tolist()


def test_without_conditions_everyone_is_kept(population: Population) -> None:
    assert kept(population) == ["Ann", "Bob", "Cid", "Dan"]


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["Country: Spain"], ["Bob", "Dan"]),
        (["Country: Spain", "Country: France"], ["Ann", "Bob", "Dan"]),
        (["Country: Spain", "Channel: Shop"], ["Dan"]),
        (["Country is not: Spain"], ["Ann", "Cid"]),
        (["Country is not: Spain", "Country is not: France"], ["Cid"]),
        (["Country: : odd: one"], ["Cid"]),
        (["Cohort: 2024-02"], ["Bob", "Cid"]),
        (["Ordered: 2024-03"], ["Ann", "Dan"]),
        (["Ordered: 2024-02-02 to 2024-03-01"], ["Ann", "Cid"]),
        (["Ordered: 2024-02-20"], []),  # a refund is no order
        (["Product: Cup"], ["Ann", "Bob"]),
        (["Product: Mat"], ["Dan"]),  # what was only sent back was not bought
        (["Category: Desk", "Product is not: Cup"], ["Cid"]),
        (["Orders at least: 2"], ["Ann"]),
        (["Net revenue at most: 15", "Net revenue at least: 3"], ["Ann", "Cid"]),
        (["Days since last order at most: 29"], ["Ann", "Dan"]),
        (["Net revenue: 3 to 15"], ["Ann", "Cid"]),
        (["Net revenue: 3 to under 15"], ["Cid"]),
        (["Net revenue: 3 to 3", "Net revenue: 15 to under 30"], ["Ann", "Cid"]),
        (["Repeat purchases: 1 to 1"], ["Ann"]),
    ],
)
def test_conditions_keep_whom_they_name(
    population: Population, texts: list[str], names: list[str]
) -> None:
    assert kept(population, *texts) == names


@pytest.mark.parametrize(
    "text",
    ["", "Country", "Country: ", "Planet: Mars", "Orders: 2", "Orders at least: many",
     "Orders at least: nan", "Orders: 1 to",
     "Orders: 1 to nan", "Orders is not: 1 to 2",
     "Country at least: 3", "Ordered: tomorrow", "Ordered: NaT",
     "Ordered: 2024-03 to 2024-01", "Ordered: 2024-13"],
)  # fmt: skip
def test_texts_that_are_no_condition_are_named_and_ignored(
    population: Population, text: str
) -> None:
    selection, unknown = Selection.parse([text], population.fields)
    assert unknown == (text,)
    assert selection == Selection()


def test_a_field_can_be_ignored_by_its_own_chart(population: Population) -> None:
    selection, _ = Selection.parse(
        ["Country: Spain", "Cohort: 2024-02", "Ordered: 2024-03"], population.fields
    )
    assert selection.without("Country").chosen("Country") == ()
    assert selection.chosen("Country") == ("Spain",)
    assert selection.days == ((date(2024, 3, 1), date(2024, 3, 31)),)
    assert selection.without("Ordered").days == ()


@given(
    field=st.sampled_from(["Country", "Product", "Cohort", "Size: EU"]),
    operator=st.sampled_from(["", "is not"]),
    value=st.text(min_size=1).filter(lambda text: text.strip()),
)
def test_every_condition_reads_back_from_its_text(field: str, operator: str, value: str) -> None:
    condition = Condition(field, value, operator)  # type: ignore[arg-type]
    fields = ["Size", "Country", "Product", "Cohort", "Size: EU"]
    assert Selection.parse([str(condition)], fields)[0].conditions == (condition,)


def test_the_values_offered_are_those_of_the_customers(population: Population) -> None:
    assert population.values("Cohort") == ["2024-01", "2024-02", "2024-03"]
    assert set(population.values("Country")) == {"France", "Spain", ": odd: one"}
    assert population.values("Tier") == ["A", "B", "C", "D"]
    assert population.values("Product") == []


def test_an_attribute_named_like_a_field_of_ours_is_marked(population: Population) -> None:
    frame = population.frame.assign(Orders="x", Cohort="y")
    renamed = replace(population, frame=frame)
    assert {"Orders (file)", "Cohort (file)"} <= set(renamed.labels)
    assert isinstance(renamed.frame, pd.DataFrame)
