"""The report to send: complete, self-contained, and deaf to HTML in names."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import clv
from clv.analysis import Analysis
from clv.charts.pictures import svg
from clv.charts.segments import segment_bars
from clv.html_report import Picture, html_report
from clv.ui.report import pictures

HOSTILE = '<script>alert("x")</script><img src=http://evil.example>&amp;'
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


class Reader(HTMLParser):
    """Tags opened, in order, and whether they are all closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        if tag not in ("meta",):
            self.open.append(tag)
        for name, value in attrs:
            assert name not in ("href", "src", "onclick", "onload"), (tag, name, value)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def shop(folder: Path, name: str, country: str, customers: int = 60) -> Analysis:
    path = folder / "orders.csv"
    rows = ["customer,order,date,amount,country"]
    for i in range(5 * customers):
        who = i % customers
        where = country if who % 2 else "Spain"
        rows.append(
            f'c{who},{i},2024-{1 + (i * 7) % 12:02d}-{1 + i % 27:02d},{9 + i % 40}.50,"{where}"'
        )
    path.write_text("\n".join(rows) + "\n")
    raw = clv.read(path, name=name)
    return clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))


@pytest.fixture
def hostile(tmp_path: Path) -> Analysis:
    return shop(tmp_path, f"{HOSTILE}.csv", HOSTILE.replace('"', "'"))


def written(found: Analysis, conditions=(), by=("Segment", "segment"), kept=None) -> str:
    kept = np.ones(len(found.frame), dtype=bool) if kept is None else kept
    return html_report(found, kept, conditions, by, pictures(found, kept, by))


def test_names_of_the_file_are_text_and_never_html(hostile: Analysis) -> None:
    text = written(hostile, (f"Country: {HOSTILE}",), ("Country", "country"))
    assert "<script" not in text.lower()
    assert "<img" not in text.lower()
    assert text.count("&lt;script&gt;") >= 4  # title, subtitle, filter, table (and the chart)
    assert "&amp;amp;" in text


def test_the_report_is_well_formed_and_fetches_nothing(hostile: Analysis) -> None:
    text = written(hostile, (), ("Country", "country"))
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert not set(reader.tags) & {"script", "link", "iframe", "object", "img", "a", "image"}
    calm = text.replace("http://evil.example", "")  # the name itself, as text
    assert set(re.findall(r"https?://[^\"'\s<>&]*", calm)) <= NAMESPACES
    assert "url(http" not in calm
    assert "@import" not in calm


def test_the_figures_are_those_of_the_customers_kept(tmp_path: Path) -> None:
    found = shop(tmp_path, "orders.csv", "France")
    kept = (found.frame["country"] == "France").to_numpy()
    text = written(found, ("Country: France",), kept=kept)
    total = found.valuation.total(kept)
    rows = dict(re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td>", text))
    assert rows["Customers"] == f"{kept.sum():,}"
    assert rows["Net revenue so far"] == f"{found.frame.loc[kept, 'revenue'].sum():,.0f}"
    assert float(rows["Predicted CLV, 12 months"].replace(",", "")) == pytest.approx(
        total.value, rel=1e-3
    )
    assert "Filter: Country: France. It keeps 30 of 60 customers" in text
    assert "80\xa0% interval" in text
    assert "orders.csv" in text
    assert found.verdict.split(".")[0][:20] in text.replace("&#x27;", "'")


def test_every_group_of_the_table_and_every_figure_is_explained(tmp_path: Path) -> None:
    found = shop(tmp_path, "orders.csv", "France")
    text = written(found)
    for name in found.segments()["name"]:
        assert f"<td>{name}</td>" in text
    for term in ("Historic value", "P(alive)", "Formula CLV", "Predicted CLV, 12 months"):
        assert f"<dt>{term}</dt>" in text
    assert text.count("<svg") == 5


def test_without_a_model_the_report_shows_revenue_and_no_empty_figure(tmp_path: Path) -> None:
    found = shop(tmp_path, "orders.csv", "France")
    nothing = {"predicted_clv": np.nan, "p_alive": np.nan}
    bare = replace(found, valuation=None, frame=found.frame.assign(**nothing))
    text = written(bare)
    assert "Net revenue so far" in text
    assert "Predicted CLV per customer" not in text
    assert re.search(r">nan<|>–<", text) is None
    assert text.count("<svg") == 1


def test_a_chart_is_a_picture_without_scripts(tmp_path: Path) -> None:
    table = shop(tmp_path, "orders.csv", "France").segments()
    table.loc[0, "name"] = HOSTILE
    picture = svg(segment_bars(table, "predicted_clv", title=HOSTILE))
    assert picture.startswith("<svg")
    assert "<script" not in picture
    assert "&lt;script&gt;" in picture
    assert 'fill="#1d2733"' in picture  # ink on white


def test_the_report_on_a_real_shop_is_small(real) -> None:
    raw = clv.read(real("online_retail/online_retail.csv.gz"))
    found = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))
    assert len(written(found).encode()) < 1_000_000


def test_a_picture_stands_with_its_words(tmp_path: Path) -> None:
    found = shop(tmp_path, "orders.csv", "France", 30)
    kept = np.ones(len(found.frame), dtype=bool)
    text = html_report(found, kept, pictures=[Picture("<svg></svg>", "a < b")])
    assert '<svg></svg><p class="small">a &lt; b</p>' in text
