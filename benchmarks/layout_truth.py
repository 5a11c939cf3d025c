"""The true columns of the real files: role -> the columns that are right.

A file's second part names roles that may be left without a column.
"""

_TEXTS = {
    "online_retail/online_retail.csv.gz": """customer_id CustomerID; ordered_at InvoiceDate;
        order_id InvoiceNo; quantity Quantity; unit_price UnitPrice; product_id StockCode;
        product Description; country Country""",
    "cdnow/CDNOW_master.txt": """customer_id customer_id; ordered_at date;
        amount dollar_value; quantity number_of_cds""",
    "cdnow/CDNOW_sample.txt": """customer_id Column 2/Column 1; ordered_at Column 3;
        amount Column 5; quantity Column 4""",
    "apparel/apparelTrans.csv": "customer_id Id; ordered_at Date; amount Price",
    "superstore/Sample - Superstore.xls": """customer_id Customer ID; ordered_at Order Date;
        order_id Order ID; amount Sales; quantity Quantity; product_id Product ID;
        product Product Name; category Category; subcategory Sub-Category; country Country""",
    "classic_models/sales_data_sample.csv": """customer_id CUSTOMERNAME; ordered_at ORDERDATE;
        order_id ORDERNUMBER; amount SALES; quantity QUANTITYORDERED; unit_price PRICEEACH;
        product_id PRODUCTCODE; category PRODUCTLINE; country COUNTRY; order_status STATUS""",
    "dunnhumby/dunnhumby_48_weeks.csv.gz": """customer_id CUST_CODE; ordered_at SHOP_DATE;
        order_time SHOP_HOUR; order_id BASKET_ID; amount SPEND; quantity QUANTITY;
        product_id PROD_CODE; category PROD_CODE_40; subcategory PROD_CODE_30;
        channel? STORE_FORMAT; country? STORE_REGION""",
    "layouts/woocommerce_template.csv": """customer_id Billing Email; ordered_at Order Date;
        order_id Order Number; amount Order Total; quantity Item Quantity; product Item Name;
        country Billing Country/Shipping Country; order_status Order Status""",
    "layouts/shopify_orders_continuation_rows.csv": """customer_id Email; ordered_at Created at;
        order_id Name/Id; amount Total; quantity Lineitem quantity; unit_price Lineitem price;
        discount Discount Amount/Lineitem discount; product_id Lineitem SKU;
        product Lineitem name; channel Source; country Shipping Country;
        order_status Financial Status; currency Currency""",
    "layouts/etsy_sold_order_items_us.csv": """customer_id Buyer; ordered_at Sale Date;
        order_id Order ID; amount Item Total; quantity Quantity; unit_price Price;
        discount Discount Amount; product_id Listing ID; product Item Name;
        channel? Order Type; country Ship Country; currency Currency""",
    "layouts/square_items_detail.csv": """customer_id Customer ID; ordered_at Date;
        order_time Time; order_id Transaction ID; amount Net Sales; quantity Qty;
        discount Discounts; product_id SKU; product Item; category Category;
        channel? Location; order_status? Event Type""",
    "layouts/amazon_seller_all_orders.tsv": """ordered_at purchase-date;
        order_id amazon-order-id; amount item-price; quantity quantity;
        discount item-promotion-discount; product_id sku; product product-name;
        channel sales-channel; country ship-country; order_status order-status;
        currency currency""",
    "layouts/paypal_us.csv": """customer_id Name; ordered_at Date; order_time Time;
        order_id Transaction ID; amount Gross; order_status Status; currency Currency""",
    "layouts/es_semicolon.csv": """customer_id Cliente; ordered_at Fecha; amount Importe;
        product Descripción""",
    "layouts/pt_br_semicolon_decimal_comma.csv": """customer_id CLIENTE; ordered_at DATA;
        order_id ID_LANCAMENTO; amount VALOR_RS; category CATEGORIA; order_status STATUS""",
    "layouts/fr_orders_decimal_comma.csv": """order_id commande; quantity quantité;
        unit_price prix; product produit; country pays""",
    "layouts/de_xentral_belegimport.csv": """customer_id beleg_kundennummer;
        order_id beleg_belegnr; quantity artikel_menge; unit_price artikel_preis;
        product_id artikel_nummer; product artikel_bezeichnung""",
}


def _parse(text: str) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    truth, optional = {}, set()
    for part in " ".join(text.split()).split("; "):
        role, _, columns = part.partition(" ")
        truth[role.rstrip("?")] = tuple(columns.split("/"))
        if role.endswith("?"):
            optional.add(role[:-1])
    return truth, frozenset(optional)


REAL = {name: _parse(text) for name, text in _TEXTS.items()}
