import math

import pandas as pd
import pytest

from clv.insights.concentration import concentration_curve, share_of_best


def test_equal_customers_hold_equal_shares():
    curve = concentration_curve(pd.Series([3.0] * 10))
    assert curve["share_of_value"].tolist() == pytest.approx(curve["share_of_customers"].tolist())


def test_the_best_fifth_of_five_holds_the_largest_value():
    assert share_of_best(pd.Series([6.0, 1, 1, 1, 1])) == pytest.approx(0.6)


def test_the_curve_runs_from_nothing_to_everything():
    curve = concentration_curve(pd.Series([5.0, 0, 2]))
    shares = curve[["share_of_customers", "share_of_value"]]
    assert shares.iloc[0].tolist() == [0, 0]
    assert shares.iloc[-1].tolist() == pytest.approx([1, 1])


def test_no_value_gives_an_empty_curve_and_no_share():
    assert concentration_curve(pd.Series([0.0, 0.0])).empty
    assert math.isnan(share_of_best(pd.Series([0.0])))
