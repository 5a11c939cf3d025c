"""Raw rows + mapping + rules -> transactions and a ledger that accounts for every row.

Rules are applied in the order of `ledger.Reason`; a row is listed under the first that
drops it. The result is a set of immutable files named by what made them.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from clv import engine, schema
from clv.errors import NotEnoughData
from clv.intake.casting import typed
from clv.intake.customer_mapping import CustomerMapping
from clv.intake.customer_rows import clean_customers
from clv.intake.ledger import Effect, Ledger, Reason
from clv.intake.mapping import Mapping
from clv.intake.refunds import match_refunds, revenue_by_policy, settle_refunds
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.settings import Rules

FORMAT = 2  # change it when the same input must give different files

# A status that starts like this means that no money was kept (several languages).
CANCELLED = r"^(cancel|void|storn|annul|anul|refunded$|failed|declined|reject|expired)"


def clean(raw: RawTable, mapping: Mapping | CustomerMapping, rules: Rules | None = None) -> Shop:
    """Apply the rules to every row; the same input gives the same files, once.

    Raises InvalidMapping or AmbiguousFormat when the mapping cannot be used, and
    NotEnoughData when no row is left.
    """
    if isinstance(mapping, CustomerMapping):
        return clean_customers(raw, mapping, rules)
    mapping.check(raw)
    rules = rules or Rules()
    parts = (FORMAT, raw.path.name, mapping.to_json(), repr(rules))
    done = engine.content_name("shop", *parts, suffix=".json")
    if done.exists():
        shop = replace(Shop.load(done), name=raw.name)
        if shop.complete:
            engine.touch(done)
            shop.touch()
            return shop
    shop = _clean(raw, mapping, rules, parts)
    shop.save(done)
    return shop


def _clean(raw: RawTable, mapping: Mapping, rules: Rules, parts: tuple[object, ...]) -> Shop:
    connection = engine.connect()
    has_orders = mapping.column(schema.ORDER_ID) is not None
    staged = connection.create_table(
        "staged", _staged(raw, raw.table(connection), mapping, rules, has_orders), temp=True
    )
    lines = connection.create_table(
        "lines", settle_refunds(match_refunds(connection, staged), rules.refunds), temp=True
    )
    used = lines.filter(lines.reason.isnull())
    attributes = tuple((label, raw.key(label)) for label in mapping.attributes)
    transactions = engine.content_name("transactions", *parts)
    engine.write_parquet(connection, _transactions(used, attributes), transactions)
    rejected = engine.content_name("rejected", *parts)
    engine.write_parquet(connection, _rejected(lines, mapping), rejected)
    ledger = Ledger(
        read=raw.rows,
        used=int(used.count().execute()),
        effects=_effects(lines),
        rejected_path=rejected,
    )
    _refuse_if_empty(ledger)
    bought = used.filter(~used.is_refund)
    span = bought.aggregate(
        first=bought.ordered_at.min(),
        last=bought.ordered_at.max(),
        customers=bought.customer_id.nunique(),
    ).execute()
    return Shop(
        name=raw.name,
        transactions_path=transactions,
        ledger=ledger,
        roles=tuple(mapping.roles),
        attributes=attributes,
        has_orders=has_orders,
        first=span["first"][0].date(),
        last=span["last"][0].date(),
        customers=int(span["customers"][0]),
        revenue_by_policy=revenue_by_policy(lines),
    )


def _staged(
    raw: RawTable, table: ir.Table, mapping: Mapping, rules: Rules, has_orders: bool
) -> ir.Table:
    """Typed lines with the reason of every rule that looks at one row at a time."""
    lines = typed(table, raw, mapping)
    drop_duplicates = has_orders if rules.drop_duplicates is None else rules.drop_duplicates
    drop_free = has_orders if rules.drop_free_lines is None else rules.drop_free_lines
    if drop_duplicates:
        copies = _duplicates(table, [raw.key(name) for name in raw.columns])
        lines = lines.left_join(copies, lines.row_number == copies.copy_row)
    else:
        lines = lines.mutate(copy_row=ibis.null("int64"))
    takes_back = (lines.amount < 0) | (lines.quantity.fill_null(0) < 0)
    lines = lines.mutate(
        is_refund=takes_back.fill_null(False),
        amount=takes_back.fill_null(False).ifelse(-lines.amount.abs(), lines.amount),
        cost=takes_back.fill_null(False).ifelse(-lines.cost.abs(), lines.cost),
        # Without order numbers a purchase day stands in for an order.
        order_id=ibis.coalesce(lines.order_id, lines.ordered_at.strftime("%Y-%m-%d")),
    )
    too_late = (
        ibis.literal(False)
        if rules.until is None
        else lines.ordered_at.date() > ibis.literal(rules.until)
    )
    cancelled = lines.order_status.lower().strip().re_search(CANCELLED).fill_null(False)
    if has_orders:
        # The refund line of a cancelled order goes with it, or it would be subtracted twice.
        order = ibis.window(group_by=[lines.customer_id, lines.order_id])
        cancelled = cancelled.any().over(order)
    else:
        cancelled = cancelled & ~lines.is_refund
    return lines.mutate(
        reason=ibis.cases(
            (lines.customer_id.isnull(), Reason.NO_CUSTOMER.value),
            (lines.ordered_at.isnull() & _blank(lines.ordered_at_text), Reason.NO_DATE.value),
            (lines.ordered_at.isnull(), Reason.IMPOSSIBLE_DATE.value),
            (too_late, Reason.AFTER_LAST_DAY.value),
            (lines.amount.isnull() & _blank(lines.amount_text), Reason.NO_AMOUNT.value),
            (lines.amount.isnull(), Reason.IMPOSSIBLE_AMOUNT.value),
            (lines.copy_row.notnull(), Reason.DUPLICATE.value),
            (cancelled, Reason.CANCELLED.value),
            ((lines.amount == 0) & ibis.literal(drop_free), Reason.FREE_LINE.value),
        )
    )


def _blank(text: ir.StringValue) -> ir.BooleanValue:
    return text.fill_null("").strip().isin(["", "x"])  # "x": quantity x price, both empty


def _duplicates(table: ir.Table, keys: list[str]) -> ir.Table:
    """Row numbers of rows equal to an earlier one in every column.

    A 64-bit hash finds the candidates in one pass; only those are compared in full.
    """
    joined = ibis.literal("\x1f").join([table[key].fill_null("\x00") for key in keys])
    hashed = table.mutate(row_hash=joined.hash())
    repeated = hashed.group_by("row_hash").having(hashed.count() > 1).aggregate()
    suspects = hashed.semi_join(repeated, "row_hash")
    first = suspects.row_number.min().over(ibis.window(group_by=keys))
    return (
        suspects.mutate(first=first)
        .filter(lambda t: t.row_number > t.first)
        .select(copy_row="row_number")
    )


def _transactions(used: ir.Table, attributes: tuple[tuple[str, str], ...]) -> ir.Table:
    columns = [
        schema.ROW_NUMBER,
        schema.CUSTOMER_ID,
        schema.ORDER_ID,
        schema.ORDERED_AT,
        schema.IS_REFUND,
        schema.QUANTITY,
        schema.UNIT_PRICE,
        schema.AMOUNT,
        schema.COST,
        schema.DISCOUNT,
        schema.PRODUCT_ID,
        schema.PRODUCT,
        schema.CATEGORY,
        schema.SUBCATEGORY,
        schema.CHANNEL,
        schema.COUNTRY,
    ]
    return used.select(*columns, *(key for _, key in attributes)).order_by(schema.ROW_NUMBER)


def _rejected(lines: ir.Table, mapping: Mapping) -> ir.Table:
    """Row number, reason, column and value of every row left out."""
    amount = mapping.column(schema.AMOUNT) or " x ".join(
        mapping.column(role) or "" for role in (schema.QUANTITY, schema.UNIT_PRICE)
    )
    customer, day = (mapping.column(role) or "" for role in schema.REQUIRED_ROLES)
    status = mapping.column(schema.STATUS) or ""
    dates = [Reason.NO_DATE.value, Reason.IMPOSSIBLE_DATE.value, Reason.AFTER_LAST_DAY.value]
    is_date = lines.reason.isin(dates)
    is_customer = lines.reason == Reason.NO_CUSTOMER.value
    is_status = lines.reason == Reason.CANCELLED.value
    is_copy = lines.reason == Reason.DUPLICATE.value
    return (
        lines.filter(lines.reason.notnull())
        .select(
            schema.ROW_NUMBER,
            "reason",
            column=ibis.cases(
                (is_customer, customer),
                (is_date, day),
                (is_status, status),
                (is_copy, "all columns"),
                else_=amount,
            ),
            value=ibis.cases(
                (is_customer, ""),
                (is_date, lines.ordered_at_text),
                (is_status, lines.order_status),
                (is_copy, ""),
                else_=lines.amount_text,
            ).fill_null(""),
        )
        .order_by(schema.ROW_NUMBER)
    )


def _effects(lines: ir.Table) -> tuple[Effect, ...]:
    """One Effect per reason that took rows out, in the order of the rules."""
    remains = lines.reason.isnull().any().over(ibis.window(group_by=schema.CUSTOMER_ID))
    rows = (
        lines.mutate(remains=remains)
        .filter(lines.reason.notnull())
        .group_by("reason")
        .aggregate(
            rows=lambda t: t.count(),
            customers=lambda t: t.customer_id.nunique(),
            customers_lost=lambda t: t.customer_id.nunique(where=~t.remains),
            revenue=lambda t: t.amount.sum().cast("float64").fill_null(0.0),
        )
        .execute()
        .set_index("reason")
    )
    return tuple(
        Effect(
            reason=reason,
            rows=int(rows.at[reason.value, "rows"]),
            customers=int(rows.at[reason.value, "customers"]),
            customers_lost=int(rows.at[reason.value, "customers_lost"]),
            revenue=float(rows.at[reason.value, "revenue"]),
        )
        for reason in Reason
        if reason.value in rows.index
    )


def _refuse_if_empty(ledger: Ledger) -> None:
    if ledger.used:
        return
    if not ledger.effects:
        raise NotEnoughData("The file has no rows.", "Export the orders again and load that file.")
    worst = max(ledger.effects, key=lambda effect: effect.rows)
    raise NotEnoughData(
        f"None of the {ledger.read:,} rows can be used; the most frequent reason is "
        f"'{worst.reason}' ({worst.rows:,} rows).",
        "Check the columns chosen for customer, date and amount, and how dates and numbers "
        "are written.",
    )
