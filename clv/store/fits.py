"""A fitted model as plain values, and back: its letters, how sure they are, and the verdict."""

from dataclasses import asdict
from typing import Any, Final

import numpy as np

from clv.models import BGNBD, MBGNBD, NBD, Fit, GammaGamma, ParetoNBD, SameRate, Verdict

FAMILIES: Final[dict[str, type[Any]]] = {
    family.name: family for family in (BGNBD, MBGNBD, NBD, ParetoNBD, SameRate, GammaGamma)
}


def fit_record(fit: Fit[Any]) -> dict[str, Any]:
    """Plain values for JSON; every number keeps all of its digits."""
    return {
        "model": fit.model.name,
        "parameters": {name: float(value) for name, value in asdict(fit.model).items()},
        "log_likelihood": float(fit.log_likelihood),
        "covariance": fit.covariance.tolist(),
        "customers": int(fit.customers),
        "evaluations": int(fit.evaluations),
        "verdict": asdict(fit.verdict),
        "notes": list(fit.notes),
        "rung": fit.rung,
    }


def fit_from(record: dict[str, Any]) -> Fit[Any]:
    """The fit in the plain values that `fit_record` gives."""
    return Fit(
        model=FAMILIES[record["model"]](**record["parameters"]),
        log_likelihood=record["log_likelihood"],
        covariance=np.array(record["covariance"], dtype=np.float64),
        customers=record["customers"],
        evaluations=record["evaluations"],
        verdict=Verdict(**record["verdict"]),
        notes=tuple(record["notes"]),
        rung=record["rung"],
    )
