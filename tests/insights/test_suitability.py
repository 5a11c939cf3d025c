"""Does the shop suit the models? Shops drawn from known truths, and real ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from math import isnan

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest

import clv
from clv.insights.seasons import (
    LATER,
    Months,
    complete_months,
    known_of_old,
    repeat_purchases,
    season,
)
from clv.insights.suitability import (
    Finding,
    purchases_per_frequency,
    sufficiency,
    suitability,
)
from clv.models import BGNBD, MBGNBD
from clv.summary import customer_summary

FIRST = date(2022, 1, 3)
NAMES = ["Random times", "Fixed rhythm", "Season", "Large accounts", "Start", "Spend and pace"]


@dataclass
class Truth:
    """A shop that keeps to BG/NBD and Gamma-Gamma, unless told otherwise (weeks, days).

    starts: day of the first order; gap: days to the next order, from the pace per day; months:
    how lively each calendar month is; spend: by how much spend rises with pace, as a power.
    """

    customers: int = 1000
    days: int = 730
    pace: tuple[float, float] = (0.8, 6.0)
    starts: Callable[[np.random.Generator], float] | None = None
    gap: Callable[[np.random.Generator, float], float] | None = None
    months: tuple[float, ...] = (1.0,) * 12
    spend: float = 0.0

    def orders(self, rng: np.random.Generator) -> list[tuple[str, int, float]]:
        """Customer, day and amount of every order."""
        lively = np.array([self.months[(FIRST + timedelta(d)).month - 1] for d in range(self.days)])
        return [
            (f"c{number}", day, amount)
            for number in range(self.customers)
            for day, amount in self._customer(rng, lively)
        ]

    def _customer(self, rng, lively):
        pace = rng.gamma(self.pace[0], 1 / self.pace[1]) / 7
        leaves, scale = rng.beta(0.7, 3.0), rng.gamma(4.0, 1 / 30.0) * (7 * pace) ** -self.spend
        day = self.starts(rng) if self.starts else rng.uniform(0, self.days)
        orders = 0
        while day < self.days:
            # Thinning: orders of a dull month are drawn too, and then left out.
            if orders == 0 or rng.random() * max(self.months) < lively[max(int(day), 0)]:
                if day >= 0:
                    yield int(day), rng.gamma(6.0, 1 / scale)
                orders += 1
                if orders > 1 and rng.random() < leaves:
                    break
            day += self.gap(rng, pace) if self.gap else rng.exponential(1 / pace / max(self.months))


def table(orders: list[tuple[str, int, float]]) -> ir.Table:
    frame = pd.DataFrame(orders, columns=["customer_id", "day", "amount"])
    return ibis.memtable(
        pd.DataFrame(
            {
                "customer_id": frame["customer_id"],
                "order_id": np.arange(len(frame)).astype(str),
                "ordered_at": pd.Timestamp(FIRST) + pd.to_timedelta(frame["day"], unit="D"),
                "amount": frame["amount"],
                "is_refund": frame["amount"] < 0,
            }
        )
    )


def examine(orders: list[tuple[str, int, float]], days: int) -> dict[str, Finding]:
    return examine_table(table(orders), FIRST, FIRST + timedelta(days - 1))


def examine_shop(shop: clv.Shop, last: date) -> dict[str, Finding]:
    return examine_table(shop.transactions, shop.first, last)


def examine_table(transactions: ir.Table, first: date, last: date) -> dict[str, Finding]:
    customers = customer_summary(transactions, last).execute()
    return {f.name: f for f in suitability(transactions, customers, first, last)}


def look(seed: int = 1, **truth) -> dict[str, Finding]:
    shop = Truth(**truth)
    return examine(shop.orders(np.random.default_rng(seed)), shop.days)


def concerns(found: dict[str, Finding]) -> list[str]:
    return [name for name, finding in found.items() if finding.concern]


def before_the_file(rng: np.random.Generator) -> float:
    return rng.uniform(-1500, 730)


def monthly(rng: np.random.Generator, pace: float) -> float:
    return 30 + rng.normal(0, 1.5)


HOLIDAYS = (1.0,) * 10 + (1.6, 2.2)


@pytest.mark.parametrize(
    "truth",
    [
        {},
        {"days": 400, "customers": 600},
        {"customers": 200},
        {"starts": lambda rng: 730 * np.sqrt(rng.random())},
        {"starts": lambda rng: rng.uniform(0, 80)},
        {"pace": (0.8, 30.0), "days": 1400},
        {"pace": (0.8, 1.5), "customers": 300},
    ],
    ids=["plain", "short", "small", "growing", "one group", "slow", "fast"],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_shop_that_keeps_to_the_models_raises_no_concern(truth, seed):
    assert concerns(look(seed, **truth)) == []


def test_all_checks_answer_in_one_sentence_with_their_number():
    found = look(customers=600)
    assert list(found) == NAMES
    for finding in found.values():
        assert finding.sentence.endswith(".")
        assert ". " not in finding.sentence.replace("1 %. ", "")
        assert any(figure.isdigit() for figure in finding.sentence)
        assert finding.question.endswith("?")


def test_what_cannot_be_measured_is_said_and_is_no_concern():
    found = examine([("anna", 0, 5.0), ("anna", 9, 5.0), ("ben", 3, 2.0)], 20)
    assert all(isnan(finding.value) for finding in found.values())
    assert concerns(found) == []
    assert all(len(finding.sentence) > 30 for finding in found.values())


# Random times, fixed rhythm


def test_subscriptions_are_told_from_purchases_at_random():
    found = look(customers=400, gap=monthly)
    assert concerns(found)[:2] == ["Random times", "Fixed rhythm"]
    assert found["Random times"].value == pytest.approx(0.05, abs=0.02)
    assert found["Fixed rhythm"].value > 0.8
    assert "month" in found["Fixed rhythm"].sentence


def test_some_subscribers_among_many_others_are_found_by_their_rhythm():
    some = Truth(customers=250, gap=monthly).orders(np.random.default_rng(1))
    others = Truth(customers=700).orders(np.random.default_rng(2))
    mixed = examine([(f"s{c}", *rest) for c, *rest in some] + others, 730)
    assert "Fixed rhythm" in concerns(mixed)


@pytest.mark.parametrize("chance", [0.01, 0.1, 0.5])
def test_random_gaps_count_as_one_with_two_gaps_each_and_in_whole_days(chance):
    rng = np.random.default_rng(5)
    days = np.cumsum(rng.geometric(chance, size=(8000, 3)), axis=1)
    orders = [(f"c{i}", int(day), 1.0) for i, row in enumerate(days) for day in row]
    found = examine(orders, int(days.max()) + 1)
    assert found["Random times"].value == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("shape", "variation"), [(1, 1.0), (2, 0.707), (4, 0.5), (16, 0.25)])
def test_the_variation_of_gamma_gaps_is_found_whatever_the_pace(shape, variation):
    rng = np.random.default_rng(6)
    gaps = rng.gamma(shape, 1 / shape, size=(3000, 3)) * rng.gamma(3, 30, size=(3000, 1)) + 30
    days = np.cumsum(np.rint(gaps - 30 + 0.5) + 1, axis=1).astype(int)
    orders = [(f"c{i}", int(day), 1.0) for i, row in enumerate(days) for day in row]
    found = examine(orders, int(days.max()) + 1)
    assert found["Random times"].value == pytest.approx(variation, abs=0.04)


def test_two_orders_on_a_day_are_no_gap_and_refunds_no_purchase():
    orders = [(f"c{i}", day, 5.0) for i in range(40) for day in (0, 30, 60, 90)]
    extra = [(f"c{i}", day, amount) for i in range(40) for day, amount in ((30, 7.0), (41, -5.0))]
    assert examine(orders + extra, 120)["Random times"].value == 0
    assert examine(orders + extra, 120)["Fixed rhythm"].value == 1


def test_two_gaps_are_no_rhythm_yet():
    found = examine([(f"c{i}", day, 5.0) for i in range(40) for day in (0, 30, 60)], 90)
    assert isnan(found["Fixed rhythm"].value)
    assert found["Random times"].concern


# Season


def test_only_complete_months_count_and_months_differ_in_length():
    orders = table([("a", day, 1.0) for day in (0, 5, 40, 41, 70)] + [("b", 30, 1.0)])
    visits = orders.select("customer_id", day=orders.ordered_at.date())
    repeats = repeat_purchases(visits).execute()
    assert repeats["purchases"].sum() == 4
    first_orders = pd.Series(pd.to_datetime([FIRST, FIRST + timedelta(30)]))  # January, February
    months = complete_months(repeats, first_orders, FIRST, date(2022, 4, 10))
    january = 2022 * 12
    found = set(zip(months.cohort - january, months.month - january, months.purchases, strict=True))
    assert found == {(0, 1, 2), (0, 2, 1), (1, 2, 0)}
    assert sorted(months.exposure) == [28, 31, 31]
    later = complete_months(repeats, first_orders, date(2022, 2, 2), date(2022, 4, 10))
    assert set(later.month - january) == {2}


@pytest.mark.parametrize("decay", [0.5, 1.0, 2.0])
def test_customers_who_fade_away_are_no_season(decay):
    month = np.arange(1.0, 19.0)
    months = Months(month, np.zeros(18), 5000 * month**-decay, np.full(18, 30_000.0))
    assert season(months).ratio == pytest.approx(1.0, abs=0.01)
    months.purchases[11] *= 2
    assert season(months).ratio == pytest.approx(2.0, abs=0.25)
    assert season(months).best == 1  # month 12 counts from January


def test_a_season_is_found_with_its_month_and_its_size():
    found = look(months=HOLIDAYS)["Season"]
    assert found.concern
    assert found.value == pytest.approx(2.2, abs=0.5)
    assert "December" in found.sentence
    assert "once only" not in found.sentence


def test_a_season_seen_once_is_said_to_be_so():
    found = look(customers=1500, days=400, months=HOLIDAYS)["Season"]
    assert found.concern
    assert "once only" in found.sentence


def test_less_than_a_year_is_not_searched_for_a_season():
    found = look(days=300, months=HOLIDAYS)["Season"]
    assert isnan(found.value)
    assert "less than a year" in found.sentence


def test_one_lively_month_in_one_of_two_years_is_not_called_a_season():
    plain = Truth(customers=800).orders(np.random.default_rng(3))
    again = [(c, 300 + i % 28, 9.0) for i, (c, day, _) in enumerate(plain) if day < 300][:400]
    found = examine(plain + again, 730)["Season"]
    assert not found.concern
    assert found.value > 2
    assert "not in every year" in found.sentence


def test_a_late_analysis_date_does_not_make_a_season():
    orders = Truth(customers=600).orders(np.random.default_rng(4))
    found = examine_table(table(orders), FIRST, FIRST + timedelta(1500))
    assert concerns(found) == []
    assert found["Season"].value < 1.3


# Large accounts


def test_the_share_of_the_best_hundredth_is_told_and_the_largest_customer():
    orders = [(f"c{i}", 0, 1.0) for i in range(199)] + [("big", 0, 80.0), ("c0", 0, 19.0)]
    found = examine(orders, 30)["Large accounts"]
    assert found.value == pytest.approx(100 / 298)
    assert found.concern
    assert "the largest alone 27\N{NO-BREAK SPACE}%" in found.sentence


def test_a_small_shop_is_judged_by_its_largest_customer():
    orders = [(f"c{i}", 0, 1.0) for i in range(29)] + [("big", 0, 3.0)]
    found = examine(orders, 30)["Large accounts"]
    assert (found.value, found.concern) == (pytest.approx(3 / 32), False)


# Start


def test_a_file_that_starts_after_the_shop_is_found_out():
    found = look(customers=3000, starts=before_the_file)["Start"]
    assert found.concern
    assert found.value > 3
    assert "older than 2022-01-03" in found.sentence


def test_customers_won_at_first_who_behave_like_newcomers_are_no_concern():
    def launch(rng):
        return rng.uniform(0, 60) if rng.random() < 0.6 else rng.uniform(0, 730)

    found = look(customers=2000, starts=launch)["Start"]
    assert found.value > 5
    assert not found.concern
    assert "newcomers" in found.sentence


@pytest.mark.parametrize(
    ("new", "again_at_first", "again_later", "new_again_later", "old"),
    [
        (400, 400, 500, 100, True),  # of 1,000 at first, they return like all and not like new
        (400, 300, 500, 100, False),  # like new ones: 250 would be exactly so
        (400, 500, 500, 200, True),  # no difference between new and all: neither is there at first
        (400, 450, 500, 200, False),
        (60, 450, 500, 30, True),  # hardly anybody is new later on
    ],
)
def test_old_customers_are_known_by_their_return(
    new, again_at_first, again_later, new_again_later, old
):
    parts = pd.DataFrame({"buyers": [1000] * 10, "again": again_later, "new": new})
    parts["new_again"] = new_again_later
    parts.loc[0] = [1000, again_at_first, 1000, again_at_first]
    assert LATER == 5
    assert known_of_old(parts) is old


def test_a_file_of_customers_chosen_by_their_first_order_is_not_judged():
    found = look(starts=lambda rng: rng.uniform(0, 80))["Start"]
    assert isnan(found.value)
    assert "chosen group" in found.sentence


# Spend and pace


def test_spend_that_rises_with_pace_is_found():
    found = look(customers=1500, spend=0.7)["Spend and pace"]
    assert found.concern
    assert found.value > 0.25
    assert "too low" in found.sentence


def test_one_large_account_cannot_fake_or_hide_dependence():
    plain = Truth(customers=600).orders(np.random.default_rng(8))
    large = [("large", day, 5000.0) for day in range(0, 700, 3)]
    found = examine(plain + large, 730)["Spend and pace"]
    assert not found.concern
    assert abs(found.value) < 0.15
    assert "0.90 in amounts" in found.sentence


def test_the_published_correlation_of_cdnow_comes_out(real):
    raw = clv.read(real("cdnow/CDNOW_sample.txt"))
    until = date(1997, 9, 30)
    shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules(until=until))
    found = examine_shop(shop, until)
    assert "0.11 in amounts" in found["Spend and pace"].sentence  # .1139, Fader & Hardie (2013)
    assert concerns(found) == []


def test_the_gift_shop_has_its_known_weaknesses(real):
    raw = clv.read(real("online_retail/online_retail.csv.gz"))
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    found = examine_shop(shop, shop.last)
    assert concerns(found) == ["Season", "Large accounts", "Start"]
    assert "November" in found["Season"].sentence


# Sufficiency


def summary(frequency: list[int], T: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"frequency": frequency, "T": T})


def test_the_limits_of_sufficiency_themselves_are_enough():
    enough = sufficiency(summary([1] * 50 + [0] * 450, [100] * 500), 180)
    assert [f.value for f in enough] == [500, 180, 50]
    assert not any(f.concern for f in enough)
    short = sufficiency(summary([1] * 49 + [0] * 450, [100] * 499), 179)
    assert all(f.concern for f in short)
    assert all("indicative" in f.sentence for f in short)


# Purchases per frequency


class Coin:
    """A stand-in: no or one repeat purchase by an even chance, whatever the time; half leave."""

    def probabilities_if_alive(self, frequency, T, horizon, most):
        return np.tile([0.5, 0.5] + [0.0] * (most - 1), (len(horizon), 1))

    def probability_alive(self, frequency, recency, T):
        return 0.5


def test_customers_who_leave_at_once_are_expected_never_to_return():
    found = purchases_per_frequency(Coin(), summary([0, 0, 1, 5], [10, 10, 20, 30]), most=2)
    assert found["repeat_purchases"].tolist() == [0, 1, 2]
    assert found["observed"].tolist() == [2, 1, 1]
    assert found["expected"].tolist() == pytest.approx([3.0, 1.0, 0.0])


@pytest.mark.parametrize("model", [BGNBD(0.24, 31.0, 0.79, 2.43), MBGNBD(0.5, 40.0, 0.8, 3.0)])
def test_both_columns_hold_every_customer_and_none_is_counted_by_time_twice(model):
    rng = np.random.default_rng(9)
    customers = summary(rng.poisson(2, 300).tolist(), rng.integers(0, 400, 300).tolist())
    found = purchases_per_frequency(model, customers)
    assert found["observed"].sum() == 300
    assert found["expected"].sum() == pytest.approx(300)
    assert (found["expected"] >= 0).all()
    each = [purchases_per_frequency(model, customers.iloc[[i]])["expected"] for i in range(300)]
    assert found["expected"].to_numpy() == pytest.approx(np.sum(each, axis=0))


def test_a_shop_drawn_from_the_model_agrees_with_it():
    model = BGNBD(0.8, 42.0, 0.7, 3.0)
    orders = Truth(customers=2000).orders(np.random.default_rng(10))
    customers = customer_summary(table(orders), FIRST + timedelta(729)).execute()
    found = purchases_per_frequency(model, customers)
    spread = np.sqrt(found["expected"])
    assert ((found["observed"] - found["expected"]).abs() < 3.5 * spread).all()
