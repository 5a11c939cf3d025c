"""Several files become one table, in which every row is found again and none is there twice."""

import random
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clv
from clv import engine
from clv.errors import AmbiguousFormat, InvalidMapping, UnreadableFile
from clv.intake.combine import append, combine, join, plan, read_all, suggest_joins
from clv.intake.sources import RawTable, read

pytestmark = pytest.mark.usefixtures("all_here")

ORDERS = """id,customer_id,created_at,total
1,7,2021-01-05,20.00
2,8,2021-01-06,5.00
3,7,2021-02-01,9.00
"""
LATER = """id,customer_id,created_at,total
11,7,2021-03-05,20.00
12,8,2021-03-06,5.00
13,7,2021-03-07,9.00
"""
LINES = """id,order_id,product_id,qty,price
1,1,21,2,5.00
2,1,22,1,10.00
3,2,21,1,5.00
4,9,22,1,10.00
"""
CUSTOMERS = """id,email,country,total_spent
7,a@x.org,DE,29.00
8,b@x.org,FR,5.00
9,c@x.org,IT,0.00
"""
PRODUCTS = "id,product_name,category\n21,Mug,Kitchen\n22,Lamp,Home\n"


@pytest.fixture
def files(tmp_path: Path):
    """Write files (name=text) and read them."""

    def go(**texts: str) -> list[RawTable]:
        tables = []
        for name, text in texts.items():
            path = tmp_path / f"{name}.csv"
            path.write_text(text)
            tables.append(read(path))
        return tables

    return go


def frame(raw: RawTable) -> pd.DataFrame:
    """All rows under the names of the columns, in their order."""
    table = raw.table(engine.connect()).order_by("row_number").execute().astype(object)
    table = table.where(table.notna(), None)
    return table.set_axis(["row", *raw.columns, "damaged"], axis=1)


def column(raw: RawTable, name: str) -> list:
    return frame(raw)[name].tolist()


def test_files_of_one_layout_are_put_below_each_other(files):
    raw = append(files(jan="Who,Day\nA,2021-01-05\nB,2021-01-06\n", feb="day,who\n2021-02-01,A\n"))
    assert raw.columns == ("Who", "Day", "Source file")
    assert frame(raw)[["Who", "Day", "Source file"]].to_numpy().tolist() == [
        ["A", "2021-01-05", "jan.csv"],
        ["B", "2021-01-06", "jan.csv"],
        ["A", "2021-02-01", "feb.csv"],
    ]
    assert (raw.rows, raw.name, raw.provenance) == (3, "jan.csv + 1 more", ("Source file",))


def test_a_row_says_which_row_of_which_file_it_is(files):
    raw = append(
        files(a="who,day\nA,1\n\nB,2\n", b="note\n\nwho,day\nC,3\nD,4\n", c="who,day\nE,5\n")
    )
    numbers = column(raw, "row")
    assert len(set(numbers)) == 5
    told = [raw.origin(number) for number in numbers]
    assert told == [("a.csv", 2), ("a.csv", 4), ("b.csv", 4), ("b.csv", 5), ("c.csv", 2)]
    table = raw.table(engine.connect())
    name, row = raw.origins_of(table.row_number)
    said = table.select("row_number", name=name, row=row).order_by("row_number").execute()
    assert list(zip(said["name"], said["row"], strict=True)) == told
    again = append([raw, *files(d="who,day\nF,6\n")])
    assert [again.origin(n) for n in column(again, "row")] == [*told, ("d.csv", 2)]


def test_a_single_file_is_its_own_origin(files):
    (raw,) = files(a="who,day\nA,1\nB,2\n")
    assert raw.origin(3) == ("a.csv", 3)


def test_a_file_that_is_there_twice_is_taken_once(files):
    raw = append(files(jan="who,day\nA,1\nB,2\n", copy="who,day\nA,1\nB,2\n", feb="who,day\nC,3\n"))
    assert raw.rows == 3
    assert "copy.csv is the same file as jan.csv: taken once." in raw.notes


def test_rows_and_orders_in_two_files_are_counted(files):
    raw = append(
        files(
            jan="order id,day,state\n1,2021-01-05,open\n2,2021-01-06,paid\n",
            feb="order id,day,state\n2,2021-01-06,paid\n1,2021-01-05,paid\n3,2021-02-01,paid\n",
        )
    )
    assert raw.rows == 5
    assert "1 row stands, equal in every column, in more than one file." in raw.notes
    assert any(note.startswith("2 order numbers (column 'order id')") for note in raw.notes)


def test_a_column_that_one_file_lacks_is_blank_and_named(files):
    raw = append(files(a="who,day\nA,1\n", b="who,day,city\nB,2,Rome\n"))
    assert column(raw, "city") == [None, "Rome"]
    assert "a.csv has no column 'city': blank there." in raw.notes


def test_damaged_rows_and_repeated_names_survive(files):
    raw = append(files(a="who,who,WHO\nA,B,C\n", b="who,who,WHO\nD,E,F\nG,H,I,J\n"))
    assert raw.columns == ("who", "who (2)", "WHO", "Source file")
    assert column(raw, "WHO") == ["C", "F", None]
    assert column(raw, "damaged") == [None, None, "G | H | I | J"]


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ("who,day\nA,25/03/2021\nB,03/04/2021\n", "who,day\nA,03/25/2021\nB,03/04/2021\n", "dates"),
        ("who,paid\nA,12.50\nB,7.25\n", "who,paid\nA,\"12,50\"\nB,\"1.217,25\"\n", "numbers"),
    ],
)  # fmt: skip
def test_files_that_contradict_each_other_are_not_mixed(files, one, other, what):
    with pytest.raises(AmbiguousFormat, match=f"do not write {what} in the same way"):
        append(files(a=one, b=other))


def test_iso_dates_and_undecided_ones_go_with_any_other(files):
    texts = ["25/03/2021", "03/04/2021", "2021-03-05"]
    raw = append(files(**{f"f{i}": f"who,day\nA,{t}\nB,{t}\n" for i, t in enumerate(texts)}))
    assert raw.rows == 6


def test_lines_take_the_order_the_customer_and_the_product(files):
    tables = files(orders=ORDERS, customers=CUSTOMERS, order_items=LINES, products=PRODUCTS)
    how = plan(tables)
    raw = combine(tables, how)
    assert raw.columns == (
        "id", "order_id", "product_id", "qty", "price",
        "customer_id", "created_at", "total", "email", "country", "product_name", "category",
    )  # fmt: skip
    shown = frame(raw)[["id", "order_id", "customer_id", "total", "product_name", "email"]]
    assert shown.to_numpy().tolist() == [
        ["1", "1", "7", "20.00", "Mug", "a@x.org"],
        ["2", "1", "7", "20.00", "Lamp", "a@x.org"],
        ["3", "2", "8", "5.00", "Mug", "b@x.org"],
        ["4", "9", None, None, "Lamp", None],
        [None, "3", "7", "9.00", None, "a@x.org"],
    ]
    assert how.repeated == raw.repeated == ("total",)
    assert any("'total' of orders.csv belongs to a whole order" in s for s in how.sentences)
    assert raw.origin(column(raw, "row")[-1]) == ("orders.csv", 4)
    for note in (
        "1 row of order_items.csv has no partner in orders.csv: blank there.",
        "1 row of orders.csv has no partner in order_items.csv: it is kept below.",
        "'total_spent' of customers.csv: sums of a customer, not of an order, are left out.",
        "1 row of customers.csv has no partner in order_items.csv + orders.csv: "
        "it says nothing here.",
    ):
        assert note in raw.notes


def test_the_order_of_the_files_does_not_matter(files):
    tables = files(orders=ORDERS, customers=CUSTOMERS, order_items=LINES, products=PRODUCTS)
    one, other = (combine(t, plan(t)) for t in (tables, tables[::-1]))
    assert sorted(one.columns) == sorted(other.columns)
    assert frame(one)[sorted(one.columns)].equals(frame(other)[sorted(one.columns)])


def test_months_of_orders_are_appended_and_then_joined(files):
    tables = files(jan=ORDERS, feb=LATER, customers=CUSTOMERS)
    how = plan(tables)
    raw = combine(tables, how)
    assert how.groups == ((0, 1), (2,))
    assert raw.rows == 6
    assert column(raw, "email") == ["a@x.org", "b@x.org", "a@x.org"] * 2
    assert raw.provenance == ("Source file",)


def test_keys_are_compared_without_blanks_case_and_decimals(files):
    left, right = files(
        a="sku,n\nab1,1\n AB2 ,2\n7.0,3\n,4\n", b="sku,name\nAB1,x\nab2,y\n7,z\n,w\n"
    )
    assert column(join(left, right, [("sku", "sku")]), "name") == ["x", "y", "z", None]


def test_keys_that_differ_by_case_only_stay_apart(files):
    left, right = files(
        a="account id,n\naB1,1\nAb1,2\naB1,3\n", b="account id,name\naB1,x\nAb1,y\nAB1,z\n"
    )
    (found,) = suggest_joins([left, right])
    assert found.exact
    assert column(combine([left, right], plan([left, right])), "name") == ["x", "y", "x"]


def test_a_join_by_two_columns(files):
    left, right = files(
        a="shop,nr,n\nA,1,x\nA,2,y\nB,1,z\nB,1,u\n", b="shop,nr,city\nA,1,Rome\nB,1,Oslo\n"
    )
    raw = join(left, right, [("shop", "shop"), ("nr", "nr")])
    assert column(raw, "city") == ["Rome", None, "Oslo", "Oslo"]


def test_a_join_that_would_multiply_rows_is_refused(files):
    left, right = files(a="who,n\nA,1\nA,2\n", b="who,m\nA,3\nA,4\n")
    with pytest.raises(InvalidMapping, match="would multiply rows"):
        join(left, right, [("who", "who")])


def test_equal_rows_of_a_lookup_are_one_partner(files):
    left, right = files(a="who,n\nA,1\nB,2\n", b="who,m\nA,3\nA,3\n")
    assert column(join(left, right, [("who", "who")]), "m") == ["3", None]


def test_the_side_whose_keys_repeat_is_the_base(files):
    left, right = files(a="who,n\nA,1\nB,2\n", b="who,m\nA,3\nA,4\n")
    raw = join(left, right, [("who", "who")])
    assert column(raw, "m") == ["3", "4"]
    assert column(raw, "n") == ["1", "1"]


def test_small_numbers_alone_join_nothing(files):
    rows = "".join(f"{i},{1 + i % 9}\n" for i in range(1, 40))
    tables = files(
        a="counter,quantity\n" + rows, b="serial,weight\n" + rows.replace(",", ",1"),
    )  # fmt: skip
    assert suggest_joins(tables) == ()
    with pytest.raises(UnreadableFile) as caught:
        plan(tables)
    assert "cannot be combined" in caught.value.message
    assert caught.value.hint


def test_the_own_numbers_of_two_tables_are_not_the_same_thing(files):
    lines, customers = files(order_items=LINES, customers=CUSTOMERS.replace("\n7,", "\n1,"))
    assert suggest_joins([lines, customers]) == ()
    (orders,) = files(orders=ORDERS)
    found = suggest_joins([lines, orders])
    assert [(join.left_column, join.right_column) for join in found] == [("order_id", "id")]


def test_values_that_no_chance_explains_join_columns_of_other_names(files):
    mails = [f"person{i}@shop.example" for i in range(40)]
    left, right = files(
        a="besteller,tag\n" + "".join(f"{m.upper()},2021-01-05\n" for m in mails * 2),
        b="kontakt,ort\n" + "".join(f"{m},Bonn\n" for m in mails),
    )
    (found,) = suggest_joins([left, right])
    assert (found.left_column, found.right_column, found.match_rate) == ("besteller", "kontakt", 1)


def test_a_list_of_files_is_read_as_one_table(tmp_path, files):
    files(jan="who,day\nA,2021-01-05\nB,2021-01-06\n", feb="who,day\nC,2021-02-05\nB,2021-02-06\n")
    raw = clv.read([tmp_path / "jan.csv", tmp_path / "feb.csv"])
    assert (raw.rows, len(raw.origins)) == (4, 2)
    assert clv.read([tmp_path / "jan.csv"]).origins == ()
    with pytest.raises(UnreadableFile):
        clv.read([])


def test_the_same_files_are_combined_once(files, monkeypatch):
    tables = files(a="who,day\nA,1\n", b="who,day\nB,2\n")
    first = append(tables)
    monkeypatch.setattr(engine, "write_parquet", None)
    assert append(tables) == first


def test_the_sheets_of_the_superstore_fit_together(real):
    tables = read_all(real("superstore/Sample - Superstore.xls"))
    how = plan(tables)
    assert [(j.left, j.right, j.left_column) for j in how.joins] == [
        (0, 1, "Order ID"),
        (0, 2, "Region"),
    ]
    raw = combine(tables, how)
    orders, returns, people = (frame(table) for table in tables)
    expected = orders.merge(returns[["Order ID", "Returned"]], how="left").merge(
        people[["Region", "Person"]], how="left"
    )
    ours = frame(raw)
    assert raw.rows == 9_994
    assert (ours["Returned"] == "Yes").sum() == (expected["Returned"] == "Yes").sum() == 800
    assert ours["Person"].tolist() == expected["Person"].tolist()


CELL = st.text("abcXYZ0189 .-é", min_size=1, max_size=5).filter(lambda t: t.strip())
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, header: list[str], rows: list[list[str]]) -> RawTable:
    cells = [[f'"{cell}"' for cell in row] for row in [header, *rows]]
    path.write_text("".join(",".join(row) + "\n" for row in cells))
    return read(path)


@FEW
@given(data=st.data(), count=st.integers(2, 5))
def test_a_file_cut_in_pieces_and_appended_has_the_same_rows(data, count, tmp_path):
    header = ["order id", "what", "city"]
    rows = data.draw(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=count, max_size=30))
    rows = [[f"n{i}", *row[1:]] for i, row in enumerate(rows)]
    where = [i if i < count else data.draw(st.integers(0, count - 1)) for i in range(len(rows))]
    tables = []
    for piece in range(count):
        own = [row for row, at in zip(rows, where, strict=True) if at == piece]
        turn = random.Random(piece).sample(range(3), 3)
        names, cells = [header[i] for i in turn], [[row[i] for i in turn] for row in own]
        tables.append(write(tmp_path / f"{piece}.csv", names, cells))
    raw = append(tables)
    got = Counter(map(tuple, frame(raw)[header].to_numpy().tolist()))
    assert got == Counter(map(tuple, rows))
    assert {raw.origin(number)[0] for number in column(raw, "row")} == {
        f"{i}.csv" for i in range(count)
    }


@FEW
@given(data=st.data())
def test_a_table_split_into_orders_and_lines_is_joined_again(data, tmp_path):
    orders = data.draw(st.lists(CELL, min_size=1, max_size=8, unique_by=lambda t: t))
    facts = {f"R-{i}": [f"C{i % 3}", f"2021-01-{i + 1:02d}", city] for i, city in enumerate(orders)}
    lines = [
        [order, f"p{n}", data.draw(CELL)]
        for order in facts
        for n in range(data.draw(st.integers(1, 4)))
    ]
    data.draw(st.randoms()).shuffle(lines)
    left = write(tmp_path / "lines.csv", ["order id", "product", "note"], lines)
    right = write(
        tmp_path / "orders.csv", ["order id", "customer", "day", "city"],
        [[order, *rest] for order, rest in facts.items()],
    )  # fmt: skip
    raw = join(left, right, [("order id", "order id")])
    got = frame(raw)[["order id", "product", "note", "customer", "day", "city"]]
    assert got.to_numpy().tolist() == [[*line, *facts[line[0]]] for line in lines]


def test_each_of_several_files_has_its_way_with_numbers_in_ids(files):
    later = LATER.replace(",7,", ",7.0,").replace(",8,", ",8.0,")
    raw = append(files(orders=ORDERS, later=later))
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    ids = shop.transactions.order_by("row_number").customer_id.execute().tolist()
    assert ids == ["7", "8", "7"] * 2


def test_an_id_like_a_number_keeps_its_zero_beside_others_in_its_own_file(files):
    later = LATER.replace(",7,", ",7.0,")
    raw = append(files(later=later, orders=ORDERS))
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    ids = shop.transactions.order_by("row_number").customer_id.execute().tolist()
    assert ids == ["7.0", "8", "7.0", "7", "8", "7"]
