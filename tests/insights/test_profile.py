"""What sets a group apart: counts by loops, p-values by simulation and by the book."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clv.insights.profile import apart, value_counts


def test_values_are_counted_inside_and_in_the_rest() -> None:
    frame = pd.DataFrame(
        {
            "country": ["FR", "FR", "ES", "ES", "FR", "IT"],
            "interests": ["A, B", "A", "", "B", "A, B", "B"],
        }
    )
    kept = np.array([True, True, True, True, True, False])
    group = np.array([True, False, True, False, False, True])
    table = value_counts(frame, kept, group, {"Country": "country", "Interests": "interests"})
    found = {(r["field"], r["value"]): (r["inside"], r["rest"]) for r in table.to_dict("records")}
    assert found["Country", "FR"] == (1, 2)
    assert found["Country", "ES"] == (1, 1)
    assert ("Country", "IT") not in found  # no customer that is kept has it
    assert found["Interests", "A"] == (1, 2)
    assert found["Interests", "B"] == (1, 2)


def counts(*rows: tuple[str, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["value", "inside", "rest"])
    return frame.assign(field="F")


def test_lift_and_corrected_p_values_are_by_the_book() -> None:
    table = apart(counts(("a", 60, 200), ("b", 30, 250), ("c", 1, 40)), 100, 900, 1)
    table = table.set_index("value")
    assert table.loc["a", "lift"] == pytest.approx(0.6 / (200 / 900))
    p = []
    for inside, rest in ((60, 200), (30, 250)):
        pooled = (inside + rest) / 1000
        error = np.sqrt(pooled * (1 - pooled) * (1 / 100 + 1 / 900))
        p.append(2 * (1 - stats.norm.cdf(abs(inside / 100 - rest / 900) / error)))
    p.append(stats.fisher_exact([[1, 99], [40, 860]]).pvalue)
    ranked = sorted(p)  # Benjamini and Hochberg by hand
    q = {v: min(ranked[j] * 3 / (j + 1) for j in range(ranked.index(v), 3)) for v in p}
    for name, value in zip("abc", p, strict=True):
        assert table.loc[name, "q"] == pytest.approx(min(q[value], 1), abs=1e-9)
    assert table["clear"].to_dict() == {"a": True, "b": False, "c": False}
    assert table.index[0] == "a"


def test_where_there_is_no_difference_hardly_anything_is_called_one() -> None:
    rng = np.random.default_rng(1)
    shops_with_a_finding = 0
    for _ in range(200):
        shares = rng.uniform(0.05, 0.5, 30)
        inside, rest = rng.binomial(300, shares), rng.binomial(2000, shares)
        rows = [(str(i), int(a), int(b)) for i, (a, b) in enumerate(zip(inside, rest, strict=True))]
        shops_with_a_finding += bool(apart(counts(*rows), 300, 2000, 20)["clear"].any())
    assert shops_with_a_finding <= 0.09 * 200  # 5 % are expected


def test_a_planted_difference_is_found_among_many() -> None:
    rng = np.random.default_rng(2)
    rows = [(str(i), int(rng.binomial(300, 0.2)), int(rng.binomial(2000, 0.2))) for i in range(40)]
    table = apart(counts(*rows, ("planted", 130, 400)), 300, 2000, 20)
    assert table["value"].iloc[0] == "planted"
    assert bool(table["clear"].iloc[0])


def test_rare_values_and_groups_without_a_rest_say_nothing() -> None:
    assert apart(counts(("a", 3, 4)), 100, 900, 20).empty
    assert apart(counts(("a", 30, 0)), 100, 0, 1).empty
    assert apart(counts(("all", 100, 900)), 100, 900, 1)["q"].tolist() == [1.0]
    only = apart(counts(("a", 30, 0)), 100, 900, 1)
    assert np.isinf(only["lift"].iloc[0])
    assert only["clear"].iloc[0]
