"""The inbox: permissions, limits, quotas, and nothing left behind."""

import json
import os
import stat
import time
from pathlib import Path

import pytest

from clv.errors import NoRoom, NotAllowed, TooLarge, TooMany
from clv.intake import inbox


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path))
    return tmp_path


def bring(token: str, body: bytes, name: str = "orders.csv") -> inbox.Stored:
    arrival = inbox.admit(token, name, len(body))
    arrival.count(len(body))
    arrival.write(body)
    return arrival.finish()


def leftovers(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if p.name.lstrip(".").startswith("upload-")}


def test_an_upload_is_stored_under_a_name_of_ours_for_this_user_only(folder: Path) -> None:
    stored = bring(inbox.open_door(), b"a,b\n1,2\n")
    assert stored.path.read_bytes() == b"a,b\n1,2\n"
    assert stored.path == folder / f"upload-{stored.id}"
    assert stat.S_IMODE(stored.path.stat().st_mode) == 0o600
    assert (stored.name, stored.size) == ("orders.csv", 8)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../evil.csv", "evil.csv"),
        ("/etc/x.csv", "x.csv"),
        ("a\\b.csv", "b.csv"),
        ("=1+1.csv", "=1+1.csv"),
        ("\x00\n\u202e.csv", ".csv"),
        ("", "upload"),
        ("..", ".."),
        ("ü" * 300 + ".csv", "ü" * 196 + ".csv"),
    ],
)
def test_the_name_is_text_and_never_a_path(folder: Path, name: str, shown: str) -> None:
    stored = bring(inbox.open_door(), b"1", name)
    assert stored.name == shown
    assert stored.path.parent == folder


def test_a_token_is_nowhere_on_disk(folder: Path) -> None:
    token = inbox.open_door()
    once = inbox.open_door(token)
    bring(token, b"1")
    for path in folder.iterdir():
        assert not any(t in path.name or t in path.read_text() for t in (token, once))


@pytest.mark.parametrize("token", ["", "short", "x" * 43, "../" * 20, "a" * 10_000])
def test_without_a_valid_token_nothing_is_admitted(folder: Path, token: str) -> None:
    inbox.open_door()
    with pytest.raises(NotAllowed):
        inbox.admit(token, "a.csv", 1)
    assert leftovers(folder) == set()


def test_a_visitor_sees_only_the_own_uploads_in_the_order_of_arrival(folder: Path) -> None:
    mine, other = inbox.open_door(), inbox.open_door()
    first, second = bring(mine, b"1", "b.csv"), bring(mine, b"2", "a.csv")
    bring(other, b"3")
    assert inbox.arrived(inbox.owner_of(mine)) == (first, second)
    assert len(inbox.arrived(inbox.owner_of(other))) == 1


def test_a_token_for_one_file_works_once_and_files_it_under_its_visitor(folder: Path) -> None:
    mine = inbox.open_door()
    once = inbox.open_door(mine)
    stored = bring(once, b"1")
    assert inbox.arrived(inbox.owner_of(mine)) == (stored,)
    with pytest.raises(NotAllowed):
        inbox.admit(once, "again.csv", 1)


def test_a_token_for_one_file_cannot_list_what_the_visitor_has(folder: Path) -> None:
    once = inbox.open_door(inbox.open_door())
    with pytest.raises(NotAllowed):
        inbox.visitor(once)


def test_old_tokens_expire(folder: Path) -> None:
    mine = inbox.open_door()
    once = inbox.open_door(mine)
    for path in folder.glob("door-*"):
        os.utime(path, (time.time() - 3700,) * 2)
    with pytest.raises(NotAllowed):
        inbox.admit(once, "a.csv", 1)
    inbox.admit(mine, "a.csv", 1).abandon()
    for path in folder.glob("door-*"):
        os.utime(path, (time.time() - 25 * 3600,) * 2)
    with pytest.raises(NotAllowed):
        inbox.admit(mine, "a.csv", 1)


def test_a_door_made_by_hand_for_somebody_else_does_not_open(folder: Path) -> None:
    token = inbox.open_door()
    (door,) = folder.glob("door-*")
    door.write_text(json.dumps({"owner": "f" * 32, "once": False}))
    with pytest.raises(NotAllowed):
        inbox.admit(token, "a.csv", 1)


def test_a_file_over_the_limit_is_refused_before_it_comes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_MAX_FILE_BYTES", "1000")
    with pytest.raises(TooLarge, match="limit"):
        inbox.admit(inbox.open_door(), "a.csv", 1001)
    assert leftovers(folder) == set()


def test_more_bytes_than_announced_or_allowed_are_never_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_MAX_FILE_BYTES", "1000")
    for length in (None, 10):
        arrival = inbox.admit(inbox.open_door(), "a.csv", length)
        with pytest.raises(TooLarge):
            arrival.count(1001)
        arrival.abandon()
    assert leftovers(folder) == set()


def test_what_is_announced_counts_against_the_quota_while_it_arrives(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_SESSION_BYTES", "1000")
    mine = inbox.open_door()
    first = inbox.admit(mine, "a.csv", 700)
    with pytest.raises(NoRoom, match="one visitor"):
        inbox.admit(mine, "b.csv", 301)
    inbox.admit(inbox.open_door(), "other.csv", 1000).abandon()  # another visitor has their own
    first.abandon()
    bring(mine, b"x" * 1000)
    with pytest.raises(NoRoom):
        inbox.check(mine, 1)


def test_all_uploads_together_have_a_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLV_UPLOADS_BYTES", "1000")
    bring(inbox.open_door(), b"x" * 800)
    with pytest.raises(NoRoom, match="used up"):
        inbox.admit(inbox.open_door(), "b.csv", 201)
    stream = inbox.admit(inbox.open_door(), "b.csv", None)
    stream.count(200)
    with pytest.raises(NoRoom):
        stream.count(1)
    stream.abandon()


def test_removing_an_upload_gives_its_space_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_SESSION_BYTES", "1000")
    mine = inbox.open_door()
    inbox.remove(bring(mine, b"x" * 1000))
    assert leftovers(folder) == set()
    bring(mine, b"x" * 1000)


def test_only_so_many_uploads_arrive_at_a_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_UPLOADS_AT_A_TIME", "1")
    mine = inbox.open_door()
    first = inbox.admit(mine, "a.csv", 5)
    with pytest.raises(TooMany):
        inbox.admit(mine, "b.csv", 5)
    os.utime(folder / f"upload-{first.upload.id}.part", (time.time() - 600,) * 2)
    inbox.admit(mine, "b.csv", 5).abandon()  # the first has stalled
    first.abandon()
    assert leftovers(folder) == set()


def test_a_full_disk_is_said_plainly_before_and_while_a_file_comes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrival = inbox.admit(inbox.open_door(), "a.csv", 5)

    class Full:
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None: ...

    arrival._file.close()
    arrival._file = Full()  # type: ignore[assignment]
    with pytest.raises(NoRoom, match="disk is full"):
        arrival.write(b"12345")
    arrival.abandon()
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 4}))
    with pytest.raises(NoRoom, match="disk is full"):
        inbox.admit(inbox.open_door(), "a.csv", 5)
    assert leftovers(folder) == set()


def test_only_what_nobody_used_for_a_day_is_swept(folder: Path) -> None:
    token = inbox.open_door()
    old, fresh = bring(token, b"1"), bring(token, b"2")
    other = folder / "shop-c.parquet"
    other.touch()
    dead = inbox.admit(token, "dead.csv", 5)
    for path in (old.path, other, folder / f"upload-{dead.upload.id}.part"):
        os.utime(path, (time.time() - 90_000,) * 2)
    assert inbox.sweep(folder) == 2
    assert inbox.arrived(inbox.owner_of(token)) == (fresh,)
    assert leftovers(folder) == {
        fresh.path.name,
        f".upload-{fresh.owner}-{fresh.id}.json",
    }
    assert other.exists()
    dead.abandon()
