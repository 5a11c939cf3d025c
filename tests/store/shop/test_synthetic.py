"""The invented shop: what it was drawn from comes out again, and the books balance."""

import json
from dataclasses import astuple, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

import clv
from clv.errors import InvalidSettings, RowInUse
from clv.insights.bought_with import bought_with
from clv.models.ladder import fit_purchases, fit_spend
from clv.store.shop import behaviour as hidden
from clv.store.shop import source
from clv.store.shop.baskets import draw_baskets
from clv.store.shop.behaviour import draw_behaviour
from clv.store.shop.database import create_shop, reading
from clv.store.shop.plan import FLASH_DAYS, Plan
from clv.store.shop.synthetic import Truth, fill

SEEDS = 60
EIGHTY = 1.2815515655446004  # standard errors on either side that hold 80 %


def on_paper(plan: Plan) -> pd.DataFrame:
    """Frequency, recency, T and monetary of each customer, counted in the plainest way."""
    drawn = draw_behaviour(plan, np.random.default_rng(plan.seed))
    orders = pd.DataFrame({"who": drawn.who, "day": drawn.day, "money": drawn.cents / 100})
    days = orders.groupby(["who", "day"], as_index=False)["money"].sum()
    first = days.groupby("who")["day"].transform("min")
    found = days.groupby("who")["day"].agg(["count", "min", "max"])
    repeat = days[days["day"] > first].groupby("who")["money"].mean()
    return pd.DataFrame(
        {
            "frequency": found["count"] - 1,
            "recency": found["max"] - found["min"],
            "T": days["day"].max() - found["min"],
            "monetary": repeat.reindex(found.index),
            "revenue": days.groupby("who")["money"].sum(),
        }
    )


def errors_of(customers: pd.DataFrame, plan: Plan) -> np.ndarray:
    """How many standard errors, as the fits state them, each parameter is off."""
    x, t_x, T = (customers[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    purchases = fit_purchases("BG/NBD", x, t_x, T)
    spend = fit_spend(x, customers["monetary"].to_numpy(float), customers["revenue"])
    found = []
    for fit, true in ((purchases, (*plan.purchase, *plan.departure)), (spend, plan.spend)):
        off = np.log(astuple(fit.model)) - np.log(true)
        found.append(off / np.sqrt(np.diag(fit.covariance)))
    return np.concatenate(found)


def test_the_known_parameters_are_recovered_as_often_as_the_models_claim() -> None:
    """Over many shops, each 80 % interval holds its parameter in 80 of 100."""
    off = np.array([errors_of(on_paper(plan), plan) for plan in map(seeded, range(SEEDS))])
    inside = np.abs(off) < EIGHTY
    low, high = binom.ppf([0.001, 0.999], SEEDS, 0.8)
    assert ((low <= inside.sum(axis=0)) & (inside.sum(axis=0) <= high)).all(), inside.mean(axis=0)
    assert np.abs(off).max() < 5
    # Parameters of one shop hang together, so not more is known than of four or so.
    assert 0.70 <= inside.mean() <= 0.90


def seeded(seed: int) -> Plan:
    return Plan(customers=2000, seed=100 + seed)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("shop")
    shop = create_shop(f"sqlite:///{folder}/shop.db")
    truth = fill(shop, Plan(customers=3000, products=1000, seed=5))
    raw = source.orders(shop)
    result = clv.analyse(source.recipe(raw).clean(raw), clv.Settings(model="BG/NBD", margin=0.4))
    yield shop, truth, result
    shop.dispose()


Filled = tuple[sa.Engine, Truth, clv.Analysis]


def test_the_analysis_of_the_database_recovers_them_too(filled: Filled) -> None:
    _, truth, result = filled
    expected = on_paper(truth.plan)
    frame = result.frame
    for name in ("frequency", "recency", "T", "monetary", "revenue"):
        np.testing.assert_allclose(frame[name].to_numpy(float), expected[name].to_numpy(float))
    fit, spend = result.model.purchases, result.model.spend
    assert fit is not None
    assert spend is not None
    for found, true in (
        (fit, (*truth.plan.purchase, *truth.plan.departure)),
        (spend, truth.plan.spend),
    ):
        off = np.log(astuple(found.model)) - np.log(true)
        assert (np.abs(off) < 3.3 * np.sqrt(np.diag(found.covariance))).all()


def test_the_chance_of_being_active_is_that_of_the_hidden_truth(filled: Filled) -> None:
    _, truth, result = filled
    p, active = result.frame["p_alive"].to_numpy(), truth.customers[hidden.ACTIVE].to_numpy()
    for low, high in ((0, 0.3), (0.3, 0.6), (0.6, 0.8), (0.8, 1.01)):
        group = (low <= p) & (p < high)
        error = np.sqrt((p[group] * (1 - p[group])).sum()) / group.sum()
        assert abs(p[group].mean() - active[group].mean()) < 4 * error


def test_products_that_go_together_come_out_first(filled: Filled) -> None:
    _, truth, result = filled
    lines = result.lines
    everyone = np.ones(len(result.frame), dtype=bool)
    level = lines.level_column(lines.levels[-1])
    for one, other in truth.pairs:
        table = lines.ask(bought_with, everyone, (), level, one, level, "order", (one,))
        assert table.iloc[0]["name"] == other, table.head()


def test_channels_differ_in_order_value_and_countries_in_orders(filled: Filled) -> None:
    shop, _, result = filled
    with reading(shop) as connection:
        value = dict(
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT channel, sum(amount) / count(DISTINCT order_id) FROM orders GROUP BY 1"
            )
        )
    assert value["Web"] > 1.25 * value["Shop"] > value["Marketplace"]
    orders = result.frame.groupby("country")["orders"].mean()
    assert orders.idxmax() == "Germany"
    assert orders["Germany"] > 1.2 * orders["Spain"]


def test_each_type_of_customer_buys_most_from_its_category(filled: Filled) -> None:
    shop, truth, _ = filled
    text = (
        "SELECT customer_type, category, count(*) FROM orders WHERE quantity > 0 "
        "GROUP BY 1, 2 ORDER BY 3"
    )
    with reading(shop) as connection:
        most = {kind: category for kind, category, _ in connection.exec_driver_sql(text)}
    assert most == truth.preferred


def test_the_flash_sale_is_the_busiest_day_of_its_month_and_its_prices_are_cut(
    filled: Filled,
) -> None:
    shop, truth, _ = filled
    assert truth.flash_day is not None
    text = "SELECT day, count(DISTINCT order_id) n FROM sales GROUP BY 1"
    with reading(shop) as connection:
        orders = {date.fromisoformat(d): n for d, n in connection.exec_driver_sql(text)}
        (percent,) = connection.exec_driver_sql(
            "SELECT discount_percent FROM dates WHERE day = ?", (str(truth.flash_day),)
        ).one()
        (off,) = connection.exec_driver_sql(
            "SELECT sum(discount) / sum(quantity * unit_price) FROM sales WHERE day = ?",
            (str(truth.flash_day),),
        ).one()
    near = [truth.flash_day + timedelta(days=n) for n in range(-FLASH_DAYS, FLASH_DAYS + 1)]
    assert max(near, key=lambda day: orders.get(day, 0)) == truth.flash_day
    assert percent == 20
    assert off > 0.15


def test_the_books_balance(filled: Filled) -> None:
    """Every line is price times pieces less the discount; net of refunds an order is its value."""
    shop, truth, result = filled
    with reading(shop) as connection:
        (wrong,) = connection.exec_driver_sql(
            "SELECT count(*) FROM sales WHERE abs(abs(quantity) * unit_price - discount - "
            "abs(amount)) > 0.001"
        ).one()
        (refunds,) = connection.exec_driver_sql(
            "SELECT count(*) FROM transactions WHERE refund_of IS NOT NULL"
        ).one()
        total = connection.exec_driver_sql("SELECT sum(amount) FROM sales").scalar_one()
    drawn = draw_behaviour(truth.plan, np.random.default_rng(truth.plan.seed))
    assert wrong == 0
    assert 0.015 < refunds / len(drawn.cents) < 0.045
    assert total == pytest.approx(drawn.cents.sum() / 100)
    assert result.totals.revenue == pytest.approx(drawn.cents.sum() / 100)


@settings(max_examples=25)
@given(
    customers=st.integers(1, 60),
    products=st.integers(10, 90),
    months=st.integers(1, 30),
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([0.01, 1.0, 30.0, 5000.0]),
)
def test_the_lines_of_any_order_add_up_to_its_value(
    customers: int, products: int, months: int, seed: int, scale: float
) -> None:
    plan = Plan(customers=customers, products=products, months=months, spend=(6.0, 4.0, scale))
    rng = np.random.default_rng(seed)
    drawn = draw_behaviour(plan, rng)
    baskets = draw_baskets(plan, drawn, rng)
    lines = baskets.lines
    assert (lines.groupby("order")["amount"].sum().to_numpy() == drawn.cents).all()
    assert (lines["quantity"] * lines["unit_price"] - lines["discount"] == lines["amount"]).all()
    assert (lines[["quantity", "amount"]] >= 1).all(axis=None)
    assert (lines["discount"] >= 0).all()
    assert drawn.day.min() >= 0
    assert drawn.day.max() < plan.days
    assert set(drawn.who) == set(range(customers))
    assert len(set(zip(drawn.who, drawn.day, strict=True))) == len(drawn.day)


def test_the_same_plan_gives_the_same_shop_and_another_seed_another(tmp_path: Path) -> None:
    small = Plan(customers=50, products=30, months=12)
    states = []
    for name, plan in (("a", small), ("b", small), ("c", replace(small, seed=2))):
        shop = create_shop(f"sqlite:///{tmp_path}/{name}.db")
        fill(shop, plan)
        states.append(source.orders(shop).content_hash)
        shop.dispose()
    assert states[0] == states[1] != states[2]


def test_seasonal_orders_crowd_at_the_end_of_the_year() -> None:
    plan = Plan(customers=3000, months=24, seasonality=0.8, flash_sale=False)
    drawn = draw_behaviour(plan, np.random.default_rng(1))
    month = pd.to_datetime(plan.first_day) + pd.to_timedelta(drawn.day, unit="D")
    counts = pd.Series(month.month).value_counts()
    assert counts[12] > 2 * counts[6]


def test_the_truth_lies_beside_the_data(shop: sa.Engine) -> None:
    truth = fill(shop, Plan(customers=40, products=20, months=12))
    folder = Path(str(shop.url.database)).parent
    told = json.loads((folder / "shop-truth.json").read_text())
    assert told["plan"]["purchase"] == [0.8, 40.0]
    assert [tuple(pair) for pair in told["pairs"]] == list(truth.pairs)
    customers = pd.read_parquet(folder / "shop-truth.parquet")
    pd.testing.assert_frame_equal(customers, truth.customers)


def test_an_invented_shop_is_not_mixed_with_other_rows(shop: sa.Engine) -> None:
    small = Plan(customers=20, products=20, months=6)
    fill(shop, small)
    with pytest.raises(RowInUse, match="has rows already"):
        fill(shop, small)


@pytest.mark.parametrize(
    "wrong",
    [
        {"customers": 0},
        {"products": 3},
        {"months": 0},
        {"purchase": (0.8,)},
        {"purchase": (3.0, 1.0)},
        {"departure": (0.0, 1.0)},
        {"spend": (6.0, 4.0, float("nan"))},
        {"refund_share": 1.5},
        {"seasonality": 1.0},
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidSettings) as refused:
        Plan(**wrong)  # type: ignore[arg-type]
    assert refused.value.hint
