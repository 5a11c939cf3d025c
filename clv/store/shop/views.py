"""The view that analyses read, and the triggers that count changes, in the words of each engine."""

from typing import Final

from clv.schema import (
    AMOUNT,
    CATEGORY,
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
    SUBCATEGORY,
    UNIT_PRICE,
)
from clv.store.shop.fields import CUSTOMER_TYPE, SALE_ID, TABLES

ORDERS: Final = "orders"
# Column of the view -> table that it is from, in the order of a usual order file.
COLUMNS: Final = {
    ORDER_ID: "t",
    ORDERED_AT: "t",
    CUSTOMER_ID: "t",
    PRODUCT_ID: "s",
    PRODUCT: "p",
    CATEGORY: "p",
    SUBCATEGORY: "p",
    QUANTITY: "s",
    UNIT_PRICE: "s",
    DISCOUNT: "s",
    AMOUNT: "s",
    COST: "s",
    CHANNEL: "t",
    COUNTRY: "c",
    REFUND_OF: "t",
    CUSTOMER_TYPE: "c",
}
_SELECT: Final = f"""
    SELECT {", ".join(f"{place}.{name}" for name, place in COLUMNS.items())}
    FROM sales s
    JOIN transactions t ON t.order_id = s.order_id
    JOIN products p ON p.product_id = s.product_id
    JOIN customers c ON c.customer_id = t.customer_id
    ORDER BY s.{SALE_ID}
"""
_COUNT: Final = "UPDATE revision SET number = number + 1"

VIEWS: Final[dict[str, tuple[str, ...]]] = {
    "sqlite": (f"CREATE VIEW IF NOT EXISTS {ORDERS} AS {_SELECT}",),
    "postgresql": (f"CREATE OR REPLACE VIEW {ORDERS} AS {_SELECT}",),
}
TRIGGERS: Final[dict[str, tuple[str, ...]]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS count_{event.lower()}_{table} AFTER {event} ON {table} "
        f"BEGIN {_COUNT}; END"
        for table in TABLES
        for event in ("INSERT", "UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_COUNT}; RETURN NULL; END $$",
        *(
            f"CREATE OR REPLACE TRIGGER count_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION count_change()"
            for table in TABLES
        ),
    ),
}
