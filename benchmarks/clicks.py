"""How long a visitor waits for a page, and after a click on a chart: dunnhumby, a million lines.

    python -m benchmarks.clicks                        # the app and a browser of its own
    python -m benchmarks.clicks --file orders.csv --times 7 --pages Health Segments

Pages are opened by the menu, the first time with nothing of theirs computed, after some seconds on
the first page (`--read`), in which the app works ahead. Every chart that filters is clicked, each
time on another mark where it has several, and the filter is emptied in between. The clock is that
of the browser: from the click to the last change of the page. Medians, in seconds.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from scripts.running_app import (
    PAGES,
    ROOT,
    chromium,
    go,
    open_tab,
    serve,
    settle,
    upload,
    visit,
)  # fmt: skip

DUNNHUMBY = ROOT.parent / "shared" / "data" / "dunnhumby" / "dunnhumby_48_weeks.csv.gz"
CHARTS = "[data-testid=stMain] [data-testid=stVegaLiteChart]"
KINDS = ("bar", "rect mark", "rect", "point", "circle", "square")
MARKS = ", ".join(f"[aria-roledescription='{kind}']" for kind in KINDS)
QUIET = 500  # milliseconds without a change, after which the page is as it will be
NO_RERUN = 700  # milliseconds after which a click has asked for nothing
# Resolves to [did the script run, seconds from the click to the last change of the page].
WATCH = """([quiet, patience]) => {
  const app = document.querySelector("[data-testid=stApp]");
  const main = document.querySelector("[data-testid=stMain]");
  const state = () => app.getAttribute("data-test-script-state");
  window.repaint = new Promise(done => {
    addEventListener("click", () => {
      const start = performance.now();
      let last = start, ran = false;
      const seen = new MutationObserver(() => { last = performance.now(); });
      seen.observe(main, {subtree: true, childList: true, attributes: true, characterData: true});
      const look = () => {
        const now = performance.now();
        if (state() !== "notRunning") ran = true;
        const settled = state() === "notRunning" && now - last > quiet;
        if ((ran && settled) || (!ran && now - start > patience)) {
          seen.disconnect();
          done([ran, (last - start) / 1000]);
        } else setTimeout(look, 5);
      };
      look();
    }, {capture: true, once: true});
  });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, default=DUNNHUMBY, help="orders to upload")
    parser.add_argument("--times", type=int, default=5, help="clicks per chart")
    parser.add_argument("--read", type=float, default=5, help="seconds on the first page")
    parser.add_argument("--pages", nargs="+", choices=PAGES[1:], default=PAGES[1:])
    options = parser.parse_args()
    if not options.file.exists():
        sys.exit(f"{options.file} is not there. Name a file of orders with --file.")
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder)) as server,
        chromium() as browser,
    ):
        page = open_tab(browser, height=2400)
        visit(page, server.url)
        upload(page, options.file)
        page.wait_for_timeout(1000 * options.read)
        print(f"{'page':<14}{'first':>8}{'again':>8}   charts that filter, after a click")
        for name in options.pages:
            first = opened(page, name)
            go(page, PAGES[0])
            again = opened(page, name)
            described = [text for text in tabs(page, options.times) if text]
            print(f"{name:<14}{first:>8.2f}{again:>8.2f}   {'; '.join(described)}", flush=True)
        page.context.close()
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"Load average {load:.1f} on {cores} cores; on a busy machine these are upper bounds.")


def opened(page: Page, name: str) -> float:
    """Seconds from the click in the menu to the last change of the page."""
    page.evaluate(WATCH, [QUIET, 10_000])
    page.get_by_role("link", name=name, exact=True).first.click()
    _, seconds = page.evaluate("window.repaint")
    settle(page)
    return float(seconds)


def tabs(page: Page, times: int) -> Iterator[str]:
    """What every tab of the page says of its charts that filter; one text for a page without."""
    for tab in page.get_by_role("tab").all_inner_texts() or [""]:
        if tab:
            page.get_by_role("tab", name=tab, exact=True).click()
            settle(page)
        waits = [clicked(page, place, times) for place in range(charts(page))]
        medians = ", ".join(f"{statistics.median(w):.2f}" for w in waits if w)
        yield f"{tab} {medians}".strip() if medians else ""


def charts(page: Page) -> int:
    """Charts of the page, once they are drawn."""
    page.wait_for_timeout(1000)
    return page.locator(CHARTS).count()


def clicked(page: Page, place: int, times: int) -> list[float]:
    """Seconds after each of some clicks on marks of a chart; none where it does not filter."""
    waits: list[float] = []
    for turn in range(times):
        marks = page.locator(CHARTS).nth(place).locator(MARKS)
        count = marks.count()
        if not count:
            return waits
        page.evaluate(WATCH, [QUIET, NO_RERUN])
        marks.nth((turn * 7) % count).click(force=True)
        ran, seconds = page.evaluate("window.repaint")
        if not ran:
            return waits
        waits.append(float(seconds))
        page.get_by_role("button", name="Clear all").first.click()
        settle(page)
    return waits


if __name__ == "__main__":
    main()
