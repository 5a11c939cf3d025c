"""Credit notes and returns written without a minus: known by their kind, or said to be unsure."""

import json
from pathlib import Path

import pytest

import clv
from clv.intake import kinds
from clv.intake.mapping import TakesBack

pytestmark = pytest.mark.usefixtures("all_here")

KINDS = [
    ("Document type", "Invoice", "Credit note"),
    ("Belegart", "Rechnung", "Gutschrift"),
    ("Transaction Type", "Sale", "Refund"),
    ("Transaction Type", "Sale", "Return"),
    ("Vorgang", "Verkauf", "Storno"),
    ("Type de document", "Facture", "Avoir"),
    ("Tipo de documento", "Factura", "Nota de crédito"),
    ("Tipo documento", "Fattura", "Nota di credito"),
    ("Rodzaj dokumentu", "Faktura", "Korekta"),
    ("Doc", "INV", "CN"),
]


@pytest.fixture
def read(tmp_path: Path):
    """Function from the name of the column of kinds and rows to the file read."""

    def run(column: str, *rows: str, header: str = "No,Customer,Date,Amount") -> clv.RawTable:
        path = tmp_path / f"orders-{abs(hash((column, rows)))}.csv"
        path.write_text("\n".join([f"{header},{column}", *rows]) + "\n", encoding="utf-8")
        return clv.read(path)

    return run


def orders(sale: str, credit: str, back: str = "40.00") -> list[str]:
    """Three orders of each of four customers, and two refunds."""
    rows = [
        f"{1000 + 4 * month + who},c{who},2024-0{month + 1}-1{who},{60 + 7 * who}.50,{sale}"
        for month in range(3)
        for who in range(4)
    ]
    credits = [f"G{who},c{who},2024-03-2{who},{back},{credit}" for who in (1, 2)]
    return [*rows, *credits]


SALES = 3 * (60.5 + 67.5 + 74.5 + 81.5)


@pytest.mark.parametrize(("column", "sale", "credit"), KINDS)
def test_a_credit_note_without_a_minus_is_a_refund(read, column, sale, credit):
    raw = read(column, *orders(sale, credit))
    mapping = clv.suggest_mapping(raw)
    assert mapping.takes_back == (TakesBack(column=column, values=(credit,)),)
    shop = clv.clean(raw, mapping)
    assert (shop.ledger.revenue, shop.orders) == (SALES - 80, 12)
    assert shop.transactions.is_refund.sum().execute() == 2


def test_what_became_of_a_credit_note_is_listed_with_its_effect(read):
    raw = read("Belegart", *orders("Rechnung", "Gutschrift"))
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    changed = shop.ledger.changed_rows()
    assert (
        changed[["change", "column", "old", "new"]].values.tolist()
        == [["refund by its kind", "Amount", "40.00", "-40.0000"]] * 2
    )
    assert any("2 rows are refunds by their kind" in said for said in shop.in_short)
    assert any("They count as -80.00" in said for said in shop.in_short)
    assert dict(shop.revenue_by_policy)["ignore"] == SALES


def test_credit_notes_with_a_minus_stay_as_they_are(read):
    raw = read("Belegart", *orders("Rechnung", "Gutschrift", back="-40.00"))
    mapping = clv.suggest_mapping(raw)
    assert mapping.takes_back == ()
    shop = clv.clean(raw, mapping)
    assert shop.ledger.revenue == SALES - 80
    assert len(shop.in_short) == 1


def test_pieces_and_prices_get_their_minus_too(read):
    rows = [row.replace(".50,", ".50,2,") for row in orders("Sale", "Return")[:12]]
    back = "G1,c1,2024-03-21,40,1,Return"
    raw = read("Transaction type", *rows, back, header="No,Customer,Date,Unit price,Quantity")
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    assert shop.ledger.revenue == 2 * SALES - 40
    assert shop.transactions.quantity.min().execute() == -1


@pytest.mark.parametrize(
    ("column", "rows"),
    [
        ("Order status", orders("Shipped", "Returned order")),  # not known: nothing is said
        ("Payment method", orders("Card", "Credit")),
        ("Customer type", orders("New", "Returning")),
    ],
)
def test_words_that_only_sound_alike_are_left_alone(read, column, rows):
    raw = read(column, *rows)
    mapping = clv.suggest_mapping(raw)
    assert mapping.takes_back == ()
    assert len(clv.clean(raw, mapping).in_short) == 1


@pytest.mark.parametrize(
    ("column", "rows"),
    [
        ("Order status", orders("Shipped", "Return")),
        ("Note", orders("x", "Gutschrift")),
        ("Type", [*orders("Sale", "Refund"), "G9,c3,2024-03-29,-5.00,Refund"]),
        ("Type", [row.replace("c", "d") if "Refund" in row else row
                  for row in orders("Sale", "Refund")]),
    ],
    ids=["of a status", "in a column of another name", "with and without a minus", "never bought"],
)  # fmt: skip
def test_where_it_is_not_sure_it_is_said_with_what_to_do(read, column, rows):
    raw = read(column, *rows)
    mapping = clv.suggest_mapping(raw)
    assert mapping.takes_back == ()
    (said,) = (s for s in clv.clean(raw, mapping).in_short if "of the kind" in s)
    assert said.startswith("2 rows of the kind '")
    assert "count as sales. Where money went back, choose the kind under 'Rows that take" in said


def test_a_recipe_that_does_not_know_the_kinds_says_what_it_counts_as_sales(read):
    raw = read("Belegart", *orders("Rechnung", "Gutschrift"))
    content = json.loads(clv.suggest_mapping(raw).to_json())
    del content["takes_back"]
    shop = clv.clean(raw, clv.Mapping.from_json(json.dumps(content)))
    assert shop.ledger.revenue == SALES + 80
    assert "2 rows of the kind 'Gutschrift' in 'Belegart'" in " ".join(shop.in_short)


def test_the_kinds_are_kept_in_a_recipe_under_the_names_of_another_file(read):
    mapping = clv.suggest_mapping(read("Belegart", *orders("Rechnung", "Gutschrift")))
    assert clv.Mapping.from_json(mapping.to_json()) == mapping
    assert "Belegart" in mapping.needed
    assert mapping.renamed(str.upper).takes_back[0].column == "BELEGART"


def test_no_word_says_two_things():
    words = json.loads(Path(kinds.__file__).with_name("kind_words.json").read_text("utf-8"))
    listed = [word for name in ("credit", "beside_a_sale", "sale") for word in words[name]]
    assert len(set(listed)) == len(listed)
