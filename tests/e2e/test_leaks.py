"""Visitors of one server: each sees what they brought, and nothing of anybody else."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from scripts.running_app import Server, go, upload, visit

VISITORS = 8
WORDS = re.compile(r"CANARY-\d+")


def orders(path: Path, visitor: int) -> Path:
    """A file whose customers name the visitor; otherwise the files are the same."""
    rows = (
        f"CANARY-{visitor}-{i % 40},N{i},2023-{i % 12 + 1:02}-{i % 28 + 1:02},{i}.50"
        for i in range(400)
    )
    path.write_text("customer,order,date,amount\n" + "\n".join(rows) + "\n")
    return path


def test_visitors_at_the_same_time_see_their_own_customers_only(
    server: Server, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    pages = [new_page() for _ in range(VISITORS)]
    for visitor, page in enumerate(pages):
        visit(page, f"{server.url}/")
        upload(page, orders(tmp_path / f"orders-{visitor}.csv", visitor))
    for name in ("Segments", "Customers"):
        for page in pages:  # one click after the other, so that all runs overlap
            page.get_by_role("link", name=name).first.click()
    for visitor, page in enumerate(pages):
        go(page, "Customers")
        with page.expect_download() as saved:
            page.get_by_role("button", name="CSV, 40 customers").click()
        found = set(WORDS.findall(Path(saved.value.path()).read_text(encoding="utf-8-sig")))
        found |= set(WORDS.findall(page.content()))
        assert found == {f"CANARY-{visitor}"}
    alone = new_page()
    visit(alone, f"{server.url}/customers?data=My+file")
    assert not WORDS.search(alone.content())
