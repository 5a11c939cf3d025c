"""The shop from a shell: made, filled, loaded, analysed."""

import json
from pathlib import Path

import pandas as pd
import pytest

from clv.__main__ import main
from clv.store.shop import rows
from clv.store.shop.database import open_shop
from clv.store.shop.fields import TABLES


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


SYNTH = ("--customers", "400", "--products", "80", "--months", "18", "--seed", "4")


def test_a_shop_is_invented_and_analysed_without_a_word_about_columns(
    url: str, tmp_path: Path
) -> None:
    assert main(["shop", "synth", "--url", url, "-q", *SYNTH, "--purchase", "0.9", "35"]) == 0
    out = tmp_path / "results"
    assert main(["shop", "analyse", "--url", url, "-q", "--margin", "0.4", "--out", str(out)]) == 0
    customers = pd.read_csv(out / "customers.csv")
    truth = pd.read_parquet(tmp_path / "shop-truth.parquet")
    assert list(customers["customer_id"]) == list(truth["customer_id"])
    assert json.loads((tmp_path / "shop-truth.json").read_text())["plan"]["purchase"] == [0.9, 35.0]
    # The same orders as any database are the same customers.
    command = ["analyse", url, "--table", "orders", "-q", "--margin", "0.4", "--out"]
    assert main([*command, str(tmp_path / "again"), "--recipe", str(out / "recipe.json")]) == 0
    again = (tmp_path / "again" / "customers.csv").read_bytes()
    assert again == (out / "customers.csv").read_bytes()


def test_a_shop_is_made_once_and_loaded_table_by_table(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shop", "init", "--url", url]) == 0
    assert main(["shop", "init", "--url", url]) == 0
    path = tmp_path / "c.csv"
    path.write_text("customer_id,country\nC1,France\nC2,Spain\n")
    assert main(["shop", "load", "customers", str(path), "--url", url]) == 0
    assert rows.count(open_shop(url), "customers") == 2
    assert main(["shop", "load", "customers", str(path), "--url", url]) == 1
    said = capsys.readouterr().err
    assert "2 rows are in the table customers" in said
    assert "Row         2: customer_id 'C1' is there already." in said
    assert "Error: 2 rows of the file cannot go into the table customers" in said


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["analyse"], "There is no shop database yet."),
        (["load", "customers", "x.csv"], "There is no shop database yet."),
        (["synth", "--months", "0"], "months must lie between 1 and 240"),
        (["synth", "--spend", "1", "2", "-3"], "must be 3 positive numbers"),
    ],
)
def test_what_cannot_be_done_is_said_in_two_sentences(
    url: str, command: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shop", *command, "--url", url]) == 1
    shown = capsys.readouterr().err
    assert said in shown
    assert "Hint:" in shown
    assert "Traceback" not in shown


def test_an_empty_shop_says_how_to_fill_it(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["shop", "init", "--url", url])
    assert main(["shop", "analyse", "--url", url]) == 1
    assert "no order lines yet" in capsys.readouterr().err
    assert all(rows.count(open_shop(url), table) == 0 for table in TABLES)


@pytest.mark.parametrize(
    "url", ["mysql://admin:hunter2@db/shop", "postgresql://admin:hunter2@127.0.0.1:1/shop", "shop"]
)
def test_an_address_that_does_not_work_shows_no_credentials(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shop", "init", "--url", url]) == 1
    shown = capsys.readouterr().err
    assert "hunter2" not in shown
    assert "Hint:" in shown


def test_the_address_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLV_STORE_DIR", str(tmp_path / "store"))
    assert main(["shop", "init", "-q"]) == 0
    assert (tmp_path / "store" / "shop.db").is_file()
    assert (tmp_path / "store" / "shop.db").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("CLV_SHOP_URL", f"sqlite:///{tmp_path}/other%20shop.db")
    assert main(["shop", "init", "-q"]) == 0
    assert (tmp_path / "other shop.db").is_file()
