"""The layouts of `layout_cases`, as text: written before the dictionary they measure.

First line: name ; orders or lines ; how dates are written ; decimal mark ; what is special.
"""

WORDS = {
    "status": {
        "en": ("completed", "processing", "cancelled", "pending"),
        "de": ("Versendet", "Bezahlt", "Storniert", "Offen"),
        "fr": ("Livré", "Payé", "Annulé", "En attente"),
        "es": ("Completado", "Pagado", "Cancelado", "Pendiente"),
        "pl": ("Zrealizowane", "Opłacone", "Anulowane", "Nowe"),
        "ru": ("Выполнен", "Оплачен", "Отменён", "Новый"),
        "zh": ("交易成功", "已付款", "交易关闭", "待发货"),
        "ja": ("発送済み", "入金済み", "キャンセル", "処理中"),
        "tr": ("Tamamlandı", "Ödendi", "İptal", "Beklemede"),
        "sv": ("Levererad", "Betald", "Makulerad", "Ny"),
    },
    "pay": {
        "en": ("Credit Card", "PayPal", "Invoice"),
        "de": ("Kreditkarte", "PayPal", "Rechnung"),
    },
    "channel": {"en": ("Web", "Store", "Marketplace"), "de": ("Onlineshop", "Filiale", "eBay")},
}

LAYOUTS = """
jtl_wawi_de ; lines ; %d.%m.%Y ; ,
Auftragsnummer | order | order_id
Externe Auftragsnummer | code | order_id~
Erstelldatum | day | ordered_at
Kundennummer | cust | customer_id
Rechnungsadresse: Firma | company
Rechnungsadresse: Vorname | first_name
Rechnungsadresse: Nachname | last_name
Rechnungsadresse: Land | land | country
Artikelnummer | sku | product_id
Artikelname | title | product
Menge | qty | quantity
VK Netto | price | unit_price
Gesamtpreis Netto | line | amount
MwSt-Satz | rate
Versanddatum | shipped
Plattform | channel_de | channel

sap_vbap_dump ; lines ; %Y%m%d ; .
VBELN | code | order_id
POSNR | line_no
ERDAT | day | ordered_at
KUNNR | cust | customer_id
MATNR | sku | product_id
ARKTX | title | product
KWMENG | qty | quantity
NETPR | price | unit_price
NETWR | line | amount
WAERK | coin | currency

navision_en ; lines ; %m/%d/%Y ; .
Document No. | inv | order_id
Line No. | line_no
Posting Date | day | ordered_at
Sell-to Customer No. | cust | customer_id
Sell-to Customer Name | company
No. | sku | product_id
Description | title | product
Quantity | qty | quantity
Unit Price Excl. VAT | price | unit_price
Line Discount % | percent
Line Discount Amount | disc | discount
Line Amount Excl. VAT | line | amount
Unit Cost (LCY) | unit_cost
Item Category Code | cat | category
Location Code | store

quickbooks_sales_by_customer ; lines ; %m/%d/%Y ; .
Date | day | ordered_at
Transaction Type | =Invoice
Num | inv | order_id
Customer | company | customer_id
Product/Service | title | product
Memo/Description | note
Qty | qty | quantity
Sales Price | price | unit_price
Amount | line | amount
Balance | total

odoo_sale_report ; lines ; %Y-%m-%d %H:%M:%S ; .
Order Reference | code | order_id
Order Date | at | ordered_at
Customer | name | customer_id
Salesperson | clerk
Product | title | product
Product Category | cat | category
Qty Ordered | qty | quantity
Qty Delivered | qty
Untaxed Total | line | amount
Total | withtax | amount~
Status | status_en | order_status
Sales Team | channel_en | channel~

sage100_fr ; lines ; %d/%m/%Y ; ,
N° pièce | inv | order_id
Date pièce | day | ordered_at
Code tiers | cust | customer_id
Intitulé tiers | company
Réf. article | sku | product_id
Désignation | title | product
Qté | qty | quantity
P.U. HT | price | unit_price
Remise | percent
Montant HT | line | amount
Famille | cat | category
Représentant | clerk

bling_br ; lines ; %d/%m/%Y ; ,
Número do pedido | order | order_id
Data | day | ordered_at
Nome do contato | name | customer_id
CPF/CNPJ | guid | customer_id~
E-mail | email | customer_id~
UF | region
Código do produto (SKU) | sku | product_id
Descrição do produto | title | product
Quantidade | qty | quantity
Valor unitário | price | unit_price
Desconto do item | disc | discount
Valor total | line | amount
Frete | shipping
Situação | status_es | order_status

holded_es ; lines ; %d/%m/%Y ; ,
Fecha | day | ordered_at
Núm | inv | order_id
Cliente | company | customer_id
NIF | guid | customer_id~
Concepto | title | product
Unidades | qty | quantity
Precio | price | unit_price
Dto. % | percent
Base imponible | line | amount
IVA | tax
Total | withtax | amount~
Estado | status_es | order_status

danea_it ; lines ; %d/%m/%Y ; ,
Data | day | ordered_at
N. doc. | inv | order_id
Cod. cliente | cust | customer_id
Cliente | company
Cod. articolo | sku | product_id
Descrizione | title | product
Q.tà | qty | quantity
U.m. | =pz
Prezzo netto | price | unit_price
Sconto | percent
Importo netto | line | amount
Iva | =22
Agente | clerk

exact_nl ; lines ; %d-%m-%Y ; ,
Factuurnr. | inv | order_id
Factuurdatum | day | ordered_at
Debiteurnummer | cust | customer_id
Debiteurnaam | company
Artikelcode | sku | product_id
Omschrijving | title | product
Aantal | qty | quantity
Prijs excl. | price | unit_price
Bedrag excl. btw | line | amount
Btw-bedrag | tax
Artikelgroep | cat | category

subiekt_pl ; lines ; %Y-%m-%d ; ,
Numer dokumentu | inv | order_id
Data wystawienia | day | ordered_at
Kontrahent | company | customer_id
NIP | guid | customer_id~
Symbol towaru | sku | product_id
Nazwa towaru | title | product
Ilość | qty | quantity
Cena netto | price | unit_price
Wartość netto | line | amount
Wartość brutto | withtax | amount~
VAT | tax
Grupa towarowa | cat | category

baselinker_pl ; lines ; %d.%m.%Y %H:%M ; .
Numer zamówienia | order | order_id
Data złożenia | at | ordered_at
Status zamówienia | status_pl | order_status
Imię i nazwisko | name
E-mail | email | customer_id
Telefon | phone
Kraj | land | country
Nazwa produktu | title | product
SKU | sku | product_id
Ilość sztuk | qty | quantity
Cena za sztukę | price | unit_price
Waluta | =PLN | currency
Koszt wysyłki | shipping
Źródło zamówienia | channel_en | channel

pohoda_cz ; lines ; %d.%m.%Y ; ,
Číslo dokladu | inv | order_id
Datum | day | ordered_at
Odběratel | company | customer_id
IČO | guid | customer_id~
Kód zboží | sku | product_id
Název položky | title | product
Množství | qty | quantity
Jedn. cena | price | unit_price
Cena celkem | line | amount
DPH | tax
Středisko | store

fortnox_se ; lines ; %Y-%m-%d ; ,
Fakturanummer | inv | order_id
Fakturadatum | day | ordered_at
Kundnummer | cust | customer_id
Kundnamn | company
Artikelnummer | sku | product_id
Benämning | title | product
Antal | qty | quantity
À-pris | price | unit_price
Rabatt | disc | discount
Radsumma | line | amount
Moms | tax
Förfallodatum | due

dinero_dk ; orders ; %d-%m-%Y ; ,
Ordrenr. | order | order_id
Ordredato | day | ordered_at
Kundenr. | cust | customer_id
Kundenavn | name
Land | land | country
Beløb i alt | total | amount
Moms | order_tax
Fragt | shipping
Betalingsmetode | pay_en
Status | status_sv | order_status

tripletex_no ; lines ; %d.%m.%Y ; ,
Ordrenummer | order | order_id
Ordredato | day | ordered_at
Kunde | company | customer_id
Varenummer | sku | product_id
Varenavn | title | product
Antall | qty | quantity
Enhetspris | price | unit_price
Rabatt % | percent
Beløb eks. mva | line | amount
Mva | tax
Valuta | =NOK | currency
Leveringsdato | shipped

procountor_fi ; lines ; %d.%m.%Y ; ,
Laskun numero | inv | order_id
Laskun päivä | day | ordered_at
Asiakasnumero | cust | customer_id
Asiakkaan nimi | company
Tuotekoodi | sku | product_id
Tuotenimi | title | product
Määrä | qty | quantity
Yksikköhinta | price | unit_price
Rivisumma | line | amount
ALV | tax
Eräpäivä | due

ticimax_tr ; lines ; %d.%m.%Y %H:%M ; ,
Sipariş No | order | order_id
Sipariş Tarihi | at | ordered_at
Üye Kodu | cust | customer_id
Müşteri Adı | name
E-Posta | email | customer_id~
Stok Kodu | sku | product_id
Ürün Adı | title | product
Adet | qty | quantity
Birim Fiyatı | price | unit_price
KDV Tutarı | tax
Satır Toplamı | line | amount
Kargo Ücreti | shipping
Sipariş Durumu | status_tr | order_status
Şehir | city

onec_ru ; lines ; %d.%m.%Y ; ,
Номер документа | inv | order_id
Дата документа | day | ordered_at
Контрагент | company | customer_id
Номенклатура | title | product
Артикул | sku | product_id
Количество | qty | quantity
Цена | price | unit_price
Сумма | line | amount
Сумма НДС | tax
Менеджер | clerk
Валюта | =RUB | currency

insales_ru ; orders ; %d.%m.%Y %H:%M ; .
№ заказа | order | order_id
Дата создания | at | ordered_at
Покупатель | name
Email | email | customer_id
Телефон | phone
Стоимость товаров | goods | amount~
Стоимость доставки | shipping
Итого | total | amount
Статус заказа | status_ru | order_status
Способ оплаты | pay_en
Источник | channel_en | channel

prom_ua ; lines ; %d.%m.%Y ; .
Номер замовлення | order | order_id
Дата замовлення | day | ordered_at
Покупець | name
Телефон | phone | customer_id~
Електронна пошта | email | customer_id
Товар | title | product
Артикул | sku | product_id
Кількість | qty | quantity
Ціна | price | unit_price
Сума | line | amount
Валюта | =UAH | currency

emag_ro ; lines ; %d.%m.%Y ; ,
Număr comandă | order | order_id
Data comenzii | day | ordered_at
Nume client | name
Cod client | cust | customer_id
Cod produs | sku | product_id
Denumire produs | title | product
Cantitate | qty | quantity
Preț unitar | price | unit_price
Valoare | line | amount
TVA | tax
Monedă | =RON | currency
Stare comandă | status_en | order_status

unas_hu ; lines ; %Y.%m.%d ; ,
Rendelésszám | order | order_id
Rendelés dátuma | day | ordered_at
Vevő neve | name
Vevő e-mail | email | customer_id
Cikkszám | sku | product_id
Termék neve | title | product
Mennyiség | qty | quantity
Bruttó egységár | price | unit_price
Bruttó összesen | line | amount
Pénznem | =HUF | currency
Szállítási költség | shipping

softone_gr ; lines ; %d/%m/%Y ; ,
Αριθμός παραγγελίας | order | order_id
Ημερομηνία | day | ordered_at
Κωδικός πελάτη | cust | customer_id
Επωνυμία | company
Κωδικός είδους | sku | product_id
Περιγραφή | title | product
Ποσότητα | qty | quantity
Τιμή μονάδας | price | unit_price
Αξία | line | amount
ΦΠΑ | tax

rakuten_jp ; lines ; %Y/%m/%d %H:%M ; .
受注番号 | code | order_id
注文日時 | at | ordered_at
注文者メールアドレス | email | customer_id
注文者氏名 | name
商品番号 | sku | product_id
商品名 | title | product
個数 | qty | quantity
単価 | price:0 | unit_price
小計 | line:0 | amount
消費税 | tax:0
送料 | shipping:0
ステータス | status_ja | order_status

taobao_cn ; orders ; %Y-%m-%d %H:%M:%S ; .
订单编号 | order | order_id
买家会员名 | user | customer_id
买家应付货款 | goods
买家应付邮费 | shipping
总金额 | total | amount
买家实际支付金额 | total | amount~
订单状态 | status_zh | order_status
收货人姓名 | name
收货地址 | street
联系手机 | phone
订单创建时间 | at | ordered_at
订单付款时间 | paid
宝贝标题 | title | product
宝贝种类 | =1
宝贝总数量 | items | quantity

shopline_tw ; lines ; %Y-%m-%d %H:%M ; .
訂單號碼 | order | order_id
訂單日期 | at | ordered_at
訂單狀態 | status_zh | order_status
顧客 | name
顧客 ID | guid | customer_id
電郵 | email | customer_id~
商品貨號 | sku | product_id
商品名稱 | title | product
數量 | qty | quantity
商品原價 | price | unit_price
商品結帳價 | line | amount
運費 | shipping
幣別 | =TWD | currency

cafe24_kr ; lines ; %Y-%m-%d %H:%M ; .
주문번호 | code | order_id
주문일시 | at | ordered_at
주문자ID | user | customer_id
주문자명 | name
주문자 이메일 | email | customer_id~
상품코드 | sku | product_id
상품명 | title | product
수량 | qty | quantity
판매가 | price:0 | unit_price
상품구매금액 | line:0 | amount
배송비 | shipping:0
주문상태 | status_en | order_status

salla_ar ; orders ; %Y-%m-%d %H:%M ; .
رقم الطلب | order | order_id
تاريخ الطلب | at | ordered_at
حالة الطلب | status_en | order_status
اسم العميل | name
رقم الجوال | phone | customer_id~
البريد الإلكتروني | email | customer_id
إجمالي الطلب | total | amount
تكلفة الشحن | shipping
المدينة | city
طريقة الدفع | pay_en

rivhit_he ; lines ; %d/%m/%Y ; .
מספר הזמנה | order | order_id
תאריך הזמנה | day | ordered_at
מספר לקוח | cust | customer_id
שם לקוח | name
מק"ט | sku | product_id
שם מוצר | title | product
כמות | qty | quantity
מחיר ליחידה | price | unit_price
סה"כ | line | amount
מע"מ | tax

tokopedia_id ; lines ; %d-%m-%Y %H:%M:%S ; .
Nomor Invoice | code | order_id
Tanggal Pembayaran | at | ordered_at
Status Terakhir | status_en | order_status
Nama Produk | title | product
Nomor SKU | sku | product_id
Jumlah Produk Dibeli | qty | quantity
Harga Jual (IDR) | price:0 | unit_price
Total Penjualan (IDR) | line:0 | amount
Nama Pembeli | name | customer_id
No Telp Pembeli | phone | customer_id~
Kota | city

shopee_vn ; lines ; %Y-%m-%d %H:%M ; .
Mã đơn hàng | code | order_id
Ngày đặt hàng | at | ordered_at
Trạng Thái Đơn Hàng | status_en | order_status
Người Mua | user | customer_id
Tên sản phẩm | title | product
SKU sản phẩm | sku | product_id
Số lượng | qty | quantity
Giá ưu đãi | price:0 | unit_price
Tổng giá bán (sản phẩm) | line:0 | amount
Phí vận chuyển | shipping:0
Ngày gửi hàng | shipped

lazada_th ; lines ; %d/%m/%Y ; .
เลขที่คำสั่งซื้อ | order | order_id
วันที่สั่งซื้อ | day | ordered_at
รหัสลูกค้า | cust | customer_id
ชื่อลูกค้า | name
รหัสสินค้า | sku | product_id
ชื่อสินค้า | title | product
จำนวน | qty | quantity
ราคาต่อหน่วย | price | unit_price
ยอดรวม | line | amount
สถานะ | status_en | order_status

woo_advanced_order_export ; lines ; %Y-%m-%d %H:%M ; . ; order
Order Number | order | order_id
Order Status | status_en | order_status
Order Date | at | ordered_at
Customer Note | note
First Name (Billing) | first_name
Last Name (Billing) | last_name
Email (Billing) | email | customer_id
Phone (Billing) | phone
Country Code (Billing) | cc | country
Payment Method Title | pay_en
Cart Discount Amount | order_disc | discount~
Order Subtotal Amount | goods | amount~
Order Shipping Amount | shipping
Order Refund Amount | refund | refunded
Order Total Amount | total | amount
Order Total Tax Amount | order_tax
SKU | sku | product_id
Item # | line_no
Item Name | title | product
Quantity (- Refund) | qty | quantity
Item Cost | price | unit_price
Coupon Code | coupon

woo_skyverge ; lines ; %Y-%m-%d %H:%M:%S ; .
order_id | order | order_id
order_number | order | order_id~
date | at | ordered_at
status | status_en | order_status
shipping_total | shipping
tax_total | order_tax
discount_total | order_disc | discount~
order_total | total | amount~
order_currency | =USD | currency
customer_id | cust | customer_id
billing_first_name | first_name
billing_last_name | last_name
billing_email | email | customer_id~
billing_country | cc | country
item_id | row
item_name | title | product
item_sku | sku | product_id
item_quantity | qty | quantity
item_subtotal | gross
item_total | line | amount
item_total_tax | tax
item_refunded | returned | refunded~

woo_analytics ; orders ; %Y-%m-%d %H:%M:%S ; .
Date | at | ordered_at
Order # | order | order_id
N. Revenue (formatted) | net_total:$#
Status | status_en | order_status
Customer | name | customer_id
Customer type | =returning
Product(s) | summary
Items sold | items | quantity
Coupon(s) | coupon
N. Revenue | net_total | amount

magento_grid ; orders ; %b %d, %Y, %I:%M:%S %p ; .
ID | order | order_id
Purchase Point | =Main Website
Purchase Date | at | ordered_at
Bill-to Name | name
Ship-to Name | name
Grand Total (Base) | total:$# | amount
Grand Total (Purchased) | total:$# | amount~
Status | status_en | order_status
Billing Address | street
Shipping Information | =Flat Rate
Customer Email | email | customer_id
Customer Group | segment
Subtotal | goods
Shipping and Handling | shipping
Customer Name | name | customer_id~
Payment Method | pay_en
Total Refunded | refund:$# | refunded

magento_sales_order ; orders ; %Y-%m-%d %H:%M:%S ; .
entity_id | row
state | status_en
status | status_en | order_status
store_id | =1
customer_id | cust | customer_id
base_discount_amount | order_disc | discount~
base_grand_total | total | amount
base_shipping_amount | shipping
base_subtotal | goods
discount_amount | order_disc | discount
grand_total | total | amount~
total_qty_ordered | items | quantity
total_refunded | refund | refunded
increment_id | order | order_id
order_currency_code | =EUR | currency
customer_email | email | customer_id~
created_at | at | ordered_at
updated_at | shipped

bigcommerce ; orders ; %m/%d/%Y ; .
Order ID | order | order_id
Order Status | status_en | order_status
Order Date | day | ordered_at
Subtotal (inc tax) | goods
Subtotal (ex tax) | net_total
Tax Total | order_tax
Shipping Cost (inc tax) | shipping
Order Total (inc tax) | total | amount
Order Total (ex tax) | net_total | amount~
Customer ID | cust | customer_id
Customer Name | name
Customer Email | email | customer_id~
Ship Method | =Flat
Payment Method | pay_en
Total Quantity | items | quantity
Total Shipped | items
Date Shipped | shipped
Order Currency Code | =USD | currency
Refund Amount | refund | refunded
Billing Country | land | country
Coupon Details | coupon

prestashop_fr ; orders ; %Y-%m-%d %H:%M:%S ; ,
ID | order | order_id~
Référence | hash | order_id
Nouveau client | flag
Livraison | land | country~
Client | name | customer_id
Total | total:# € | amount
Paiement | pay_en
État | status_fr | order_status
Date | at | ordered_at

shopware5 ; lines ; %Y-%m-%d %H:%M:%S ; . ; order
orderId | order | order_id~
number | order | order_id
customerId | cust | customer_id
status | =0 | order_status~
invoiceAmount | total | amount
invoiceAmountNet | net_total
invoiceShipping | shipping
orderTime | at | ordered_at
currency | =EUR | currency
articleNumber | sku | product_id
name | title | product
price | price | unit_price
quantity | qty | quantity
billingCountryIso | cc | country

squarespace ; lines ; %Y-%m-%d %H:%M:%S ; . ; order
Order ID | order | order_id
Email | email | customer_id
Financial Status | =PAID | order_status
Paid at | paid
Fulfillment Status | =FULFILLED
Currency | =USD | currency
Subtotal | goods1
Shipping | shipping1
Taxes | order_tax1
Amount Refunded | refund1 | refunded
Total | total1 | amount
Discount Code | coupon
Discount Amount | order_disc1 | discount
Created at | at | ordered_at
Lineitem quantity | qty | quantity
Lineitem name | title | product
Lineitem price | price | unit_price
Lineitem sku | sku | product_id
Billing Name | name
Billing Country | cc | country
Channel Name | channel_en | channel

shopify_export ; lines ; %Y-%m-%d %H:%M:%S +0100 ; . ; order
Name | code | order_id
Email | email | customer_id
Financial Status | status_en | order_status
Paid at | paid
Fulfillment Status | =fulfilled
Currency | =EUR | currency
Subtotal | goods1
Shipping | shipping1
Taxes | order_tax1
Total | total1 | amount
Discount Code | coupon
Discount Amount | order_disc1 | discount
Shipping Method | =Standard
Created at | at | ordered_at
Lineitem quantity | qty | quantity
Lineitem name | title | product
Lineitem price | price | unit_price
Lineitem sku | sku | product_id
Billing Name | name
Billing Country | cc1 | country
Shipping Country | cc1 | country~
Refunded Amount | refund1 | refunded
Vendor | brand | category~
Id | order1 | order_id~
Source | channel_en | channel

wix_orders ; lines ; %b %d, %Y ; . ; order
Order number | order | order_id
Date created | day | ordered_at
Time | clock | order_time
Total order quantity | items
Contact email | email | customer_id
Note from customer | note
Item | title | product
Variant | =
SKU | sku | product_id
Qty | qty | quantity
Price | price | unit_price
Delivery country | cc | country
Billing name | name
Payment status | =Paid | order_status
Payment method | pay_en
Coupon code | coupon
Shipping rate | shipping
Total tax | order_tax
Total | total | amount
Currency | =EUR | currency
Refunded amount | refund | refunded
Net amount | goods
Fulfillment status | =Fulfilled

gumroad ; orders ; %Y-%m-%d ; .
Purchase ID | hash | order_id
Item Name | title | product
Buyer Name | name
Purchase Email | email | customer_id
Buyer Email | email | customer_id~
Do not contact? | flag
Purchase Date | day | ordered_at
Purchase Time (US Pacific) | clock | order_time
Subtotal ($) | goods | amount~
Taxes ($) | order_tax
Shipping ($) | shipping
Sale Price ($) | total | amount
Fees ($) | fee
Net Total ($) | goods | amount~
Country | land | country
Referrer | =direct | channel~
Refunded? | =0
Partial Refund ($) | refund | refunded~
Discount Code | coupon

ebay_orders_en ; lines ; %b-%d-%y ; . ; order
Sales Record Number | row
Order Number | order | order_id
Buyer Username | user | customer_id
Buyer Name | name
Buyer Email | email | customer_id~
Buyer Country | land | country
Item Number | pid | product_id
Item Title | title | product
Custom Label | sku | product_id~
Quantity | qty | quantity
Sold For | price:$# | unit_price~ amount~
Shipping And Handling | shipping:$#
Seller Collected Tax | tax:$#
Total Price | total:$# | amount
Payment Method | pay_en
Sale Date | day:%d %b %Y | ordered_at
Paid On Date | paid:%d %b %Y
Ship By Date | due:%d %b %Y
Shipped On Date | shipped:%d %b %Y
Transaction ID | hash

ebay_orders_de ; lines ; %d.%m.%Y ; , ; order
Verkaufsprotokollnummer | row
Bestellnummer | order | order_id
Nutzername des Käufers | user | customer_id
Name des Käufers | name
E-Mail des Käufers | email | customer_id~
Land des Käufers | land | country
Artikelnummer | pid | product_id
Angebotstitel | title | product
Bestandseinheit | sku | product_id~
Anzahl | qty | quantity
Verkauft für | price:EUR # | unit_price~ amount~
Verpackung und Versand | shipping:EUR #
Gesamtpreis | total:EUR # | amount
Zahlungsmethode | pay_de
Verkauft am | day | ordered_at
Datum Zahlungseingang | paid
Verschickt am - Datum | shipped

paypal_de ; orders ; %d.%m.%Y ; ,
Datum | day | ordered_at
Uhrzeit | clock | order_time
Zeitzone | =CET
Name | name
Typ | =PayPal Express-Zahlung
Status | =Abgeschlossen | order_status
Währung | =EUR | currency
Brutto | total | amount
Gebühr | fee
Netto | goods
Absender E-Mail-Adresse | email | customer_id
Empfänger E-Mail-Adresse | =shop@example.com
Transaktionscode | hash | order_id
Artikelbezeichnung | title | product
Zugehöriger Transaktionscode | = | refund_of
Guthaben | goods
Land | land | country

stripe_unified ; orders ; %Y-%m-%d %H:%M:%S ; .
id | hash | order_id
Created date (UTC) | at | ordered_at
Amount | total | amount
Amount Refunded | refund | refunded
Currency | =eur | currency
Captured | =true
Converted Amount | total | amount~
Converted Amount Refunded | refund | refunded~
Converted Currency | =eur | currency~
Decline Reason | =
Description | =Payment
Fee | fee
Mode | =Live
PaymentIntent ID | hash
Status | =Paid | order_status
Card ID | guid
Customer ID | guid | customer_id
Customer Email | email | customer_id~
Invoice ID | inv

square_transactions ; orders ; %Y-%m-%d ; .
Date | day | ordered_at
Time | clock | order_time
Time Zone | =Berlin
Gross Sales | goods:$#
Discounts | order_disc:$# | discount
Net Sales | goods:$# | amount
Tax | order_tax:$#
Tip | =$0.00
Total Collected | total:$# | amount~
Source | channel_en | channel
Card | total:$#
Cash | =$0.00
Fees | fee:$#
Net Total | net_total:$#
Transaction ID | hash | order_id
Payment ID | guid
Device Name | =iPad
Staff Name | clerk
Event Type | =Payment | order_status~
Location | store | channel~
Customer ID | cust | customer_id
Customer Name | name

amazon_fba_shipments ; lines ; %Y-%m-%dT%H:%M:%S+00:00 ; .
amazon-order-id | code | order_id
merchant-order-id | =
shipment-id | hash
amazon-order-item-id | row
purchase-date | at | ordered_at
payments-date | paid
shipment-date | shipped
buyer-email | email | customer_id
buyer-name | name
sku | sku | product_id
product-name | title | product
quantity-shipped | qty | quantity
currency | =EUR | currency
item-price | gross | amount
item-tax | tax
shipping-price | shipping
ship-country | cc | country
fulfillment-channel | =AFN
sales-channel | =amazon.de | channel

etsy_orders ; orders ; %m/%d/%y ; .
Sale Date | day | ordered_at
Order ID | order | order_id
Buyer User ID | user | customer_id
Full Name | name
First Name | first_name
Last Name | last_name
Number of Items | items | quantity
Payment Method | pay_en
Date Shipped | shipped
Street 1 | street
Ship City | city
Ship Country | land | country
Currency | =USD | currency
Order Value | goods | amount~
Discount Amount | order_disc | discount
Shipping | shipping
Sales Tax | order_tax
Order Total | total | amount
Status | =Completed | order_status~
Card Processing Fees | fee
Order Net | net_total
Buyer | name | customer_id~

lightspeed_vend ; lines ; %Y-%m-%d ; .
Date | day | ordered_at
Time | clock | order_time
Receipt Number | order | order_id
Customer Code | cust | customer_id
Customer Name | name
Note | note
Register | store | channel~
User | clerk
SKU | sku | product_id
Details | title | product
Quantity | qty | quantity
Discount | disc | discount
Sales Tax | tax
Total | withtax | amount
Status | =CLOSED | order_status

olist_style_dump ; lines ; %Y-%m-%d %H:%M:%S ; .
order_id | hash | order_id
order_item_id | line_no
product_id | pid | product_id
seller_id | clerk
shipping_limit_date | due
price | line | amount
freight_value | shipping
customer_unique_id | guid | customer_id
order_status | status_en | order_status
order_purchase_timestamp | at | ordered_at
order_approved_at | paid
order_delivered_customer_date | shipped
product_category_name | cat | category
customer_city | city
customer_state | region

postgres_joined ; lines ; %Y-%m-%d %H:%M:%S.000000+00 ; .
o_id | order | order_id
o_created | at | ordered_at
o_updated | shipped
c_id | cust | customer_id
c_mail | email | customer_id~
p_sku | sku | product_id
p_title | title | product
qty | qty | quantity
unit_net | price | unit_price
line_net | line | amount
line_tax | tax
cur | =EUR | currency

cryptic_columns ; lines ; %Y-%m-%d ; .
Field1 | row
Field2 | order | order_id
Field3 | cust | customer_id
Field4 | day | ordered_at
Field5 | sku | product_id~
Field6 | qty | quantity
Field7 | price | unit_price
Field8 | gross | amount

no_header_lines ; lines ; %Y-%m-%d ; . ; no header
Column 1 | day | ordered_at
Column 2 | cust | customer_id
Column 3 | qty | quantity
Column 4 | line | amount

no_header_pos ; lines ; %d.%m.%Y ; , ; no header
Column 1 | order | order_id
Column 2 | day | ordered_at
Column 3 | email | customer_id
Column 4 | title | product~
Column 5 | line | amount

misleading_id ; lines ; %Y-%m-%d ; .
id | order | order_id
client | cust | customer_id
date | exported
sold_on | day | ordered_at
article | title | product
pieces | qty | quantity
value | line | amount
vat | tax

misleading_customer ; lines ; %d/%m/%Y ; .
Date | day | ordered_at
Customer | segment
Account | cust | customer_id
Reference | order | order_id
Item | title | product
Cost | unit_cost
Price | line | amount

several_dates ; orders ; %Y-%m-%d ; .
Printed | exported
Registered | since
Birthday | birth
Ordered | day | ordered_at
Paid | paid
Shipped | shipped
Mail | email | customer_id
Ref | order | order_id
Sum | total | amount
Thereof VAT | order_tax

bookkeeping_de ; orders ; %d.%m.%Y ; ,
Beleg-Nr. | inv | order_id
Belegdat. | day | ordered_at
Fälligkeit | due
Debitor | cust | customer_id
Name | company
Netto | net_total | amount~
USt | order_tax
Brutto | goods | amount
Zahlweise | pay_de

kasse_de ; lines ; %d.%m.%Y ; ,
Bon-Nr | order | order_id
Datum | day | ordered_at
Uhrzeit | clock | order_time
Filiale | store | channel~
Kasse | =1
Kundenkarte | cust | customer_id
Art.-Nr. | sku | product_id
Bezeichnung | title | product
WG | cat | category
Stk | qty | quantity
E-Preis | price | unit_price
Rabatt EUR | disc | discount
G-Preis | line | amount

appointments_salon ; orders ; %m/%d/%Y ; .
Appointment Date | day | ordered_at
Client Name | name | customer_id
Client Phone | phone | customer_id~
Staff Member | clerk
Service | title | product
Duration | =60
Amount Paid | total:$# | amount
Payment Type | pay_en
Tip | =0.00

subscription_invoices ; orders ; %Y-%m-%d ; .
Invoice ID | inv | order_id
Account Code | cust | customer_id
Company | company
Invoice Date | day | ordered_at
Due Date | due
Plan | title | product
Subtotal | net_total | amount~
Tax | order_tax
Total | goods | amount
Currency | coin | currency
State | =paid | order_status
Closed At | paid

restaurant_pos ; lines ; %m/%d/%Y %I:%M %p ; .
Check # | order | order_id
Opened | at | ordered_at
Server | clerk
Guest Loyalty ID | cust | customer_id
Menu Item | title | product
Menu Group | cat | category
Qty | qty | quantity
Gross Price | gross
Discount | disc | discount
Net Price | line | amount
Tax | tax
Void? | =False

donations ; orders ; %d/%m/%Y ; .
Donor ID | cust | customer_id
Donor | name
Gift Date | day | ordered_at
Gift Amount | total:£# | amount
Campaign | store
Gift Aid | flag

dansk_butik ; lines ; %Y-%m-%d ; ,
Dato | day | ordered_at
Bilag | inv | order_id
Medlemsnr | cust | customer_id
Vare | title | product
Varegruppe | cat | category
Stk. | qty | quantity
Stykpris | price | unit_price
Linjetotal | line | amount

continued_manual ; lines ; %d.%m.%Y ; , ; order ; continued
Bestellung | code1 | order_id
Bestelldatum | day1 | ordered_at
Kunde | name1 | customer_id
Position | title | product
Menge | qty | quantity
Gesamtsumme | total1 | amount

order_total_repeated ; lines ; %Y-%m-%d ; . ; order
order_no | order | order_id
order_date | day | ordered_at
customer_email | email | customer_id
product | title | product
sku | sku | product_id
qty | qty | quantity
order_total | total | amount

both_totals ; lines ; %Y-%m-%d ; .
Order | order | order_id
Placed on | day | ordered_at
Customer no | cust | customer_id
Item | title | product
Units | qty | quantity
Unit price | price | unit_price
Line total | line | amount
Order total | total
Shipping | shipping

mysql_legacy ; lines ; %Y-%m-%d %H:%M:%S ; .
orders_id | order | order_id
customers_id | cust | customer_id
customers_name | name
customers_email_address | email | customer_id~
date_purchased | at | ordered_at
last_modified | shipped
orders_status | =3 | order_status
currency | =EUR | currency
currency_value | =1.000000
products_id | pid | product_id~
products_model | sku | product_id
products_name | title | product
final_price | price | unit_price
products_tax | =19.0000
products_quantity | qty | quantity

unix_time_events ; orders ; %Y ; .
event_ts | ts | ordered_at
uid | guid | customer_id
txn | hash | order_id
rev_eur | total | amount
promo | coupon
plat | channel_en | channel~

excel_serials ; lines ; %Y ; ,
Tag | serial | ordered_at
KdNr | cust | customer_id
AuftrNr | order | order_id
ArtNr | sku | product_id
Anz | qty | quantity
VKPreis | price | unit_price
Umsatz | gross | amount
Wareneinsatz | cost | cost

hindi_shop ; lines ; %d-%m-%Y ; .
ऑर्डर संख्या | order | order_id
दिनांक | day | ordered_at
ग्राहक | name | customer_id
उत्पाद | title | product
मात्रा | qty | quantity
मूल्य | price | unit_price
कुल राशि | line | amount

airline_style_shuffled ; lines ; %d-%b-%Y ; .
Net Value | line | amount
Brand | brand
Units Sold | qty | quantity
Ship To City | city
Sold To Party | cust | customer_id
Material | sku | product_id
Net Price | price | unit_price
Billing Document | inv | order_id
Billing Date | day | ordered_at
Created By | clerk
Material Description | title | product
Distribution Channel | channel_en | channel

brazil_vtex ; lines ; %Y-%m-%d %H:%M:%SZ ; .
Origin | =Fulfillment
Order | code | order_id
Creation Date | at | ordered_at
Client Name | first_name
Client Last Name | last_name
Client Document | guid | customer_id
Email | email | customer_id~
UF | region
Status | =Faturado | order_status
Quantity_SKU | qty | quantity
ID_SKU | pid | product_id
Reference Code | sku | product_id~
SKU Name | title | product
SKU Value | gross | amount~
SKU Selling Price | price | unit_price
SKU Total Price | line | amount
Shipping List Price | shipping
Total Value | total
Discounts Totals | order_disc | discount
Currency Code | =BRL | currency

toast_loyalty_es_mx ; orders ; %d/%m/%Y %H:%M ; .
Folio | order | order_id
Fecha y hora | at | ordered_at
Cve. cliente | cust | customer_id
Nombre | name
Subtotal | net_total | amount~
I.V.A. | order_tax
Total | goods | amount
Forma de pago | pay_en
Sucursal | store | channel~
Vendedor | clerk

afterbuy_de ; lines ; %d.%m.%Y %H:%M:%S ; ,
BestellNr | order | order_id
Kaufdatum | at | ordered_at
Käufername | name
KäuferEmail | email | customer_id
Lieferland | land | country
Artikelbeschreibung | title | product
Artikelnr. (SKU) | sku | product_id
Stückzahl | qty | quantity
Preis/Stk. | price | unit_price
Positionspreis | line | amount
Versandkosten | shipping
Zahlart | pay_de
Bezahlt am | paid
Bestellstatus | status_de | order_status
"""
