"""One saved analysis made anew without a person: rows, ledger, recipe, models."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clv import schema
from clv.analysis import Analysis, analyse
from clv.errors import Damaged, NotEnoughData, NotFound
from clv.intake.shop import Shop
from clv.store.files import Batch, StoredFile, batch, checked, delete_unnamed
from clv.store.frozen import JSON, RECIPE, STATE, freeze
from clv.store.opening import Store
from clv.store.saved import (
    Saved,
    delete,
    described,
    files_of,
    insert_files,
    recipe_of,
    reopen,
    row_of,
    taken_parts,
)
from clv.store.tables import SAVED, SAVED_FILES
from clv.store.traces import Trace, file_says, without_person, without_rows

_TRIES: Final = 3


@dataclass(frozen=True)
class Outcome:
    """What became of a saved analysis: rows taken out, and whether all of it had to go."""

    rows: int
    deleted: bool = False


def rewrite(store: Store, saved: Saved, trace: Trace) -> Outcome | None:
    """Take a person out of a saved analysis; None where nothing of it speaks of them.

    It is deleted where its files are damaged, or where too little is left to analyse. Any other
    error is raised, and erasing can be asked for again.
    """
    for _ in range(_TRIES):
        try:
            parts = files_of(store, saved.id)
            if not _says(store, saved, parts, trace):
                return None
            outcome = _rewritten(store, saved, parts, trace)
        except NotFound:
            return None
        except (Damaged, NotEnoughData):
            delete(store, saved.owner, saved.id)
            return Outcome(saved.rows, deleted=True)
        if outcome is not None:
            return outcome
    raise Damaged("The saved analysis is being changed by others all the time.", "Try again.")


def _says(store: Store, saved: Saved, parts: dict[str, StoredFile], trace: Trace) -> bool:
    if not all(checked(store, one.name) for one in parts.values()):
        return False
    state = (store.files / parts[STATE].name).read_text(encoding="utf-8")
    if any(id in state for id in trace.sure):
        return True
    recipe = recipe_of(store, saved)
    if recipe is not None and without_person(recipe, trace) != recipe:
        return True
    tables = [one for part, one in parts.items() if part not in (STATE, RECIPE)]
    return any(file_says(store.files / one.name, trace) for one in tables)


def _rewritten(
    store: Store, saved: Saved, parts: dict[str, StoredFile], trace: Trace
) -> Outcome | None:
    """The outcome; None where somebody else changed the analysis meanwhile."""
    old = reopen(store, saved)
    recipe = recipe_of(store, saved)
    drafts: list[Path] = []
    try:
        shop, rows = _without(old.shop, trace, lambda table: _draft(store, table, drafts))
        new = analyse(shop, replace(old.settings, analysis_date=_day(old, shop)))
        with batch(store) as files:
            made = taken_parts(files, freeze(new))
            if recipe is not None:
                told = without_person(recipe, trace).to_json()
                made[RECIPE] = files.write(told.encode(), JSON)
            swapped = _swap(store, _renewed(saved, new), parts, made, files)
    finally:
        for path in drafts:
            path.unlink(missing_ok=True)
    return Outcome(rows) if swapped else None


def _day(old: Analysis, shop: Shop) -> Any:
    """The figures go on speaking of the day they spoke of."""
    return old.settings.analysis_date or (old.analysis_date if shop.last < old.shop.last else None)


def _renewed(saved: Saved, analysis: Analysis) -> Saved:
    told = described(saved.owner, analysis, saved.name, saved.view)
    return replace(told, id=saved.id, saved_at=saved.saved_at)


def _swap(
    store: Store,
    saved: Saved,
    before: dict[str, StoredFile],
    after: dict[str, StoredFile],
    files: Batch,
) -> bool:
    with store.publishing():
        if files_of(store, saved.id) != before:
            return False
        files.publish()
        with store.writing() as connection:
            mine = SAVED_FILES.c.saved_id == saved.id
            connection.execute(SAVED_FILES.delete().where(mine))
            insert_files(connection, saved.id, after)
            connection.execute(SAVED.update().where(SAVED.c.id == saved.id).values(**row_of(saved)))
        delete_unnamed(store, {one.name for one in before.values()})
    return True


def _draft(store: Store, table: pa.Table, drafts: list[Path]) -> Path:
    """A file that is left to the sweep should this be broken off."""
    path = store.files / f".{secrets.token_hex(12)}.partial"
    drafts.append(path)
    pq.write_table(table, path, compression="zstd")
    return path


def _without(shop: Shop, trace: Trace, draft: Callable[[pa.Table], Path]) -> tuple[Shop, int]:
    """The shop without the person, and how many rows went."""
    source = shop.transactions_path or shop.customers_path
    assert source is not None, "a shop has transactions or customers"
    before = pq.read_table(source)
    after = without_rows(before, trace)
    rows = draft(after)
    gone = len(before) - len(after)
    money = schema.REVENUE if shop.by_customer else schema.AMOUNT
    lost = _total(before, money) - _total(after, money)
    ledger = shop.ledger
    ledger = replace(
        ledger,
        read=ledger.read - gone,
        used=ledger.used - gone,
        revenue=ledger.revenue - lost,
        equal=min(ledger.equal, ledger.used - gone),
        rejected_path=draft(without_rows(pq.read_table(ledger.rejected_path), trace)),
        changes_path=draft(without_rows(pq.read_table(ledger.changes_path), trace)),
    )
    facts = _facts_of_customers(after) if shop.by_customer else _facts_of_lines(after)
    new = replace(
        shop,
        name=trace.blank(shop.name),
        ledger=ledger,
        transactions_path=None if shop.by_customer else rows,
        customers_path=rows if shop.by_customer else None,
        revenue_by_policy=tuple((name, value - lost) for name, value in shop.revenue_by_policy),
        **(facts if len(after) else {}),
    )
    return new, gone


def _facts_of_lines(lines: pa.Table) -> dict[str, Any]:
    bought = lines.filter(pc.invert(lines.column(schema.IS_REFUND)))
    orders = bought.group_by([schema.CUSTOMER_ID, schema.ORDER_ID]).aggregate([])
    days = pc.min_max(bought.column(schema.ORDERED_AT)).as_py()
    return {
        "first": days["min"].date(),
        "last": days["max"].date(),
        "customers": pc.count_distinct(bought.column(schema.CUSTOMER_ID)).as_py(),
        "orders": len(orders),
    }


def _facts_of_customers(rows: pa.Table) -> dict[str, Any]:
    return {
        "first": _as_day(pc.min(rows.column(schema.FIRST_ORDER)).as_py()),
        "last": _as_day(pc.max(rows.column(schema.LAST_ORDER)).as_py()),
        "customers": len(rows),
        "orders": int(pc.sum(rows.column(schema.ORDERS)).as_py()),
    }


def _as_day(moment: Any) -> Any:
    return moment.date() if hasattr(moment, "date") else moment


def _total(table: pa.Table, column: str) -> float:
    return float(pc.sum(table.column(column)).as_py() or 0)
