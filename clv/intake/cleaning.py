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
from clv.intake.casting import typed
from clv.intake.correcting import fix_cells, merge_customers
from clv.intake.corrections import NOTHING, Corrections
from clv.intake.currencies import in_one_currency, with_currency
from clv.intake.customer_mapping import CustomerMapping, parse_mapping
from clv.intake.customer_rows import clean_customers, parts_of_customers
from clv.intake.ledger import Ledger, Reason
from clv.intake.mapping import Mapping
from clv.intake.order_rows import continue_orders, share_out_totals
from clv.intake.refunds import match_refunds, revenue_by_policy, settle_refunds
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.settings import Rules

FORMAT = 5  # change it when the same input must give different files
BIG: Final = 20_000_000  # bytes of the packed table, from which on a child process cleans

# A status that starts like this means that no money was kept (several languages).
KIND_COLUMNS: Final = ("kind_why", "kind_column", "kind_value")
CANCELLED: Final = (
    r"^(?:wc-|order |payment |fully )?(?:cancel|void|storn|annul|anul|refunded$|failed|declined"
    r"|denied|reversed|reject|expired|chargeback|charged back|trash$|abgelehnt|fehlgeschlagen"
    r"|erstattet$|r(?:ü|ue)ckerstattet|rembours[ée]|[ée]chou[ée]|reembolsad|geannuleerd)"
)


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
        if raw.path.stat().st_size > BIG:
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
    sandbox.run({"clean": request}, size=raw.path.stat().st_size, work=sandbox.CLEANING)


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
    typed_lines = connection.create_table(
        "typed",
        _typed(raw, fix_cells(original, raw, corrections.cells), mapping, rules, corrections),
        temp=True,
    )
    merged = merge_customers(connection, original, typed_lines, raw, corrections)
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


def _typed(
    raw: RawTable, table: ir.Table, mapping: Mapping, rules: Rules, corrections: Corrections
) -> ir.Table:
    """Typed lines, one amount each, with what the file itself says against a row."""
    has_orders = mapping.column(schema.ORDER_ID) is not None
    lines = typed(table, raw, mapping, corrections)
    lines = lines.mutate(amount_written=lines.amount, refunded=lines.refunded.abs())
    if mapping.left_out:
        kinds = _kinds(raw, table, mapping)
        lines = lines.inner_join(kinds, lines.row_number == kinds.kind_row).drop("kind_row")
    else:
        lines = lines.mutate(**{name: ibis.null("string") for name in KIND_COLUMNS})
    if has_orders if rules.drop_duplicates is None else rules.drop_duplicates:
        compared = [raw.key(name) for name in raw.columns if name not in raw.provenance]
        copies = _duplicates(table, compared)
        lines = lines.left_join(copies, lines.row_number == copies.copy_row)
    else:
        lines = lines.mutate(copy_row=ibis.null("int64"))
    lines = lines.mutate(continues=ibis.literal(False), shared=ibis.literal(False))
    if mapping.continued:
        kept = tuple(raw.key(name) for name in mapping.attributes)
        lines = continue_orders(lines, (*kept, *KIND_COLUMNS))
        # Such a row does not say of which order it is: equal ones are of different orders.
        lines = lines.mutate(copy_row=lines.continues.ifelse(None, lines.copy_row))
    if mapping.amount_of == "order":
        lines = share_out_totals(lines)
        shared = (lines.amount != lines.amount_written).fill_null(lines.amount.notnull())
        lines = lines.mutate(shared=shared)
    return with_currency(lines.mutate(amount_shared=lines.amount))


def _with_reasons(lines: ir.Table, mapping: Mapping, rules: Rules) -> ir.Table:
    """The lines with the reason of every rule that looks at one row, or its order, at a time."""
    has_orders = mapping.column(schema.ORDER_ID) is not None
    drop_free = has_orders if rules.drop_free_lines is None else rules.drop_free_lines
    takes_back = ((lines.amount < 0) | (lines.quantity.fill_null(0) < 0)).fill_null(False)
    signed = takes_back.ifelse(-lines.amount.abs(), lines.amount)
    lines = lines.mutate(
        is_refund=takes_back,
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
    lines = _with_cancelled(lines, mapping)
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
            (lines.copy_row.notnull(), Reason.DUPLICATE.value),
            (lines.cancelled, Reason.CANCELLED.value),
            ((lines.amount == 0) & ibis.literal(drop_free), Reason.FREE_LINE.value),
        )
    ).drop("cancelled")
    return _with_cap(judged, rules.cap)


def _with_cancelled(lines: ir.Table, mapping: Mapping) -> ir.Table:
    """Adds cancelled: what the status of the line, or of any line of its order, says."""
    if mapping.column(schema.STATUS) is None:
        return lines.mutate(cancelled=ibis.literal(False))
    said = lines.order_status.lower().strip().re_search(CANCELLED).fill_null(False)
    if mapping.column(schema.ORDER_ID) is None:
        return lines.mutate(cancelled=said & ~lines.is_refund)
    # The refund line of a cancelled order goes with it, or it would be subtracted twice.
    void = lines.filter(said).select(void_of=lines.customer_id, void=lines.order_id).distinct()
    same = [lines.customer_id == void.void_of, lines.order_id == void.void]
    joined = lines.left_join(void, same)
    return joined.mutate(cancelled=joined.void.notnull()).drop("void_of", "void")


def _with_cap(lines: ir.Table, cap: float | None) -> ir.Table:
    """Lines that count, and refunds, brought down to the cap; and what was paid back on a sale."""
    amount, capped = lines.amount, ibis.literal(False)
    if cap is not None:
        limit = ibis.literal(cap).round(4).cast(amount.type())
        capped = (lines.reason.isnull() & (amount.abs() > limit)).fill_null(False)
        amount = capped.ifelse((amount < 0).ifelse(-limit, limit), amount)
    lines = lines.mutate(amount=amount, capped=capped)
    return lines.mutate(paid_back=_paid_back(lines))


def _paid_back(lines: ir.Table) -> Any:
    """What the file says was paid back on a sale, never more than the sale brought."""
    part = lines.refunded.fill_null(0).round(4).cast(lines.amount.type())
    sale = (~lines.is_refund & (lines.amount > 0)).fill_null(False)
    return sale.ifelse(ibis.least(part, lines.amount), ibis.literal(0).cast(lines.amount.type()))


def _kinds(raw: RawTable, table: ir.Table, mapping: Mapping) -> ir.Table:
    """kind_row with why, column and value where the mapping says that such a row is no order."""
    cases = []
    for rule in mapping.left_out:
        cell = table[raw.key(rule.column)]
        listed = cell.strip().lower().isin([value.strip().lower() for value in rule.values])
        filled = cell.notnull() & (cell.strip() != "")
        met = (filled & ~listed) if rule.others else listed.fill_null(False)
        cases.append((met, rule.why, rule.column, cell))
    chosen = {
        name: ibis.cases(*((case[0], case[place]) for case in cases), else_=None)
        for place, name in enumerate(KIND_COLUMNS, 1)
    }
    return table.select(kind_row=table[schema.ROW_NUMBER], **chosen)


def _blank(text: ir.StringValue) -> ir.BooleanValue:
    return text.fill_null("").strip() == ""


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
