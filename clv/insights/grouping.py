"""Groups of customers, such as segments, joined to the order lines in the engine."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.insights.lines import CUSTOMER, Mask

GROUP = "grp"  # column with the number of the customer's group, from 0


def group_codes(column: pd.Series, names: Sequence[str], kept: Mask | None = None) -> bytes:
    """The group of each customer as one byte (place of the value in `names`), -1 for none.

    Bytes, because questions to the lines are cached by their arguments. Up to 127 names.
    """
    place = {name: number for number, name in enumerate(names)}
    found, values = pd.factorize(column)
    # The last one is for a missing value, whose code is -1.
    codes = np.array([*(place.get(value, -1) for value in values), -1], dtype=np.int8)[found]
    return (codes if kept is None else np.where(kept, codes, np.int8(-1))).tobytes()


def decoded(groups: bytes) -> npt.NDArray[np.int8]:
    """The codes behind the bytes of `group_codes`."""
    return np.frombuffer(groups, dtype=np.int8)


def with_group(lines: ir.Table, groups: bytes) -> ir.Table:
    """The lines of the customers that are in a group, with its number as GROUP."""
    codes = decoded(groups)
    places = np.flatnonzero(codes >= 0)
    members = pd.DataFrame({CUSTOMER: places.astype(np.int32), GROUP: codes[places]})
    return lines.inner_join(ibis.memtable(members), CUSTOMER)
