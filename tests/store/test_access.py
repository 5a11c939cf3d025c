"""Tokens for programs, and the audit log."""

import secrets
import time
from datetime import timedelta

import pytest

from clv.errors import InvalidSettings, NotAllowed, NotFound
from clv.store import Store, access
from clv.store.access import READ, WRITE
from clv.store.audit import entries, record


def test_a_token_allows_what_its_scopes_say_and_nothing_else(store: Store) -> None:
    token, secret = access.create(store, "ann", "nightly", (READ,))
    assert access.check(store, secret, READ).owner == "ann"
    both = access.create(store, "ann", "loader", (WRITE, READ))[1]
    assert access.check(store, both, WRITE).scopes == (READ, WRITE)
    assert access.check(store, both, READ).name == "loader"
    only_writes = access.create(store, "ann", "w", (WRITE,))[1]
    for own, scope in ((secret, WRITE), (only_writes, READ), (secret, "admin"), (both, "")):
        with pytest.raises(NotAllowed):
            access.check(store, own, scope)
    assert token.active


def test_wrong_expired_revoked_and_without_the_scope_are_told_alike(store: Store) -> None:
    expired = access.create(store, "ann", "a", expires=timedelta(milliseconds=20))[1]
    token, revoked = access.create(store, "ann", "b")
    access.revoke(store, "ann", token.id)
    reader = access.create(store, "ann", "c")[1]
    time.sleep(0.05)
    said = set()
    for secret, scope in (
        (expired, READ),
        (revoked, READ),
        (reader, WRITE),
        ("", READ),
        (f"clv_{secrets.token_urlsafe(32)}", READ),
        (reader[:-1], READ),
        (reader.upper(), READ),
        ("' OR 1=1 --", READ),
        ("\udcff", READ),
    ):
        with pytest.raises(NotAllowed) as refused:
            access.check(store, secret, scope)
        said.add(str(refused.value))
    assert len(said) == 1


def test_only_the_owner_lists_and_revokes(store: Store) -> None:
    token, secret = access.create(store, "ann", "hers")
    assert access.listed(store, "bob") == ()
    with pytest.raises(NotFound):
        access.revoke(store, "bob", token.id)
    access.check(store, secret, READ)
    (found,) = access.listed(store, "ann")
    assert found.last_used is not None
    access.revoke(store, "ann", token.id)
    first = access.listed(store, "ann")[0].revoked
    access.revoke(store, "ann", token.id)
    assert access.listed(store, "ann")[0].revoked == first


def test_a_secret_is_nowhere_in_the_store(store: Store) -> None:
    secret = access.create(store, "ann", "hers")[1]
    assert len(secret) >= 43
    for path in store.folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("scopes", "expires"),
    [
        ((), None),
        (("admin",), None),
        ((READ,), timedelta(0)),
        ((READ,), timedelta(days=366)),
        ((READ,), timedelta(days=-1)),
    ],
)
def test_a_token_that_cannot_be_is_refused(store: Store, scopes, expires) -> None:
    with pytest.raises(InvalidSettings):
        access.create(store, "ann", "x", scopes, expires)


def test_there_is_a_token_only_while_one_is_active(store: Store) -> None:
    assert not access.any_token(store)
    access.create(store, "ann", "short", expires=timedelta(milliseconds=20))
    time.sleep(0.05)
    assert not access.any_token(store)
    token, _ = access.create(store, "bob", "long", expires=timedelta(days=1))
    assert access.any_token(store)
    access.revoke(store, "bob", token.id)
    assert not access.any_token(store)


def test_the_audit_log_has_the_latest_first_and_only_ones_own(store: Store) -> None:
    record(store, "ann", "opened", "saved analysis 1", "by link")
    record(store, "bob", "deleted", "saved analysis 2")
    token, _ = access.create(store, "ann", "x", (READ,))
    access.revoke(store, "ann", token.id)
    found = entries(store, "ann")
    assert [(e.action, e.owner) for e in found] == [
        ("token revoked", "ann"),
        ("token created", "ann"),
        ("opened", "ann"),
    ]
    assert (found[-1].subject, found[-1].detail) == ("saved analysis 1", "by link")
    assert len(entries(store, "ann", most=2)) == 2
