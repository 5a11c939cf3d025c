"""The cards: their figures by loops over customers, and no advice without a figure."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import clv
from clv.insights.actions import AIMS, FileHas, action_card
from clv.insights.grouping import group_codes
from clv.insights.segment_figures import Habits, SegmentFigures, channels_of_rows, segment_figures
from clv.insights.segments import SEGMENTS
from clv.insights.timing import second_order_wait, usual_waits
from clv.insights.what_if import Campaign, Prospects, prospects, what_if
from tests.insights.campaign_shop import analysed, make_rows, write

EVERYTHING = FileHas(products=True, prices=True, channels=True, by_customer=False, level="Category")
WAITS = pd.Series({"grp": 0, "waits": 40, "customers": 9, "usual": 20.0, "long": 50.0})
CHANNEL = pd.Series({"grp": 0, "channel": "Web", "orders": 30, "known": 40, "share": 0.75})
PRICE = pd.Series({"grp": 0, "name": "Tea", "pieces": 80, "low": 2.5, "middle": 4.0, "high": 9.0})
PAIR = pd.Series(
    {"first": "Cup", "second": "Mat", "both": 25.0, "first_orders": 30.0, "second_orders": 40.0,
     "baskets": 120.0, "lift": 2.5}
)  # fmt: skip
FULL = SegmentFigures(
    segment="Champions", usual="Champions", customers=12, once=0, second=(30, 36.0), waits=WAITS,
    channel=CHANNEL, price=PRICE, pair=PAIR, due_soon=2, due_later=5, past_usual=4, past_long=1,
    passing=3, past_second=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return analysed(write(make_rows(), tmp_path_factory.mktemp("shop") / "orders.csv"))


def test_a_segment_under_an_own_name_gets_the_aim_of_the_usual_one(found) -> None:
    rules = clv.settings.RFMRules(names=(("55", "Stars"), ("54", "Stars"), ("45", "Stars")))
    own = clv.analysis.evaluate(
        clv.analysis.prepare(found.shop, clv.Settings(rfm=rules)), clv.Settings(rfm=rules)
    )
    everyone = np.ones(len(own.frame), dtype=bool)
    table = own.segments("segment", everyone)
    figures = segment_figures(own.frame, table, Habits(), everyone, own.analysis_date, None)
    assert sum(each.customers for each in figures) == len(own.frame)
    named = {each.segment: each.usual for each in figures}
    assert named["Stars"] in {"Champions", "Loyal"}
    assert all(usual in AIMS for usual in named.values())


def words(card) -> str:
    return " ".join(part.sentence + " " + part.why for part in card.advice)


def test_every_segment_has_an_aim() -> None:
    assert set(AIMS) == set(SEGMENTS)


def test_the_figures_of_every_segment_are_counted_customer_by_customer(found) -> None:
    groups = group_codes(found.frame["segment"], SEGMENTS)
    habits = Habits(
        waits=found.lines.ask(usual_waits, None, (), groups),
        second=found.lines.ask(second_order_wait),
    )
    members = np.arange(len(found.frame)) % 5 != 0
    days = found.valuation.next_order_days
    table = found.segments("segment", members)
    figures = segment_figures(found.frame, table, habits, members, found.analysis_date, days)
    assert [each.segment for each in figures] == table["name"].tolist()
    assert sum(each.customers for each in figures) == members.sum()
    for each in figures:
        waits = habits.waits[habits.waits["grp"] == SEGMENTS.index(each.segment)]
        due = {7: 0, 30: 0}
        once = usual = long = passing = second = 0
        for place, row in enumerate(found.frame.itertuples()):
            if not members[place] or row.segment != each.segment:
                continue
            silent = (pd.Timestamp(found.analysis_date) - row.last_order).days
            once += row.frequency == 0
            second += silent > habits.second[1]
            for within in due:
                due[within] += row.p_alive >= 0.5 and np.ceil(days[place]) <= within
            if len(waits):
                usual += silent > waits["usual"].iloc[0]
                long += silent > waits["long"].iloc[0]
                passing += 0 <= waits["long"].iloc[0] - silent < 30
        assert (each.due_soon, each.due_later) == (due[7], due[30])
        assert each.once == once
        assert each.past_second == second
        if len(waits):
            assert (each.past_usual, each.past_long, each.passing) == (usual, long, passing)
        else:
            assert each.past_usual is None


def test_a_card_names_the_figures_behind_each_advice() -> None:
    said = words(action_card(FULL, EVERYTHING, None))
    for part in (
        "from Tea at 2.50 to 9.00 a piece",
        "80 lines in Category Tea",
        "Bundle: Cup and Mat",
        "25 orders of these customers hold both, 2.5 times",
        "2 are due within 7 days, 5 within 30 days",
        "usual wait is 20 days: 4 of 12 are past it, 1 past 50 days",
        "40 waits between two purchase days",
        "Reach them through Web",
        "75\xa0% of their 40 orders",
    ):
        assert part in said


def test_who_is_silent_is_won_back_before_the_wait_is_a_farewell() -> None:
    said = words(action_card(replace(FULL, segment="At risk", usual="At risk"), EVERYTHING, None))
    assert "1 of 12 have been silent for longer than 50 days" in said
    assert "3 more reach that limit within 30 days" in said
    assert "are due within" not in said


def test_newcomers_are_told_by_the_second_orders_of_the_shop() -> None:
    new = replace(FULL, segment="New", usual="New", waits=None, once=12)
    said = words(action_card(new, EVERYTHING, None))
    assert "within 36 days of the first order" in said
    assert "30 customers came back" in said
    lost = words(action_card(replace(new, segment="Lost", usual="Lost"), EVERYTHING, None))
    assert "6 of 12 have been silent for longer" in lost
    assert "are due within" not in lost
    nobody = replace(new, second=(3, 36.0), due_soon=None, due_later=None)
    card = action_card(nobody, EVERYTHING, None)
    assert "Timing" not in [part.kind for part in card.advice]
    assert any(sentence.startswith("No timing") for sentence in card.missing)


@pytest.mark.parametrize(
    ("change", "kind", "missing"),
    [
        ({"pair": None}, "Bundle", "No bundle"),
        ({"channel": None}, "Reach", "No channel"),
        ({"price": None}, "Recommend", "No usual price"),
        ({"channel": CHANNEL.replace(40, 9)}, "Reach", "No channel"),
        ({"price": PRICE.replace(80, 9)}, "Recommend", "No usual price"),
        ({"waits": WAITS.replace(40, 9)}, "The usual wait", ""),
    ],
)
def test_no_advice_without_a_figure(change: dict, kind: str, missing: str) -> None:
    card = action_card(replace(FULL, **change), EVERYTHING, None)
    assert not any(kind in part.sentence for part in card.advice)
    assert not missing or any(sentence.startswith(missing) for sentence in card.missing)


@pytest.mark.parametrize(
    ("overdue", "said"),
    [(3, "3 of 12 have been silent for longer than 50 days, longer than four in five of their "
      "waits: write to them now."),
     (0, "0 of 12 have been silent for longer than 50 days, longer than four in five of their "
      "waits: nobody is overdue yet.")],
)  # fmt: skip
def test_nobody_is_called_overdue_where_no_one_is(overdue: int, said: str) -> None:
    lost = replace(FULL, segment="At risk", usual="At risk", past_long=overdue)
    assert said in words(action_card(lost, EVERYTHING, None))


def test_no_timing_begins_in_the_middle_of_a_sentence() -> None:
    has = FileHas(products=False, prices=False, channels=True, by_customer=True)
    nobody = replace(FULL, waits=None, due_soon=None, due_later=None)
    card = action_card(nobody, has, None)
    assert "No timing: waits between orders need single orders." in card.missing


def test_one_row_per_customer_says_less_and_why() -> None:
    has = FileHas(products=False, prices=False, channels=True, by_customer=True)
    bare = replace(FULL, waits=None, price=None, pair=None)
    card = action_card(bare, has, None)
    assert {part.kind for part in card.advice} == {"Timing", "Channel"}
    assert "Waits between orders need single orders" in words(card)
    assert any("one row per customer" in sentence for sentence in card.missing)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"response": 0.5}, "pays here, if the response is as assumed"),
        ({"response": 0.0}, "it does not pay here"),
        ({"response": 0.13}, "cannot be told"),
        ({"discount": 0.4}, "no response can pay for it"),
    ],
)
def test_a_discount_is_advised_only_where_the_range_says_so(changes: dict, said: str) -> None:
    value = np.full(500, 50.0)
    who = Prospects(np.full(500, 0.3), value, 1.5 * value**2)
    usual = {"contact_cost": 0.5, "discount": 0.1, "response": 0.1, "margin": 0.4}
    plan = what_if(who, Campaign(**{**usual, **changes}))
    (advice,) = [
        part for part in action_card(FULL, EVERYTHING, plan).advice if part.kind == "Discount"
    ]
    assert said in advice.sentence
    assert "anyway" in advice.why


def test_prospects_are_those_of_the_models(found) -> None:
    outlook = found.valuation.outlook
    who = prospects(outlook, 30)
    assert who.anyway == pytest.approx(found.frame["p_order_30d"].to_numpy())
    assert who.order_value == pytest.approx(found.frame["expected_order_value"].to_numpy())
    assert (prospects(outlook, 60).anyway >= who.anyway).all()
    # An order is gamma around the mean of its customer, which is inverse gamma.
    rng = np.random.default_rng(3)
    place = int(np.argmax(outlook.x))
    shape = outlook.spend.p * outlook.x[place] + outlook.spend.q
    scale = outlook.spend.v + outlook.x[place] * outlook.monetary[place]
    rate = rng.gamma(shape, 1 / scale, 400_000)
    orders = rng.gamma(outlook.spend.p, 1 / rate)
    assert orders.mean() == pytest.approx(who.order_value[place], rel=0.01)
    assert (orders**2).mean() == pytest.approx(who.order_square[place], rel=0.03)


def test_the_channel_of_rows_is_the_one_with_most_orders(tmp_path) -> None:
    path = tmp_path / "flo.csv"
    rows = [
        f"c{i},2024-01-0{1 + i % 9},2024-05-1{i % 9},{i % 4},{1 + i % 3},{10 * i + 5},{7 * i + 1}"
        for i in range(40)
    ]
    path.write_text(
        "customer,first order date,last order date,order_num_total_ever_offline,"
        "order_num_total_ever_online,customer_value_total_ever_offline,"
        "customer_value_total_ever_online\n" + "\n".join(rows) + "\n"
    )
    raw = clv.read(path)
    found = clv.analyse(clv.clean(raw, clv.suggest_customers(raw)))
    members = np.arange(len(found.frame)) % 3 != 0
    table = channels_of_rows(found.frame, found.shop.channels, members)
    assert len(table)
    for row in table.itertuples():
        sums = dict.fromkeys(found.shop.channels, 0)
        for place, customer in enumerate(found.frame.to_dict("records")):
            if members[place] and customer["segment"] == SEGMENTS[row.grp]:
                for channel in sums:
                    sums[channel] += customer[f"orders, {channel}"]
        assert row.orders == sums[row.channel] == max(sums.values())
        assert row.share == pytest.approx(row.orders / sum(sums.values()))
    assert found.analysis_date >= date(2024, 5, 1)
