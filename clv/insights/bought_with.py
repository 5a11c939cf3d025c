"""What is bought together with a product or a group: in the same order, or by the same people."""

from typing import Final, Literal

import ibis.expr.types as ir
import pandas as pd

from clv import schema
from clv.insights.lines import CUSTOMER, ORDER
from clv.insights.products import NAME, named

Unit = Literal["customer", "order"]
UNITS: Final[tuple[Unit, ...]] = (ORDER, CUSTOMER)
COLUMNS: Final = [NAME, "together", "with_it", "with_other", "units", "support", "confidence"]


def bought_with(
    lines: ir.Table, column: str, value: str, other: str, unit: Unit, overlap: tuple[str, ...]
) -> pd.DataFrame:
    """How often each group of the level in column `other` is bought with `value` of `column`.

    unit: "order" counts orders, "customer" counts customers, whenever they bought the two;
    overlap: groups that share a product with the chosen one (`shares_products`), left out.
    Refunds never count. Returns name, together (units with both), with_it (with the chosen
    one), with_other, units (all with a purchase), support (together / units), confidence
    (together / with_it), lift (confidence / (with_other / units)); most together first.
    """
    bought = lines.filter(~lines[schema.IS_REFUND], lines[unit].notnull())
    units = int(bought[unit].nunique().execute())
    chosen = bought.filter(bought[column] == value).select(unit).distinct()
    with_it = int(chosen.count().execute())
    partners = named(bought, other)
    counts = {}
    # Counted in the engine as they are: to make the pairs distinct first takes twice as long.
    near = partners.semi_join(chosen, unit)
    for name, lines_of in (("with_other", partners), ("together", near)):
        groups = lines_of.group_by(name=lines_of[other])
        counts[name] = groups.aggregate(**{name: lines_of[unit].nunique()}).execute()
    found: pd.DataFrame = counts["together"].merge(counts["with_other"], on=NAME)
    found = found[~found[NAME].isin(overlap)].assign(with_it=with_it, units=units)
    found["support"] = found["together"] / max(units, 1)
    found["confidence"] = found["together"] / max(with_it, 1)
    found = found[COLUMNS].sort_values(["together", NAME], ascending=[False, True])
    expected = found["with_other"] / max(units, 1)
    found["lift"] = found["confidence"] / expected
    return found.reset_index(drop=True)


def shares_products(items: pd.DataFrame, label: str, value: str, other: str) -> tuple[str, ...]:
    """The groups of level `other` that hold a product of `value`: itself, what it belongs to and
    what belongs to it. label, other: columns of `items` (`Lines.items`; "product" for products).
    """
    inside = items[items[label] == value]
    return tuple(str(name) for name in inside[other].unique())


def strongest(pairs: pd.DataFrame, least: int, most: int, by: str = "lift") -> pd.DataFrame:
    """The pairs seen at least `least` times, highest `by` (lift, confidence) first, at most `most`
    of them."""
    enough = pairs[pairs["together"] >= least]
    order = enough.sort_values([by, "together", NAME], ascending=[False, False, True])
    return order.head(most).reset_index(drop=True)
