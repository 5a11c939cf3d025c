"""Tokens from the command line open the API, and end when they are revoked."""

import pytest

from clv.__main__ import main
from clv.errors import NotAllowed
from clv.store import LOCAL, Store, access


def create(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["token", "create", "--name", "Nightly", *options]) == 0
    return capsys.readouterr().out.strip()


def test_the_secret_that_is_printed_opens_what_its_scopes_say(store: Store, capsys) -> None:
    both = create(capsys, "--scope", "read", "--scope", "write")
    assert access.check(store, both, "write").owner == LOCAL
    only = create(capsys)
    assert access.check(store, only, "read").name == "Nightly"
    with pytest.raises(NotAllowed):
        access.check(store, only, "write")


def test_a_token_can_end_by_itself(store: Store, capsys) -> None:
    create(capsys, "--days", "30")
    (token,) = access.listed(store, LOCAL)
    assert (token.expires - token.created).days == 30
    assert main(["token", "create", "--name", "Nightly", "--days", "9999"]) == 1


def test_a_token_that_is_revoked_is_over(store: Store, capsys) -> None:
    secret = create(capsys)
    main(["token", "list"])
    listed = capsys.readouterr().out
    id, state, scopes, name = listed.split()
    assert (state, scopes, name) == ("active", "read", "Nightly")
    assert secret not in listed
    assert main(["token", "revoke", id]) == 0
    with pytest.raises(NotAllowed):
        access.check(store, secret, "read")
    assert main(["token", "revoke", "nothing"]) == 1


def test_each_owner_has_tokens_of_their_own(store: Store, capsys) -> None:
    secret = create(capsys, "--owner", "ann@shop.example")
    assert access.check(store, secret, "read").owner == "ann@shop.example"
    assert access.listed(store, LOCAL) == ()
