"""Who is left out at random, so that a later file can show what a campaign brought."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

POWER: Final = 0.8  # chance of seeing an effect that is there
LEVEL: Final = 0.95  # of the interval that has to leave zero out
FEWEST: Final = 2  # in each group, before a difference has an interval


def draw_control(ids: pd.Series, strata: pd.Series, share: float, seed: int) -> Flags:
    """True for the customers of the control group, drawn at random within each stratum.

    share: of the customers, 0 to 1, and of each stratum, to one customer. Everyone has the same
    chance of being left out: where a share is no whole number, the draw decides which stratum
    gives one more. The same ids, strata, share and seed give the same draw, in any order
    of rows.
    """
    order = np.arange(len(ids))
    if not ids.is_monotonic_increasing:
        order = np.argsort(ids.astype(str).to_numpy(dtype=object), kind="stable")
    codes = pd.factorize(strata, sort=True)[0][order]
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(order))
    # Strata one after the other, each in random order: every k-th place is a control, counted
    # from a random start. A fixed start would round in favour of the same strata every time.
    line = shuffled[np.argsort(codes[shuffled], kind="stable")]
    steps = np.floor(np.arange(len(order) + 1) * share + rng.random())
    taken = np.diff(steps) > 0
    control = np.zeros(len(order), dtype=bool)
    control[order[line[taken]]] = True
    return control


def smallest_uplift(base_rate: float, treated: int, control: int) -> float | None:
    """The smallest rise of a share of buyers that these groups would show with 80 % power.

    base_rate: share of buyers without the campaign, 0 to 1. Two proportions, two-sided at 95 %.
    None where no rise, up to everyone buying, would show.
    """
    if min(treated, control) < FEWEST or not 0 <= base_rate < 1:
        return None
    z_level, z_power = stats.norm.ppf((1 + LEVEL) / 2), stats.norm.ppf(POWER)

    def missing(uplift: float) -> float:
        """Uplift that would be needed at this uplift, beyond it."""
        raised = base_rate + uplift
        pooled = (base_rate * control + raised * treated) / (treated + control)
        same = pooled * (1 - pooled) * (1 / treated + 1 / control)
        apart = raised * (1 - raised) / treated + base_rate * (1 - base_rate) / control
        return float(z_level * np.sqrt(same) + z_power * np.sqrt(apart) - uplift)

    most = 1 - base_rate
    if missing(most) > 0:
        return None
    return float(optimize.brentq(missing, 1e-12, most))
