import contextlib
import io
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from clv.__main__ import main


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A file of 60 customers with a refund, a free line and a row without a customer."""
    rows = ["Order,Date,Customer,Product,Quantity,Price"]
    number = 1000
    for i in range(60):
        for k in range(1 + i % 5):
            number += 1
            rows.append(f"{number},{2023 + k // 3}-{1 + (i + 2 * k) % 12:02d}-{1 + i % 28:02d},"
                        f"c{i:03d},p{i % 7},{1 + k},{4 + i % 9}.50")  # fmt: skip
    rows += ["2001,2023-06-01,,p1,1,5.00", "2002,2023-06-01,c001,p1,1,0.00"]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_analyse_writes_its_files(orders, tmp_path, capsys):
    out = tmp_path / "results"
    assert main(["analyse", str(orders), "--margin", "0.3", "--out", str(out), "-q"]) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "changes.csv",
        "customers.csv",
        "ledger.csv",
        "recipe.json",
        "report.json",
        "segments.csv",
    ]
    report = json.loads((out / "report.json").read_text())
    assert report["rows"]["read"] == report["rows"]["used"] + report["rows"]["rejected"]
    assert report["rows"]["reasons"] == {"no customer": 1, "free line": 1}
    assert report["formula"]["margin"] == 0.3
    customers = pd.read_csv(out / "customers.csv", dtype={"customer_id": str})
    assert len(customers) == report["totals"]["customers"] == 60
    assert len(pd.read_csv(out / "ledger.csv")) == report["rows"]["rejected"]
    assert pd.read_csv(out / "segments.csv")["customers"].sum() == 60
    captured = capsys.readouterr()
    assert captured.err == ""


def test_long_work_says_where_it_is(orders, tmp_path, capsys):
    main(["analyse", str(orders), "--out", str(tmp_path / "r")])
    said = capsys.readouterr().err
    for word in ("Reading", "Cleaning", "Fitting", "Written"):
        assert word in said


def test_a_printed_mapping_can_be_corrected_and_used(orders, tmp_path, capsys):
    assert main(["mapping", str(orders), "-q"]) == 0
    printed = capsys.readouterr().out
    chosen = tmp_path / "mapping.json"
    chosen.write_text(printed.replace('"c000"', '"c000"'))
    assert json.loads(printed)["columns"]["customer_id"] == "Customer"
    out = tmp_path / "out"
    assert main(["analyse", str(orders), "--mapping", str(chosen), "--out", str(out), "-q"]) == 0
    assert (out / "report.json").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("photo.csv", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 40),
        ("header.csv", b"customer,date,amount\n"),
        ("nodate.csv", b"customer,amount\n" + b"".join(b"c%d,%d.50\n" % (i, i) for i in range(30))),
        ("one.csv", b"customer,date,amount\nanna,2024-01-05,5.00\nanna,2024-02-25,5.00\n"),
    ],
)  # fmt: skip
def test_bad_files_get_two_strings_and_no_traceback(tmp_path, capsys, name, content):
    (tmp_path / name).write_bytes(content)
    assert main(["analyse", str(tmp_path / name), "--out", str(tmp_path / "out"), "-q"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in said] == ["Error", "Hint"]
    assert not (tmp_path / "out" / "report.json").exists()


def test_a_file_of_one_customer_is_told_so(tmp_path, capsys):
    path = tmp_path / "one.csv"
    rows = [f"anna,{i},2024-01-{1 + i % 28:02d},{i}.50" for i in range(1, 31)]
    path.write_text("customer,order,date,amount\n" + "\n".join(rows) + "\n")
    assert main(["analyse", str(path), "--out", str(tmp_path / "out"), "-q"]) == 1
    assert "1 customer" in capsys.readouterr().err


def test_a_missing_file_is_said_plainly(tmp_path, capsys):
    assert main(["analyse", str(tmp_path / "nothing.csv")]) == 1
    assert "nothing.csv" in capsys.readouterr().err


def test_impossible_settings_are_refused(orders, tmp_path, capsys):
    assert main(["analyse", str(orders), "--margin", "40", "--out", str(tmp_path), "-q"]) == 1
    assert "0.4 is 40 %" in capsys.readouterr().err


def test_the_module_runs_from_a_shell(orders):
    run = subprocess.run(
        [sys.executable, "-m", "clv", "mapping", str(orders), "-q"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[1],
    )
    assert json.loads(run.stdout)["columns"]["ordered_at"] == "Date"


def test_check_shows_what_cleaning_does_and_computes_nothing(orders, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["check", str(orders)]) == 0
    said = capsys.readouterr().err
    assert "182 rows → 180 lines → 180 orders → 60 customers" in said
    assert "left out: no customer" in said
    assert not (tmp_path / "results").exists()


def test_a_recipe_of_one_file_replays_on_the_next(orders, tmp_path, capsys):
    assert main(["analyse", str(orders), "--out", str(tmp_path / "may"), "-q"]) == 0
    recipe = tmp_path / "may" / "recipe.json"
    content = json.loads(recipe.read_text())
    content["corrections"]["cells"] = [
        {"column": "Price", "old": "free", "new": "1.00", "row": None},
        {"column": "Customer", "old": "", "new": "c002", "row": 182},
    ]
    content["rules"]["cap"] = 20
    recipe.write_text(json.dumps(content))
    following = tmp_path / "june.csv"
    following.write_text(orders.read_text() + "3001,2024-01-07,c001,p1,1,free\n")
    out = tmp_path / "june"
    run = ["analyse", str(following), "--recipe", str(recipe), "--out", str(out)]
    assert main(run) == 0
    assert "will not be used" in capsys.readouterr().err
    changes = pd.read_csv(out / "changes.csv", dtype=str).values.tolist()
    assert ["184", "cell fixed", "Price", "free", "1.00"] in changes
    assert {row[1] for row in changes} == {"cell fixed", "capped"}
    kept = json.loads((out / "recipe.json").read_text())
    assert [fix["old"] for fix in kept["corrections"]["cells"]] == ["free"]


def test_a_recipe_that_the_file_speaks_against_is_refused(orders, tmp_path, capsys):
    assert main(["mapping", str(orders), "-q"]) == 0
    recipe = tmp_path / "recipe.json"
    recipe.write_text(capsys.readouterr().out)
    american = tmp_path / "american.csv"
    rows = (f"{i},{1 + i % 12}/{13 + i % 9}/2024,c{i % 9},p1,1,5.00" for i in range(60))
    american.write_text("\n".join([orders.read_text().splitlines()[0], *rows]) + "\n")
    run = ["check", str(american), "-q"]
    assert main([*run, "--recipe", str(recipe)]) == 1
    said = capsys.readouterr().err
    assert "another order" in said
    assert "leave out --recipe" in said
    assert main(run) == 0


def test_several_files_that_belong_together_are_one_shop(orders, tmp_path, capsys):
    header, *rows = orders.read_text().splitlines()
    parts = []
    for name, part in {"one": rows[::2], "two": rows[1::2]}.items():
        parts.append(tmp_path / f"{name}.csv")
        parts[-1].write_text("\n".join([header, *part]) + "\n")
    totals = []
    for files in ([orders], parts):
        out = tmp_path / f"out{len(files)}"
        assert main(["analyse", *map(str, files), "--out", str(out), "-q"]) == 0
        totals.append(json.loads((out / "report.json").read_text())["totals"])
    assert totals[0] == totals[1]
    (tmp_path / "other.csv").write_text("a,b\nx,y\n")
    assert main(["mapping", str(orders), str(tmp_path / "other.csv"), "-q"]) == 1
    assert "other.csv cannot be combined with orders.csv" in capsys.readouterr().err


def test_a_table_of_a_database_is_read_like_a_file(orders, tmp_path, capsys):
    path = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        pd.read_csv(orders, dtype=str).to_sql("sold", database, index=False)
    said = []
    for source in ([f"sqlite:///{path}", "--table", "sold"], [str(orders)]):
        assert main(["check", *source]) == 0
        said.append(next(x for x in capsys.readouterr().err.splitlines() if "→" in x))
    assert said[0] == said[1]
    assert main(["check", f"sqlite:///{path}", "--table", "soled"]) == 1
    assert "Did you mean 'sold'?" in capsys.readouterr().err


def test_a_file_name_that_is_no_text_is_shown_with_a_mark(orders, tmp_path):
    odd = os.fsencode(tmp_path) + b"/caf\xe9.csv"
    Path(os.fsdecode(odd)).write_bytes(orders.read_bytes())
    out = tmp_path / "out"
    assert main(["analyse", os.fsdecode(odd), "--out", str(out), "-q"]) == 0
    assert json.loads((out / "recipe.json").read_text())["name"] == "caf�.csv"


def test_an_impossible_analysis_date_is_refused(orders, tmp_path, capsys):
    run = ["analyse", str(orders), "--analysis-date", "9999-12-31", "--out", str(tmp_path / "o")]
    assert main([*run, "-q"]) == 1
    assert "between 1970 and 2100" in capsys.readouterr().err


def test_a_mapping_is_printed_where_the_terminal_has_few_letters(orders, monkeypatch):
    orders.write_text(orders.read_text().replace("Customer", "Käufer"))
    few = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", few)
    assert main(["mapping", str(orders), "-q"]) == 0
    printed = few.buffer.getvalue().decode()
    assert json.loads(printed)["columns"]["customer_id"] == "Käufer"
