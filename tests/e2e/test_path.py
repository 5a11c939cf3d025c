"""From a file to a list: upload, map, clean, overview, segment, download, in a real browser.

What the browser shows and saves is held against the same steps taken through the library.
"""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from python_calamine import CalamineWorkbook

import clv
from clv.exports import unguarded
from clv.ui.people_downloads import USUAL
from scripts.running_app import (
    Server,
    alerts,
    figures,
    go,
    open_tab,
    serve,
    settle,
    upload,
    visit,
)
from tests.conftest import real_file

pytestmark = pytest.mark.browser

RETAIL = "online_retail/online_retail.csv.gz"
MARGIN = 35  # percent; the only setting that is touched
WHOLE = ("orders", "frequency", "recency", "T")
CENTS = ("revenue", "predicted_clv", "predicted_clv_low", "predicted_clv_high", "total_value")
WORDS = ("segment", "tier", "status", "rfm", "country")


@cache
def cleaned(path: Path) -> clv.Shop:
    raw = clv.read(path)
    return clv.clean(raw, clv.suggest_mapping(raw), clv.Rules())


def analysed(path: Path, margin: float) -> clv.Analysis:
    """The same file through the library, with nothing told to it but the margin."""
    return clv.analyse(cleaned(path), clv.Settings(margin=margin))


@pytest.fixture(scope="module")
def truth() -> clv.Analysis:
    return analysed(real_file(RETAIL), MARGIN / 100)


@pytest.fixture(scope="module")
def retail(server: Server, browser: Browser) -> Iterator[Page]:
    """One visitor who has uploaded Online Retail and set the margin, on any page."""
    path = real_file(RETAIL)
    page = open_tab(browser)
    visit(page, server.url)
    upload(page, path)
    slider = page.get_by_role("slider", name="Gross margin")
    for _ in range(40 - MARGIN):
        slider.press("ArrowLeft")
    page.wait_for_url(f"**/*margin={MARGIN}*")
    settle(page)
    yield page
    page.context.close()


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def saved(page: Page, button: Locator) -> bytes:
    """What a download button hands over."""
    with page.expect_download() as download:
        button.click()
    return Path(download.value.path()).read_bytes()


def table(data: bytes) -> pd.DataFrame:
    """A downloaded CSV, every cell as the text that it is."""
    return pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig")


def assert_same_customers(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Row by row: ids and words, whole numbers, and money to the cent."""
    assert len(found) == len(expected)
    assert set(found["customer_id"]) == set(expected["customer_id"])
    expected = expected.reset_index(drop=True)
    found = found.set_index("customer_id").loc[expected["customer_id"]].reset_index()
    for column in (name for name in WORDS if name in expected):
        assert found[column].tolist() == expected[column].tolist(), column
    for column in (name for name in WHOLE if name in expected):
        assert found[column].astype(int).tolist() == expected[column].tolist(), column
    for column in CENTS:
        off = (found[column].astype(float) - expected[column].astype(float)).abs()
        assert (off < 0.005).all(), f"{column}: {off.max()}"
    for column in ("first_order", "last_order"):
        days = pd.to_datetime(expected[column]).dt.strftime("%Y-%m-%d")
        assert found[column].tolist() == days.tolist(), column


def look(page: Page, name: str) -> None:
    """Open a tab of the page Segments, once what was clicked before is done."""
    settle(page)
    page.get_by_role("tab", name=name, exact=True).click()
    settle(page)


def list_button(page: Page, segment: str, kind: str) -> Locator:
    """The button for the list of one segment, as "csv" or "xlsx"."""
    key = f"list_segment_{segment}_{kind}".replace(" ", "-")
    return page.locator(f".st-key-{key}").get_by_role("button")


@pytest.mark.parametrize("name", [RETAIL, "cdnow/CDNOW_master.txt"])
def test_a_real_file_leads_to_its_value_without_a_correction(
    tmp_path: Path, page: Page, name: str, record_property: Callable[[str, object], None]
) -> None:
    path = real_file(name)
    with serve(tmp_path / "fresh") as server:  # nothing computed before
        visit(page, server.url)
        arrived = upload(page, path)
        assert alerts(page).count() == 0  # no question, no error
        page.get_by_role("link", name="See what they are worth").click()
        page.wait_for_url("**/overview?*")
        page.get_by_test_id("stVegaLiteChart").nth(2).locator("svg").wait_for()
        settle(page)
        seconds = round(time.monotonic() - arrived - 0.5, 2)  # without two pauses of `settle`
        query, shown = asked(page), figures(page)
    record_property(f"seconds from {path.name} to its Overview", seconds)
    print(f"\n{path.name}: {seconds} s from the end of the upload to the painted Overview")

    totals = analysed(path, 0.40).totals
    assert query == {"data": ["My file"]}
    assert totals.predicted_clv is not None
    money = (totals.revenue, totals.historic_value, totals.predicted_clv.value)
    assert shown[:4] == [f"{totals.customers:,}", *(f"{value:,.0f}" for value in money)]


def test_a_segment_list_holds_what_the_library_computes(retail: Page, truth: clv.Analysis) -> None:
    go(retail, "Segments")
    look(retail, "Lists")
    for name in ("Champions", "At risk"):
        found = table(saved(retail, list_button(retail, name, "csv")))
        customers = truth.customers()
        assert_same_customers(found, customers[customers["segment"] == name])
    assert asked(retail) == {"data": ["My file"], "margin": [str(MARGIN)], "look": ["Lists"]}
    look(retail, "Worth")


def test_the_list_of_all_customers_holds_what_the_library_computes(
    retail: Page, truth: clv.Analysis
) -> None:
    go(retail, "Customers")
    button = retail.get_by_role("button", name="CSV, 4,338 customers")
    found = table(saved(retail, button))
    assert list(found) == [name for name in USUAL if name in found]  # the columns offered first
    assert not set(truth.customers()) & set(USUAL) - set(found)
    assert_same_customers(found, truth.customers()[[c for c in truth.customers() if c in found]])
    assert (found["recommended_1"] != "").mean() > 0.9
    ranks = found["predicted_clv"].astype(float)
    assert ranks.is_monotonic_decreasing  # in the order of the screen


def test_the_workbook_opens_with_numbers_as_numbers(retail: Page, truth: clv.Analysis) -> None:
    go(retail, "Segments")
    look(retail, "Lists")
    data = saved(retail, list_button(retail, "Champions", "xlsx"))
    look(retail, "Worth")
    header, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    )
    customers = truth.customers()
    expected = customers[customers["segment"] == "Champions"].set_index("customer_id")
    assert len(rows) == len(expected)
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        customer = expected.loc[cells["customer_id"]]  # a text, as an id is
        assert isinstance(cells["orders"], float)
        assert cells["orders"] == customer["orders"]
        assert cells["predicted_clv"] == pytest.approx(customer["predicted_clv"], abs=0.0051)
        assert cells["revenue"] == pytest.approx(float(customer["revenue"]), abs=0.0051)
        assert f"{cells['last_order']:%Y-%m-%d}" == f"{customer['last_order']:%Y-%m-%d}"


def test_every_rejected_row_is_in_the_download(retail: Page, truth: clv.Analysis) -> None:
    go(retail, "Your data")
    button = retail.get_by_role("button", name="Rows left out, 135,527")
    rows = list(csv.DictReader(io.StringIO(saved(retail, button).decode("utf-8-sig"))))
    ledger = truth.shop.ledger
    assert len(rows) == ledger.rejected == 135_527
    counts = pd.Series([row["reason"] for row in rows]).value_counts().to_dict()
    assert counts == ledger.reasons
    numbers = {int(row["row_number"]) for row in rows}
    assert len(numbers) == len(rows)
    assert min(numbers) >= 2  # row 1 of the file is its header
    assert max(numbers) <= 541_909 + 1


def test_a_click_on_a_bar_filters_every_page_and_a_second_click_undoes_it(
    retail: Page, truth: clv.Analysis
) -> None:
    go(retail, "Segments")
    lost = int((truth.customers()["segment"] == "Lost").sum())
    chart = retail.get_by_test_id("stVegaLiteChart").first
    bar = chart.locator("[aria-roledescription=bar][aria-label*='name: Lost;']")
    bar.click()
    retail.wait_for_url("**/segments?*filter=Segment*Lost*")
    expect(retail.get_by_text(f"The filters keep {lost:,} of 4,338 customers")).to_be_visible()
    look(retail, "Lists")
    expect(list_button(retail, "Lost", "csv")).to_have_count(1)
    expect(list_button(retail, "Champions", "csv")).to_have_count(0)
    look(retail, "Worth")
    go(retail, "Customers")
    assert asked(retail)["filter"] == ["Segment: Lost"]
    expect(retail.get_by_role("button", name=f"CSV, {lost:,} customers")).to_be_visible()
    go(retail, "Segments")
    bar.click()
    retail.wait_for_url(lambda url: "filter=" not in url)
    expect(retail.get_by_text("All 4,338 customers.")).to_be_visible()
    settle(retail)
    assert asked(retail) == {"data": ["My file"], "margin": [str(MARGIN)]}


def test_a_click_on_a_cell_of_the_map_keeps_the_customers_counted_in_it(
    retail: Page, truth: clv.Analysis
) -> None:
    go(retail, "Segments")
    look(retail, "Spread")
    chart = retail.get_by_test_id("stVegaLiteChart").nth(2)
    cells = chart.locator("[aria-roledescription='rect mark']")
    cell, number = cells.first, cells.count()
    said = str(cell.get_attribute("aria-label"))
    counted = re.search(r"Customers: ([0-9,]+)", said)
    assert counted, said
    cell.click()
    retail.wait_for_url("**filter=Repeat+purchases*Days+since+last+order*")
    kept = retail.get_by_text(f"The filters keep {counted[1]} of {len(truth.frame):,} customers")
    expect(kept).to_be_visible()
    settle(retail)
    assert cells.count() == number > 10  # a chart ignores its own filter
    retail.get_by_role("button", name="Clear all").first.click()
    settle(retail)
    look(retail, "Worth")


def test_clicks_change_the_filter_and_the_chart_stays_as_it_stands(retail: Page) -> None:
    go(retail, "Segments")
    drawn = retail.get_by_test_id("stVegaLiteChart").first.locator("svg")
    drawn.evaluate("chart => chart.setAttribute('data-stood', '1')")

    def click(*names: str) -> None:
        for name in names:
            drawn.locator(f"[aria-roledescription=bar][aria-label*='name: {name};']").click()
            settle(retail)

    click("Lost", "Champions")
    assert asked(retail)["filter"] == ["Segment: Lost", "Segment: Champions"]
    click("Lost")
    assert asked(retail)["filter"] == ["Segment: Champions"]
    retail.get_by_role("button", name="Clear all").first.click()
    settle(retail)
    assert "filter" not in asked(retail)
    click("Champions")  # taken out of the chips: the next click puts it in again
    assert asked(retail)["filter"] == ["Segment: Champions"]
    pale = drawn.locator("[aria-roledescription=bar][aria-label*='name: Lost;']")
    assert float(str(pale.get_attribute("opacity"))) < 0.25
    expect(drawn).to_have_attribute("data-stood", "1")  # not drawn anew: only its data changed
    click("Champions")
    assert "filter" not in asked(retail)


LIVE = ("=HYPERLINK(A1)", "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=2+2", "＝1+1")


def test_a_second_click_in_haste_loses_no_filter(retail: Page) -> None:
    go(retail, "Segments")
    bars = retail.get_by_test_id("stVegaLiteChart").first
    for pause in (0, 20, 60, 120, 250):
        bars.locator("[aria-roledescription=bar][aria-label*='name: Lost;']").click()
        retail.wait_for_timeout(pause)
        retail.get_by_role("tab", name="Lists", exact=True).click()
        retail.wait_for_url(lambda url: "filter=Segment" in url and "look=Lists" in url)
        settle(retail)
        assert asked(retail)["filter"] == ["Segment: Lost"], pause
        expect(retail.get_by_test_id("stMultiSelect").first).to_contain_text("Segment: Lost")
        look(retail, "Worth")
        retail.get_by_role("button", name="Clear all").first.click()
        settle(retail)
        assert "filter" not in asked(retail), pause
    expect(retail.get_by_label("Number of the filter")).to_be_hidden()


def test_a_customer_id_that_is_a_formula_is_disarmed_in_the_download(
    server: Server, page: Page, tmp_path: Path
) -> None:
    names = [*LIVE, *(f"C{i}" for i in range(60))]
    orders = tmp_path / "formulas.csv"
    with orders.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("customer", "date", "amount"))
        for i in range(900):
            day = f"2023-{i % 12 + 1:02}-{i % 28 + 1:02}"
            writer.writerow((names[i * 7 % len(names)], day, f"{i % 50 + 1}.50"))
    visit(page, server.url)
    upload(page, orders)
    go(page, "Customers")
    found = table(saved(page, page.get_by_role("button", name="CSV, 67 customers")))
    ids = found["customer_id"]
    assert not [cell for cell in ids if cell.lstrip()[0] in "=@+-＝"]
    assert {f"'{name}".split()[0] for name in LIVE[:3]} <= set(ids)
    expected = analysed(orders, 0.40).customers()
    assert set(unguarded(ids)) == set(expected["customer_id"])
    book = saved(page, page.get_by_role("button", name="Excel"))
    _, *rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert {row[0] for row in rows} == set(expected["customer_id"])
