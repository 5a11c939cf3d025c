"""Whether two analyses are the same, figure for figure, down to the last bit."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal

from clv import schema
from clv.analysis import Analysis


def assert_same(one: Analysis, two: Analysis) -> None:
    """Every figure that a page shows is equal, not only nearly."""
    exact: dict[str, Any] = {"check_exact": True}
    assert_frame_equal(one.customers(), two.customers(), **exact)
    for by in (schema.SEGMENT, schema.TIER, schema.CUSTOMER_STATUS):
        assert_frame_equal(one.segments(by), two.segments(by), **exact)
    assert_frame_equal(one.decomposition, two.decomposition, **exact)
    assert_equal(one.formula, two.formula)
    assert_equal(one.totals, two.totals)
    assert_equal(one.scorecard, two.scorecard)
    assert (one.settings, one.margin, one.margin_source) == (
        two.settings,
        two.margin,
        two.margin_source,
    )
    assert (one.verdict, one.cautions, one.rfm_cuts) == (two.verdict, two.cautions, two.rfm_cuts)
    assert_equal(one.model.purchases, two.model.purchases)
    assert_equal(one.model.spend, two.model.spend)
    # Means of times that the engine takes on all cores differ in the last bit from run to run.
    assert [f.sentence for f in one.prepared.findings] == [
        f.sentence for f in two.prepared.findings
    ]
    assert one.shop.in_short == two.shop.in_short
    assert_frame_equal(one.shop.ledger.rejected_rows(), two.shop.ledger.rejected_rows(), **exact)
    assert_frame_equal(one.shop.ledger.changed_rows(), two.shop.ledger.changed_rows(), **exact)


def assert_equal(one: Any, two: Any) -> None:
    """Equal values; not a number is equal to itself."""
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        assert type(one) is type(two)
        for field in dataclasses.fields(one):
            assert_equal(getattr(one, field.name), getattr(two, field.name))
    elif isinstance(one, pd.DataFrame):
        assert_frame_equal(one, two, check_exact=True)
    elif isinstance(one, tuple):
        assert len(one) == len(two)
        for a, b in zip(one, two, strict=True):
            assert_equal(a, b)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, two)
    elif isinstance(one, float) and one != one:
        assert two != two
    else:
        assert one == two
