import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import clv
from clv.analysis import evaluate, prepare
from clv.errors import InvalidSettings, NotEnoughData
from clv.intake.demo import TRUTH


@pytest.fixture(scope="module")
def shop() -> clv.Shop:
    raw = clv.demo("Synthetic shop")
    return clv.clean(raw, clv.suggest_mapping(raw))


@pytest.fixture(scope="module")
def result(shop) -> clv.Analysis:
    return clv.analyse(shop)


def small_shop(folder: Path, *lines: str) -> clv.Shop:
    path = folder / "orders.csv"
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    raw = clv.read(path)
    columns = {
        "customer_id": "customer",
        "order_id": "order",
        "ordered_at": "date",
        "amount": "amount",
    }
    mapping = clv.suggest_mapping(raw).with_roles(**columns)
    return clv.clean(raw, mapping)


def test_every_column_of_the_schema_is_there(result):
    expected = [
        "customer_id",
        "first_order",
        "last_order",
        "frequency",
        "recency",
        "T",
        "monetary",
        "orders",
        "revenue",
        "margin",
        "p_alive",
        "expected_orders",
        "expected_order_value",
        "historic_value",
        "predicted_clv",
        "predicted_clv_low",
        "predicted_clv_high",
        "total_value",
        "next_order_date",
        "p_order_30d",
        "tier",
        "rfm",
        "segment",
        "status",
    ]
    assert set(expected) <= set(result.customers().columns)
    assert {"channel", "country"} <= set(result.customers().columns)


def test_total_value_is_historic_plus_predicted(result):
    frame = result.customers()
    assert frame["total_value"].to_numpy() == pytest.approx(
        (frame["historic_value"] + frame["predicted_clv"]).to_numpy()
    )
    assert frame["historic_value"].sum() == pytest.approx(result.margin * frame["revenue"].sum())


def test_the_model_finds_the_truth_of_the_synthetic_shop(result):
    purchases = result.model.purchases
    assert purchases is not None
    weekly = purchases.model.in_unit(7)
    error = np.sqrt(np.diag(purchases.covariance))
    for name, spread in zip(("r", "alpha", "a", "b"), error, strict=True):
        distance = math.log(getattr(weekly, name) / getattr(TRUTH, name)) / spread
        assert abs(distance) < 3, name


def test_more_margin_scales_both_answers_exactly(shop):
    prepared = prepare(shop)
    low, high = (evaluate(prepared, clv.Settings(margin=m)) for m in (0.2, 0.6))
    assert high.formula.clv == pytest.approx(3 * low.formula.clv, rel=1e-12)
    assert high.totals.predicted_clv.value == pytest.approx(
        3 * low.totals.predicted_clv.value, rel=1e-12
    )


def test_the_margin_comes_from_the_cost_column_where_there_is_one(shop):
    measured = clv.analyse(shop)
    sold = shop.transactions.execute()
    expected = 1 - sold["cost"].sum() / float(sold["amount"].sum())
    assert measured.margin == pytest.approx(expected)
    assert measured.margin_source == "cost column"
    given = clv.analyse(shop, clv.Settings(margin=0.25))
    assert (given.margin, given.margin_source) == (0.25, "given")


def test_segments_add_up_to_the_base_whatever_they_are_cut_by(result):
    for by in ("segment", "tier", "status", "country"):
        table = result.segments(by)
        assert table["customers"].sum() == result.totals.customers
        assert table["predicted_clv"].sum() == pytest.approx(result.totals.predicted_clv.value)
        assert table["share_value"].sum() == pytest.approx(1.0)


def test_the_way_from_one_answer_to_the_other_is_told_in_steps(result):
    steps = result.decomposition
    assert steps["after"].iloc[0] == pytest.approx(result.formula.clv)
    mean = result.totals.predicted_clv.value / result.totals.customers
    assert steps["after"].iloc[-1] == pytest.approx(mean)
    assert steps["change"].sum() == pytest.approx(mean - result.formula.clv)


def test_the_analysis_date_is_the_last_order_and_never_before_it(shop):
    assert clv.analyse(shop).analysis_date == shop.last
    later = clv.analyse(shop, clv.Settings(analysis_date=date(2025, 6, 30)))
    assert (later.frame["T"] > clv.analyse(shop).frame["T"]).all()
    with pytest.raises(InvalidSettings):
        clv.analyse(shop, clv.Settings(analysis_date=date(2023, 6, 30)))


def test_one_customer_is_not_enough(tmp_path):
    shop = small_shop(tmp_path, "anna,1,2024-01-05,5.00", "anna,2,2024-02-25,5.00")
    with pytest.raises(NotEnoughData) as caught:
        clv.analyse(shop)
    assert "1 customer" in caught.value.message


def test_where_nobody_came_back_the_formula_still_stands(tmp_path):
    lines = [f"c{i},{i},2024-{1 + i % 6:02d}-15,{10 + i}.00" for i in range(40)]
    result = clv.analyse(
        small_shop(tmp_path, *lines), clv.Settings(churn_method="one_minus_repeat_rate")
    )
    assert result.formula.clv is not None
    assert result.segments()["customers"].sum() == 40


def test_where_nobody_came_back_the_last_rung_still_answers_and_says_what_it_is(tmp_path):
    lines = [f"c{i},{i},2024-{1 + i % 6:02d}-15,{10 + i}.00" for i in range(40)]
    result = clv.analyse(small_shop(tmp_path, *lines), clv.Settings(horizon_months=6))
    assert result.model.problem is None
    assert result.model.purchases.rung == "one_rate"
    assert result.model.spend.rung == "all_orders"
    total = result.totals.predicted_clv
    # Half a purchase in all the days of all the customers, at the mean order value.
    days = result.frame["T"].sum()
    horizon = (date(2024, 12, 15) - date(2024, 6, 15)).days
    orders = 0.5 / days * horizon * 40
    assert result.frame["expected_orders"].sum() == pytest.approx(orders, rel=1e-3)
    assert 0 == total.low < total.value < total.high
    assert "No customer ever came back" in result.cautions[0]
    assert result.scorecard is None
    assert "too few to test" in result.verdict


def test_the_reason_names_the_model_that_is_in_use(tmp_path):
    lines = [f"c{i},{i},2024-{1 + i % 9:02d}-{1 + i % 27:02d},{10 + i % 9}.00" for i in range(60)]
    lines += [f"c{i},x{i},2024-10-{1 + i:02d},9.00" for i in range(4)]
    result = clv.analyse(small_shop(tmp_path, *lines), clv.Settings(model="BG/NBD"))
    assert result.model.purchases.model.name == "NBD"
    assert result.model.reason.startswith("NBD is used in place of BG/NBD. Only 4 customers")


def test_by_the_rule_a_one_time_buyer_has_no_next_order(shop):
    frame = clv.analyse(shop, clv.Settings(model="Same rate as before")).customers()
    once = frame["frequency"] == 0
    assert frame.loc[once, "next_order_date"].isna().all()
    assert frame.loc[~once, "next_order_date"].notna().all()


def test_too_few_customers_make_the_figures_indicative_on_every_page(tmp_path):
    lines = [
        f"c{i % 50},{i},2024-{1 + i % 9:02d}-{1 + i % 27:02d},{10 + i % 9}.00" for i in range(300)
    ]
    result = clv.analyse(small_shop(tmp_path, *lines))
    assert any(
        "50 customers, fewer than 500: model figures are indicative only" in sentence
        for sentence in result.cautions
    )


def test_looking_far_beyond_the_history_gives_no_interval_and_says_so(tmp_path):
    lines = [
        f"c{i % 50},{i},2024-{1 + i % 2:02d}-{1 + i % 27:02d},{10 + i % 9}.00" for i in range(150)
    ]
    shop = small_shop(tmp_path, *lines)
    far, near = (clv.analyse(shop, clv.Settings(horizon_months=h)) for h in (12, 2))
    assert clv.report(far)["totals"]["predicted_clv_low"] is None
    assert any("no honest interval" in sentence for sentence in far.cautions)
    assert near.totals.predicted_clv.low < near.totals.predicted_clv.high


def test_kept_columns_named_like_ours_are_marked_and_not_overwritten(tmp_path):
    path = tmp_path / "orders.csv"
    rows = [f"c{i % 9},{i},2024-{1 + i % 12:02d}-09,{i % 7}.50,blue,7" for i in range(60)]
    path.write_text("customer,order,date,amount,Segment,days\n" + "\n".join(rows) + "\n")
    raw = clv.read(path)
    mapping = replace(clv.suggest_mapping(raw), attributes=("Segment", "days"))
    frame = clv.analyse(clv.clean(raw, mapping)).customers()
    assert set(frame["Segment (file)"]) == {"blue"}
    assert set(frame["days"]) == {"7"}
    assert "blue" not in set(frame["segment"])


def test_orders_of_a_single_day_give_no_model_and_say_why(tmp_path):
    lines = [f"c{i},{i},2024-03-15,{10 + i}.00" for i in range(40)]
    result = clv.analyse(small_shop(tmp_path, *lines))
    assert "time to come back" in result.model.problem.message
    assert result.formula.clv is None


def test_the_customers_returned_are_a_copy(result):
    mine = result.customers()
    mine["revenue"] = 0
    assert result.customers()["revenue"].sum() > 0


def cdnow_sample(real, tmp_path) -> clv.Analysis:
    raw = clv.read(real("cdnow/CDNOW_sample.txt"))
    rules = clv.Rules(until=date(1997, 9, 30))
    shop = clv.clean(raw, clv.suggest_mapping(raw), rules)
    return clv.analyse(shop, clv.Settings(analysis_date=date(1997, 9, 30), model="BG/NBD"))


def test_the_published_cdnow_figures_come_out_of_the_raw_file(real, tmp_path):
    model = clv.report(cdnow_sample(real, tmp_path))["model"]
    purchases, spend = model["purchases"], model["spend"]
    assert purchases["time_unit"] == "weeks"
    published = {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881}
    assert purchases["params"] == pytest.approx(published, rel=1e-5)
    assert purchases["log_likelihood"] == pytest.approx(-9582.429, abs=5e-4)
    assert spend["params"] == pytest.approx({"p": 6.25, "q": 3.744, "v": 15.44}, rel=1e-3)
    assert spend["log_likelihood"] == pytest.approx(-4055.9177, abs=1e-3)


def test_online_retail_has_the_customers_that_its_rules_imply(real):
    raw = clv.read(real("online_retail/online_retail.csv.gz"))
    result = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)))
    frame = pd.read_csv(real("online_retail/online_retail.csv.gz"), dtype=str)
    kept = frame[
        frame["CustomerID"].notna()
        & (frame["Quantity"].astype(float) > 0)
        & (frame["UnitPrice"].astype(float) > 0)
    ].drop_duplicates()
    per_customer = kept.groupby(kept["CustomerID"].str.removesuffix(".0"))
    ours = result.customers().set_index("customer_id")
    assert sorted(ours.index) == sorted(per_customer.groups)
    assert ours["orders"].to_dict() == per_customer["InvoiceNo"].nunique().to_dict()
    days = per_customer["InvoiceDate"].agg(lambda dates: dates.str[:10].nunique() - 1)
    assert ours["frequency"].to_dict() == days.to_dict()
