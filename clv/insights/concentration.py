"""How unevenly value is spread over customers."""

import numpy as np
import pandas as pd

POINTS = 101


def concentration_curve(values: pd.Series) -> pd.DataFrame:
    """Share of value held by the best customers.

    Returns share_of_customers and share_of_value (0 to 1), sorted from the best customer on;
    101 points, empty when there is no value.
    """
    ranked = np.sort(values.clip(lower=0).dropna().to_numpy())[::-1]
    total = ranked.sum()
    if total <= 0:
        return pd.DataFrame({"share_of_customers": [], "share_of_value": []})
    held = np.concatenate([[0.0], np.cumsum(ranked) / total])
    shares = np.linspace(0, 1, POINTS)
    return pd.DataFrame(
        {
            "share_of_customers": shares,
            "share_of_value": np.interp(shares, np.arange(len(held)) / len(ranked), held),
        }
    )


def share_of_best(values: pd.Series, share: float = 0.2) -> float:
    """Share of value held by the best `share` of the customers; NaN when there is none."""
    curve = concentration_curve(values)
    if curve.empty:
        return float("nan")
    return float(np.interp(share, curve["share_of_customers"], curve["share_of_value"]))
