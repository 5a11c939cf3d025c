"""A big table is cleaned by a child process: the same shop, the same errors."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import clv
from clv import engine
from clv.errors import MixedCurrencies, UnreadableFile
from clv.intake import cleaning, sandbox

LINES = ["customer,order,day,amount,currency", *(
    f"C{i % 40},{i // 2},{i % 28 + 1:02}/03/2024,{i % 9}.50,EUR" for i in range(400)
), "C1,7,05/03/2024,-2.00,EUR", "C2,1,soon,2.00,EUR"]  # fmt: skip
MAPPING = clv.Mapping.from_json(
    """{"columns": {"customer_id": "customer", "order_id": "order", "ordered_at": "day",
        "amount": "amount", "currency": "currency"},
        "attributes": [], "date_order": "dmy", "decimal": "."}"""
)
RULES = clv.Rules(
    until=date(2024, 3, 20), currency="EUR", rates=(("USD", 1.0),), cap=8.0, without=("C3",)
)
CORRECTIONS = clv.Corrections(
    cells=(clv.CellFix(column="day", old="soon", new="06/03/2024"),), merges=(("C4", "C5"),)
)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> clv.RawTable:
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path / "data"))
    return read(tmp_path, LINES)


def read(folder: Path, lines: list[str]) -> clv.RawTable:
    path = folder / "orders.csv"
    path.write_text("\n".join(lines) + "\n")
    return clv.read(path)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every table counts as a big one; a list that grows with each child."""
    started: list[int] = []
    run = sandbox.run

    def counted(request, **options):
        started.append(1)
        return run(request, **options)

    monkeypatch.setattr(cleaning, "BIG", 0)
    monkeypatch.setattr(sandbox, "run", counted)
    return started


def test_a_child_makes_the_same_shop(raw, apart, tmp_path, monkeypatch):
    there = clv.clean(raw, MAPPING, RULES, CORRECTIONS)
    files = [pd.read_parquet(path) for path in there._files]
    assert len(apart) == 1
    monkeypatch.setattr(cleaning, "BIG", 1 << 30)
    for path in (*there._files, *engine.workspace().glob("shop-*")):
        path.unlink()
    here = clv.clean(raw, MAPPING, RULES, CORRECTIONS)
    assert here == there
    for path, frame in zip(here._files, files, strict=True):
        pd.testing.assert_frame_equal(pd.read_parquet(path), frame)


def test_many_rows_are_big_however_well_they_pack(tmp_path, apart, monkeypatch):
    raw = read(tmp_path, [LINES[0], *(["C1,1,05/03/2024,2.00,EUR"] * 5000)])
    assert raw.path.stat().st_size < 100_000
    monkeypatch.setattr(cleaning, "BIG", 400_000)
    clv.clean(raw, MAPPING)
    assert len(apart) == 2  # one reads, one cleans
    monkeypatch.setattr(cleaning, "BIG", 600_000)
    clv.clean(raw, MAPPING, RULES)
    assert len(apart) == 2


def test_what_was_cleaned_before_needs_no_child(raw, apart):
    first = clv.clean(raw, MAPPING, RULES, CORRECTIONS)
    again = clv.clean(replace(raw, name="the same"), MAPPING, RULES, CORRECTIONS)
    assert again == replace(first, name="the same")
    assert len(apart) == 1


def test_a_file_of_customers_is_cleaned_by_the_child_as_well(tmp_path, apart):
    raw = read(tmp_path, ["id,first,last,orders,spent", "a,2024-01-01,2024-02-01,2,9.00"])
    mapping = clv.CustomerMapping(
        customer_id="id",
        first_order="first",
        last_order=("last",),
        orders=("orders",),
        revenue=("spent",),
        date_order="ymd",
        decimal=".",
    )
    assert clv.clean(raw, mapping).customers == 1
    assert len(apart) == 2


def test_the_currencies_to_choose_from_come_back_with_the_error(tmp_path, apart):
    lines = [line.replace("EUR", "USD") if i % 3 else line for i, line in enumerate(LINES)]
    lines[0] = LINES[0]
    with pytest.raises(MixedCurrencies, match="2 currencies") as caught:
        clv.clean(read(tmp_path, lines), MAPPING)
    assert caught.value.currencies == ("USD", "EUR")


def test_a_table_that_is_gone_is_said_in_two_sentences(raw, apart):
    raw.path.write_bytes(b"PAR1 no more")
    with pytest.raises(UnreadableFile, match="rules could not be applied"):
        clv.clean(raw, MAPPING)


def test_a_table_survives_json(raw):
    combined = replace(raw, origins=(clv.intake.sources.Origin("a", 0, 2),), notes=("one",))
    assert clv.RawTable.from_dict(combined.to_dict()) == combined
