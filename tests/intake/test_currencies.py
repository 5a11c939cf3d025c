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


UNNAMED = Mapping(columns=MAPPING.columns[:3], date_order="ymd", decimal=".")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("EUR10.00", "EUR"), ("10.00EUR", "EUR"), ("eur 10", "EUR"), ("10 Euro", "EUR"),
        ("US$10.00", "USD"), ("US $10", "USD"), ("$US10", "USD"), ("$10.00", "USD"),
        ("HK$10.00", "HKD"), ("CA$10", "CAD"), ("C$10", "CAD"), ("$10.00 CAD", "CAD"),
        ("10.00 $ CA", "CAD"), ("CAD$10", "CAD"), ("AU$10", "AUD"), ("A $10", "AUD"),
        ("NZ$10", "NZD"), ("S$10", "SGD"), ("MX$10", "MXN"), ("R$ 10.00", "BRL"),
        ("kr 10", "SEK"), ("10.00 kr.", "SEK"), ("CHF10.00", "CHF"), ("Fr. 10", "CHF"),
        ("€-10.00", "EUR"), ("(£10.00)", "GBP"), ("10 zł", "PLN"), ("RM10.00", "MYR"),
        ("XY$10", "XY$"),
    ],
)  # fmt: skip
def test_a_mark_beside_an_amount_is_no_part_of_it_and_names_the_currency(shop_of, written, code):
    shop = shop_of(f"anna,2024-01-05,{written},", "anna,2024-01-01,99,", mapping=UNNAMED)
    sold = -10.0 if written[:2] in ("€-", "(£") else 10.0
    assert (amounts(shop), shop.currency) == ([sold, 99.0], code)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("EUR10", "USD10"), ("CA$10", "A$10"), ("AU$10", "US$10"), ("$10", "HK$10"),
        ("$10", "CA$10"), ("$10", "US$10"), ("$10", "10 USD"), ("$10 USD", "$10 CAD"),
        ("kr 10", "SEK 10"), ("kr 10", "NOK 10"), ("£10", "10 euros"), ("¥10", "JP¥10"),
        ("XY$10", "XZ$10"),
    ],
)  # fmt: skip
def test_different_marks_are_different_currencies(shop_of, one, other):
    with pytest.raises(MixedCurrencies) as caught:
        shop_of(f"anna,2024-01-05,{one},", f"ben,2024-01-06,{other},", mapping=UNNAMED)
    assert len(caught.value.currencies) == 2


@pytest.mark.parametrize(
    ("one", "other"), [("€10", "10 EUR"), ("C$10", "CA$10"), ("$10 CAD", "CAD 10")]
)
def test_one_currency_may_be_written_in_several_ways(shop_of, one, other):
    lines = (f"anna,2024-01-05,{one},", f"ben,2024-01-06,{other},")
    assert amounts(shop_of(*lines, mapping=UNNAMED)) == [10.0, 10.0]


def test_a_sign_of_several_currencies_is_that_of_the_codes_it_stands_with(shop_of):
    shop = shop_of("anna,2024-01-05,$20,CAD", "anna,2024-01-06,$5,")
    assert (amounts(shop), shop.currency) == ([20.0, 5.0], "CAD")
    with pytest.raises(MixedCurrencies):
        shop_of("anna,2024-01-05,$20,CAD", "ben,2024-01-06,$5,USD", "cid,2024-01-06,$5,")


def test_a_sign_may_be_chosen_and_given_a_rate(shop_of):
    lines = ("anna,2024-01-05,$20,", "ben,2024-01-06,US$5,")
    rules = {"currency": "USD", "rates": (("$", 0.1),)}
    assert amounts(shop_of(*lines, mapping=UNNAMED, **rules)) == [2.0, 5.0]


def test_the_price_says_the_currency_where_the_amount_does_not(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("customer,date,amount,price,pieces\nanna,2024-01-05,20,€10,2\n"
                    "ben,2024-01-06,5,$5,1\n", "utf-8")  # fmt: skip
    raw = clv.read(path)
    with pytest.raises(MixedCurrencies):
        clv.clean(raw, UNNAMED.with_roles(unit_price="price", quantity="pieces"))
    with pytest.raises(MixedCurrencies):
        clv.clean(raw, UNNAMED.with_roles(amount=None, unit_price="price", quantity="pieces"))


def test_a_row_without_a_mark_has_the_currency_of_its_order(tmp_path):
    path = tmp_path / "marks.csv"
    path.write_text(
        "order,customer,date,price,total\n1,anna,2024-01-05,30,€100\n1,anna,2024-01-05,70,\n"
        "2,ben,2024-01-06,30,$50\n", "utf-8",
    )  # fmt: skip
    mapping = Mapping(
        columns=(("customer_id", "customer"), ("ordered_at", "date"), ("order_id", "order"),
                 ("amount", "total"), ("unit_price", "price")),
        date_order="ymd", decimal=".", amount_of="order",
    )  # fmt: skip
    shop = clv.clean(clv.read(path), mapping, Rules(currency="EUR"))
    assert amounts(shop) == [30.0, 70.0]
    assert shop.ledger.reasons == {"in another currency": 1}


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
