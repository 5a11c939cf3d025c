"""The customers of an analysis over the wire: the same as in the library, page by page."""

import io
import json

import httpx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clv
from clv import schema
from clv.api.paging import SORTS, Sort
from clv.errors import InvalidSettings
from clv.exports import to_csv


def plain(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as JSON has them, by another way than the API's."""
    text = frame.assign(
        **{
            name: frame[name].dt.strftime("%Y-%m-%d")
            for name in frame.select_dtypes("datetime").columns
        }
    ).to_json(orient="records", double_precision=15)
    return json.loads(text)


def pages(api: httpx.Client, address: str, **asked: object) -> list[dict[str, object]]:
    found, after = [], None
    for _ in range(100):
        told = {**asked, **({"after": after} if after else {})}
        page = api.get(address, params=told).raise_for_status().json()
        found += page["customers"]
        after = page["after"]
        if after is None:
            return found
    raise AssertionError("the pages do not end")


def test_every_customer_is_sent_with_every_figure_of_the_library(api, small, small_id) -> None:
    sent = pages(api, f"/analyses/{small_id}/customers", limit=7)
    expected = plain(small.customers())
    assert [list(one) for one in sent] == [list(one) for one in expected]
    for one, other in zip(sent, expected, strict=True):
        for name, value in other.items():
            assert one[name] == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 13, 1000])
def test_pages_put_together_are_the_whole_list_in_order(api, small, small_id, sort, limit) -> None:
    if limit == 1 and sort not in ("customer_id", "-predicted_clv", "monetary"):
        pytest.skip("enough with three")
    sent = pages(api, f"/analyses/{small_id}/customers", limit=limit, sort=sort)
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    expected = small.frame.sort_values(schema.CUSTOMER_ID, ascending=True)
    expected = expected.sort_values(name, ascending=not falling, kind="stable", na_position="last")[
        schema.CUSTOMER_ID
    ]
    assert [one[schema.CUSTOMER_ID] for one in sent] == expected.tolist()


@given(
    values=st.lists(st.sampled_from([0.0, -1.5, 2.0, np.nan, np.inf]), min_size=1, max_size=12),
    falling=st.booleans(),
    gone=st.integers(0, 11),
)
def test_the_page_after_a_customer_that_is_gone_begins_where_it_would_have(
    values, falling, gone
) -> None:
    frame = pd.DataFrame(
        {
            schema.CUSTOMER_ID: [f"C{i:02d}" for i in range(len(values))],
            schema.REVENUE: values,
        }
    )
    sort = Sort(schema.REVENUE, falling)
    ordered = sort.order(frame, np.arange(len(frame)))
    at = gone % len(frame)
    cursor = sort.cursor(frame, int(ordered[at]))
    rest = frame.drop(index=ordered[at]).reset_index(drop=True)
    left = sort.after(rest, sort.order(rest, np.arange(len(rest))), cursor)
    expected = frame[schema.CUSTOMER_ID].to_numpy()[ordered[at + 1 :]]
    assert rest[schema.CUSTOMER_ID].to_numpy()[left].tolist() == expected.tolist()


@settings(max_examples=200)
@given(cursor=st.text(max_size=40))
def test_a_cursor_that_is_none_is_refused_in_words(cursor: str) -> None:
    frame = pd.DataFrame({schema.CUSTOMER_ID: ["a"], schema.REVENUE: [1.0]})
    with pytest.raises(InvalidSettings, match="cursor"):
        Sort(schema.REVENUE, falling=False).after(frame, np.arange(1), cursor)


def test_a_cursor_of_another_order_is_refused(api, small_id) -> None:
    address = f"/analyses/{small_id}/customers"
    after = api.get(address, params={"limit": 1, "sort": "orders"}).json()["after"]
    answer = api.get(address, params={"after": after, "sort": "revenue"})
    assert answer.status_code == 422
    assert "cursor" in answer.json()["error"]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"tier": "A"}, lambda f: f.tier == "A"),
        ({"tier": ["A", "C"]}, lambda f: f.tier.isin(["A", "C"])),
        ({"tier": "A", "status": "Active"}, lambda f: (f.tier == "A") & (f.status == "Active")),
        ({"segment": "Champions"}, lambda f: f.segment == "Champions"),
        ({"min_value": 5}, lambda f: f.predicted_clv >= 5),
        ({"where": "Orders at least: 5"}, lambda f: f.orders >= 5),
        (
            {"where": ["Tier is not: A", "Orders at most: 9"]},
            lambda f: (f.tier != "A") & (f.orders <= 9),
        ),
        (
            {"where": "Days since last order at most: 60"},
            lambda f: (f.last_order.max() - f.last_order).dt.days <= 60,
        ),
        ({"segment": "No such segment"}, lambda f: f.orders < 0),
    ],
)
def test_a_filter_keeps_who_fulfils_it(api, small: clv.Analysis, small_id, asked, kept) -> None:
    sent = api.get(f"/analyses/{small_id}/customers", params=asked).json()
    expected = small.frame[kept(small.frame)][schema.CUSTOMER_ID].tolist()
    assert [one[schema.CUSTOMER_ID] for one in sent["customers"]] == expected
    assert sent["count"] == len(expected)


def test_a_condition_that_is_none_is_refused_with_the_fields(api, small_id) -> None:
    answer = api.get(f"/analyses/{small_id}/customers", params={"where": "Shoe size: 43"})
    assert answer.status_code == 422
    assert "Shoe size: 43" in answer.json()["error"]
    assert "Net revenue" in answer.json()["hint"]


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_page_has_one_to_a_thousand_customers(api, small_id, limit: str) -> None:
    answer = api.get(f"/analyses/{small_id}/customers", params={"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("The request cannot be understood: query.limit")


def test_all_customers_come_as_one_csv_or_parquet(api, small, small_id, monkeypatch) -> None:
    monkeypatch.setattr("clv.api.customers.AT_A_TIME", 7)
    frame = small.customers().sort_values(["revenue", "customer_id"], ascending=[False, True])
    asked = {"sort": "-revenue"}
    csv = api.get(f"/analyses/{small_id}/customers", params={**asked, "format": "csv"})
    assert csv.content == to_csv(frame, machine=True)
    assert csv.headers["content-disposition"] == 'attachment; filename="customers.csv"'
    parquet = api.get(f"/analyses/{small_id}/customers", params={**asked, "format": "parquet"})
    back = pd.read_parquet(io.BytesIO(parquet.content))
    assert to_csv(back, machine=True) == csv.content


def test_an_empty_list_is_a_file_with_a_header(api, small, small_id) -> None:
    for kind, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        answer = api.get(f"/analyses/{small_id}/customers", params={"format": kind, "tier": "none"})
        found = read(io.BytesIO(answer.content))
        assert len(found) == 0
        assert list(found.columns) == list(small.customers().columns)


def test_one_customer_is_found_by_the_exact_id(api, small, small_id) -> None:
    one = api.get(f"/analyses/{small_id}/customers/C007").json()
    expected = plain(small.customers())
    assert one == pytest.approx(next(row for row in expected if row["customer_id"] == "C007"))
    for other in ("c007", "C00", "C007x", "zzz", "a/b", "%0a"):
        assert api.get(f"/analyses/{small_id}/customers/{other}").status_code == 404
