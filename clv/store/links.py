"""Links to saved analyses: who holds the token may look, until the link ends or is revoked.

Of a token only its hash is kept. Wrong, expired and revoked tokens are told alike, and cost as
much time. A grant is what a browser keeps once a link was opened: it holds for one link of one
store, and is worth nothing as soon as the link is over.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from clv.errors import InvalidSettings, LinkRefused, NotFound, WrongPassword
from clv.store.audit import record_in
from clv.store.keys import hashed, keyed
from clv.store.opening import Store
from clv.store.saved import Saved, checked_view, get, subject_of
from clv.store.tables import LINKS

USUAL_DAYS: Final = 7
LONGEST_DAYS: Final = 365
LONGEST_PASSWORD: Final = 200
# 16 MB and 50 ms a try.
_SCRYPT: Final[dict[str, int]] = {"n": 1 << 14, "r": 8, "p": 1, "dklen": 32}


@dataclass(frozen=True, kw_only=True)
class Link:
    """What is known of a link; its token is not.

    owner: whose analysis it opens; pseudonyms: other names stand in for the ids of customers;
    downloads: whether those who look may take lists away; opened: how often it was.
    """

    id: str
    saved_id: str
    owner: str
    view: str
    pseudonyms: bool
    downloads: bool
    has_password: bool
    created: datetime
    expires: datetime
    revoked: datetime | None
    opened: int
    last_opened: datetime | None

    @property
    def active(self) -> bool:
        """Whether it still opens."""
        return self.revoked is None and datetime.now(UTC) < self.expires


def create(
    store: Store,
    owner: str,
    saved_id: str,
    *,
    view: str = "",
    days: float = USUAL_DAYS,
    password: str = "",
    pseudonyms: bool = True,
    downloads: bool = False,
) -> tuple[Link, str]:
    """A link to a saved analysis and its token, which is shown this once and kept nowhere.

    Raises NotFound for an analysis of somebody else and InvalidSettings.
    """
    get(store, owner, saved_id)
    if not 0 < days <= LONGEST_DAYS:
        raise InvalidSettings(
            f"A link cannot last {days:g} days.", f"Choose 1 to {LONGEST_DAYS} days."
        )
    token, now = secrets.token_urlsafe(32), time.time()
    row = {
        "id": secrets.token_hex(12),
        "token_hash": hashed(token),
        "saved_id": saved_id,
        "owner": owner,
        "view_query": checked_view(view),
        "pseudonyms": int(pseudonyms),
        "downloads": int(downloads),
        **_password(password),
        "created_at": now,
        "expires_at": now + timedelta(days=days).total_seconds(),
        "revoked_at": None,
        "opened": 0,
        "last_opened": None,
    }
    with store.writing() as connection:
        connection.execute(LINKS.insert().values(**row))
        record_in(connection, owner, "shared", subject_of(saved_id), f"link {row['id']}")
    return _link(row), token


def listed(store: Store, owner: str, saved_id: str | None = None) -> tuple[Link, ...]:
    """The links of an owner, the latest first; those of one analysis where it is given."""
    query = sa.select(LINKS).where(LINKS.c.owner == owner).order_by(LINKS.c.created_at.desc())
    if saved_id is not None:
        query = query.where(LINKS.c.saved_id == saved_id)
    with store.reading() as connection:
        return tuple(_link(row) for row in connection.execute(query).mappings())


def revoke(store: Store, owner: str, id: str) -> None:
    """End a link at once, for those who look just now too. NotFound alike for none and others'."""
    mine = (LINKS.c.id == id) & (LINKS.c.owner == owner)
    with store.writing() as connection:
        if connection.execute(sa.select(LINKS.c.id).where(mine)).first() is None:
            raise NotFound("There is no link of that id.", "Look at the list of links.")
        ended = sa.func.coalesce(LINKS.c.revoked_at, time.time())
        connection.execute(LINKS.update().where(mine).values(revoked_at=ended))
        record_in(connection, owner, "link revoked", f"link {id}")


def needs_password(store: Store, token: str) -> bool:
    """Whether a valid token needs a password as well. LinkRefused for any other token."""
    return _password_row(_valid(store, token))


def open_link(store: Store, token: str, password: str = "") -> tuple[Link, str]:
    """The link of a token, and the grant for those who opened it; it counts as opened.

    Raises LinkRefused alike for wrong, expired and revoked tokens, WrongPassword where only the
    password is not right.
    """
    row = _valid(store, token)
    if _password_row(row) and not _is_password(row, password):
        raise WrongPassword("The password is not right.", "Ask whoever sent you the link for it.")
    now = time.time()
    with store.writing() as connection:
        counted = {"opened": LINKS.c.opened + 1, "last_opened": now}
        connection.execute(LINKS.update().where(LINKS.c.id == row["id"]).values(**counted))
        record_in(connection, row["owner"], "link opened", f"link {row['id']}")
    link = _link({**row, "opened": row["opened"] + 1, "last_opened": now})
    return link, _grant(store, row)


def granted(store: Store, id: str, grant: str) -> Link:
    """The link that a grant is for, while it is open. LinkRefused alike for all else."""
    with store.reading() as connection:
        row = connection.execute(sa.select(LINKS).where(LINKS.c.id == id)).mappings().one_or_none()
    expected = _grant(store, row if row is not None else _NOBODY)
    genuine = hmac.compare_digest(expected.encode(), grant.encode(errors="replace"))
    if row is None or not genuine or not _link(row).active:
        raise refused()
    return _link(row)


def saved_of(store: Store, link: Link) -> Saved:
    """The saved analysis behind a link. LinkRefused when it was deleted."""
    try:
        return get(store, link.owner, link.saved_id)
    except NotFound:
        raise refused() from None


def refused() -> LinkRefused:
    """The one answer for tokens that open nothing."""
    return LinkRefused(
        "This link does not open anything: it is wrong, it has expired, or it was revoked.",
        "Ask whoever sent it to you for a new one.",
    )


_NOBODY: Final = {"id": "", "token_hash": ""}


def _valid(store: Store, token: str) -> Any:
    # The row is looked up by the hash of the token: how long that takes tells nothing about any
    # token that there is. Expired and revoked rows take the same path.
    wanted = hashed(token)
    query = sa.select(LINKS).where(LINKS.c.token_hash == wanted)
    with store.reading() as connection:
        row = connection.execute(query).mappings().one_or_none()
    same = hmac.compare_digest(wanted, "" if row is None else row["token_hash"])
    if row is None or not same or not _link(row).active:
        raise refused()
    return dict(row)


def _grant(store: Store, row: Any) -> str:
    return keyed(store, "link", f"{row['id']}:{row['token_hash']}").hex()


def _password(password: str) -> dict[str, str | None]:
    if not password:
        return {"password_salt": None, "password_hash": None}
    if len(password) > LONGEST_PASSWORD:
        raise InvalidSettings(
            "The password is too long.", f"Use at most {LONGEST_PASSWORD} characters."
        )
    salt = secrets.token_hex(16)
    return {"password_salt": salt, "password_hash": _scrypt(password, salt)}


def _is_password(row: Any, password: str) -> bool:
    given = _scrypt(password[:LONGEST_PASSWORD], row["password_salt"])
    return hmac.compare_digest(given, row["password_hash"])


def _scrypt(password: str, salt: str) -> str:
    told = password.encode(errors="replace")
    return hashlib.scrypt(told, salt=bytes.fromhex(salt), **_SCRYPT).hex()


def _password_row(row: Any) -> bool:
    return row["password_hash"] is not None


def _link(row: Any) -> Link:
    return Link(
        id=row["id"],
        saved_id=row["saved_id"],
        owner=row["owner"],
        view=row["view_query"],
        pseudonyms=bool(row["pseudonyms"]),
        downloads=bool(row["downloads"]),
        has_password=_password_row(row),
        created=datetime.fromtimestamp(row["created_at"], UTC),
        expires=datetime.fromtimestamp(row["expires_at"], UTC),
        revoked=_moment(row["revoked_at"]),
        opened=row["opened"],
        last_opened=_moment(row["last_opened"]),
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
