"""Who counts once: the temporary table ``voice`` that counts of defects and topics read."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


def make_voices(conn: Connection, products: Sequence[str]) -> None:
    """Make the temporary table ``voice``: the current feedback of some products with whom it counts for.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: The products.
    """
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.voice")
        cursor.execute(_VOICES, (list(products),))
        cursor.execute("CREATE INDEX ON voice (revision_id)")
        cursor.execute("ANALYZE voice")


# A week is that of a Monday in UTC, null where the time is known to the month only.
_VOICES = """
CREATE TEMP TABLE voice ON COMMIT DROP AS
SELECT c.feedback_id, c.revision_id, c.product, c.source, c.created_at,
       CASE WHEN c.created_precision IN ('second', 'day')
            THEN date_trunc('week', c.created_at AT TIME ZONE 'UTC')::date END AS week,
       date_trunc('month', c.created_at AT TIME ZONE 'UTC')::date AS month,
       CASE WHEN rep.feedback_id IS NOT NULL THEN coalesce(rep.person_id, -rep.feedback_id)
            ELSE coalesce(c.person_id, -c.feedback_id) END AS voice
FROM current_feedback c
LEFT JOIN LATERAL (
    SELECT g.feedback_id, g.person_id FROM current_feedback g
    WHERE g.copy_digest = c.copy_digest AND g.state <> 'deleted'
    ORDER BY g.person_id IS NULL, g.feedback_id LIMIT 1
) rep ON c.copy_digest IS NOT NULL
WHERE c.product = ANY(%s) AND c.state <> 'deleted'
"""
