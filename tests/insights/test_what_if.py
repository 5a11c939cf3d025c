"""What a campaign brings, against loops over customers and a simulation of its outcomes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.insights.what_if import Campaign, Prospects, gain_by_response, what_if

WHO = Prospects(
    anyway=np.array([0.5, 0.1, 0.02]),
    order_value=np.array([100.0, 40.0, 10.0]),
    order_square=np.array([12000.0, 2000.0, 150.0]),
)


def campaign(**changes) -> Campaign:
    usual = {"contact_cost": 1.0, "discount": 0.1, "response": 0.05, "margin": 0.4}
    return Campaign(**{**usual, **changes})


def gain_by_loop(who: Prospects, plan: Campaign, response: float) -> float:
    gain = 0.0
    for p, m in zip(who.anyway, who.order_value, strict=True):
        offer = plan.discount * m + plan.gift
        gain += response * (plan.margin * m - offer)  # an extra order, at its reduced price
        gain -= p * offer  # who would have ordered anyway takes the offer too
        gain -= plan.contact_cost
    return gain


@pytest.mark.parametrize("offer", [{}, {"discount": 0.0}, {"discount": 0.0, "gift": 2.5}])
def test_the_gain_is_the_sum_over_customers_of_the_formula(offer) -> None:
    plan = campaign(**offer)
    answer = what_if(WHO, plan)
    assert answer.gain == pytest.approx(gain_by_loop(WHO, plan, 0.05))
    assert answer.each.sum() == pytest.approx(answer.gain)
    assert answer.cost_of_contacts == 3.0
    assert answer.cost_of_offer_anyway == pytest.approx(
        sum(p * (plan.discount * m + plan.gift) for p, m in ((0.5, 100), (0.1, 40), (0.02, 10)))
    )
    assert answer.extra_orders == pytest.approx(0.15)


def test_by_hand_for_one_customer() -> None:
    one = WHO.of(np.array([True, False, False]))
    answer = what_if(one, campaign())
    # 0.05 x (40 - 10) for an extra order, 0.5 x 10 given away, 1 for the contact.
    assert answer.gain == pytest.approx(1.5 - 5.0 - 1.0)
    assert answer.break_even == pytest.approx(6.0 / 30.0)


def test_an_offer_worth_the_margin_never_pays() -> None:
    answer = what_if(WHO, campaign(discount=0.4))
    assert answer.break_even is None
    assert answer.verdict == "does not pay"
    assert what_if(WHO, campaign(discount=0.6, response=1.0)).gain < 0


def test_the_verdict_follows_the_range() -> None:
    many = Prospects(*(np.repeat(part, 4000) for part in (WHO.anyway, WHO.order_value,
                                                          WHO.order_square)))  # fmt: skip
    level = what_if(many, campaign()).break_even
    assert level is not None
    assert what_if(many, campaign(response=2 * level)).verdict == "pays"
    assert what_if(many, campaign(response=level / 2)).verdict == "does not pay"
    assert what_if(many, campaign(response=level)).verdict == "cannot be told"
    unsure = campaign(response=2 * level, give_or_take=3 * level)
    assert what_if(many, unsure).verdict == "cannot be told"


@given(
    size=st.integers(1, 30),
    seed=st.integers(0, 1000),
    cost=st.floats(0, 10),
    discount=st.floats(0, 0.39),
    gift=st.floats(0, 5),
)
def test_at_the_break_even_response_the_gain_is_zero(size, seed, cost, discount, gift) -> None:
    rng = np.random.default_rng(seed)
    value = rng.uniform(20, 200, size)
    who = Prospects(rng.uniform(0, 1, size), value, value**2 * 1.5)
    plan = campaign(contact_cost=cost, discount=discount, gift=gift)
    answer = what_if(who, plan)
    if answer.break_even is None:
        assert plan.margin * value.sum() <= (plan.discount * value + plan.gift).sum() + 1e-9
        return
    scale = answer.cost_of_contacts + answer.cost_of_offer_anyway + 1
    assert gain_by_loop(who, plan, answer.break_even) == pytest.approx(0, abs=1e-7 * scale)
    again = campaign(contact_cost=cost, discount=discount, gift=gift, response=answer.break_even)
    assert what_if(who, again).gain == pytest.approx(0, abs=1e-7 * scale)
    assert answer.low <= answer.gain <= answer.high


@pytest.mark.parametrize("offer", [{"discount": 0.1}, {"discount": 0.0, "gift": 3.0}])
def test_the_range_holds_four_in_five_simulated_campaigns(offer) -> None:
    rng = np.random.default_rng(5)
    size, shape = 3000, 4.0
    value = rng.gamma(3.0, 20.0, size)
    anyway = rng.uniform(0, 0.3, size)
    plan = campaign(response=0.06, give_or_take=0.01, **offer)
    answer = what_if(Prospects(anyway, value, value**2 * (1 + 1 / shape)), plan)
    held = 0
    for _ in range(600):
        response = max(rng.normal(0.06, 0.01 / 1.2815515655), 0)
        gain = -plan.contact_cost * size
        luck = rng.random(size)
        order = value * rng.gamma(shape, 1 / shape, size)
        offer_cost = plan.discount * order + plan.gift
        extra, own = luck < response, luck > 1 - anyway
        gain += (plan.margin * order - offer_cost)[extra].sum() - offer_cost[own].sum()
        held += answer.low <= gain <= answer.high
    assert abs(held / 600 - 0.8) < 3 * np.sqrt(0.16 / 600)


def test_unsure_order_values_widen_the_range() -> None:
    moved = Prospects(WHO.anyway, WHO.order_value, WHO.order_square, (0.3 * WHO.order_value,))
    narrow, wide = what_if(WHO, campaign()), what_if(moved, campaign())
    move = 0.3 * sum(
        (0.05 * 0.3 - p * 0.1) * m for p, m in zip(WHO.anyway, WHO.order_value, strict=True)
    )
    assert wide.high - wide.gain == pytest.approx(
        np.hypot(narrow.high - narrow.gain, 1.2815515655 * move)
    )


def test_the_curve_runs_past_the_break_even_and_the_assumption() -> None:
    plan = campaign(response=0.2)
    curve = gain_by_response(WHO, plan)
    answer = what_if(WHO, plan)
    assert curve["response"].iloc[0] == 0
    assert curve["response"].iloc[-1] >= max(0.2, answer.break_even)
    for row in curve.itertuples():
        assert row.gain == pytest.approx(gain_by_loop(WHO, plan, row.response))
        assert row.low <= row.gain <= row.high
