"""An analysis as files, and back: figure for figure the same, without fitting anything again.

What was learned from the data is kept: the summary of the customers, the test on the past with
all its forecasts, the fitted models. What follows from it by arithmetic is computed when opened.
"""

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clv import errors, schema, shapes
from clv.analysis import Analysis, ModelResult, Prepared, evaluate
from clv.analysis.preparation import MONTHS_AHEAD, with_fixed_columns
from clv.errors import CLVError, StoreProblem
from clv.formula import FormulaTerms
from clv.intake.shop import Shop
from clv.settings import Settings
from clv.store.fits import fit_from, fit_record
from clv.validation.choice import Choice
from clv.validation.contenders import Contender
from clv.validation.holdout import Holdout
from clv.validation.scorecard import Trial
from clv.valuation import look_ahead, month_ends

FORMAT: Final = 1
PARQUET: Final = ".parquet"
JSON: Final = ".json"
# Parts of a saved analysis. The first three are files of the shop.
ROWS: Final = "rows"
REJECTED: Final = "rejected"
CHANGES: Final = "changes"
STATE: Final = "state"
SUMMARY: Final = "summary"
HOLDOUT: Final = "holdout"
DAILY: Final = "daily"
CONTENDERS: Final = "contenders"
RECIPE: Final = "recipe"
_COMPUTED: Final = (  # columns of `Prepared.customers` that follow from the fits
    *(schema.P_ALIVE, schema.EXPECTED_ORDER_VALUE, schema.P_ORDER_30D),
    *(schema.RFM, schema.SEGMENT, schema.CUSTOMER_STATUS),
)
_FORECASTS: Final = ("purchases", "value", "rank")


@dataclass(frozen=True)
class Frozen:
    """An analysis as files: those of its shop to copy, and the others with their bytes."""

    copies: dict[str, Path]
    contents: dict[str, bytes]

    @staticmethod
    def suffix(part: str) -> str:
        """The ending of the file of a part."""
        return JSON if part in (STATE, RECIPE) else PARQUET


def freeze(analysis: Analysis) -> Frozen:
    """Everything that `thaw` needs."""
    prepared = analysis.prepared
    shop = prepared.shop
    rows = shop.transactions_path or shop.customers_path
    assert rows is not None, "a shop has transactions or customers"
    summary = prepared.customers.drop(columns=list(_COMPUTED))
    frames = {SUMMARY: summary, **_frames_of(prepared.trial)}
    state = {
        "format": FORMAT,
        "shop": asdict(shop),
        "settings": asdict(analysis.settings),
        "prepared": _prepared_record(prepared),
        "frames": {part: _columns(frame) for part, frame in frames.items()},
    }
    contents = {part: _parquet(frame) for part, frame in frames.items()}
    contents[STATE] = json.dumps(state, default=_plain, ensure_ascii=False).encode()
    ledger = shop.ledger
    return Frozen(
        {ROWS: rows, REJECTED: ledger.rejected_path, CHANGES: ledger.changes_path}, contents
    )


class Over(Protocol):
    """What may be put over an analysis before it is opened (`clv.store.masks`)."""

    def frames(self, frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Other frames in the place of these."""

    def shop(self, shop: Shop, kept: list[str]) -> Shop:
        """Another shop; kept: the columns that its customers still have."""


def thaw(paths: dict[str, Path], edition: str, mask: Over | None = None) -> Analysis:
    """The analysis whose parts lie at `paths`; edition: tells its shop from others.

    mask: what changes it before it is put together.
    """
    state = json.loads(paths[STATE].read_bytes())
    if state["format"] != FORMAT:
        raise StoreProblem(
            "This analysis was saved by another version of this program.",
            "Open it with that version, or load its file again.",
        )
    frames = {part: _frame(paths[part], told) for part, told in state["frames"].items()}
    shop = _shop(state["shop"], paths, edition)
    if mask is not None:
        frames = mask.frames(frames)
        shop = mask.shop(shop, list(frames[SUMMARY].columns))
    prepared = _prepared(state["prepared"], shop, frames)
    return evaluate(prepared, settings_from(state["settings"]))


def settings_from(record: dict[str, Any]) -> Settings:
    """The settings in their plain values."""
    return shapes.build(Settings, record)


def settings_text(settings: Settings) -> str:
    """Settings as JSON."""
    return json.dumps(asdict(settings), default=_plain)


def _prepared_record(prepared: Prepared) -> dict[str, Any]:
    model = prepared.model
    return {
        "settings": asdict(prepared.settings),
        "analysis_date": prepared.analysis_date,
        "months": None if prepared.outlook is None else len(prepared.outlook.ends),
        "purchases": model.purchases and fit_record(model.purchases),
        "spend": model.spend and fit_record(model.spend),
        "problem": _error_record(model.problem),
        "reason": model.reason,
        "cautions": model.cautions,
        "trial": prepared.trial and _trial_record(prepared.trial),
        "untested": _error_record(prepared.untested),
        "terms": asdict(prepared.terms),
        "measured_margin": prepared.measured_margin,
        "levels": prepared.levels,
    }


def _prepared(record: dict[str, Any], shop: Shop, frames: dict[str, pd.DataFrame]) -> Prepared:
    summary, settings = frames[SUMMARY], settings_from(record["settings"])
    day = date.fromisoformat(record["analysis_date"])
    model = ModelResult(
        purchases=record["purchases"] and fit_from(record["purchases"]),
        spend=record["spend"] and fit_from(record["spend"]),
        problem=_error_from(record["problem"]),
        reason=record["reason"],
        cautions=tuple(record["cautions"]),
    )
    outlook = None
    if model.purchases and model.spend:
        ends = month_ends(day, record["months"] or MONTHS_AHEAD)
        by_customer = shop.by_customer
        outlook = look_ahead(summary, model.purchases, model.spend, ends, firsts_count=by_customer)
    customers, cuts = with_fixed_columns(summary, day, settings, outlook)
    return Prepared(
        shop=shop,
        settings=settings,
        analysis_date=day,
        customers=customers,
        rfm_cuts=cuts,
        model=model,
        outlook=outlook,
        trial=record["trial"] and _trial(record["trial"], frames),
        untested=_error_from(record["untested"]),
        terms=shapes.build(FormulaTerms, record["terms"]),
        measured_margin=record["measured_margin"],
        levels=tuple((label, column) for label, column in record["levels"]),
    )


def _shop(record: dict[str, Any], paths: dict[str, Path], edition: str) -> Shop:
    shop = Shop.from_record(record)
    ledger = replace(shop.ledger, rejected_path=paths[REJECTED], changes_path=paths[CHANGES])
    rows = paths[ROWS]
    return replace(
        shop,
        ledger=ledger,
        transactions_path=None if shop.by_customer else rows,
        customers_path=rows if shop.by_customer else None,
        edition=edition,
    )


def _frames_of(trial: Trial | None) -> dict[str, pd.DataFrame]:
    if trial is None:
        return {}
    forecasts = {
        f"{group}_{place}_{what}": getattr(contender, what)
        for group in ("models", "rules")
        for place, contender in enumerate(getattr(trial, group))
        for what in _FORECASTS
    }
    return {
        HOLDOUT: trial.holdout.customers,
        DAILY: trial.holdout.daily,
        CONTENDERS: pd.DataFrame(forecasts),
    }


def _trial_record(trial: Trial) -> dict[str, Any]:
    holdout = trial.holdout
    return {
        "days": (holdout.first, holdout.split, holdout.end),
        "spend": fit_record(trial.spend),
        "choice": asdict(trial.choice),
        **{
            group: [
                {
                    "name": one.name,
                    "fit": one.fit and fit_record(one.fit),
                    "log_score": one.log_score,
                    "noise": one.noise,
                }
                for one in getattr(trial, group)
            ]
            for group in ("models", "rules")
        },
    }


def _trial(record: dict[str, Any], frames: dict[str, pd.DataFrame]) -> Trial:
    first, split, end = map(date.fromisoformat, record["days"])
    forecasts = frames[CONTENDERS]

    def contenders(group: str) -> tuple[Contender, ...]:
        return tuple(
            Contender(
                name=told["name"],
                fit=told["fit"] and fit_from(told["fit"]),
                log_score=told["log_score"],
                noise=told["noise"],
                **{what: forecasts[f"{group}_{place}_{what}"].to_numpy() for what in _FORECASTS},
            )
            for place, told in enumerate(record[group])
        )

    return Trial(
        Holdout(first, split, end, frames[HOLDOUT], frames[DAILY]),
        fit_from(record["spend"]),
        contenders("models"),
        contenders("rules"),
        shapes.build(Choice, record["choice"]),
    )


def _error_record(error: CLVError | None) -> dict[str, str] | None:
    if error is None:
        return None
    return {"kind": type(error).__name__, "message": error.message, "hint": error.hint}


def _error_from(record: dict[str, str] | None) -> CLVError | None:
    if record is None:
        return None
    kind: Callable[[str, str], CLVError] = getattr(errors, record["kind"], CLVError)
    return kind(record["message"], record["hint"])


def _parquet(frame: pd.DataFrame) -> bytes:
    # Labels are the user's words, any words: the columns are numbered, their names kept apart.
    columns = [pa.Array.from_pandas(frame.iloc[:, place]) for place in range(frame.shape[1])]
    table = pa.table(columns, names=[f"c{place}" for place in range(len(columns))])
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _columns(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return [(name, str(kind)) for name, kind in zip(frame.columns, frame.dtypes, strict=True)]


def _frame(path: Path, told: list[list[str]]) -> pd.DataFrame:
    table = pq.read_table(path)
    columns = [table.column(place).to_pandas().astype(kind) for place, (_, kind) in enumerate(told)]
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    frame.columns = pd.Index([name for name, _ in told])
    return frame


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.name  # that there is one; where it lies is said anew when opened
    if isinstance(value, date):
        return value.isoformat()
    return value.item()
