import os
import time
from pathlib import Path

import ibis
import pytest

from clv import engine

OUTSIDE = "/etc/hostname"


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    connection = engine.connect(tmp_path)
    target = tmp_path / "numbers.parquet"
    engine.write_parquet(connection, ibis.memtable({"n": [1, 2, 3]}), target)
    assert connection.read_parquet(str(target)).count().execute() == 3
    broken = ibis.memtable({"n": ["1", "x"]}).select(n=ibis._.n.cast("int64"))
    with pytest.raises(Exception, match="Could not convert"):
        engine.write_parquet(connection, broken, tmp_path / "broken.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.parquet"]


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT * FROM read_csv('{OUTSIDE}')",
        f"SELECT * FROM '{OUTSIDE}'",
        f"COPY (SELECT 1) TO '{OUTSIDE}.copy'",
        "ATTACH '/etc/other.db'",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('https://127.0.0.1:9/x.csv')",
        "SET enable_external_access=true",
        "SET lock_configuration=false",
    ],
)
def test_the_engine_cannot_reach_out(statement):
    with pytest.raises(Exception, match=r"(?i)permission|disabled|locked|cannot|does not exist"):
        engine.connect().raw_sql(statement)


def test_a_path_out_of_the_workspace_is_refused():
    sneaky = engine.workspace() / ".." / ".." / "etc" / "hostname"
    with pytest.raises(Exception, match=r"(?i)permission"):
        engine.connect().raw_sql(f"SELECT * FROM read_csv('{sneaky}')")


def test_the_workspace_is_private():
    assert engine.workspace().stat().st_mode & 0o077 == 0


def test_the_same_parts_give_the_same_name():
    assert engine.content_name("raw", 1, "a") == engine.content_name("raw", 1, "a")
    assert engine.content_name("raw", 1, "a") != engine.content_name("raw", 1, "b")


def test_the_sweep_takes_what_nobody_used_and_nothing_else(tmp_path: Path):
    old = time.time() - 8 * 86_400
    names = ("raw-1.parquet", "shop-1.json", ".raw-2.parquet.ab.partial", "mine.csv", "raw-9.json")
    for name in names:
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (old, old))
    engine.touch(tmp_path / "raw-9.json")
    assert engine.sweep(tmp_path) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.csv", "raw-9.json"]
