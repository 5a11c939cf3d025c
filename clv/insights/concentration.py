"""How unevenly value is spread over customers."""

import math

import numpy as np
import pandas as pd

from clv.insights.selection import PREDICTED, Condition

POINTS = 101


def concentration_curve(values: pd.Series) -> pd.DataFrame:
    """Share of predicted CLV held by the best customers.

    Returns share_of_customers and share_of_value (0 to 1), sorted from the best customer on, and
    condition (keeps these customers, to the cent); 101 points, empty when there is no value.
    """
    ranked = np.sort(values.clip(lower=0).dropna().to_numpy())[::-1]
    total = ranked.sum()
    if total <= 0:
        return pd.DataFrame({"share_of_customers": [], "share_of_value": [], "condition": []})
    held = np.concatenate([[0.0], np.cumsum(ranked) / total])
    shares = np.linspace(0, 1, POINTS)
    last = np.clip(np.ceil(shares * len(ranked) - 1e-9).astype(int) - 1, 0, None)
    return pd.DataFrame(
        {
            "share_of_customers": shares,
            "share_of_value": np.interp(shares, np.arange(len(held)) / len(ranked), held),
            "condition": [
                str(Condition(PREDICTED, f"{math.floor(least * 100) / 100:.2f}", "at least"))
                for least in ranked[last]
            ],
        }
    )


def share_of_best(values: pd.Series, share: float = 0.2) -> float:
    """Share of value held by the best `share` of the customers; NaN when there is none."""
    curve = concentration_curve(values)
    if curve.empty:
        return float("nan")
    return float(np.interp(share, curve["share_of_customers"], curve["share_of_value"]))
