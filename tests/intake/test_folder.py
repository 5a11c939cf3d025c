"""The server's folder: what is offered, and that nothing outside of it ever is."""

from pathlib import Path

import pytest

from clv.intake import folder
from clv.intake.folder import server_files, unchanged


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "orders"
    (place / "2024" / "deep").mkdir(parents=True)
    monkeypatch.setenv("CLV_IMPORT_DIR", str(place))
    return place


def offered() -> set[str]:
    return {file.name for file in server_files(("csv", "gz"))}


def test_without_a_folder_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", "/nowhere/at/all"):
        monkeypatch.setenv("CLV_IMPORT_DIR", value)
        assert server_files(("csv",)) == ()


def test_files_in_the_folder_and_one_down_are_offered_the_newest_first(root: Path) -> None:
    for name in ("a.csv", "2024/B.CSV.gz", "2024/deep/c.csv", "notes.pdf", ".hidden.csv"):
        (root / name).write_text("1")
    assert offered() == {"a.csv", "2024/B.CSV.gz"}


def test_links_and_what_is_no_file_are_never_offered(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("1")
    (root / "link.csv").symlink_to(outside / "secret.csv")
    (root / "up").symlink_to(outside)
    (root / "folder.csv").mkdir()
    assert offered() == set()


def test_a_file_that_was_changed_or_replaced_is_not_the_one_that_was_offered(root: Path) -> None:
    (root / "a.csv").write_text("1")
    (file,) = server_files(("csv",))
    assert unchanged(file)
    (root / "a.csv").write_text("22")
    assert not unchanged(file)
    (root / "b.csv").write_text("1")
    file = next(f for f in server_files(("csv",)) if f.name == "b.csv")
    (root / "b.csv").rename(root / "c.csv")
    (root / "b.csv").symlink_to(root / "c.csv")
    assert not unchanged(file)
    (root / "b.csv").unlink()
    assert not unchanged(file)


def test_a_long_folder_shows_its_newest_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST", 3)
    for number in range(5):
        (root / f"{number}.csv").write_text("1")
    assert len(offered()) == 3
