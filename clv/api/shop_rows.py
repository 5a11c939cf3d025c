"""Rows of the shop database as models: what a request may hold, and what an answer does.

They are made of the columns (`clv.store.shop.fields`), so the description never differs from
what the database takes.
"""

from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, create_model

from clv.api.values import Day, Number, Whole
from clv.store.shop import fields
from clv.store.shop.filters import filters_of
from clv.store.shop.rows import MOST_ROWS

_FORBID: Final = ConfigDict(extra="forbid")
# A time of the shop's own clock, which has no zone: not the date-time of JSON schemas.
_TIME: Final = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?$"
_KINDS: Final[dict[str, Any]] = {
    "text": str,
    "integer": int,
    "number": float,
    "date": Day,
    "time": str,
}
_STRICTLY: Final = {**_KINDS, "integer": Whole, "number": Number}  # an address is all text
_EXAMPLES: Final[dict[str, Any]] = {
    "customer_id": "C1",
    "name": "Ada",
    "country": "France",
    "product_id": "P1",
    "product": "House blend",
    "category": "Coffee",
    "unit_price": 12.5,
    "unit_cost": 6.0,
    "day": "2026-01-31",
    "order_id": "O1",
    "ordered_at": "2026-01-31T15:30:00",
    "channel": "Web",
    "quantity": 2,
    "sale_id": 1,
}


class Models(NamedTuple):
    """The models of one table."""

    row: type[BaseModel]
    new: type[BaseModel]
    whole: type[BaseModel]
    part: type[BaseModel]
    page: type[BaseModel]
    asked: type[BaseModel]


def models(table: str) -> Models:
    """Row as answered; new row; whole row in the place of a key; changes; page; filters."""
    known = fields.columns(table)
    noun = f"Shop{table.removesuffix('s').capitalize()}"
    row = _model(noun, {f.name: _answered(f) for f in known}, f"A row of {table}.")
    optional = {f.name: _asked(f, may_lack=True) for f in known}
    needed = {f.name: _asked(f, may_lack=f.may_be_left_out) for f in known}
    key = fields.key_of(table).name
    page = {
        "rows": (list[row], ...),  # type: ignore[valid-type]
        "count": (int, Field(description="Rows that the filter keeps, on all pages.")),
        "after": (str | None, Field(description="Where the next page begins; null on the last.")),
    }
    return Models(
        row=row,
        new=_model(f"New{noun}", needed, f"A new row of {table}."),
        whole=_model(f"Whole{noun}", {**needed, key: optional[key]}, "A whole row."),
        part=_model(f"Changed{noun}", optional, "What is to change."),
        page=_model(f"{noun}Page", page, f"Rows of {table} in the order of their key."),
        asked=_model(f"{noun}Filter", _filters(table), "Which rows."),
    )


def _model(name: str, parts: dict[str, Any], about: str) -> type[BaseModel]:
    made: type[BaseModel] = create_model(name, __config__=_FORBID, __doc__=about, **parts)
    return made


def _answered(field: fields.Field) -> tuple[Any, Any]:
    kind = _KINDS[field.kind]
    return (kind if field.required else kind | None), Field(description=field.about)


def _asked(field: fields.Field, *, may_lack: bool) -> tuple[Any, Any]:
    kind = _STRICTLY[field.kind]
    limits = _limits(field)
    if field.name in _EXAMPLES:
        limits["examples"] = [_EXAMPLES[field.name]]
    if may_lack:
        return kind | None, Field(default=None, description=field.about, **limits)
    return kind, Field(description=field.about, **limits)


def _limits(field: fields.Field) -> dict[str, Any]:
    if field.kind == "text":
        return {"min_length": 1, "max_length": field.longest}
    if field.kind == "time":
        return {"pattern": _TIME}
    if field.kind == "date":
        return {}
    return {"ge": field.low, "le": field.high}


def _filters(table: str) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for name, field in filters_of(table).items():
        about = field.about if name == field.name else f"{field.name}, this value included."
        parts[name] = _KINDS[field.kind] | None, Field(default=None, description=about)
    limit = Field(default=100, ge=1, le=MOST_ROWS, description="Rows on a page.")
    after = Field(default=None, max_length=200, description="Of the page before.")
    return {**parts, "limit": (int, limit), "after": (str | None, after)}
