"""Files that leave the product: safe in a spreadsheet, unchanged in a machine."""

import csv
import io
import time
from datetime import date

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from clv.errors import CLVError
from clv.exports import XLSX_ROWS, file_name, to_csv, to_parquet, to_xlsx, unguarded

LIVE = [
    "=1+1", "+1+1", "-1+1", "@SUM(1+1)", "@handle", "=", "- 1", "\t=1+1", "\n=1+1", "\r=1",
    " =1+1", "\u00a0=1+1", "\ufeff=1+1", '"=1+1"', "'=1+1", "\u201c=1", "|=1+1", "%0A=1+1",
    "＝1+1", "＋1", "－1", "＠x", "\u200b=1", "+1-800-555-0199", "=cmd|' /C x'!A0",
]  # fmt: skip
HARMLESS = [
    "C-17", "007", "-1", "+5", "-2.5e3", "1,234.50", "-12,5", "50%", "-5%", "+49 170 1234567",
    "a=b", "Ödland", "", "a,b", 'say "x"', "two\nlines", "1.03E+19", "12345678901234567890",
]  # fmt: skip


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def cells(values: list[str], *, machine: bool = False) -> list[str]:
    frame = pd.DataFrame({"id": values, "other": "x"})
    return [row[0] for row in rows(to_csv(frame, machine=machine))[1:]]


def sheet(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("text", LIVE)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert cells([text]) == ["'" + text]


@pytest.mark.parametrize("text", HARMLESS)
def test_text_that_is_no_formula_is_left_alone(text: str) -> None:
    assert cells([text]) == [text]


def test_headers_are_disarmed_like_cells() -> None:
    frame = pd.DataFrame({"=HYPERLINK(1)": [1], "ok": [2]})
    assert rows(to_csv(frame))[0] == ["'=HYPERLINK(1)", "ok"]
    assert rows(to_csv(frame, machine=True))[0] == ["=HYPERLINK(1)", "ok"]


def test_the_machine_variant_is_raw_and_has_no_byte_order_mark() -> None:
    assert cells(LIVE + HARMLESS, machine=True) == LIVE + HARMLESS
    assert not to_csv(pd.DataFrame({"a": ["x"]}), machine=True).startswith(b"\xef\xbb\xbf")
    assert to_csv(pd.DataFrame({"a": ["x"]})).startswith(b"\xef\xbb\xbf")


def test_ids_come_back_the_same_from_our_own_csv() -> None:
    ids = LIVE + HARMLESS
    assert unguarded(pd.Series(cells(ids))).tolist() == ids


@given(st.lists(st.text(st.characters(exclude_characters="\x00", codec="utf-8")), min_size=1))
def test_any_text_comes_back_the_same(ids: list[str]) -> None:
    assert unguarded(pd.Series(cells(ids), dtype="str")).tolist() == ids


@given(st.sampled_from("=+-@\t\r\n|%"), st.text(" \u00a0\ufeff\"'"), st.text("ab1 =()", min_size=1))
def test_no_cell_starts_with_a_live_character(sign: str, before: str, after: str) -> None:
    (cell,) = cells([before + sign + after])
    assert cell.startswith("'") or cell.strip().lstrip("+-").replace(" ", "").isdigit()


def test_numbers_stay_numbers_and_dates_are_written_as_days() -> None:
    frame = pd.DataFrame(
        {
            "n": [-5, 7],
            "f": [0.1, -2.5e-7],
            "day": pd.to_datetime(["2011-12-09", None]),
            "at": pd.to_datetime(["2011-12-09 08:30", "2011-12-10 00:00"]),
            "yes": [True, False],
            "kind": pd.Categorical(["=x", None]),
        }
    )
    lines = to_csv(frame).decode("utf-8-sig").splitlines()
    assert lines[1] == '-5,0.1,2011-12-09,2011-12-09 08:30:00,true,"\'=x"'
    assert lines[2] == "7,-2.5e-7,,2011-12-10 00:00:00,false,"


def test_values_that_are_not_finite_are_left_empty() -> None:
    frame = pd.DataFrame({"a": [1.5, np.nan, np.inf, -np.inf], "b": 1})
    assert [row[0] for row in rows(to_csv(frame))[1:]] == ["1.5", "", "", ""]
    assert [row[0] for row in sheet(to_xlsx(frame))[1:]] == [1.5, "", "", ""]


def test_two_columns_of_one_name_and_no_rows_are_both_written() -> None:
    assert to_csv(pd.DataFrame([[1, 2]], columns=["a", "a"]), machine=True) == b'"a","a"\n1,2\n'
    assert rows(to_csv(pd.DataFrame({"a": pd.Series([], dtype="str"), "b": []}))) == [["a", "b"]]


def test_workbook_cells_carry_their_type() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["=1+1", "007"],
            "value": [12.5, None],
            "orders": [3, 4],
            "last_order": pd.to_datetime(["2011-12-09", None]),
            "yes": [True, False],
        }
    )
    assert sheet(to_xlsx(frame)) == [
        ["customer_id", "value", "orders", "last_order", "yes"],
        ["=1+1", 12.5, 3.0, date(2011, 12, 9), True],
        ["007", "", 4.0, "", False],
    ]


def test_a_workbook_refuses_more_rows_than_it_can_hold() -> None:
    with pytest.raises(CLVError, match="100,001 rows"):
        to_xlsx(pd.DataFrame({"a": np.zeros(XLSX_ROWS + 1)}))


def test_a_hundred_thousand_customers_take_less_than_a_second() -> None:
    n = 100_000
    frame = pd.DataFrame({"customer_id": np.arange(n).astype(str), "segment": "Champions"})
    frame = frame.assign(**{f"v{i}": np.random.default_rng(i).normal(size=n) for i in range(15)})
    start = time.perf_counter()
    to_csv(frame)
    assert time.perf_counter() - start < 1


def test_file_names_say_what_is_in_them() -> None:
    day = date(2011, 12, 9)
    assert file_name("Champions", day, 12, "csv") == "champions_2011-12-09_12-months.csv"
    assert file_name("Cannot lose", day, 1, ".xlsx") == "cannot-lose_2011-12-09_1-month.xlsx"
    assert file_name("Ledger", day, None, ".csv") == "ledger_2011-12-09.csv"
    assert file_name("All", day, 6, "csv", version="A1b2") == "all_2011-12-09_6-months_a1b2.csv"


@given(st.text(), st.text())
def test_file_names_are_safe_on_any_system(what: str, version: str) -> None:
    name = file_name(what, date(2011, 12, 9), 12, "csv", version=version)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert name[0].isalnum()
    assert name.count(".") == 1
    assert len(name) < 200


def mixed() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["=1+1", "007", 'Öl, "5"'],
            "value": [12.5, None, -3.25],
            "orders": [3, 4, 5],
            "last_order": pd.to_datetime(["2011-12-09", None, "2010-02-01"]),
            "segment": pd.Categorical(["Lost", "Champions", None]),
        }
    )


def test_parquet_comes_back_with_its_types_and_untouched_text() -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(to_parquet(mixed())))
    assert table.column_names == list(mixed())
    assert table["customer_id"].to_pylist() == ["=1+1", "007", 'Öl, "5"']
    assert table["value"].to_pylist() == [12.5, None, -3.25]
    assert table["last_order"].to_pylist() == [date(2011, 12, 9), None, date(2010, 2, 1)]
    assert table["segment"].to_pylist() == ["Lost", "Champions", None]
    assert str(table.schema.field("orders").type) == "int64"


def test_the_machine_variant_is_read_back_the_same_by_pandas() -> None:
    back = pd.read_csv(
        io.BytesIO(to_csv(mixed(), machine=True)),
        dtype={"customer_id": "str", "segment": "str"},
        parse_dates=["last_order"],
    )
    assert back["customer_id"].tolist() == mixed()["customer_id"].tolist()
    assert back["value"].fillna(0).tolist() == [12.5, 0, -3.25]
    assert back["last_order"].equals(mixed()["last_order"].astype(back["last_order"].dtype))


def test_a_formula_is_disarmed_for_spreadsheets_only() -> None:
    assert b"'=1+1" in to_csv(mixed())
    assert b"'" not in to_csv(mixed(), machine=True)
