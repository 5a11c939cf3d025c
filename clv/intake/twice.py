"""Rows that are there twice: equal ones, and orders that a later file has again."""

from typing import Final

import ibis
import ibis.expr.types as ir

from clv.intake.sources import RawTable
from clv.schema import CUSTOMER_ID, ORDER_ID, ROW_NUMBER

_MOSTLY: Final = 0.99
_MORE_THAN_HALF: Final = 0.5


def superseded(lines: ir.Table, raw: RawTable) -> ir.Table | None:
    """again_row: rows of orders that a later of several files has again; None for one file.

    Monthly exports overlap, and an order may look different in the later one: paid by then, or
    paid back. Its rows in the last file count. It is the same order where number, customer and
    day are equal, the money has the same sign, and more than half of the products are the same
    (where none is named, of the amounts; neither where orders have one row each). A file that
    ends in the middle of an order, and the next one that goes on with it, add up.
    """
    if len({part.name for part in raw.origins}) < 2:
        return None
    lines = lines.filter(lines.order_id.notnull(), lines.customer_id.notnull())
    lines = lines.mutate(file=raw.origins_of(lines.row_number)[0])
    of_files = lines.group_by("file").aggregate(
        last=lines.ordered_at.max(), place=lines.row_number.max()
    )
    of_files = of_files.select(
        "file", age=ibis.row_number().over(order_by=[of_files["last"], of_files["place"]])
    )
    parts = lines.group_by([ORDER_ID, CUSTOMER_ID, "file"]).aggregate(rows=lines.count())
    orders = parts.group_by([ORDER_ID, CUSTOMER_ID]).aggregate(
        files=parts.count(), rows=parts.rows.max()
    )
    several = orders.filter(orders.files > 1)
    if not several.count().execute():
        return None
    single = (orders.rows == 1).mean().execute() >= _MOSTLY
    lines = lines.semi_join(several, [ORDER_ID, CUSTOMER_ID]).inner_join(of_files, "file")
    thing = ibis.coalesce(lines.product_id, lines["product"])
    if single:
        thing = ibis.coalesce(thing, "")
    lines = lines.select(
        ROW_NUMBER,
        ORDER_ID,
        CUSTOMER_ID,
        "age",
        day=lines.ordered_at.date(),
        back=(lines.amount < 0).fill_null(False),
        thing=ibis.coalesce(thing, lines.amount_text, ""),
    )
    keys = [ORDER_ID, CUSTOMER_ID, "day", "back"]
    newest = lines.age.max().over(ibis.window(group_by=keys))
    lines = lines.mutate(is_new=lines.age == newest)
    things = lines.group_by([*keys, "thing"]).aggregate(
        new=lines.is_new.any(), old=(~lines.is_new).any()
    )
    same = (things.new & things.old).sum()
    again = (
        things.group_by(keys)
        .having(2 * same > ibis.least(things.new.sum(), things.old.sum()))
        .aggregate()
    )
    return lines.filter(~lines.is_new).semi_join(again, keys).select(again_row=ROW_NUMBER)


def copies(table: ir.Table, raw: RawTable, *, across_files: bool) -> ir.Table:
    """copy_row, copy_of: rows equal to an earlier one in every column, and the first of these.

    across_files: only as far as another file has them, for two equal rows of one file may be
    two purchases. A 64-bit hash finds the candidates in one pass; only those are compared in
    full.
    """
    keys = [raw.key(name) for name in raw.columns if name not in raw.provenance]
    joined = ibis.literal("\x1f").join([table[key].fill_null("\x00") for key in keys])
    hashed = table.mutate(row_hash=joined.hash())
    repeated = hashed.group_by("row_hash").having(hashed.count() > 1).aggregate()
    suspects = hashed.semi_join(repeated, "row_hash")
    if across_files:
        suspects = suspects.mutate(file=raw.origins_of(suspects.row_number)[0])
        place = ibis.row_number().over(ibis.window(group_by=[*keys, "file"], order_by=ROW_NUMBER))
        suspects = suspects.mutate(place=place)
        keys = [*keys, "place"]
    first = suspects.row_number.min().over(ibis.window(group_by=keys))
    return (
        suspects.mutate(first=first)
        .filter(lambda t: t.row_number > t.first)
        .select(copy_row=ROW_NUMBER, copy_of="first")
    )


def whole_orders_are_repeated(lines: ir.Table) -> bool:
    """Whether most orders with a copied row have all of their rows as often, and several.

    Then orders were exported twice. Else an equal row is one more piece on a row of its own: a
    second ticket, or the same shirt in a size that the file does not tell.
    """
    known = lines.filter(lines.order_id.notnull(), ~lines.superseded)
    first = ibis.coalesce(known.copy_of, known.row_number)
    times = known.group_by([ORDER_ID, CUSTOMER_ID], first=first).aggregate(times=known.count())
    orders = times.group_by([ORDER_ID, CUSTOMER_ID]).aggregate(
        different=times.count(), least=times.times.min(), most=times.times.max()
    )
    copied = orders.filter(orders.different > 1, orders.most > 1)
    share = (copied.least == copied.most).mean().execute()
    return share is not None and bool(share > _MORE_THAN_HALF)
