"""New orders scored with a saved analysis: as if they had always been there, without a new fit."""

from dataclasses import replace
from datetime import date

import httpx
import numpy as np
import pandas as pd
import pytest

import clv
from clv import schema
from clv.analysis.scoring import score
from clv.errors import InvalidSettings, NotEnoughData
from clv.store import LOCAL, open_store, saved
from clv.valuation import look_ahead, month_ends, value_customers
from tests.api.test_problems import body
from tests.store.small_shop import HEADER, lines

SPLIT = "2024-10-01"


def shop_of(rows: list[str], path) -> clv.Shop:
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    raw = clv.read(path)
    return clv.clean(raw, clv.suggest_mapping(raw), clv.Rules())


def orders(rows: list[str]) -> list[dict[str, object]]:
    cells = [row.split(",") for row in rows]
    return [
        {"customer_id": c[0], "order_id": c[2], "ordered_at": c[3], "amount": float(c[4])}
        for c in cells
        if c[4]
    ]


@pytest.fixture(scope="module")
def halves(tmp_path_factory, served) -> tuple[clv.Analysis, list[str], clv.Analysis]:
    """The analysis until a day, the lines after it, and the analysis of all lines."""
    folder = tmp_path_factory.mktemp("halves")
    early = [row for row in lines() if row.split(",")[3] < SPLIT]
    late = [row for row in lines() if row.split(",")[3] >= SPLIT]
    settings = clv.Settings(margin=0.3, model="BG/NBD")
    before = clv.analyse(shop_of(early, folder / "early.csv"), settings)
    return before, late, clv.analyse(shop_of(lines(), folder / "all.csv"), settings)


@pytest.fixture(scope="module")
def before_id(halves) -> str:
    return saved.save(open_store(), LOCAL, halves[0], name="Before").id


def test_the_values_are_those_of_the_whole_history_under_the_saved_models(
    api, halves, before_id
) -> None:
    before, late, whole = halves
    answer = api.post(f"/analyses/{before_id}/score", json={"orders": orders(late)})
    found = pd.DataFrame(answer.json()["customers"]).set_index("customer_id")
    # The other way: the customers of the whole file, valued by the models of the first part.
    day = max(row.split(",")[3] for row in late)
    everyone = whole.prepared.customers
    look = look_ahead(
        everyone,
        before.model.purchases,
        before.model.spend,
        month_ends(date.fromisoformat(day), 12),
    )
    valuation = value_customers(
        look,
        horizon_months=12,
        annual_discount=0.10,
        margin=0.3,
        coverage=0.8,
        window_days=(date.fromisoformat(day) - before.shop.first).days,
    )
    expected = everyone.assign(predicted_clv=valuation.value, p_alive=look.p_alive)
    expected = expected.set_index("customer_id").loc[found.index]
    assert set(found.index) == {row["customer_id"] for row in orders(late)}
    for name in (*("frequency", "recency", "T", "orders", "revenue"), "predicted_clv", "p_alive"):
        np.testing.assert_allclose(
            found[name].to_numpy(float), expected[name].to_numpy(float), rtol=1e-9, err_msg=name
        )


def test_csv_and_json_come_to_the_same(api, halves, before_id) -> None:
    late = orders(halves[1])[:40]
    text = "customer_id,ordered_at,amount,order_id\n" + "".join(
        f"{o['customer_id']},{o['ordered_at']},{o['amount']},{o['order_id']}\n" for o in late
    )
    sent = api.post(
        f"/analyses/{before_id}/score", content=text, headers={"content-type": "text/csv"}
    )
    assert sent.json() == api.post(f"/analyses/{before_id}/score", json={"orders": late}).json()


def test_a_customer_who_is_new_begins_with_the_new_orders(api, before_id) -> None:
    new = [
        {"customer_id": "N1", "ordered_at": "2024-10-02", "amount": 20},
        {"customer_id": "N1", "ordered_at": "2024-10-12", "amount": 30.5},
        {"customer_id": "N1", "ordered_at": "2024-10-12", "amount": -0.5},
    ]
    (one,) = api.post(f"/analyses/{before_id}/score", json={"orders": new}).json()["customers"]
    assert (one["frequency"], one["recency"], one["T"]) == (1, 10, 10)
    assert (one["revenue"], one["monetary"]) == (50.0, 30.0)
    assert one["predicted_clv_low"] <= one["predicted_clv"] <= one["predicted_clv_high"]


def test_later_days_lower_the_chance_that_somebody_is_still_there(api, before_id) -> None:
    new = [
        {"customer_id": "N1", "ordered_at": f"2024-10-{day:02d}", "amount": 20}
        for day in (2, 9, 16)
    ]

    def p_alive(day: str) -> float:
        asked = {"day": day}
        answer = api.post(f"/analyses/{before_id}/score", json={"orders": new}, params=asked)
        return answer.json()["customers"][0]["p_alive"]

    assert p_alive("2024-10-16") > p_alive("2024-12-31") > p_alive("2025-12-31")


def test_nothing_is_kept_of_what_is_scored(api, before_id, small_id) -> None:
    before = api.get(f"/analyses/{before_id}/customers").text
    new = [{"customer_id": "C001", "ordered_at": "2024-12-02", "amount": 999}]
    api.post(f"/analyses/{before_id}/score", json={"orders": new})
    assert api.get(f"/analyses/{before_id}/customers").text == before


def test_rows_that_are_no_orders_are_told(api, before_id) -> None:
    text = "customer_id,ordered_at,amount\nC001,2024-12-02,5\nC002,someday,5\n,2024-12-02,5\n"
    said = api.post(
        f"/analyses/{before_id}/score", content=text, headers={"content-type": "text/csv"}
    ).json()
    assert [one["customer_id"] for one in said["customers"]] == ["C001"]
    assert sum(said["left_out"].values()) == 2


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("application/json", '{"orders": []}', 422),
        ("application/json", '{"orders": [{"customer_id": "a"}]}', 422),
        ("application/json", "{", 422),
        ("text/csv", "a,b\n1,2\n", 422),
        ("text/csv", "customer_id,ordered_at,amount\n", 422),
        ("text/csv", "\x00\x01", 422),
        ("text/plain", "customer_id,ordered_at,amount\nA,2024-12-02,1\n", 415),
    ],
)
def test_what_is_no_list_of_orders_is_refused_in_words(api, before_id, kind, content, status):
    answer = api.post(
        f"/analyses/{before_id}/score", content=content, headers={"content-type": kind}
    )
    assert answer.status_code == status
    body(answer)


def test_a_day_before_the_last_order_is_refused(halves, tmp_path) -> None:
    before, late, _ = halves
    new = shop_of(late, tmp_path / "late.csv")
    with pytest.raises(InvalidSettings, match="before the last order"):
        score(before, new, date(2024, 10, 2))


def test_without_a_model_or_single_orders_there_is_no_score(halves, tmp_path) -> None:
    before, late, _ = halves
    new = shop_of(late, tmp_path / "late.csv")
    gone = replace(before.model, purchases=None, spend=None, problem=None)
    with pytest.raises(NotEnoughData, match="no model"):
        score(replace(before, prepared=replace(before.prepared, model=gone)), new)
    rows = replace(before.shop, transactions_path=None)
    with pytest.raises(NotEnoughData, match="one row per customer"):
        score(replace(before, prepared=replace(before.prepared, shop=rows)), new)


def test_no_file_is_left_behind(api: httpx.Client, before_id, served) -> None:
    from clv.engine import workspace

    new = [{"customer_id": "C001", "ordered_at": "2024-12-02", "amount": 1}]
    api.post(f"/analyses/{before_id}/score", json={"orders": new})
    assert not list(workspace().glob(".scoring-*"))
    assert schema.CUSTOMER_ID
