"""Links: who holds the token looks, and nobody else; all refusals are one."""

import secrets
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clv
from clv.errors import InvalidSettings, LinkRefused, NotFound, TooManyTries, WrongPassword
from clv.store import Store, links
from clv.store.audit import entries
from clv.store.keys import Pseudonyms, secret
from clv.store.misses import ADDRESSES, MOST, Misses
from clv.store.opening import _open
from clv.store.saved import Saved, delete, reopen, save
from tests.store.same import assert_same


@pytest.fixture
def saved(store: Store, small: clv.Analysis) -> Saved:
    return save(store, "ann", small, name="Hers")


def test_a_link_opens_the_analysis_that_was_saved(
    store: Store, saved: Saved, small: clv.Analysis
) -> None:
    _, token = links.create(store, "ann", saved.id, view="?tiers=5", downloads=True)
    link, grant = links.open_link(store, token)
    assert (link.view, link.downloads, link.pseudonyms) == ("tiers=5", True, True)
    assert links.granted(store, link.id, grant).id == link.id
    assert_same(small, reopen(store, links.saved_of(store, link)))


def test_a_link_lasts_seven_days_and_never_over_a_year(store: Store, saved: Saved) -> None:
    link, _ = links.create(store, "ann", saved.id)
    assert link.expires - link.created == timedelta(days=7)
    assert links.create(store, "ann", saved.id, days=365)[0].active
    for days in (0, -1, 365.1, float("nan"), float("inf")):
        with pytest.raises(InvalidSettings):
            links.create(store, "ann", saved.id, days=days)


def test_only_the_owner_makes_lists_and_revokes_links(store: Store, saved: Saved) -> None:
    link, token = links.create(store, "ann", saved.id)
    with pytest.raises(NotFound):
        links.create(store, "bob", saved.id)
    with pytest.raises(NotFound):
        links.revoke(store, "bob", link.id)
    assert links.listed(store, "bob") == ()
    assert [one.id for one in links.listed(store, "ann", saved.id)] == [link.id]
    links.open_link(store, token)


def test_wrong_expired_revoked_and_deleted_are_told_alike(store: Store, saved: Saved) -> None:
    expired = links.create(store, "ann", saved.id, days=0.02 / 86_400)[1]
    revoked_link, revoked = links.create(store, "ann", saved.id, password="x")
    other = save_again(store, saved)
    gone = links.create(store, "ann", other.id)[1]
    links.revoke(store, "ann", revoked_link.id)
    delete(store, "ann", other.id)
    time.sleep(0.05)
    good = links.create(store, "ann", saved.id)[1]
    tampered = ("A" if good[0] != "A" else "B") + good[1:]
    wrong = ["", "x", "../..", "' OR 1=1 --", "\udcff", secrets.token_urlsafe(32), tampered]
    said = set()
    for token in (expired, revoked, gone, *wrong, good + "A", good[:-1], good.lower()):
        for act in (links.open_link, links.needs_password):
            with pytest.raises(LinkRefused) as refused:
                act(store, token)
            assert type(refused.value) is LinkRefused
            said.add(str(refused.value))
    assert len(said) == 1


def test_revoking_ends_what_was_opened_before(store: Store, saved: Saved) -> None:
    link, token = links.create(store, "ann", saved.id)
    _, grant = links.open_link(store, token)
    links.granted(store, link.id, grant)
    links.revoke(store, "ann", link.id)
    with pytest.raises(LinkRefused):
        links.granted(store, link.id, grant)


def test_a_grant_is_for_one_link_only(store: Store, saved: Saved) -> None:
    first, one = links.create(store, "ann", saved.id)
    second, two = links.create(store, "ann", saved.id)
    grants = [links.open_link(store, token)[1] for token in (one, two)]
    assert grants[0] != grants[1]
    for id, grant in ((first.id, grants[1]), (second.id, ""), ("", grants[0]), ("x", "ü")):
        with pytest.raises(LinkRefused):
            links.granted(store, id, grant)


def test_the_password_is_asked_of_those_who_hold_the_token(store: Store, saved: Saved) -> None:
    _, token = links.create(store, "ann", saved.id, password="Grüße 123")
    assert links.needs_password(store, token)
    for wrong in ("", "grüße 123", "Grüße 1234", "\udcff", "x" * 10_000):
        with pytest.raises(WrongPassword):
            links.open_link(store, token, wrong)
    link, grant = links.open_link(store, token, "Grüße 123")
    assert link.has_password
    links.granted(store, link.id, grant)


def test_openings_are_counted_and_noted(store: Store, saved: Saved) -> None:
    link, token = links.create(store, "ann", saved.id, password="x")
    assert (link.opened, link.last_opened) == (0, None)
    for password in ("x", "wrong", "x"):
        try:
            links.open_link(store, token, password)
        except WrongPassword:
            continue
    (now,) = links.listed(store, "ann")
    assert now.opened == 2
    assert now.last_opened >= now.created
    actions = [e.action for e in entries(store, "ann")]
    assert actions == ["link opened", "link opened", "shared", "saved"]


def test_a_copy_of_the_store_gives_no_working_link(store: Store, saved: Saved) -> None:
    _, token = links.create(store, "ann", saved.id, password="open sesame")
    with store.writing() as connection:
        connection.exec_driver_sql("SELECT 1")
    for path in store.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert token.encode() not in content
            assert b"open sesame" not in content


@given(st.text(max_size=60))
def test_no_text_but_the_token_opens(text: str) -> None:
    # One store for all examples would be a fixture of the wrong scope; hashing is what is tested.
    from clv.store.keys import hashed

    token = "0" * 43
    assert (hashed(text) == hashed(token)) == (text == token)


def test_twenty_misses_a_minute_and_the_address_waits() -> None:
    now = [0.0]
    misses = Misses(clock=lambda: now[0])
    for number in range(MOST):
        now[0] = float(number)
        misses.check("a")
        misses.add("a")
    with pytest.raises(TooManyTries):
        misses.check("a")
    misses.check("b")
    now[0] = 59.9
    with pytest.raises(TooManyTries):
        misses.check("a")
    now[0] = 60.0
    misses.check("a")


def test_a_hundred_thousand_addresses_take_bounded_memory() -> None:
    misses = Misses()
    for number in range(100_000):
        misses.add(str(number))
    assert len(misses) == ADDRESSES


def test_the_secret_is_made_once_and_for_its_owner_alone(store: Store) -> None:
    path = store.folder / "secret.key"
    assert not path.exists()
    made = secret(store)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(made) == 32
    assert secret(store) == made


def test_pseudonyms_are_stable_in_a_store_and_differ_between_stores(store: Store) -> None:
    ids = [f"C{n}" for n in range(5000)] + ["", "ü", "\udcff", "0012", "12"]
    names = [Pseudonyms(store)(id) for id in ids]
    assert len(set(names)) == len(ids)
    assert names == [Pseudonyms(store)(id) for id in ids]
    assert all(len(name) == 18 for name in names)
    other = _open(store.folder.with_name("other"), "")
    assert not {Pseudonyms(other)(id) for id in ids} & set(names)
    other.engine.dispose()


def save_again(store: Store, saved: Saved) -> Saved:
    return save(store, saved.owner, reopen(store, saved), name="Again")
