"""The dictionary of header words agrees with itself and reads headers of many languages."""

import pytest

from clv import schema
from clv.intake.vocabulary import _content, fold, likeness, meanings


def test_no_name_is_sure_for_two_roles():
    role_of: dict[str, str] = {}
    for role, levels in _content()["names"].items():
        for name in {fold(name) for name in levels["sure"]}:
            assert role_of.setdefault(name, role) == role, name


def test_every_role_has_names_rules_and_neutral_words():
    content = _content()
    for part in ("names", "rules", "neutral"):
        assert set(content[part]) == set(schema.ROLES), part


def test_rules_use_meanings_that_have_words():
    content = _content()
    for role in schema.ROLES:
        used = {word for rule, _ in content["rules"][role] for word in rule.split()}
        assert used | set(content["neutral"][role]) <= set(content["words"]), role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Numer zamówienia", "order_id"), ("Číslo objednávky", "order_id"),
        ("Ordrenummer", "order_id"), ("Tilausnumero", "order_id"), ("Номер замовлення", "order_id"),
        ("Număr comandă", "order_id"), ("Rendelésszám", "order_id"), ("주문번호", "order_id"),
        ("رقم الطلب", "order_id"), ("מספר הזמנה", "order_id"), ("Nomor Pesanan", "order_id"),
        ("Mã đơn hàng", "order_id"), ("เลขที่คำสั่งซื้อ", "order_id"), ("ऑर्डर संख्या", "order_id"),
        ("Αριθμός παραγγελίας", "order_id"), ("受注番号", "order_id"),
        ("Data zamówienia", "ordered_at"), ("Datum objednávky", "ordered_at"),
        ("Laskun päivä", "ordered_at"), ("Sipariş Tarihi", "ordered_at"),
        ("Ngày đặt hàng", "ordered_at"), ("تاريخ الطلب", "ordered_at"), ("주문일시", "ordered_at"),
        ("Kundenavn", "customer_id"), ("Asiakasnumero", "customer_id"), ("ลูกค้า", "customer_id"),
        ("Cod client", "customer_id"), ("Debiteurnummer", "customer_id"),
        ("顧客 ID", "customer_id"),
        ("Antal", "quantity"), ("Množství", "quantity"), ("Mennyiség", "quantity"),
        ("수량", "quantity"), ("Số lượng", "quantity"), ("จำนวน", "quantity"),
        ("Cena netto", "unit_price"), ("À-pris", "unit_price"), ("Τιμή μονάδας", "unit_price"),
        ("Wartość brutto", "amount"), ("Bedrag excl. btw", "amount"),
        ("Rivisumma", "amount"),
        ("إجمالي الطلب", "amount"), ("Satır Toplamı", "amount"),
        ("Order Total (inc tax)", "amount"),
        ("Waluta", "currency"), ("Pénznem", "currency"), ("幣別", "currency"),
        ("WAERK", "currency"),
        ("Total Refunded", "refunded"), ("base_total_refunded", "refunded"),
        ("base_amount_refunded", "refunded"), ("Total Refunded (Base)", "refunded"),
        ("Erstatteter Betrag", "refunded"),
        ("Grupa towarowa", "category"), ("Tuotenimi", "product"), ("Kód zboží", "product_id"),
    ],
)  # fmt: skip
def test_words_put_together_are_understood(name: str, role: str):
    scores = {other: likeness(name, other) for other in schema.ROLES}
    assert max(scores, key=lambda other: scores[other]) == role
    assert scores[role] > 0.6


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Btw-bedrag", "amount"), ("Сумма НДС", "amount"), ("Order Total Tax Amount", "amount"),
        ("Szállítási költség", "amount"),
        ("Förfallodatum", "ordered_at"),
        ("Eräpäivä", "ordered_at"),
        ("Ngày gửi hàng", "ordered_at"), ("Data wysyłki", "ordered_at"), ("Rabatt %", "discount"),
        ("Payment Method", "order_id"), ("Order Line No.", "order_id"), ("Şehir", "customer_id"),
        ("Quantity refunded", "amount"), ("Currency rate", "currency"),
    ],
)  # fmt: skip
def test_words_that_make_it_another_thing_count(name: str, role: str):
    assert likeness(name, role) < 0.55


def test_compound_words_are_taken_apart():
    assert meanings("Kundennummer") == {"customer", "id"}
    assert meanings("商品单价") >= {"product", "price"}
    assert meanings("xyzzy") == set()
