"""The first order against plain loops; means, ranges and lift against sums by hand."""

import numpy as np
import pandas as pd
import pytest

from clv.analysis import Analysis
from clv.insights.first_product import (
    by_chance,
    clear_of_average,
    first_groups,
    first_product_value,
)
from tests.insights.small_shop import CUSTOMERS, orders_of, small_analysis

HEADERS = {"Category": "Category", "Subcategory": "Subcategory", "Product": "Product name"}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return small_analysis(tmp_path_factory.mktemp("shop"))


def value_of(found: Analysis, level: str, kept: np.ndarray, least: int = 1):
    names, held = found.lines.ask(first_groups, kept, (), found.lines.level_column(level), 30)
    day = pd.Timestamp(found.analysis_date)
    return first_product_value(
        found.frame, kept, found.valuation, names, held, analysis_date=day, least=least
    )


@pytest.mark.parametrize("level", HEADERS)
@pytest.mark.parametrize("without", [None, "Bob"])
def test_customers_and_means_are_those_of_the_first_orders(
    found: Analysis, level: str, without: str | None
) -> None:
    kept = np.array([name != without for name in CUSTOMERS])
    table, average = value_of(found, level, kept)
    frame = found.frame.set_index("customer_id")
    assert average == pytest.approx(found.frame["predicted_clv"][kept].mean())
    first = {
        name: {row[HEADERS[level]] for row in orders_of(name)[0]}
        for name in CUSTOMERS
        if name != without
    }
    assert set(table["name"]) == set().union(*first.values())
    for group in table.to_dict("records"):
        people = [name for name, held in first.items() if group["name"] in held]
        mean = frame.loc[people, "predicted_clv"].mean()
        days = pd.Timestamp(found.analysis_date) - frame.loc[people, "first_order"]
        assert group["customers"] == len(people)
        assert group["share_customers"] == pytest.approx(len(people) / len(first))
        assert group["historic_mean"] == pytest.approx(frame.loc[people, "historic_value"].mean())
        assert group["value_mean"] == pytest.approx(mean)
        assert group["lift"] == pytest.approx(mean / average)
        assert group["days_known"] == pytest.approx(days.dt.days.mean())
        mask = found.frame["customer_id"].isin(people).to_numpy()
        total = found.valuation.total(mask)
        assert group["value_low"] == pytest.approx(total.low / len(people))
        assert group["value_high"] == pytest.approx(total.high / len(people))


def test_groups_of_too_few_customers_are_left_out(found: Analysis) -> None:
    everyone = np.ones(len(CUSTOMERS), dtype=bool)
    table, _ = value_of(found, "Product", everyone, least=2)
    counts: dict[str, int] = {}
    for name in CUSTOMERS:
        for held in {row["Product name"] for row in orders_of(name)[0]}:
            counts[held] = counts.get(held, 0) + 1
    assert set(table["name"]) == {held for held, n in counts.items() if n >= 2}


def test_without_a_model_there_is_still_what_they_brought_so_far(found: Analysis) -> None:
    everyone = np.ones(len(CUSTOMERS), dtype=bool)
    names, held = found.lines.ask(first_groups, None, (), "level_2", 30)
    day = pd.Timestamp(found.analysis_date)
    table, average = first_product_value(
        found.frame, everyone, None, names, held, analysis_date=day, least=1
    )
    assert np.isnan(average)
    assert table["value_mean"].isna().all()
    assert table["historic_mean"].is_monotonic_decreasing


def test_only_what_is_clear_of_the_average_and_of_chance_is_named() -> None:
    def name(table: pd.DataFrame, average: float) -> str | None:
        best = clear_of_average(table, average)
        return None if best is None else best["name"]

    table = pd.DataFrame({"name": ["a", "b"], "value_low": [9.0, 12.0], "chance": [0.001, 0.0]})
    assert name(table, 8.0) == "a"
    assert name(table, 10.0) == "b"  # the range of a holds the average
    assert name(table, 12.0) is None
    assert name(table.assign(chance=[0.2, 0.0]), 8.0) == "b"
    assert name(table.assign(chance=0.2), 8.0) is None
    assert name(table.head(0), 8.0) is None


def test_where_products_mean_nothing_hardly_any_is_named() -> None:
    rng = np.random.default_rng(5)
    named = 0
    for _ in range(300):
        values = rng.lognormal(3, 1.2, 2_000)
        sizes = rng.integers(20, 400, 15)
        means = [rng.choice(values, size, replace=False).mean() for size in sizes]
        chance = by_chance(pd.Series(means), pd.Series(sizes), values) * len(sizes)
        named += bool(((chance <= 0.01) & (np.array(means) > values.mean())).any())
    assert named <= 0.05 * 300
    planted = by_chance(pd.Series([1.6 * values.mean()]), pd.Series([300]), values)
    assert planted[0] * 15 <= 0.01


def test_chance_is_that_of_drawing_as_many_customers() -> None:
    rng = np.random.default_rng(6)
    values = rng.gamma(2.0, 10.0, 400)
    mean = values.mean() + 2.0
    drawn = np.array([rng.choice(values, 100, replace=False).mean() for _ in range(20_000)])
    simulated = (np.abs(drawn - values.mean()) >= 2.0).mean()
    found = by_chance(pd.Series([mean]), pd.Series([100]), values)[0]
    assert found == pytest.approx(simulated, abs=0.01)


def test_most_frequent_groups_come_first_and_no_more_than_asked(found: Analysis) -> None:
    names, held = found.lines.ask(first_groups, None, (), "level_2", 2)
    assert names == ("Cup", "Ink")  # Ink, Lamp and Pen have one customer each: the first by name
    assert set(held["place"]) == {0, 1}
