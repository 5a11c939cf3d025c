"""How long figures and intervals take after a slider or a filter has moved, below the page.

    python -m benchmarks.sliders                      # a million customers
    python -m benchmarks.sliders --customers 100000

Everything the pages ask of an analysis is counted: the value of every customer, tiers, the total
with its interval, the table of segments with theirs. Each change is to values not seen before.
Prints medians in milliseconds. Nothing is read from files; the shop is simulated.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.simulated import simulate
from clv.analysis import Analysis, Prepared, evaluate
from clv.analysis.preparation import ModelResult, with_fixed_columns
from clv.formula import Churn, FormulaTerms
from clv.intake.ledger import Ledger
from clv.intake.shop import Shop
from clv.models import BGNBD, GammaGamma, fit_bg_nbd, fit_gamma_gamma
from clv.settings import Settings
from clv.valuation import look_ahead, month_ends

TODAY = date(2024, 12, 31)
FIRST = TODAY - timedelta(days=730)
TIMES = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    shop = prepared(parser.parse_args().customers)
    start = evaluate(shop, Settings(margin=0.4))
    best = (start.frame["tier"] == "A").to_numpy()
    print(f"{len(shop.customers):,} customers, medians of {TIMES}, ms")
    for name, change in CHANGES.items():
        waits = [clocked(overview, shop, change(turn)) for turn in range(TIMES)]
        others = [clocked(segments, shop, change(turn + TIMES)) for turn in range(TIMES)]
        print(f"  {name:<10} figures and total {1000 * statistics.median(waits):6.0f}", end="")
        print(f"   and segments instead {1000 * statistics.median(others):6.0f}")
    rng = np.random.default_rng(0)
    masks = [best & (rng.random(len(best)) < 0.9) for _ in range(TIMES)]
    for name, ask in (
        ("total", lambda mask: start.valuation and start.valuation.total(mask)),
        ("segments", lambda mask: start.segments("segment", mask)),
    ):
        waits = []
        for mask in masks:
            begin = time.perf_counter()
            ask(mask)
            waits.append(time.perf_counter() - begin)
        print(f"  {'filter':<10} {name:<17} {1000 * statistics.median(waits):6.0f}")


CHANGES: dict[str, Callable[[int], Settings]] = {
    "margin": lambda turn: Settings(margin=0.3 + turn / 100),
    "horizon": lambda turn: Settings(margin=0.4, horizon_months=3 + turn),
    "discount": lambda turn: Settings(margin=0.4, annual_discount=0.05 + turn / 1000),
}


def overview(found: Analysis) -> None:
    """What the Overview asks for."""
    _ = found.totals, found.frame


def segments(found: Analysis) -> None:
    """What the Segments page asks for."""
    found.segments()


def clocked(ask: Callable[[Analysis], None], shop: Prepared, settings: Settings) -> float:
    start = time.perf_counter()
    ask(evaluate(shop, settings))
    return time.perf_counter() - start


def prepared(number: int) -> Prepared:
    """A simulated shop, as it is after its file was read and its models were fitted."""
    rng = np.random.default_rng(1)
    truth = BGNBD(0.8, 60.0, 0.8, 2.5), GammaGamma(6.25, 3.74, 15.44)
    frame = simulate(*truth, number, rng).customers
    first = pd.Timestamp(TODAY) - pd.to_timedelta(frame["T"], unit="D")
    frame = frame.assign(
        customer_id=np.arange(number).astype(str),
        first_order=first,
        last_order=first + pd.to_timedelta(frame["recency"], unit="D"),
        orders=frame["frequency"].astype(int) + 1,
        revenue=frame["monetary"].fillna(30.0) * (frame["frequency"] + 1),
    )
    purchases = fit_bg_nbd(frame["frequency"], frame["recency"], frame["T"])
    spend = fit_gamma_gamma(frame["frequency"], frame["monetary"].fillna(0.0))
    outlook = look_ahead(frame, purchases, spend, month_ends(TODAY, 36))
    customers, cuts = with_fixed_columns(frame, TODAY, Settings(), outlook)
    nowhere = Path("nowhere")
    shop = Shop("simulated", nowhere, Ledger(number, number, (), nowhere), (), (), True, FIRST,
                TODAY, number, ())  # fmt: skip
    churn = (("period_over_period", Churn(0.4, "")),)
    terms = FormulaTerms(FIRST, TODAY, float(frame["revenue"].sum()), number, number, churn)
    return Prepared(
        shop, Settings(), TODAY, customers, cuts, ModelResult(purchases, spend, None), outlook,
        None, None, terms, None,
    )  # fmt: skip


if __name__ == "__main__":
    main()
