"""The loyalty loop as people see it: stages, ways between them, recoveries."""

from __future__ import annotations

from typing import Any

from psycopg2.extras import RealDictCursor

from storage.connect import Connection


def list_stages(conn: Connection) -> list[dict[str, Any]]:
    """Persons by stage: ``{"stage", "persons", "persons_ever"}``; stages without anybody are left out."""
    return _rows(conn, "SELECT stage, persons, persons_ever FROM lists.loop ORDER BY stage")


def list_transitions(conn: Connection) -> list[dict[str, Any]]:
    """Ways that persons went: ``{"from_stage", "to_stage", "persons", "median_days"}``, the most used first."""
    return _rows(conn, "SELECT * FROM lists.loop_transitions ORDER BY persons DESC, from_stage, to_stage")


def list_recoveries(conn: Connection, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Persons who were unhappy or lost and are content again, the newest first.

    Args:
        conn: Connection that may read the schema ``lists``.
        limit: At most so many.

    Returns:
        ``{"person_id", "display_name", "before", "unhappy_since", "since", "cause", "quote", "feedback_id", "url"}``,
        times in ISO 8601 or None.
    """
    found = _rows(
        conn,
        "SELECT s.person_id, (SELECT max(n.display_name) FROM lists.person_accounts n WHERE n.person_id = s.person_id)"
        "   AS display_name, b.stage AS before, b.since AS unhappy_since, s.since, s.cause, s.quote, s.feedback_id,"
        "   s.url"
        " FROM lists.stages s JOIN lists.stages b ON b.person_id = s.person_id AND b.number = s.number - 1"
        " WHERE s.stage = 'recovered' ORDER BY s.since DESC NULLS LAST, s.person_id LIMIT %(limit)s",
        {"limit": limit},
    )
    for row in found:
        row.update({key: row[key].isoformat() if row[key] else None for key in ("unhappy_since", "since")})
    return found


def person_stages(conn: Connection, person_id: str) -> list[dict[str, Any]]:
    """The stages that a person (``P7``) passed, the oldest first: the columns of ``lists.stages``."""
    return _rows(conn, "SELECT * FROM lists.stages WHERE person_id = %(id)s ORDER BY number", {"id": person_id})


def silent_customers(conn: Connection) -> int:
    """Customers with an order in the company's list who are no account's customer: who bought and never spoke."""
    [row] = _rows(
        conn,
        "SELECT count(DISTINCT o.customer_key)::int AS n FROM customer_order o"
        " WHERE o.known_until IS NULL AND o.customer_key IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM author_identifier i WHERE i.kind = 'customer' AND i.key = o.customer_key)"
        " AND NOT EXISTS (SELECT FROM known_identity k JOIN author_identifier i"
        "                 ON (i.kind, i.key) IN (('email', k.email_key), ('order', k.order_key),"
        "                                       ('phone', k.phone_key))"
        "                 WHERE k.customer_key = o.customer_key)",
    )
    return int(row["n"])


def _rows(conn: Connection, query: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
