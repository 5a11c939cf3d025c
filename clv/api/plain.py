"""Frames as plain JSON values: no NaN, no infinity, days as days, keys as text."""

import math
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame."""
    columns = {str(name): _values(frame[name]) for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def plain(value: Any) -> Any:
    """One value."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):  # also pd.Timestamp
        return value.date() if value.time() == datetime.min.time() else value
    return value


def _values(column: "pd.Series[Any]") -> list[Any]:
    return [plain(value) for value in column.tolist()]
