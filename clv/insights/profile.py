"""What sets a group of customers apart from the rest, and whether it is more than chance."""

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from clv import schema
from clv.insights.lines import Mask
from clv.insights.segments import holds_item, list_items

MOST_VALUES: Final = 60  # of one column; further ones are too rare to say anything
FALSE_FINDINGS: Final = 0.05  # of what is called a difference, the share that may be chance
SMALL: Final = 5.0  # expected customers below which the normal approximation does not hold
COLUMNS: Final = ["field", "value", "inside", "share", "rest", "share_rest", "lift", "q", "clear"]


def value_counts(
    frame: pd.DataFrame, kept: Mask, group: Mask, fields: dict[str, str]
) -> pd.DataFrame:
    """How many customers of a group, and of the rest, have each value of some columns.

    kept: the customers that count; group: those of them in the group; fields: what a column is
    called -> the column. Returns field, value, inside, rest (customers).
    """
    rows = []
    for field, column in fields.items():
        values = frame[column]
        if column == schema.INTERESTS:
            found = [(item, holds_item(values, item)) for item in list_items(values)[:MOST_VALUES]]
        else:
            names = values[kept].value_counts().index[:MOST_VALUES]
            found = [(str(name), (values == name).to_numpy(dtype=bool)) for name in names]
        for name, has in found:
            inside = int((has & kept & group).sum())
            rows.append((field, name, inside, int((has & kept).sum()) - inside))
    return pd.DataFrame(rows, columns=["field", "value", "inside", "rest"])


def apart(counts: pd.DataFrame, size: int, size_rest: int, least: int) -> pd.DataFrame:
    """What is more, or less, frequent in a group of `size` customers than in the rest.

    counts: from `value_counts`, also of products bought; least: customers with the value, in
    the group and the rest together, below which nothing is said. Returns field, value, inside,
    share (of the group), rest, share_rest, lift (share / share_rest; infinite where the rest
    has none), q (p-value corrected for the number of comparisons, Benjamini and Hochberg), clear
    (q at most 5 %): first what is clear, the largest ratio either way first.

    p-values: two proportions, or Fisher's exact test where few are expected.
    """
    if not size or not size_rest:
        return pd.DataFrame(columns=COLUMNS)
    table = counts[(counts["inside"] + counts["rest"]) >= max(least, 1)].copy()
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    inside, rest = table["inside"].to_numpy(float), table["rest"].to_numpy(float)
    table["share"], table["share_rest"] = inside / size, rest / size_rest
    with np.errstate(divide="ignore", invalid="ignore"):
        table["lift"] = table["share"] / table["share_rest"]
        size_of = np.abs(np.log(table["lift"]))
    p = np.array([_p_value(a, b, size, size_rest) for a, b in zip(inside, rest, strict=True)])
    table["q"] = stats.false_discovery_control(p)
    table["clear"] = table["q"] <= FALSE_FINDINGS
    table = table.assign(far=size_of).sort_values(
        ["clear", "far", "inside", "value"], ascending=[False, False, False, True], kind="stable"
    )
    return table[COLUMNS].reset_index(drop=True)


def _p_value(inside: float, rest: float, size: int, size_rest: int) -> float:
    """The chance of a difference this large where there is none."""
    share = (inside + rest) / (size + size_rest)
    if share in (0.0, 1.0):
        return 1.0
    if min(share, 1 - share) * min(size, size_rest) < SMALL:
        square = [[inside, size - inside], [rest, size_rest - rest]]
        return float(stats.fisher_exact(np.array(square, dtype=int)).pvalue)
    error = np.sqrt(share * (1 - share) * (1 / size + 1 / size_rest))
    return float(2 * stats.norm.sf(abs(inside / size - rest / size_rest) / error))
