"""What rows are asked for, by column: `{"country": "France", "joined_on_from": "2024-01-01"}`."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Final

import sqlalchemy as sa

from clv.store.shop.checking import no_column, refuse
from clv.store.shop.fields import Field, columns
from clv.store.shop.tables import BY_NAME
from clv.store.shop.values import Unfit, stored

FROM: Final = "_from"
UNTIL: Final = "_until"


def filters_of(table: str) -> dict[str, Field]:
    """Every filter that a table has, with the column that it is of."""
    found = {}
    for field in columns(table):
        found[field.name] = field
        if field.kind != "text":
            found |= {f"{field.name}{FROM}": field, f"{field.name}{UNTIL}": field}
    return found


def condition(table: str, filters: Mapping[str, Any]) -> Any:
    """The condition for SQLAlchemy; RowRefused for what does not fit. A blank is no filter."""
    known, problems, parts = filters_of(table), [], [sa.true()]
    for name, given in filters.items():
        if name not in known:
            problems.append(no_column(table, name))
        elif given is not None and given != "":
            try:
                parts.append(_part(table, name, known[name], given))
            except Unfit as problem:
                problems.append(f"{name} {problem}.")
    refuse(problems)
    return sa.and_(*parts)


def _part(table: str, name: str, field: Field, given: Any) -> Any:
    column, value = BY_NAME[table].c[field.name], stored(field, given)
    if name == field.name:
        return column == value
    if name.endswith(FROM):
        return column >= value
    if isinstance(value, datetime) and value.time() == time() and ":" not in str(given):
        value = datetime.combine(value, time(23, 59, 59))  # until a day is until its end
    return column <= value
