"""Amounts in several currencies: never added up; one is kept, or rates turn them into one."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir

from clv.errors import MixedCurrencies
from clv.intake.wording import counted
from clv.settings import Rules

CURRENCY_BEFORE: Final = "currency_code"
_SIGNS: Final = {"€": "EUR", "£": "GBP", "¥": "JPY", "￥": "JPY", "₹": "INR", "₽": "RUB",
                 "₺": "TRY", "₩": "KRW", "$": "USD", "US$": "USD", "R$": "BRL", "C$": "CAD",
                 "A$": "AUD", "zł": "PLN", "Kč": "CZK", "kr": "SEK", "元": "CNY", "円": "JPY",
                 "RMB": "CNY"}  # fmt: skip
_MARK: Final = r"(?:US\$|R\$|C\$|A\$|\b[A-Z]{3}\b|[€£¥￥₹₽₺₩$]|zł|Kč|\bkr\b|元|円)"
_CODE: Final = r"^[A-Z]{3}$"
LISTED: Final = 6


def with_currency(lines: ir.Table) -> ir.Table:
    """Adds currency_code: from the currency column, else from the mark beside the amount."""
    written = lines.currency.strip().upper()
    named = ibis.coalesce(_code(lines.currency.strip()), written.nullif(""))
    beside = lines.amount_text.re_extract(_MARK, 0).nullif("")
    return lines.mutate(currency_code=ibis.coalesce(named, _code(beside), beside))


def in_one_currency(lines: ir.Table, rules: Rules) -> ir.Table:
    """The amounts in one currency; `foreign` marks those that have no rate.

    Raises MixedCurrencies when there are several and the rules do not say which to use.
    """
    found = used_currencies(lines)
    if len(found) < 2 and rules.currency is None:
        return lines.mutate(foreign=ibis.literal(False), amount_before=lines.amount)
    if rules.currency is None:
        raise _mixed(found)
    rates = {rules.currency: 1.0, **dict(rules.rates)}
    only = next(iter(found), rules.currency)
    # A blank cell takes part where there is nothing to confuse it with.
    code = lines.currency_code.fill_null(only) if len(found) < 2 else lines.currency_code
    rate = ibis.cases(*((code == name, value) for name, value in rates.items()), else_=None)
    same = (code == rules.currency).fill_null(False)
    changed = {}
    for name in ("amount", "refunded", "unit_price", "cost", "discount"):
        value = lines[name].cast("float64") * rate
        kept = value.round(4).try_cast(lines[name].type()) if name == "amount" else value
        changed[name] = same.ifelse(lines[name], kept)
    return lines.mutate(
        foreign=rate.isnull() & lines.amount.notnull(), amount_before=lines.amount, **changed
    )


def used_currencies(lines: ir.Table) -> dict[str, tuple[int, float]]:
    """Currency -> rows and the sum of their amounts, most frequent first."""
    known = lines.filter(lines.currency_code.notnull(), lines.amount.notnull())
    counts = (
        known.group_by("currency_code")
        .aggregate(rows=known.count(), amount=known.amount.sum().cast("float64"))
        .order_by(ibis.desc("rows"), "currency_code")
        .limit(200)
        .execute()
    )
    return {
        str(code): (int(rows), float(amount))
        for code, rows, amount in counts.itertuples(index=False)
    }


def _code(mark: Any) -> Any:
    return ibis.cases(*((mark == sign, code) for sign, code in _SIGNS.items()), else_=None)


def _mixed(found: dict[str, tuple[int, float]]) -> MixedCurrencies:
    listed = ", ".join(
        f"{code} ({counted(rows, 'row')})" for code, (rows, _) in list(found.items())[:LISTED]
    )
    more = " and others" if len(found) > LISTED else ""
    return MixedCurrencies(
        f"The amounts are in {len(found)} currencies: {listed}{more}. They cannot be added up.",
        "Choose the currency to look at, or give a rate for each of the others.",
        tuple(found),
    )
