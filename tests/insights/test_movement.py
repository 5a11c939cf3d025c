"""Movement between two days against loops over the rows known on each."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

import clv
from clv.insights.movement import (
    DIRECTIONS,
    DOWN,
    JOINED,
    NOT_YET,
    SAME,
    UP,
    directions,
    matrix,
    movement,
    order_of,
    state_on,
)
from clv.insights.segments import RFM_GRID
from clv.settings import RFMRules, Settings
from tests.insights.small_shop import CUSTOMERS, rows, small_shop

IDS = pd.Series(CUSTOMERS)
EARLY, LATE = date(2024, 4, 11), date(2024, 6, 5)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> clv.Shop:
    return small_shop(tmp_path_factory.mktemp("shop"))


def fifth(values: list[float], value: float) -> int:
    """1 to 5: how many of the four limits lie below the value."""
    ordered = sorted(values)
    limits = [ordered[int(share * (len(values) - 1) + 1e-9)] for share in (0.2, 0.4, 0.6, 0.8)]
    return 1 + sum(limit < value for limit in limits)


def by_hand(day: date) -> dict[str, tuple[str, str, int, float]]:
    """Segment, status, R + F and net revenue of those who had ordered by then."""
    known = [row for row in rows() if row["Order date"] <= day.isoformat()]
    last, first, orders, money = {}, {}, {}, {}
    for row in known:
        name = row["Customer"]
        money[name] = money.get(name, 0.0) + row["Amount"]
        if row["Amount"] > 0:
            last[name] = max(last.get(name, ""), row["Order date"])
            first[name] = min(first.get(name, "9"), row["Order date"])
            orders.setdefault(name, set()).add(row["Order number"])
    days = {name: (day - date.fromisoformat(when)).days for name, when in last.items()}
    found = {}
    for name, silent in days.items():
        r = 6 - fifth(list(days.values()), silent)
        f = fifth([len(o) for o in orders.values()], len(orders[name]))
        age = (day - date.fromisoformat(first[name])).days
        months = pd.Timestamp(day) - pd.DateOffset(months=3)
        gone = pd.Timestamp(last[name]) <= months
        status = "Churned" if gone else "New" if age < 30 else "Active"
        found[name] = (RFM_GRID[f][5 - r], status, r + f, money[name])
    return found


@pytest.mark.parametrize("day", [date(2024, 1, 5), date(2024, 3, 1), EARLY, LATE])
def test_every_customer_is_what_the_rows_known_then_say(shop: clv.Shop, day: date) -> None:
    state = state_on(shop.transactions, IDS, day, Settings())
    expected = by_hand(day)
    for name, row in zip(CUSTOMERS, state.to_dict("records"), strict=True):
        if name not in expected:
            assert (row["segment"], row["status"], row["revenue"]) == (NOT_YET, NOT_YET, 0)
            continue
        segment, status, rank, money = expected[name]
        assert row["segment"] == segment
        assert row["status"] == status
        assert row["segment_rank"] == rank
        assert row["revenue"] == pytest.approx(money)


def test_before_the_first_order_nobody_is_a_customer(shop: clv.Shop) -> None:
    state = state_on(shop.transactions, IDS, date(2023, 1, 1), Settings())
    assert state["segment"].tolist() == [NOT_YET] * 5


def test_a_refund_that_came_later_was_not_known(tmp_path) -> None:
    shop = small_shop(tmp_path)
    netted = clv.clean(*_raw(tmp_path), clv.Rules(refunds="net"))
    bob = CUSTOMERS.index("Bob")
    for each in (shop, netted):
        before = state_on(each.transactions, IDS, date(2024, 2, 5), Settings())
        after = state_on(each.transactions, IDS, date(2024, 2, 20), Settings())
        assert (before["revenue"][bob], after["revenue"][bob]) == (7, 0)


def _raw(folder):
    raw = clv.read(folder / "orders.csv")
    return raw, clv.suggest_mapping(raw)


def test_moves_are_counted_with_their_direction_and_money(shop: clv.Shop) -> None:
    before, after = (state_on(shop.transactions, IDS, day, Settings()) for day in (EARLY, LATE))
    kept = np.array([name != "Cid" for name in CUSTOMERS])
    table = movement(before, after, "segment", kept)
    early, late = by_hand(EARLY), by_hand(LATE)
    expected: dict[tuple[str, str, str], list[float]] = {}
    for name in set(CUSTOMERS) - {"Cid"}:
        now = late[name]
        was = early.get(name, (NOT_YET, NOT_YET, 0, 0.0))
        change = now[2] - was[2]
        direction = (
            JOINED if was[0] == NOT_YET else SAME if was[0] == now[0]
            else UP if change > 0 else DOWN if change < 0 else SAME
        )  # fmt: skip
        sums = expected.setdefault((was[0], now[0], direction), [0, 0.0])
        sums[0] += 1
        sums[1] += now[3]
    got = {
        (row["from"], row["to"], row["direction"]): [row["customers"], row["revenue"]]
        for row in table.to_dict("records")
    }
    assert got.keys() == expected.keys()
    for key, (count, money) in expected.items():
        assert got[key] == [count, pytest.approx(money)]
    sums = directions(table).set_index("direction")
    assert list(sums.index) == list(DIRECTIONS)
    assert sums["customers"].sum() == 4
    assert sums.loc[JOINED, "customers"] == sum(n not in early for n in set(CUSTOMERS) - {"Cid"})


def frame(segments: list[str], ranks: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"segment": segments, "segment_rank": ranks, "revenue": 10.0})


def test_up_is_a_higher_score_and_a_kept_name_stays_level() -> None:
    before = frame(["Loyal", "Lost", "Loyal", "At risk", NOT_YET], [8, 3, 9, 6, 0])
    after = frame(["Champions", "Loyal", "Loyal", "Hibernating", "New"], [10, 8, 8, 5, 6])
    table = movement(before, after, "segment", np.ones(5, dtype=bool))
    found = dict(zip(zip(table["from"], table["to"], strict=True), table["direction"], strict=True))
    assert found == {
        ("Loyal", "Champions"): UP,
        ("Lost", "Loyal"): UP,
        ("Loyal", "Loyal"): SAME,
        ("At risk", "Hibernating"): DOWN,
        (NOT_YET, "New"): JOINED,
    }


def test_a_name_pair_of_two_directions_is_one_cell_of_the_matrix() -> None:
    before, after = frame(["A", "A"], [4, 6]), frame(["B", "B"], [5, 5])
    table = movement(before, after, "segment", np.ones(2, dtype=bool))
    assert set(table["direction"]) == {UP, DOWN}
    cell = matrix(table, ("A", "B")).to_dict("records")
    assert cell == [{"from": "A", "to": "B", "customers": 2, "revenue": 20.0, "share": 1.0}]


def test_own_names_move_too(shop: clv.Shop) -> None:
    own = Settings(rfm=RFMRules(names=(("55", "Stars"),)))
    assert "Stars" in order_of("segment", own)
    assert order_of("status", own) == ("New", "Active", "Churned", "Long gone")
