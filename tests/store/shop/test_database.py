"""Opening and making: several at a time, files that are something else, and nothing left behind."""

import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from clv.errors import CLVError, NoShop, NoSuchRow, RowInUse, UnreadableDatabase
from clv.store.shop import rows
from clv.store.shop.database import create_shop, open_shop, reading, state_of, writing
from clv.store.shop.erasing import erase_customer
from clv.store.shop.plan import Plan
from clv.store.shop.synthetic import fill
from tests.store.shop.test_rows import LINE
from tests.store.shop.test_rows import fill as one_order

ROOT = Path(__file__).resolve().parents[3]


def test_many_writers_at_a_time_lose_nothing(either: sa.Engine) -> None:
    one_order(either)

    def add(_: int) -> None:
        rows.create(either, "sales", LINE)
        rows.listed(either, "sales", limit=5)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(add, range(60)))
    found = rows.listed(either, "sales", limit=100).rows
    assert [row["sale_id"] for row in found] == list(range(1, 62))


# As a command: what `multiprocessing` starts begins by importing the main module of this process,
# which may be anything.
ADDS = """
import sys
from clv.store.shop import rows
from clv.store.shop.database import create_shop
shop = create_shop(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 15):
    rows.create(shop, "customers", {"customer_id": f"C{number}"})
"""


def test_processes_make_and_fill_one_shop_together(either: sa.Engine, tmp_path: Path) -> None:
    url = either.url.render_as_string(hide_password=False)
    url = f"sqlite:///{tmp_path}/new.db" if url.startswith("sqlite") else url
    workers = [
        subprocess.Popen([sys.executable, "-c", ADDS, url, str(100 * n)], cwd=ROOT)
        for n in range(3)
    ]
    assert [worker.wait(120) for worker in workers] == [0, 0, 0]
    shop = open_shop(url)
    assert rows.count(shop, "customers") == 45
    shop.dispose()


def test_somebody_elses_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE customers (id)")
    other.close()
    with pytest.raises(RowInUse, match="table of its own called customers"):
        create_shop(f"sqlite:///{path}")
    with pytest.raises(NoShop):
        open_shop(f"sqlite:///{path}")
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    other.close()


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,amount\n" * 1000)
    for step in (create_shop, open_shop):
        with pytest.raises(UnreadableDatabase) as refused:
            step(f"sqlite:///{path}")
        assert refused.value.hint
    assert path.read_text() == "customer,date,amount\n" * 1000


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    shop = create_shop(f"sqlite:///{tmp_path}/shop.db")
    before = state_of(shop)
    shop.dispose()
    create_shop(f"sqlite:///{tmp_path}/other.db").dispose()
    shutil.move(tmp_path / "other.db", tmp_path / "shop.db")
    again = open_shop(f"sqlite:///{tmp_path}/shop.db")
    assert state_of(again) != before
    again.dispose()


def test_a_reader_sees_one_state_while_somebody_writes(either: sa.Engine) -> None:
    one_order(either)
    with reading(either) as connection:
        query = sa.text("SELECT (SELECT count(*) FROM sales), (SELECT count(*) FROM products)")
        before = connection.execute(query).one()
        rows.create(either, "sales", LINE)
        assert connection.execute(query).one() == before


def _emptied(shop: sa.Engine) -> None:
    with writing(shop) as connection:
        connection.exec_driver_sql("DELETE FROM sales")
        raise ZeroDivisionError


def test_an_error_in_the_middle_undoes_everything(either: sa.Engine) -> None:
    one_order(either)
    state = state_of(either)
    with pytest.raises(ZeroDivisionError):
        _emptied(either)
    assert state_of(either) == state
    assert rows.count(either, "sales") == 1


def test_an_erased_customer_leaves_no_row_and_in_sqlite_no_byte(either: sa.Engine) -> None:
    fill(either, Plan(customers=120, products=40, months=12, refund_share=0.5))
    canary = "canary-4711"
    rows.create(either, "customers", {"customer_id": canary, "name": canary})
    order = {"customer_id": canary, "ordered_at": "2025-11-30"}
    rows.create(either, "transactions", {**order, "order_id": f"O-{canary}"})
    refund = {**order, "order_id": f"R-{canary}", "refund_of": f"O-{canary}"}
    rows.create(either, "transactions", refund)
    for name, quantity in (("O", 2), ("R", -1)):
        line = {"order_id": f"{name}-{canary}", "product_id": "P00001", "quantity": quantity}
        rows.create(either, "sales", line)
    size = rows.count(either, "sales")
    assert erase_customer(either, canary) == {"sales": 2, "transactions": 2, "customers": 1}
    assert rows.count(either, "sales") == size - 2
    with pytest.raises(NoSuchRow):
        erase_customer(either, canary)
    if either.dialect.name == "sqlite":
        folder = Path(str(either.url.database)).parent
        held = [path.name for path in folder.iterdir() if canary.encode() in path.read_bytes()]
        assert held == []


def test_no_refusal_of_a_database_shows_where_it_is(tmp_path: Path) -> None:
    for url in ("postgresql://a:hunter2@127.0.0.1:1/x", "postgresql://a:hunter2@[bad/x", "x://y"):
        with pytest.raises(CLVError) as refused:
            create_shop(url)
        assert "hunter2" not in str(refused.value)
        assert refused.value.__suppress_context__ or refused.value.__context__ is None
