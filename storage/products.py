"""Which products are known: from feedback, from the company's lists, or from what people decided."""

from __future__ import annotations

from typing import NamedTuple

from storage.connect import Connection


class ProductRow(NamedTuple):
    """A product with its name, and the group that it belongs to where one is known."""

    product: str
    name: str
    group: str | None


def knows_product(conn: Connection, product: str) -> bool:
    """Whether feedback, an order, sales, a case or a remedy names this product."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM product WHERE product = %(product)s)"
            " OR EXISTS (SELECT FROM customer_order WHERE product = %(product)s AND known_until IS NULL)"
            " OR EXISTS (SELECT FROM sale WHERE product = %(product)s AND known_until IS NULL)"
            " OR EXISTS (SELECT FROM remedy WHERE product = %(product)s)"
            " OR EXISTS (SELECT FROM case_file WHERE product = %(product)s)",
            {"product": product},
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def knows_group(conn: Connection, group: str) -> bool:
    """Whether a product of this group is known."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT FROM product WHERE product_group = %s LIMIT 1", (group,))
        return cursor.fetchone() is not None


def product_name(conn: Connection, product: str) -> str | None:
    """The name of a product; None where no feedback names it."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT name FROM product WHERE product = %s", (product,))
        row = cursor.fetchone()
    return row[0] if row else None


def all_products(conn: Connection) -> list[ProductRow]:
    """The products that feedback names, by identifier."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT product, name, product_group FROM product ORDER BY product")
        return [ProductRow._make(row) for row in cursor]
