"""The test on the shop's own past, on simulated and real shops."""

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

import clv
from clv.errors import NotEnoughData
from clv.models import GammaGamma
from clv.validation.choice import choose
from clv.validation.contenders import Contender, rule_spread
from clv.validation.holdout import Holdout, holdout_days, take_holdout
from clv.validation.scorecard import scorecard, try_models

FIRST = date(2022, 1, 1)
DAYS = 900


def shop_lines(number=1500, *, leave=(0.8, 2.5), grows=False, seed=0) -> pd.DataFrame:
    """Orders of customers who behave as BG/NBD and Gamma-Gamma say; or who order ever more."""
    rng = np.random.default_rng(seed)
    rate, chance = rng.gamma(1.0, 1 / 40.0, number), rng.beta(*leave, number)
    scale = 90 / rng.gamma(4.0, 1, number)
    lines = []
    for i in range(number):
        at = float(rng.integers(0, DAYS // 2))
        while at < DAYS:
            lines.append((f"c{i}", int(at), rng.gamma(5.0) / 5 * scale[i]))
            pace = rate[i] * (1 + 4 * (at / DAYS) ** 2 if grows else 1)
            at += rng.exponential(1 / pace)
            if not grows and rng.random() < chance[i]:
                break
    return pd.DataFrame(lines, columns=["customer_id", "day", "amount"])


def table(lines: pd.DataFrame) -> ibis.expr.types.Table:
    frame = lines.assign(
        ordered_at=pd.Timestamp(FIRST) + pd.to_timedelta(lines["day"], unit="D"),
        order_id=[str(i) for i in range(len(lines))],
        is_refund=False,
    )
    return ibis.memtable(frame.drop(columns="day").assign(booked_at=frame["ordered_at"]))


@pytest.fixture(scope="module")
def holdout() -> Holdout:
    return take_holdout(table(shop_lines()), FIRST, FIRST + timedelta(days=DAYS - 1))


@pytest.fixture(scope="module")
def card(holdout):
    return scorecard(try_models(holdout), "Automatic", 0.8)


def test_the_last_third_is_held_out_at_most_a_year_and_at_least_a_month():
    assert [holdout_days(n) for n in (59, 60, 75, 300, 900, 2000)] == [None, 30, 30, 100, 300, 365]


def test_too_short_a_history_is_not_tested_and_says_so():
    lines = table(shop_lines(50))
    with pytest.raises(NotEnoughData, match="too few to hold out"):
        take_holdout(lines, FIRST, FIRST + timedelta(days=50))


def test_what_came_is_what_a_plain_loop_counts(holdout):
    lines = shop_lines()
    split = (holdout.split - FIRST).days
    known = lines[lines["day"] <= split].groupby("customer_id")["day"].min()
    later = lines[(lines["day"] > split) & lines["customer_id"].isin(known.index)]
    assert len(holdout.customers) == len(known)
    assert holdout.purchases.sum() == later.drop_duplicates(["customer_id", "day"]).shape[0]
    assert holdout.revenue.sum() == pytest.approx(later["amount"].sum())
    assert holdout.daily["first"].sum() == len(known)


def test_where_the_model_is_true_totals_ranking_and_ranges_hold(card):
    assert abs(card.score.purchases_error) < 0.06
    assert card.score.top_share > 0.3
    assert 0.78 <= card.covered <= 0.93
    grades = {part.what: part.grade for part in card.reliance}
    assert grades["Totals"] in ("good", "fair")
    assert grades["Ranking"] == "good"
    assert grades["Single customers"] == "fair"
    assert card.verdict.count(". ") == 0


def test_no_rule_and_no_model_has_a_better_total_than_the_chosen_beyond_chance(card):
    best = min(abs(s.purchases_error) for s in card.scores if np.isfinite(s.purchases_error))
    assert abs(card.score.purchases_error) <= best + 0.03
    assert [s.name for s in card.scores if not s.is_model] == [
        "Same rate as before",
        "Days since last order",
        "Past spend",
    ]


def test_the_scores_are_what_a_plain_computation_gives(holdout, card):
    trial = try_models(holdout)
    model = next(c for c in trial.models if c.name == card.used)
    assert card.score.mae == pytest.approx(np.abs(model.purchases - holdout.purchases).mean())
    assert card.score.value_error == pytest.approx(model.value.sum() / holdout.revenue.sum() - 1)
    order = np.argsort(-model.value)[: round(len(model.value) / 10)]
    assert card.score.top_share == pytest.approx(
        holdout.revenue[order].sum() / holdout.revenue.sum(), abs=0.005
    )


def test_a_shop_that_orders_ever_more_is_told_not_to_rely_on_totals():
    lines = table(shop_lines(800, grows=True))
    trial = try_models(take_holdout(lines, FIRST, FIRST + timedelta(days=DAYS - 1)))
    found = scorecard(trial, "Automatic", 0.8)
    assert found.score.purchases_error < -0.15
    assert found.verdict.startswith("Do not rely on totals")
    assert not found.inside


def test_the_tracking_ends_at_what_came_and_at_the_forecast(card):
    last = card.tracking.groupby("kind")["purchases"].last()
    known = last["Actual"] - card.purchases
    assert last["Model"] == pytest.approx(known + card.score.purchases)
    assert (card.tracking.groupby("kind")["purchases"].diff().dropna() >= -1e-9).all()


def test_the_tracking_before_the_split_follows_what_came(card):
    before = card.tracking[card.tracking["week_end"] <= card.tracking["split"].iloc[0]]
    ends = before.groupby("kind")["purchases"].last()
    assert ends["Model"] == pytest.approx(ends["Actual"], rel=0.05)


def contender(name: str, total: float, log_score: float, noise: float = 20.0) -> Contender:
    figures = np.array([total])
    return Contender(name, figures, figures, figures, None, log_score, noise)


def test_the_total_decides_first_then_the_single_customer():
    near, far = contender("BG/NBD", 1010, -0.9), contender("MBG/NBD", 1100, -0.5)
    assert choose([near, far], 1000).name == "BG/NBD"
    equal = contender("MBG/NBD", 985, -0.5)  # within chance of the best
    assert choose([near, equal], 1000).name == "MBG/NBD"


def test_the_rule_is_used_only_where_it_beats_every_model():
    rule = contender("Same rate as before", 1000, -9.0)
    assert choose([contender("BG/NBD", 1015, -0.9), rule], 1000).name == "BG/NBD"
    chosen = choose([contender("BG/NBD", 1200, -0.9), rule], 1000)
    assert chosen.name == "Same rate as before"
    assert "than any model" in chosen.reason


def test_the_reason_is_true_of_what_it_speaks_of():
    rule = contender("Same rate as before", 1000, -9.0)
    near = choose([contender("BG/NBD", 1030, -0.9, 40), contender("NBD", 1200, -1), rule], 1000)
    assert near.name == "BG/NBD"
    assert "no further from what came than chance" in near.reason
    closest = choose([contender("BG/NBD", 990, -0.9), contender("NBD", 1200, -1)], 1000)
    assert "closest to the total of the test (1.0" in closest.reason
    assert "too few)" in closest.reason
    alone = choose([contender("NBD", 200, -0.9), rule], 210)
    assert "too few customers had come back" in alone.reason


def test_the_spread_of_the_rule_covers_its_miss(holdout):
    x, T = (holdout.customers[c].to_numpy(float) for c in ("frequency", "T"))
    said = (x / np.maximum(T, 1) * holdout.days).sum()
    miss = abs(np.log(holdout.purchases.sum() / said))
    assert miss <= rule_spread(holdout) < miss + 0.05


def test_the_spend_model_of_the_test_sees_only_the_past(holdout):
    later = holdout.customers["later_revenue"]
    changed = Holdout(
        holdout.first,
        holdout.split,
        holdout.end,
        holdout.customers.assign(later_revenue=10 * later),
        holdout.daily,
    )
    one, two = try_models(holdout), try_models(changed)
    assert isinstance(one.spend.model, GammaGamma)
    assert one.spend.model == two.spend.model
    assert one.models[0].value.tolist() == two.models[0].value.tolist()


REAL = {
    "online_retail/online_retail.csv.gz": "BG/NBD",
    "cdnow/CDNOW_master.txt": "Pareto/NBD",
    "apparel/apparelTrans.csv": "Pareto/NBD",
    "superstore/Sample - Superstore.xls": "NBD",
    "classic_models/sales_data_sample.csv": "NBD",
}


@pytest.mark.parametrize("file", REAL)
def test_real_shops_get_a_finite_answer_a_rung_and_a_true_verdict(real, file):
    raw = clv.read(real(file))
    result = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)))
    card, total = result.scorecard, result.totals.predicted_clv
    assert card.used == result.model.purchases.model.name == REAL[file]
    assert 0 < total.low < total.value < total.high
    worst = max(abs(card.score.purchases_error), abs(card.score.value_error))
    words = card.reliance[0].short
    assert ("within" in words) == (worst <= 0.05)
    assert ("Do not rely" in words) == (worst > 0.15)
    # Never worse on the total than the naive rate, beyond what chance moves it by.
    naive = next(s for s in card.scores if s.name == "Same rate as before")
    assert abs(card.score.purchases_error) <= abs(naive.purchases_error) + 0.03
