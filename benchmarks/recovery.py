"""Do the forecasts and their ranges hold where the model is true? Simulated shops with known truth.

    python -m benchmarks.recovery                # 200 shops of 2,000 customers per model; 2 minutes
    python -m benchmarks.recovery --shops 1000   # surer figures

Every shop has its own true parameters, drawn over a wide grid: from nearly all customers buying
once to nearly all coming back, orders every three weeks to every ten months, customers who
leave after 3 % to 40 % of their orders or after three months to four years, a history of one to
three years, order values with a heavy tail to almost alike. It is fitted as the product does,
with the ladder, and predicts 6 or 12 months. Intervals claim 80 %.
"""

import argparse
from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from benchmarks.simulated import Purchases, Shop, simulate
from clv.models import BGNBD, MBGNBD, GammaGamma, ParetoNBD
from clv.models.ladder import fit_purchases, fit_spend
from clv.valuation import Valuation, look_ahead, value_customers

FAMILIES = {"BG/NBD": BGNBD, "MBG/NBD": MBGNBD, "Pareto/NBD": ParetoNBD}
COVERAGE = 0.8
EDGE = 1e-9


@dataclass(frozen=True)
class Truth:
    """One shop as it really is. days: of history; horizon: days to predict."""

    purchases: Purchases
    spend: GammaGamma
    days: int
    horizon: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shops", type=int, default=200, help="per model")
    parser.add_argument("--customers", type=int, default=2000, help="per shop")
    asked = parser.parse_args()
    tables = {
        name: study(name, asked.shops, asked.customers, seed=seed)
        for seed, name in enumerate(FAMILIES)
    }
    summaries = {name: summary(table) for name, table in tables.items()}
    print(
        f"| {asked.shops} shops of {asked.customers:,} customers | " + " | ".join(FAMILIES) + " |"
    )
    print("|---" * (len(FAMILIES) + 1) + "|")
    for row in next(iter(summaries.values())):
        print(f"| {row} | " + " | ".join(summaries[name][row] for name in FAMILIES) + " |")


def study(name: str, shops: int, customers: int, seed: int = 0) -> pd.DataFrame:
    """One row per simulated shop: what was foretold against what came."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame([_one(name, customers, rng) for _ in range(shops)])


def summary(table: pd.DataFrame) -> dict[str, str]:
    """The findings of a study, by name."""
    error, expected = table["error"], table["error_of_expectation"]
    rungs = table["rung"].value_counts()
    return {
        "total: median error": f"{error.median():+.1%}",
        "total: median absolute error": f"{error.abs().median():.1%}",
        "the same against the true expectation": f"{expected.abs().median():.1%}",
        "80 % interval of the total holds": f"{table['total_inside'].mean():.1%}",
        "of the best tenth of the customers": f"{table['best_inside'].mean():.1%}",
        "of the least valuable tenth": f"{table['worst_inside'].mean():.1%}",
        "single customers whose 80 % range can be 80 %": f"{table['attainable_inside'].mean():.1%}",
        "all single customers, atoms shared out": f"{table['shared_inside'].mean():.1%}",
        "all single customers, as shown": f"{table['inside'].mean():.1%}",
        "on the rung of the data alone": f"{rungs.get('likelihood', 0) / len(table):.1%}",
        "NaN or no answer": f"{int(table['error'].isna().sum())}",
    }


def draw_truth(name: str, rng: np.random.Generator) -> Truth:
    """True parameters over a wide grid, times in days."""
    r = _between(rng, 0.2, 3.0)
    alpha = r / _between(rng, 1 / 300, 1 / 20)
    if name == "Pareto/NBD":
        s = _between(rng, 0.3, 3.0)
        leaving = (s, s * _between(rng, 90, 1460))
    else:
        mean, total = rng.uniform(0.03, 0.4), _between(rng, 1.0, 8.0)
        leaving = (mean * total, (1 - mean) * total)
    p, q = rng.uniform(2.0, 10.0), rng.uniform(2.3, 6.0)
    return Truth(
        FAMILIES[name](r, alpha, *leaving),
        GammaGamma(p, q, 30.0 * (q - 1) / p),
        days=int(rng.uniform(365, 1095)),
        horizon=int(rng.choice([182, 365])),
    )


def _one(name: str, customers: int, rng: np.random.Generator) -> dict[str, object]:
    truth = draw_truth(name, rng)
    shop = simulate(
        truth.purchases, truth.spend, customers, rng, days=truth.days, horizon=truth.horizon
    )
    known = shop.customers
    x = known["frequency"].to_numpy()
    purchases = fit_purchases(name, x, known["recency"], known["T"])
    m = known["monetary"].to_numpy()
    spend = fit_spend(x, m, np.nan_to_num(m) * (x + 1))
    outlook = look_ahead(known, purchases, spend, np.array([float(truth.horizon)]))
    valuation = value_customers(
        outlook, horizon_months=1, annual_discount=0.0, margin=1.0, coverage=COVERAGE
    )
    return {
        "rung": purchases.rung,
        "parameters": astuple(truth.purchases),
        **_totals(valuation, shop, truth),
        **_singles(valuation, shop, rng),
    }


def _totals(valuation: Valuation, shop: Shop, truth: Truth) -> dict[str, float]:
    came, known = shop.later_value, shop.customers
    x, t_x, T, m = (known[c].to_numpy() for c in ("frequency", "recency", "T", "monetary"))
    expected = truth.purchases.expected_purchases(x, t_x, T, truth.horizon)
    expected = expected * truth.spend.expected_order_value(x, np.nan_to_num(m))
    total = valuation.total()
    order = np.argsort(-valuation.value, kind="stable")
    tenth = len(order) // 10
    result = {
        "error": total.value / came.sum() - 1,
        "error_of_expectation": total.value / expected.sum() - 1,
        "total_inside": total.low <= came.sum() <= total.high,
    }
    for group, rows in (("best", order[:tenth]), ("worst", order[-tenth:])):
        members = np.zeros(len(order), dtype=bool)
        members[rows] = True
        part = valuation.total(members)
        result[f"{group}_inside"] = part.low - EDGE <= came[members].sum() <= part.high + EDGE
    return result


def _singles(valuation: Valuation, shop: Shop, rng: np.random.Generator) -> dict[str, float]:
    """Shares of customers inside their ranges.

    A customer who buys nothing with a probability above 80 % has the range 0 to 0, which holds
    more than it claims and cannot hold less. "attainable" leaves these out; "shared" counts
    their zeros in the proportion in which the claim would take them, as a randomised interval.
    """
    low, high = valuation.intervals()
    came, none = shop.later_value, 1.0 - valuation.p_some_order
    inside = (low - EDGE <= came) & (came <= high + EDGE)
    open_ = none < COVERAGE
    counted = np.where(open_, 1.0, COVERAGE / np.maximum(none, COVERAGE))
    return {
        "inside": inside.mean(),
        "attainable_inside": inside[open_].mean() if open_.any() else np.nan,
        "shared_inside": (inside & (rng.random(len(came)) < counted)).mean(),
    }


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Evenly in the logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


if __name__ == "__main__":
    main()
