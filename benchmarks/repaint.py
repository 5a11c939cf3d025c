"""How long a visitor waits for a figure after moving a slider: CDNOW, 23,570 customers.

    python -m benchmarks.repaint             # the app and a browser of its own; two minutes
    python -m benchmarks.repaint --times 7

Every change is a key on a slider, to a value that the server has not seen before. The clock is
that of the browser: from the key to the frame in which the figures of the page have changed and
the script has run to its end. Prints medians in seconds.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from scripts.running_app import chromium, go, open_tab, serve, settle, visit

SLIDERS = {"margin": "Gross margin", "horizon": "Look ahead", "discount": "Discount rate per year"}
# What has to change on a page: the figures, the bars of the first chart, the cells of the table.
FIGURES = {
    "Overview": ("[data-testid=stMetricValue]", "textContent"),
    "Segments": ("[data-testid=stVegaLiteChart] [aria-roledescription=bar]", "ariaLabel"),
    "Customers": ("[data-testid=stDataFrame] [role=gridcell]", "textContent"),
}
WATCH = """([selector, property]) => {
  const figures = () => [...document.querySelectorAll(selector)].map(e => e[property]).join("|");
  const state = () =>
    document.querySelector("[data-testid=stApp]").getAttribute("data-test-script-state");
  window.repaint = new Promise(done => {
    addEventListener("keydown", () => {
      const start = performance.now(), before = figures();
      const look = () => {
        if (figures() && figures() !== before && state() === "notRunning") {
          requestAnimationFrame(() => done((performance.now() - start) / 1000));
        } else requestAnimationFrame(look);
      };
      look();
    }, {capture: true, once: true});
  });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--times", type=int, default=9, choices=range(7, 11), help="changes per slider and page"
    )
    times = parser.parse_args().times
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder)) as server,
        chromium() as browser,
    ):
        page = open_tab(browser)
        visit(page, f"{server.url}/overview?data=CDNOW&margin=30&horizon=4&discount=2")
        page.get_by_test_id("stSidebar").get_by_text("Assumptions").click()
        print(f"{'page':<12}" + "".join(f"{name:>22}" for name in SLIDERS))
        for name in FIGURES:
            go(page, name)
            waits = [repaints(page, name, label, times) for label in SLIDERS.values()]
            print(f"{name:<12}" + "".join(described(wait) for wait in waits), flush=True)
        page.context.close()
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"Load average {load:.1f} on {cores} cores; on a busy machine these are upper bounds.")


def repaints(page: Page, name: str, label: str, times: int) -> list[float]:
    """Seconds from each of some keys on a slider to the figures it leads to."""
    slider = page.get_by_role("slider", name=label)
    slider.wait_for()
    waits = []
    for _ in range(times):
        page.evaluate(WATCH, FIGURES[name])
        slider.press("ArrowRight")
        waits.append(page.evaluate("window.repaint"))
        settle(page)
    return waits


def described(waits: list[float]) -> str:
    """The median, and the quickest and the slowest in brackets."""
    middle = statistics.median(waits)
    return f"{middle:>8.3f} ({min(waits):.2f} - {max(waits):.2f})"


if __name__ == "__main__":
    main()
