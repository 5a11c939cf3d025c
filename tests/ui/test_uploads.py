"""The files of a visitor in the app: what arrived, what was chosen on the server, what is left."""

import os
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from clv.intake import inbox
from clv.ui import uploads


def page() -> AppTest:
    def script() -> None:
        import streamlit as st

        from clv.ui import uploads
        from clv.ui.controls import show_controls
        from clv.ui.doors import show_files, show_folder, show_script

        show_controls()
        uploads.uploader("Orders")
        show_files()
        show_script()
        show_folder()
        st.button("Take", on_click=uploads.take_arrived)
        st.session_state["seen"] = uploads.current_uploads()
        st.session_state["latest"] = uploads.current_upload()

    app = AppTest.from_function(script).run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> None:
    next(b for b in app.button if b.label == label).click().run()
    assert not app.exception


def send(app: AppTest, name: str, body: bytes, token: str | None = None) -> None:
    arrival = inbox.admit(token or app.session_state["inbox_token"], name, len(body))
    arrival.write(body)
    arrival.finish()


def names(app: AppTest) -> list[str]:
    return [upload.name for upload in app.session_state["seen"]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("CLV_IMPORT_DIR", raising=False)
    return tmp_path


@pytest.fixture
def on_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = folder / "import"
    place.mkdir()
    for name in ("jan.csv", "feb.csv"):
        (place / name).write_text(f"{name}\n1\n")
    monkeypatch.setenv("CLV_IMPORT_DIR", str(place))
    return place


def test_what_arrives_becomes_the_data(folder: Path) -> None:
    app = page()
    assert app.session_state["latest"] is None
    send(app, "orders.csv", b"a,b\n1,2\n")
    press(app, "Take")
    seen = app.session_state["latest"]
    assert seen.path.read_bytes() == b"a,b\n1,2\n"
    assert (seen.name, seen.size) == ("orders.csv", 8)
    assert app.selectbox(key="data").value == "My file"
    assert any("orders\\.csv" in text.value for text in app.markdown)


def test_several_files_are_kept_in_the_order_of_arrival(folder: Path) -> None:
    app = page()
    send(app, "b.csv", b"1")
    press(app, "Take")
    send(app, "a.csv", b"2")
    press(app, "Take")
    press(app, "Take")  # nothing new
    assert names(app) == ["b.csv", "a.csv"]
    assert app.session_state["latest"].name == "a.csv"


def test_a_removed_upload_is_gone_from_the_disk_and_does_not_come_back(folder: Path) -> None:
    app = page()
    send(app, "a.csv", b"1")
    press(app, "Take")
    path = app.session_state["latest"].path
    press(app, "Remove")
    press(app, "Take")
    assert names(app) == []
    assert not path.exists()
    assert not list(folder.glob(".upload-*"))


def test_two_visitors_do_not_see_each_others_files(folder: Path) -> None:
    one, other = page(), page()
    send(one, "mine.csv", b"1")
    press(other, "Take")
    press(one, "Take")
    assert (names(one), names(other)) == (["mine.csv"], [])


def test_a_command_for_a_script_works_for_one_file_and_is_then_put_away(folder: Path) -> None:
    app = page()
    assert not app.code
    press(app, "Make a command for one file")
    command = app.code[0].value
    assert "curl -T orders.csv" in command
    assert "/api/uploads/" in command
    token = command.partition("X-Upload-Token: ")[2].partition('"')[0]
    assert token != app.session_state["inbox_token"]
    send(app, "big.csv", b"1", token)
    press(app, "Look for it now")
    assert names(app) == ["big.csv"]
    assert not app.code


def test_an_upload_that_is_gone_is_forgotten(folder: Path) -> None:
    app = page()
    send(app, "a.csv", b"1")
    press(app, "Take")
    app.session_state["latest"].path.unlink()
    app.run()
    assert names(app) == []


def test_using_an_upload_keeps_it_from_the_sweep(folder: Path) -> None:
    app = page()
    send(app, "a.csv", b"1")
    press(app, "Take")
    path = app.session_state["latest"].path
    os.utime(path, (time.time() - 90_000,) * 2)
    app.run()
    assert inbox.sweep(folder) == 0


def test_a_permission_that_was_swept_is_replaced(folder: Path) -> None:
    app = page()
    before = app.session_state["inbox_token"]
    for door in folder.glob("door-*"):
        door.unlink()
    app.run()
    assert app.session_state["inbox_token"] != before
    send(app, "a.csv", b"1")
    press(app, "Take")
    assert names(app) == ["a.csv"]


def test_files_on_the_server_are_read_in_place_and_never_changed(
    on_server: Path, folder: Path
) -> None:
    app = page()
    before = {path: path.stat().st_mtime_ns for path in on_server.iterdir()}
    app.multiselect(key="server_files").set_value(["jan.csv", "feb.csv"]).run()
    assert {upload.path for upload in app.session_state["seen"]} == set(before)
    assert app.selectbox(key="data").value == "My file"
    press(app, "Remove")
    assert len(names(app)) == 1
    assert app.multiselect(key="server_files").value == names(app)
    app.multiselect(key="server_files").set_value([]).run()
    assert names(app) == []
    assert {path: path.stat().st_mtime_ns for path in on_server.iterdir()} == before


def test_a_file_on_the_server_that_changed_has_to_be_chosen_again(on_server: Path) -> None:
    app = page()
    app.multiselect(key="server_files").set_value(["jan.csv"]).run()
    (on_server / "jan.csv").write_text("other\n1\n2\n")
    app.run()
    assert names(app) == []


def test_only_names_that_were_offered_can_be_chosen(on_server: Path, folder: Path) -> None:
    (folder / "secret.csv").write_text("1")

    def script() -> None:
        import streamlit as st

        from clv.ui import uploads
        from clv.ui.controls import show_controls

        show_controls()
        wanted = ["../secret.csv", "/etc/passwd", "jan.csv"]
        st.button("Choose", on_click=uploads.choose_files, args=(wanted,))

    app = AppTest.from_function(script).run()
    press(app, "Choose")
    assert [upload.name for upload in app.session_state["uploads"]] == ["jan.csv"]


def test_the_dialog_offers_what_can_be_read() -> None:
    assert {"csv", "xlsx", "parquet", "gz"} <= set(uploads.EXTENSIONS)


@pytest.mark.parametrize(
    ("limit", "text"), [(1 << 30, "1 GB"), (1_000_000, "1 MB"), (2_560_000_000, "2.5 GB")]
)
def test_the_limit_is_said_in_a_round_unit_and_never_too_high(limit: int, text: str) -> None:
    assert uploads.limit_text(limit) == text
