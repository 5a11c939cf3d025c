"""An analysis as one JSON document: every figure with its period, unit and method."""

import math
from dataclasses import asdict
from typing import Any

from clv import schema
from clv.analysis import Analysis
from clv.insights.channels import channel_totals
from clv.schema import DAYS_PER_WEEK


def report(analysis: Analysis) -> dict[str, Any]:
    """Rows, window, formula, model and totals, as plain JSON values.

    Purchase parameters and their log-likelihood are quoted per week, as in the literature;
    money is in the currency of the file.
    """
    ledger, formula, totals = analysis.shop.ledger, analysis.formula, analysis.totals
    value = totals.predicted_clv
    return {
        "shape": "customers" if analysis.shop.by_customer else "orders",
        "rows": {
            "read": ledger.read,
            "used": ledger.used,
            "rejected": ledger.rejected,
            "reasons": ledger.reasons,
            "changes": {str(changed.change): changed.rows for changed in ledger.changes},
        },
        "window": {
            "first": analysis.shop.first.isoformat(),
            "last": analysis.shop.last.isoformat(),
            "analysis_date": analysis.analysis_date.isoformat(),
        },
        "settings": {
            "margin": analysis.margin,
            "margin_source": analysis.margin_source,
            "horizon_months": analysis.settings.horizon_months,
            "annual_discount": analysis.settings.annual_discount,
            "coverage": analysis.settings.coverage,
        },
        "formula": {
            "period": {"first": formula.first.isoformat(), "last": formula.last.isoformat()},
            "aov": formula.aov,
            "frequency": formula.frequency,
            "margin": formula.margin,
            "churn": formula.churn,
            "churn_method": formula.churn_method,
            "clv": formula.clv,
            "note": formula.problem or formula.note,
        },
        "model": _model(analysis),
        "test": _test(analysis),
        "doubts": [finding.sentence for finding in analysis.prepared.findings if finding.concern],
        "channels": _channels(analysis),
        "totals": {
            "customers": totals.customers,
            "historic_value": totals.historic_value,
            "predicted_clv": value.value if value else None,
            "predicted_clv_low": _finite(value.low if value else None),
            "predicted_clv_high": _finite(value.high if value else None),
            "predicted_clv_undiscounted": totals.undiscounted,
        },
    }


def _channels(analysis: Analysis) -> list[dict[str, Any]]:
    """Orders and revenue of each channel, where the file has columns for them."""
    shop = analysis.shop
    if not shop.channels:
        return []
    table = channel_totals(analysis.frame, shop.channels)
    return [{str(k): _number(v) for k, v in row.items()} for row in table.to_dict("records")]


def _test(analysis: Analysis) -> dict[str, Any]:
    """The scorecard: the forecast against what came in the last part of the history."""
    card = analysis.scorecard
    if card is None:
        return {"verdict": analysis.verdict}
    return {
        "verdict": card.verdict,
        "split": card.split.isoformat(),
        "end": card.end.isoformat(),
        "customers": card.customers,
        "purchases": card.purchases,
        "revenue": card.value,
        "used": card.used,
        "chosen": card.choice.name,
        "covered": card.covered,
        "scores": [
            {key: _number(value) for key, value in asdict(score).items()} for score in card.scores
        ],
    }


def _model(analysis: Analysis) -> dict[str, Any]:
    model = analysis.model
    document: dict[str, Any] = {
        "purchases": None,
        "spend": None,
        "reason": model.reason,
        "cautions": list(analysis.cautions),
    }
    if model.problem:
        document["problem"] = {"error": model.problem.message, "hint": model.problem.hint}
    if model.purchases:
        weekly = model.purchases.model.in_unit(DAYS_PER_WEEK)
        repeats = float(analysis.frame[schema.FREQUENCY].sum())
        document["purchases"] = {
            "name": weekly.name,
            "time_unit": "weeks",
            "params": asdict(weekly),
            # Each repeat purchase is a density in time, so the unit enters once per purchase.
            "log_likelihood": _finite(
                model.purchases.log_likelihood + repeats * math.log(DAYS_PER_WEEK)
            ),
            "rung": model.purchases.rung,
            "verdict": model.purchases.verdict.code,
            "verdict_sentence": model.purchases.verdict.sentence,
        }
    if model.spend:
        document["spend"] = {
            "name": model.spend.model.name,
            "params": asdict(model.spend.model),
            "log_likelihood": model.spend.log_likelihood,
            "rung": model.spend.rung,
            "verdict": model.spend.verdict.code,
            "verdict_sentence": model.spend.verdict.sentence,
        }
    return document


def _number(value: Any) -> Any:
    return _finite(value) if isinstance(value, float) else value


def _finite(value: float | None) -> float | None:
    """JSON has no NaN: a figure that cannot be given is null."""
    return value if value is not None and math.isfinite(value) else None
