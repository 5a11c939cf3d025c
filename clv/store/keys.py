"""The secret of a store, and what is derived from it: pseudonyms, grants.

It is made at the first start and never leaves the folder. With it lost, links and pseudonyms
made before are worth nothing; no data are lost.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from typing import Final

from clv.store.files import flush_folder
from clv.store.opening import Store

_FILE: Final = "secret.key"
_BYTES: Final = 32
_PSEUDONYM: Final = 10  # bytes; a collision among a million ids is rarer than one in 10^11


def secret(store: Store) -> bytes:
    """The secret, made where there is none."""
    path = store.folder / _FILE
    with contextlib.suppress(FileNotFoundError):
        found = path.read_bytes()
        if len(found) == _BYTES:
            return found
    with store.publishing():  # two processes at their first start agree on one
        if path.exists() and path.stat().st_size == _BYTES:
            return path.read_bytes()
        partial = store.folder / f".{_FILE}.{secrets.token_hex(6)}.partial"
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        flush_folder(store.folder)
    return path.read_bytes()


def hashed(token: str) -> str:
    """What is kept of a random token of 256 bits: nobody finds the token from it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def keyed(store: Store, purpose: str, text: str) -> bytes:
    """32 bytes that only this store can make of a text, different for every purpose."""
    key = hmac.digest(secret(store), purpose.encode(), "sha256")
    return hmac.digest(key, text.encode(errors="surrogatepass"), "sha256")


def fingerprint(store: Store) -> str:
    """Tells the secret of this store from others without giving it away."""
    return keyed(store, "fingerprint", "").hex()[:16]


class Pseudonyms:
    """Stands a name in for each id: the same one in every file of this store, and in no other."""

    def __init__(self, store: Store) -> None:
        self._key = hmac.digest(secret(store), b"pseudonym", "sha256")

    def __call__(self, id: str) -> str:
        """The name of an id, like P-K5TZQ2A6VWNBX3CD."""
        mark = hmac.digest(self._key, id.encode(errors="surrogatepass"), "sha256")[:_PSEUDONYM]
        return f"P-{base64.b32encode(mark).decode()}"
