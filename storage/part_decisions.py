"""What people decided about names of parts, and the names that are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


class DecisionRow(NamedTuple):
    """A decision about two names, as in ``component_decision``; ``scope_name`` is empty for everywhere."""

    decision_id: int
    scope: str
    scope_name: str
    one: str
    other: str
    same: bool
    decided_by: str
    decided_at: datetime
    taken_back_at: datetime | None


class NameRow(NamedTuple):
    """Mentions of one written name of a part, lower case, over all types of defects of a product, and its part now."""

    product: str
    product_group: str | None
    component: str
    mentions: int
    parts: list[str]


class Glimpse(NamedTuple):
    """A name of a part as it is written, with its newest masked quote; None where no text is left."""

    written: str
    quote: str | None


_COLUMNS = "decision_id, scope, scope_name, one, other, same, decided_by, decided_at, taken_back_at"


def part_decisions(conn: Connection, *, taken_back: bool = False) -> list[DecisionRow]:
    """The decisions that stand, the oldest first.

    Args:
        conn: Connection.
        taken_back: Also those that were taken back.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM component_decision WHERE taken_back_at IS NULL OR %s"  # noqa: S608  our own names
            " ORDER BY decision_id",
            (taken_back,),
        )
        return [DecisionRow._make(row) for row in cursor]


def groups_of(conn: Connection, products: Sequence[str]) -> dict[str, str | None]:
    """The group of each of some products, None where none is known; unknown products are left out."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT product, product_group FROM product WHERE product = ANY(%s)", (list(products),))
        return {row[0]: row[1] for row in cursor}


def add_decision(
    conn: Connection, *, scope: str, scope_name: str, pair: tuple[str, str], same: bool, decided_by: str
) -> int:
    """Write a decision; one of the same scope and pair that stands is taken back by it.

    Args:
        conn: Connection; the caller commits.
        scope: product | group | everywhere.
        scope_name: Which one; empty for everywhere.
        pair: Two names, lower case, the smaller first.
        same: Whether they are one part.
        decided_by: Who decided.

    Returns:
        Number of the decision.
    """
    values = {"scope": scope, "name": scope_name, "one": pair[0], "other": pair[1], "same": same, "by": decided_by}
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE component_decision SET taken_back_by = %(by)s, taken_back_at = now() WHERE taken_back_at IS NULL"
            " AND (scope, scope_name, one, other) = (%(scope)s, %(name)s, %(one)s, %(other)s)",
            values,
        )
        cursor.execute(
            "INSERT INTO component_decision (scope, scope_name, one, other, same, decided_by)"
            " VALUES (%(scope)s, %(name)s, %(one)s, %(other)s, %(same)s, %(by)s) RETURNING decision_id",
            values,
        )
        row = cursor.fetchone()
        cursor.execute(_MARK, values)
    return int(row[0]) if row else 0


def take_back(conn: Connection, decision_id: int, by: str) -> bool:
    """Take a decision back; tells whether there was one that stood.

    Args:
        conn: Connection; the caller commits.
        decision_id: Its number.
        by: Who takes it back.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE component_decision SET taken_back_by = %s, taken_back_at = now()"
            " WHERE decision_id = %s AND taken_back_at IS NULL RETURNING scope, scope_name, one, other",
            (by, decision_id),
        )
        row = cursor.fetchone()
        if row:
            cursor.execute(_MARK, dict(zip(("scope", "name", "one", "other"), row, strict=True)))
    return row is not None


# Each name that was counted is the name of a defect or stands for one.
_MARK = """
INSERT INTO dirty_key (product)
SELECT p.product FROM product p
WHERE CASE %(scope)s WHEN 'product' THEN p.product = %(name)s WHEN 'group' THEN p.product_group = %(name)s ELSE true END
  AND p.product IN (
    SELECT product FROM defect WHERE component IN (%(one)s, %(other)s)
    UNION SELECT product FROM component_alias WHERE component IN (%(one)s, %(other)s))
"""


def part_names(conn: Connection, *, product: str | None = None, group: str | None = None) -> list[NameRow]:
    """The written names of parts with defects, by product.

    Args:
        conn: Connection.
        product: Only of this product.
        group: Only of the products of this group.
    """
    with conn.cursor() as cursor:
        cursor.execute(_NAMES, {"product": product, "group": group})
        return [NameRow._make(row) for row in cursor]


_NAMES = """
SELECT p.product, p.product_group, lower(m.component), count(*)::int, array_agg(DISTINCT m.cell ORDER BY m.cell)
FROM lineage l
JOIN defect_mention m ON m.lineage_id = l.lineage_id AND m.component IS NOT NULL
JOIN feedback f ON f.current_revision_id = m.revision_id
JOIN product p ON p.product = f.product
WHERE l.state = 'active' AND (%(product)s::text IS NULL OR p.product = %(product)s)
  AND (%(group)s::text IS NULL OR p.product_group = %(group)s)
GROUP BY 1, 2, 3 ORDER BY 1, 3
"""


def name_glimpse(conn: Connection, product: str, component: str) -> Glimpse:
    """How a name of a part is written, and what somebody says of it.

    Args:
        conn: Connection.
        product: The product.
        component: The name, lower case.
    """
    with conn.cursor() as cursor:
        cursor.execute(_GLIMPSE, {"product": product, "component": component})
        row = cursor.fetchone()
    return Glimpse._make(row) if row else Glimpse(component, None)


_GLIMPSE = """
SELECT m.component, CASE WHEN said.body IS NOT NULL AND k.state <> 'deleted'
                         THEN lists.quote(said.body, m.evidence_start, m.evidence_end, k.state) END
FROM lineage l
JOIN defect_mention m ON m.lineage_id = l.lineage_id AND m.product = %(product)s AND lower(m.component) = %(component)s
JOIN feedback f ON f.current_revision_id = m.revision_id
JOIN masked_revision k ON k.revision_id = m.revision_id
CROSS JOIN LATERAL (SELECT CASE m.field WHEN 'title' THEN k.title ELSE k.text END AS body) said
WHERE l.state = 'active'
ORDER BY said.body IS NULL OR k.state = 'deleted', f.created_at DESC NULLS LAST, m.mention_id DESC LIMIT 1
"""


def keep_ids(conn: Connection, products: Sequence[str]) -> None:
    """Let a defect keep its id when the name of its part changes.

    Of the defects whose names mean one part, the oldest id goes on under the canonical name. The others stay, without
    figures, under the names that are left, so that they are there again when the names are taken apart.

    Args:
        conn: Connection; the names of parts were written in the same transaction.
        products: Products that were counted.
    """
    with conn.cursor() as cursor:
        cursor.execute(_RENAMED, (list(products),))
        for defect_id, old, new, holder in cursor.fetchall():
            # A name may stand once only, so the other one steps aside first.
            if holder is not None:
                cursor.execute("UPDATE defect SET component = %s WHERE defect_id = %s", (f"\x01{old}", holder))
            cursor.execute("UPDATE defect SET component = %s WHERE defect_id = %s", (new, defect_id))
            if holder is not None:
                cursor.execute("UPDATE defect SET component = %s WHERE defect_id = %s", (old, holder))


_RENAMED = """
WITH oldest AS (
    SELECT DISTINCT ON (d.product, d.defect, coalesce(a.canonical, d.component))
           d.defect_id, d.product, d.defect, d.component, coalesce(a.canonical, d.component) AS canonical
    FROM defect d LEFT JOIN component_alias a USING (product, defect, component)
    WHERE d.product = ANY(%s)
    ORDER BY d.product, d.defect, coalesce(a.canonical, d.component), d.defect_id
)
SELECT o.defect_id, o.component, o.canonical, h.defect_id
FROM oldest o
LEFT JOIN defect h ON h.product = o.product AND h.defect = o.defect AND h.component = o.canonical
WHERE o.component <> o.canonical ORDER BY o.defect_id
"""
