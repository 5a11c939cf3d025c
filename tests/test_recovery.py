"""A small version of the study in `benchmarks/recovery.py`: where the model is true, it holds."""

import pytest
from scipy.stats import binom

from benchmarks.recovery import study

SHOPS = 40


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD", "Pareto/NBD"])
def test_totals_and_ranges_hold_where_the_model_is_true(name):
    table = study(name, SHOPS, 1000, seed=7)
    assert not table.drop(columns="parameters").isna().to_numpy().any()
    assert abs(table["error_of_expectation"].median()) < 0.03
    assert table["error_of_expectation"].abs().median() < 0.04
    low, high = binom.ppf([0.005, 0.995], SHOPS, 0.8)
    for group in ("total", "best", "worst"):
        assert low <= table[f"{group}_inside"].sum() <= high, group
    assert 0.77 <= table["attainable_inside"].mean() <= 0.83
    assert 0.77 <= table["shared_inside"].mean() <= 0.83
