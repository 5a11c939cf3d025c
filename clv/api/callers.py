"""Who asks: a bearer token, and what it is allowed to do. Without any token the API is off.

A wrong token, an expired one, a revoked one and one without the scope get the same answer.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from clv.errors import NotAllowed, NoToken
from clv.intake import inbox
from clv.store import Store, access, open_store

_BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token made on the page Access or by `python -m clv token create`.",
)
OFF: Final = NotAllowed(
    "The API is off: no token has been made yet.",
    "Make one on the page Access, or by: python -m clv token create --name NAME --scope read.",
)
_NO_TOKEN: Final = NoToken(
    "The request has no token.", "Send the header Authorization: Bearer TOKEN."
)


@dataclass(frozen=True)
class Caller:
    """Somebody with a valid token, and the store it is valid for."""

    store: Store
    owner: str

    @property
    def filed_under(self) -> str:
        """The owner of the files that came in this way."""
        return inbox.owner_named(self.owner)


Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def reader(credentials: Credentials) -> Caller:
    """The caller, who may read. Raises NoToken or NotAllowed."""
    return _caller(credentials, "read")


def writer(credentials: Credentials) -> Caller:
    """The caller, who may write. Raises NoToken or NotAllowed."""
    return _caller(credentials, "write")


def _caller(credentials: HTTPAuthorizationCredentials | None, scope: str) -> Caller:
    store = open_store()
    if not access.any_token(store):
        raise OFF
    if credentials is None:
        raise _NO_TOKEN
    token = access.check(store, credentials.credentials, scope)
    return Caller(store, token.owner)


Reader = Annotated[Caller, Depends(reader)]
Writer = Annotated[Caller, Depends(writer)]
