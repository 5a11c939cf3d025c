import numpy as np
import pytest

from clv.errors import NotEnoughData
from clv.models.histogram import collapse, read_customers


def histogram_of(x, t_x, T, weights=None):
    return collapse(read_customers(x, t_x, T, weights)[0])


def test_equal_repeat_customers_become_one_row_with_a_weight():
    histogram = histogram_of([2, 2, 1, 0, 2], [9, 9, 9, 0, 8], [20, 20, 20, 20, 20])
    days = histogram.times * histogram.scale
    rows = zip(
        histogram.x, days[histogram.last], days[histogram.end], histogram.weight, strict=True
    )
    assert sorted(rows) == [(1, 9, 20, 1), (2, 8, 20, 1), (2, 9, 20, 2)]
    assert histogram.scale == 20


def test_the_sums_over_purchases_and_over_lengths_of_observation_are_counted():
    histogram = histogram_of([3, 1, 0], [5, 2, 0], [6, 4, 4])
    assert histogram.more_than.tolist() == [2, 1, 1]  # more than 0, 1, 2 repeat purchases
    days = (histogram.times * histogram.scale).round(9).tolist()
    assert histogram.customers_at[days.index(4)] == 2
    assert histogram.purchases_at[days.index(4)] == 1
    assert histogram.purchases_at[days.index(6)] == 3


def test_times_need_not_be_whole():
    histogram = histogram_of([1, 2], [0.25, 7.5], [1.5, 8.25])
    days = histogram.times * histogram.scale
    assert days[histogram.last].tolist() == pytest.approx([0.25, 7.5])
    assert days[histogram.end].tolist() == pytest.approx([1.5, 8.25])


@pytest.mark.parametrize(
    "row",
    [
        (-1, 0, 5),
        (1.5, 2, 5),
        (2, 6, 5),  # bought after the end
        (2, -1, 5),
        (0, 0, -1),
        (0, 0, np.nan),
        (np.nan, 2, 5),
        (2, np.nan, 5),
        (0, 0, np.inf),
        (1e9, 2, 5),
    ],
)
def test_a_row_that_no_customer_can_have_is_left_out_and_reported(row):
    good = (1, 3, 9)
    customers, notes = read_customers(*zip(good, row, strict=True), weights=None)
    assert customers.number == 1
    assert notes == ("Rows left out because no customer can be like that: 1.",)


def test_rows_without_weight_are_passed_over_in_silence():
    customers, notes = read_customers([1, 0], [2, 0], [5, 5], [0, 3])
    assert customers.number == 3
    assert customers.repeat == 0
    assert notes == ()


def test_a_slice_keeps_every_nth_row_with_its_weight():
    customers, _ = read_customers([1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 9, 9], [1, 2, 3, 4])
    few = customers.thinned(2)
    assert (few.x.tolist(), few.t_x.tolist(), few.number) == ([1, 3], [5, 7], 4)


def test_no_customer_at_all_is_refused():
    for weights in (None, []):
        with pytest.raises(NotEnoughData):
            read_customers([], [], [], weights)
    with pytest.raises(NotEnoughData):
        read_customers([1], [2], [5], [0])
