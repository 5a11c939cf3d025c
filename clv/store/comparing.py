"""Two analyses side by side: what changed in predicted CLV, revenue and segments, and why.

Predicted CLV of the earlier one
  - lost: what was expected of customers who are no longer in the data
  + model: the same orders of those in both, seen by the later model in place of the earlier one
  + behaviour: what those in both have done since, and the days that have passed
  + settings: another margin, horizon or discount
  + new: what is expected of customers who were not in the data before
  = predicted CLV of the later one.

Each step is measured with the ones before it done, so the parts sum to the difference.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.analysis import Analysis, ModelResult
from clv.errors import NotEnoughData
from clv.settings import Settings
from clv.valuation import look_ahead, month_ends, value_customers

Floats = npt.NDArray[np.float64]

BEFORE: Final = "Before"
LOST: Final = "Lost customers"
MODEL: Final = "Model drift"
BEHAVIOUR: Final = "Behaviour"
SETTINGS: Final = "Settings"
NEW: Final = "New customers"
AFTER: Final = "After"
IN_BOTH: Final = "Customers in both"


@dataclass(frozen=True)
class Comparison:
    """What changed from one analysis to another. Money as in each analysis.

    value: step, customers, predicted_clv; its first row is the earlier total, its last the later
        one, and those between sum to the difference; None where `problem` says why.
    revenue: step, customers, revenue, in the same way.
    segments: segment, customers_before, customers_after, predicted_clv_before, ..._after.
    moves: segment_before, segment_after, customers, of customers in both.
    """

    value: pd.DataFrame | None
    revenue: pd.DataFrame
    segments: pd.DataFrame
    moves: pd.DataFrame
    problem: NotEnoughData | None = None


def compare(before: Analysis, after: Analysis) -> Comparison:
    """What changed from one analysis to another of the same customers' shop."""
    common = _Common.of(before, after)
    problem = None
    if before.valuation is None or after.valuation is None:
        problem = NotEnoughData(
            "One of the two has no model, so their predicted CLV cannot be compared.",
            "Revenue and segments can.",
        )
    return Comparison(
        value=None if problem else _value(before, after, common),
        revenue=_revenue(before, after, common),
        segments=_segments(before, after),
        moves=_moves(before, after, common),
        problem=problem,
    )


@dataclass(frozen=True)
class _Common:
    """Places in the earlier and the later frame of customers in both, in one order; and masks of
    those who are in one only."""

    before: npt.NDArray[np.intp]
    after: npt.NDArray[np.intp]
    lost: npt.NDArray[np.bool_]
    new: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, before: Analysis, after: Analysis) -> "_Common":
        one, two = (pd.Index(a.frame[schema.CUSTOMER_ID]) for a in (before, after))
        place = one.get_indexer(two)
        there = place >= 0
        lost = np.ones(len(one), dtype=bool)
        lost[place[there]] = False
        return cls(place[there], np.flatnonzero(there), lost, ~there)


def _value(before: Analysis, after: Analysis, common: _Common) -> pd.DataFrame:
    assert before.valuation is not None
    assert after.valuation is not None
    first, last = before.valuation.value, after.valuation.value
    drifted = _valued(before, after.model, before.settings, before.margin)
    behaved = _valued(after, after.model, before.settings, before.margin)
    both = len(common.before)
    start = first[common.before].sum()
    with_model = drifted[common.before].sum()
    with_data = behaved[common.after].sum()
    rows = [
        (BEFORE, len(first), first.sum()),
        (LOST, int(common.lost.sum()), 0.0 - first[common.lost].sum()),
        (MODEL, both, with_model - start),
        (BEHAVIOUR, both, with_data - with_model),
        (SETTINGS, both, last[common.after].sum() - with_data),
        (NEW, int(common.new.sum()), last[common.new].sum()),
        (AFTER, len(last), last.sum()),
    ]
    return pd.DataFrame(rows, columns=["step", "customers", schema.PREDICTED_CLV])


def _valued(data: Analysis, model: ModelResult, settings: Settings, margin: float) -> Floats:
    """Predicted CLV of the customers of one analysis by the model and settings of another."""
    assert model.purchases is not None
    assert model.spend is not None
    prepared = data.prepared
    outlook = look_ahead(
        prepared.customers,
        model.purchases,
        model.spend,
        month_ends(prepared.analysis_date, settings.horizon_months),
        firsts_count=prepared.shop.by_customer,
    )
    return value_customers(
        outlook,
        horizon_months=settings.horizon_months,
        annual_discount=settings.annual_discount,
        margin=margin,
        coverage=settings.coverage,
    ).value


def _revenue(before: Analysis, after: Analysis, common: _Common) -> pd.DataFrame:
    first, last = (a.frame[schema.REVENUE].to_numpy(float) for a in (before, after))
    more = last[common.after].sum() - first[common.before].sum()
    rows = [
        (BEFORE, len(first), first.sum()),
        (LOST, int(common.lost.sum()), 0.0 - first[common.lost].sum()),
        (IN_BOTH, len(common.before), more),
        (NEW, int(common.new.sum()), last[common.new].sum()),
        (AFTER, len(last), last.sum()),
    ]
    return pd.DataFrame(rows, columns=["step", "customers", schema.REVENUE])


def _segments(before: Analysis, after: Analysis) -> pd.DataFrame:
    sides = []
    for analysis, side in ((before, "before"), (after, "after")):
        each = analysis.frame.groupby(schema.SEGMENT, observed=True)
        found = each.agg(
            **{
                f"customers_{side}": (schema.CUSTOMER_ID, "size"),
                f"{schema.PREDICTED_CLV}_{side}": (schema.PREDICTED_CLV, "sum"),
            }
        )
        sides.append(found.set_axis(found.index.astype(str)))
    table = sides[0].join(sides[1], how="outer").fillna(0.0)
    counts = {f"customers_{side}": "int64" for side in ("before", "after")}
    table = table.astype(counts).rename_axis(schema.SEGMENT).reset_index()
    order = [
        *(schema.SEGMENT, *counts),
        *(f"{schema.PREDICTED_CLV}_before", f"{schema.PREDICTED_CLV}_after"),
    ]
    return table[order]


def _moves(before: Analysis, after: Analysis, common: _Common) -> pd.DataFrame:
    pairs = pd.DataFrame(
        {
            "segment_before": before.frame[schema.SEGMENT].astype(str).to_numpy()[common.before],
            "segment_after": after.frame[schema.SEGMENT].astype(str).to_numpy()[common.after],
        }
    )
    counted = pairs.value_counts().rename("customers").reset_index()
    return counted.sort_values(
        ["customers", "segment_before", "segment_after"], ascending=[False, True, True]
    ).reset_index(drop=True)
