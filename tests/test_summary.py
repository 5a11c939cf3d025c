from datetime import date, datetime

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.summary import customer_summary, daily_purchases, holdout_summary

ANNA, BEN = "Anna", "Ben"


def transactions(*lines: tuple, booked: dict[int, str] = {}) -> ibis.expr.types.Table:  # noqa: B006
    """Lines of (customer, order, "YYYY-MM-DD HH", amount[, country]); booked: later, by number."""
    rows = [(c, o, datetime.strptime(at, "%Y-%m-%d %H"), a, *rest) for c, o, at, a, *rest in lines]
    columns = ["customer_id", "order_id", "ordered_at", "amount", "country"][: len(rows[0])]
    frame = pd.DataFrame(rows, columns=columns)
    frame["is_refund"] = frame["amount"] < 0
    frame["booked_at"] = frame["ordered_at"]
    for row, day in booked.items():
        frame.loc[row, "booked_at"] = pd.Timestamp(day)
    return ibis.memtable(frame)


def summarise(*lines: tuple, on: str = "2024-03-01", keep: tuple = ()) -> pd.DataFrame:
    table = customer_summary(transactions(*lines), date.fromisoformat(on), keep)
    return table.execute().set_index("customer_id")


def test_two_orders_on_one_day_count_as_one_purchase():
    one = summarise((ANNA, "1", "2024-01-01 09", 10.0), (ANNA, "2", "2024-01-01 17", 5.0))
    assert one.loc[ANNA, ["frequency", "recency", "T", "orders"]].tolist() == [0, 0, 60, 2]


def test_times_are_whole_days_whatever_the_hour():
    shop = summarise((ANNA, "1", "2024-01-01 23", 10.0), (ANNA, "2", "2024-01-02 01", 5.0))
    assert shop.loc[ANNA, ["frequency", "recency", "T"]].tolist() == [1, 1, 60]


def test_monetary_leaves_the_first_purchase_day_out():
    shop = summarise(
        (ANNA, "1", "2024-01-01 09", 100.0),
        (ANNA, "2", "2024-01-05 09", 10.0),
        (ANNA, "3", "2024-01-09 09", 30.0),
    )
    assert shop.loc[ANNA, "monetary"] == 20.0


def test_one_time_buyers_stay_and_have_no_monetary():
    shop = summarise((BEN, "1", "2024-01-01 09", 100.0))
    assert shop.loc[BEN, "frequency"] == 0
    assert pd.isna(shop.loc[BEN, "monetary"])


def test_a_refund_is_never_a_purchase_but_lowers_what_repeat_purchases_brought():
    shop = summarise(
        (ANNA, "1", "2024-01-01 09", 100.0),
        (ANNA, "2", "2024-01-05 09", 30.0),
        (ANNA, "C2", "2024-01-20 09", -10.0),
    )
    row = shop.loc[ANNA]
    assert (row["frequency"], row["recency"], row["orders"]) == (1, 4, 2)
    assert (row["monetary"], row["revenue"]) == (20.0, 120.0)


def test_a_customer_with_refunds_alone_is_no_customer():
    shop = summarise((ANNA, "1", "2024-01-01 09", 1.0), (BEN, "C1", "2024-01-02 09", -1.0))
    assert shop.index.tolist() == [ANNA]


def test_an_attribute_is_the_latest_known_value():
    shop = summarise(
        (ANNA, "1", "2024-01-01 09", 1.0, "Spain"),
        (ANNA, "2", "2024-01-03 09", 1.0, "France"),
        (ANNA, "3", "2024-01-05 09", 1.0, None),
        keep=(("Land", "country"),),
    )
    assert shop.loc[ANNA, "Land"] == "France"


line = st.tuples(
    st.sampled_from("ABCDE"),
    st.integers(1, 9).map(str),
    st.dates(date(2024, 1, 1), date(2024, 2, 28)).map(lambda d: f"{d} 12"),
    st.integers(1, 10**6).map(lambda cents: cents / 100),
    st.sampled_from(["DE", "FR"]),
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(line, min_size=1, max_size=30).flatmap(
        lambda lines: st.tuples(st.just(lines), st.permutations(lines))
    )
)
def test_the_order_of_rows_changes_nothing(pair):
    straight, shuffled = pair
    keep = (("country", "country"),)
    pd.testing.assert_frame_equal(summarise(*straight, keep=keep), summarise(*shuffled, keep=keep))


@settings(max_examples=25, deadline=None)
@given(st.lists(line, min_size=1, max_size=30))
def test_the_summary_equals_a_plain_loop(lines):
    shop = summarise(*lines)
    for customer in {c for c, *_ in lines}:
        own = [(date.fromisoformat(at[:10]), o, a) for c, o, at, a, _ in lines if c == customer]
        days = sorted({day for day, _, _ in own})
        row = shop.loc[customer]
        assert row["frequency"] == len(days) - 1
        assert row["recency"] == (days[-1] - days[0]).days
        assert row["T"] == (date(2024, 3, 1) - days[0]).days
        assert row["orders"] == len({o for _, o, _ in own})
        assert row["revenue"] == pytest.approx(sum(a for *_, a in own))
        if len(days) > 1:
            later = sum(a for day, _, a in own if day > days[0])
            assert row["monetary"] == pytest.approx(later / (len(days) - 1))


SPLIT = [
    (ANNA, "1", "2024-01-01 09", 10.0),
    (ANNA, "2", "2024-01-10 09", 20.0),
    (ANNA, "3", "2024-02-01 09", 30.0),
    (ANNA, "4", "2024-02-01 17", 5.0),
    (ANNA, "5", "2024-03-20 09", 99.0),
    (BEN, "6", "2024-02-03 09", 7.0),
    ("Cleo", "7", "2024-01-05 09", 4.0),
    ("Cleo", "R7", "2024-02-10 09", -4.0),
]
FEBRUARY = date(2024, 1, 31), date(2024, 2, 29)


def test_a_split_shows_customers_as_they_were_known_and_what_they_did_later():
    shop = holdout_summary(transactions(*SPLIT), *FEBRUARY).execute().set_index("customer_id")
    assert shop.index.tolist() == [ANNA, "Cleo"]  # nobody knew Ben
    anna = shop.loc[ANNA]
    assert anna[["frequency", "recency", "T", "monetary"]].tolist() == [1, 9, 30, 20.0]
    # Two orders on one day are one purchase; what came after the end of the test is not seen.
    assert anna[["later_purchases", "later_revenue"]].tolist() == [1, 35.0]
    # A refund is no purchase, and lowers the revenue of its day.
    assert shop.loc["Cleo", ["later_purchases", "later_revenue"]].tolist() == [0, -4.0]


def test_a_refund_made_after_the_split_is_not_known_on_it_though_its_order_was():
    lines = [*SPLIT, (ANNA, "2", "2024-01-10 09", -20.0)]

    def monetary(booked: str) -> float:
        table = holdout_summary(transactions(*lines, booked={8: booked}), *FEBRUARY).execute()
        anna = table.set_index("customer_id").loc[ANNA]
        assert anna[["later_purchases", "later_revenue"]].tolist() == [1, 35.0]
        return float(anna["monetary"])

    assert monetary("2024-02-15") == 20.0
    assert monetary("2024-01-31") == 0.0


def test_purchases_per_day_tell_first_from_repeat_and_leave_strangers_out():
    days = daily_purchases(transactions(*SPLIT), *FEBRUARY).execute()
    found = {
        str(day.date()): (first, repeat)
        for day, first, repeat in days.itertuples(index=False, name=None)
    }
    assert found == {
        "2024-01-01": (1, 0),
        "2024-01-05": (1, 0),
        "2024-01-10": (0, 1),
        "2024-02-01": (0, 1),
    }
