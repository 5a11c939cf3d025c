"""Do the ranges of the uplift hold what they claim? Simulated campaigns with a known effect.

    python -m benchmarks.uplift                    # 4,000 campaigns per line; a minute
    python -m benchmarks.uplift --campaigns 20000  # surer figures

Customers have a rate of orders of their own (gamma) and an order value of their own; the campaign
raises the number of orders of those contacted by a known amount on average. A light tail is a
gamma spread of order values, a heavy one lognormal with a log deviation of 1.5.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv.insights.uplift import Uplift, compare

TAILS = ("light", "heavy")
SIZES = ((50, 50), (200, 50), (500, 500), (900, 100), (4500, 500), (5000, 5000))
COVERAGES = (0.8, 0.95)


@dataclass(frozen=True)
class Truth:
    """Mean orders per customer in the window without the campaign, and what it adds."""

    rate: float = 0.4
    extra: float = 0.1
    value: float = 40.0
    shape: float = 1.0  # of the rates: small is uneven


def group(
    rng: np.random.Generator, size: int, extra: float, truth: Truth, tail: str
) -> pd.DataFrame:
    """Customers of one group: orders and revenue in the window, revenue of a year before."""
    own = rng.gamma(truth.shape, 1.0 / truth.shape, size)
    worth = spend_level(rng, size, truth.value, tail)
    orders = rng.poisson(own * truth.rate) + rng.poisson(extra, size)
    past = rng.poisson(own * truth.rate * 12)
    return pd.DataFrame(
        {
            "orders": orders,
            "revenue": worth * rng.gamma(np.maximum(4.0 * orders, 1e-9), 0.25),
            "before": worth * rng.gamma(np.maximum(4.0 * past, 1e-9), 0.25),
        }
    )


def spend_level(rng: np.random.Generator, size: int, mean: float, tail: str) -> np.ndarray:
    """Order value of each customer with the given mean."""
    if tail == "light":
        return rng.gamma(4.0, mean / 4.0, size)
    return mean * np.exp(rng.normal(-(1.5**2) / 2, 1.5, size))


def buyers_effect(truth: Truth) -> float:
    """What the campaign adds to the share of buyers: negative binomial, and Poisson on top."""
    nobody = (truth.shape / (truth.shape + truth.rate)) ** truth.shape
    return float(nobody * (1 - np.exp(-truth.extra)))


def campaign(
    rng: np.random.Generator, sizes: tuple[int, int], truth: Truth, tail: str, **options: object
) -> Uplift:
    """One simulated campaign, measured."""
    treated = group(rng, sizes[0], truth.extra, truth, tail)
    control = group(rng, sizes[1], 0.0, truth, tail)
    return compare(treated, control, margin=0.4, **options)


def study(sizes: tuple[int, int], tail: str, coverage: float, campaigns: int, seed: int) -> dict:
    """How often each range holds the true effect, and how wide it is for money."""
    rng = np.random.default_rng(seed)
    truth = Truth()
    effects = {"orders": truth.extra, "buyers": buyers_effect(truth),
               "revenue": truth.extra * truth.value}  # fmt: skip
    held = dict.fromkeys([*effects, "narrowed"], 0)
    widths, narrow_widths, below = [], [], 0
    for _ in range(campaigns):
        treated = group(rng, sizes[0], truth.extra, truth, tail)
        control = group(rng, sizes[1], 0.0, truth, tail)
        plain = compare(treated, control, margin=1.0, coverage=coverage)
        narrowed = compare(treated, control, margin=1.0, coverage=coverage, narrow=True).revenue
        for name, effect in effects.items():
            found = getattr(plain, name)
            held[name] += found.low <= effect <= found.high
        below += plain.revenue.high < effects["revenue"]
        held["narrowed"] += narrowed.low <= effects["revenue"] <= narrowed.high
        widths.append(plain.revenue.high - plain.revenue.low)
        narrow_widths.append(narrowed.high - narrowed.low)
    shares = {name: count / campaigns for name, count in held.items()}
    return {
        **shares,
        "width": float(np.mean(widths)),
        "narrowed_width": float(np.mean(narrow_widths)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=4000, help="per line")
    asked = parser.parse_args()
    print(
        "| contacted / left out | order values | claimed | orders | buyers | revenue | "
        "revenue, narrowed | width narrowed / plain |"
    )
    print("|---" * 8 + "|")
    for tail in TAILS:
        for place, sizes in enumerate(SIZES):
            for coverage in COVERAGES:
                row = study(sizes, tail, coverage, asked.campaigns, seed=place)
                shares = " | ".join(
                    f"{100 * row[name]:.1f} %"
                    for name in ("orders", "buyers", "revenue", "narrowed")
                )
                ratio = row["narrowed_width"] / row["width"]
                print(
                    f"| {sizes[0]:,} / {sizes[1]:,} | {tail} tail | {100 * coverage:.0f} % | "
                    f"{shares} | {ratio:.2f} |"
                )


if __name__ == "__main__":
    main()
