"""Databases: exact text, read-only by more than one lock, and no credentials anywhere."""

import resource
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import clv
from clv.errors import NotEnoughData, UnreadableDatabase
from clv.intake import database, postgresql, sqlite
from clv.intake.database import read_table, tables
from tests.postgres_server import postgres_server

WRITES = (
    "DELETE FROM orders",
    "DROP TABLE orders",
    "SELECT 1; DROP TABLE orders",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
    "SELECT * INTO copied FROM orders",
    "SELECT * FROM orders FOR UPDATE",
    "ATTACH 'x.db' AS x",
    "PRAGMA writable_schema = 1",
    "COPY orders TO '/tmp/x'",
    "EXPLAIN SELECT 1",
    "VALUES (1)",
    "",
    "nonsense",
)


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute('CREATE TABLE orders (customer TEXT, "da""y" TEXT, amount, note)')
    connection.executemany(
        "INSERT INTO orders VALUES (?, ?, ?, ?)",
        [
            ("Ä", "2024-01-31 10:00:00", 19.99, None),
            ("0012", "2024-02-01", 12345678901234567, ""),
            ("x", None, 1e22, b"\xff"),
            ("y", "2024", -0.1, "a\nb"),
        ],
    )
    connection.execute("CREATE VIEW customers AS SELECT DISTINCT customer FROM orders")
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


def rows(raw: clv.RawTable) -> list[list[str | None]]:
    return raw.sample(100).values.tolist()


def test_a_table_is_read_as_text_that_means_the_same(shop: str) -> None:
    raw = read_table(shop, table="orders")
    assert raw.columns == ("customer", 'da"y', "amount", "note")
    assert raw.name == "orders (shop.db)"
    assert rows(raw) == [
        ["Ä", "2024-01-31 10:00:00", "19.99", None],
        ["0012", "2024-02-01", "12345678901234567", None],
        ["x", None, "10000000000000000000000", "\\xff"],
        ["y", "2024", "-0.1", "a\nb"],
    ]


def test_every_float_keeps_its_value(tmp_path: Path) -> None:
    import random

    chance = random.Random(1)
    values = [chance.uniform(-1, 1) * 10.0 ** chance.randint(-30, 30) for _ in range(500)]
    connection = sqlite3.connect(tmp_path / "f.db")
    connection.execute("CREATE TABLE f (i INTEGER, v REAL)")
    connection.executemany("INSERT INTO f VALUES (?, ?)", enumerate(values))
    connection.commit()
    connection.close()
    frame = read_table(f"sqlite:///{tmp_path}/f.db", table="f").sample(500)
    assert [float(v) for v in frame["v"]] == values
    assert not frame["v"].str.contains("e").any()


def test_tables_and_views_are_listed(shop: str) -> None:
    assert tables(shop) == ["customers", "orders"]


def test_a_query_gives_its_result(shop: str) -> None:
    raw = read_table(shop, query="WITH a AS (SELECT * FROM orders) SELECT count(*) AS n, 1 FROM a;")
    assert rows(raw) == [["4", "1"]]
    assert raw.columns == ("n", "1")


def test_the_same_rows_are_the_same_table(shop: str) -> None:
    one, two = read_table(shop, table="orders"), read_table(shop, query="SELECT * FROM orders")
    assert one.path == two.path
    assert one.content_hash == two.content_hash


@pytest.mark.parametrize("query", WRITES)
def test_only_a_single_reading_statement_is_accepted(shop: str, query: str) -> None:
    with pytest.raises(UnreadableDatabase):
        read_table(shop, query=query)


@pytest.mark.parametrize("query", [w for w in WRITES[:8] if "INTO" not in w and "FOR U" not in w])
def test_what_slips_past_the_check_is_stopped_by_sqlite(shop: str, query: str) -> None:
    before = Path(shop.removeprefix("sqlite:///")).read_bytes()
    with pytest.raises(UnreadableDatabase), sqlite.connect(shop, time.monotonic() + 9) as opened:
        list(opened.stream(query, 100)[1])
    assert Path(shop.removeprefix("sqlite:///")).read_bytes() == before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"table": "order"}, "Did you mean 'orders'?"),
        ({"table": "ORDERS"}, "Did you mean 'orders'?"),
        ({"table": "nothing like it"}, "Its tables: customers, orders."),
        ({"table": 'orders"; DROP TABLE orders; --'}, "There is no table"),
        ({}, "Name either a table or a query."),
        ({"table": "orders", "query": "SELECT 1"}, "Name either a table or a query."),
        ({"query": "SELECT * FROM nix"}, "no such table"),
        ({"query": "SELECT nix FROM orders"}, "no such column"),
        ({"query": "SELECT load_extension('x')"}, "more than reading"),
    ],
)
def test_what_cannot_be_read_is_said_in_two_sentences(
    shop: str, asked: dict[str, str], said: str
) -> None:
    with pytest.raises(UnreadableDatabase) as refused:
        read_table(shop, **asked)
    assert said in str(refused.value)
    assert refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "mysql://admin:hunter2@db/shop",
        "postgresql://admin:hunter2@127.0.0.1:1/shop",
        "postgresql://admin:hunter2@[bad/shop?x=1",
        "sqlite:////no/such/hunter2/shop.db",
        "sqlite:////etc/passwd",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_does_not_work_shows_no_credentials(url: str) -> None:
    with pytest.raises(UnreadableDatabase) as refused:
        tables(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_addresses_are_told_from_files(tmp_path: Path) -> None:
    assert database.is_database("sqlite:///shop.db")
    assert not database.is_database("orders.csv")
    assert not database.is_database(tmp_path / "orders.csv")


def test_too_many_rows_are_refused_and_not_cut(
    shop: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("CLV_DATABASE_ROWS", "3")
    with pytest.raises(UnreadableDatabase, match="more than 3 rows"):
        read_table(shop, table="orders")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_query_without_an_end_is_stopped(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLV_DATABASE_SECONDS", "1")
    endless = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r"
    with pytest.raises(UnreadableDatabase, match="too long"):
        read_table(shop, query=endless)


def test_an_empty_table_is_too_little(shop: str) -> None:
    with pytest.raises(NotEnoughData):
        read_table(shop, query="SELECT * FROM orders WHERE 1 = 0")


def test_rows_are_numbered_across_batches(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BATCH_CELLS", 4)
    raw = read_table(shop, table="orders")
    assert raw.rows == 4
    numbers = raw.table(clv.engine.connect()).row_number.execute()
    assert sorted(numbers) == [1, 2, 3, 4]


def test_a_big_table_is_read_in_little_memory(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "big.db")
    connection.execute("CREATE TABLE t AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL "
                       "SELECT i + 1 FROM r WHERE i < 1000000) SELECT i, 'customer ' || i AS c, "
                       "'2024-01-01' AS d, i / 7.0 AS a FROM r")  # fmt: skip
    connection.commit()
    connection.close()
    read_table(f"sqlite:///{tmp_path}/big.db", query="SELECT * FROM t LIMIT 150000")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read_table(f"sqlite:///{tmp_path}/big.db", table="t").rows == 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB


# PostgreSQL, a real one of our own where its programs are installed.


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A server for these tests; its address with the rights to write."""
    with postgres_server() as url:
        _fill(url)
        yield url


def _fill(url: str) -> None:
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    with connection:
        connection.execute(
            """
            CREATE TABLE orders (customer int, "order at" timestamptz, day date, amount numeric,
                                 price double precision, ok boolean, tags text[], extra jsonb);
            INSERT INTO orders VALUES
              (1, '2024-01-31 23:30:00+00', '2024-02-01', 12345678901234567890.1200, 0.1, true,
               '{a,b}', '{"a": 1}'),
              (2, NULL, 'infinity', 'NaN', 1e300, false, NULL, NULL);
            CREATE SCHEMA shop;
            CREATE TABLE shop.lines (c int);
            CREATE VIEW customers AS SELECT DISTINCT customer FROM orders;
            CREATE TABLE private (c int);
            CREATE SEQUENCE numbers;
            CREATE ROLE reader LOGIN PASSWORD 'hunter3';
            GRANT SELECT ON orders, customers TO reader;
            """
        )
    connection.close()


def test_postgresql_is_read_as_exact_text(postgres: str) -> None:
    raw = read_table(postgres, table="orders")
    assert raw.columns[:3] == ("customer", "order at", "day")
    assert rows(raw) == [
        ["1", "2024-02-01 00:30:00+01", "2024-02-01", "12345678901234567890.1200", "0.1", "t",
         "{a,b}", '{"a": 1}'],
        ["2", None, "infinity", "NaN", "1e+300", "f", None, None],
    ]  # fmt: skip
    assert raw.name == "orders (postgres)"
    assert any("Europe/Berlin" in note for note in raw.notes)


def test_postgresql_lists_what_the_user_may_read(postgres: str) -> None:
    assert tables(postgres) == ["customers", "orders", "private", "shop.lines"]
    reader = postgres.replace("admin:hunter2", "reader:hunter3")
    assert tables(reader) == ["customers", "orders"]
    assert read_table(postgres, query="SELECT count(*) AS n, 2 AS m FROM shop.lines").rows == 1
    with pytest.raises(NotEnoughData):
        read_table(postgres, table="shop.lines")
    with pytest.raises(UnreadableDatabase, match="does not allow"):
        read_table(reader, query="SELECT * FROM private")


@pytest.mark.parametrize("query", WRITES)
def test_postgresql_accepts_a_single_reading_statement_only(postgres: str, query: str) -> None:
    with pytest.raises(UnreadableDatabase):
        read_table(postgres, query=query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; DROP TABLE private",
        "SELECT 1; COMMIT; SET default_transaction_read_only = off; DROP TABLE private",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT nextval('numbers')",
        "SELECT set_config('transaction_read_only', 'off', false), nextval('numbers')",
    ],
)
def test_what_slips_past_the_check_is_stopped_by_postgresql(postgres: str, query: str) -> None:
    deadline = time.monotonic() + 20
    with pytest.raises(UnreadableDatabase), postgresql.connect(postgres, deadline) as opened:
        list(opened.stream(query, 100)[1])
    assert "private" in tables(postgres)
    raw = read_table(postgres, query="SELECT count(*) AS n, (SELECT is_called FROM numbers) AS c FROM orders")  # fmt: skip # noqa: E501
    assert rows(raw) == [["2", "f"]]


def test_what_postgresql_itself_lets_through_is_rolled_back(postgres: str) -> None:
    with postgresql.connect(postgres, time.monotonic() + 20) as opened:
        list(opened.stream("SELECT lo_create(4711)", 100)[1])  # allowed until version 15
    raw = read_table(postgres, query="SELECT count(*) AS n, 1 FROM pg_largeobject_metadata")
    assert rows(raw) == [["0", "1"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("hunter2", "wrong-secret"), "user or the password"),
        (("/postgres", "/nix"), "does not exist"),
        (("127.0.0.1:", "127.0.0.1:1"), "could not be reached"),
    ],
)
def test_postgresql_that_does_not_let_us_in(
    postgres: str, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(UnreadableDatabase) as refused:
        tables(postgres.replace(*change))
    assert said in str(refused.value)
    for secret in ("hunter2", "wrong-secret", "admin", "127.0.0.1"):
        assert secret not in str(refused.value)


def test_postgresql_stops_a_slow_query(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLV_DATABASE_SECONDS", "1")
    with pytest.raises(UnreadableDatabase, match="too long"):
        read_table(postgres, query="SELECT pg_sleep(30), 1")


def test_postgresql_without_its_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(UnreadableDatabase, match="pip install"):
        tables("postgresql://reader@localhost/shop")
