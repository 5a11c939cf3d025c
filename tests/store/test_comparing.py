"""What changed between two analyses: parts that sum to the difference, counted by hand."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clv
from clv import schema
from clv.analysis import evaluate
from clv.store.comparing import (
    AFTER,
    BEFORE,
    BEHAVIOUR,
    IN_BOTH,
    LOST,
    MODEL,
    NEW,
    SETTINGS,
    compare,
)
from tests.store.small_shop import HEADER, lines


def analysed(folder: Path, rows: list[str], settings: clv.Settings | None = None) -> clv.Analysis:
    folder.mkdir(exist_ok=True)
    path = folder / "orders.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    raw = clv.read(path)
    return clv.analyse(
        clv.clean(raw, clv.suggest_mapping(raw), clv.Rules()), settings or clv.Settings(margin=0.3)
    )


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[clv.Analysis, clv.Analysis]:
    """Up to the end of October without C002; the whole year without C001 and C003."""
    folder, rows = tmp_path_factory.mktemp("two"), lines()
    early = [r for r in rows if r.split(",")[3] < "2024-11-01" and not r.startswith("C002")]
    late = [r for r in rows if r[:4] not in ("C001", "C003")]
    return analysed(folder / "early", early), analysed(folder / "late", late)


def steps(frame, column: str) -> dict[str, float]:
    return dict(zip(frame["step"], frame[column], strict=True))


def test_the_parts_sum_to_the_difference(two) -> None:
    found = compare(*two)
    for frame, column in ((found.value, schema.PREDICTED_CLV), (found.revenue, schema.REVENUE)):
        parts = steps(frame, column)
        whole = parts.pop(AFTER) - parts.pop(BEFORE)
        assert sum(parts.values()) == pytest.approx(whole, abs=1e-9)
    totals = [a.totals.predicted_clv.value for a in two]
    parts = steps(found.value, schema.PREDICTED_CLV)
    assert [parts[BEFORE], parts[AFTER]] == pytest.approx(totals)


def test_new_and_lost_are_counted_and_valued_by_hand(two) -> None:
    before, after = two
    one, other = (set(a.frame[schema.CUSTOMER_ID]) for a in two)
    value = [a.frame.set_index(schema.CUSTOMER_ID)[schema.PREDICTED_CLV].to_dict() for a in two]
    found = compare(before, after)
    parts = steps(found.value, schema.PREDICTED_CLV)
    counts = steps(found.value, "customers")
    assert {"C001", "C003"} <= one - other
    assert "C002" in other - one
    assert (counts[LOST], counts[NEW]) == (len(one - other), len(other - one))
    assert parts[LOST] == pytest.approx(-sum(value[0][id] for id in one - other))
    assert parts[NEW] == pytest.approx(sum(value[1][id] for id in other - one))
    money = [a.frame.set_index(schema.CUSTOMER_ID)[schema.REVENUE].to_dict() for a in two]
    both = sum(money[1][id] - money[0][id] for id in one & other)
    assert steps(found.revenue, schema.REVENUE)[IN_BOTH] == pytest.approx(both)


def test_compared_with_itself_nothing_has_changed(two) -> None:
    found = compare(two[0], two[0])
    parts = steps(found.value, schema.PREDICTED_CLV)
    assert [parts[name] for name in (LOST, MODEL, BEHAVIOUR, SETTINGS, NEW)] == [0.0] * 5
    assert (found.moves["segment_before"] == found.moves["segment_after"]).all()


def test_the_same_data_by_another_model_is_model_drift_alone(two) -> None:
    after = two[1]
    other = clv.analyse(after.shop, clv.Settings(margin=0.3, model="Same rate as before"))
    parts = steps(compare(after, other).value, schema.PREDICTED_CLV)
    whole = other.totals.predicted_clv.value - after.totals.predicted_clv.value
    assert abs(whole) > 1
    assert parts[MODEL] == pytest.approx(whole)
    assert [parts[BEHAVIOUR], parts[SETTINGS]] == pytest.approx([0.0, 0.0], abs=1e-9)


@given(
    margin=st.floats(0.05, 1.0),
    months=st.integers(1, 36),
    discount=st.floats(0.0, 0.5),
)
def test_other_settings_alone_are_settings_alone(two, margin, months, discount) -> None:
    before = two[0]
    settings = clv.Settings(margin=margin, horizon_months=months, annual_discount=discount)
    after = evaluate(before.prepared, settings)
    parts = steps(compare(before, after).value, schema.PREDICTED_CLV)
    whole = after.totals.predicted_clv.value - before.totals.predicted_clv.value
    assert parts[SETTINGS] == pytest.approx(whole, abs=1e-6)
    assert [parts[MODEL], parts[BEHAVIOUR]] == pytest.approx([0.0, 0.0], abs=1e-6)


def test_segments_and_moves_are_counted_by_hand(two) -> None:
    before, after = two
    found = compare(before, after)
    one, other = (
        a.frame.set_index(schema.CUSTOMER_ID)[schema.SEGMENT].astype(str).to_dict() for a in two
    )
    moves = Counter((one[id], other[id]) for id in one.keys() & other.keys())
    got = {
        (row.segment_before, row.segment_after): row.customers for row in found.moves.itertuples()
    }
    assert got == dict(moves)
    for row in found.segments.itertuples():
        assert row.customers_before == Counter(one.values())[row.segment]
        assert row.customers_after == Counter(other.values())[row.segment]
    for a, side in ((before, "before"), (after, "after")):
        total = found.segments[f"{schema.PREDICTED_CLV}_{side}"].sum()
        assert np.isclose(total, a.frame[schema.PREDICTED_CLV].sum())


def test_without_a_model_revenue_and_segments_are_still_compared(two, tmp_path: Path) -> None:
    tiny = analysed(
        tmp_path / "tiny", ["A,a@x.example,O1,2024-01-01,10,R1", "B,b@x.example,O2,2024-01-01,5,R1"]
    )
    assert tiny.valuation is None
    found = compare(tiny, two[0])
    assert found.value is None
    assert found.problem
    assert steps(found.revenue, schema.REVENUE)[LOST] == pytest.approx(-15)
