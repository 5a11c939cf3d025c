"""Files with one row per customer, from the summary to the answers."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

import clv
from clv.__main__ import main
from clv.formula import measure_terms, measure_terms_of_rows, tutorial_score
from clv.insights.channels import channel_totals
from clv.insights.chosen_customers import whole_base
from clv.models import fit_gamma_gamma
from clv.models.gamma_gamma import GammaGamma
from clv.models.ladder import fit_spend
from clv.summary import customer_summary, rows_summary


def table(*rows):
    names = ["customer_id", "first_order", "last_order", "orders", "revenue"]
    frame = pd.DataFrame(rows, columns=names)
    for name in ("first_order", "last_order"):
        frame[name] = pd.to_datetime(frame[name])
    typed = ibis.memtable(frame)
    return typed.mutate(first_order=typed.first_order.date(), last_order=typed.last_order.date())


def summary(*rows, on=date(2023, 3, 1)):
    return rows_summary(table(*rows), on).execute().to_dict("records")


def test_frequency_is_repeat_orders_and_never_all_orders():
    (row,) = summary(("a", "2023-01-01", "2023-02-01", 4, 100.0))
    assert (row["frequency"], row["recency"], row["T"]) == (3, 31, 59)
    assert (row["orders"], row["revenue"], row["monetary"]) == (4, 100.0, 25.0)


def test_there_is_no_room_for_more_purchase_days_than_days():
    same_day, two_days = summary(
        ("a", "2023-01-01", "2023-01-01", 5, 100.0), ("b", "2023-01-01", "2023-01-02", 5, 100.0)
    )
    assert (same_day["frequency"], same_day["recency"], same_day["monetary"]) == (0, 0, 100.0)
    assert (two_days["frequency"], two_days["recency"], two_days["monetary"]) == (1, 1, 50.0)
    assert same_day["orders"] == 5


def test_mean_values_of_all_orders_are_fitted_with_the_number_of_all_orders():
    rng = np.random.default_rng(3)
    truth = GammaGamma(4.0, 6.0, 50.0)
    x = rng.poisson(1.0, 40_000)
    scale = rng.gamma(truth.q, 1 / truth.v, x.size)
    m = rng.gamma(truth.p * (x + 1), 1 / scale) / (x + 1)  # mean of x + 1 orders
    right = fit_spend(x, m, m * (x + 1), firsts_count=True).model
    assert (right.p, right.q, right.v) == pytest.approx((4.0, 6.0, 50.0), rel=0.06)
    wrong = fit_gamma_gamma(x[x > 0], m[x > 0]).model
    assert wrong.p > 1.3 * truth.p


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """One invented shop twice: its orders, and the same as one row per customer."""
    folder = tmp_path_factory.mktemp("twins")
    raw = clv.demo("Synthetic shop")
    shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules(refunds="ignore"))
    lines = shop.transactions
    rows = (
        lines.group_by("customer_id")
        .aggregate(
            first_order=lines.ordered_at.date().min(),
            last_order=lines.ordered_at.date().max(),
            orders=lines.order_id.nunique(),
            days=lines.ordered_at.date().nunique(),
            revenue=lines.amount.sum().cast("float64"),
        )
        .execute()
    )
    path = folder / "customers.csv"
    rows.drop(columns="days").rename(columns={"orders": "number of orders"}).to_csv(
        path, index=False, float_format="%.4f"
    )
    raw = clv.read(path)
    mapping = clv.suggest_shape(raw)
    assert isinstance(mapping, clv.CustomerMapping)
    return clv.analyse(shop), clv.analyse(clv.clean(raw, mapping)), rows


def test_the_same_shop_gives_the_same_customers_either_way(twins):
    orders, customers, rows = twins
    expected = customer_summary(orders.shop.transactions, orders.analysis_date).execute()
    in_order = rows.sort_values("customer_id")
    one_order_a_day = (in_order["orders"] == in_order["days"]).to_numpy()
    assert 0.9 < one_order_a_day.mean() < 1
    got = customers.frame[expected.columns]
    for name in ("customer_id", "first_order", "last_order", "recency", "T", "orders"):
        assert got[name].tolist() == expected[name].tolist(), name
    assert np.allclose(got["revenue"], expected["revenue"])
    assert (got["frequency"] >= expected["frequency"]).all()
    same = got["frequency"] == expected["frequency"]
    assert (same | ~one_order_a_day).all()


def test_predicted_clv_is_close_to_that_from_the_orders(twins):
    orders, customers, _ = twins
    model = clv.Settings(model="BG/NBD", margin=0.4)
    ours, theirs = (
        clv.analyse(each.shop, model).totals.predicted_clv for each in (customers, orders)
    )
    assert ours.value == pytest.approx(theirs.value, rel=0.03)


def test_the_value_of_an_order_rests_on_all_orders_whatever_the_horizon(twins):
    _, customers, _ = twins
    frame, spend = customers.frame, customers.model.spend.model
    assert frame["monetary"].tolist() == pytest.approx(
        (frame["revenue"] / (frame["frequency"] + 1)).tolist()
    )
    own = spend.expected_order_value(frame["frequency"] + 1, frame["monetary"])
    assert frame["expected_order_value"].tolist() == pytest.approx(own.tolist())
    expected = fit_gamma_gamma(frame["frequency"] + 1, frame["monetary"]).model
    assert (spend.p, spend.q) == pytest.approx((expected.p, expected.q), rel=0.01)
    far = clv.analyse(customers.shop, clv.Settings(horizon_months=48))
    assert far.valuation.outlook.x.tolist() == (frame["frequency"] + 1).tolist()


def test_without_a_model_tested_the_page_says_why(twins):
    _, customers, _ = twins
    assert customers.scorecard is None
    assert "one row per customer" in customers.verdict
    assert any("does not say on which days" in sentence for sentence in customers.cautions)
    assert customers.earlier_views() == ()
    unknown = [f for f in customers.prepared.findings if "single orders" in f.sentence]
    assert len(unknown) == 4


def test_up_to_a_year_the_terms_of_the_formula_are_those_of_the_orders(twins):
    orders, _, _ = twins
    lines = orders.shop.transactions
    start = date(2024, 3, 1)
    year = lines.filter(lines.ordered_at.date() >= start)
    frame = customer_summary(year, orders.analysis_date).execute()
    first = frame["first_order"].min().date()
    one = measure_terms(year, first, orders.analysis_date, inactive_months=3)
    other = measure_terms_of_rows(frame, first, orders.analysis_date, inactive_months=3)
    assert (orders.analysis_date - first).days < 365
    assert other.frequency == pytest.approx(one.frequency)
    assert other.aov == pytest.approx(one.aov, rel=1e-6)
    for method in ("one_minus_repeat_rate", "inactivity"):
        assert dict(other.churns)[method] == dict(one.churns)[method]
    assert dict(other.churns)["period_over_period"].rate is None


def test_the_formula_says_which_churn_stands_in_for_period_over_period(twins):
    _, customers, _ = twins
    assert customers.formula.churn_method == "inactivity"
    assert "needs single orders, so churn is measured by inactivity" in customers.formula.note
    assert customers.formula.clv is not None
    once = clv.analyse(customers.shop, clv.Settings(churn_method="one_minus_repeat_rate"))
    assert once.formula.churn_method == "one_minus_repeat_rate"
    assert once.formula.churn == pytest.approx((customers.frame["orders"] < 2).mean())


def people(silences, ages, orders):
    day = pd.Timestamp(2023, 1, 1)
    return pd.DataFrame(
        {
            "last_order": day - pd.to_timedelta(silences, unit="D"),
            "first_order": day - pd.to_timedelta(ages, unit="D"),
            "orders": orders,
        }
    )


def test_a_file_of_recent_customers_only_is_noticed():
    rng = np.random.default_rng(1)
    age = rng.integers(400, 2000, 1000)
    cut = people(rng.integers(0, 365, 1000), age, np.arange(1000) % 4 + 1)
    left, once = whole_base(cut, date(2023, 1, 1))
    assert left.concern
    assert not once.concern
    fading = people(np.minimum(rng.exponential(150, 1000).astype(int), age), age, 2)
    left, once = whole_base(fading, date(2023, 1, 1))
    assert not left.concern
    assert once.concern


def test_a_silence_as_long_as_the_file_is_no_cut():
    age = np.linspace(1, 700, 1000).astype(int)
    left, _ = whole_base(people((0.95 * age).astype(int), age, 1), date(2023, 1, 1))
    assert not left.concern


def test_the_score_is_spend_squared_and_neither_margin_nor_churn_change_it():
    spend, orders = pd.Series([10.0, 20.0, 40.0, -5.0]), pd.Series([1, 4, 2, 1])
    score = tutorial_score(spend, orders, churn=0.3, margin=0.2)
    assert score.tolist() == pytest.approx([1 + 99 / 16, 1 + 99 / 4, 100.0, 1.0])
    other = tutorial_score(spend, orders, churn=0.9, margin=0.6)
    assert other.tolist() == pytest.approx(score.tolist())
    equal = tutorial_score(pd.Series([5.0, 5.0]), pd.Series([1, 2]), churn=None, margin=0.2)
    assert equal.tolist() == [1.0, 1.0]


def test_each_channel_has_its_own_orders_and_a_customer_of_two_counts_in_both():
    frame = pd.DataFrame(
        {
            "orders, Web": [2.0, 0.0, 1.0],
            "revenue, Web": [20.0, 0.0, 5.0],
            "orders, Shop": [1.0, 3.0, 0.0],
            "revenue, Shop": [np.nan] * 3,
        }
    )
    web, shop = channel_totals(frame, ("Web", "Shop")).to_dict("records")
    assert web == {
        "name": "Web", "customers": 2, "only": 1, "orders": 3, "revenue": 25.0,
        "aov": pytest.approx(25 / 3),
    }  # fmt: skip
    assert (shop["customers"], shop["only"], shop["orders"]) == (2, 1, 4)
    assert np.isnan(shop["revenue"])


def test_the_main_channel_has_most_orders_and_of_equals_more_revenue(tmp_path):
    header = "id,first order,last order,orders web,orders shop,spent web,spent shop"
    rows = [f"k{i},2022-01-01,2023-01-20,1,2,90.5,6.5" for i in range(30)]
    rows += [f"e{i},2022-01-01,2023-01-20,2,2,90.5,6.5" for i in range(30)]
    path = tmp_path / "c.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    raw = clv.read(path)
    frame = clv.analyse(clv.clean(raw, clv.suggest_shape(raw))).frame
    main_channel = frame.groupby(frame["customer_id"].str[0])["main_channel"].unique()
    assert {key: list(value) for key, value in main_channel.items()} == {
        "k": ["Shop"], "e": ["Web"],
    }  # fmt: skip


CHANNELS = "id,first order,last order,orders web,orders shop,spent web,spent shop,likes,region"


@pytest.fixture
def two_channels(tmp_path) -> Path:
    lines = [
        f"k{i},2022-0{1 + i % 9}-01,2023-0{1 + i % 9}-20,{i % 3},{2 + i % 2 - i % 3 // 2},"
        f'{i % 3 * 10}.50,{20 + i % 9}.25,"[{["A", "A, B", ""][i % 3]}]",{"NS"[i % 2]}'
        for i in range(240)
    ]
    path = tmp_path / "c.csv"
    path.write_text("\n".join([CHANNELS, *lines]) + "\n")
    return path


def test_groups_by_channel_interest_and_attribute_add_up(two_channels):
    raw = clv.read(two_channels)
    found = clv.analyse(clv.clean(raw, clv.suggest_shape(raw)))
    whole = found.totals.predicted_clv.value
    for by in ("main_channel", "channels_used", "region"):
        parts = found.segments(by)
        assert parts["customers"].sum() == 240
        assert parts["predicted_clv"].sum() == pytest.approx(whole)
    interests = found.segments("interests").set_index("name")
    assert interests["customers"].to_dict() == {"A": 160, "B": 80, "None named": 80}
    for name, row in interests.iterrows():
        mask = found.members_of("interests", name)
        assert mask.sum() == row["customers"]
        assert row["predicted_clv"] == pytest.approx(found.frame["predicted_clv"][mask].sum())
        assert row["predicted_clv_low"] == pytest.approx(found.valuation.total(mask).low)
        assert row["share_value"] == pytest.approx(row["predicted_clv"] / whole)
    names = set(found.frame["channels_used"])
    assert names == {"Shop", "Web and Shop"}


def test_the_command_line_takes_both_shapes(two_channels, tmp_path, capsys):
    assert main(["mapping", str(two_channels), "-q"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["shape"] == "customers"
    mapping = tmp_path / "mapping.json"
    mapping.write_text(printed)
    out = tmp_path / "out"
    asked = ["analyse", str(two_channels), "--mapping", str(mapping), "--out", str(out)]
    assert main(asked) == 0
    assert "One row per customer" in capsys.readouterr().err
    report = json.loads((out / "report.json").read_text())
    assert report["shape"] == "customers"
    assert [each["name"] for each in report["channels"]] == ["Web", "Shop"]
    customers = pd.read_csv(out / "customers.csv")
    assert len(customers) == report["totals"]["customers"] == 240
    assert {"interests", "main_channel", "orders, Web", "region"} <= set(customers.columns)


def test_a_later_analysis_date_is_taken_and_an_earlier_one_refused(two_channels):
    raw = clv.read(two_channels)
    shop = clv.clean(raw, clv.suggest_shape(raw))
    later = clv.analyse(shop, clv.Settings(analysis_date=date(2023, 12, 31)))
    assert later.frame["T"].min() > 365
    with pytest.raises(clv.InvalidSettings):
        clv.analyse(shop, clv.Settings(analysis_date=date(2023, 1, 31)))
    assert replace(shop, name="x").key == shop.key


def test_an_attribute_called_like_a_column_of_ours_is_kept_apart(tmp_path):
    header = "id,first order,last order,orders web,orders shop,spent web,spent shop,interests,A,{}"
    lines = [
        f'k{i},2022-01-01,2023-01-20,1,2,5.5,6.5,"[x, y]",{"NS"[i % 2]},{"uvw"[i % 3]}'
        for i in range(60)
    ]
    path = tmp_path / "c.csv"
    path.write_text("\n".join([header.format('"orders, Web"'), *lines]) + "\n")
    raw = clv.read(path)
    mapping = replace(clv.suggest_shape(raw), attributes=("A", "orders, Web"))
    found = clv.analyse(clv.clean(raw, mapping))
    assert found.frame.columns.is_unique
    assert set(found.frame["orders, Web (file)"]) == {"u", "v", "w"}
    assert set(found.frame["orders, Web"]) == {1.0}
