"""Rows of a file with one row per customer -> clean customers and a ledger for every row.

Rules are applied in the order of ORDER; a row is listed under the first that drops it. Refund
policy and the rules for order lines have nothing to work on here: `Rules.until`, `without`,
`currency` and `rates` count, and a cap is refused.
"""

import re
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from clv import engine, schema
from clv.errors import InvalidMapping, InvalidSettings, NotEnoughData
from clv.intake.accounting import changes_of, fixed_rows, stacked_changes, with_origin
from clv.intake.casting import ORDERED_AT_TEXT, known, money, number_text, timestamp, typed
from clv.intake.correcting import fix_cells
from clv.intake.corrections import Corrections
from clv.intake.currencies import in_one_currency, with_currency_of_all
from clv.intake.customer_mapping import CustomerMapping
from clv.intake.ledger import Change, Effect, Ledger, Reason
from clv.intake.mapping import Mapping
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.settings import Rules

FORMAT: Final = "customers 3"  # change it when the same input must give different files
STRAY: Final = 0.01  # more rows than this after the last day asked for are no slips
_ON_THE_WAY: Final = ("reason", "currency", "currency_code", "foreign", "amount_before")
_BRACKETS: Final = r"^\s*[\[({]+|[\])}]+\s*$"
_QUOTES: Final = r"^[\s'\"]+|[\s'\"]+$"

ORDER: Final = (
    Reason.NO_CUSTOMER,
    Reason.CUSTOMER_LEFT_OUT,
    Reason.IMPOSSIBLE_COUNT,
    Reason.NO_ORDERS,
    Reason.NO_DATE,
    Reason.IMPOSSIBLE_DATE,
    Reason.LAST_BEFORE_FIRST,
    Reason.ONE_ORDER_TWO_DAYS,
    Reason.AFTER_LAST_DAY,
    Reason.OTHER_CURRENCY,
    Reason.NO_AMOUNT,
    Reason.IMPOSSIBLE_AMOUNT,
    Reason.CUSTOMER_TWICE,
)


def clean_customers(
    raw: RawTable, mapping: CustomerMapping, rules: Rules, corrections: Corrections
) -> Shop:
    """Cast and check every row, and write the files.

    The clean rows: row_number, customer_id, first_order, last_order (dates), orders, revenue,
    channel_0_orders, channel_0_revenue ..., interests (list of texts), attributes under their
    keys. Raises as `clv.clean` does, and InvalidSettings where there is a cap, or `rules.until`
    lies before the last orders of the file: what customers ordered until then is not in it.
    """
    parts = parts_of_customers(raw, mapping, rules, corrections)
    connection = engine.connect()
    original = raw.table(connection)
    fixed = fix_cells(original, raw, corrections.cells)
    cast = connection.create_table("cast_rows", _cast(raw, fixed, mapping))
    worth = [name for name in cast.columns if re.fullmatch(r"channel_\d+_revenue", name)]
    money = in_one_currency(cast, rules, (schema.REVENUE, *worth), order=())
    lines = connection.create_table("lines", _judged(money, rules))
    used = lines.filter(lines.reason.isnull())
    rejected = engine.content_name("rejected", *parts)
    engine.write_parquet(connection, with_origin(_rejected(lines, mapping), raw), rejected)
    changes = engine.content_name("changes", *parts)
    changed = stacked_changes([*fixed_rows(original, raw, corrections), _converted(lines, mapping)])
    engine.write_parquet(connection, with_origin(changed, raw), changes)
    ledger = Ledger(
        read=raw.rows,
        used=int(used.count().execute()),
        revenue=float(used.revenue.sum().cast("float64").execute() or 0.0),
        effects=_effects(lines),
        changes=changes_of(connection.read_parquet(str(changes))),
        rejected_path=rejected,
        changes_path=changes,
    )
    _refuse(ledger, rules)
    customers = engine.content_name("customers", *parts)
    texts = [name for name in lines.columns if name.endswith("_text") or name in _ON_THE_WAY]
    engine.write_parquet(connection, used.drop(*texts).order_by(schema.ROW_NUMBER), customers)
    facts = used.aggregate(
        first=used.first_order.min(),
        last=used.last_order.max(),
        orders=used.orders.sum(),
        currency=used.currency_code.max(),
    ).execute()
    currency = facts["currency"][0]
    revenue = ledger.revenue
    return Shop(
        name=raw.name,
        transactions_path=None,
        ledger=ledger,
        roles=tuple(mapping.roles),
        attributes=tuple((label, raw.key(label)) for label in mapping.attributes),
        has_orders=True,
        first=facts["first"][0].date(),
        last=facts["last"][0].date(),
        customers=ledger.used,
        orders=int(facts["orders"][0]),
        currency=rules.currency or (currency if isinstance(currency, str) else None),
        revenue_by_policy=(("net", revenue), ("own_date", revenue), ("ignore", revenue)),
        customers_path=customers,
        channels=tuple(channel.name for channel in mapping.channels),
    )


def parts_of_customers(
    raw: RawTable, mapping: CustomerMapping, rules: Rules, corrections: Corrections
) -> tuple[object, ...]:
    """All that the files depend on; raises InvalidMapping for corrections that make no sense."""
    _refuse_merges(corrections)
    if rules.cap is not None:
        raise InvalidSettings(
            "A cap is one for single amounts, and the file has one row per customer.",
            "Take the cap out of the rules, or load a file with one row per order.",
        )
    counted = (rules.until, rules.without, rules.currency, rules.rates)
    return FORMAT, raw.path.name, mapping.to_json(), *counted, corrections.cells


def _refuse_merges(corrections: Corrections) -> None:
    if corrections.merges or corrections.fills or corrections.date_order or corrections.decimal:
        raise InvalidMapping(
            "Customers are merged, or cells read in a second way, in files of orders only.",
            "Correct single cells, or load a file with one row per order.",
        )


def _cast(raw: RawTable, table: ir.Table, mapping: CustomerMapping) -> ir.Table:
    """Typed columns with the text of those that may fail: dates, counts, values."""
    assert mapping.customer_id
    assert mapping.first_order
    assert mapping.decimal
    kept = dict.fromkeys((*mapping.columns, *mapping.attributes))
    as_orders = Mapping(
        columns=(
            (schema.CUSTOMER_ID, mapping.customer_id),
            (schema.ORDERED_AT, mapping.first_order),
        ),
        attributes=tuple(name for name in kept if name != mapping.customer_id),
        date_order=mapping.date_order,
        decimal=mapping.decimal,
    )
    rows = typed(table, raw, as_orders)
    decimal = mapping.decimal

    def cells(columns: Sequence[str]) -> list[Any]:
        return [known(rows[raw.key(name)]) for name in columns]

    def number(name: str) -> Any:
        return money(number_text(rows[raw.key(name)], decimal))

    dates = [timestamp(cell, mapping.date_order).date() for cell in cells(mapping.last_order)]
    bad_date = [
        cell.notnull() & day.isnull()
        for cell, day in zip(cells(mapping.last_order), dates, strict=True)
    ]
    columns: dict[str, Any] = {
        schema.FIRST_ORDER: rows[schema.ORDERED_AT].date(),
        schema.LAST_ORDER: ibis.ifelse(
            reduce(lambda one, other: one | other, bad_date),
            ibis.null("date"),
            ibis.greatest(*dates) if len(dates) > 1 else dates[0],
        ),
        schema.ORDERS: _total(cells(mapping.orders), [number(n) for n in mapping.orders]),
        schema.REVENUE: _total(cells(mapping.revenue), [number(n) for n in mapping.revenue]),
        "first_text": rows[ORDERED_AT_TEXT],
        "last_text": _joined(cells(mapping.last_order)),
        "orders_text": _joined(cells(mapping.orders)),
        "revenue_text": _joined(cells(mapping.revenue)),
        "whole_text": _all_whole([number(n) for n in _counts(mapping)]).cast("string"),
    }
    for place, channel in enumerate(mapping.channels):
        columns[f"channel_{place}_orders"] = number(channel.orders).fill_null(0)
        worth = number(channel.revenue) if channel.revenue else ibis.null("decimal(18, 4)")
        columns[f"channel_{place}_revenue"] = worth
    if mapping.interests:
        columns[schema.INTERESTS] = _items(rows[raw.key(mapping.interests)])
    worth = [c.revenue for c in mapping.channels if c.revenue]
    of_money = dict.fromkeys((*mapping.revenue, *worth))
    marked = {f"money_{place}_text": rows[raw.key(n)] for place, n in enumerate(of_money)}
    columns[schema.CURRENCY] = (
        rows[raw.key(mapping.currency)] if mapping.currency else ibis.null("string")
    )
    attributes = [raw.key(name) for name in mapping.attributes]
    typed_rows = rows.select(
        schema.ROW_NUMBER, schema.CUSTOMER_ID, *attributes, **columns, **marked
    )
    return with_currency_of_all(typed_rows, tuple(marked))


def _counts(mapping: CustomerMapping) -> list[str]:
    return list(dict.fromkeys((*mapping.orders, *(c.orders for c in mapping.channels))))


def _total(cells: list[Any], numbers: list[Any]) -> Any:
    """The sum of the filled cells; NULL where all are empty or one cannot be read."""
    bad = reduce(
        lambda one, other: one | other,
        [cell.notnull() & number.isnull() for cell, number in zip(cells, numbers, strict=True)],
    )
    nothing = reduce(lambda one, other: one & other, [cell.isnull() for cell in cells])
    whole = reduce(add, [number.fill_null(0) for number in numbers])
    return ibis.ifelse(bad | nothing, ibis.null(whole.type()), whole)


def _all_whole(numbers: list[Any]) -> Any:
    """Whether every count that is there is a whole number of at least zero."""
    fine = [((number >= 0) & (number == number.floor())).fill_null(True) for number in numbers]
    return reduce(lambda one, other: one & other, fine)


def _joined(cells: list[Any]) -> Any:
    return reduce(lambda one, other: one + " + " + other, [c.fill_null("") for c in cells])


def _items(text: Any) -> Any:
    """A list from '[KADIN, ERKEK]' or 'Kadin; Erkek': distinct, in the order of the alphabet."""
    bare = text.re_replace(_BRACKETS, "").re_replace(r"[;|]", ",")
    parts = bare.split(",").map(lambda part: part.re_replace(_QUOTES, ""))
    return parts.filter(lambda part: part != "").unique().sort()


def _judged(rows: ir.Table, rules: Rules) -> ir.Table:
    """The rows with the first reason that drops each, NULL for the rows used."""
    first, last, orders = rows.first_order, rows.last_order, rows.orders
    whole = rows.whole_text == "true"
    after = ibis.literal(False) if rules.until is None else last > ibis.literal(rules.until)
    empty = {
        name: rows[f"{name}_text"].re_search(r"^[ +]*$") for name in ("last", "orders", "revenue")
    }
    no_first = rows.first_text.fill_null("").strip() == ""
    tests = {
        Reason.NO_CUSTOMER: rows.customer_id.isnull(),
        Reason.CUSTOMER_LEFT_OUT: rows.customer_id.isin(rules.without)
        if rules.without
        else ibis.literal(False),
        Reason.IMPOSSIBLE_COUNT: (orders.isnull() & ~empty["orders"]) | ~whole,
        Reason.NO_ORDERS: orders.isnull() | (orders == 0),
        Reason.NO_DATE: (first.isnull() & no_first) | (last.isnull() & empty["last"]),
        Reason.IMPOSSIBLE_DATE: first.isnull() | last.isnull(),
        Reason.LAST_BEFORE_FIRST: last < first,
        Reason.ONE_ORDER_TWO_DAYS: (orders == 1) & (last > first),
        Reason.AFTER_LAST_DAY: after,
        Reason.OTHER_CURRENCY: rows.foreign,
        Reason.NO_AMOUNT: rows.revenue.isnull() & empty["revenue"],
        Reason.IMPOSSIBLE_AMOUNT: rows.revenue.isnull(),
    }
    judged = rows.mutate(reason=ibis.cases(*((tests[r], r.value) for r in ORDER if r in tests)))
    fine = judged.filter(judged.reason.isnull())
    nth = ibis.row_number().over(
        ibis.window(group_by=schema.CUSTOMER_ID, order_by=schema.ROW_NUMBER)
    )
    again = fine.mutate(nth=nth).filter(lambda t: t.nth > 0).select(again=schema.ROW_NUMBER)
    joined = judged.left_join(again, judged.row_number == again.again)
    twice = joined.again.notnull().ifelse(Reason.CUSTOMER_TWICE.value, ibis.null(str))
    reason = ibis.coalesce(joined.reason, twice)
    return joined.mutate(reason=reason, orders=joined.orders.cast("int64")).drop("again")


def _rejected(lines: ir.Table, mapping: CustomerMapping) -> ir.Table:
    """Row number, reason, column and value of every row left out."""
    orders, revenue = " + ".join(mapping.orders), " + ".join(mapping.revenue)
    last = " + ".join(mapping.last_order)
    both = f"{mapping.first_order}, {last}"
    days = lines.first_text.fill_null("") + ", " + lines.last_text
    counts = [Reason.IMPOSSIBLE_COUNT.value, Reason.NO_ORDERS.value]
    values = [Reason.NO_AMOUNT.value, Reason.IMPOSSIBLE_AMOUNT.value]
    customer = [
        Reason.NO_CUSTOMER.value, Reason.CUSTOMER_LEFT_OUT.value, Reason.CUSTOMER_TWICE.value,
    ]  # fmt: skip
    is_foreign = lines.reason == Reason.OTHER_CURRENCY.value
    is_count, is_value, is_customer = (lines.reason.isin(r) for r in (counts, values, customer))
    return (
        lines.filter(lines.reason.notnull())
        .select(
            schema.ROW_NUMBER,
            "reason",
            column=ibis.cases(
                (is_customer, mapping.customer_id), (is_count, orders), (is_value, revenue),
                (is_foreign, mapping.currency or revenue), else_=both,
            ),
            value=ibis.cases(
                (is_customer, lines.customer_id), (is_count, lines.orders_text),
                (is_value, lines.revenue_text), (is_foreign, lines.currency_code), else_=days,
            ).fill_null(""),
        )
        .order_by(schema.ROW_NUMBER)
    )  # fmt: skip


def _converted(lines: ir.Table, mapping: CustomerMapping) -> ir.Table:
    """The sums that a rate turned into another currency, as changes."""
    differs = (lines.revenue != lines.amount_before).fill_null(False) & ~lines.foreign
    return lines.filter(differs).select(
        schema.ROW_NUMBER,
        column=ibis.literal(" + ".join(mapping.revenue)),
        old=lines.amount_before.cast("string"),
        new=lines.revenue.cast("string"),
        change=ibis.literal(Change.CONVERTED.value),
    )


def _effects(lines: ir.Table) -> tuple[Effect, ...]:
    """One Effect per reason that took rows out, in the order of the rules."""
    known = lines.filter(lines.reason.isnull()).select("customer_id").distinct()
    out = lines.filter(lines.reason.notnull())
    lost = out.anti_join(known, "customer_id")
    found = (
        out.group_by("reason")
        .aggregate(
            rows=out.count(),
            customers=out.customer_id.nunique(),
            revenue=out.revenue.sum().cast("float64").fill_null(0.0),
        )
        .execute()
        .set_index("reason")
    )
    gone = lost.group_by("reason").aggregate(n=lost.customer_id.nunique()).execute()
    missing = dict(zip(gone["reason"], gone["n"], strict=True))
    return tuple(
        Effect(
            reason=reason,
            rows=int(found.at[reason.value, "rows"]),
            customers=int(found.at[reason.value, "customers"]),
            customers_lost=int(missing.get(reason.value, 0)),
            revenue=float(found.at[reason.value, "revenue"]),
        )
        for reason in ORDER
        if reason.value in found.index
    )


def _refuse(ledger: Ledger, rules: Rules) -> None:
    late = ledger.reasons.get(Reason.AFTER_LAST_DAY, 0)
    if late > STRAY * max(ledger.read, 1):
        raise InvalidSettings(
            f"{late:,} customers ordered after {rules.until}, and a file with one row per customer "
            "does not say what they had ordered by then.",
            "Choose a later analysis date, or load a file with one row per order.",
        )
    if ledger.used:
        return
    if not ledger.effects:
        raise NotEnoughData("The file has no rows.", "Export it again and load that file.")
    worst = max(ledger.effects, key=lambda effect: effect.rows)
    raise NotEnoughData(
        f"None of the {ledger.read:,} rows can be used; the most frequent reason is "
        f"'{worst.reason}' ({worst.rows:,} rows).",
        "Check the columns chosen for customer, dates, orders and revenue, and how dates and "
        "numbers are written.",
    )
