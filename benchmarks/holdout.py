"""How well the last third of real shops is foretold: ours, lifetimes and the naive rate.

    python -m benchmarks.holdout FILE [FILE ...]    # order files, read as the app reads them

Purchase days of the customers known at the split. Ours is the model that the app would use:
it is chosen on this very test, among five, which flatters it a little. lifetimes is its BG/NBD
in weeks, with the smallest penalizer of .001, .01, .1 that gives an answer where it fails
without. Naive is each customer's own rate so far, x / T. "Chance" is one standard deviation of
the total by chance alone under our model.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np

import clv
from clv.errors import CLVError
from clv.validation.contenders import Contender
from clv.validation.holdout import Holdout, take_holdout
from clv.validation.scorecard import Trial, try_models

PENALIZERS = (0.0, 0.001, 0.01, 0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    warnings.simplefilter("ignore")
    print("| file | customers | days | came | ours | error | lifetimes | naive | chance |")
    print("|---|---|---|---|---|---|---|---|---|")
    for file in parser.parse_args().files:
        try:
            print(line(file), flush=True)
        except CLVError as error:
            print(f"| {file.stem} | {error.message} | | | | | | | |", flush=True)


def line(file: Path) -> str:
    raw = clv.read(file)
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    holdout = take_holdout(shop.transactions, shop.first, shop.last)
    trial = try_models(holdout)
    ours, naive = chosen(trial), trial.rules[0]
    came = float(holdout.purchases.sum())
    cells = (
        file.stem,
        f"{len(holdout.customers):,}",
        f"{holdout.days:.0f}",
        f"{came:,.0f}",
        ours.name,
        f"{ours.total / came - 1:+.1%}",
        lifetimes_total(holdout, came),
        f"{naive.total / came - 1:+.1%}",
        f"{ours.noise / came:.1%}",
    )
    return "| " + " | ".join(cells) + " |"


def chosen(trial: Trial) -> Contender:
    return next(c for c in (*trial.models, *trial.rules) if c.name == trial.choice.name)


def lifetimes_total(holdout: Holdout, came: float) -> str:
    """Its error, and the penalizer that it needed."""
    import lifetimes

    columns = (holdout.customers[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    x, t_x, T = columns
    for penalizer in PENALIZERS:
        try:
            fitter = lifetimes.BetaGeoFitter(penalizer).fit(x, t_x / 7, T / 7)
        except Exception:  # it does not always converge
            continue
        expect = fitter.conditional_expected_number_of_purchases_up_to_time
        total = float(np.nansum(expect(holdout.days / 7, x, t_x / 7, T / 7)))
        help_ = f" (penalizer {penalizer:g})" if penalizer else ""
        return f"{total / came - 1:+.1%}{help_}"
    return "no answer"


if __name__ == "__main__":
    main()
