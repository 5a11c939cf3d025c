"""Week by week: the repeat purchases that came, and those that the model would have foretold."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.models import PurchaseModel
from clv.models.ladder import RULE
from clv.models.pairs import distinct_pairs
from clv.models.tables import expected_table
from clv.validation.holdout import Holdout

Floats = npt.NDArray[np.float64]

ACTUAL, MODEL = "Actual", "Model"


def tracking(model: PurchaseModel, holdout: Holdout) -> pd.DataFrame:
    """Cumulative repeat purchases of the customers known at the split, at the end of each week.

    Up to the split the model's line is what it expects of customers it knows nothing of but
    their first day; after it, the forecast for what each had done by then, on top of the actual
    number. Returns week_end, kind ("Actual", "Model"), purchases (cumulative), split.
    """
    window = (holdout.end - holdout.first).days
    split = (holdout.split - holdout.first).days
    first, repeat = _per_day(holdout, window)
    ends = np.unique(np.append(np.arange(6, window, 7), window))
    actual = np.cumsum(repeat)[ends]
    before = ends <= split
    known = float(np.cumsum(repeat)[split])
    foretold = np.concatenate(
        [
            actual[before] if model.name == RULE else _unseen(model, first, ends[before]),
            known + _forecast(model, holdout, ends[~before] - split),
        ]
    )
    days = pd.Timestamp(holdout.first) + pd.to_timedelta(ends, unit="D")
    lines = [
        pd.DataFrame({"week_end": days, "kind": kind, "purchases": values})
        for kind, values in ((ACTUAL, actual), (MODEL, foretold))
    ]
    return pd.concat(lines, ignore_index=True).assign(split=pd.Timestamp(holdout.split))


def _per_day(holdout: Holdout, window: int) -> tuple[Floats, Floats]:
    """First and repeat purchases on each day of the window."""
    day = (holdout.daily["day"] - pd.Timestamp(holdout.first)).dt.days.to_numpy()
    first, repeat = (
        np.bincount(day, holdout.daily[name].to_numpy(float), window + 1).astype(float)
        for name in ("first", "repeat")
    )
    return first, repeat


def _unseen(model: PurchaseModel, first: Floats, ends: Floats) -> Floats:
    """Expected repeat purchases by the given days of customers who began on their first days."""
    if not len(ends):
        return np.zeros(0)
    age = np.arange(float(ends.max()) + 1)
    began = first[: len(age)]
    return np.asarray(np.convolve(began, model.expected_purchases_new(age))[ends.astype(int)])


def _forecast(model: PurchaseModel, holdout: Holdout, after: Floats) -> Floats:
    """Expected purchases of all customers within so many days after the split."""
    x, t_x, T = (
        holdout.customers[name].to_numpy(float)
        for name in (schema.FREQUENCY, schema.RECENCY, schema.T)
    )
    pairs = distinct_pairs(x, T)
    alive = np.bincount(pairs.index, model.probability_alive(x, t_x, T), len(pairs.x))
    return np.asarray(alive @ expected_table(model, pairs, after.astype(float)))
