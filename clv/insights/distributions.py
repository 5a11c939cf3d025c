"""How value and P(alive) are spread over the customers, binned for charts.

Every bin says the `condition` that selects its customers (`clv.insights.selection`); where it
takes several, one per line.
"""

import numpy as np
import pandas as pd

from clv import schema
from clv.insights.selection import PREDICTED, REPEATS, SILENT, Condition, between
from clv.intake.wording import percent

VALUE_BINS = 30
GRID_BINS = 12


def value_distribution(predicted_clv: pd.Series) -> pd.DataFrame:
    """Customers by predicted CLV: low, high (money), customers, condition; the last bin holds
    the tail.

    Bins have a round width and end at the 98th percentile, for a few large accounts would
    otherwise squeeze everybody else into one bar; `open_ended` marks the last one.
    """
    values = predicted_clv.dropna().to_numpy()
    if not len(values):
        return pd.DataFrame(
            {"low": [], "high": [], "customers": [], "open_ended": [], "condition": []}
        )
    most = max(float(np.quantile(values, 0.98)), 1e-6 * float(values.max()))
    width = round_width(most / VALUE_BINS)
    top = int(most / width) + 1
    # As written, so that a bin and the condition in words that selects it have the same ends.
    edges = np.array([float(f"{place * width:.12g}") for place in range(top + 2)])
    index = np.minimum(np.searchsorted(edges, values, side="right") - 1, top)
    low, high = edges[:-1], edges[1:]
    conditions = [
        *(Condition(PREDICTED, between(*ends)) for ends in zip(low[:-1], high[:-1], strict=True)),
        Condition(PREDICTED, f"{low[-1]:.12g}", "at least"),
    ]
    return pd.DataFrame(
        {
            "low": low,
            "high": high,
            "customers": np.bincount(index, minlength=top + 1),
            "open_ended": np.arange(top + 1) == top,
            "condition": [str(condition) for condition in conditions],
        }
    )


def alive_grid(customers: pd.DataFrame) -> pd.DataFrame:
    """Mean P(alive) by purchases and days since the last order.

    Returns orders_low, orders_high (repeat purchases), silent_low, silent_high (days since the
    last purchase day), p_alive (mean, 0 to 1), customers, condition; cells without customers are
    left out.
    """
    silent = (customers[schema.T] - customers[schema.RECENCY]).to_numpy()
    repeats = customers[schema.FREQUENCY].to_numpy()
    width = max(7.0, round_width(float(silent.max() + 1) / GRID_BINS))
    edges = _frequency_edges(int(repeats.max()))
    frame = pd.DataFrame(
        {
            "row": np.searchsorted(edges, repeats, side="right") - 1,
            "silent_low": (silent // width) * width,
            "p": customers[schema.P_ALIVE].to_numpy(),
        }
    )
    grid = (
        frame.groupby(["row", "silent_low"])["p"]
        .agg(p_alive="mean", customers="size")
        .reset_index()
    )
    lows = np.array(edges)
    highs = np.append(lows[1:] - 1, max(int(repeats.max()), lows[-1]))
    grid["orders_low"], grid["orders_high"] = lows[grid["row"]], highs[grid["row"]]
    grid["silent_high"] = grid["silent_low"] + width
    grid["condition"] = [
        f"{Condition(REPEATS, f'{few} to {many}')}\n{Condition(SILENT, between(low, high))}"
        for few, many, low, high in zip(
            grid["orders_low"],
            grid["orders_high"],
            grid["silent_low"],
            grid["silent_high"],
            strict=True,
        )
    ]
    return grid.drop(columns="row")


def alive_title(grid: pd.DataFrame) -> str:
    """What the grid says for these customers."""
    mean = np.average(grid[schema.P_ALIVE], weights=grid["customers"])
    if mean > 0.95:
        part = percent(mean)
        return f"P(alive) is {part} on average: here silence hardly means that they left"
    return "The more often a customer bought, the sooner silence means that they left"


def round_width(raw: float) -> float:
    """The next of 1, 2, 5 x 10^n that is not below `raw`."""
    if raw <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(raw))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= raw * (1 - 1e-9)))


def _frequency_edges(most: int) -> list[int]:
    """Lower limits of the rows: single numbers first, then wider steps."""
    edges = [e for e in (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500) if e <= most]
    return edges or [0]
