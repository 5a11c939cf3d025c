"""The steps of the Data page between a file and its clean rows: what is asked, fixed and kept."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from clv.intake.corrections import CellFix, Corrections
from clv.intake.mapping import Mapping
from clv.intake.recipe import Recipe
from clv.intake.sources import read
from clv.intake.suggest import suggest_mapping
from clv.settings import Rules
from clv.ui import currency_step
from clv.ui.decisions import remember
from clv.ui.uploads import Upload
from tests.ui.test_pages import open_page

AMERICAN = "{m:02d}/{d}/2024"
HEADER = "customer,order,date,amount,currency"


def lines(month: int = 1, count: int = 40, day: str = "2024-{m:02d}-{d}") -> list[str]:
    return [
        f"c{i % 9},{month}{i:03d},{day.format(m=month, d=13 + i % 15)},{10 + i}.50,EUR"
        for i in range(count)
    ]


def orders(path: Path, *more: str, **how) -> Path:
    path.write_text("\n".join([HEADER, *lines(**how), *more]) + "\n")
    return path


def words(app: AppTest) -> str:
    shown = (*app.markdown, *app.caption, *app.info, *app.warning, *app.error)
    return "\n".join(str(element.value) for element in shown)


def press(app: AppTest, start: str) -> AppTest:
    button = next(b for b in app.button if b.label.startswith(start))
    button.click().run()
    assert not app.exception
    return app


@pytest.fixture(autouse=True)
def own_recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLV_RECIPE_DIR", str(tmp_path / "recipes"))
    return tmp_path / "recipes"


def test_the_way_from_rows_to_customers_is_shown_before_anything_is_computed(tmp_path) -> None:
    path = orders(tmp_path / "o.csv", ",9001,2024-01-20,100.00,EUR")
    shown = words(open_page("data", "My file", path)).replace("\\", "")
    assert "41 rows → 40 lines → 40 orders → 9 customers" in shown
    assert "2.4\N{NO-BREAK SPACE}% of rows: no customer, worth" in shown


def test_dates_of_another_kind_are_read_at_the_press_of_a_button(tmp_path) -> None:
    strange = [f"c{i},{900 + i},{20 + i}/01/2024,5.00,EUR" for i in range(3)]
    path = orders(tmp_path / "o.csv", *strange, count=97, day=AMERICAN)
    app = open_page("data", "My file", path)
    press(app, "Read all 3 dates as day first")
    shown = words(app).replace("\\", "")
    assert "100 rows → 100 lines" in shown
    assert "3 rows: **read in the second way**" in shown
    press(app, "Take it back")
    assert "100 rows → 97 lines" in words(app).replace("\\", "")


def test_a_fix_that_does_not_help_is_said_and_its_rows_stay_left_out(tmp_path, own_recipes) -> None:
    path = orders(tmp_path / "o.csv", "c1,901,soon,7.00,EUR", ",902,2024-01-20,8.00,EUR")
    raw = read(path)
    fixes = Corrections(cells=(CellFix(column="date", old="soon", new="later"),))
    remember(Recipe.of(raw, suggest_mapping(raw), Rules(), fixes))
    app = open_page("data", "My file", path)
    shown = words(app).replace("\\", "")
    assert "**later** cannot be read in date either" in shown
    assert "1 row: **cell fixed**." in shown
    assert "1 of them still cannot be read, and stay left out." in shown
    unreadable, blank = (
        frame.value for frame in app.dataframe if "Write instead" in frame.value.columns
    )
    assert unreadable[["value", "Write instead"]].values.tolist() == [["soon", "later"]]
    assert blank.iloc[0].tolist() == [
        43, "customer", "", "2024-01-20", "902", "", "8.00",
    ]  # fmt: skip


def test_several_currencies_are_asked_for_and_rates_wait_beside_the_choice(tmp_path) -> None:
    path = orders(tmp_path / "o.csv", "c1,901,2024-01-20,7.00,USD", "c2,902,2024-01-20,7.00,USD")
    app = open_page("data", "My file", path)
    assert "in 2 currencies" in words(app)
    box = next(p for p in app.pills if p.label == "Currency to look at")
    box.set_value("EUR").run()
    assert not app.exception
    assert "42 rows → 40 lines" in words(app).replace("\\", "")
    press(app, "Choose the currency again")
    assert "in 2 currencies" in words(app)


def test_an_overview_of_several_currencies_is_refused_in_words(tmp_path) -> None:
    path = orders(tmp_path / "o.csv", "c1,901,2024-01-20,7.00,USD")
    app = open_page("overview", "My file", path)
    assert "cannot be added up" in app.error[0].value


def test_the_same_person_is_merged_only_when_accepted(tmp_path) -> None:
    header = "customer,order,date,amount,name,email"
    names = ("Anna Berg", "Ben Koch", "Cid Rossi", "Dora Klein", "Eva Lang", "Finn Maier")
    rows = [
        f"c{i},{i},2024-01-{13 + i},5.00,{name},{name.split()[0].lower()}@x.com"
        for i, name in enumerate(names)
    ]
    twice = ("d1,90,2024-01-20,7.00,Ben Koch,BEN@X.com", "d2,91,2024-01-21,7,cid rossi,cid@x.com")
    path = tmp_path / "o.csv"
    path.write_text("\n".join([header, *rows, *twice]) + "\n")
    app = open_page("data", "My file", path)
    assert "→ 8 customers" in words(app)
    press(app, "Look for them")
    assert "→ 8 customers" in words(app)
    press(app, "Merge the 2 marked")
    assert "→ 6 customers" in words(app)
    press(app, "Undo all of it")
    assert "→ 8 customers" in words(app)


def test_a_remembered_recipe_is_used_by_itself_and_says_what_differs(tmp_path, own_recipes) -> None:
    strange = [f"c{i},{900 + i},{20 + i}/01/2024,5.00,EUR" for i in range(3)]
    path = orders(tmp_path / "may.csv", *strange, count=97, day=AMERICAN)
    app = open_page("data", "My file", path)
    press(app, "Read all 3 dates as day first")
    press(app, "Remember it for the next file")
    (kept,) = own_recipes.glob("*.json")
    assert Recipe.load(kept).corrections.date_order == "dmy"
    odd = "c1,903,28/02/2024,5.00,EUR"
    path = orders(tmp_path / "june.csv", odd, month=2, day=AMERICAN)
    later = open_page("data", "My file", path)
    shown = words(later).replace("\\", "")
    assert "Read with the recipe of **may.csv**" in shown
    assert "41 rows → 41 lines" in shown
    press(later, "Start afresh")
    assert "41 rows → 40 lines" in words(later).replace("\\", "")


def test_a_remembered_recipe_can_be_forgotten(tmp_path, own_recipes) -> None:
    other = Recipe.of(
        read(orders(tmp_path / "x.csv")),
        Mapping(columns=(), date_order="ymd", decimal="."),
        Rules(),
        Corrections(),
    )
    remember(replace(other, header=("of", "another", "file")))
    app = open_page("data", "My file", orders(tmp_path / "may.csv"))
    assert "Remembered for files" not in words(app)
    press(app, "Remember it for the next file")
    assert "the recipe of **may.csv**, kept on" in words(app).replace("\\", "")
    assert len(list(own_recipes.glob("*.json"))) == 2
    press(app, "Forget it")
    assert "Remembered for files" not in words(app)
    assert len(list(own_recipes.glob("*.json"))) == 1  # that of the other file
    later = open_page("data", "My file", orders(tmp_path / "june.csv", month=2))
    assert "Read with the recipe" not in words(later)


def test_a_recipe_that_the_data_contradict_is_offered_and_not_taken(tmp_path, own_recipes) -> None:
    app = open_page("data", "My file", orders(tmp_path / "may.csv"))
    press(app, "Remember it for the next file")
    path = tmp_path / "june.csv"
    rows = [f"c{i % 9};{i};2024-02-{13 + i % 15};{10 + i},50;EUR" for i in range(40)]
    path.write_text("\n".join([HEADER.replace(",", ";"), *rows]) + "\n")
    later = open_page("data", "My file", path)
    assert "its recipe does not fit" in words(later)
    assert "40 rows → 40 lines" in words(later).replace("\\", "")


def test_nothing_is_remembered_where_the_page_is_served_to_others(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("CLV_RECIPE_DIR")
    monkeypatch.setattr("clv.ui.decisions._ALONE", ())
    app = open_page("data", "My file", orders(tmp_path / "o.csv"))
    assert not [b for b in app.button if b.label.startswith("Remember")]


def test_known_exports_are_named_with_their_habits(real) -> None:
    path = real("layouts/shopify_orders_continuation_rows.csv")
    app = open_page("data", "My file", path)
    assert "Recognised: **Shopify" in words(app)
    assert any(s.label == "What an amount is" and s.value == "order" for s in app.selectbox)


def test_a_rate_is_that_of_the_currency_beside_it_however_often_it_is_edited(monkeypatch) -> None:
    rates: dict[str, float] = {}
    state: dict[str, dict] = {}
    monkeypatch.setattr(currency_step.st, "session_state", state)
    monkeypatch.setattr(
        currency_step.decisions, "change_rules", lambda raw, **kept: rates.update(kept["rates"])
    )
    for code, rate in (("USD", 0.9), ("GBP", 1.1), ("USD", 0.95), ("CHF", 1.0), ("USD", 0.96)):
        waiting = [each for each in ("USD", "CHF", "GBP") if each not in rates]
        table = currency_step.rates_table(rates, waiting)
        assert table["currency"].tolist() == ["CHF", "GBP", "USD"]
        place = table["currency"].tolist().index(code)
        state["key"] = {"edited_rows": {place: {"rate": rate}}}
        currency_step._set_rates(None, table, "key")
        assert rates[code] == rate
    assert rates == {"USD": 0.96, "GBP": 1.1, "CHF": 1.0}


def test_how_one_file_is_read_is_not_how_the_next_is(tmp_path) -> None:
    first, second = (orders(tmp_path / f"{name}.csv", month=m) for name, m in (("a", 1), ("b", 2)))
    app = open_page("data", "My file", first)
    box = next(b for b in app.selectbox if b.label == "First row")
    box.set_value(False).run()
    assert next(b for b in app.selectbox if b.label == "First row").value is False
    app.session_state["uploads"] = (Upload(second, "b.csv", second.stat().st_size),)
    app.run()
    assert next(b for b in app.selectbox if b.label == "First row").value is None


def test_statuses_are_shown_with_how_they_are_read_and_can_be_left_out(tmp_path) -> None:
    states = ("paid", "Pendente", "cancelled")
    rows = [f"{line},{states[i % 3]}" for i, line in enumerate(lines())]
    path = tmp_path / "o.csv"
    path.write_text("\n".join([f"{HEADER},order status", *rows]) + "\n")
    app = open_page("data", "My file", path)
    shown = words(app)
    assert "**Count as sales**: paid (14 rows), Pendente (13 rows)" in shown
    assert "**Left out**: cancelled (13 rows)" in shown
    assert "40 rows → 27 lines" in shown.replace("\\", "")
    box = next(b for b in app.multiselect if b.label == "Statuses that are no sales")
    box.set_value(["Pendente"]).run()
    assert not app.exception
    shown = words(app)
    assert "**Count as sales**: paid (14 rows)" in shown
    assert "40 rows → 14 lines" in shown.replace("\\", "")


def test_kinds_that_may_be_refunds_are_said_and_chosen(tmp_path) -> None:
    rows = [f"{line},{'Return' if i % 9 == 8 else 'paid'}" for i, line in enumerate(lines())]
    path = tmp_path / "o.csv"
    path.write_text("\n".join([f"{HEADER},order status", *rows]) + "\n")
    app = open_page("data", "My file", path)
    assert "4 rows of the kind 'Return' in 'order status' have an amount without a" in words(app)
    box = next(b for b in app.multiselect if b.label == "Rows that take money back")
    assert box.value == []
    box.set_value(["order status: Return"]).run()
    assert not app.exception
    assert "4 rows: **refund by its kind**" in words(app)
    assert "of the kind 'Return'" not in words(app)


def test_dates_written_in_two_ways_are_said_beside_the_columns(tmp_path) -> None:
    strange = [f"c{i},{900 + i},{20 + i}/01/2024,5.00,EUR" for i in range(3)]
    path = orders(tmp_path / "o.csv", *strange, count=97, day=AMERICAN)
    app = open_page("data", "My file", path)
    assert "Dates in date are written in more than one way: 3 rows cannot be read" in words(app)


def test_a_file_without_a_full_month_says_so_in_place_of_an_empty_chart(tmp_path) -> None:
    app = open_page("data", "My file", orders(tmp_path / "o.csv"))
    assert "no month from its first day to its last" in words(app)
    assert not app.get("vega_lite_chart")
