"""The customers of a saved analysis: filtered, sorted, page by page; or as one file; or one."""

from datetime import date
from typing import Annotated, Final, Literal

import numpy as np
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from clv import schema
from clv.analysis import Analysis
from clv.api.callers import Reader
from clv.api.paging import SORTS, Places, Sort
from clv.api.plain import records
from clv.api.problems import refusals
from clv.api.reopened import AnalysisId, Opened
from clv.errors import InvalidSettings, NotFound
from clv.exports import csv_stream, parquet_stream
from clv.insights.selection import SEGMENT, STATUS, TIER, Condition, Selection
from clv.store import audit

router = APIRouter(tags=["Customers"], prefix="/analyses/{analysis_id}")
PAGE: Final = 100
LONGEST_PAGE: Final = 1000
AT_A_TIME: Final = 50_000  # customers of a file that are put together in one go
SortText = Literal[SORTS]  # type: ignore[valid-type]
_MONEY = Field(None, description="Money, margin applied, over the horizon.")


class Customer(BaseModel):
    """One customer; null where there is no model. Further columns of the file come along."""

    model_config = ConfigDict(extra="allow")
    customer_id: str = Field(examples=["00004"])
    first_order: date
    last_order: date
    frequency: int = Field(description="Repeat purchase days.", ge=0)
    recency: int = Field(description="Days from the first to the last purchase day.", ge=0)
    T: int = Field(description="Days from the first purchase day to the analysis date.", ge=0)
    monetary: float | None = Field(None, description="Mean net revenue per repeat purchase day.")
    orders: int = Field(ge=0)
    revenue: float = Field(description="Net revenue so far, money.")
    margin: float | None = Field(None, description="Revenue so far x gross margin, money.")
    p_alive: float | None = Field(None, description="Probability of still buying.", ge=0, le=1)
    expected_orders: float | None = Field(None, description="Over the horizon.")
    expected_order_value: float | None = Field(None, description="Money.")
    historic_value: float | None = Field(None, description="Money, margin applied, so far.")
    predicted_clv: float | None = _MONEY
    predicted_clv_low: float | None = Field(None, description="Lower end of its interval.")
    predicted_clv_high: float | None = Field(None, description="Upper end of its interval.")
    total_value: float | None = Field(None, description="Historic value + predicted CLV.")
    next_order_date: date | None = Field(None, description="Median, given an order comes.")
    p_order_30d: float | None = Field(None, description="Probability of an order in 30 days.")
    tier: str | None = None
    rfm: str | None = None
    segment: str | None = None
    status: str | None = None
    value_risk: str | None = None


class Customers(BaseModel):
    """A page of customers."""

    count: int = Field(description="Customers that the filter keeps, on all pages.", ge=0)
    customers: list[Customer]
    after: str | None = Field(description="Where the next page begins; null on the last one.")


class Filter(BaseModel):
    """Which customers: all conditions hold, and of one field one of its values."""

    segment: list[str] = Field([], max_length=20, examples=[["Champions"]])
    tier: list[str] = Field([], max_length=20)
    status: list[str] = Field([], max_length=20)
    min_value: float | None = Field(None, description="Least predicted CLV, money.")
    where: list[str] = Field(
        [],
        max_length=20,
        description='Conditions as the pages write them: "Orders at least: 3", '
        '"Country is not: France".',
    )

    def places(self, analysis: Analysis) -> Places:
        """The places in the frame that it keeps. Raises InvalidSettings for a text that is none."""
        population = analysis.population
        told, unknown = Selection.parse(self.where, population.fields)
        if unknown:
            raise InvalidSettings(
                f"'{unknown[0][:80]}' is no condition.",
                'Write "Segment: Champions" or "Orders at least: 3"; the fields are '
                f"{', '.join(population.fields)}.",
            )
        named = ((SEGMENT, self.segment), (TIER, self.tier), (STATUS, self.status))
        more = [Condition(field, value) for field, values in named for value in values]
        kept = Selection((*told.conditions, *more)).mask(population)
        if self.min_value is not None:
            values = analysis.frame[schema.PREDICTED_CLV].to_numpy(float)
            kept = kept & (values >= self.min_value)
        return np.flatnonzero(kept)


class Ask(Filter):
    """Which customers, in which order, and how they are sent."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["json", "csv", "parquet"] = Field(
        "json", description="json: a page; csv, parquet: all of them as one file."
    )
    sort: SortText = Field("customer_id", description="A column; with - in front: highest first.")
    limit: int = Field(PAGE, ge=1, le=LONGEST_PAGE, description="Customers on a page.")
    after: str | None = Field(None, max_length=2000, description="Of the page before.")
    raw: bool = Field(
        False,
        description="csv: text as it is. Else a cell that a spreadsheet would take for a formula "
        "has an apostrophe in front.",
    )


@router.get(
    "/customers",
    summary="Customers with their value",
    response_model=Customers,
    responses={
        **refusals(404),
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/vnd.apache.parquet": {
                    "schema": {"type": "string", "format": "binary"}
                },
            }
        },
    },
)
def customers(
    caller: Reader, analysis: Opened, analysis_id: AnalysisId, ask: Annotated[Ask, Query()]
) -> Customers | Response:
    """Filter, sort and page through the customers, or take all of them as CSV or Parquet."""
    sort, frame = Sort.parse(ask.sort), analysis.frame
    ordered = sort.order(frame, ask.places(analysis))
    if ask.format != "json":
        audit.record(
            caller.store, caller.owner, "downloaded", f"saved analysis {analysis_id}", ask.format
        )
        return _file(analysis, ordered, ask)
    left = ordered if ask.after is None else sort.after(frame, ordered, ask.after)
    page = left[: ask.limit]
    more = len(left) > len(page)
    return Customers(
        count=len(ordered),
        customers=[Customer(**row) for row in records(analysis.customers(frame.iloc[page]))],
        after=sort.cursor(frame, int(page[-1])) if more else None,
    )


@router.get("/customers/{customer_id:path}", summary="One customer", responses=refusals(404))
def customer(
    analysis: Opened, customer_id: Annotated[str, Path(examples=["00004"], max_length=500)]
) -> Customer:
    """What one customer is worth, with its interval."""
    ids = analysis.frame[schema.CUSTOMER_ID]
    place = int(ids.searchsorted(customer_id))
    if place == len(ids) or ids.iloc[place] != customer_id:
        raise NotFound(
            "The analysis has no such customer.", "Ids are compared letter by letter; see the list."
        )
    return Customer(**records(analysis.customers(analysis.frame.iloc[[place]]))[0])


def _file(analysis: Analysis, ordered: Places, ask: Ask) -> Response:
    parts = (
        analysis.customers(analysis.frame.iloc[ordered[begin : begin + AT_A_TIME]])
        for begin in range(0, max(1, len(ordered)), AT_A_TIME)
    )
    if ask.format == "csv":
        stream, kind = csv_stream(parts, machine=ask.raw), "text/csv; charset=utf-8"
    else:
        stream, kind = parquet_stream(parts), "application/vnd.apache.parquet"
    name = f'attachment; filename="customers.{ask.format}"'
    return StreamingResponse(stream, media_type=kind, headers={"Content-Disposition": name})
