"""Amounts in several currencies: never added up; one is kept, or rates turn them into one.

A row says its currency in a column, by a code beside its amount, or by a sign there; in this
order. A sign that several currencies share ("$", "kr") is that of the codes it stands with in
other rows. Else it is the one it is known for, unless that one is written in another way in the
same file: where "US$10" stands, "$10" is no US dollar.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from clv.errors import MixedCurrencies
from clv.intake.marks import CODE, SHARED, SIGN, currency, shared_sign
from clv.intake.order_rows import ONE_ORDER
from clv.intake.wording import counted
from clv.settings import Rules

LISTED: Final = 6
SEVERAL: Final = " + "
MONEY: Final = ("amount", "refunded", "unit_price", "cost", "discount")
_PLAIN: Final = r"^[-+0-9.,\s]*$"
_TIMES: Final = r"^[^x]* x "  # before the price, in the text of quantity x price
_MOST: Final = 200  # ways to write a currency


def with_currency(
    lines: ir.Table, texts: Iterable[str] = ("amount_text", "unit_price_text")
) -> ir.Table:
    """Adds currency_code, as written: of the column, else beside the first text with a mark.

    currency_sign: the sign beside that text.
    """
    beside = [lines[name].re_replace(_TIMES, "") for name in texts]
    marks = [_mark(text, kind) for text in beside for kind in (CODE, SIGN)]
    named = lines.currency.strip().nullif("")
    return lines.mutate(
        currency_code=ibis.coalesce(named, *marks), currency_sign=ibis.coalesce(*marks[1::2])
    )


def with_currency_of_all(lines: ir.Table, texts: Sequence[str]) -> ir.Table:
    """The same where the texts are parts of a sum; several marks in a row are of no currency."""
    signs = [_mark(lines[name], SIGN) for name in texts]
    marks = [
        ibis.coalesce(_mark(lines[name], CODE), sign)
        for name, sign in zip(texts, signs, strict=True)
    ]
    lines = lines.mutate(least=ibis.least(*marks, marks[0]), most=ibis.greatest(*marks, marks[0]))
    beside = (lines.least == lines.most).ifelse(lines.least, lines.least + SEVERAL + lines.most)
    named = lines.currency.strip().nullif("")
    return lines.mutate(
        currency_code=ibis.coalesce(named, beside), currency_sign=ibis.coalesce(*signs)
    ).drop("least", "most")


def in_one_currency(
    lines: ir.Table,
    rules: Rules,
    money: tuple[str, ...] = MONEY,
    order: tuple[str, ...] = ONE_ORDER,
) -> ir.Table:
    """The amounts in one currency; `foreign` marks those that have no rate.

    money: the columns to convert, the amount first. order: columns that are
    equal on the rows of one order, which are in one currency.
    Returns currency_code as ISO codes, and amount_before as it was. Raises MixedCurrencies when
    there are several and the rules do not say which to use.
    """
    amount = money[0]
    lines, found = _in_codes(lines, amount)
    several = len(found) > 1 or any(SEVERAL in code for code in found)
    if not several and rules.currency is None:
        return lines.mutate(foreign=ibis.literal(False), amount_before=lines[amount])
    if rules.currency is None:
        raise _mixed(found)
    if order:
        lines = _of_order(lines, order)
    rates = {rules.currency: 1.0, **dict(rules.rates)}
    only = next(iter(found), rules.currency)
    # A blank cell takes part where there is nothing to confuse it with.
    code = lines.currency_code.fill_null(only) if len(found) < 2 else lines.currency_code
    rate = ibis.cases(*((code == name, value) for name, value in rates.items()), else_=None)
    same = (code == rules.currency).fill_null(False)
    changed = {}
    for name in money:
        value = lines[name].cast("float64") * rate
        exact = lines[name].type().is_decimal()
        kept = value.round(4).try_cast(lines[name].type()) if exact else value
        changed[name] = same.ifelse(lines[name], kept)
    return lines.mutate(
        foreign=rate.isnull() & lines[amount].notnull(), amount_before=lines[amount], **changed
    )


def _in_codes(lines: ir.Table, amount: str) -> tuple[ir.Table, dict[str, int]]:
    """The lines with ISO codes; and currency -> rows with an amount, most frequent first."""
    known = lines.filter(lines.currency_code.notnull(), lines[amount].notnull())
    written = (
        known.group_by("currency_code", "currency_sign")
        .aggregate(rows=known.count())
        .order_by(ibis.desc("rows"), "currency_code", "currency_sign")
        .limit(_MOST)
        .execute()
    )
    meant = _meanings(written)
    counts = written.assign(code=written["currency_code"].map(meant)).groupby("code")["rows"].sum()
    found = counts.sort_values(ascending=False, kind="stable").to_dict()
    cases = [(lines.currency_code == text, code) for text, code in meant.items() if text != code]
    if cases:
        code = ibis.cases(*cases, else_=lines.currency_code)
        lines = lines.mutate(currency_code=code)
    return lines.drop("currency_sign"), found


def _meanings(written: pd.DataFrame) -> dict[str, str]:
    """The code that each way of writing a currency stands for in this file."""
    texts = list(dict.fromkeys(written["currency_code"]))
    meant = {
        text: SEVERAL.join(sorted({currency(part) for part in text.split(SEVERAL)}))
        for text in texts
    }
    with_code: dict[str, set[str]] = {}
    for text, beside in written[["currency_code", "currency_sign"]].itertuples(index=False):
        sign = shared_sign(beside) if isinstance(beside, str) else None
        if sign and not shared_sign(text):
            with_code.setdefault(sign, set()).add(meant[text])
    otherwise = {meant[text] for text in texts if not shared_sign(text)}
    for text in texts:
        sign = shared_sign(text)
        if sign is None:
            continue
        if len(with_code.get(sign, ())) == 1:
            meant[text] = min(with_code[sign])
        elif SHARED[sign] in otherwise:
            meant[text] = sign
    return meant


def _of_order(lines: ir.Table, order: tuple[str, ...]) -> ir.Table:
    """A row that says no currency has that of its order, where the order has one."""
    same = {f"same_{name}": lines[name] for name in order}
    known = lines.filter(lines.currency_code.notnull())
    orders = known.group_by(**same).aggregate(
        least=known.currency_code.min(), most=known.currency_code.max()
    )
    one = orders.filter(orders.least == orders.most).drop("most")
    joined = lines.left_join(one, [lines[name] == one[f"same_{name}"] for name in order])
    code = ibis.coalesce(joined.currency_code, joined.least)
    return joined.mutate(currency_code=code).drop(*same, "least")


def _mark(text: Any, kind: str) -> Any:
    plain = text.re_search(_PLAIN)
    return ibis.ifelse(plain, None, text.re_extract(kind, 0)).nullif("")


def _mixed(found: dict[str, int]) -> MixedCurrencies:
    listed = ", ".join(f"{code} ({counted(n, 'row')})" for code, n in list(found.items())[:LISTED])
    more = " and others" if len(found) > LISTED else ""
    number = f"{len(found)} currencies" if len(found) > 1 else "several currencies"
    return MixedCurrencies(
        f"The amounts are in {number}: {listed}{more}. They cannot be added up.",
        "Choose the currency to look at, or give a rate for each of the others.",
        tuple(found),
    )
