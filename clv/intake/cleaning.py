"""Raw rows + mapping + rules -> transactions and a ledger that accounts for every row.

Rules are applied in the order of `ledger.Reason`; a row is listed under the first that
drops it. The result is a set of immutable files named by what made them.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from clv import engine, schema
from clv.errors import NotEnoughData
from clv.intake import sandbox
from clv.intake.accounting import changed_rows, changes_of, effects_of, left_out_rows, with_origin
from clv.intake.cancellations import with_cancelled
from clv.intake.casting import typed
from clv.intake.correcting import fix_cells, merge_customers
from clv.intake.corrections import NOTHING, Corrections
from clv.intake.currencies import in_one_currency, with_currency
from clv.intake.customer_mapping import CustomerMapping, parse_mapping
from clv.intake.customer_rows import clean_customers, parts_of_customers
from clv.intake.discounts import after_discount
from clv.intake.kinds import KIND_COLUMNS, doubts, with_kinds
from clv.intake.ledger import Ledger, Reason
from clv.intake.mapping import Mapping
from clv.intake.order_rows import (
    BESIDE_AMOUNT,
    LINE_ROLES,
    continue_orders,
    credit_refunds,
    number_by_day,
    repeated_on_lines,
    share_out_repeated,
    share_out_totals,
)
from clv.intake.refunds import match_refunds, revenue_by_policy, settle_refunds
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.intake.twice import copies, superseded, whole_orders_are_repeated
from clv.settings import Rules

FORMAT = 9  # change it when the same input must give different files
BIG: Final = 20_000_000  # bytes by `_size`, from which on a child process cleans
PER_ROW: Final = 100  # bytes that a row takes at least, however well a table packs


def clean(
    raw: RawTable,
    mapping: Mapping | CustomerMapping,
    rules: Rules | None = None,
    corrections: Corrections | None = None,
) -> Shop:
    """Apply corrections and rules to every row; the same input gives the same files, once.

    Raises InvalidMapping, AmbiguousFormat or MixedCurrencies when the mapping or the rules leave
    something open, and NotEnoughData when no row is left.
    """
    mapping.check(raw)
    rules, corrections = rules or Rules(), corrections or NOTHING
    corrections.check(raw)
    parts = _parts(raw, mapping, rules, corrections)
    done = engine.content_name("shop", *parts, suffix=".json")
    if not (done.exists() and Shop.load(done).complete):
        if _size(raw) > BIG:
            _clean_apart(raw, mapping, rules, corrections, done)
        else:
            _make(raw, mapping, rules, corrections).save(done)
    shop = replace(Shop.load(done), name=raw.name)
    engine.touch(done)
    shop.touch()
    return shop


def clean_here(request: dict[str, Any]) -> dict[str, Any]:
    """What the child does for `_clean_apart`."""
    shop = _make(
        RawTable.from_dict(request["raw"]),
        parse_mapping(request["mapping"]),
        Rules.from_dict(request["rules"]),
        Corrections.from_dict(request["corrections"]),
    )
    shop.save(Path(request["done"]))
    return {}


def _clean_apart(
    raw: RawTable,
    mapping: Mapping | CustomerMapping,
    rules: Rules,
    corrections: Corrections,
    done: Path,
) -> None:
    """Clean in a child process, which takes the memory for it along when it ends."""
    request = {
        "raw": raw.to_dict(),
        "mapping": mapping.to_json(),
        "rules": rules.to_dict(),
        "corrections": corrections.to_dict(),
        "done": str(done.resolve()),
    }
    sandbox.run({"clean": request}, size=_size(raw), work=sandbox.CLEANING)


def _size(raw: RawTable) -> int:
    """Bytes of the packed table, or what its rows take at least: cleaning unpacks it."""
    return max(raw.path.stat().st_size, PER_ROW * raw.rows)


def _parts(
    raw: RawTable, mapping: Mapping | CustomerMapping, rules: Rules, corrections: Corrections
) -> tuple[object, ...]:
    """All that the files of a shop depend on."""
    if isinstance(mapping, CustomerMapping):
        return parts_of_customers(raw, mapping, rules, corrections)
    return FORMAT, raw.path.name, mapping.to_json(), repr(rules), repr(corrections)


def _make(
    raw: RawTable, mapping: Mapping | CustomerMapping, rules: Rules, corrections: Corrections
) -> Shop:
    """Write the files."""
    if isinstance(mapping, CustomerMapping):
        return clean_customers(raw, mapping, rules, corrections)
    return _clean_orders(raw, mapping, rules, corrections)


def _clean_orders(raw: RawTable, mapping: Mapping, rules: Rules, corrections: Corrections) -> Shop:
    parts = _parts(raw, mapping, rules, corrections)
    connection = engine.connect()
    original = raw.table(connection)
    table = fix_cells(original, raw, corrections.cells)
    typed_lines = connection.create_table(
        "typed", _typed(raw, table, mapping, corrections), temp=True
    )
    in_orders = connection.create_table(
        "in_orders", _in_orders(typed_lines, raw, mapping), temp=True
    )
    if mapping.column(schema.ORDER_ID):
        in_orders = number_by_day(in_orders)
    shared = connection.create_table(
        "shared", _with_shares(in_orders, table, raw, mapping, rules), temp=True
    )
    merged = merge_customers(connection, original, shared, raw, corrections)
    staged = connection.create_table(
        "staged", _with_reasons(in_one_currency(merged, rules), mapping, rules), temp=True
    )
    lines = connection.create_table(
        "lines", settle_refunds(match_refunds(connection, staged), rules.refunds), temp=True
    )
    used = lines.filter(lines.reason.isnull())
    attributes = tuple((label, raw.key(label)) for label in mapping.attributes)
    transactions, rejected, changes = (
        engine.content_name(kind, *parts) for kind in ("transactions", "rejected", "changes")
    )
    engine.write_parquet(connection, _transactions(used, attributes), transactions)
    left_out = left_out_rows(lines, mapping)
    changed = changed_rows(original, lines, raw, mapping, rules, corrections)
    engine.write_parquet(connection, with_origin(left_out, raw), rejected)
    engine.write_parquet(connection, with_origin(changed, raw), changes)
    bought = used.filter(~used.is_refund)
    facts = (
        used.aggregate(
            rows=used.count(),
            revenue=used.amount.sum().cast("float64").fill_null(0.0),
            equal=used.count(where=used.equal),
            equal_revenue=used.amount.sum(where=used.equal).cast("float64").fill_null(0.0),
            credited=used.count(where=used.credited),
            credited_revenue=used.amount.sum(where=used.credited).cast("float64").fill_null(0.0),
            first=used.ordered_at.min(where=~used.is_refund),
            last=used.ordered_at.max(where=~used.is_refund),
            customers=used.customer_id.nunique(where=~used.is_refund),
            currency=used.currency_code.max(),
        )
        .execute()
        .iloc[0]
    )
    ledger = Ledger(
        read=raw.rows,
        used=int(facts.rows),
        revenue=float(facts.revenue),
        effects=effects_of(lines),
        changes=changes_of(connection.read_parquet(str(changes))),
        rejected_path=rejected,
        changes_path=changes,
        equal=int(facts.equal),
        equal_revenue=float(facts.equal_revenue),
        credited=int(facts.credited),
        credited_revenue=float(facts.credited_revenue),
        doubts=doubts(raw, mapping),
    )
    _refuse_if_empty(ledger)
    orders = bought.select(schema.CUSTOMER_ID, schema.ORDER_ID).distinct().count().execute()
    return Shop(
        name=raw.name,
        transactions_path=transactions,
        ledger=ledger,
        roles=tuple(mapping.roles),
        attributes=attributes,
        has_orders=mapping.column(schema.ORDER_ID) is not None,
        first=facts["first"].date(),
        last=facts["last"].date(),
        customers=int(facts.customers),
        orders=int(orders),
        currency=rules.currency or (facts.currency if isinstance(facts.currency, str) else None),
        revenue_by_policy=revenue_by_policy(lines, rules.refunds),
    )


def _typed(raw: RawTable, table: ir.Table, mapping: Mapping, corrections: Corrections) -> ir.Table:
    """Typed lines with what their own row says."""
    lines = typed(table, raw, mapping, corrections)
    if mapping.takes_discount_off and mapping.discount_is:
        lines = after_discount(lines, mapping.discount_is)
    lines = with_kinds(lines, table, raw, mapping)
    return lines.mutate(
        amount_written=lines.amount,
        refunded=lines.refunded.abs(),
        continues=ibis.literal(False),
    )


def _in_orders(lines: ir.Table, raw: RawTable, mapping: Mapping) -> ir.Table:
    """The lines under the number and customer of their order, with what its other rows say."""
    if mapping.continued:
        kept = [raw.key(name) for name in mapping.attributes]
        if mapping.left_out:
            kept += KIND_COLUMNS
        lines = continue_orders(lines, (*mapping.roles, *kept))
    if mapping.column(schema.REFUND_OF):
        lines = credit_refunds(lines)
    else:
        lines = lines.mutate(names_order=ibis.literal(False))
    return with_currency(lines)


def _with_shares(
    lines: ir.Table, table: ir.Table, raw: RawTable, mapping: Mapping, rules: Rules
) -> ir.Table:
    """The lines with rows that are there twice marked, and the money of an order shared out."""
    lines = _with_twice(lines, table, raw, mapping, rules)
    repeated = frozenset[str]()
    if mapping.column(schema.ORDER_ID) and not {schema.REFUNDED, schema.DISCOUNT}.isdisjoint(
        mapping.roles
    ):
        repeated = repeated_on_lines(lines, per_total=mapping.amount_of == "order")
    if mapping.amount_of == "order":
        lines = share_out_totals(lines, repeated)
        shared = (lines.amount != lines.amount_written).fill_null(lines.amount.notnull())
        return lines.mutate(shared=shared, amount_shared=lines.amount)
    joined = {role for role in BESIDE_AMOUNT if mapping.column(role) in raw.repeated}
    lines = share_out_repeated(lines, (repeated & {schema.REFUNDED}) | joined)
    return lines.mutate(shared=ibis.literal(False), amount_shared=lines.amount)


def _with_twice(
    lines: ir.Table, table: ir.Table, raw: RawTable, mapping: Mapping, rules: Rules
) -> ir.Table:
    """Adds superseded; copy_row where an equal row is left out, equal where it counts."""
    keeps, has_orders = rules.drop_duplicates is False, schema.ORDER_ID in mapping.roles
    again = None if keeps else superseded(lines, raw)
    if again is None:
        lines = lines.mutate(superseded=ibis.literal(False))
    else:
        lines = lines.left_join(again, lines.row_number == again.again_row)
        lines = lines.mutate(superseded=lines.again_row.notnull()).drop("again_row")
        table = table.anti_join(again, table.row_number == again.again_row)
    across_files = rules.drop_duplicates is None and not has_orders
    if across_files and not raw.origins:
        return lines.mutate(copy_row=ibis.null("int64"), equal=ibis.literal(False))
    found = copies(table, raw, across_files=across_files)
    lines = lines.left_join(found, lines.row_number == found.copy_row)
    # A row that continues an order does not say which: equal ones are of different orders.
    lines = lines.mutate(copy_row=lines.continues.ifelse(None, lines.copy_row))
    if rules.drop_duplicates is None and has_orders and set(LINE_ROLES) & set(mapping.roles):
        keeps = not whole_orders_are_repeated(lines)
    lines = lines.mutate(equal=lines.copy_row.notnull() & keeps)
    return lines.mutate(copy_row=lines.equal.ifelse(None, lines.copy_row)).drop("copy_of")


def _with_reasons(lines: ir.Table, mapping: Mapping, rules: Rules) -> ir.Table:
    """The lines with the reason of every rule that looks at one row, or its order, at a time."""
    has_orders = mapping.column(schema.ORDER_ID) is not None
    drop_free = has_orders if rules.drop_free_lines is None else rules.drop_free_lines
    takes_back = ((lines.amount < 0) | (lines.quantity.fill_null(0) < 0)).fill_null(False)
    signed = takes_back.ifelse(-lines.amount.abs(), lines.amount)
    lines = lines.mutate(
        is_refund=takes_back | lines.undone,
        amount_converted=lines.amount,
        converted=(lines.amount != lines.amount_before).fill_null(False) & ~lines.foreign,
        amount=signed,
        cost=takes_back.ifelse(-lines.cost.abs(), lines.cost),
        # Without order numbers a purchase day stands in for an order.
        order_id=ibis.coalesce(lines.order_id, lines.ordered_at.strftime("%Y-%m-%d")),
    )
    too_late = (
        ibis.literal(False)
        if rules.until is None
        else lines.ordered_at.date() > ibis.literal(rules.until)
    )
    lines = with_cancelled(lines, mapping)
    unwanted = lines.customer_id.isin(rules.without) if rules.without else ibis.literal(False)
    judged = lines.mutate(
        reason=ibis.cases(
            (lines.kind_why.notnull(), lines.kind_why),
            (lines.customer_id.isnull(), Reason.NO_CUSTOMER.value),
            (unwanted, Reason.CUSTOMER_LEFT_OUT.value),
            (lines.ordered_at.isnull() & _blank(lines.ordered_at_text), Reason.NO_DATE.value),
            (lines.ordered_at.isnull(), Reason.IMPOSSIBLE_DATE.value),
            (too_late, Reason.AFTER_LAST_DAY.value),
            (lines.foreign, Reason.OTHER_CURRENCY.value),
            (lines.amount.isnull() & _blank(lines.amount_text), Reason.NO_AMOUNT.value),
            (lines.amount.isnull(), Reason.IMPOSSIBLE_AMOUNT.value),
            (lines.superseded, Reason.SUPERSEDED.value),
            (lines.copy_row.notnull(), Reason.DUPLICATE.value),
            (lines.cancelled, Reason.CANCELLED.value),
            ((lines.amount == 0) & ibis.literal(drop_free), Reason.FREE_LINE.value),
        )
    ).drop("cancelled")
    return _with_cap(judged, rules)


def _with_cap(lines: ir.Table, rules: Rules) -> ir.Table:
    """Lines that count, and refunds, brought down to the cap; and what was paid back on a sale.

    What a sale keeps after that is compared with the cap, unless refunds are ignored.
    """
    lines = lines.mutate(paid_back=_paid_back(lines))
    amount, capped = lines.amount, ibis.literal(False)
    if rules.cap is not None:
        cap = ibis.literal(rules.cap).round(4).cast(amount.type())
        limit = (cap if rules.refunds == "ignore" else cap + lines.paid_back).cast(amount.type())
        capped = (lines.reason.isnull() & (amount.abs() > limit)).fill_null(False)
        amount = capped.ifelse((amount < 0).ifelse(-limit, limit), amount)
    return lines.mutate(
        amount=amount, capped=capped, paid_back=ibis.least(lines.paid_back, amount.abs())
    )


def _paid_back(lines: ir.Table) -> Any:
    """What the file says was paid back on a sale, never more than the sale brought."""
    part = lines.refunded.fill_null(0).round(4).cast(lines.amount.type())
    sale = (~lines.is_refund & (lines.amount > 0)).fill_null(False)
    return sale.ifelse(ibis.least(part, lines.amount), ibis.literal(0).cast(lines.amount.type()))


def _blank(text: ir.StringValue) -> ir.BooleanValue:
    return text.fill_null("").strip() == ""


def _transactions(used: ir.Table, attributes: tuple[tuple[str, str], ...]) -> ir.Table:
    columns = [
        schema.ROW_NUMBER,
        schema.CUSTOMER_ID,
        schema.ORDER_ID,
        schema.ORDERED_AT,
        schema.BOOKED_AT,
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
