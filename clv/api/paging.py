"""Customers in an order, page by page: a page begins after the last customer of the one before.

The cursor holds that customer's value and id, so that a page is right whatever came before it,
also where the customer itself is gone.
"""

import base64
import json
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.errors import InvalidSettings

SORTABLE: Final = (
    schema.CUSTOMER_ID,
    schema.FIRST_ORDER,
    schema.LAST_ORDER,
    schema.FREQUENCY,
    schema.RECENCY,
    schema.T,
    schema.MONETARY,
    schema.ORDERS,
    schema.REVENUE,
    schema.P_ALIVE,
    schema.EXPECTED_ORDERS,
    schema.EXPECTED_ORDER_VALUE,
    schema.HISTORIC_VALUE,
    schema.PREDICTED_CLV,
    schema.TOTAL_VALUE,
    schema.P_ORDER_30D,
)
SORTS: Final = tuple(f"{sign}{name}" for name in SORTABLE for sign in ("", "-"))
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Sort:
    """By one column, and among equals by customer_id; missing values come last."""

    column: str
    falling: bool

    @classmethod
    def parse(cls, text: str) -> "Sort":
        """ "-predicted_clv" is the highest first."""
        return cls(text.removeprefix("-"), text.startswith("-"))

    def __str__(self) -> str:
        return f"{'-' if self.falling else ''}{self.column}"

    def order(self, frame: pd.DataFrame, chosen: Places) -> Places:
        """The chosen places of the frame, which is sorted by customer_id, in this order."""
        if self.column == schema.CUSTOMER_ID:
            return chosen[::-1] if self.falling else chosen
        keys = self._keys(frame)[chosen]
        return np.asarray(chosen[np.argsort(keys, kind="stable")])

    def cursor(self, frame: pd.DataFrame, place: int) -> str:
        """What the page after this customer begins with."""
        key = float(self._keys(frame)[place]) if self.column != schema.CUSTOMER_ID else 0.0
        who = str(frame[schema.CUSTOMER_ID].iloc[place])
        value = None if math.isinf(key) else key
        text = json.dumps([str(self), value, who], ensure_ascii=False)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def after(self, frame: pd.DataFrame, ordered: Places, cursor: str) -> Places:
        """The part of the ordered places that comes after a cursor. Raises InvalidSettings."""
        value, who = self._parse(cursor)
        ids = frame[schema.CUSTOMER_ID].to_numpy()[ordered]
        if self.column == schema.CUSTOMER_ID:
            later = ids < who if self.falling else ids > who
            return np.asarray(ordered[np.asarray(later, dtype=bool)])
        keys = self._keys(frame)[ordered]
        later = (keys > value) | ((keys == value) & np.asarray(ids > who, dtype=bool))
        return np.asarray(ordered[later])

    def _keys(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Numbers that rise in this order; infinite where the value is missing."""
        values = frame[self.column]
        if pd.api.types.is_datetime64_any_dtype(values):
            values = (values - pd.Timestamp(0)).dt.total_seconds()
        keys = values.to_numpy(dtype=np.float64, na_value=np.nan)
        keys = -keys if self.falling else keys
        return np.where(np.isfinite(keys), keys, np.inf)

    def _parse(self, cursor: str) -> tuple[float, str]:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            found: Any = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
            sort, value, who = found
            known = sort == str(self) and isinstance(who, str)
            number = math.inf if value is None else float(value)
        except (ValueError, TypeError, RecursionError):
            known = False
        if not known:
            raise InvalidSettings(
                "The cursor does not belong to this list.",
                "Take `after` from the page before, with the same sort.",
            )
        return number, who
