"""What is known of each segment before anything is advised: timing, channel, prices, pairs."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.insights.channels import channel_column
from clv.insights.grouping import GROUP
from clv.insights.lines import Mask
from clv.insights.segments import LIKELY_GONE, usual_name
from clv.insights.timing import due_within, passing_within, silent_longer
from clv.valuation import Interval

SOON, LATER = 7, 30  # days ahead
NOTHING = pd.DataFrame({GROUP: pd.Series(dtype="int64")})


@dataclass(frozen=True)
class Habits:
    """Answers of the order lines by segment (`grp` is the place in `segments_of`); empty without.

    waits: `usual_waits`; second: `second_order_wait` of the whole shop; channels:
    `usual_channels` or `channels_of_rows`; prices: `usual_prices`; pairs: `best_pairs` with
    names in first and second.
    """

    waits: pd.DataFrame = field(default_factory=NOTHING.copy)
    second: tuple[int, float] = (0, float("nan"))
    channels: pd.DataFrame = field(default_factory=NOTHING.copy)
    prices: pd.DataFrame = field(default_factory=NOTHING.copy)
    pairs: pd.DataFrame = field(default_factory=NOTHING.copy)


@dataclass(frozen=True)
class SegmentFigures:
    """Everything that the advice for one segment rests on; None where it cannot be had.

    usual: the usual name of such a segment; waits, channel, price, pair: the segment's row of
    `Habits`; due_soon, due_later: next order expected within 7 and 30 days, of those more
    likely customers than not; past_usual, past_long: silent for longer than a usual or a long
    wait; passing: who get to a long wait within 30 days; once: customers with one purchase day;
    past_second: silent for longer than the shop's usual wait for a second order.
    """

    segment: str
    usual: str
    customers: int
    once: int
    second: tuple[int, float]
    waits: pd.Series | None = None
    channel: pd.Series | None = None
    price: pd.Series | None = None
    pair: pd.Series | None = None
    predicted: Interval | None = None
    due_soon: int | None = None
    due_later: int | None = None
    past_usual: int | None = None
    past_long: int | None = None
    passing: int | None = None
    past_second: int = 0


def segments_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """The names of all segments, in their order."""
    return tuple(map(str, frame[schema.SEGMENT].cat.categories))


def segment_figures(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    habits: Habits,
    members: Mask,
    analysis_date: date,
    next_order_days: npt.NDArray[np.float64] | None,
) -> tuple[SegmentFigures, ...]:
    """The figures of every segment with members, in the usual order of segments.

    frame: as in `Analysis`; table: of `segment_table` over the members; next_order_days: per
    row of the frame, None without a model.
    """
    silent = (pd.Timestamp(analysis_date) - frame[schema.LAST_ORDER]).dt.days.to_numpy(float)
    alive = frame[schema.P_ALIVE].to_numpy(float) >= LIKELY_GONE
    once = frame[schema.FREQUENCY].to_numpy(float) == 0
    names, found = segments_of(frame), []
    for row in table.to_dict("records"):
        name = str(row["name"])
        place = names.index(name)
        inside = members & (frame[schema.SEGMENT] == name).to_numpy(bool)
        figures = SegmentFigures(
            segment=name,
            usual=usual_name(name, frame.loc[inside, schema.RFM]),
            customers=int(inside.sum()),
            once=int((inside & once).sum()),
            waits=_row(habits.waits, place),
            second=habits.second,
            past_second=silent_longer(silent, inside, habits.second[1]),
            channel=_row(habits.channels, place),
            price=_row(habits.prices, place),
            pair=_row(habits.pairs, place),
        )
        if next_order_days is not None:
            figures = replace(
                figures,
                predicted=_interval(row),
                due_soon=due_within(next_order_days, inside & alive, SOON),
                due_later=due_within(next_order_days, inside & alive, LATER),
            )
        if figures.waits is not None:
            usual, long = float(figures.waits["usual"]), float(figures.waits["long"])
            figures = replace(
                figures,
                past_usual=silent_longer(silent, inside, usual),
                past_long=silent_longer(silent, inside, long),
                passing=passing_within(silent, inside, long, LATER),
            )
        found.append(figures)
    return tuple(found)


def channels_of_rows(frame: pd.DataFrame, channels: tuple[str, ...], members: Mask) -> pd.DataFrame:
    """`usual_channels` by segment from a file with one row per customer."""
    codes = frame[schema.SEGMENT].cat.codes
    columns = {c: frame[channel_column(schema.ORDERS, c)].fillna(0.0) for c in channels}
    counts = pd.DataFrame(columns)[members].groupby(np.asarray(codes)[members]).sum()
    counts = counts[counts.sum(axis=1) > 0]
    best = counts.to_numpy().argmax(axis=1)
    orders, known = counts.to_numpy().max(axis=1), counts.to_numpy().sum(axis=1)
    return pd.DataFrame(
        {
            GROUP: counts.index.to_numpy(),
            schema.CHANNEL: [channels[place] for place in best],
            "orders": orders.astype(int),
            "known": known.astype(int),
            "share": orders / known,
        }
    )


def _row(frame: pd.DataFrame, place: int) -> pd.Series | None:
    rows = frame[frame[GROUP] == place]
    return None if rows.empty else rows.iloc[0]


def _interval(row: dict[Hashable, Any]) -> Interval:
    value, low, high = (
        float(row[name])
        for name in (schema.PREDICTED_CLV, schema.PREDICTED_CLV_LOW, schema.PREDICTED_CLV_HIGH)
    )
    return Interval(value, low, high)
