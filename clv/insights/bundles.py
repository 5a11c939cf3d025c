"""What the customers of each group buy together: the pair that stands out most from chance."""

from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy import stats

from clv import schema
from clv.insights.grouping import GROUP, with_group
from clv.insights.lines import CUSTOMER, ORDER

MOST: Final = 40  # products looked at: those on most lines of the customers asked about
FEWEST_BASKETS: Final = 20  # orders with both, before a pair is advised
CHANCE: Final = 0.05  # that any pair of a group passes although nothing goes together

COLUMNS: Final = [GROUP, "first", "second", "both", "first_orders", "second_orders", "baskets"]


def best_pairs(lines: ir.Table, groups: bytes, column: str) -> pd.DataFrame:
    """Per group the pair of products with the highest lift that chance does not explain.

    column: of the level whose values are paired. Pairs need FEWEST_BASKETS orders with both and
    a lift beyond what chance gives the best of all pairs looked at. Returns grp, first, second,
    both, first_orders, second_orders, baskets (orders with any product), lift; groups without
    such a pair are left out.
    """
    pairs, products = _counts(lines, groups, column)
    independent = pairs["first_orders"] * pairs["second_orders"] / pairs["baskets"]
    pairs["lift"] = pairs["both"] / independent
    looked_at = max(products * (products - 1) // 2, 1)
    limit = stats.norm.ppf(1 - CHANCE / looked_at)
    # The logarithm of a count scatters by one over its root.
    clear = np.log(pairs["lift"]) * np.sqrt(pairs["both"]) > limit
    enough = pairs["both"] >= FEWEST_BASKETS
    best: pd.DataFrame = pairs[clear & enough].sort_values(
        [GROUP, "lift", "first", "second"], ascending=[True, False, True, True]
    )
    return best.drop_duplicates(GROUP).reset_index(drop=True)


def _counts(lines: ir.Table, groups: bytes, column: str) -> tuple[pd.DataFrame, int]:
    """Orders with both products of each pair, with either, and of the group; and how many
    products were looked at."""
    bought = lines.filter(~lines[schema.IS_REFUND], lines[column].notnull())
    sizes = bought.group_by(name=bought[column]).aggregate(lines=bought.count())
    top = sizes.order_by([ibis.desc("lines"), "name"]).limit(MOST).execute()
    top["place"] = np.arange(len(top), dtype=np.int32)  # numbers join faster than names
    known = ibis.memtable(top[["name", "place"]])
    held = bought.inner_join(known, bought[column] == known.name)
    held = with_group(held.select(CUSTOMER, ORDER, "place").distinct(), groups)
    few = held.select(GROUP, ORDER, "place")
    other = held.select(ORDER, other=held.place)
    both = few.inner_join(other, [ORDER, few.place <= other.other])  # each with itself: its orders
    found = both.group_by([GROUP, "place", "other"]).aggregate(both=both.count()).execute()
    baskets = with_group(bought.select(CUSTOMER, ORDER).distinct(), groups)
    whole = baskets.group_by(GROUP).aggregate(baskets=baskets.count()).execute()
    alone = found[found["place"] == found["other"]][[GROUP, "place", "both"]]
    frame = found[found["place"] != found["other"]].merge(whole, on=GROUP)
    for place, name in (("place", "first"), ("other", "second")):
        own = alone.set_axis([GROUP, place, f"{name}_orders"], axis=1)
        frame = frame.merge(own, on=[GROUP, place])
        frame[name] = top["name"].to_numpy()[frame[place]]
    return frame[COLUMNS], len(top)
