"""What docs/walkthrough.md shows happens: its commands, its code, what that prints."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

import clv
from clv.__main__ import main
from clv.errors import NoShop
from clv.store.shop.database import create_shop
from clv.store.shop.plan import Plan
from clv.store.shop.source import orders, recipe
from clv.store.shop.synthetic import fill

PAGE = Path(__file__).resolve().parents[1] / "docs" / "walkthrough.md"
BLOCK = re.compile(r"```(sh|python|text)\n(.*?)```", re.DOTALL)


def walk(text: str) -> str:
    """The page with the blocks of text replaced by what the code before them prints."""
    names: dict[str, object] = {}
    printed = ""

    def step(found: re.Match[str]) -> str:
        nonlocal printed
        kind, body = found.groups()
        if kind == "text":
            return f"```text\n{printed}```"
        if kind == "sh":
            assert all(main([*shlex.split(line)[3:], "-q"]) == 0 for line in body.splitlines())
            return found.group()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(body, f"<{PAGE.name}>", "exec"), names)
        printed = "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
        return found.group()

    return BLOCK.sub(step, text)


def test_the_walk_through_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    assert walk(text) == text
    assert (tmp_path / "concentration.json").exists()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> clv.CLTVModel:
    path = tmp_path_factory.mktemp("shop") / "a shop.db"
    shop = create_shop(f"sqlite:///{path.with_name('a%20shop.db')}")
    fill(shop, Plan(customers=400, products=60, months=18))
    return clv.CLTVModel(path)


def test_every_step_is_that_of_the_library(model: clv.CLTVModel) -> None:
    raw = orders(create_shop(model._url))
    shop = recipe(raw).clean(raw)
    expected = clv.analyse(shop, clv.Settings(model="BG/NBD", horizon_months=6))
    fitted = model.fit("BG/NBD")
    assert list(fitted["parameter"]) == ["r", "alpha", "a", "b", "p", "q", "v"]
    found = model.predict(months=6)
    pd.testing.assert_frame_equal(found.sort_index(), expected.customers())
    assert found["predicted_clv"].is_monotonic_decreasing
    assert model.cltv() == expected.formula.clv
    assert model.profit_margin() == expected.margin
    pd.testing.assert_frame_equal(model.segments("tier"), expected.segments("tier"))
    checked = model.check().set_index("check")["rows"]
    assert checked["read"] == checked["used"] + checked["left out"] == raw.rows


def test_the_formula_holds_between_the_metrics(model: clv.CLTVModel) -> None:
    metrics = model.metrics()
    assert metrics["customer_value"] == pytest.approx(
        metrics["average_order_value"] * metrics["purchase_frequency"]
    )
    assert metrics["cltv"] == pytest.approx(
        metrics["customer_value"] * metrics["profit_margin"] / metrics["churn_rate"]
    )
    once = model.summary()["orders"].eq(1).mean()
    assert metrics["repeat_rate"] == pytest.approx(1 - once)


def test_every_plot_is_a_chart_with_data(model: clv.CLTVModel) -> None:
    for plot in (
        model.plot_purchases,
        model.plot_p_alive,
        model.plot_values,
        model.plot_concentration,
    ):
        chart = plot()
        assert isinstance(chart, alt.TopLevelMixin)
        assert max(map(len, chart.to_dict()["datasets"].values())) > 1


def test_what_a_single_order_cannot_tell_is_not_a_number(tmp_path: Path) -> None:
    from tests.store.shop.test_rows import fill as one_order

    shop = create_shop(f"sqlite:///{tmp_path}/shop.db")
    one_order(shop)
    with pytest.raises(clv.NotEnoughData):
        clv.CLTVModel(tmp_path / "shop.db").summary()


def test_a_shop_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NoShop, match="shop init"):
        clv.CLTVModel(tmp_path / "none.db").load()
