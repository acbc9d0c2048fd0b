"""The journey map as the views of ``lists`` give it: touchpoints, ways between them, quotes behind each cell."""

from __future__ import annotations

from typing import Any, Final

from psycopg2.extras import RealDictCursor

from kundenecho.analysis import TOUCHPOINTS
from kundenecho.journey import MOODS, OVERALL
from storage.connect import Connection

_ABOUT: Final = "about = %(about)s"


def list_journey(conn: Connection, *, product: str | None = None, company: bool = False) -> list[dict[str, Any]]:
    """The touchpoints that anybody told of, in the order of the journey.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only what is said of this product.
        company: Only what names no product.

    Returns:
        One mapping for each touchpoint with the columns of ``lists.journey``.
    """
    return _rows(
        conn,
        f"SELECT * FROM lists.journey WHERE {_ABOUT} ORDER BY array_position(%(order)s, touchpoint)",  # noqa: S608
        {**_scope(product, company), "order": [*TOUCHPOINTS, OVERALL]},
    )


def list_journey_transitions(
    conn: Connection, *, product: str | None = None, company: bool = False, limit: int | None = None
) -> list[dict[str, Any]]:
    """Which touchpoint is told of after which, the most frequent way first.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only what is said of this product.
        company: Only what names no product.
        limit: At most so many.

    Returns:
        One mapping for each way with the columns of ``lists.journey_transitions``.
    """
    return _rows(
        conn,
        f"SELECT * FROM lists.journey_transitions WHERE {_ABOUT}"  # noqa: S608
        " ORDER BY persons DESC, from_touchpoint, to_touchpoint LIMIT %(limit)s",
        {**_scope(product, company), "limit": limit},
    )


def list_journey_quotes(
    conn: Connection,
    *,
    touchpoint: str,
    mood: str | None = None,
    expectation: str | None = None,
    product: str | None = None,
    company: bool = False,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """What stands behind a cell, masked, what was read most surely first.

    Args:
        conn: Connection that may read the schema ``lists``.
        touchpoint: A touchpoint, or ``overall``.
        mood: One of :data:`kundenecho.journey.MOODS`; None for all, those who are unhappy first.
        expectation: Only quotes that tell of an expectation so: exceeded | met | disappointed.
        product: Only what is said of this product.
        company: Only what names no product.
        limit: At most so many.

    Returns:
        One mapping for each quote with the columns of ``lists.journey_quotes``.
    """
    return _rows(
        conn,
        f"SELECT * FROM lists.journey_quotes WHERE {_ABOUT} AND touchpoint = %(touchpoint)s"  # noqa: S608
        " AND (%(mood)s::text IS NULL OR mood = %(mood)s)"
        " AND (%(expectation)s::text IS NULL OR expectation = %(expectation)s)"
        " ORDER BY array_position(%(moods)s, mood), rank LIMIT %(limit)s",
        {
            **_scope(product, company),
            "touchpoint": touchpoint,
            "mood": mood,
            "expectation": expectation,
            "moods": list(MOODS),
            "limit": limit,
        },
    )


def journey_products(conn: Connection) -> list[tuple[str, str]]:
    """Products with a journey, as (product, name), by name."""
    found = _rows(
        conn,
        "SELECT p.product, p.name FROM product p WHERE EXISTS (SELECT FROM feedback f WHERE f.product = p.product)"
        " ORDER BY lists.sort_key(p.name), p.product",
    )
    return [(row["product"], row["name"]) for row in found]


def _scope(product: str | None, company: bool) -> dict[str, Any]:
    return {"about": f"product {product}" if product else "company" if company else "all"}


def _rows(conn: Connection, query: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
