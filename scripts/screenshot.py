"""Pictures of the running app with a real file loaded.

    python -m scripts.screenshot                         # docs/images/overview.png of the README
    python -m scripts.screenshot --all build/pages       # every page, light and dark, two widths
    python -m scripts.screenshot --file orders.csv --all build/pages

The file is Online Retail beside the project, unless named.
"""

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page

from scripts.running_app import PAGES, ROOT, chromium, go, open_tab, serve, settle, upload, visit

README_PICTURE = ROOT / "docs" / "images" / "overview.png"
README_END = "How value is spread"  # the heading above which the picture of the README ends
ONLINE_RETAIL = ROOT.parent / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
SCHEMES, WIDTHS = ("light", "dark"), (1280, 390)


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, default=ONLINE_RETAIL, help="orders to upload")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, in four ways")
    asked = parser.parse_args()
    if not asked.file.exists():
        sys.exit(f"{asked.file} is not there. Name a file of orders with --file.")
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder)) as server,
        chromium() as browser,
    ):
        if asked.all is None:
            page = loaded(browser, server.url, asked.file, "light", 1280)
            go(page, "Overview")
            picture(page, README_PICTURE, README_END)
            return
        for scheme, width in product(SCHEMES, WIDTHS):
            page = loaded(browser, server.url, asked.file, scheme, width)
            for name in PAGES:
                go(page, name)
                tabs = page.get_by_role("tab").all_inner_texts()
                picture(page, asked.all / file_name(name, scheme, width))
                for tab in tabs[1:]:  # the first is open
                    page.get_by_role("tab", name=tab, exact=True).click()
                    picture(page, asked.all / file_name(f"{name} {tab}", scheme, width))
            open_first_customer(page)
            picture(page, asked.all / file_name("One customer", scheme, width))
            page.context.close()


def loaded(browser: Browser, url: str, file: Path, scheme: str, width: int) -> Page:
    """A tab of a visitor who has uploaded the file."""
    page = open_tab(browser, width, color_scheme=scheme)
    visit(page, url)
    upload(page, file)
    return page


def open_first_customer(page: Page) -> None:
    """Tick the first row of the page Customers and follow the link to the page of that customer."""
    go(page, "Customers")
    page.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 55})
    page.get_by_role("link", name="Open ").click()
    page.get_by_role("heading", name="One customer").wait_for()


def file_name(place: str, scheme: str, width: int) -> str:
    """What the picture of a page, or of a tab of it, is called."""
    return f"{place.lower().replace(' ', '-')}-{scheme}-{width}.png"


def picture(page: Page, path: Path, end: str | None = None) -> None:
    """Save the page that is open, as high as it is or down to a heading."""
    settle(page)
    size = page.viewport_size or {"width": 1280, "height": 900}
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": height})
    page.mouse.move(size["width"] - 1, 200)  # where nothing lights up
    settle(page)
    page.wait_for_timeout(1000)  # charts draw themselves after the script has run
    heading = page.get_by_role("heading", name=end).bounding_box() if end else None
    clip = {"x": 0, "y": 0, "width": size["width"], "height": heading["y"] if heading else height}
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, clip=clip)
    page.set_viewport_size(size)
    print(path)


if __name__ == "__main__":
    main()
