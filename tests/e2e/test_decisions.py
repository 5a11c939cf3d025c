"""What is decided about a file, in a real browser: recipes, several files, fixes, currencies."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from scripts.running_app import FILES_IN_USE, Server, alerts, file_input, settle, upload, visit

pytestmark = pytest.mark.browser

HEADER = "customer,order,date,amount"
ROWS = 300


def lines(month: int, first_order: int = 0) -> list[str]:
    """Orders of one month, one line each."""
    return [
        f"C{i % 60},{first_order + i},2024-{month:02}-{i % 28 + 1:02},{i % 40 + 5}.50"
        for i in range(ROWS)
    ]


def write(folder: Path, name: str, rows: Iterable[str], header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def expander(page: Page, title: str) -> Locator:
    return page.get_by_test_id("stExpander").filter(has_text=title)


def copies(page: Page) -> Locator:
    return page.get_by_test_id("stCheckbox").filter(has_text="Leave out exact duplicates")


def test_the_next_month_is_read_with_the_recipe_of_this_one(
    server: Server, page: Page, tmp_path: Path
) -> None:
    visit(page, server.url)
    upload(page, write(tmp_path, "january.csv", lines(1)))
    expect(page.get_by_text("Read with the recipe of")).to_have_count(0)
    copies(page).locator("label").click()  # a decision to keep
    expect(copies(page).locator("input")).not_to_be_checked()
    settle(page)
    page.locator(FILES_IN_USE).get_by_role("button").click()
    expect(page.locator(FILES_IN_USE)).to_have_count(0)
    settle(page)
    upload(page, write(tmp_path, "february.csv", lines(2, ROWS)))
    banner = alerts(page).filter(has_text="Read with the recipe of january.csv")
    expect(banner).to_contain_text("Columns and formats are the same.")
    expect(copies(page).locator("input")).not_to_be_checked()
    page.get_by_role("button", name="Start afresh").click()
    expect(banner).to_have_count(0)
    settle(page)
    expect(copies(page).locator("input")).to_be_checked()


def test_two_months_that_are_loaded_together_are_one_table(
    server: Server, page: Page, tmp_path: Path
) -> None:
    months = [
        write(tmp_path, "march.csv", lines(3)),
        write(tmp_path, "april.csv", lines(4, ROWS)),
    ]
    visit(page, server.url)
    file_input(page).set_input_files(months)
    expect(page.locator(FILES_IN_USE)).to_have_count(2)
    expect(page.get_by_text("their rows are put below each other").first).to_be_visible()
    expect(page.get_by_text("600 rows → 600 lines → 600 orders → 60 customers")).to_be_visible()
    settle(page)
    assert page.get_by_test_id("stException").count() == 0


def write_instead(page: Page, fixes: Locator, text: str) -> None:
    """Type into the first row of the last column of the table."""
    settle(page)
    editor = fixes.get_by_test_id("stDataFrame")
    field = page.locator("#portal textarea")
    for _ in range(10):  # a table that was just drawn anew may not listen yet
        editor.scroll_into_view_if_needed()
        box = editor.bounding_box()
        assert box
        editor.click(position={"x": box["width"] - 30, "y": 52})  # below the header
        page.wait_for_timeout(400)
        page.keyboard.press("Enter")
        with suppress(TimeoutError):
            field.wait_for(timeout=3000)
            break
    field.fill(text)
    page.keyboard.press("Enter")


def test_a_fix_that_is_typed_in_saves_its_rows(server: Server, page: Page, tmp_path: Path) -> None:
    rows = lines(5)
    rows[10:13] = [line.replace(line.split(",")[2], "mid of May") for line in rows[10:13]]
    visit(page, server.url)
    upload(page, write(tmp_path, "may.csv", rows))
    expect(page.get_by_text("300 rows → 297 lines")).to_be_visible()
    fixes = expander(page, "Fix cells in place: 3 rows cannot be read")
    fixes.get_by_text("Fix cells in place").click()
    write_instead(page, fixes, "end of May")
    expect(fixes.get_by_text("end of May cannot be read in date either")).to_be_visible()
    write_instead(page, fixes, "2024-05-15")  # in place of the first try
    expect(page.get_by_text("300 rows → 300 lines")).to_be_visible()
    expect(expander(page, "Fix cells in place: 0 rows cannot be read")).to_be_visible()


def test_several_currencies_are_asked_about_and_the_answer_counts(
    server: Server, page: Page, tmp_path: Path
) -> None:
    rows = [f"{line},{'USD' if i % 3 else 'EUR'}" for i, line in enumerate(lines(6))]
    visit(page, server.url)
    upload(page, write(tmp_path, "june.csv", rows, f"{HEADER},currency"))
    expect(alerts(page).filter(has_text="USD (200 rows), EUR (100 rows)")).to_be_visible()
    expect(page.get_by_role("link", name="See what they are worth")).to_have_count(0)
    page.get_by_test_id("stMain").get_by_role("radio", name="EUR").click()
    expect(page.get_by_text("300 rows → 100 lines")).to_be_visible()
    expect(expander(page, "Amounts in EUR")).to_be_visible()
    settle(page)
    expect(page.get_by_role("link", name="See what they are worth")).to_be_visible()
