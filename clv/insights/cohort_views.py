"""Cohort tables made ready to be looked at: one measure, the latest cohorts, what is masked."""

from typing import Final, Literal

import numpy as np
import pandas as pd

from clv.insights.cohorts import FORECAST, OBSERVED

Against = Literal["Age in months", "Calendar month"]
AGAINST: Final[tuple[Against, ...]] = ("Age in months", "Calendar month")
MOST: Final = 36  # cohorts that a chart shows, the latest ones


def grid(cells: pd.DataFrame, measure: str, against: Against) -> pd.DataFrame:
    """The cells of one measure that can be shown.

    cells: of `with_forecast`; measure: retention, customers, orders, revenue or value. Returns
    cohort, label (cohort and its size), place (age, or the month), figure, kind, size, small,
    month, age; months that the file covers in part only and figures that nobody knows are absent.
    """
    latest = np.sort(cells["cohort"].unique())[-MOST:]
    known = cells["complete"] & cells[measure].notna() & cells["cohort"].isin(latest)
    found = cells[known]
    labels = [
        f"{cohort} ({size:,}{', few' if small else ''})"
        for cohort, size, small in zip(found["cohort"], found["size"], found["small"], strict=True)
    ]
    return pd.DataFrame(
        {
            "cohort": found["cohort"],
            "label": pd.Series(labels, index=found.index, dtype=object),
            "place": found["age"] if against == "Age in months" else found["month"],
            "figure": found[measure].astype(float),
            "kind": found["kind"],
            "size": found["size"],
            "small": found["small"],
            "month": found["month"],
            "age": found["age"],
        }
    ).reset_index(drop=True)


def top(shown: pd.DataFrame) -> float:
    """Where the scale of colours ends: the highest figure after the month of acquisition.

    That month holds every customer of its cohort, and would make all others look alike.
    """
    later = shown.loc[shown["age"] > 0, "figure"]
    highest = float((later if len(later) else shown["figure"]).max()) if len(shown) else 0.0
    return highest if highest > 0 else 1.0


def growth(cells: pd.DataFrame) -> pd.DataFrame:
    """Margin so far per customer by age, a line per cohort and kind that meet in one point.

    cells: of `with_forecast`. Returns cohort, age, figure (money), kind, size, small; of the
    latest MOST cohorts.
    """
    shown = grid(cells, "value", "Age in months")
    seen = shown[shown["kind"] == OBSERVED]
    joints = seen.loc[seen.groupby("cohort")["age"].idxmax()].assign(kind=FORECAST)
    joints = joints[joints["cohort"].isin(shown.loc[shown["kind"] == FORECAST, "cohort"])]
    both = pd.concat([shown, joints], ignore_index=True)
    both = both.sort_values(["cohort", "kind", "age"], ascending=[True, False, True])
    return both[["cohort", "age", "figure", "kind", "size", "small"]].reset_index(drop=True)


def usual_retention(cells: pd.DataFrame, age: int) -> float:
    """Share of all customers watched at an age who ordered in that month (0 to 1)."""
    at = cells[(cells["age"] == age) & cells["complete"] & (cells["kind"] == OBSERVED)]
    size = float(at["size"].sum())
    return float(at["customers"].sum()) / size if size else float("nan")
