"""Saved analyses and what they say: summary, formula, model, scorecard, segments, cohorts."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from clv import schema
from clv.analysis import Analysis
from clv.api.callers import Reader, Writer
from clv.api.plain import records
from clv.api.problems import refusals
from clv.api.reopened import AnalysisId, Opened
from clv.api.requests import NewName
from clv.errors import InvalidSettings
from clv.insights.cohorts import cohort_cells, matrix, table_of_customers
from clv.report import report
from clv.store import audit, saved

router = APIRouter(tags=["Analyses"], prefix="/analyses")
GROUPINGS: Final = (
    *(schema.SEGMENT, schema.TIER, schema.CUSTOMER_STATUS, schema.VALUE_RISK),
    schema.INTERESTS,
)
MOST_GROUPS: Final = 200  # of an attribute


def _of_the_first() -> dict[str, Any]:
    """Links from the list to what the first analysis of it says."""
    names = ("analysis", "summary", "formula", "model", "scorecard", "segments", "cohorts")
    operations = (*(f"analyses_{name}" for name in names), "customers_customers")
    first = {"analysis_id": "$response.body#/analyses/0/id"}
    return {name: {"operationId": name, "parameters": first} for name in operations}


class SavedAnalysis(BaseModel):
    """A saved analysis, as the library lists it."""

    id: str
    name: str
    data_name: str = Field(description="Of the file.")
    rows: int = Field(description="Of the file.")
    customers: int
    revenue: float = Field(description="Net revenue of all customers, money.")
    predicted_clv: float | None = Field(description="Of all customers, money.")
    first: date = Field(description="Day of the first order.")
    last: date = Field(description="Day of the last order.")
    saved_at: datetime


class SavedAnalyses(BaseModel):
    """Your saved analyses, the latest first."""

    analyses: list[SavedAnalysis]
    after: str | None = Field(description="Where the next page begins; null on the last one.")


class Summary(BaseModel):
    """The whole base in figures, and how the rows of the file were used."""

    shape: str = Field(description="orders or customers: what a row of the file is")
    rows: dict[str, Any] = Field(description="Read, used, rejected; reasons and changes by name.")
    window: dict[str, date] = Field(description="First and last order, analysis date.")
    settings: dict[str, Any]
    totals: dict[str, float | None] = Field(description="Money with the margin applied.")
    channels: list[dict[str, Any]]
    cautions: list[str] = Field(description="What limits the figures.")
    doubts: list[str] = Field(description="Where the shop does not suit the models.")


class Formula(BaseModel):
    """The formula CLV: aov x frequency x margin / churn."""

    period: dict[str, date]
    aov: float | None = Field(description="Net revenue per order, money.")
    frequency: float | None = Field(description="Orders per customer in the period.")
    margin: float = Field(description="Share of revenue, 0 to 1.")
    churn: float | None = Field(description="Share of customers lost per period, 0 to 1.")
    churn_method: str
    clv: float | None = Field(description="Money per customer.")
    note: str


class Model(BaseModel):
    """The fitted models with their parameters, or why there are none."""

    purchases: dict[str, Any] | None
    spend: dict[str, Any] | None
    reason: str
    cautions: list[str]
    problem: dict[str, str] | None = None


class Scorecard(BaseModel):
    """How well the model foretold the shop's own past; without a test the verdict says why."""

    model_config = ConfigDict(extra="allow")
    verdict: str
    split: date | None = None
    end: date | None = None
    customers: int | None = None
    scores: list[dict[str, Any]] = []


class Segment(BaseModel):
    """What one group of customers is worth; null where there is no model."""

    name: str
    customers: int
    share_customers: float = Field(description="0 to 1")
    orders: int
    revenue: float = Field(description="Net revenue so far, money.")
    aov: float | None = Field(description="Net revenue per order, money.")
    p_alive: float | None = Field(description="Mean probability of still buying.")
    historic_value: float
    predicted_clv: float | None = Field(description="Sum, money.")
    predicted_clv_low: float | None
    predicted_clv_high: float | None
    predicted_clv_mean: float | None
    total_value: float | None
    share_value: float | None = Field(description="Of the predicted CLV, 0 to 1.")


class Segments(BaseModel):
    """The groups of customers, in their usual order."""

    by: str
    segments: list[Segment]


class Cohort(BaseModel):
    """A cohort in one month; of a file with one row per customer, a cohort as a whole."""

    model_config = ConfigDict(extra="allow")
    cohort: str = Field(description="Month of the first order.", examples=["1997-01"])
    month: str | None = None
    age: int | None = Field(None, description="Months since the first order.")
    size: int | None = Field(None, description="Customers of the cohort.")
    customers: int = Field(description="Who ordered in the month.")
    orders: int
    revenue: float = Field(description="Money.")
    retention: float | None = Field(None, description="customers / size")
    value: float | None = Field(None, description="Margin so far per customer of the cohort.")


class Cohorts(BaseModel):
    """The cohorts, the earliest first, month by month."""

    cohorts: list[Cohort]


@router.get(
    "", summary="List your analyses", responses={**refusals(), 200: {"links": _of_the_first()}}
)
def analyses(
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str | None, Query(max_length=64, description="Of the page before.")] = None,
) -> SavedAnalyses:
    """What was saved, by the pages and by jobs."""
    every = saved.listed(caller.store, caller.owner)
    left = [one for one in every if _rank(one) > _cursor(after)] if after else list(every)
    page = left[:limit]
    last = page[-1] if len(left) > len(page) else None
    return SavedAnalyses(
        analyses=[_said(one) for one in page],
        after=f"{last.saved_at.timestamp()!r}_{last.id}" if last else None,
    )


@router.get("/{analysis_id}", summary="One analysis", responses=refusals(404))
def analysis(caller: Reader, analysis_id: AnalysisId) -> SavedAnalysis:
    """Its name, its file and its totals."""
    return _said(saved.get(caller.store, caller.owner, analysis_id))


@router.patch("/{analysis_id}", summary="Rename it", responses=refusals(404))
def rename(caller: Writer, analysis_id: AnalysisId, new: NewName) -> SavedAnalysis:
    """Give it another name."""
    found = saved.rename(caller.store, caller.owner, analysis_id, new.name)
    audit.record(caller.store, caller.owner, "renamed", f"saved analysis {analysis_id}")
    return _said(found)


@router.delete("/{analysis_id}", status_code=204, summary="Delete it", responses=refusals(404))
def delete(caller: Writer, analysis_id: AnalysisId) -> None:
    """Delete it for good, with its files and its links."""
    saved.delete(caller.store, caller.owner, analysis_id)
    audit.record(caller.store, caller.owner, "deleted", f"saved analysis {analysis_id}")


@router.get("/{analysis_id}/summary", summary="The whole base", responses=refusals(404))
def summary(opened: Opened) -> Summary:
    """Rows, window, settings and totals."""
    said = report(opened)
    return Summary(**said | {"cautions": list(opened.cautions)})


@router.get("/{analysis_id}/formula", summary="The formula", responses=refusals(404))
def formula(opened: Opened) -> Formula:
    """The formula CLV, term by term."""
    return Formula(**report(opened)["formula"])


@router.get("/{analysis_id}/model", summary="The models", responses=refusals(404))
def model(opened: Opened) -> Model:
    """The purchase and spend models with their parameters (per week) and verdicts."""
    return Model(**report(opened)["model"])


@router.get("/{analysis_id}/scorecard", summary="The test", responses=refusals(404))
def scorecard(opened: Opened) -> Scorecard:
    """The forecast against what came in the last part of the history."""
    return Scorecard(**report(opened)["test"])


@router.get("/{analysis_id}/segments", summary="Segments", responses=refusals(404))
def segments(
    opened: Opened,
    by: Annotated[
        str,
        Query(
            max_length=200,
            examples=["segment"],
            description=f"{', '.join(GROUPINGS)}, or another column of the file.",
        ),
    ] = schema.SEGMENT,
) -> Segments:
    """What each segment, tier, status or value of an attribute is worth."""
    known = groupings(opened)
    if by not in known:
        raise InvalidSettings(
            f"The customers are not grouped by '{by[:60]}'.", f"Choose one of {', '.join(known)}."
        )
    return Segments(by=by, segments=[Segment(**row) for row in records(opened.segments(by))])


@router.get("/{analysis_id}/cohorts", summary="Cohorts", responses=refusals(404))
def cohorts(opened: Opened) -> Cohorts:
    """Customers by the month of their first order, and what each month brought."""
    return Cohorts(cohorts=[Cohort(**row) for row in records(_cohorts(opened))])


def groupings(opened: Analysis) -> tuple[str, ...]:
    """The columns that `segments` takes."""
    others = (name for name in opened.population.labels.values() if name != schema.RFM)
    further = (
        name
        for name in others
        if name not in GROUPINGS and opened.frame[name].nunique() <= MOST_GROUPS
    )
    return tuple(name for name in (*GROUPINGS, *further) if name in opened.frame)


def _cohorts(opened: Analysis) -> Any:
    if opened.shop.by_customer:
        return table_of_customers(opened.frame)
    cells = opened.lines.ask(cohort_cells, None, ())
    return matrix(cells, opened.shop.first, opened.shop.last, opened.margin)


def _rank(one: saved.Saved) -> tuple[float, str]:
    return -one.saved_at.timestamp(), one.id


def _cursor(after: str) -> tuple[float, str]:
    moment, _, last = after.partition("_")
    try:
        return -float(moment), last
    except ValueError:
        raise InvalidSettings(
            "The cursor does not belong to this list.", "Take `after` from the page before."
        ) from None


def _said(one: saved.Saved) -> SavedAnalysis:
    return SavedAnalysis.model_validate(one, from_attributes=True)
