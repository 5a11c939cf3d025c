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
    sizes = transactions.aggregate(
        products=transactions[product].nunique(),
        **{f"size_{column}": transactions[column].nunique() for column in columns},
    )
    each = transactions.group_by(product).aggregate(
        orders=transactions.order_id.nunique(),
        **{f"size_{column}": transactions[column].nunique() for column in columns},
    )
    seen = each.filter(each.orders > 1)
    alone = seen.aggregate(
        products=seen.count(),
        **{f"one_{column}": (seen[f"size_{column}"] <= 1).mean() for column in columns},
    )
    size, one = sizes.execute().iloc[0], alone.execute().iloc[0]

    def groups_products(column: str) -> bool:
        return bool(
            one["products"] >= FEWEST_PRODUCTS
            and one[f"one_{column}"] >= SAME_GROUP
            and 2 <= size[f"size_{column}"] <= SMALLER * size["products"]
        )

    found = (*mapped, *(pair for pair in attributes if groups_products(pair[1])))
    return tuple(sorted(found, key=lambda pair: int(size[f"size_{pair[1]}"])))


def product_column(roles: tuple[str, ...]) -> str | None:
    """What tells products apart: their number, or else their name; None in a file without."""
    return next((role for role in (schema.PRODUCT_ID, schema.PRODUCT) if role in roles), None)
