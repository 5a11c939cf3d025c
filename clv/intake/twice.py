"""Rows that are there twice: equal ones, and orders that a later file has again."""

from typing import Final

import ibis
import ibis.expr.types as ir

from clv.intake.sources import RawTable
from clv.schema import CUSTOMER_ID, ORDER_ID, ROW_NUMBER

_SAME: Final = (ORDER_ID, CUSTOMER_ID, "day", "back")
_MORE_THAN_HALF: Final = 0.5


def superseded(lines: ir.Table, raw: RawTable) -> ir.Table | None:
    """again_row: rows of orders that a later of several files has again; None for one file.

    Exports overlap, and an order may look different in the later one: paid by then, changed, or
    paid back. It is the same order where number, customer and day are equal and the money has
    the same sign. Where a file has most orders of the days that an earlier one covers too, it
    counts for all orders that both have. Elsewhere files share an order because it was
    delivered or paid in parts: only rows equal in product, quantity and amount are the same.
    """
    if len({part.name for part in raw.origins}) < 2:
        return None
    lines = _with_age(lines, raw)
    again = _exported_again(lines)
    newest = lines.age.max().over(ibis.window(group_by=_SAME))
    lines = lines.mutate(newest=newest)
    several = lines.filter(lines.age < lines.newest).select(*_SAME).distinct()
    lines = lines.semi_join(several, _SAME).mutate(is_new=lines.age == lines.newest)
    here, all_of_it = ibis.window(group_by=[*_SAME, "thing"]), ibis.window(group_by=_SAME)
    lines = lines.mutate(
        thing_again=lines.is_new.any().over(here),
        is_cut=(lines.is_new & lines.is_edge).any().over(all_of_it),
    )
    contents = lines.group_by([*_SAME, "age"]).aggregate(
        content=lines.line.group_concat("\x1f", order_by=lines.line)
    )
    latest = contents.rename(newest="age", new_content="content")
    lines = lines.left_join(contents, [*_SAME, "age"]).drop(ibis.selectors.endswith("_right"))
    lines = lines.left_join(latest, [*_SAME, "newest"]).drop(ibis.selectors.endswith("_right"))
    pairs = ibis.literal(False)
    for old, new in again:
        pairs = pairs | ((lines.age == old) & (lines.newest == new))
    # The file may begin or end inside an order: what it lacks of that is not gone.
    counts_there = (pairs & (~lines.is_cut | lines.thing_again)) | (
        lines.content == lines.new_content
    )
    return lines.filter(~lines.is_new, counts_there).select(again_row=ROW_NUMBER)


def _with_age(lines: ir.Table, raw: RawTable) -> ir.Table:
    """What tells orders and their lines, with the age of the file: 0 has the earliest last day."""
    lines = lines.mutate(file=raw.origins_of(lines.row_number)[0])
    of_files = lines.group_by("file").aggregate(
        last=lines.ordered_at.max(), top=lines.row_number.min(), end=lines.row_number.max()
    )
    age = ibis.row_number().over(order_by=[of_files["last"], of_files.end])
    of_files = of_files.select("file", "top", "end", age=age)
    lines = lines.filter(
        lines.order_id.notnull(), lines.customer_id.notnull(), lines.ordered_at.notnull()
    ).inner_join(of_files, "file")
    thing = ibis.coalesce(lines.product_id, lines["product"], "")
    parts = [thing, lines.quantity.cast("string"), lines.amount.cast("string")]
    return lines.select(
        ROW_NUMBER,
        ORDER_ID,
        CUSTOMER_ID,
        "age",
        day=lines.ordered_at.date(),
        back=(lines.amount < 0).fill_null(False),
        thing=thing,
        line=ibis.literal("\x1e").join([part.fill_null("") for part in parts]),
        is_edge=lines.row_number.isin([lines.top, lines.end]),
    )


def _exported_again(lines: ir.Table) -> list[tuple[int, int]]:
    """Pairs of files of which the later has most orders of the days that both cover."""
    sales = lines.filter(~lines.back)
    orders = sales.select(ORDER_ID, CUSTOMER_ID, "day", "age").distinct()
    later = orders.rename(later="age")
    both = orders.inner_join(later, [ORDER_ID, CUSTOMER_ID, "day"])
    both = both.filter(both.age < both.later)
    shared = both.group_by(["age", "later"]).aggregate(orders=both.count()).execute()
    per_day = orders.group_by(["age", "day"]).aggregate(orders=orders.count()).execute()
    days = {age: found.set_index("day")["orders"] for age, found in per_day.groupby("age")}
    found = []
    for old, new, count in shared.itertuples(index=False):
        first, last = days[new].index.min(), days[new].index.max()
        inside = days[old][(days[old].index >= first) & (days[old].index <= last)]
        if count > _MORE_THAN_HALF * inside.sum():
            found.append((int(old), int(new)))
    return found


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
