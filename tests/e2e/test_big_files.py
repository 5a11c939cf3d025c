"""Big files, by every door: progress, cancel, several at once, a script, the server's folder."""

import os
import shlex
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from scripts.running_app import FILES_IN_USE, Server, alerts, file_input, serve, settle, visit

pytestmark = pytest.mark.browser

MEGABYTES = 20


def orders(rows: int) -> str:
    lines = (
        f"C{i % 900},2023-{i % 12 + 1:02}-{i % 28 + 1:02},{i % 90}.50,{'note ' * (i % 3)}"
        for i in range(rows)
    )
    return "customer,date,amount,remark\n" + "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "big orders.csv"
    text = orders(30_000)
    header, _, body = text.partition("\n")
    with path.open("w") as handle:
        handle.write(header + "\n")
        while handle.tell() < MEGABYTES * 1e6:
            handle.write(body)
    return path


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An app with all doors open."""
    folder = tmp_path_factory.mktemp("doors")
    offered = folder / "import"
    (offered / "2023").mkdir(parents=True)
    (offered / "jan.csv").write_text(orders(2000))
    (offered / "2023" / "old.csv").write_text(orders(2000))
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (customer, date, amount)")
        rows = (line.split(",")[:3] for line in orders(1500).splitlines()[1:])
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    connection.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLV_IMPORT_DIR", str(offered))
        patch.setenv("CLV_DATABASE_URL", f"sqlite:///{folder}/shop.db")
        with serve(folder / "served") as running:
            yield running


def choose(page: Page, *paths: Path) -> None:
    file_input(page).set_input_files(list(paths))


def slow_down(page: Page, megabytes_per_second: float) -> None:
    session = page.context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": megabytes_per_second * 1e6,
        },
    )


def figures(page: Page) -> Locator:
    """The line that says how far an upload is."""
    return page.locator(".uploader .figures")


def removes(page: Page) -> Locator:
    """The buttons of the files in use."""
    return page.locator(FILES_IN_USE)


def stored(server: Server) -> set[str]:
    return {p.name for p in server.folder.iterdir() if p.name.lstrip(".").startswith("upload-")}


def test_a_big_upload_shows_how_far_it_is_and_becomes_the_data(
    server: Server, page: Page, big: Path
) -> None:
    visit(page, server.url)
    slow_down(page, 6)
    choose(page, big)
    expect(figures(page)).to_contain_text("MB/s")
    words = figures(page).inner_text()
    assert " of 20" in words
    percent = int(words.partition(" %")[0])
    assert 0 < percent < 100
    bar = page.get_by_role("progressbar", name="Sending big orders.csv")
    assert 0 < float(bar.evaluate("bar => bar.value / bar.max")) <= 1
    removes(page).wait_for()
    page.wait_for_url("**/?data=My+file")
    settle(page)
    assert figures(page).count() == 0
    expect(page.get_by_text("big orders.csv · 20.")).to_be_visible()
    assert alerts(page).count() == 0


def test_an_upload_that_is_cancelled_leaves_nothing(server: Server, page: Page, big: Path) -> None:
    before = stored(server)
    visit(page, server.url)
    slow_down(page, 2)
    choose(page, big)
    expect(figures(page)).to_contain_text("MB/s")
    page.wait_for_timeout(1000)
    assert len(stored(server) - before) == 2  # what came so far, and its record
    page.get_by_role("button", name="Cancel big orders.csv").click()
    expect(figures(page)).to_have_count(0)
    for _ in range(50):
        if stored(server) == before:
            break
        page.wait_for_timeout(100)
    assert stored(server) == before
    assert removes(page).count() == 0


def test_a_page_that_is_closed_in_the_middle_leaves_nothing(
    server: Server, new_page: Callable[..., Page], big: Path
) -> None:
    before = stored(server)
    page, watch = new_page(), new_page()
    visit(page, server.url)
    slow_down(page, 2)
    choose(page, big)
    expect(figures(page)).to_contain_text("MB/s")
    page.close()
    for _ in range(50):
        if stored(server) == before:
            break
        watch.wait_for_timeout(100)
    assert stored(server) == before


def test_an_upload_goes_on_while_the_visitor_looks_at_another_page(
    server: Server, page: Page, big: Path
) -> None:
    visit(page, f"{server.url}/?data=CDNOW")
    slow_down(page, 8)
    choose(page, big)
    expect(figures(page)).to_contain_text("MB/s")
    page.get_by_role("link", name="Method").first.click()
    page.wait_for_url("**/method*")
    settle(page)
    page.get_by_role("link", name="Your data").first.click()
    removes(page).wait_for()
    page.wait_for_url("**/*data=My+file*")


def test_several_files_are_sent_one_after_the_other_and_can_be_removed(
    server: Server, page: Page, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{month}.csv" for month in ("jan", "feb", "mar")]
    for path in paths:
        path.write_text(orders(800))
    visit(page, server.url)
    choose(page, *paths)
    expect(removes(page)).to_have_count(3)
    settle(page)
    before = len(stored(server))
    removes(page).first.get_by_role("button").click()
    expect(removes(page)).to_have_count(2)
    settle(page)
    assert len(stored(server)) == before - 2


def test_what_the_server_refuses_is_said_in_its_two_sentences(
    tmp_path: Path, page: Page, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_MAX_FILE_BYTES", "1000000")
    with serve(tmp_path / "served") as server:
        visit(page, server.url)
        choose(page, big)
        expect(figures(page)).to_contain_text("MB; the limit is 1 MB.")
        expect(figures(page)).to_contain_text("CLV_MAX_FILE_BYTES")
        page.get_by_role("button", name="Dismiss").click()
        expect(figures(page)).to_have_count(0)
        assert stored(server) == set()


def test_the_uploader_works_from_the_keyboard(server: Server, page: Page) -> None:
    page.on("filechooser", lambda _: None)  # asked for before the key, which may overtake it
    visit(page, server.url)
    file_input(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Choose files").press("Space")
    assert chooser.value.is_multiple()


def test_a_file_that_is_dropped_is_sent(server: Server, page: Page) -> None:
    visit(page, server.url)
    file_input(page)
    data = page.evaluate_handle(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.csv"));
            return data;
        }""",
        orders(500),
    )
    page.locator(".uploader .drop").dispatch_event("drop", {"dataTransfer": data})
    removes(page).wait_for()
    expect(page.get_by_text("dropped.csv ·")).to_be_visible()


def hold_script(page: Page) -> Callable[[], None]:
    """Keep the script of the uploader from arriving; what is returned lets it through."""
    held: list[Route] = []
    page.route("**/uploader.js*", lambda route: held.append(route))

    def let_through() -> None:
        for route in held:
            route.continue_()
        page.unroute("**/uploader.js*")

    return let_through


def test_files_chosen_before_the_script_is_there_are_sent_when_it_comes(
    server: Server, page: Page, tmp_path: Path
) -> None:
    paths = [tmp_path / "early.csv", tmp_path / "bird.csv"]
    for path in paths:
        path.write_text(orders(500))
    let_through = hold_script(page)
    visit(page, server.url)
    page.locator("input.files").set_input_files(paths)
    let_through()
    expect(removes(page)).to_have_count(2)
    settle(page)
    expect(removes(page)).to_have_count(2)  # once each
    assert page.locator("input.files").input_value() == ""


def test_a_name_full_of_markup_is_shown_as_it_is(
    server: Server, page: Page, tmp_path: Path
) -> None:
    name = "<img src=x onerror=alert(1)> ![x](http:x) **b** $a$ Größe.csv"
    path = tmp_path / name.replace("/", "")
    path.write_text(orders(500))
    dialogs: list[object] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog), dialog.dismiss()))
    visit(page, server.url)
    choose(page, path)
    removes(page).wait_for()
    settle(page)
    expect(page.get_by_text(path.name).first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert dialogs == []


def test_a_script_sends_a_file_and_the_page_takes_it_in(
    server: Server, page: Page, big: Path
) -> None:
    visit(page, server.url)
    page.get_by_text("From a script, or for very big files").click()
    page.get_by_role("button", name="Make a command for one file").click()
    command = page.get_by_test_id("stCode").inner_text().strip()
    assert f"{server.url}/api/uploads/" in command
    words = [str(big) if word == "orders.csv" else word for word in shlex.split(command)]
    words = [word.replace(" ", "%20") if word.startswith("http") else word for word in words]
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    done = subprocess.run([*words, "-sS"], env=environment, capture_output=True, check=True)
    assert b'"size":' in done.stdout
    removes(page).wait_for()
    page.wait_for_url("**/*data=My+file*")
    token = command.partition("X-Upload-Token: ")[2].partition('"')[0]
    assert token not in (server.folder / "server.log").read_text()
    again = subprocess.run([*words, "-sS"], env=environment, capture_output=True, check=True)
    assert b"no valid permission" in again.stdout


def test_a_file_on_the_server_is_analysed_where_it_lies(everywhere: Server, page: Page) -> None:
    visit(page, everywhere.url)
    before = stored(everywhere)
    page.get_by_role("combobox", name="Files on the server").click()
    page.get_by_role("option", name="jan.csv").click()
    page.wait_for_url("**/?data=My+file")
    settle(page)
    expect(page.get_by_text("jan.csv — 2,000 rows")).to_be_visible()
    assert stored(everywhere) == before
    assert alerts(page).count() == 0


def test_a_table_of_the_database_is_analysed(everywhere: Server, page: Page) -> None:
    visit(page, everywhere.url)
    page.get_by_role("combobox", name="Tables of the database").click()
    page.get_by_role("option", name="orders").click()
    page.wait_for_url("**/?data=My+file")
    settle(page)
    expect(page.get_by_text("orders (shop.db) — 1,500 rows")).to_be_visible()
    assert alerts(page).count() == 0
    assert page.get_by_text("Or a query").count() == 0  # only where it was allowed
