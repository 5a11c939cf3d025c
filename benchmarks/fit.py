"""How fast the models fit and predict, against lifetimes 0.11.3 on the same data.

    python -m benchmarks.fit            # with a million customers: a few minutes
    python -m benchmarks.fit --quick    # without

Both contenders take turns in one process; figures are medians. Times are whole days.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from clv.models import BGNBD, fit_bg_nbd, fit_gamma_gamma

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lifetimes

CDNOW = Path(lifetimes.__file__).parent / "datasets"
MONTHS = np.arange(1, 13) * 30.4375
TRUTH = BGNBD(r=0.8, alpha=60.0, a=0.8, b=2.5)  # of the simulated shops, in days


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no million customers")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")

    print(f"{'work':<44}{'lifetimes':>12}{'ours':>12}{'ratio':>8}")
    for name, path in (("sample", "CDNOW_sample.txt"), ("master", "CDNOW_master.txt")):
        shop = cdnow(CDNOW / path)
        compare(f"BG/NBD fit, CDNOW {name}, {len(shop):,}", *bg_nbd_fits(shop), turns=35)
        compare(f"Gamma-Gamma fit, CDNOW {name}, {len(shop):,}", *spend_fits(shop), turns=15)
    shop = simulate(100_000)
    compare("12 months of purchases, discounted, 100,000", *expectations(shop), turns=9)
    if not quick:
        shop = simulate(1_000_000)
        compare("Gamma-Gamma fit, simulated 1,000,000", *spend_fits(shop), turns=7)
        compare("BG/NBD fit, simulated 1,000,000", *bg_nbd_fits(shop), turns=3)

    print(f"\n{'ours, simulated customers':<28}{'BG/NBD':>12}{'Gamma-Gamma':>14}{'12 months':>12}")
    for number in (10_000, 100_000) if quick else (10_000, 100_000, 1_000_000):
        shop = simulate(number)
        row = [
            median(ours, 5)
            for ours in (bg_nbd_fits(shop)[1], spend_fits(shop)[1], expectations(shop)[1])
        ]
        print(f"{number:<28,}{row[0]:>10.4f} s{row[1]:>12.4f} s{row[2]:>10.4f} s")


def compare(
    work: str, theirs: Callable[[], object], ours: Callable[[], object], turns: int
) -> None:
    """Print the medians of alternating runs, after one run of ours to warm up."""
    ours()
    runs = [(timed(theirs), timed(ours)) for _ in range(turns)]
    slow, fast = (statistics.median(side) for side in zip(*runs, strict=True))
    print(f"{work:<44}{slow:>10.4f} s{fast:>10.4f} s{slow / fast:>8.0f}", flush=True)


def median(work: Callable[[], object], turns: int) -> float:
    return statistics.median(timed(work) for _ in range(turns))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


Contenders = tuple[Callable[[], object], Callable[[], object]]


def bg_nbd_fits(shop: pd.DataFrame) -> Contenders:
    columns = shop["x"], shop["t_x"], shop["T"]
    return (
        lambda: lifetimes.BetaGeoFitter().fit(*columns),
        lambda: fit_bg_nbd(*columns),
    )


def spend_fits(shop: pd.DataFrame) -> Contenders:
    repeat = shop[(shop["x"] > 0) & (shop["m"] > 0)]
    return (
        lambda: lifetimes.GammaGammaFitter().fit(repeat["x"], repeat["m"]),
        lambda: fit_gamma_gamma(repeat["x"], repeat["m"]),
    )


def expectations(shop: pd.DataFrame) -> Contenders:
    """Expected purchases of every customer over twelve months, discounted month by month."""
    x, t_x, T = (shop[name].to_numpy(float) for name in ("x", "t_x", "T"))
    discount = 1.1 ** -(MONTHS / 365.25)
    theirs = lifetimes.BetaGeoFitter()
    theirs.params_ = pd.Series({"r": TRUTH.r, "alpha": TRUTH.alpha, "a": TRUTH.a, "b": TRUTH.b})
    expect = theirs.conditional_expected_number_of_purchases_up_to_time

    def lifetimes_way() -> object:
        by_month = np.diff([expect(month, x, t_x, T) for month in MONTHS], axis=0, prepend=0)
        return discount @ by_month

    def our_way() -> object:  # once per distinct (x, T)
        code, pair = np.unique((x * 1000 + T).astype(np.int64), return_inverse=True)
        distinct_x, distinct_T = np.divmod(code.astype(float), 1000)
        table = TRUTH.expected_purchases_if_alive(distinct_x[:, None], distinct_T[:, None], MONTHS)
        value = np.diff(table, axis=1, prepend=0) @ discount
        return TRUTH.probability_alive(x, t_x, T) * value[pair]

    if not np.allclose(lifetimes_way(), our_way(), rtol=1e-6):
        raise AssertionError("the contenders disagree")
    return lifetimes_way, our_way


def cdnow(path: Path) -> pd.DataFrame:
    """One row per customer up to 1997-09-30: x, t_x, T in days, and mean repeat value m."""
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
    shop = {"x": by_customer.size() - 1, "t_x": (last - first).dt.days, "T": (end - first).dt.days}
    return pd.DataFrame(shop).assign(m=repeat.mean()).fillna(0.0).astype(float)


def simulate(number: int) -> pd.DataFrame:
    """Customers who do what the models say, over two years, in whole days."""
    rng = np.random.default_rng(1)
    T = rng.integers(1, 731, number).astype(float)
    rate = rng.gamma(TRUTH.r, 1 / TRUTH.alpha, number)
    leaves = rng.beta(TRUTH.a, TRUTH.b, number)
    x, last, now = np.zeros(number), np.zeros(number), np.zeros(number)
    alive = np.ones(number, dtype=bool)
    while alive.any():
        now += rng.exponential(1, number) / np.maximum(rate, 1e-300)
        alive &= now <= T
        day = np.ceil(now)
        new = alive & (day > last)
        x += new
        last = np.where(new, day, last)
        alive &= rng.random(number) >= leaves
    scale = 15.4 / rng.gamma(3.74, 1, number)
    m = rng.gamma(6.25 * np.maximum(x, 1), 1, number) * scale / np.maximum(x, 1)
    return pd.DataFrame({"x": x, "t_x": last, "T": T, "m": np.where(x > 0, m, 0.0)})


if __name__ == "__main__":
    main()
