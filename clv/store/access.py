"""Tokens for programs: random, kept as a hash, with scopes, an end and a way to revoke them."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from clv.errors import InvalidSettings, NotAllowed, NotFound
from clv.store.audit import record_in
from clv.store.keys import hashed
from clv.store.opening import Store
from clv.store.saved import checked_name
from clv.store.tables import ACCESS_TOKENS

READ: Final = "read"
WRITE: Final = "write"
SCOPES: Final = (READ, WRITE)
PREFIX: Final = "clv_"  # so that people and scanners see what it is
LONGEST_DAYS: Final = 365
_NOTED_SECONDS: Final = 60  # the last use is written down at most once in this time


@dataclass(frozen=True)
class Token:
    """What is known of a token; its secret is not. expires: None for never."""

    id: str
    owner: str
    name: str
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None

    @property
    def active(self) -> bool:
        """Whether it still opens anything."""
        now = datetime.now(UTC)
        return self.revoked is None and (self.expires is None or now < self.expires)


def create(
    store: Store,
    owner: str,
    name: str,
    scopes: tuple[str, ...] = (READ,),
    expires: timedelta | None = None,
) -> tuple[Token, str]:
    """A new token and its secret, which is shown this once and kept nowhere.

    Raises InvalidSettings for scopes or a span of time that cannot be.
    """
    if not scopes or set(scopes) - set(SCOPES):
        raise InvalidSettings("A token needs scopes.", f"Choose of {', '.join(SCOPES)}.")
    if expires is not None and not timedelta(0) < expires <= timedelta(days=LONGEST_DAYS):
        raise InvalidSettings(
            "A token ends in the future, and within a year.", f"Give 1 to {LONGEST_DAYS} days."
        )
    token = PREFIX + secrets.token_urlsafe(32)
    now = time.time()
    row = {
        "id": secrets.token_hex(12),
        "secret_hash": hashed(token),
        "owner": owner,
        "name": checked_name(name),
        "scopes": " ".join(scope for scope in SCOPES if scope in scopes),
        "created_at": now,
        "expires_at": None if expires is None else now + expires.total_seconds(),
        "revoked_at": None,
        "last_used": None,
    }
    with store.writing() as connection:
        connection.execute(ACCESS_TOKENS.insert().values(**row))
        record_in(connection, owner, "token created", f"token {row['id']}", str(row["scopes"]))
    return _token(row), token


def check(store: Store, secret: str, scope: str) -> Token:
    """The token of a secret that may do this. NotAllowed alike for wrong, expired, revoked, and
    for one without the scope."""
    # Looked up by the hash: how long that takes tells nothing about any secret.
    query = sa.select(ACCESS_TOKENS).where(ACCESS_TOKENS.c.secret_hash == hashed(secret))
    with store.reading() as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None or not _token(row).active or scope not in row["scopes"].split():
        raise _refused()
    _note_use(store, row)
    return _token(row)


def any_token(store: Store) -> bool:
    """Whether anybody has a token that opens anything: the API is off where not."""
    columns = ACCESS_TOKENS.c
    alive = columns.expires_at.is_(None) | (columns.expires_at > time.time())
    query = sa.select(columns.id).where(columns.revoked_at.is_(None) & alive).limit(1)
    with store.reading() as connection:
        return connection.execute(query).first() is not None


def listed(store: Store, owner: str) -> tuple[Token, ...]:
    """The tokens of an owner, the latest first, those that are over too."""
    query = sa.select(ACCESS_TOKENS).where(ACCESS_TOKENS.c.owner == owner)
    with store.reading() as connection:
        found = connection.execute(query.order_by(ACCESS_TOKENS.c.created_at.desc())).mappings()
        return tuple(_token(row) for row in found)


def revoke(store: Store, owner: str, id: str) -> None:
    """End a token at once. NotFound alike for none and for somebody else's."""
    columns = ACCESS_TOKENS.c
    mine = (columns.id == id) & (columns.owner == owner)
    with store.writing() as connection:
        if connection.execute(sa.select(columns.id).where(mine)).first() is None:
            raise NotFound("There is no token of that id.", "Look at the list of tokens.")
        ended = sa.func.coalesce(columns.revoked_at, time.time())
        connection.execute(ACCESS_TOKENS.update().where(mine).values(revoked_at=ended))
        record_in(connection, owner, "token revoked", f"token {id}")


def _note_use(store: Store, row: Any) -> None:
    now = time.time()
    if row["last_used"] is None or now - row["last_used"] > _NOTED_SECONDS:
        mine = ACCESS_TOKENS.c.id == row["id"]
        with store.writing() as connection:
            connection.execute(ACCESS_TOKENS.update().where(mine).values(last_used=now))


def _token(row: Any) -> Token:
    return Token(
        id=row["id"],
        owner=row["owner"],
        name=row["name"],
        scopes=tuple(row["scopes"].split()),
        created=datetime.fromtimestamp(row["created_at"], UTC),
        expires=_moment(row["expires_at"]),
        revoked=_moment(row["revoked_at"]),
        last_used=_moment(row["last_used"]),
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _refused() -> NotAllowed:
    return NotAllowed(
        "This needs a valid token with the right scope.",
        "Create one on the page Access, and send it as: Authorization: Bearer TOKEN.",
    )
