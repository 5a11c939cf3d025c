"""Uploads: on disk under a name of ours, out of memory, swept after a day."""

import os
import stat
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from clv.ui import uploads


def page() -> AppTest:
    def script() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from clv.errors import CLVError
        from clv.ui.controls import show_controls
        from clv.ui.uploads import uploader

        show_controls()
        try:
            st.session_state["seen"] = uploader("Orders")
        except CLVError as error:
            st.session_state["refused"] = error
        manager = get_script_run_ctx().uploaded_file_mgr
        stored = getattr(manager, "file_storage", {})
        st.session_state["in_memory"] = sum(len(files) for files in stored.values())

    app = AppTest.from_function(script).run()
    assert not app.exception
    return app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path))
    return tmp_path


def test_an_upload_is_on_disk_and_becomes_the_data(folder: Path) -> None:
    app = page()
    assert app.session_state["seen"] is None
    app.file_uploader[0].upload("orders.csv", b"a,b\n1,2\n").run()
    seen = app.session_state["seen"]
    assert seen.path.read_bytes() == b"a,b\n1,2\n"
    assert seen.path.parent == folder
    assert (seen.name, seen.size) == ("orders.csv", 8)
    assert app.selectbox(key="data").value == "My file"


def test_nothing_of_an_upload_stays_in_memory(folder: Path) -> None:
    app = page()
    app.file_uploader[0].upload("orders.csv", b"x" * 1000).run()
    assert app.session_state["in_memory"] == 0
    assert app.file_uploader[0].value is None  # an empty uploader has taken its place
    app.run()
    assert app.session_state["seen"].size == 1000


def test_a_second_upload_replaces_the_first(folder: Path) -> None:
    app = page()
    app.file_uploader[0].upload("one.csv", b"1").run()
    app.file_uploader[0].upload("two.csv", b"22").run()
    assert app.session_state["seen"].name == "two.csv"
    assert app.session_state["seen"].path.read_bytes() == b"22"


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/x.csv", "a\\b.csv", "=1+1.csv"])
def test_the_name_of_an_upload_is_never_a_path(folder: Path, name: str) -> None:
    app = page()
    app.file_uploader[0].upload(name, b"1").run()
    seen = app.session_state["seen"]
    assert seen.path.parent == folder
    assert seen.path.name.startswith("upload-")
    assert seen.path.name.removeprefix("upload-").replace("_", "a").isalnum()
    assert stat.S_IMODE(seen.path.stat().st_mode) == 0o600


def test_a_disk_that_takes_nothing_is_said_plainly(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    app = page()
    monkeypatch.setattr("shutil.copyfileobj", full)
    app.file_uploader[0].upload("orders.csv", b"1").run()
    assert not app.exception
    assert "No space left" in app.session_state["refused"].message
    assert list(folder.iterdir()) == []
    assert app.session_state["in_memory"] == 0
    assert app.selectbox(key="data").value == "None"


def test_an_upload_that_is_gone_is_forgotten(folder: Path) -> None:
    app = page()
    app.file_uploader[0].upload("orders.csv", b"1").run()
    app.session_state["seen"].path.unlink()
    app.run()
    assert app.session_state["seen"] is None


def test_only_uploads_that_nobody_used_for_a_day_are_swept(tmp_path: Path) -> None:
    old, fresh, other = tmp_path / "upload-a", tmp_path / "upload-b", tmp_path / "shop-c.parquet"
    for path in (old, fresh, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 90_000,) * 2)
    assert uploads.sweep(tmp_path) == 1
    assert sorted(tmp_path.iterdir()) == [other, fresh]


def test_using_an_upload_keeps_it_from_the_sweep(folder: Path) -> None:
    app = page()
    app.file_uploader[0].upload("orders.csv", b"1").run()
    path = app.session_state["seen"].path
    os.utime(path, (time.time() - 90_000,) * 2)
    app.run()
    assert uploads.sweep(folder) == 0
