"""The suggested mapping is right, without a correction, on real files and common exports."""

from pathlib import Path

import pytest

from benchmarks.layout_cases import layouts
from clv import engine, schema
from clv.errors import AmbiguousFormat, InvalidMapping
from clv.intake.casting import typed
from clv.intake.evidence import Evidence
from clv.intake.mapping import Mapping
from clv.intake.programs import known_export
from clv.intake.relations import order_consistency, product_share
from clv.intake.sources import ReadOptions, read
from clv.intake.suggest import suggest, suggest_mapping
from clv.intake.vocabulary import fold, likeness

REAL = {
    "online_retail/online_retail.csv.gz": {
        "customer_id": "CustomerID", "ordered_at": "InvoiceDate", "order_id": "InvoiceNo",
        "quantity": "Quantity", "unit_price": "UnitPrice", "product_id": "StockCode",
        "product": "Description", "country": "Country",
    },
    "cdnow/CDNOW_master.txt": {
        "customer_id": "customer_id", "ordered_at": "date", "amount": "dollar_value",
        "quantity": "number_of_cds",
    },
    "cdnow/CDNOW_sample.txt": {
        "customer_id": "Column 2", "ordered_at": "Column 3", "amount": "Column 5",
        "quantity": "Column 4",
    },
    "apparel/apparelTrans.csv": {"customer_id": "Id", "ordered_at": "Date", "amount": "Price"},
    "superstore/Sample - Superstore.xls": {
        "customer_id": "Customer ID", "ordered_at": "Order Date", "order_id": "Order ID",
        "amount": "Sales", "quantity": "Quantity", "product_id": "Product ID",
        "product": "Product Name", "category": "Category", "subcategory": "Sub-Category",
        "country": "Country",
    },
    "classic_models/sales_data_sample.csv": {
        "customer_id": "CUSTOMERNAME", "ordered_at": "ORDERDATE", "order_id": "ORDERNUMBER",
        "amount": "SALES", "quantity": "QUANTITYORDERED", "unit_price": "PRICEEACH",
        "product_id": "PRODUCTCODE", "category": "PRODUCTLINE", "country": "COUNTRY",
        "order_status": "STATUS",
    },
}  # fmt: skip
SUMS = {  # rows, customers, revenue: known of these files
    "online_retail/online_retail.csv.gz": (541_909, 4372, 9747747.934),
    "cdnow/CDNOW_master.txt": (69_659, 23_570, 2500315.63),
    "apparel/apparelTrans.csv": (3187, 600, 124356.90),
    "superstore/Sample - Superstore.xls": (9994, 793, 2297200.8603),
    "classic_models/sales_data_sample.csv": (2823, 92, 10032628.85),
}


@pytest.mark.parametrize("file", REAL)
def test_real_files_need_no_correction(real, file: str):
    raw = read(real(file))
    mapping = suggest_mapping(raw)
    assert mapping.roles == REAL[file]
    mapping.check(raw)
    assert mapping.date_order == ("mdy" if "classic" in file else "ymd")
    if file in SUMS:
        rows = typed(raw.table(engine.connect()), raw, mapping)
        found = rows.aggregate(
            rows=rows.ordered_at.count(), who=rows.customer_id.nunique(), sum=rows.amount.sum()
        ).execute()
        assert (*found.iloc[0, :2], float(found.iloc[0, 2])) == pytest.approx(SUMS[file])


def test_the_supermarket_file_needs_no_correction(real, here, tmp_path: Path):
    """Its first 50,000 rows: the header and the kinds of values are those of all."""
    import gzip

    with gzip.open(real("dunnhumby/dunnhumby_48_weeks.csv.gz"), "rt") as whole:
        lines = [line for line, _ in zip(whole, range(50_001), strict=False)]
    (tmp_path / "part.csv").write_text("".join(lines))
    mapping = suggest_mapping(read(tmp_path / "part.csv"))
    assert mapping.roles == {
        "customer_id": "CUST_CODE", "ordered_at": "SHOP_DATE", "order_time": "SHOP_HOUR",
        "order_id": "BASKET_ID", "amount": "SPEND", "quantity": "QUANTITY",
        "product_id": "PROD_CODE", "category": "PROD_CODE_40", "subcategory": "PROD_CODE_30",
        "channel": "STORE_FORMAT", "country": "STORE_REGION",
    }  # fmt: skip
    assert mapping.attributes == (
        "seg_1", "seg_2", "BASKET_SIZE", "BASKET_PRICE_SENSITIVITY", "BASKET_TYPE",
        "BASKET_DOMINANT_MISSION", "PROD_CODE_10", "PROD_CODE_20",  # these two group products
    )  # fmt: skip


def test_a_table_of_customers_is_not_taken_for_orders(real, here):
    for file in ("cdnow/cdnow_customers_summary_with_transactions.csv", "flo/flo_data_20k.csv.gz"):
        raw = read(real(file))
        with pytest.raises(InvalidMapping):
            suggest_mapping(raw).check(raw)


LAYOUTS = {
    "woocommerce_template.csv": {
        "customer_id": "Billing Email", "ordered_at": "Order Date", "order_id": "Order Number",
        "amount": "Order Total", "quantity": "Item Quantity", "product": "Item Name",
        "country": "Billing Country", "order_status": "Order Status",
    },
    "shopify_orders_continuation_rows.csv": {
        "customer_id": "Email", "ordered_at": "Created at", "order_id": "Name", "amount": "Total",
        "quantity": "Lineitem quantity", "unit_price": "Lineitem price",
        "discount": "Discount Amount", "product_id": "Lineitem SKU", "product": "Lineitem name",
        "channel": "Source", "country": "Shipping Country", "order_status": "Financial Status",
        "currency": "Currency",
    },
    "etsy_sold_order_items_us.csv": {
        "customer_id": "Buyer", "ordered_at": "Sale Date", "order_id": "Order ID",
        "amount": "Item Total", "quantity": "Quantity", "unit_price": "Price",
        "discount": "Discount Amount", "product_id": "Listing ID", "product": "Item Name",
        "channel": "Order Type", "country": "Ship Country", "currency": "Currency",
    },
    "square_items_detail.csv": {
        "customer_id": "Customer ID", "ordered_at": "Date", "order_time": "Time",
        "order_id": "Transaction ID", "amount": "Net Sales", "quantity": "Qty",
        "discount": "Discounts", "product_id": "SKU", "product": "Item", "category": "Category",
        "channel": "Location", "order_status": "Event Type",
    },
    "amazon_seller_all_orders.tsv": {
        "ordered_at": "purchase-date", "order_id": "amazon-order-id", "amount": "item-price",
        "quantity": "quantity", "discount": "item-promotion-discount", "product_id": "sku",
        "product": "product-name", "channel": "sales-channel", "country": "ship-country",
        "order_status": "order-status", "currency": "currency",
    },
    "paypal_us.csv": {
        "customer_id": "Name", "ordered_at": "Date", "order_time": "Time",
        "order_id": "Transaction ID", "amount": "Gross", "order_status": "Status",
        "currency": "Currency",
    },
    "es_semicolon.csv": {
        "customer_id": "Cliente", "ordered_at": "Fecha", "amount": "Importe",
        "product": "Descripción",
    },
    "pt_br_semicolon_decimal_comma.csv": {
        "customer_id": "CLIENTE", "ordered_at": "DATA", "order_id": "ID_LANCAMENTO",
        "amount": "VALOR_RS", "category": "CATEGORIA", "order_status": "STATUS",
    },
    "fr_orders_decimal_comma.csv": {
        "order_id": "commande", "quantity": "quantité", "unit_price": "prix",
        "product": "produit", "country": "pays",
    },
    "de_xentral_belegimport.csv": {
        "customer_id": "beleg_kundennummer", "order_id": "beleg_belegnr",
        "quantity": "artikel_menge", "unit_price": "artikel_preis",
        "product_id": "artikel_nummer", "product": "artikel_bezeichnung",
    },
}  # fmt: skip


@pytest.mark.parametrize("file", LAYOUTS)
def test_common_exports_need_no_correction(real, here, file: str):
    raw = read(real(f"layouts/{file}"))
    found = suggest(raw)
    assert found.mapping.roles == LAYOUTS[file]
    assert set(found.confidence) == set(found.examples) == set(found.mapping.roles)
    assert found.mapping.decimal == ("," if "comma" in file else ".")


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("shopify_full_79_columns_HEADER_ONLY.csv", {"customer_id": "Email", "amount": "Total"}),
        ("stripe_payments_HEADER_ONLY.csv", {"customer_id": "Customer ID", "order_id": "id"}),
    ],
)
def test_known_exports_are_known_by_their_header(real, name: str, roles: dict[str, str]):
    header = real(f"layouts/{name}").read_text(encoding="utf-8").strip().split(",")
    found = {role: columns[0] for role, columns in known_export(header).roles.items()}
    assert roles.items() <= found.items()


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Kunden-Nr.", "customer_id"), ("Код клиента", "customer_id"), ("顧客番号", "customer_id"),
        ("客户 ID", "customer_id"), ("Member #", "customer_id"), ("id_client", "customer_id"),
        ("Bestelldatum", "ordered_at"), ("date_achat", "ordered_at"), ("注文日", "ordered_at"),
        ("order date (local)", "ordered_at"), ("订单日期", "ordered_at"),
        ("Rechnungsbetrag", "amount"), ("Sales (EUR)", "amount"), ("銷售額", "amount"),
        ("Сумма", "amount"), ("montant_ttc", "amount"), ("gross_amount", "amount"),
        ("Stückpreis", "unit_price"), ("Prezzo unitario", "unit_price"),
        ("Anzahl", "quantity"), ("数量", "quantity"), ("Aantal", "quantity"),
        ("Warengruppe", "category"), ("子类别", "subcategory"), ("国家/地区", "country"),
        ("Artikelnr.", "product_id"), ("商品名称", "product"), ("Factuurnummer", "order_id"),
    ],
)  # fmt: skip
def test_headers_are_understood_in_many_languages(name: str, role: str):
    scores = {other: likeness(name, other) for other in schema.ROLES}
    assert max(scores, key=lambda other: scores[other]) == role
    assert scores[role] > 0.6


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Shipping total", "amount"), ("Tax amount", "amount"), ("Customer since", "ordered_at"),
        ("Ship Date", "ordered_at"), ("Delivery date", "ordered_at"),
        ("Customer city", "customer_id"),
        ("Order status", "order_id"), ("Discount code", "discount"), ("Unit cost", "amount"),
    ],
)  # fmt: skip
def test_names_that_only_sound_alike_are_left(name: str, role: str):
    assert likeness(name, role) < 0.55


@pytest.mark.parametrize(
    ("name", "words"),
    [("CustomerID", "customer id"), ("Bestell-Nr.", "bestell nr"), ("LINE_Total", "line total"),
     ("  Größe (EUR) ", "grosse"), ("Numéro", "numero")],
)  # fmt: skip
def test_headers_are_folded_to_plain_words(name: str, words: str):
    assert fold(name) == words


def test_product_codes_are_no_order_numbers():
    codes = Evidence.of(["85123A", "71053", "85123A", "71053"])
    who = Evidence.of(["C1", "C1", "C2", "C2"])
    orders = Evidence.of(["1", "1", "2", "2"])
    assert order_consistency(codes, [who]) == 0
    assert order_consistency(orders, [who]) == 1


def test_a_product_of_two_columns_is_seen():
    amount, quantity, price = (Evidence.of(v) for v in (["6.00", "2.5"], ["3", "2"], ["2", "1.25"]))
    assert product_share(quantity, price, amount) == 1
    assert product_share(quantity, price, quantity) == 0


def test_ambiguous_dates_are_left_to_the_user(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    path.write_text("client,date,total\n" + "C1,01/02/2021,12.50\nC2,03/04/2021,7.00\n" * 9)
    raw = read(path)
    mapping = suggest_mapping(raw)
    assert mapping.date_order is None
    with pytest.raises(AmbiguousFormat, match="'date' have two readings"):
        mapping.check(raw)


def test_columns_of_few_words_are_kept_as_attributes(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    lines = [f"C{i},2021-01-{i + 10},{i}.50,{'gold' if i % 3 else 'tin'},n{i}\n" for i in range(18)]
    path.write_text("customer,date,amount,level,remark\n" + "".join(lines))
    assert suggest_mapping(read(path)).attributes == ("level",)


def test_price_without_a_quantity_is_the_amount_and_with_one_it_is_not(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,price\nC1,2021-01-15,2.50\nC2,2021-01-16,3.50\n")
    assert suggest_mapping(read(path)).column("amount") == "price"
    path.write_text("customer,date,price,qty,x\n" + "C1,2021-01-15,2.50,3,7.50\n" * 3)
    roles = suggest_mapping(read(path)).roles
    assert (roles["unit_price"], roles["quantity"], roles["amount"]) == ("price", "qty", "x")


@pytest.mark.parametrize("name", ["Unit cost", "Cost price", "cost per item", "Shipping cost"])
def test_a_cost_that_is_not_of_the_whole_line_is_not_suggested_as_cost(name):
    assert likeness(name, "cost") == 0.0
    assert likeness("Cost", "cost") == 1.0


def layout(name: str, tmp_path: Path):
    """A layout of the benchmark as a raw table, with its truth."""
    case = next(case for case in layouts() if case.name == name)
    path = tmp_path / f"{name}.csv"
    path.write_text(case.text(), encoding="utf-8")
    return read(path, ReadOptions(header=case.header, encoding="utf-8")), case


@pytest.mark.parametrize(
    "name",
    [
        "cryptic_columns", "no_header_pos", "misleading_id", "misleading_customer",
        "several_dates", "sap_vbap_dump", "cafe24_kr", "softone_gr", "excel_serials",
    ],
)  # fmt: skip
def test_hard_layouts_need_no_correction(tmp_path: Path, here, name: str):
    raw, case = layout(name, tmp_path)
    roles = suggest(raw).mapping.roles
    for role, columns in case.truth.items():
        if role not in case.optional:
            assert roles.get(role) in columns, role


@pytest.mark.parametrize(
    ("name", "amount_of", "continued"),
    [
        ("order_total_repeated", "order", False), ("continued_manual", "order", True),
        ("both_totals", "line", False), ("kasse_de", "line", False), ("dinero_dk", "line", False),
    ],
)  # fmt: skip
def test_totals_of_orders_are_told_from_amounts_of_lines(
    tmp_path: Path, here, name: str, amount_of: str, continued: bool
):
    raw, _ = layout(name, tmp_path)
    mapping = suggest(raw).mapping
    assert (mapping.amount_of, mapping.continued) == (amount_of, continued)
    mapping.check(raw)


def test_lines_of_equal_price_are_no_order_totals(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    rows = [f"{i // 2},C{i % 7 + i // 2},2021-01-{i // 2 % 28 + 1:02},P{i},9.90" for i in range(60)]
    path.write_text("order,customer,date,sku,amount\n" + "\n".join(rows) + "\n")
    assert suggest_mapping(read(path)).amount_of == "line"


def test_a_price_that_grows_with_the_pieces_is_that_of_the_line(tmp_path: Path, here):
    rows = [(i % 5 + 1, (i % 5 + 1) * (1 + i % 3)) for i in range(80)]
    lines = [
        f"C{i % 9},2021-01-{i % 28 + 1:02},{pieces},{price}.50"
        for i, (pieces, price) in enumerate(rows)
    ]
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,qty,price\n" + "\n".join(lines) + "\n")
    found = suggest(read(path))
    assert found.mapping.column("amount") == "price"
    assert found.mapping.column("unit_price") is None
    assert "amount" in found.unsure


def test_what_is_said_by_values_alone_is_to_be_looked_over(tmp_path: Path, here):
    raw, _ = layout("cryptic_columns", tmp_path)
    found = suggest(raw)
    assert all(share < 0.95 for share in found.confidence.values())
    assert found.why["ordered_at"].startswith("Column 'Field4' by its values")


def test_clear_names_that_values_bear_out_are_sure(real, here):
    found = suggest(read(real("superstore/Sample - Superstore.xls")))
    assert found.unsure == ()
    needed = ("customer_id", "ordered_at", "order_id", "amount")
    assert min(found.confidence[role] for role in needed) > 0.9
    assert found.why["order_id"] == (
        "Named 'Order ID'; 100\N{NO-BREAK SPACE}% of its numbers that repeat stand with one "
        "customer and one day."
    )
    assert set(found.why) == set(found.mapping.roles)


def test_needed_roles_without_a_column_are_unsure_and_have_alternatives(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    path.write_text("order date,paid at,total\n2021-01-15,2021-01-16,2.50\n")
    found = suggest(read(path))
    assert found.unsure == ("customer_id",)
    assert found.missing == ("customer_id",)
    ((column, share),) = found.alternatives["ordered_at"]
    assert column == "paid at"
    assert share + found.confidence["ordered_at"] <= 1


def test_a_constant_date_is_that_of_the_export(tmp_path: Path, here):
    rows = [f"2024-05-05,C{i % 9},2021-02-{i % 28 + 1:02},{i}.50\n" for i in range(40)]
    path = tmp_path / "orders.csv"
    path.write_text("date,customer,xyzzy,amount\n" + "".join(rows))
    assert suggest_mapping(read(path)).column("ordered_at") == "xyzzy"


def test_a_date_that_is_constant_only_in_the_first_rows_stays(tmp_path: Path, here):
    rows = [f"2021-01-0{i // 3500 + 1},C{i % 99},{i % 50}.50,2021-01-09\n" for i in range(4000)]
    path = tmp_path / "orders.csv"
    path.write_text("order date,customer,amount,ship date\n" + "".join(rows))
    assert suggest_mapping(read(path)).column("ordered_at") == "order date"


RECIPE = Mapping(
    columns=(("customer_id", "b"), ("ordered_at", "date"), ("amount", "a")),
    date_order="dmy",
    decimal=".",
)


def test_a_recipe_used_before_is_taken_when_its_columns_are_there(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    path.write_text("a,b,date,amount\n" + "2.50,7,01/02/2021,9.50\n1.25,8,03/02/2021,9.75\n" * 9)
    raw = read(path)
    assert suggest(raw).mapping.column("amount") == "amount"
    found = suggest(raw, [RECIPE.with_roles(amount="elsewhere"), RECIPE])
    assert found.mapping == RECIPE
    assert found.confidence == {"customer_id": 1.0, "ordered_at": 1.0, "amount": 1.0}
    assert found.why["amount"] == "As in the recipe used before."
    assert found.unsure == ()


def test_a_recipe_that_the_data_contradict_is_not_taken(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    path.write_text("a,b,date,amount\n2.50,7,01/22/2021,9.50\n1.25,8,03/02/2021,9.75\n")
    assert suggest_mapping(read(path), [RECIPE]).column("amount") == "amount"  # month first
    path.write_text("a,b,date,amount\nx,7,22/01/2021,9.50\ny,8,03/02/2021,9.75\n")
    assert suggest_mapping(read(path), [RECIPE]).column("amount") == "amount"  # no numbers


def test_an_email_column_of_numbers_is_still_the_customer_if_nothing_else_is(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    path.write_text("email,date,amount\n10010,2021-01-15,2.50\n10003,2021-01-16,3.50\n")
    assert suggest_mapping(read(path)).column("customer_id") == "email"


def test_an_amount_of_the_line_goes_before_a_better_named_total_of_the_order(tmp_path: Path, here):
    raw, _ = layout("brazil_vtex", tmp_path)
    mapping = suggest(raw).mapping
    assert (mapping.column("amount"), mapping.amount_of) == ("SKU Total Price", "line")


def test_a_rival_as_good_casts_doubt(tmp_path: Path, here):
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,total,remark\nC1,2021-01-15,2.50,x\n")
    alone = suggest(read(path)).confidence["amount"]
    path.write_text("customer,date,total,amount\nC1,2021-01-15,2.50,2.10\n")
    assert suggest(read(path)).confidence["amount"] < alone


def test_a_cell_of_letters_without_an_end_is_looked_at_in_one_pass():
    long = "a" * 1_000_000  # a look that goes back over it would not end
    assert Evidence.of([long]).words == 0
    assert Evidence.of([f"{long} and more", f"{long}\nb c"]).words == 0.5
