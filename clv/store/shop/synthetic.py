"""An invented shop in the database, and the truth that it was drawn from beside it.

    truth = fill(database, Plan(customers=3000, products=5000))

The truth is two files: NAME-truth.json with the parameters, the pairs of products and the day of
the flash sale, NAME-truth.parquet with the hidden values of each customer.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from clv import engine
from clv.errors import RowInUse
from clv.schema import (
    AMOUNT,
    CHANNEL,
    COST,
    COUNTRY,
    CUSTOMER_ID,
    DISCOUNT,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT,
    PRODUCT_ID,
    QUANTITY,
    REFUND_OF,
    UNIT_PRICE,
)
from clv.store.shop.baskets import PREFERRED, Baskets, draw_baskets
from clv.store.shop.behaviour import Behaviour, draw_behaviour
from clv.store.shop.checking import calendar
from clv.store.shop.database import writing
from clv.store.shop.fields import (
    CUSTOMER_TYPE,
    CUSTOMERS,
    DATES,
    DAY,
    DISCOUNT_PERCENT,
    JOINED_ON,
    NAME,
    PRODUCTS,
    SALE_ID,
    SALES,
    TABLES,
    TRANSACTIONS,
    UNIT_COST,
    Row,
)
from clv.store.shop.plan import FLASH_DISCOUNT, Plan
from clv.store.shop.tables import BY_NAME

BATCH: Final = 5_000
_OPEN: Final = (8, 22)  # hours in which orders are made


@dataclass(frozen=True)
class Truth:
    """What the shop was drawn from. pairs: names of products bought together; preferred:
    customer type -> category; customers: one row each with the hidden values."""

    plan: Plan
    pairs: tuple[tuple[str, str], ...]
    preferred: dict[str, str]
    flash_day: date | None
    customers: pd.DataFrame

    def save(self, path: Path) -> None:
        """Write path.json and path.parquet."""
        content = {
            "plan": self.plan.to_dict(),
            "pairs": [list(pair) for pair in self.pairs],
            "preferred": self.preferred,
            "flash_day": self.flash_day and self.flash_day.isoformat(),
        }
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.customers.to_parquet(path.with_name(f"{path.name}.parquet"), index=False)
        text = json.dumps(content, indent=2, ensure_ascii=False)
        engine.write_text(path.with_name(f"{path.name}.json"), text)


def fill(database: sa.Engine, plan: Plan | None = None) -> Truth:
    """Fill an empty shop database with an invented shop; RowInUse where it has rows already."""
    plan = plan or Plan()
    rng = np.random.default_rng(plan.seed)
    behaviour = draw_behaviour(plan, rng)
    baskets = draw_baskets(plan, behaviour, rng)
    tables = _tables(plan, behaviour, baskets, rng)
    with writing(database) as connection:
        _refuse_rows(connection)
        for table in TABLES:
            insert_rows(connection, table, tables[table])
    truth = _truth(plan, behaviour, baskets)
    truth.save(truth_path(database))
    return truth


def truth_path(database: sa.Engine) -> Path:
    """Where the truth of an invented shop lies, without the ending of its two files."""
    if database.dialect.name == "sqlite":
        path = Path(str(database.url.database))
        return path.with_name(f"{path.stem}-truth")
    return engine.store_folder() / f"{database.url.database}-truth"


def insert_rows(connection: sa.Connection, table: str, rows: list[Row]) -> None:
    """Insert rows that were looked at before, some thousand at a time."""
    statement = sa.insert(BY_NAME[table])
    for start in range(0, len(rows), BATCH):
        connection.execute(statement, rows[start : start + BATCH])


def _refuse_rows(connection: sa.Connection) -> None:
    for table in TABLES:
        if connection.scalar(sa.select(sa.exists().select_from(BY_NAME[table]))):
            raise RowInUse(
                f"The shop database has rows already, in the table {table}.",
                "An invented shop is not mixed with other orders: choose another address "
                "(--url, or CLV_SHOP_URL).",
            )


def _tables(
    plan: Plan, behaviour: Behaviour, baskets: Baskets, rng: np.random.Generator
) -> dict[str, list[Row]]:
    """The rows of the five tables."""
    who = behaviour.customers[CUSTOMER_ID].to_numpy()[behaviour.who]
    days = [plan.first_day + timedelta(days=int(day)) for day in behaviour.day]
    headers: list[Row] = [
        {
            ORDER_ID: f"O{number:07d}",
            CUSTOMER_ID: customer,
            ORDERED_AT: _moment(day, rng),
            DAY: day,
            CHANNEL: channel,
            REFUND_OF: None,
        }
        for number, (customer, day, channel) in enumerate(
            zip(who, days, behaviour.channel, strict=True), start=1
        )
    ]
    sales = _sales(headers, baskets)
    refunds, refunded = _refunds(plan, headers, baskets.products, rng)
    sales += refunded
    sales.sort(key=lambda line: (str(line[DAY]), str(line[ORDER_ID])))
    for number, line in enumerate(sales, start=1):
        line[SALE_ID] = number
    return {
        CUSTOMERS: _customers(behaviour, headers),
        PRODUCTS: _records(baskets.products),
        DATES: _dates(plan),
        TRANSACTIONS: headers + refunds,
        SALES: sales,
    }


def _customers(behaviour: Behaviour, headers: list[Row]) -> list[Row]:
    joined: dict[Any, Any] = {}
    for header in headers:
        joined.setdefault(header[CUSTOMER_ID], header[DAY])
    columns = behaviour.customers[[CUSTOMER_ID, COUNTRY, CUSTOMER_TYPE]]
    return [{**row, NAME: None, JOINED_ON: joined[row[CUSTOMER_ID]]} for row in _records(columns)]


def _records(frame: pd.DataFrame) -> list[Row]:
    names = [str(name) for name in frame.columns]
    columns = (frame[name].tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _dates(plan: Plan) -> list[Row]:
    rows = [calendar(plan.first_day + timedelta(days=day)) for day in range(plan.days)]
    if plan.flash_day is not None:
        rows[plan.flash_day][DISCOUNT_PERCENT] = 100 * FLASH_DISCOUNT
    return rows


def _sales(headers: list[Row], baskets: Baskets) -> list[Row]:
    lines, products = baskets.lines, baskets.products
    place = lines["product"].to_numpy()
    cost = np.round(products[UNIT_COST].to_numpy()[place] * lines[QUANTITY].to_numpy(), 2)
    columns = (
        lines["order"].tolist(),
        products[PRODUCT_ID].to_numpy()[place].tolist(),
        lines[QUANTITY].tolist(),
        *((lines[name] / 100).tolist() for name in (UNIT_PRICE, DISCOUNT, AMOUNT)),
        cost.tolist(),
    )
    return [
        _line(headers[order], product, quantity, price, off, amount, cost)
        for order, product, quantity, price, off, amount, cost in zip(*columns, strict=True)
    ]


def _line(
    header: Row,
    product: str,
    quantity: float,
    price: float,
    off: float,
    amount: float,
    cost: float,
) -> Row:
    return {
        ORDER_ID: header[ORDER_ID],
        CUSTOMER_ID: header[CUSTOMER_ID],
        DAY: header[DAY],
        PRODUCT_ID: product,
        QUANTITY: float(quantity),
        UNIT_PRICE: price,
        DISCOUNT: off,
        AMOUNT: amount,
        COST: cost,
    }


def _refunds(
    plan: Plan, headers: list[Row], products: pd.DataFrame, rng: np.random.Generator
) -> tuple[list[Row], list[Row]]:
    """Some orders get one line more, which is paid back within two weeks: net, they stay as
    they are. The headers of the refunds, and the lines of both."""
    refunds: list[Row] = []
    lines: list[Row] = []
    for index in np.flatnonzero(rng.random(len(headers)) < plan.refund_share):
        order, item = headers[index], products.iloc[int(rng.integers(len(products)))]
        day = order[DAY]
        assert isinstance(day, date)
        back = day + timedelta(days=int(rng.integers(2, 15)))
        if back > plan.last_day:
            continue
        refund = {
            **order,
            ORDER_ID: f"R{index + 1:07d}",
            ORDERED_AT: _moment(back, rng),
            DAY: back,
            REFUND_OF: order[ORDER_ID],
        }
        price, cost = float(item[UNIT_PRICE]), float(item[UNIT_COST])
        lines.append(_line(order, item[PRODUCT_ID], 1, price, 0.0, price, cost))
        lines.append(_line(refund, item[PRODUCT_ID], -1, price, 0.0, -price, -cost))
        refunds.append(refund)
    return refunds, lines


def _moment(day: date, rng: np.random.Generator) -> datetime:
    minute = int(rng.integers(60 * _OPEN[0], 60 * _OPEN[1]))
    return datetime.combine(day, time(minute // 60, minute % 60))


def _truth(plan: Plan, behaviour: Behaviour, baskets: Baskets) -> Truth:
    names = baskets.products[PRODUCT].to_numpy()
    flash = plan.flash_day
    return Truth(
        plan=plan,
        pairs=tuple((str(names[one]), str(names[other])) for one, other in baskets.pairs),
        preferred=PREFERRED,
        flash_day=None if flash is None else plan.first_day + timedelta(days=flash),
        customers=behaviour.customers,
    )
