"""Saved analyses: save, list, open, rename, duplicate under other settings, delete for good."""

import contextlib
import json
import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from clv.analysis import Analysis, analyse, evaluate
from clv.errors import CLVError, InvalidSettings, NotFound
from clv.intake.recipe import Recipe
from clv.settings import Settings
from clv.store.audit import record_in
from clv.store.files import Batch, StoredFile, batch, checked, delete_unnamed
from clv.store.frozen import (
    JSON,
    RECIPE,
    Frozen,
    Over,
    freeze,
    settings_from,
    settings_text,
    thaw,
)
from clv.store.opening import Store
from clv.store.tables import SAVED, SAVED_FILES

LONGEST_NAME: Final = 120
LONGEST_VIEW: Final = 8_000
_TRIES: Final = 3


@dataclass(frozen=True)
class Saved:
    """What the catalogue says of a saved analysis.

    name: the owner's; data_name: of the file; rows: of the file; revenue, predicted_clv: money,
    of all customers; view: the query string of the page it was saved from.
    """

    id: str
    owner: str
    name: str
    data_name: str
    rows: int
    customers: int
    revenue: float
    predicted_clv: float | None
    first: date
    last: date
    settings: Settings
    view: str
    saved_at: datetime


def save(
    store: Store,
    owner: str,
    analysis: Analysis,
    *,
    name: str,
    recipe: Recipe | None = None,
    view: str = "",
) -> Saved:
    """Keep an analysis of the whole shop as it is. When this returns, it lasts.

    Raises InvalidSettings for a name that is none, NoRoom and StoreProblem.
    """
    saved = described(owner, analysis, checked_name(name), checked_view(view))
    with batch(store) as files:
        parts = taken_parts(files, freeze(analysis))
        if recipe is not None:
            parts[RECIPE] = files.write(recipe.to_json().encode(), JSON)
        with store.publishing():
            files.publish()
            with store.writing() as connection:
                connection.execute(SAVED.insert().values(**row_of(saved)))
                insert_files(connection, saved.id, parts)
                record_in(connection, owner, "saved", subject_of(saved.id))
    return saved


def listed(store: Store, owner: str) -> tuple[Saved, ...]:
    """The saved analyses of an owner, the latest first."""
    query = sa.select(SAVED).where(SAVED.c.owner == owner)
    with store.reading() as connection:
        found = connection.execute(query.order_by(SAVED.c.saved_at.desc(), SAVED.c.id))
        return tuple(_saved(row) for row in found)


def get(store: Store, owner: str, id: str) -> Saved:
    """A saved analysis; NotFound alike for one that is not there and one of somebody else."""
    query = sa.select(SAVED).where(SAVED.c.id == id, SAVED.c.owner == owner)
    with store.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise _not_found()
    return _saved(row)


def reopen(store: Store, saved: Saved, *, mask: Over | None = None) -> Analysis:
    """The analysis, figure for figure the one that was saved; nothing is fitted again.

    mask: what is put over it (`clv.store.masks`). Raises NotFound when it was
    deleted meanwhile, Damaged when its bytes have changed.
    """
    for tries in range(_TRIES):
        parts = files_of(store, saved.id)
        try:
            paths = {part: checked(store, one.name) for part, one in parts.items()}
            return thaw(paths, saved.id, mask)
        except (CLVError, FileNotFoundError):
            # Erasing a customer puts other files in the place of these.
            if files_of(store, saved.id) == parts or tries == _TRIES - 1:
                raise
    raise _not_found()


def recipe_of(store: Store, saved: Saved) -> Recipe | None:
    """How its file was read, where that was kept."""
    parts = files_of(store, saved.id)
    if RECIPE not in parts:
        return None
    return Recipe.from_json(checked(store, parts[RECIPE].name).read_text(encoding="utf-8"))


def rename(store: Store, owner: str, id: str, name: str) -> Saved:
    """Give another name."""
    found = replace(get(store, owner, id), name=checked_name(name))
    mine = (SAVED.c.id == id) & (SAVED.c.owner == owner)
    with store.writing() as connection:
        connection.execute(SAVED.update().where(mine).values(name=found.name))
    return found


def duplicate(store: Store, owner: str, id: str, settings: Settings, *, name: str) -> Saved:
    """The same data under other settings, saved as another one.

    Models are fitted anew only where the settings ask for another model or other customers.
    """
    saved = get(store, owner, id)
    analysis = under(reopen(store, saved), settings)
    recipe = recipe_of(store, saved)
    return save(store, owner, analysis, name=name, recipe=recipe, view=saved.view)


def under(analysis: Analysis, settings: Settings) -> Analysis:
    """The same shop under other settings."""
    prepared = analysis.prepared
    if _learned(prepared.settings) == _learned(settings):
        return evaluate(prepared, settings)
    return analyse(analysis.shop, settings)


def delete(store: Store, owner: str, id: str) -> None:
    """Delete a saved analysis for good, with its links and every file that no other one needs."""
    get(store, owner, id)
    with store.publishing():
        names = {one.name for one in files_of(store, id).values()}
        with store.writing() as connection:
            connection.execute(SAVED_FILES.delete().where(SAVED_FILES.c.saved_id == id))
            connection.execute(SAVED.delete().where(SAVED.c.id == id, SAVED.c.owner == owner))
            record_in(connection, owner, "deleted", subject_of(id))
        delete_unnamed(store, names)


def delete_older(store: Store, days: int) -> int:
    """Delete what was saved more than `days` days ago, of every owner; how many."""
    old = SAVED.c.saved_at < time.time() - timedelta(days=days).total_seconds()
    with store.reading() as connection:
        found = connection.execute(sa.select(SAVED.c.owner, SAVED.c.id).where(old)).all()
    for owner, id in found:
        with contextlib.suppress(NotFound):  # deleted meanwhile
            delete(store, owner, id)
    return len(found)


def subject_of(id: str) -> str:
    """What the audit log calls a saved analysis: never its name, which may speak of people."""
    return f"saved analysis {id}"


def files_of(store: Store, id: str) -> dict[str, StoredFile]:
    """Part -> file of a saved analysis; NotFound when it is not there."""
    query = sa.select(SAVED_FILES).where(SAVED_FILES.c.saved_id == id)
    with store.reading() as connection:
        parts = {row.part: StoredFile(row.file, row.size) for row in connection.execute(query)}
    if not parts:
        raise _not_found()
    return parts


def insert_files(connection: sa.Connection, id: str, parts: dict[str, StoredFile]) -> None:
    """Name the files of a saved analysis, in the transaction of the connection."""
    connection.execute(
        SAVED_FILES.insert(),
        [
            {"saved_id": id, "part": part, "file": one.name, "size": one.size}
            for part, one in parts.items()
        ],
    )


def taken_parts(files: Batch, frozen: Frozen) -> dict[str, StoredFile]:
    """Part -> file, after a batch has taken all of them in."""
    copies = {part: files.copy(path) for part, path in frozen.copies.items()}
    written = {
        part: files.write(content, frozen.suffix(part)) for part, content in frozen.contents.items()
    }
    return {**copies, **written}


def checked_name(name: str) -> str:
    """A name without blanks at its ends. Raises InvalidSettings."""
    found = "".join(c for c in name if c.isprintable()).strip()
    if not 0 < len(found) <= LONGEST_NAME:
        raise InvalidSettings(
            "A saved analysis needs a name.", f"Use 1 to {LONGEST_NAME} characters."
        )
    return found


def checked_view(view: str) -> str:
    """A query string. Raises InvalidSettings."""
    found = view.removeprefix("?")
    if len(found) > LONGEST_VIEW or not (found.isascii() and found.isprintable()):
        raise InvalidSettings(
            "The view is no query string of a page.", "Take it from the address of the page."
        )
    return found


def described(owner: str, analysis: Analysis, name: str, view: str) -> Saved:
    """What the catalogue will say of an analysis, under a new id."""
    shop, everyone = analysis.shop, replace(analysis, members=None)
    totals = everyone.totals
    return Saved(
        id=secrets.token_hex(12),
        owner=owner,
        name=name,
        data_name=shop.name,
        rows=shop.ledger.read,
        customers=totals.customers,
        revenue=totals.revenue,
        predicted_clv=totals.predicted_clv.value if totals.predicted_clv else None,
        first=shop.first,
        last=shop.last,
        settings=analysis.settings,
        view=view,
        saved_at=datetime.fromtimestamp(time.time(), UTC),
    )


def row_of(saved: Saved) -> dict[str, Any]:
    """The row of the catalogue."""
    return {
        "id": saved.id,
        "owner": saved.owner,
        "name": saved.name,
        "data_name": saved.data_name,
        "row_count": saved.rows,
        "customers": saved.customers,
        "revenue": saved.revenue,
        "predicted_clv": saved.predicted_clv,
        "first_day": saved.first.isoformat(),
        "last_day": saved.last.isoformat(),
        "settings": settings_text(saved.settings),
        "view_query": saved.view,
        "saved_at": saved.saved_at.timestamp(),
    }


def _saved(row: Any) -> Saved:
    return Saved(
        id=row.id,
        owner=row.owner,
        name=row.name,
        data_name=row.data_name,
        rows=row.row_count,
        customers=row.customers,
        revenue=row.revenue,
        predicted_clv=row.predicted_clv,
        first=date.fromisoformat(row.first_day),
        last=date.fromisoformat(row.last_day),
        settings=settings_from(json.loads(row.settings)),
        view=row.view_query,
        saved_at=datetime.fromtimestamp(row.saved_at, UTC),
    )


def _learned(settings: Settings) -> tuple[Any, ...]:
    """The settings that what was learned from the data depends on."""
    statuses = settings.inactive_months, settings.long_gone_months, settings.new_days
    return settings.model, settings.analysis_date, *statuses


def _not_found() -> NotFound:
    return NotFound(
        "There is no saved analysis of that id.", "It may have been deleted; look at the list."
    )
