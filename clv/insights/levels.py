"""The product hierarchy of a file: the mapped groups, and columns that group products unasked."""

from typing import Final

import ibis.expr.types as ir

from clv import schema

FEWEST_PRODUCTS: Final = 10  # seen in two orders or more, before a column may count as a group
SAME_GROUP: Final = 0.98  # of those products have one value of the column
SMALLER: Final = 0.7  # at most as many groups per product
PRODUCT: Final = "Product"  # the last level: the product itself

Level = tuple[str, str]  # the label on pages, the column of `transactions`


def product_levels(
    transactions: ir.Table, roles: tuple[str, ...], attributes: tuple[Level, ...]
) -> tuple[Level, ...]:
    """The groups that products belong to, the coarsest first; the product itself is not one.

    Category and subcategory are levels because they were mapped as such. An attribute is one when
    hardly any product has two values of it: other attributes speak of the order or the customer.
    """
    mapped = tuple(
        (schema.ROLE_LABELS[role], role)
        for role in (schema.CATEGORY, schema.SUBCATEGORY)
        if role in roles
    )
    product = product_column(roles)
    if product is None or not (mapped or attributes):
        return mapped
    columns = [column for _, column in (*mapped, *attributes)]
    # One value is as much as the least and the greatest being the same, and quicker to see.
    ends = {
        f"{end}_{column}": getattr(transactions[column], end)()
        for column in (schema.ORDER_ID, *columns)
        for end in ("min", "max")
    }
    each = transactions.group_by(product).aggregate(**ends).execute()
    seen = each[each[f"min_{schema.ORDER_ID}"] != each[f"max_{schema.ORDER_ID}"]]

    def size(column: str) -> int:
        return int(each[f"max_{column}"].nunique())

    def groups_products(column: str) -> bool:
        least, most = seen[f"min_{column}"], seen[f"max_{column}"]
        return bool(
            len(seen) >= FEWEST_PRODUCTS
            and ((least == most) | least.isna()).mean() >= SAME_GROUP
            and 2 <= size(column) <= SMALLER * len(each)
        )

    found = (*mapped, *(pair for pair in attributes if groups_products(pair[1])))
    return tuple(sorted(found, key=lambda pair: size(pair[1])))


def level_labels(levels: tuple[Level, ...], roles: tuple[str, ...]) -> tuple[str, ...]:
    """What the levels are called on pages, the product itself last."""
    return (*(label for label, _ in levels), *([PRODUCT] if product_column(roles) else []))


def product_column(roles: tuple[str, ...]) -> str | None:
    """What tells products apart: their number, or else their name; None in a file without."""
    return next((role for role in (schema.PRODUCT_ID, schema.PRODUCT) if role in roles), None)
