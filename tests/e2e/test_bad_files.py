"""Files that cannot be analysed: a plain sentence, what to do, and an app that lives on."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import clv
from scripts.running_app import Server, alerts, figures, go, settle, upload, visit

pytestmark = pytest.mark.browser

HEADER = "customer,date,amount\n"
ROWS = range(600)


def photo() -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG")
    return out.getvalue()


BAD = {
    "an empty file": lambda: b"",
    "a photo": photo,
    "a header without rows": lambda: HEADER.encode(),
    "no date": lambda: (
        "customer,amount\n" + "".join(f"C{i % 40},{i}.50\n" for i in ROWS)
    ).encode(),
    "one customer": lambda: (
        HEADER + "".join(f"C1,2023-{i % 12 + 1:02}-{i % 28 + 1:02},{i + 1}.50\n" for i in ROWS)
    ).encode(),
}


def refusal(path: Path) -> clv.CLVError:
    """What the library says to a file."""
    try:
        raw = clv.read(path, name=path.name)
        clv.analyse(clv.clean(raw, clv.suggest_mapping(raw), clv.Rules()))
    except clv.CLVError as error:
        return error
    raise AssertionError("The library takes this file.")


@pytest.mark.parametrize("name", list(BAD))
def test_a_file_without_an_answer_is_refused_in_two_sentences_and_the_app_lives_on(
    server: Server, page: Page, tmp_path: Path, name: str
) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_bytes(BAD[name]())
    expected = refusal(path)
    log = server.folder / "server.log"
    start = log.stat().st_size
    visit(page, server.url)
    upload(page, path)
    if name == "one customer":  # its rows are fine, there is only nothing to compare
        go(page, "Overview")
    said = " ".join(" ".join(alerts(page).all_inner_texts()).split())
    assert expected.message in said
    assert expected.hint in said
    go(page, "Overview")  # says the same, or that there is nothing yet
    assert "Traceback" not in page.content()
    expect(page.get_by_test_id("stException")).to_have_count(0)

    go(page, "Your data")
    page.get_by_role("button", name="Synthetic shop").click()
    page.wait_for_url("**/?data=Synthetic+shop")
    settle(page)
    assert alerts(page).count() == 0
    go(page, "Overview")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("3,000")
    assert "Traceback" not in log.read_bytes()[start:].decode()


@pytest.mark.parametrize(
    ("answer", "window", "last"),
    [
        ("Day first", "01 Jan 2023 to 03 Dec 2023", "03 December 2023"),
        ("Month first", "01 Jan 2023 to 12 Mar 2023", "12 March 2023"),
    ],
)
def test_dates_with_two_readings_are_asked_about_and_answered_in_place(
    server: Server,
    new_page: Callable[..., Page],
    tmp_path: Path,
    answer: str,
    window: str,
    last: str,
) -> None:
    page = new_page(height=2000)  # a list closes again when the page has to scroll to it
    path = tmp_path / "ambiguous.csv"
    days = (f"{i % 3 + 1:02}/{i % 12 + 1:02}/2023" for i in range(0, 1200, 5))
    path.write_text(HEADER + "".join(f"C{i % 40},{d},{i + 1}.50\n" for i, d in enumerate(days)))
    expected = refusal(path)
    assert isinstance(expected, clv.AmbiguousFormat)
    visit(page, server.url)
    upload(page, path)
    expect(page.get_by_text("Two readings are possible.")).to_be_visible()
    expect(page.get_by_role("link", name="See what they are worth")).to_have_count(0)
    said = " ".join(" ".join(alerts(page).all_inner_texts()).split())
    assert expected.message in said
    assert expected.hint in said

    page.get_by_role("combobox", name="How dates are written").click()
    page.get_by_role("option", name=answer).click()
    expect(page.get_by_text(window)).to_be_visible()
    settle(page)
    assert alerts(page).count() == 0
    page.get_by_role("link", name="See what they are worth").click()
    expect(page.get_by_text(f"as of {last}")).to_be_visible()
    settle(page)
    assert figures(page)[0] == "40"
