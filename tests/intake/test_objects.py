"""JSON becomes the same kind of table: one row per order line, every value as it is written."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv import engine
from clv.errors import NotEnoughData, UnreadableFile
from clv.intake import objects
from clv.intake.sources import RawTable, ReadOptions, read

pytestmark = pytest.mark.usefixtures("all_here")

LINES = '{"id": 1, "who": "A"}\n{"id": 2, "who": "B"}\n'


@pytest.fixture
def upload(tmp_path: Path):
    """Write a file and read it."""

    def go(content: bytes | str, name: str = "orders.json", **options) -> RawTable:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(path, ReadOptions(**options))

    return go


def rows(raw: RawTable) -> list[tuple]:
    frame = raw.table(engine.connect()).order_by("row_number").execute().astype(object)
    return [tuple(row) for row in frame.where(frame.notna(), None).itertuples(index=False)]


def cells(raw: RawTable) -> list[dict]:
    return [dict(zip(raw.columns, row[1:-1], strict=True)) for row in rows(raw)]


def test_lines_of_json_are_rows_with_the_number_of_their_line(upload):
    raw = upload('{"id": 1, "who": "A"}\n\n{"id": 2, "paid": true, "who": null}\n')
    assert raw.columns == ("id", "who", "paid")
    assert rows(raw) == [(1, "1", "A", None, None), (3, "2", None, "TRUE", None)]
    assert (raw.detected.format, raw.detected.first_row) == ("jsonl", 1)


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1, "who": "A"}, {"id": 2, "who": "B"}]',
        '[\n  {"id": 1,\n   "who": "A"},\n  {"id": 2, "who": "B"}\n]\n',
        '{"orders": [{"id": 1, "who": "A"}, {"id": 2, "who": "B"}]}',
        '{"n": 2, "x": null, "data": {"o": [{"id": 1, "who": "A"}, {"id": 2, "who": "B"}]}}',
        '{"e": [{"node": {"id": 1, "who": "A"}}, {"node": {"id": 2, "who": "B"}}]}',
        LINES,
        LINES.replace("\n", "\r\n").rstrip(),
    ],
)  # fmt: skip
def test_a_list_of_objects_is_found_wherever_it_is(upload, text):
    for content in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        raw = upload(content)
        assert cells(raw) == [{"id": "1", "who": "A"}, {"id": "2", "who": "B"}]
    assert cells(upload(gzip.compress(text.encode()))) == cells(raw)


def test_numbers_stay_as_they_are_written(upload):
    numbers = ["1.50", "10000000000000000000000.10", "007e1", "1e5", "-0.0", "9" * 30]
    numbers.remove("007e1")  # no JSON
    raw = upload("[" + ",".join(f'{{"id": "x", "n": {n}}}' for n in numbers) + "]")
    assert [row["n"] for row in cells(raw)] == numbers


def test_nested_objects_are_columns_with_dotted_names(upload):
    raw = upload(
        '[{"id": 1, "customer": {"email": "a@x", "at": {"city": "Rome"}}, "tags": ["a", "b"]},'
        '{"id": 2, "customer": null, "customer.email": "odd"}]'
    )
    assert raw.columns == (
        "id", "customer.email", "customer.at.city", "tags", "customer.email (2)"
    )  # fmt: skip
    assert rows(raw)[0][1:-1] == ("1", "a@x", "Rome", "a, b", None)
    assert rows(raw)[1][1:-1] == ("2", None, None, None, "odd")


def test_lines_of_an_order_are_rows_and_its_fields_repeat(upload):
    order = {"id": 1, "total": 20, "tax_lines": [{"p": 1}, {"p": 2}],
             "line_items": [{"sku": "A", "tax_lines": [{"p": 3}]}, {"sku": "B"}]}  # fmt: skip
    raw = upload(json.dumps([order, {"id": 2, "total": 5, "line_items": []}]))
    assert [(r["id"], r["total"], r["line_items.sku"]) for r in cells(raw)] == [
        ("1", "20", "A"),
        ("1", "20", "B"),
        ("2", "5", None),
    ]
    assert cells(raw)[0]["tax_lines"] == '[{"p":"1"},{"p":"2"}]'
    assert raw.notes[0].startswith("Each entry of 'line_items' became a row")
    assert raw.notes[1] == "Lists inside an object are kept as one cell: 'tax_lines'."


def test_payments_and_the_like_do_not_multiply_orders(upload):
    raw = upload('[{"id": 1, "total": 20, "payments": [{"by": "card"}, {"by": "cash"}]}]')
    assert [(r["id"], r["total"]) for r in cells(raw)] == [("1", "20")]


def test_a_broken_line_is_listed_and_costs_no_other(upload):
    raw = upload(LINES + '{"id": 3, "who": \n[4, "D"]\n{"id": 5, "who": "E"}\n' + "[" * 100_000)
    assert [row[:2] for row in rows(raw)] == [
        (1, "1"), (2, "2"), (3, None), (4, None), (5, "5"), (6, None)
    ]  # fmt: skip
    assert rows(raw)[2][-1] == '{"id": 3, "who":'
    assert raw.notes == ("3 lines are not JSON objects: they are not used.",)


def test_an_element_that_is_no_object_is_listed(upload):
    raw = upload('[{"id": 1, "who": "A"}, 7, {"id": 2, "who": "B"}]')
    assert rows(raw)[1] == (2, None, None, '"7"')


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ('[{"id": 1, "who": "A"}, {"id": 2, "wh', UnreadableFile, "damaged or ends early, after 2"),
        ('[{"id": 1, "who": "A"} {"id": 2}]', UnreadableFile, "damaged or ends early"),
        ('[{"id": 1, "who": "A"}] x', UnreadableFile, "damaged or ends early"),
        ('{"orders": []}', UnreadableFile, "a JSON file without a list of orders"),
        ('{"id": 1}', UnreadableFile, "a JSON file without a list of orders"),
        ("[[1, 2], [3, 4]]", UnreadableFile, "a JSON file without a list of orders"),
        ('[{"id": 1}, {"id": 2}]', UnreadableFile, "a single field"),
        ("[" * 200_000, UnreadableFile, "damaged or ends early"),
        ('{"a": ' * 200_000, UnreadableFile, "damaged or ends early"),
        ("[" + ",".join(f'{{"k{i}": 1}}' for i in range(5000)) + "]", UnreadableFile, "columns"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_orders_is_refused(upload, text, kind, said):
    with pytest.raises(kind) as caught:
        upload(text)
    assert said in caught.value.message
    assert caught.value.hint


def test_an_endless_object_is_refused(upload, monkeypatch):
    monkeypatch.setattr(objects, "MAX_ELEMENT", 3_000_000)
    for text in ('[{"a": "' + "x" * 9_000_000, LINES + '{"a": "' + "x" * 9_000_000):
        with pytest.raises(UnreadableFile, match="more than 3,000,000 characters"):
            upload(text)


def test_a_long_list_on_one_line_is_read_piece_by_piece(upload, monkeypatch):
    monkeypatch.setattr(objects, "MAX_ELEMENT", 5000)
    monkeypatch.setattr(objects, "_BLOCK", 100)
    orders = [{"id": str(i), "who": "x" * (i % 90)} for i in range(1, 300)]
    for text in (json.dumps({"orders": orders}), json.dumps(orders)):
        assert [row["id"] for row in cells(upload(text))] == [order["id"] for order in orders]


def test_of_several_lists_the_biggest_is_read_and_others_can_be_chosen(upload):
    text = json.dumps(
        {"customers": [{"id": 7, "name": "X"}], "orders": [{"id": i, "day": "d"} for i in range(5)]}
    )
    raw = upload(text)
    assert (raw.detected.sheet, raw.detected.sheets) == ("orders", ("customers", "orders"))
    assert raw.notes == ("The file holds 2 lists; 'orders' was read. Another one can be chosen.",)
    assert upload(text, sheet="customers").columns == ("id", "name")
    with pytest.raises(UnreadableFile, match="no list 'x'"):
        upload(text, sheet="x")


def test_half_characters_and_nuls_are_replaced(upload):
    raw = upload('[{"id": "a\\ud800b", "who": "x\\u0000y"}]')
    assert rows(raw)[0][1:3] == ("a?b", "x\ufffdy")


def test_a_csv_with_brackets_in_its_header_is_no_json(upload):
    assert upload("[0],who\n1,A\n2,B\n", "x.csv").columns == ("[0]", "who")


def test_no_orders_are_not_enough_data(upload):
    with pytest.raises((NotEnoughData, UnreadableFile)):
        upload("[]")


VALUE = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=8).map(json.dumps),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(VALUE, min_size=2, max_size=8), form=st.sampled_from("alw"))
def test_what_was_written_is_what_is_read(values, form, upload):
    objects_ = [f'{{"n": {i}, "v": {value}}}' for i, value in enumerate(values)]
    lines = "\n".join(objects_)
    text = {"a": f"[{','.join(objects_)}]", "l": lines, "w": f'{{"x": [{",".join(objects_)}]}}'}[
        form
    ]
    expected = [json.loads(v) if v.startswith('"') else v for v in values]
    assert [row["v"] for row in cells(upload(text))] == expected
