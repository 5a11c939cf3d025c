"""The uplift of campaigns whose effect is known: by hand, by simulation, and through files."""

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv.errors import NotEnoughData
from clv.insights.campaign_key import CampaignKey
from clv.insights.campaign_outcomes import cumulative, outcomes, revenue_by_day
from clv.insights.control_groups import draw_control
from clv.insights.uplift import (
    Uplift,
    compare,
    filled,
    mean_difference,
    measured_window,
    newcombe,
    places_of_key,
)
from tests.insights.campaign_shop import FIRST, Row, analysed, make_rows, write

CONTACT, DAYS = FIRST + timedelta(days=310), 30


def key_of(treated, control, **changes) -> CampaignKey:
    usual = {
        "name": "test",
        "drawn_on": CONTACT,
        "seed": 1,
        "analysis_date": CONTACT - timedelta(days=10),
        "contact_date": CONTACT,
        "window_days": DAYS,
        "treated": tuple(treated),
        "control": tuple(control),
    }
    return CampaignKey(**{**usual, **changes})


def frame(orders, revenue, before=None) -> pd.DataFrame:
    before = np.zeros(len(orders)) if before is None else before
    return pd.DataFrame({"orders": orders, "revenue": revenue, "before": before})


def test_by_hand() -> None:
    found = compare(
        frame([1, 0, 2, 1], [10.0, 0.0, 30.0, 20.0]),
        frame([0, 1, 0], [0.0, 9.0, 0.0]),
        margin=0.5,
        contact_cost=1.0,
    )
    assert (found.orders.treated, found.orders.control) == pytest.approx((1.0, 1 / 3))
    assert (found.revenue.treated, found.revenue.control) == (15.0, 3.0)
    assert found.revenue.value == 12.0
    assert found.profit.value == 6.0
    assert found.buyers.value == pytest.approx(0.75 - 1 / 3)
    assert found.total[0] == pytest.approx(4 * 6.0 - 4.0)
    # Sums of squares 500 and 54 over 5 degrees of freedom; t(0.9, 5) = 1.475884.
    error = np.sqrt((500 + 54) / 5 * (1 / 4 + 1 / 3))
    assert found.revenue.error == pytest.approx(error)
    assert found.revenue.high == pytest.approx(12 + 1.4758840 * error)
    assert found.is_rough


def test_a_discount_leaves_less_margin_of_each_order() -> None:
    """Goods for 60 sold at 100: 40 are left. Ten percent off, and of 90 only 30 are."""
    rows = frame([1, 1], [90.0, 90.0]), frame([1, 1], [100.0, 100.0])
    found = compare(*rows, margin=0.4, discount=0.1)
    assert found.profit.treated == pytest.approx(30.0)
    assert found.profit.control == pytest.approx(40.0)
    assert found.revenue.value == pytest.approx(-10.0)


def test_newcombe_as_published() -> None:
    """Newcombe (1998), table II, method 10: 56/70 against 48/80, and 9/10 against 3/10, 95 %."""
    first, second = newcombe(56, 70, 48, 80, 0.95), newcombe(9, 10, 3, 10, 0.95)
    assert (first.low, first.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert (second.low, second.high) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def test_nobody_ordering_gives_no_effect_and_no_error() -> None:
    found = compare(frame([0] * 5, [0.0] * 5), frame([0] * 5, [0.0] * 5), margin=0.4, narrow=True)
    assert (found.revenue.low, found.revenue.value, found.revenue.high) == (0, 0, 0)
    assert not found.revenue.is_clear
    assert found.customers_needed is None


def test_customers_needed_would_show_the_difference_with_eighty_percent_power() -> None:
    rng = np.random.default_rng(8)
    treated, control = rng.normal(11, 10, 400), rng.normal(10, 10, 400)
    part = mean_difference(treated, control, 0.8)
    found = compare(frame(np.ones(400), treated), frame(np.ones(400), control), margin=0.4)
    needed = found.customers_needed
    assert needed is not None
    size = needed // 2
    seen = 0
    for _ in range(400):
        a, b = rng.normal(part.value, 10, size), rng.normal(0, 10, size)
        seen += abs(a.mean() - b.mean()) > 1.96 * 10 * np.sqrt(2 / size)
    assert seen / 400 == pytest.approx(0.8, abs=0.07)


def simulated(rng: np.random.Generator, size: int, share: float, **options) -> Uplift:
    """A list, its draw, and a window in which those contacted order 0.15 times more."""
    ids = pd.Series([f"k{i}" for i in range(size)])
    level = rng.gamma(2.0, 15.0, size)
    rate = rng.gamma(1.0, 0.4, size)
    strata = pd.Series((level > 30).astype(str))
    control = draw_control(ids, strata, share, int(rng.integers(1, 2**31)))
    orders = rng.poisson(rate) + rng.poisson(0.15, size) * ~control
    revenue = level * rng.gamma(np.maximum(3.0 * orders, 1e-12), 1 / 3.0)
    before = level * rng.poisson(12 * rate)
    rows = frame(orders, revenue, before)
    return compare(rows[~control], rows[control], margin=0.5, **options)


EFFECTS = {"orders": 0.15, "revenue": 4.5, "profit": 2.25, "buyers": (1 - np.exp(-0.15)) / 1.4}


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("coverage", [0.8, 0.95])
def test_over_many_campaigns_the_range_holds_the_known_effect_as_often_as_it_claims(
    coverage: float, narrow: bool
) -> None:
    rng = np.random.default_rng(11)
    campaigns = 400
    found = [simulated(rng, 600, 0.5, coverage=coverage, narrow=narrow) for _ in range(campaigns)]
    tolerance = 3 * np.sqrt(coverage * (1 - coverage) / campaigns)
    for name, effect in EFFECTS.items():
        parts = [getattr(each, name) for each in found]
        held = np.mean([part.low <= effect <= part.high for part in parts])
        assert abs(held - coverage) <= tolerance, name
        mean = np.mean([part.value for part in parts])
        error = np.std([part.value for part in parts]) / np.sqrt(campaigns)
        assert abs(mean - effect) < 4 * error, name


def test_a_small_control_group_never_makes_the_range_promise_too_much() -> None:
    rng = np.random.default_rng(12)
    found = [simulated(rng, 1000, 0.1).revenue for _ in range(400)]
    held = np.mean([part.low <= 4.5 <= part.high for part in found])
    assert held >= 0.8 - 3 * np.sqrt(0.16 / 400)


def test_past_revenue_narrows_the_range_and_leaves_the_effect() -> None:
    rng = np.random.default_rng(13)
    widths = []
    for seed in rng.integers(1, 2**31, 50):
        plain = simulated(np.random.default_rng(seed), 600, 0.5).revenue
        narrow = simulated(np.random.default_rng(seed), 600, 0.5, narrow=True).revenue
        widths.append((narrow.high - narrow.low) / (plain.high - plain.low))
    assert max(widths) < 1
    assert np.mean(widths) < 0.92


def after_the_campaign(treated, control, rows: list[Row]) -> list[Row]:
    """The next file: all rows so far, own orders of everyone, and the campaign's orders."""
    rng = np.random.default_rng(4)
    later: list[Row] = []

    def order(customer: str, day: int, amount: float) -> None:
        when = CONTACT + timedelta(days=day)
        name = f"n{len(later)}"
        later.append(Row(customer, when, name, "Cup", "Home", "Web", 1, round(amount, 2)))

    for customer in sorted({*treated, *control}):
        if rng.random() < 0.4:
            order(customer, int(rng.integers(0, DAYS)), float(rng.gamma(3, 10)))
    for customer in treated:
        if rng.random() < 0.5:
            order(customer, int(rng.integers(0, 10)), 25.0)
        if rng.random() < 0.3:
            order(customer, DAYS + int(rng.integers(0, 5)), 99.0)  # after the window
    back = later[0]
    later.append(Row(back.customer, back.day, "back", "Cup", "Home", "Web", -1, -back.amount))
    return rows + later


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory):
    """Key, rows of the next file, and its analysis: the whole way through files."""
    folder: Path = tmp_path_factory.mktemp("campaign")
    rows = [row for row in make_rows() if row.day < CONTACT]
    before = analysed(write(rows, folder / "first.csv"))
    ids = before.frame["customer_id"]
    control = draw_control(ids, before.frame["tier"], 0.5, 1)
    key = CampaignKey.from_json(
        key_of(ids[~control], ids[control], analysis_date=before.analysis_date).to_json()
    )
    later = after_the_campaign(key.treated, key.control, rows)
    return key, later, analysed(write(later, folder / "next.csv"))


def measured(key, found, **options) -> Uplift:
    lines = found.lines
    window = measured_window(key, key.contact_date, key.window_days, lines.first, lines.last)
    assert window.complete
    rows = lines.ask(outcomes, None, (), window.first, window.last)
    frames = [
        pd.DataFrame({name: filled(places, rows, name) for name in ("orders", "revenue", "before")})
        for places in places_of_key(key, found.frame["customer_id"])
    ]
    return compare(*frames, margin=found.margin, **options)


def by_loop(key, rows, customers) -> tuple[list[int], list[float], list[float]]:
    orders, revenue, before = defaultdict(set), defaultdict(float), defaultdict(float)
    for row in rows:
        since = (row.day - key.contact_date).days
        if 0 <= since < key.window_days:
            revenue[row.customer] += row.amount
            if row.amount > 0:
                orders[row.customer].add(row.order)
        elif -365 <= since < 0:
            before[row.customer] += row.amount
    return (
        [len(orders[c]) for c in customers],
        [revenue[c] for c in customers],
        [before[c] for c in customers],
    )


def test_a_list_with_a_control_group_and_the_next_file_give_the_uplift(campaign) -> None:
    key, rows, found = campaign
    uplift = measured(key, found)
    orders_t, revenue_t, _ = by_loop(key, rows, key.treated)
    orders_c, revenue_c, _ = by_loop(key, rows, key.control)
    assert uplift.orders.value == pytest.approx(np.mean(orders_t) - np.mean(orders_c))
    assert uplift.revenue.treated == pytest.approx(np.mean(revenue_t))
    assert uplift.revenue.control == pytest.approx(np.mean(revenue_c))
    assert uplift.buyers_treated == sum(count > 0 for count in orders_t)
    assert uplift.buyers_control == sum(count > 0 for count in orders_c)
    assert uplift.revenue.low <= 12.5 <= uplift.revenue.high  # half of them, 25.00 each
    assert uplift.revenue.low > 0
    assert uplift.profit.value == pytest.approx(0.4 * uplift.revenue.value)
    assert uplift.orders.low <= 0.5 <= uplift.orders.high


def test_revenue_before_the_contact_is_that_of_the_year_before(campaign) -> None:
    key, rows, found = campaign
    table = found.lines.ask(
        outcomes, None, (), key.contact_date, key.contact_date + timedelta(days=DAYS - 1)
    )
    for places, ids in zip(
        places_of_key(key, found.frame["customer_id"]), (key.treated, key.control), strict=True
    ):
        before = filled(places, table, "before")
        assert before == pytest.approx(by_loop(key, rows, ids)[2])


def test_the_curves_end_where_the_means_are(campaign) -> None:
    key, rows, found = campaign
    uplift = measured(key, found)
    last = key.contact_date + timedelta(days=DAYS - 1)
    by_day = found.lines.ask(revenue_by_day, None, (), key.contact_date, last)
    ids = found.frame["customer_id"].to_numpy()[by_day["customer"]]
    treated = set(key.treated)
    by_day["group"] = ["Contacted" if each in treated else "Left out" for each in ids]
    sizes = {"Contacted": len(key.treated), "Left out": len(key.control)}
    curves = cumulative(by_day, sizes, key.contact_date, DAYS, 0.8)
    assert len(curves) == 2 * DAYS
    for name, members in (("Contacted", key.treated), ("Left out", key.control)):
        curve = curves[curves["group"] == name].reset_index(drop=True)
        for day in (0, 7, DAYS - 1):
            so_far = defaultdict(float)
            for row in rows:
                if 0 <= (row.day - key.contact_date).days <= day:
                    so_far[row.customer] += row.amount
            each = np.array([so_far[c] for c in members])
            assert curve["mean"][day] == pytest.approx(each.mean())
            reach = 1.2815515655 * each.std(ddof=1) / np.sqrt(len(each))
            assert curve["high"][day] - curve["mean"][day] == pytest.approx(reach)
    assert curve["mean"].iloc[-1] == pytest.approx(uplift.revenue.control)


def test_who_is_not_in_the_file_counts_as_having_ordered_nothing(campaign) -> None:
    key, _, found = campaign
    gone = key_of((*key.treated, "x1", "x2"), key.control)
    treated, _ = places_of_key(gone, found.frame["customer_id"])
    assert np.isnan(treated).sum() == 2
    with_them, without = measured(gone, found), measured(key, found)
    size = len(key.treated)
    assert with_them.revenue.treated == pytest.approx(without.revenue.treated * size / (size + 2))


def test_a_foreign_key_and_a_tiny_one_are_refused(campaign) -> None:
    _, _, found = campaign
    ids = found.frame["customer_id"]
    with pytest.raises(NotEnoughData, match="None of the 4 customers") as refused:
        places_of_key(key_of(("x", "y"), ("z", "w")), ids)
    assert "test" in refused.value.hint
    with pytest.raises(NotEnoughData, match="too few to compare"):
        places_of_key(key_of(("x", "y"), ("z",)), ids)


def test_the_window_ends_with_the_file_and_begins_within_it() -> None:
    key = key_of("ab", "cd")
    first, contact = date(2024, 1, 1), date(2024, 6, 1)
    whole = measured_window(key, contact, 30, first, date(2024, 6, 30))
    assert (whole.last, whole.complete, whole.days) == (date(2024, 6, 30), True, 30)
    cut = measured_window(key, contact, 30, first, date(2024, 6, 29))
    assert (cut.last, cut.complete, cut.days) == (date(2024, 6, 29), False, 29)
    assert measured_window(key, contact, 30, first, contact).days == 1
    with pytest.raises(NotEnoughData, match="ends on 2024-05-31"):
        measured_window(key, contact, 30, first, date(2024, 5, 31))
    with pytest.raises(NotEnoughData, match="begins on 2024-06-02"):
        measured_window(key, contact, 30, date(2024, 6, 2), date(2024, 7, 1))


def test_a_refund_made_after_the_contact_is_no_past(tmp_path: Path) -> None:
    rows = [row for row in make_rows(40, seed=9) if row.amount > 0]
    paid = rows[0]
    back = Row(paid.customer, CONTACT + timedelta(days=2), "back", paid.product, paid.category,
               paid.channel, -paid.pieces, -paid.amount)  # fmt: skip
    last = Row("c001", CONTACT + timedelta(days=40), "end", "Cup", "Home", "Web", 1, 5.0)
    found = analysed(write([*rows, back, last], tmp_path / "orders.csv"), refunds="net")
    table = found.lines.ask(outcomes, None, (), CONTACT, CONTACT + timedelta(days=29))
    netted = found.lines.ask(lambda lines: lines.filter(lines.is_refund).execute())
    assert (netted["day"] < pd.Timestamp(CONTACT)).all()  # it lowers the order it pays back
    place = found.frame["customer_id"].tolist().index(paid.customer)
    before = table.set_index("customer")["before"]
    assert before[place] == pytest.approx(
        sum(row.amount for row in rows if row.customer == paid.customer)
    )
