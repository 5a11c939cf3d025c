"""The audit log: what was opened, shared, downloaded, deleted, by whom and when.

It names things of the store by their ids and numbers, never values of customers.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from clv.store.opening import Store
from clv.store.tables import AUDIT

LONGEST: Final = 200
SHOWN: Final = 1000


@dataclass(frozen=True)
class Entry:
    """One thing that was done. owner: whose things; detail: further words."""

    at: datetime
    owner: str
    action: str
    subject: str
    detail: str


def record(store: Store, owner: str, action: str, subject: str, detail: str = "") -> None:
    """Note that something was done: record(store, owner, "deleted", "saved analysis 3f..")."""
    with store.writing() as connection:
        record_in(connection, owner, action, subject, detail)


def record_in(
    connection: sa.Connection, owner: str, action: str, subject: str, detail: str = ""
) -> None:
    """The same within a transaction: it is noted if and only if it is done."""
    connection.execute(
        AUDIT.insert().values(
            id=secrets.token_hex(12),
            at=time.time(),
            owner=owner,
            action=action[:LONGEST],
            subject=subject[:LONGEST],
            detail=detail[:LONGEST],
        )
    )


def entries(store: Store, owner: str, *, most: int = SHOWN) -> tuple[Entry, ...]:
    """The latest entries of an owner, the latest first."""
    query = sa.select(AUDIT).where(AUDIT.c.owner == owner)
    with store.reading() as connection:
        found = connection.execute(query.order_by(AUDIT.c.at.desc(), AUDIT.c.id).limit(most))
        return tuple(
            Entry(
                at=datetime.fromtimestamp(row.at, UTC),
                owner=row.owner,
                action=row.action,
                subject=row.subject,
                detail=row.detail,
            )
            for row in found
        )
