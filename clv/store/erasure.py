"""Erase a customer: one id taken out of every stored analysis, list, link and file, with a receipt.

Analyses of the owner are made anew without the customer, the models fitted again: figures of the
others change a little, and that is honest. What can be made again from an upload is deleted, and
so are uploads that name the customer.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
import sqlalchemy as sa

from clv import engine
from clv.errors import CLVError, InvalidSettings, NoShop, NoSuchRow, StoreProblem
from clv.intake.ledger import Change
from clv.store.audit import record
from clv.store.files import checked
from clv.store.frozen import CHANGES
from clv.store.keys import Pseudonyms, keyed
from clv.store.opening import LOCAL, PATIENCE_SECONDS, Store
from clv.store.rewriting import rewrite
from clv.store.saved import Saved, files_of, listed, recipe_of
from clv.store.shop.database import open_shop
from clv.store.shop.erasing import erase_customer
from clv.store.traces import Trace, file_says

LONGEST_ID: Final = 500
VIEW: Final = "view_query"
REFITTED: Final = (
    "The models of these analyses were fitted again without the customer, so figures of the others "
    "may differ a little from those seen before."
)
UPLOADS_STAY: Final = (
    "Uploads of others were not searched; every upload is deleted within a day of its last use. "
    "The shop database belongs to all who use this server, and was left as it is."
)
SERVER_LOGS: Final = (
    "The catalogue is in PostgreSQL: its own logs and backups are for whoever runs it to delete."
)


@dataclass(frozen=True)
class Receipt:
    """What was erased, without saying whom.

    customer: a keyed hash of the id: the same id gives it again in this store, and nobody finds
        the id from it. rewritten, deleted: saved analyses, the second where too little was left;
    rows: order lines or customer rows taken out of them; files: uploads, and files made from
        them, that are gone; mentions: texts of the catalogue that were changed;
    shop_rows: rows of the shop database.
    """

    at: datetime
    customer: str
    rewritten: int
    deleted: int
    rows: int
    files: int
    mentions: int
    shop_rows: int
    notes: tuple[str, ...]


def customer_hash(store: Store, customer_id: str) -> str:
    """What a receipt says in the place of an id."""
    return keyed(store, "erased", customer_id.strip()).hex()


def erase(store: Store, owner: str, customer_id: str) -> Receipt:
    """Take a customer out of everything that is stored for an owner.

    Ids that were merged into this one go with it. Raises InvalidSettings for an empty id and
    StoreProblem when the catalogue stays in use.
    """
    id = customer_id.strip()
    if not 0 < len(id) <= LONGEST_ID:
        raise InvalidSettings("No customer was named.", "Give the id as it stands in the file.")
    everything = listed(store, owner)
    ids = {id, *(alias for saved in everything for alias in _aliases(store, saved, id))}
    trace = Trace(ids)
    outcomes = [found for saved in everything if (found := rewrite(store, saved, trace))]
    mentions = _clear_catalogue(store, owner, trace)
    shop_rows = _clear_shop(ids) if owner == LOCAL else 0
    # Last, for what was made on the way lies there too.
    files = _clear_workspace(owner, Trace({*ids, *map(Pseudonyms(store), ids)}))
    forget(store)
    receipt = Receipt(
        at=datetime.fromtimestamp(time.time(), UTC),
        customer=customer_hash(store, id),
        rewritten=sum(not one.deleted for one in outcomes),
        deleted=sum(one.deleted for one in outcomes),
        rows=sum(one.rows for one in outcomes),
        files=files,
        mentions=mentions,
        shop_rows=shop_rows,
        notes=tuple(_notes(store, owner, any(not one.deleted for one in outcomes))),
    )
    counts = f"{receipt.rewritten} rewritten, {receipt.deleted} deleted, {receipt.rows} rows"
    record(store, owner, "customer erased", f"customer {receipt.customer}", counts)
    return receipt


def forget(store: Store) -> None:
    """Leave nothing of what was deleted in the files of the catalogue. StoreProblem when in use."""
    connection = store.engine.raw_connection()
    try:
        if store.engine.dialect.name == "postgresql":
            connection.driver_connection.autocommit = True  # type: ignore[union-attr]
            connection.cursor().execute("VACUUM FULL")
            connection.driver_connection.autocommit = False  # type: ignore[union-attr]
            return
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return
            time.sleep(0.1)
    except store.engine.dialect.loaded_dbapi.OperationalError:
        pass
    finally:
        connection.close()
    raise StoreProblem(
        "The customer is out of all analyses, but traces may be left in the log of the catalogue.",
        "Erase the customer once more when nobody else is working.",
    )


def _aliases(store: Store, saved: Saved, id: str) -> Iterator[str]:
    """Ids that were merged into this one."""
    with contextlib.suppress(CLVError):  # what is damaged is deleted later
        recipe = recipe_of(store, saved)
        if recipe is not None:
            yield from (alias for alias, keep in recipe.corrections.merges if keep == id)
        changes = pq.read_table(checked(store, files_of(store, saved.id)[CHANGES].name))
        for row in changes.select(["change", "old", "new"]).to_pylist():
            if row["change"] == Change.MERGED and row["new"] == id and row["old"]:
                yield row["old"]


def _clear_catalogue(store: Store, owner: str, trace: Trace) -> int:
    """Take the ids out of every text that the catalogue has of the owner; how many changed."""
    changed = 0
    with store.writing() as connection:
        known = sa.MetaData()
        known.reflect(connection)
        for table in known.tables.values():
            if "owner" in table.columns:
                changed += _clear_table(connection, table, owner, trace)
    return changed


def _clear_table(connection: sa.Connection, table: sa.Table, owner: str, trace: Trace) -> int:
    keys = list(table.primary_key.columns)
    texts = [
        column
        for column in table.columns
        if isinstance(column.type, sa.String) and column not in keys and column.name != "owner"
    ]
    changed = 0
    for row in connection.execute(sa.select(table).where(table.c.owner == owner)).mappings().all():
        new = {c.name: _cleared(c.name, row[c.name], trace) for c in texts if row[c.name]}
        new = {name: text for name, text in new.items() if text != row[name]}
        if new:
            mine = sa.and_(*(key == row[key.name] for key in keys))
            connection.execute(table.update().where(mine).values(**new))
            changed += len(new)
    return changed


def _cleared(name: str, text: str, trace: Trace) -> str:
    return trace.of_view(text) if name == VIEW else trace.blank(text)


def _clear_shop(ids: set[str]) -> int:
    """Take the person out of the shop database, where there is one; how many rows."""
    try:
        database = open_shop()
    except NoShop:
        return 0
    rows = 0
    for id in sorted(ids):
        with contextlib.suppress(NoSuchRow):
            rows += sum(erase_customer(database, id).values())
    return rows


def _clear_workspace(owner: str, trace: Trace) -> int:
    """Delete what names the customer and is not for good; how many files."""
    folder, gone = engine.workspace(), 0
    for kind in engine.DERIVED:
        for path in folder.glob(f"{kind}-*"):
            gone += _delete_if(path, trace)
    if owner == LOCAL:
        for path in folder.glob("upload-*"):
            record_files = list(folder.glob(f".upload-*-{path.name.partition('-')[2]}.json"))
            if any(file_says(one, trace) for one in (path, *record_files)):
                for one in (path, *record_files):
                    one.unlink(missing_ok=True)
                gone += 1
    return gone


def _delete_if(path: Path, trace: Trace) -> int:
    if not file_says(path, trace):
        return 0
    path.unlink(missing_ok=True)
    return 1


def _notes(store: Store, owner: str, rewritten: bool) -> Iterator[str]:
    if rewritten:
        yield REFITTED
    if owner != LOCAL:
        yield UPLOADS_STAY
    if store.engine.dialect.name == "postgresql":
        yield SERVER_LOGS
