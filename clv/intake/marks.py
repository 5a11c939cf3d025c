"""How currencies are written beside an amount: the one list of such marks in the product.

The patterns stay within what both Python and RE2 understand.
"""

import unicodedata
from typing import Final

CODES: Final = (
    "USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|BRL|CAD|AUD|NZD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|RSD|TRY"
    "|RUB|UAH|KZT|GEL|MXN|ARS|CLP|COP|PEN|UYU|CRC|DOP|ZAR|NGN|GHS|KES|EGP|MAD|TND|ILS|AED|SAR|QAR"
    "|KWD|BHD|OMR|JOD|LBP|SGD|HKD|TWD|KRW|THB|IDR|MYR|PHP|VND|PKR|LKR|BDT|HRK"
)
# Some signs are used in several countries: alone, each stands for the first of them.
SHARED: Final = {"$": "USD", "¥": "JPY", "KR": "SEK", "RS": "INR", "LEI": "RON", "CFA": "XOF"}
_SIGNS: Final = {
    **SHARED,
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "РУБ": "RUB",
    "₺": "TRY", "₩": "KRW", "₪": "ILS", "₫": "VND", "₴": "UAH", "₦": "NGN", "฿": "THB",
    "₱": "PHP", "元": "CNY", "円": "JPY", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "ЛВ": "BGN",
    "FR": "CHF", "SFR": "CHF", "RM": "MYR", "RP": "IDR", "RMB": "CNY", "CN¥": "CNY", "JP¥": "JPY",
    "US$": "USD", "U$": "USD", "R$": "BRL", "C$": "CAD", "CA$": "CAD", "CAN$": "CAD", "A$": "AUD",
    "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "SG$": "SGD", "MX$": "MXN",
    "MEX$": "MXN", "NT$": "TWD",
}  # fmt: skip
CODE: Final = rf"(?:{CODES}|(?i:EUR|USD|GBP|CHF))"
# Any letters before a dollar: a sign that nobody knows still differs from the others.
_DOLLAR: Final = rf"(?:[A-Za-z]{{1,3}} ?\$|\$ ?(?:{CODES}|US|CAN|CA|AU|NZ|HK|A|C)?)"
SIGN: Final = (
    rf"(?:{_DOLLAR}|(?:CN|JP)?[¥￥]|[Kk][Rr]\.?|zł|Kč|S?Fr\.|Rs\.?|руб\.?|лв\.?|Ft|lei|RM|Rp\.?"
    r"|F?CFA|(?i:EUROS?)|[€£₹₽₺₩₪₫₴₦฿₱元円＄￡])"
)
MARK: Final = rf"(?:{SIGN}|{CODE})"
ALONE: Final = rf"^(?:{SIGN}|(?i:{CODES}))$"


def currency(written: str) -> str:
    """The ISO code of a mark; of one that nobody knows, the mark in capitals."""
    shown = written.strip().upper()
    bare = unicodedata.normalize("NFKC", shown).replace(" ", "").rstrip(".")
    if bare.startswith("$"):
        bare = bare[1:] + "$"
    if bare.endswith("$") and bare[:-1] in CODES.split("|"):
        bare = bare[:-1]
    return _SIGNS.get(bare.removeprefix("F") if bare == "FCFA" else bare, shown)


def shared_sign(written: str) -> str | None:
    """The sign, where it is one that several currencies use: "$", "kr"."""
    bare = unicodedata.normalize("NFKC", written.strip().upper()).rstrip(".")
    return bare if bare in SHARED else None
