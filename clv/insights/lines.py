"""The order lines behind an analysis, numbered so that any group of customers is counted fast.

Built once per shop and kept as two immutable files; every question about orders and products
is put to the table that `Lines.ask` hands out.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis.backends.duckdb import Backend

from clv import engine, schema
from clv.insights.levels import Level, level_labels, product_column
from clv.intake.shop import Shop

FORMAT: Final = 1  # of the files; a change of what they hold makes the old ones unused

# Columns of the table of lines.
CUSTOMER: Final = "customer"  # place of the customer in the analysis, from 0
ORDER: Final = "order"  # place of the order in the shop; empty for a refund without an order
NUMBER: Final = "number"  # 1 for the customer's first order, 2 for the second ...
DAY: Final = "day"  # of the order; with refunds netted, of the order that a refund lowers
ITEM: Final = "item"  # place of the product in `Lines.items`; empty without one
PAID: Final = "paid"  # money for one piece; empty on refunds and where pieces are not known

Mask = npt.NDArray[np.bool_]
Span = tuple[date, date]  # first and last day, both included

P = ParamSpec("P")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Lines:
    """Order lines of the customers of one analysis.

    items: one row per product: id, product (a label that no other product has), and one text
    column per level under its label; levels: their labels, the coarsest first, ending with
    "Product" where the file has products; roles: as in `Shop`; attributes: (label, column)
    of what else a line says of its order.
    """

    path: Path
    items: pd.DataFrame
    levels: tuple[str, ...]
    roles: tuple[str, ...]
    attributes: tuple[Level, ...]
    first: date
    last: date
    has_orders: bool
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def ask(
        self,
        question: Callable[Concatenate[ir.Table, P], Answer],
        kept: Mask | None = None,
        days: tuple[Span, ...] = (),
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Answer:
        """Put a question to the lines of the customers in `kept`, ordered within one of `days`.

        kept: mask over the customers of the analysis; None is all. days: none is always.
        The table has customer, order, number, day, booked (dates), is_refund, amount
        (DECIMAL), cost, quantity, paid, discount, item, channel, country, the attributes under
        their keys, and level_0, level_1 ... for `levels`.
        """
        with self._lock:  # one connection; the engine spreads each question over the cores
            return question(self._table(kept, days), *args, **kwargs)

    def level_column(self, level: str) -> str:
        """The column that holds a level."""
        return f"level_{self.levels.index(level)}"

    def _table(self, kept: Mask | None, days: tuple[Span, ...]) -> ir.Table:
        table = self._all
        if days:
            inside = [table[DAY].between(ibis.literal(a), ibis.literal(b)) for a, b in days]
            table = table.filter(ibis.or_(*inside))
        if kept is None or kept.all():
            return table
        chosen = pd.DataFrame({CUSTOMER: np.flatnonzero(kept).astype(np.int32)})
        return table.semi_join(ibis.memtable(chosen), CUSTOMER)

    @cached_property
    def _all(self) -> ir.Table:
        return engine.connect(self.path.parent).read_parquet(str(self.path))


def open_lines(shop: Shop, customer_ids: pd.Series, levels: tuple[Level, ...]) -> Lines:
    """The lines of a shop, made where they are not there yet.

    customer_ids: of the analysis, in its order. levels: from `product_levels`. Raises
    NotEnoughData for a file with one row per customer.
    """
    path = engine.content_name("lines", FORMAT, shop.key, levels)
    items_path = engine.content_name("items", FORMAT, shop.key, levels)
    inner = {column for _, column in levels}
    attributes = tuple(pair for pair in shop.attributes if pair[1] not in inner)
    product = product_column(shop.roles)
    if not (path.exists() and items_path.exists()):
        connection = engine.connect()
        transactions = shop.open(connection)
        items = _items(transactions, product, shop.roles, levels)
        lines = _numbered(transactions, customer_ids)
        engine.write_parquet(connection, ibis.memtable(items), items_path)
        engine.write_parquet(connection, _lines(lines, items, product, attributes), path)
    engine.touch(path, items_path)
    return Lines(
        path=path,
        items=_read(engine.connect(), items_path).rename(columns=_labels(levels)),
        levels=level_labels(levels, shop.roles),
        roles=shop.roles,
        attributes=attributes,
        first=shop.first,
        last=shop.last,
        has_orders=shop.has_orders,
    )


def _labels(levels: tuple[Level, ...]) -> dict[str, str]:
    return {f"level_{place}": label for place, (label, _) in enumerate(levels)}


def _read(connection: Backend, path: Path) -> pd.DataFrame:
    found: pd.DataFrame = connection.read_parquet(str(path)).order_by(ITEM).execute()
    return found.set_index(ITEM)


def _numbered(transactions: ir.Table, customer_ids: pd.Series) -> ir.Table:
    """The lines of these customers, with the place and the number of their order."""
    places = pd.DataFrame(
        {
            schema.CUSTOMER_ID: customer_ids.to_numpy(),
            CUSTOMER: np.arange(len(customer_ids), dtype=np.int32),
        }
    )
    lines = transactions.inner_join(ibis.memtable(places), schema.CUSTOMER_ID)
    bought = lines.filter(~lines.is_refund)
    # An order is its number within its customer: two customers may share a number.
    orders = bought.group_by([CUSTOMER, schema.ORDER_ID]).aggregate(at=bought.ordered_at.min())
    by_time = [orders.at, orders.order_id]
    orders = orders.mutate(
        order=ibis.row_number().over(order_by=[orders.customer, *by_time]).cast("int32"),
        number=(ibis.row_number().over(group_by=CUSTOMER, order_by=by_time) + 1).cast("int32"),
    ).drop("at")
    return lines.left_join(orders, [CUSTOMER, schema.ORDER_ID])


def _items(
    transactions: ir.Table, product: str | None, roles: tuple[str, ...], levels: tuple[Level, ...]
) -> pd.DataFrame:
    """The products: item, id, product, level_0 ...; of several values, the most frequent."""
    if product is None:
        empty = {"id": "string", "product": "string"}
        empty |= {f"level_{place}": "string" for place in range(len(levels))}
        return pd.DataFrame({ITEM: pd.Series(dtype="int32")} | {
            name: pd.Series(dtype=kind) for name, kind in empty.items()
        })  # fmt: skip
    known = transactions.filter(transactions[product].notnull())
    found: pd.DataFrame = known.select(id=known[product]).distinct().order_by("id").execute()
    name = schema.PRODUCT if schema.PRODUCT in roles else product
    wanted = {"product": name} | {f"level_{i}": column for i, (_, column) in enumerate(levels)}
    for label, column in wanted.items():
        found[label] = found["id"].map(_usual(known, product, column)).fillna("")
    found["product"] = _unlike(found["product"].mask(found["product"] == "", found["id"]), found)
    found.insert(0, ITEM, np.arange(len(found), dtype=np.int32))
    return found


def _usual(known: ir.Table, product: str, column: str) -> "pd.Series[str]":
    """The most frequent value of a column per product; of two as frequent, the first one."""
    filled = known.filter(known[column].notnull())
    counts = filled.group_by(id=filled[product], value=filled[column]).aggregate(n=filled.count())
    frame = counts.execute().sort_values(["n", "value"], ascending=[False, True], kind="stable")
    usual: pd.Series[str] = frame.drop_duplicates("id").set_index("id")["value"]
    return usual


def _unlike(labels: "pd.Series[str]", items: pd.DataFrame) -> "pd.Series[str]":
    """Labels with the product's number behind those that several products share."""
    shared = labels.duplicated(keep=False) & (labels != items["id"])
    return labels.where(~shared, labels + " (" + items["id"] + ")")


def _lines(
    lines: ir.Table, items: pd.DataFrame, product: str | None, attributes: tuple[Level, ...]
) -> ir.Table:
    pieces = lines.quantity
    columns: dict[str, Any] = {
        CUSTOMER: lines.customer,
        ORDER: lines["order"],
        NUMBER: lines.number,
        DAY: lines.ordered_at.date(),
        "booked": lines.booked_at.date(),
        schema.IS_REFUND: lines.is_refund,
        schema.AMOUNT: lines.amount,
        schema.COST: lines.cost,
        schema.QUANTITY: pieces,
        PAID: ibis.ifelse(
            ~lines.is_refund & (pieces > 0) & (lines.amount > 0),
            lines.amount.cast("float64") / pieces,
            None,
        ),
        schema.DISCOUNT: lines.discount,
        schema.CHANNEL: lines.channel,
        schema.COUNTRY: lines.country,
        **{column: lines[column] for _, column in attributes},
    }
    levels = [name for name in items.columns if name.startswith("level_")]
    if product is None:
        return lines.select(**columns, item=ibis.null("int32")).order_by([CUSTOMER, DAY])
    last = f"level_{len(levels)}"
    known = ibis.memtable(items.rename(columns={"product": last}))
    joined = lines.select(**columns, id=lines[product]).left_join(known, "id")
    return joined.select(*columns, ITEM, *levels, last).order_by([CUSTOMER, DAY])
