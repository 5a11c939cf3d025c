"""The Trust page in a real browser: the verdict, the choice of model, the second opinion."""

import re

import pytest
from playwright.sync_api import Page, expect

import clv
from scripts.running_app import Server, go, settle, visit

pytestmark = pytest.mark.browser

SHOP = "Synthetic%20shop"


@pytest.fixture(scope="module")
def truth() -> clv.Analysis:
    raw = clv.demo("Synthetic shop")
    return clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))


def words(page: Page) -> str:
    """The text of the page, with plain spaces."""
    return " ".join(page.get_by_test_id("stMain").inner_text().split())


def test_the_verdict_stands_on_every_page_with_model_figures(
    server: Server, page: Page, truth: clv.Analysis
) -> None:
    visit(page, f"{server.url}/overview?data={SHOP}")
    verdict = " ".join(truth.verdict.split())
    for name in ("Overview", "Segments", "Customers", "Trust"):
        go(page, name)
        assert verdict in words(page), name


def test_the_model_can_be_overruled_and_the_address_holds_it(
    server: Server, page: Page, truth: clv.Analysis
) -> None:
    other = "NBD" if truth.model.purchases.model.name != "NBD" else "BG/NBD"
    visit(page, f"{server.url}/trust?data={SHOP}&model={other}")
    text = words(page)
    assert f"{other} is used: you chose it." in text
    assert f"The test speaks for {truth.scorecard.choice.name}." in text


def test_a_second_opinion_comes_from_another_program(
    server: Server, page: Page, truth: clv.Analysis
) -> None:
    visit(page, f"{server.url}/trust?data={SHOP}")
    page.get_by_role("button", name="Ask for a second opinion").click()
    settle(page)
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("An independent program, lifetimes", timeout=60_000)
    rows = main.locator("table").filter(has_text="lifetimes").last.locator("tbody tr")
    figures = [row.inner_text().split("\t") for row in rows.all()]
    assert [row[0] for row in figures] == ["This product", "lifetimes"]
    ours, theirs = (float(re.sub(r"[^\d.]", "", row[3])) for row in figures)
    assert ours == pytest.approx(theirs, rel=0.01)


def test_a_shop_too_young_to_be_tested_says_so(server: Server, page: Page, tmp_path) -> None:
    from scripts.running_app import upload

    path = tmp_path / "young.csv"
    lines = [f"c{i % 20},{i},2024-03-{1 + i % 28:02d},{10 + i % 7}.00" for i in range(80)]
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    visit(page, server.url)
    upload(page, path)
    go(page, "Trust")
    assert "Not tested on your own past." in words(page)
    assert "too few to hold out a month" in words(page)
