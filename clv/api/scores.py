"""New orders put to a saved analysis: what their customers are worth now, without a new fit."""

import os
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import pandas as pd
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from clv import schema
from clv.analysis import Analysis
from clv.analysis.scoring import score
from clv.api.plain import records
from clv.api.problems import refusals
from clv.api.reopened import Opened
from clv.api.turns import turn
from clv.api.values import Day, Number
from clv.engine import workspace
from clv.exports import to_csv
from clv.intake.cleaning import clean
from clv.intake.mapping import Mapping
from clv.intake.shop import Shop
from clv.intake.sources import ReadOptions, read
from clv.settings import Rules

router = APIRouter(tags=["Customers"], prefix="/analyses/{analysis_id}")
_AS_WRITTEN: Final = ReadOptions(encoding="utf-8", delimiter=",", header=True)
MOST_ORDERS: Final = 10_000


class NewOrder(BaseModel):
    """One order, or one line of it. A negative amount takes money back."""

    model_config = ConfigDict(extra="forbid")
    customer_id: str = Field(min_length=1, max_length=200, examples=["00004"])
    ordered_at: Day = Field(examples=["1998-07-15"], description="The day, 1970 to 2100.")
    amount: Number = Field(gt=-1e12, lt=1e12, description="Money.", examples=[29.95])
    order_id: str | None = Field(None, min_length=1, max_length=200, examples=[None])


class NewOrders(BaseModel):
    """Orders that are not in the analysis yet."""

    model_config = ConfigDict(extra="forbid")
    orders: list[NewOrder] = Field(min_length=1, max_length=MOST_ORDERS)


class Scored(BaseModel):
    """A customer of the new orders with the value that the saved models give."""

    customer_id: str
    first_order: date
    last_order: date
    frequency: int = Field(description="Repeat purchase days.")
    recency: int = Field(description="Days.")
    T: int = Field(description="Days.")
    monetary: float | None
    orders: int
    revenue: float = Field(description="Money, earlier orders included.")
    p_alive: float
    expected_orders: float
    expected_order_value: float
    historic_value: float
    predicted_clv: float = Field(description="Money, margin applied, over the horizon.")
    predicted_clv_low: float | None
    predicted_clv_high: float | None
    total_value: float
    next_order_date: date | None
    p_order_30d: float


class Scores(BaseModel):
    """The customers of the new orders, by id."""

    customers: list[Scored]
    left_out: dict[str, int] = Field(description="Rows that were not used, by reason.")


_CSV: Final = "customer_id,ordered_at,amount\n00004,1998-07-15,29.95\n"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/NewOrders"}},
            "text/csv": {
                "schema": {"type": "string"},
                "example": _CSV,
            },
        },
    }
}


@router.post(
    "/score", summary="Score new orders", responses=refusals(404, 415), openapi_extra=_BODY
)
async def score_orders(
    request: Request,
    opened: Opened,
    day: Annotated[
        Day | None, Query(description="The day to look ahead from; null: the last order's.")
    ] = None,
) -> Scores:
    """Value the customers of new orders with the saved models; nothing is fitted, nothing kept.

    JSON, or CSV with the columns customer_id, ordered_at (2026-01-31), amount and, where there is
    one, order_id. Customers that the analysis knows go on from their orders in it.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == "text/csv":
        content = body
    elif kind in ("application/json", ""):
        content = _csv(_orders(body))
    else:
        raise HTTPException(415)
    return await run_in_threadpool(_scored, opened, content, day)


def _orders(body: bytes) -> list[NewOrder]:
    try:
        return NewOrders.model_validate_json(body).orders
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from None


def _csv(orders: Sequence[NewOrder]) -> bytes:
    frame = pd.DataFrame([order.model_dump() for order in orders])
    return to_csv(frame.astype({"ordered_at": str}).dropna(axis=1, how="all"), machine=True)


def _scored(opened: Analysis, content: bytes, day: date | None) -> Scores:
    with turn():
        new = _shop(content)
        found = records(score(opened, new, day))
    return Scores(customers=[Scored(**row) for row in found], left_out=dict(new.ledger.reasons))


def _shop(content: bytes) -> Shop:
    """New orders through the same door as any file: rows that are no orders are told."""
    handle, path = tempfile.mkstemp(dir=workspace(), prefix=".scoring-", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        raw = read(path, _AS_WRITTEN, name="New orders")
    finally:
        Path(path).unlink(missing_ok=True)
    roles = tuple((role, role) for role in schema.ROLES if role in raw.columns)
    mapping = Mapping(columns=roles, date_order="ymd", decimal=".")
    return clean(raw, mapping, Rules())
