"""Files into tables: all of a file or nothing, and every row that does not fit by its number."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv.errors import CLVError, RowRefused
from clv.store.shop import loading, rows, source
from clv.store.shop.database import create_shop, reading, state_of, writing
from clv.store.shop.fields import TABLES, columns
from clv.store.shop.loading import LoadRefused, load_file
from clv.store.shop.plan import Plan
from clv.store.shop.synthetic import fill
from clv.store.shop.tables import BY_NAME
from tests.store.shop.test_rows import fill as one_order


@pytest.fixture(autouse=True)
def _parse_here(here: None) -> None:
    """The child process that reads files has tests of its own."""


def written(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def exported(shop: sa.Engine, table: str, folder: Path) -> Path:
    path = folder / f"{table}.csv"
    with reading(shop) as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {table}")
        names = list(found.keys())
        lines = [",".join("" if v is None else str(v) for v in row) for row in found]
    path.write_text("\n".join([",".join(names), *lines]) + "\n")
    return path


def test_tables_that_were_exported_load_into_an_equal_shop(
    either: sa.Engine, tmp_path: Path
) -> None:
    fill(either, Plan(customers=200, products=40, months=18, refund_share=0.2))
    copy = create_shop(f"sqlite:///{tmp_path}/copy.db")
    for table in TABLES:
        loaded = load_file(copy, table, exported(either, table, tmp_path))
        assert loaded == rows.count(either, table)
        assert contents(copy, table) == contents(either, table)
    assert source.orders(copy).rows == source.orders(either).rows
    copy.dispose()


def contents(shop: sa.Engine, table: str) -> list[tuple[object, ...]]:
    with reading(shop) as connection:
        return sorted(
            (tuple(row) for row in connection.execute(sa.select(BY_NAME[table]))), key=repr
        )


def test_what_a_row_may_leave_out_a_file_may(shop: sa.Engine, tmp_path: Path) -> None:
    one_order(shop)
    path = written(tmp_path, "order_id,product_id,quantity\nO1,P1,2\nO1,P1,1\n")
    assert load_file(shop, "sales", path) == 2
    found = rows.listed(shop, "sales").rows
    assert [(row["sale_id"], row["amount"], row["cost"]) for row in found] == [
        (1, 19.0, 8.0),
        (2, 19.0, 8.0),
        (3, 9.5, 4.0),
    ]


def test_days_of_orders_come_into_the_calendar(shop: sa.Engine, tmp_path: Path) -> None:
    one_order(shop)
    text = "order_id;customer_id;ordered_at\nO2;C1;2024-05-01 10:30\nO3;C1;2024-02-29\n"
    load_file(shop, "transactions", written(tmp_path, text))
    assert [str(row["day"]) for row in rows.listed(shop, "dates").rows] == [
        "2024-02-29",
        "2024-05-01",
    ]


def test_rows_that_do_not_fit_are_listed_with_their_numbers_and_none_is_loaded(
    either: sa.Engine, tmp_path: Path
) -> None:
    one_order(either)
    before = state_of(either)
    text = "order_id,product_id,quantity\nO1,P1,2\nO9,P1,2\nO1,P1,zero\nO1,P1,0\nO1,P9,1\nO1,P1,1\n"
    with pytest.raises(LoadRefused) as refused:
        load_file(either, "sales", written(tmp_path, text))
    assert [reject.row for reject in refused.value.rejects] == [3, 4, 5, 6]
    assert refused.value.rejected == 4
    assert refused.value.message.startswith("4 rows of the file cannot go into the table sales")
    assert "names order 'O9', which is not in the table trans" in refused.value.rejects[0].why
    assert "And 1 more." in refused.value.message
    assert state_of(either) == before
    assert rows.count(either, "sales") == 1


def test_an_error_in_the_last_of_many_rows_undoes_all_before_it(
    either: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 10)
    lines = [f"C{n},France" for n in range(100, 155)]
    text = "\n".join(["customer_id,country", *lines, "C100,again"]) + "\n"
    before = state_of(either)
    with pytest.raises(LoadRefused, match="Row 57: customer_id 'C100' is there already"):
        load_file(either, "customers", written(tmp_path, text))
    assert rows.count(either, "customers") == 0
    assert state_of(either) == before


def test_a_refund_may_stand_above_its_order(either: sa.Engine, tmp_path: Path) -> None:
    one_order(either)
    header = "order_id,customer_id,ordered_at,refund_of\n"
    good = header + "R1,C1,2024-03-02,O5\nO5,C1,2024-03-01,\n"
    assert load_file(either, "transactions", written(tmp_path, good)) == 2
    bad = written(tmp_path, header + "R2,C1,2024-03-02,O7\nO6,C1,2024-03-01,\n")
    with pytest.raises(LoadRefused, match="Row 2: Order 'R2' names order 'O7'"):
        load_file(either, "transactions", bad)
    assert rows.count(either, "transactions") == 3


@pytest.mark.parametrize(
    ("table", "header", "said"),
    [
        ("customers", "customer,country", "no column 'customer'. Did you mean 'customer_id'?"),
        ("customers", "country,name", "The column 'customer_id' is missing."),
        ("products", "product_id,product", "The column 'unit_price' is missing."),
        ("customer", "customer_id,country", "Did you mean 'customers'?"),
    ],
)
def test_a_file_with_other_columns_is_refused_before_anything_is_done(
    shop: sa.Engine, tmp_path: Path, table: str, header: str, said: str
) -> None:
    with pytest.raises(RowRefused) as refused:
        load_file(shop, table, written(tmp_path, f"{header}\na,b\n"))
    assert said in refused.value.message + refused.value.hint


CELLS = st.text(st.characters(categories=["L", "N"]), max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.tuples(st.sampled_from(["A", "B", "C", ""]), CELLS), max_size=6))
def test_a_load_is_accepted_when_each_of_its_rows_would_be(
    shop: sa.Engine, tmp_path: Path, lines: list[tuple[str, str]]
) -> None:
    """Row by row through the data layer is the oracle, in a second shop."""
    with writing(shop) as connection:
        connection.execute(sa.delete(BY_NAME["customers"]))
    text = "".join(f'"{key}","{country}"\n' for key, country in [("Z", "Zed"), *lines])
    path = written(tmp_path, "customer_id,country\n" + text)
    oracle = create_shop("sqlite:///" + str(tmp_path / "oracle.db"))
    with writing(oracle) as connection:
        connection.execute(sa.delete(BY_NAME["customers"]))
    try:
        for row in loading._records(loading.read(path)):
            rows.create(oracle, "customers", row[1] or {})
        fits = True
    except CLVError:
        fits = False
    try:
        load_file(shop, "customers", path)
        assert fits
        assert contents(shop, "customers") == contents(oracle, "customers")
    except LoadRefused:
        assert not fits
        assert rows.count(shop, "customers") == 0
    oracle.dispose()


def test_every_table_can_be_loaded_from_a_file_with_all_its_columns(
    shop: sa.Engine, tmp_path: Path
) -> None:
    one_order(shop)
    for table in TABLES:
        header = ",".join(field.name for field in columns(table))
        with pytest.raises(LoadRefused, match="is there already"):
            load_file(shop, table, exported(shop, table, tmp_path))
        assert header == exported(shop, table, tmp_path).read_text().splitlines()[0]
