"""The habits of each customer: the channel they prefer, and what they usually pay."""

from typing import Final

import numpy as np
import pandas as pd

from clv import schema
from clv.insights.lines import CUSTOMER, Lines, Mask
from clv.insights.price_points import CATEGORY, category_level, most_ordered, price_ranges

MAIN_CATEGORY: Final = "main_category"
PRICE_COLUMNS: Final = ("price_low", "price_median", "price_high")


def has_prices(lines: Lines) -> bool:
    """Whether the file says how many pieces a line holds, so that a piece has a price."""
    return bool({schema.QUANTITY, schema.UNIT_PRICE} & set(lines.roles))


def habits(lines: Lines, kept: Mask) -> pd.DataFrame:
    """One row per customer of `kept` (a mask over the analysis), their place as index.

    Returns main_channel (where the file has channels: that of most orders; of two with as many
    the one with more net revenue, then the latest), main_category (of the coarsest level, where
    there is one, in the same way) and price_low, price_median, price_high: the usual prices in
    the main category, or of everything where there are no categories.
    """
    found = pd.DataFrame(index=pd.Index(np.flatnonzero(kept), name=CUSTOMER))
    if schema.CHANNEL in lines.roles:
        channels = lines.ask(most_ordered, kept, (), schema.CHANNEL).set_index(CUSTOMER)
        found[schema.MAIN_CHANNEL] = channels["value"].reindex(found.index)
    level = category_level(lines)
    if level is not None:
        main = lines.ask(most_ordered, kept, (), lines.level_column(level)).set_index(CUSTOMER)
        found[MAIN_CATEGORY] = main["value"].reindex(found.index)
    if has_prices(lines):
        found = found.join(_usual_prices(lines, kept, level, found))
    return found


def _usual_prices(lines: Lines, kept: Mask, level: str | None, found: pd.DataFrame) -> pd.DataFrame:
    """The price range of each customer, in the main category where there are categories."""
    if level is None:
        ranges = lines.ask(price_ranges, kept).set_index(CUSTOMER)
        return ranges[list(PRICE_COLUMNS)]
    ranges = lines.ask(price_ranges, kept, (), lines.level_column(level))
    wanted = ranges[CUSTOMER].map(found[MAIN_CATEGORY])
    main = ranges[(ranges[CATEGORY] == wanted).fillna(False)]
    return main.set_index(CUSTOMER)[list(PRICE_COLUMNS)]
