"""Several currencies are never added up; caps and customers left out are listed."""

from datetime import date
from pathlib import Path

import pytest

import clv
from clv.errors import InvalidSettings, MixedCurrencies
from clv.intake.mapping import Mapping
from clv.intake.outliers import cap_effect
from clv.settings import Rules

pytestmark = pytest.mark.usefixtures("all_here")

MAPPING = Mapping(
    columns=(
        ("customer_id", "customer"), ("ordered_at", "date"), ("amount", "amount"),
        ("currency", "currency"),
    ),
    date_order="ymd", decimal=".",
)  # fmt: skip
EURO, POUND, BLANK = "anna,2024-01-05,20,EUR", "ben,2024-01-06,10,gbp ", "cid,2024-01-07,5,"


@pytest.fixture
def shop_of(tmp_path: Path):
    def run(*lines: str, mapping: Mapping = MAPPING, **rules) -> clv.Shop:
        path = tmp_path / f"orders-{abs(hash((lines, mapping, str(rules))))}.csv"
        path.write_text("\n".join(["customer,date,amount,currency", *lines]) + "\n", "utf-8")
        return clv.clean(clv.read(path), mapping, Rules(**rules))

    return run


def amounts(shop: clv.Shop) -> list[float]:
    return shop.transactions.order_by("row_number").amount.execute().astype(float).tolist()


def test_several_currencies_are_refused_and_named(shop_of):
    with pytest.raises(MixedCurrencies) as caught:
        shop_of(EURO, EURO, POUND)
    assert "EUR (2 rows), GBP (1 row)" in caught.value.message
    assert caught.value.currencies == ("EUR", "GBP")


def test_one_currency_is_kept_and_blank_cells_belong_to_it(shop_of):
    shop = shop_of(EURO, BLANK)
    assert (amounts(shop), shop.currency) == ([20.0, 5.0], "EUR")


def test_choosing_a_currency_leaves_the_others_and_the_unknown_out(shop_of):
    shop = shop_of(EURO, POUND, BLANK, currency="EUR")
    assert (amounts(shop), shop.currency) == ([20.0], "EUR")
    assert shop.ledger.rejected_rows()[["row_number", "reason", "value"]].values.tolist() == [
        [3, "in another currency", "GBP"],
        [4, "in another currency", ""],
    ]


def test_rates_turn_amounts_into_the_chosen_currency_and_are_listed(shop_of):
    shop = shop_of(EURO, POUND, currency="EUR", rates=(("GBP", 1.2),))
    assert amounts(shop) == [20.0, 12.0]
    row = shop.ledger.changed_rows().iloc[0]
    assert (row.row_number, row.change, row.old, row.new) == (3, "converted", "10.0000", "12.0000")


def test_rates_hold_for_what_was_paid_back_and_for_the_cost(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("customer,date,amount,currency,back,cost\nanna,2024-01-05,20,USD,4,10\n")
    mapping = MAPPING.with_roles(refunded="back", cost="cost")
    rules = Rules(currency="EUR", rates=(("USD", 0.5),))
    shop = clv.clean(clv.read(path), mapping, rules)
    assert amounts(shop) == [8.0]
    assert shop.transactions.cost.execute().tolist() == [5.0]


def test_the_currency_column_goes_before_the_mark_beside_the_amount(shop_of):
    assert shop_of("anna,2024-01-05,$20,CAD").currency == "CAD"


def test_an_unreadable_amount_is_that_in_any_currency(shop_of):
    shop = shop_of(EURO, "ben,2024-01-06,abc,GBP", currency="EUR")
    assert shop.ledger.reasons == {"impossible amount": 1}


def test_marks_beside_the_amounts_are_currencies_too(shop_of):
    without = Mapping(columns=MAPPING.columns[:3], date_order="ymd", decimal=".")
    with pytest.raises(MixedCurrencies) as caught:
        shop_of("anna,2024-01-05,€20,", "ben,2024-01-06,£5.00,", "c,2024-01-07,7 EUR,",
                mapping=without)  # fmt: skip
    assert caught.value.currencies == ("EUR", "GBP")
    assert shop_of("anna,2024-01-05,$20,", "b,2024-01-06,US$5,", mapping=without).currency == "USD"


def test_a_cap_lowers_only_what_is_above_it_and_lists_old_and_new(shop_of):
    shop = shop_of("anna,2024-01-05,20,EUR", "ben,2024-01-06,900,EUR", cap=100)
    assert amounts(shop) == [20.0, 100.0]
    row = shop.ledger.changed_rows().iloc[0]
    assert (row.row_number, row.change, row.old, row.new) == (3, "capped", "900.0000", "100.0000")


def test_customers_left_out_are_listed(shop_of):
    shop = shop_of(EURO, "wholesale,2024-01-06,9000,EUR", without=("wholesale",))
    assert shop.ledger.reasons == {"customer left out": 1}
    assert shop.ledger.rejected_rows()["value"].tolist() == ["wholesale"]


@pytest.mark.parametrize(
    "rules", [{"rates": (("GBP", 1.2),)}, {"currency": "EUR", "rates": (("GBP", 0.0),)},
              {"cap": -1.0}, {"currency": "EUR", "rates": (("GBP", float("nan")),)}],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused(rules):
    with pytest.raises(InvalidSettings):
        Rules(**rules)


def test_rules_survive_json():
    rules = Rules(
        refunds="ignore", until=date(2024, 1, 5), currency="EUR", rates=(("GBP", 1.2),),
        cap=10.0, without=("a",),
    )  # fmt: skip
    assert Rules.from_dict(rules.to_dict()) == rules


@pytest.mark.parametrize("content", [[], {"until": "soon"}, {"rates": [1]}, {"colour": "red"}])
def test_what_are_no_rules_is_refused(content):
    with pytest.raises(InvalidSettings):
        Rules.from_dict(content)


def test_what_a_cap_is_said_to_do_is_what_it_does(shop_of):
    lines = ["anna,2024-01-05,900,EUR", "anna,2024-01-07,-900,EUR", "ben,2024-01-05,300,EUR",
             ",2024-01-05,5000,EUR", "cid,2024-01-06,20,EUR"]  # fmt: skip
    before, after = shop_of(*lines), shop_of(*lines, cap=100)
    assert cap_effect(before, 100) == (3, before.ledger.revenue - after.ledger.revenue)
    assert [(str(c.change), c.rows) for c in after.ledger.changes] == [("capped", 3)]
