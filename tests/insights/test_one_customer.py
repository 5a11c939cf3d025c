"""One customer against plain loops: orders, purchases, and P(alive) recomputed for each day."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv.analysis import Analysis
from clv.insights.one_customer import (
    MOST_POINTS,
    alive_since_last,
    alive_through_time,
    bought_by,
    expected_ahead,
    orders_and_refunds,
    purchase_days,
)
from clv.models import BGNBD
from clv.models.pareto_nbd import ParetoNBD
from clv.summary import customer_summary
from tests.insights.small_shops import analysed, by_customer, rows_of_a_shop

ROWS = rows_of_a_shop(90, seed=3)
MODEL = BGNBD(r=0.8, alpha=60.0, a=0.9, b=2.5)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analysed(tmp_path_factory.mktemp("one"), ROWS)


def ask(found: Analysis, place: int, question, *args) -> pd.DataFrame:
    kept = np.zeros(len(found.frame), dtype=bool)
    kept[place] = True
    return found.lines.ask(question, kept, (), *args)


@pytest.mark.parametrize("place", [0, 1, 5, 40])
def test_orders_and_refunds_by_day_are_those_of_the_file(shop: Analysis, place: int) -> None:
    rows = by_customer(ROWS)[shop.frame["customer_id"][place]]
    expected: dict[tuple, float] = {}
    for row in rows:
        which = row["order"] if row["pieces"] > 0 else "refund"
        key = (row["day"], "Order" if row["pieces"] > 0 else "Refund", which)
        expected[key] = expected.get(key, 0.0) + row["amount"]
    found = ask(shop, place, orders_and_refunds)
    got = sorted((str(r.day.date()), r.kind, round(r.money, 2)) for r in found.itertuples())
    assert got == sorted((day, kind, round(m, 2)) for (day, kind, _), m in expected.items())


def test_a_refund_set_against_its_order_still_shows_on_the_day_it_was_made(tmp_path: Path) -> None:
    row = {"customer": "Ann", "id": "P1", "name": "Cup", "category": "Cups", "channel": "Web"}
    rows = [
        row | {"day": "2024-01-05", "order": "1", "pieces": 2, "amount": 20},
        row | {"day": "2024-01-25", "order": "1", "pieces": -1, "amount": -10},
        row | {"customer": "Bob", "day": "2024-02-05", "order": "2", "pieces": 1, "amount": 9},
    ]
    found = ask(analysed(tmp_path, rows, "net"), 0, orders_and_refunds)
    assert found["day"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-05", "2024-01-25"]
    assert found["kind"].tolist() == ["Order", "Refund"]
    assert found["money"].tolist() == [20.0, -10.0]


@pytest.mark.parametrize("level", ["Category", "Product"])
def test_what_was_bought_by_level_is_that_of_plain_loops(shop: Analysis, level: str) -> None:
    rows = by_customer(ROWS)[shop.frame["customer_id"][5]]
    key = {"Category": "category", "Product": "name"}[level]
    found = ask(shop, 5, bought_by, shop.lines.level_column(level)).set_index("name")
    bought = [row for row in rows if row["pieces"] > 0]
    assert set(found.index) == {row[key] for row in bought}
    for name, line in found.iterrows():
        own = [row for row in bought if row[key] == name]
        assert line["orders"] == len({row["order"] for row in own})
        assert line["pieces"] == sum(row["pieces"] for row in own)
        assert line["revenue"] == pytest.approx(sum(r["amount"] for r in rows if r[key] == name))
        assert str(line["last"].date()) == max(row["day"] for row in own)
    assert found["revenue"].is_monotonic_decreasing


@pytest.mark.parametrize("model", [MODEL, ParetoNBD(r=0.8, alpha=60.0, s=0.6, beta=90.0)])
def test_p_alive_on_each_day_is_that_of_the_summary_made_on_that_day(shop, model) -> None:
    for place in (1, 4, 5):
        days = ask(shop, place, purchase_days)["day"]
        curve = alive_through_time(model, days, shop.analysis_date)
        name = shop.frame["customer_id"][place]
        picked = curve.iloc[:: max(1, len(curve) // 12)]
        for point in picked.itertuples():
            day = point.day.date()
            known = shop.shop.transactions
            known = known.filter(known.ordered_at.date() <= day, known.customer_id == name)
            row = customer_summary(known, day).execute().iloc[0]
            again = model.probability_alive(row["frequency"], row["recency"], row["T"])
            assert point.p_alive == pytest.approx(float(again), abs=1e-12)
        assert curve["day"].iloc[-1].date() == shop.analysis_date
        assert curve.loc[curve["bought"], "day"].tolist() == days.tolist()


def test_the_curve_ends_at_the_p_alive_of_the_list(shop: Analysis) -> None:
    model = shop.model.purchases.model
    for place in range(0, len(shop.frame), 7):
        days = ask(shop, place, purchase_days)["day"]
        curve = alive_through_time(model, days, shop.analysis_date)
        assert curve["p_alive"].iloc[-1] == pytest.approx(shop.frame["p_alive"][place], abs=1e-12)


def test_a_long_history_keeps_its_purchase_days_and_few_points() -> None:
    days = pd.Series(pd.to_datetime(["2001-01-01", "2004-02-03", "2019-07-07"]))
    curve = alive_through_time(MODEL, days, date(2024, 1, 1))
    assert len(curve) <= MOST_POINTS + 8
    assert curve.loc[curve["bought"], "day"].tolist() == days.tolist()
    assert curve["day"].is_monotonic_increasing


def test_who_bought_on_the_last_day_has_one_point() -> None:
    days = pd.Series(pd.to_datetime(["2024-01-01"]))
    curve = alive_through_time(MODEL, days, date(2024, 1, 1))
    assert curve["p_alive"].tolist() == [1.0]


def test_without_single_orders_the_curve_starts_at_the_last_one() -> None:
    row = pd.Series({"frequency": 3, "recency": 100, "T": 150})
    curve = alive_since_last(MODEL, row, date(2024, 6, 1))
    assert len(curve) == 51
    assert curve["day"].iloc[0] == pd.Timestamp("2024-04-12")
    for silent in (0, 20, 50):
        expected = MODEL.probability_alive(3, 100, 100 + silent)
        assert curve["p_alive"].iloc[silent] == pytest.approx(float(expected))


def test_expected_orders_ahead_end_with_those_of_the_list(shop: Analysis) -> None:
    ahead = expected_ahead(shop.valuation, 7, shop.analysis_date)
    assert len(ahead) == shop.settings.horizon_months + 1
    assert ahead["orders"].iloc[0] == 0
    assert ahead["orders"].iloc[-1] == pytest.approx(shop.frame["expected_orders"][7])
    assert ahead["orders"].is_monotonic_increasing
    assert (
        ahead["day"].iloc[1].date()
        == (pd.Timestamp(shop.analysis_date) + pd.DateOffset(months=1)).date()
    )
