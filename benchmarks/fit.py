"""How fast the models fit and predict, against lifetimes 0.11.3 on the same data in one run.

    python -m benchmarks.fit            # up to a million customers, ten for ours; some minutes
    python -m benchmarks.fit --quick    # up to a hundred thousand; two minutes

The contenders take turns in one process; figures are medians. Times are whole days. "ll" is our
log-likelihood less theirs, both computed by our formula: 0 is the same fit, more is better.
Where pymc-marketing is installed, its MAP estimate is a third contender.
"""

import argparse
import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated import simulate
from clv.models import (
    BGNBD,
    MBGNBD,
    GammaGamma,
    ParetoNBD,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_mbg_nbd,
    fit_pareto_nbd,
)
from clv.models.pairs import distinct_pairs
from clv.models.tables import expected_table
from clv.valuation import Valuation, look_ahead, value_customers

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lifetimes

CDNOW = Path(lifetimes.__file__).parent / "datasets"
MONTHS = np.arange(1, 13) * 30.4375
TRUTH = BGNBD(r=0.8, alpha=60.0, a=0.8, b=2.5)  # of the simulated shops, in days
DROPOUT = ParetoNBD(r=0.8, alpha=60.0, s=0.6, beta=200.0)
SPEND = GammaGamma(p=6.25, q=3.74, v=15.44)
FAMILIES = {
    "BG/NBD": (BGNBD, fit_bg_nbd, lifetimes.BetaGeoFitter),
    "MBG/NBD": (MBGNBD, fit_mbg_nbd, lifetimes.ModifiedBetaGeoFitter),
    "Pareto/NBD": (ParetoNBD, fit_pareto_nbd, lifetimes.ParetoNBDFitter),
}
SLOWEST = {"BG/NBD": 10**7, "MBG/NBD": 10**6, "Pareto/NBD": 100_000}  # customers for lifetimes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no more than 100,000 customers")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")

    print(f"{'work':<46}{'lifetimes':>12}{'ours':>12}{'ratio':>8}{'ll':>10}")
    shops = {
        "CDNOW 2,357": cdnow(CDNOW / "CDNOW_sample.txt"),
        "CDNOW 23,570": cdnow(CDNOW / "CDNOW_master.txt"),
        "simulated 10,000": shop(10_000, DROPOUT),
        "simulated 100,000": shop(100_000),
    }
    if not quick:
        shops["simulated 1,000,000"] = shop(1_000_000)
    for name, customers in shops.items():
        turns = 21 if len(customers) < 30_000 else 5 if len(customers) <= 100_000 else 3
        for family in FAMILIES:
            if len(customers) <= SLOWEST[family]:
                rare = family == "Pareto/NBD" and len(customers) > 10_000
                compare_fits(family, name, customers, 1 if rare else turns)
        compare(f"Gamma-Gamma fit, {name}", *spend_fits(customers), turns)
        compare(f"12-month CLTV, {name}", *cltv(customers), turns)
    if importlib.util.find_spec("pymc_marketing"):
        for name, customers in shops.items():
            print(f"pymc-marketing MAP, BG/NBD, {name}: {pymc_map(customers)}", flush=True)
    alone((100_000,) if quick else (100_000, 1_000_000, 10_000_000))


def alone(sizes: tuple[int, ...]) -> None:
    """How our own times grow with the number of customers."""
    names = list(our_works(shop(1000)))
    print(f"\n{'ours, simulated':<18}" + "".join(f"{name:>15}" for name in names))
    for number in sizes:
        turns = 3 if number > 10**6 else 5
        times = [median(work, turns) for work in our_works(shop(number)).values()]
        print(f"{number:<18,}" + "".join(f"{seconds:>13.3f} s" for seconds in times), flush=True)


def our_works(customers: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """Everything that the product does with the models for these customers, by name."""
    x, t_x, T, m = columns(customers)
    both = fit_bg_nbd(x, t_x, T), fit_gamma_gamma(x, m)
    outlook = look_ahead(customers, *both, MONTHS)

    def valued() -> Valuation:
        return value_customers(outlook, horizon_months=12, annual_discount=0.1, margin=0.4)

    whole = valued()
    fits = {name: partial(fit, x, t_x, T) for name, (_, fit, _) in FAMILIES.items()}
    return {
        **fits,
        "Gamma-Gamma": lambda: fit_gamma_gamma(x, m),
        "12-month CLTV": cltv(customers, check=False)[1],
        "outlook": lambda: look_ahead(customers, *both, MONTHS),
        # What follows a slider: every customer's value, and the total with its range.
        "new settings": lambda: valued().total(),
        "all ranges": whole.intervals,
    }


def compare_fits(family: str, name: str, customers: pd.DataFrame, turns: int) -> None:
    model, fit, fitter = FAMILIES[family]
    x, t_x, T, _ = columns(customers)
    results: dict[str, Any] = {}

    def theirs() -> None:
        results["theirs"] = fitter().fit(x, t_x, T)

    def ours() -> None:
        results["ours"] = fit(x, t_x, T, prior=False)

    try:
        seconds = alternate(theirs, ours, turns)
    except Exception as error:  # lifetimes does not always converge
        print(f"{family} fit, {name}: lifetimes failed ({type(error).__name__})", flush=True)
        return
    found = model(*(float(results["theirs"].params_[f.name]) for f in fields(model)))
    gain = results["ours"].log_likelihood - found.log_likelihood(x, t_x, T).sum()
    report(f"{family} fit, {name}", *seconds, f"{gain:+.2g}")


def compare(
    work: str, theirs: Callable[[], object], ours: Callable[[], object], turns: int
) -> None:
    report(work, *alternate(theirs, ours, turns))


def report(work: str, slow: float, fast: float, gain: str = "") -> None:
    print(f"{work:<46}{slow:>10.4f} s{fast:>10.4f} s{slow / fast:>8.0f}{gain:>10}", flush=True)


def alternate(
    theirs: Callable[[], object], ours: Callable[[], object], turns: int
) -> tuple[float, float]:
    """Medians of alternating runs, after one run of ours to warm up."""
    ours()
    runs = [(timed(theirs), timed(ours)) for _ in range(turns)]
    slow, fast = (statistics.median(side) for side in zip(*runs, strict=True))
    return slow, fast


def median(work: Callable[[], object], turns: int) -> float:
    return statistics.median(timed(work) for _ in range(turns))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


Contenders = tuple[Callable[[], object], Callable[[], object]]


def spend_fits(customers: pd.DataFrame) -> Contenders:
    x, _, _, m = columns(customers)
    x, m = x[(x > 0) & (m > 0)], m[(x > 0) & (m > 0)]
    return (
        lambda: lifetimes.GammaGammaFitter().fit(x, m),
        lambda: fit_gamma_gamma(x, m),
    )


def cltv(customers: pd.DataFrame, *, check: bool = True) -> Contenders:
    """Value of every customer over twelve months of 30 days, discounted monthly, given the models.

    Theirs is the function that a user of lifetimes calls for it.
    """
    x, t_x, T, m = columns(customers)
    rate = 1.1 ** (1 / 12) - 1
    orders, spend = lifetimes.BetaGeoFitter(), lifetimes.GammaGammaFitter()
    orders.params_ = pd.Series({f.name: getattr(TRUTH, f.name) for f in fields(TRUTH)})
    orders.predict = orders.conditional_expected_number_of_purchases_up_to_time
    spend.params_ = pd.Series({f.name: getattr(SPEND, f.name) for f in fields(SPEND)})
    series = [pd.Series(column) for column in (x, t_x, T, m)]
    ends, discount = np.arange(1, 13) * 30.0, (1 + rate) ** -np.arange(1.0, 13)

    def lifetimes_way() -> object:
        return spend.customer_lifetime_value(
            orders, *series, time=12, discount_rate=rate, freq="D"
        ).to_numpy()

    def our_way() -> object:  # purchases once per distinct (x, T)
        pairs = distinct_pairs(x, T)
        table = expected_table(TRUTH, pairs, ends)
        if_alive = np.diff(table, axis=1, prepend=0) @ discount
        alive = TRUTH.probability_alive(x, t_x, T)
        return alive * if_alive[pairs.index] * SPEND.expected_order_value(x, m)

    if check and not np.allclose(lifetimes_way(), our_way(), rtol=1e-6):
        raise AssertionError("the contenders disagree")
    return lifetimes_way, our_way


def pymc_map(customers: pd.DataFrame) -> str:
    """Seconds and log-likelihood of pymc-marketing's MAP estimate, times in weeks."""
    from pymc_marketing.clv import BetaGeoModel

    x, t_x, T, _ = columns(customers)
    frame = pd.DataFrame({"customer_id": np.arange(len(x)), "frequency": x})
    frame = frame.assign(recency=t_x / 7, T=T / 7)
    start = time.perf_counter()
    model = BetaGeoModel(data=frame)
    model.fit(method="map")
    seconds = time.perf_counter() - start
    found = [float(model.fit_result[name].mean()) for name in ("r", "alpha", "a", "b")]
    theirs = BGNBD(*found).log_likelihood(x, t_x / 7, T / 7).sum()
    start = time.perf_counter()
    ours = fit_bg_nbd(x, t_x / 7, T / 7, prior=False).log_likelihood
    own = time.perf_counter() - start
    return f"{seconds:.2f} s, ours {own:.4f} s, ll {ours - theirs:+.2g}"


def columns(customers: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """x, t_x, T, m as arrays; m is 0 where there was no repeat purchase."""
    names = ("frequency", "recency", "T", "monetary")
    return tuple(np.nan_to_num(customers[name].to_numpy(float)) for name in names)


def shop(number: int, model: Any = TRUTH) -> pd.DataFrame:
    """Customers who do what the models say, over two years."""
    return simulate(model, SPEND, number, np.random.default_rng(1)).customers


def cdnow(path: Path) -> pd.DataFrame:
    """One row per customer up to 1997-09-30, times in days, mean repeat value."""
    lines = pd.read_csv(path, sep=r"\s+", header=None, dtype=str)
    lines = lines.iloc[:, -4:].set_axis(["customer", "day", "cds", "value"], axis=1)
    lines = lines[lines["day"].str.isdigit()]
    lines = lines.assign(
        day=pd.to_datetime(lines["day"], format="%Y%m%d"), value=lines["value"].astype(float)
    )
    end = pd.Timestamp("1997-09-30")
    lines = lines[lines["day"] <= end]
    days = lines.groupby(["customer", "day"], as_index=False)["value"].sum()
    by_customer = days.groupby("customer")["day"]
    first, last = by_customer.min(), by_customer.max()
    repeat = days[days["day"] > days["customer"].map(first)].groupby("customer")["value"]
    table = {
        "frequency": by_customer.size() - 1,
        "recency": (last - first).dt.days,
        "T": (end - first).dt.days,
    }
    return pd.DataFrame(table).assign(monetary=repeat.mean()).fillna(0.0).astype(float)


if __name__ == "__main__":
    main()
