"""Exports of known programs are recognised, and their quirks are set where the data bear it."""

import json
from pathlib import Path

import pytest

from clv import schema
from clv.intake import programs
from clv.intake.mapping import LeftOut
from clv.intake.programs import known_export
from clv.intake.sources import read
from clv.intake.suggest import suggest
from clv.intake.vocabulary import fold

EXPORTS = json.loads(Path(programs.__file__).with_name("exports.json").read_text("utf-8"))
SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Payment Method,Refunded Amount\n"
)
ORDERS = (
    "#1,a@x.example,paid,2024-01-02,EUR,30.00,2024-01-02,1,Mug,10.00,Shopify Payments,0.00\n"
    "#1,a@x.example,,,,,,2,Pen,10.00,,\n"
    "#2,b@x.example,paid,2024-01-03,EUR,10.00,2024-01-03,1,Mug,10.00,bogus,5.00\n"
)


@pytest.fixture
def suggested(tmp_path: Path, here):
    def run(text: str):
        path = tmp_path / "orders.csv"
        path.write_text(text, encoding="utf-8")
        raw = read(path)
        found = suggest(raw)
        found.mapping.check(raw)
        return found

    return run


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export["program"])
def test_every_export_is_written_in_folded_names_and_known_roles(export):
    assert set(export["roles"]) <= set(schema.ROLES)
    for words in (*export["signature"], *export["roles"].values()):
        assert [fold(word) for word in words] == words
    for rule in export.get("left_out", ()):
        assert [fold(column) for column in rule["columns"]] == rule["columns"]
        LeftOut(column="x", values=tuple(rule["values"]), why=rule.get("why", "not an order"))


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export["program"])
def test_every_signature_is_recognised_as_its_program_or_a_more_special_one(export):
    for words in export["signature"]:
        found = known_export(words)
        assert found is not None
        assert found.name == export["program"]


def test_shopify_totals_count_once_per_order_and_further_lines_go_on(suggested):
    found = suggested(SHOPIFY + ORDERS)
    assert found.program == "Shopify orders"
    assert (found.mapping.amount_of, found.mapping.continued) == ("order", True)
    assert found.mapping.column("refunded") == "Refunded Amount"
    assert found.mapping.left_out[0].column == "Payment Method"
    assert found.mapping.left_out[0].why == "test order"
    assert "bogus" in found.mapping.left_out[0].values
    assert any("first line of each order" in sentence for sentence in found.quirks)


def test_a_shopify_file_with_amounts_per_line_is_not_read_per_order(suggested):
    lines = ORDERS.replace(
        "#1,a@x.example,,,,,,", "#1,a@x.example,paid,2024-01-02,EUR,20.00,2024-01-02,"
    )
    found = suggested(SHOPIFY + lines)
    assert (found.mapping.amount_of, found.mapping.continued) == ("line", False)
    assert not any("first line" in sentence for sentence in found.quirks)


def test_paypal_rows_that_are_no_sales_are_left_out_in_german_too(suggested):
    header = "Datum,Uhrzeit,Zeitzone,Name,Typ,Status,Währung,Brutto,Gebühr,Netto,Transaktionscode"
    rows = "\n22.01.2024,10:00,CET,Ada L,Website-Zahlung,Abgeschlossen,EUR,12.50,0.50,12.00,A1\n"
    found = suggested(header + rows)
    assert found.program == "PayPal activity"
    (rule,) = found.mapping.left_out
    assert rule.column == "Typ"
    assert {"Allgemeine Währungsumrechnung", "General Withdrawal"} <= set(rule.values)
    assert found.mapping.column("amount") == "Brutto"


def test_stripe_leaves_out_tests_and_failures_and_knows_what_was_paid_back(suggested):
    header = "id,Created (UTC),Amount,Amount Refunded,Currency,Mode,Status,Customer ID,Captured,"
    header += "PaymentIntent ID,Description\n"
    row = "ch_1,2024-01-02 10:00,12.50,0.00,eur,Live,Paid,cus_1,true,pi_1,Payment\n"
    found = suggested(header + row)
    assert found.program == "Stripe payments"
    assert {rule.column for rule in found.mapping.left_out} == {"Mode", "Status", "Captured"}
    assert found.mapping.column("refunded") == "Amount Refunded"
    assert found.mapping.column("product") is None


def test_vend_uses_one_row_per_sale(suggested):
    header = "Date,Receipt Number,Line Type,Customer Code,Quantity,Total,Details,Status\n"
    row = "2024-01-02,11,Sale,C1,1,12.50,,CLOSED\n2024-01-02,11,Sale Line,,1,12.50,Mug,\n"
    (rule,) = suggested(header + row).mapping.left_out
    assert (rule.column, rule.values, rule.others) == ("Line Type", ("Sale",), True)


def test_amazon_without_buyers_says_so(real, here):
    found = suggest(read(real("layouts/amazon_seller_all_orders.tsv")))
    assert found.program == "Amazon seller orders"
    assert any("does not say who bought" in sentence for sentence in found.quirks)
    assert "customer_id" in found.unsure


def test_an_unknown_header_is_no_known_export():
    assert known_export(["customer", "date", "amount"]) is None
