"""The shop database over the wire: its five tables row by row, and questions in SQL.

It is one database for everybody who has a token of this server.
"""

from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from clv.api.callers import Reader, Writer
from clv.api.plain import plain
from clv.api.problems import refusals
from clv.api.shop_rows import Models, models
from clv.api.values import Whole
from clv.store import audit
from clv.store.shop import fields, rows, source
from clv.store.shop.database import open_shop, state_of

router = APIRouter(prefix="/shop", tags=["Shop database"])
Key = Annotated[str, Path(max_length=200, description="The key of the row.")]
MOST_ANSWERED: Final = 1000


class Column(BaseModel):
    """A column of a table."""

    name: str
    kind: str = Field(description="text, integer, number, date or time")
    about: str
    required: bool
    key: bool
    names: str = Field(description="The table whose key it holds.")


class Table(BaseModel):
    """A table of the shop database."""

    name: str
    count: int = Field(description="Rows.")
    columns: list[Column]


class Shop(BaseModel):
    """The five tables; `state` is another text after every change."""

    state: str
    tables: list[Table]


class Question(BaseModel):
    """One SELECT over the five tables and the view of the orders."""

    model_config = ConfigDict(extra="forbid")
    query: str = Field(
        min_length=1,
        max_length=20_000,
        examples=["SELECT country, COUNT(*) AS customers FROM customers GROUP BY country"],
    )
    rows: Whole = Field(200, ge=1, le=MOST_ANSWERED, description="Rows at most.")


class Answered(BaseModel):
    """The first rows as text."""

    columns: list[str]
    rows: list[list[str | None]]
    more: bool = Field(description="Whether there are others after them.")


@router.get("", summary="The tables", responses=refusals(404))
def shop(_: Reader) -> Shop:
    """The five tables with their columns and how many rows they have."""
    database = open_shop()
    tables = [
        Table(
            name=table,
            count=rows.count(database, table),
            columns=[
                Column.model_validate(field, from_attributes=True)
                for field in fields.columns(table)
            ],
        )
        for table in fields.TABLES
    ]
    return Shop(state=state_of(database), tables=tables)


@router.post("/sql", summary="Ask in SQL", responses=refusals(404))
def sql(_: Reader, question: Question) -> Answered:
    """Run one SELECT. It reads only, for ten seconds at most."""
    found = source.select(open_shop(), question.query, rows=question.rows)
    return Answered(
        columns=list(found.columns), rows=[list(row) for row in found.rows], more=found.more
    )


def _table(table: str) -> None:
    """Add the addresses of one table."""
    kinds, key = models(table), fields.key_of(table).name
    noun = table.removesuffix("s")
    _reading(table, kinds, noun)

    @router.post(
        f"/{table}",
        operation_id=f"create_{noun}",
        status_code=201,
        response_model=kinds.row,
        summary="Add a row",
        responses={**refusals(404, 409), 201: {"links": _links(noun, key)}},
    )
    def create(_: Writer, row: kinds.new, request: Request, response: Response) -> Any:  # type: ignore[name-defined]
        made = rows.create(open_shop(), table, row.model_dump(exclude_unset=True))
        place = quote(str(made[key]), safe="")
        response.headers["Location"] = f"{request.scope['root_path']}/shop/{table}/{place}"
        return _said(made)

    @router.put(
        f"/{table}/{{key:path}}",
        operation_id=f"replace_{noun}",
        response_model=kinds.row,
        summary="Put a whole row in the place of a key",
        responses={**refusals(404, 409), 201: {"model": kinds.row, "description": "It is new"}},
    )
    def replace(_: Writer, key: Key, row: kinds.whole, response: Response) -> Any:  # type: ignore[name-defined]
        given = row.model_dump(exclude_unset=True)
        made, new = rows.replace(open_shop(), table, key, given)
        response.status_code = 201 if new else 200
        return _said(made)

    @router.patch(
        f"/{table}/{{key:path}}",
        operation_id=f"change_{noun}",
        response_model=kinds.row,
        summary="Change some values of a row",
        responses=refusals(404, 409),
    )
    def change(_: Writer, key: Key, part: kinds.part) -> Any:  # type: ignore[name-defined]
        given = part.model_dump(exclude_unset=True)
        return _said(rows.change(open_shop(), table, key, given))

    @router.delete(
        f"/{table}/{{key:path}}",
        operation_id=f"delete_{noun}",
        status_code=204,
        summary="Delete a row that no other row names",
        responses=refusals(404, 409),
    )
    def delete(caller: Writer, key: Key) -> None:
        rows.delete(open_shop(), table, key)
        audit.record(caller.store, caller.owner, "deleted", f"a row of the shop's {table}")


def _reading(table: str, kinds: Models, noun: str) -> None:
    @router.get(
        f"/{table}",
        operation_id=f"list_{table}",
        response_model=kinds.page,
        summary="Rows, page by page",
        responses=refusals(404),
    )
    def listed(_: Reader, asked: Annotated[kinds.asked, Query()]) -> Any:  # type: ignore[name-defined]
        told = asked.model_dump(exclude_none=True, exclude={"limit", "after"})
        database = open_shop()
        page = rows.listed(database, table, told, after=asked.after, limit=asked.limit)
        return {
            "rows": [_said(row) for row in page.rows],
            "count": rows.count(database, table, told),
            "after": None if page.next is None else str(page.next),
        }

    @router.get(
        f"/{table}/{{key:path}}",
        operation_id=f"look_at_{noun}",
        response_model=kinds.row,
        summary="One row",
        responses=refusals(404),
    )
    def one(_: Reader, key: Key) -> Any:
        return _said(rows.get(open_shop(), table, key))


def _links(noun: str, key: str) -> dict[str, Any]:
    return {
        name: {
            "operationId": f"{operation}_{noun}",
            "parameters": {"key": f"$response.body#/{key}"},
        }
        for name, operation in (("look", "look_at"), ("change", "change"), ("delete", "delete"))
    }


def _said(row: fields.Row) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else plain(value)
        for name, value in row.items()
    }


for _name in fields.TABLES:
    _table(_name)
