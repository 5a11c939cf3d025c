"""Files: bring one, list them, take one away, and see what its columns are taken for."""

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import unquote

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect

from clv import engine
from clv.api.callers import Caller, Reader, Writer
from clv.api.problems import refusals
from clv.api.turns import turn
from clv.api.uploads import spool
from clv.api.values import Truth
from clv.errors import NotFound, UploadRefused
from clv.intake import inbox
from clv.intake.combine import read
from clv.intake.confidence import word
from clv.intake.customer_mapping import CustomerMapping
from clv.intake.mapping import Mapping
from clv.intake.sources import RawTable, ReadOptions
from clv.intake.suggest import Suggestion, suggest
from clv.intake.suggest_customers import suggest_shape

router = APIRouter(tags=["Files"])
MOST_LISTED: Final = 1000
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_LINKS: Final = {
    name: {"operationId": operation, "parameters": {"file_id": "$response.body#/id"}}
    for name, operation in (
        ("look", "files_file"),
        ("map", "files_mapping"),
        ("delete", "files_delete"),
    )
}
FileId = Annotated[str, Path(description="As given by POST /files.", pattern="^[0-9a-f]{32}$")]


class File(BaseModel):
    """A file that was brought. It is kept for a day after its last use."""

    id: str
    name: str = Field(description="The name it was sent with.", examples=["orders.csv"])
    size: int = Field(description="Bytes.", ge=0)
    arrived_at: datetime


class Files(BaseModel):
    """The files of the caller, the newest first."""

    files: list[File]


class HowToRead(BaseModel):
    """What to take for granted about a file. Null: find out."""

    model_config = ConfigDict(extra="forbid")
    encoding: str | None = Field(None, max_length=40, examples=[None])
    delimiter: str | None = Field(None, min_length=1, max_length=1, examples=[None])
    header: Truth | None = Field(None, description="Whether the first row names the columns.")
    sheet: str | None = Field(None, max_length=200, examples=[None])

    def options(self) -> ReadOptions:
        """The same as the reader takes it."""
        return ReadOptions(**self.model_dump())


class Role(BaseModel):
    """The column that a role is given, and how sure that is."""

    role: str = Field(examples=["customer_id"])
    column: str
    confidence: float = Field(description="Share of such suggestions that are right.", ge=0, le=1)
    word: str = Field(description="sure, likely or unsure")
    why: str


class SuggestedMapping(BaseModel):
    """What the columns of a file are taken for. Put `mapping` into POST /analyses to use it."""

    shape: str = Field(description="orders: a row per order or line; customers: one per customer")
    rows: int
    columns: list[str]
    mapping: dict[str, Any] = Field(description="Null for date_order or decimal: say which.")
    roles: list[Role]
    missing: list[str] = Field(description="Roles that are needed and have no column.")
    program: str | None = Field(description="The export that was recognised.")
    notes: list[str] = Field(description="What was noticed about the file.")


@router.post(
    "/files",
    status_code=201,
    summary="Bring a file",
    openapi_extra=_BODY,
    responses={**refusals(507), 201: {"links": _LINKS}},
)
async def bring(
    request: Request,
    caller: Writer,
    response: Response,
    name: Annotated[str, Query(max_length=300, examples=["orders.csv"])] = "upload",
    x_upload_name: Annotated[
        str | None, Header(max_length=900, description="The name, percent-encoded.")
    ] = None,
) -> File:
    """Send the bytes of a CSV, Excel, OpenDocument, JSON or Parquet file as the body."""
    told = name if x_upload_name is None else unquote(x_upload_name)
    length = request.headers.get("content-length", "")
    size = int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None
    arrival = await asyncio.to_thread(inbox.admit_for, caller.filed_under, told, size)
    try:
        if not await spool(request, arrival):
            raise UploadRefused("The request has no body.", "Send the bytes of the file in it.")
        stored = await asyncio.to_thread(arrival.finish)
    except ClientDisconnect:
        raise UploadRefused("The connection broke before the end.", "Try again.") from None
    finally:
        arrival.abandon()
    response.headers["Location"] = f"{request.scope['root_path']}/files/{stored.id}"
    return _file(stored)


@router.get("/files", summary="List your files", responses=refusals())
def files(caller: Reader) -> Files:
    """The files that you brought, at most 1,000."""
    found = inbox.arrived(caller.filed_under)[::-1]
    return Files(files=[_file(one) for one in found[:MOST_LISTED]])


@router.get("/files/{file_id}", summary="One file", responses=refusals(404))
def file(caller: Reader, file_id: FileId) -> File:
    """Its name, its size and when it came."""
    return _file(stored_file(caller, file_id))


@router.delete(
    "/files/{file_id}",
    status_code=204,
    summary="Delete it",
    responses=refusals(404),
)
def delete(caller: Writer, file_id: FileId) -> None:
    """Delete a file. Analyses made of it stay."""
    inbox.remove(stored_file(caller, file_id))


@router.post(
    "/files/{file_id}/mapping",
    summary="What its columns are taken for",
    responses=refusals(404),
)
def mapping(
    caller: Reader,
    file_id: FileId,
    how: Annotated[HowToRead | None, Body()] = None,
) -> SuggestedMapping:
    """Suggest which column is the customer, the date, the amount ..., and say how sure that is."""
    stored = stored_file(caller, file_id)
    with turn():
        raw = read(stored.path, (how or HowToRead()).options(), name=stored.name)
        return _suggested(raw)


def stored_file(caller: Caller, file_id: str) -> inbox.Stored:
    """A file of the caller, kept from the sweep for another day; NotFound for any other."""
    for one in inbox.arrived(caller.filed_under):
        if one.id == file_id:
            engine.touch(one.path)
            return one
    raise NotFound(
        "There is no such file.", "GET /api/files lists yours; one is kept for a day after its use."
    )


def _file(stored: inbox.Stored) -> File:
    at = datetime.fromtimestamp(stored.at, UTC)
    return File(id=stored.id, name=stored.name, size=stored.size, arrived_at=at)


def _suggested(raw: RawTable) -> SuggestedMapping:
    shape = suggest_shape(raw)
    found = None if isinstance(shape, CustomerMapping) else suggest(raw)
    return SuggestedMapping(
        shape="customers" if found is None else "orders",
        rows=raw.rows,
        columns=list(raw.columns),
        mapping=plain_mapping(shape if found is None else found.mapping),
        roles=_roles(found) if found else [],
        missing=list(found.missing) if found else [],
        program=found.program if found else None,
        notes=[*raw.notes, *(found.quirks if found else ())],
    )


def plain_mapping(mapping: Mapping | CustomerMapping) -> dict[str, Any]:
    """A mapping as plain JSON values."""
    plain: dict[str, Any] = json.loads(mapping.to_json())
    return plain


def _roles(found: Suggestion) -> list[Role]:
    return [
        Role(
            role=role,
            column=column,
            confidence=found.confidence.get(role, 0.0),
            word=word(found.confidence.get(role, 0.0)),
            why=found.why.get(role, ""),
        )
        for role, column in found.mapping.columns
    ]
