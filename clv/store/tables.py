"""The tables of the catalogue for statements; they are made by the steps of `migrations`."""

from typing import Any, Final

import sqlalchemy as sa

_ALL: Final = sa.MetaData()


def _table(table: str, /, **columns: Any) -> sa.Table:
    return sa.Table(table, _ALL, *(sa.Column(key, kind) for key, kind in columns.items()))


SAVED: Final = _table(
    "saved",
    id=sa.Text,
    owner=sa.Text,
    name=sa.Text,
    data_name=sa.Text,
    row_count=sa.BigInteger,
    customers=sa.BigInteger,
    revenue=sa.Double,
    predicted_clv=sa.Double,
    first_day=sa.Text,
    last_day=sa.Text,
    settings=sa.Text,
    view_query=sa.Text,
    saved_at=sa.Double,
)
SAVED_FILES: Final = _table(
    "saved_files", saved_id=sa.Text, part=sa.Text, file=sa.Text, size=sa.BigInteger
)
LINKS: Final = _table(
    "links",
    id=sa.Text,
    token_hash=sa.Text,
    saved_id=sa.Text,
    owner=sa.Text,
    view_query=sa.Text,
    pseudonyms=sa.Integer,
    downloads=sa.Integer,
    password_salt=sa.Text,
    password_hash=sa.Text,
    created_at=sa.Double,
    expires_at=sa.Double,
    revoked_at=sa.Double,
    opened=sa.BigInteger,
    last_opened=sa.Double,
)
ACCESS_TOKENS: Final = _table(
    "access_tokens",
    id=sa.Text,
    secret_hash=sa.Text,
    owner=sa.Text,
    name=sa.Text,
    scopes=sa.Text,
    created_at=sa.Double,
    expires_at=sa.Double,
    revoked_at=sa.Double,
    last_used=sa.Double,
)
AUDIT: Final = _table(
    "audit",
    id=sa.Text,
    at=sa.Double,
    owner=sa.Text,
    action=sa.Text,
    subject=sa.Text,
    detail=sa.Text,
)
