"""What a big file costs the server's memory, by each door, and what stays of it afterwards.

    python -m benchmarks.uploads                 # a CSV of 487 MB
    python -m benchmarks.uploads --megabytes 100

Each door gets a fresh server. Resident memory of the server process in MB: before; peak while the
file comes in; right after it; peak while it is read and analysed (a child process parses, and is
counted apart); with the Overview on screen; after the visitor has left. The file is made up.
"""

import argparse
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page

from scripts.running_app import (
    FILES_IN_USE,
    Server,
    chromium,
    file_input,
    go,
    open_tab,
    serve,
    settle,
    visit,
)

MB = 1e6
PAGE = os.sysconf("SC_PAGE_SIZE")
PATIENCE = 240_000  # milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=487)
    parser.add_argument("--arrive-only", action="store_true", help="do not wait for the analysis")
    asked = parser.parse_args()
    size = asked.megabytes
    with tempfile.TemporaryDirectory(prefix="uploads-") as name, chromium() as browser:
        file = make_file(Path(name) / "import" / "orders.csv", size)
        print(f"CSV of {file.stat().st_size / MB:,.0f} MB; resident memory of the server in MB")
        print(f"{'door':<10}{'before':>8}{'peak':>8}{'after':>8}{'seconds':>9}{'MB/s':>7}"
              f"{'reading':>9}{'child':>8}{'shown':>8}{'left':>8}   progress seen")  # fmt: skip
        os.environ["CLV_IMPORT_DIR"] = str(file.parent)
        for door, bring in (("browser", by_browser), ("curl", by_curl), ("folder", by_folder)):
            with serve(Path(name) / door) as server:
                print(measured(door, server, browser, file, bring, asked.arrive_only), flush=True)


@dataclass
class Watch:
    """The memory of a process and of its children, looked at 20 times a second."""

    process: int
    peak: float = 0.0
    child: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, resident(self.process))
            self.child = max([self.child, *map(resident, children(self.process))])


def measured(
    door: str,
    server: Server,
    browser: Browser,
    file: Path,
    bring: Callable[[Page, Server, Path], str],
    arrive_only: bool,
) -> str:
    process = server.process.pid
    page = open_tab(browser)
    page.set_default_timeout(PATIENCE)
    visit(page, server.url)
    page.wait_for_timeout(3000)
    before = resident(process)
    with Watch(process) as coming:
        start = time.monotonic()
        seen = bring(page, server, file)
        seconds = time.monotonic() - start
    after = resident(process)
    rate = file.stat().st_size / MB / seconds
    arrived = f"{door:<10}{before:>8.0f}{coming.peak:>8.0f}{after:>8.0f}{seconds:>9.1f}{rate:>7.0f}"
    if arrive_only:
        page.context.close()
        return f"{arrived}   {seen}"
    with Watch(process) as reading:
        page.get_by_role("link", name="See what they are worth").wait_for()
        settle(page)
        go(page, "Overview")
    shown = resident(process)
    page.context.close()
    time.sleep(15)
    left = resident(process)
    return f"{arrived}{reading.peak:>9.0f}{reading.child:>8.0f}{shown:>8.0f}{left:>8.0f}   {seen}"


def by_browser(page: Page, server: Server, file: Path) -> str:
    """Choose the file on the page; the words that were seen while it was sent."""
    seen: list[str] = []
    file_input(page).set_input_files(file)
    while not stored(server):
        lines = page.locator(".uploader .figures").all_inner_texts()
        seen += [line for line in lines if line not in seen]
        page.wait_for_timeout(50)
    return f"{len(seen)} steps, e.g. {seen[len(seen) // 2]}" if seen else "none"


def by_curl(page: Page, server: Server, file: Path) -> str:
    """Send the file with the command that the page shows."""
    page.get_by_text("From a script, or for very big files").click()
    page.get_by_role("button", name="Make a command for one file").click()
    command = page.get_by_test_id("stCode").inner_text()
    token = command.partition("X-Upload-Token: ")[2].partition('"')[0]
    subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "-T", file, "-H", f"X-Upload-Token: {token}",
         f"{server.url}/api/uploads/"],
        check=True, capture_output=True,
    )  # fmt: skip
    return "by curl itself"


def by_folder(page: Page, _: Server, file: Path) -> str:
    """Choose the file in the server's folder."""
    page.get_by_role("combobox", name="Files on the server").click()
    page.get_by_role("option", name=file.name).click()
    page.keyboard.press("Escape")  # the open list hides the page from screen readers, and from us
    page.locator(FILES_IN_USE).first.wait_for()
    return "nothing is sent"


def stored(server: Server) -> bool:
    return any(not p.suffix for p in server.folder.glob("upload-*"))


def resident(process: int) -> float:
    """Resident memory in MB; 0 when the process is gone."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE / MB
    except OSError:
        return 0.0


def children(process: int) -> list[int]:
    try:
        tasks = Path(f"/proc/{process}/task").iterdir()
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return []


def make_file(path: Path, megabytes: int) -> Path:
    """Order lines of a shop that grows with the file."""
    path.parent.mkdir(parents=True)
    rng = np.random.default_rng(1)
    rows = 600_000
    part = 0
    while not path.exists() or path.stat().st_size < megabytes * MB:
        order = np.arange(rows) // 3  # three lines each
        customers = (rng.pareto(1.2, rows // 3) * 40_000).astype(int)
        days = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 900, rows // 3), "D")
        frame = pd.DataFrame(
            {
                "order_number": 1_000_000 + part * rows // 3 + order,
                "customer": [f"C{n:07}" for n in customers[order]],
                "order_date": days[order],
                "product": [f"Article number {n}" for n in rng.integers(0, 5000, rows)],
                "quantity": rng.integers(1, 6, rows),
                "amount": rng.gamma(2.0, 15.0, rows).round(2),
            }
        )
        frame.to_csv(path, mode="a", index=False, header=part == 0)
        part += 1
    os.truncate(path, path.read_bytes().rfind(b"\n", 0, int(megabytes * MB)) + 1)
    return path


if __name__ == "__main__":
    main()
