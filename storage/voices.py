"""Who counts once: the temporary table ``voice`` that counts of defects and topics read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

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


#: Whether the date of a feedback is believed: neither after it was collected (a day for time zones) nor before there
#: were portals, as an empty date that was written as 1970 or 1900. Aliases: the feedback c, its load l.
BELIEVED: Final = (
    "c.created_at <= greatest(c.collected_at, l.loaded_at) + interval '1 day' AND c.created_at >= '1995-01-01Z'"
)

# A week is that of a Monday in UTC, null where the time is known to the month only. A date that is not believed is
# none. What has neither title nor text is stars only, unless they were withdrawn.
_VOICES = f"""
CREATE TEMP TABLE voice ON COMMIT DROP AS
SELECT s.feedback_id, s.revision_id, s.product, s.source, s.said_at AS created_at,
       CASE WHEN s.created_precision IN ('second', 'day')
            THEN date_trunc('week', s.said_at AT TIME ZONE 'UTC')::date END AS week,
       date_trunc('month', s.said_at AT TIME ZONE 'UTC')::date AS month,
       CASE WHEN k.counts_as IS NULL THEN coalesce(s.person_id, -s.feedback_id)
            ELSE coalesce(writer.person_id, -k.counts_as) END AS voice,
       k.counts_as IS NOT NULL AS copy, s.verified_purchase = 'yes' AS verified,
       s.title IS NULL AND s.text IS NULL AND s.withdrawn_at IS NULL AS star_only,
       n.incentivised_start IS NOT NULL AS incentivised
FROM (
    SELECT c.*, CASE WHEN {BELIEVED} THEN c.created_at END AS said_at
    FROM current_feedback c JOIN load l USING (load_id)
    WHERE c.product = ANY(%s) AND c.state <> 'deleted'
) s
LEFT JOIN collapse k ON k.feedback_id = s.feedback_id
LEFT JOIN feedback first ON first.feedback_id = k.counts_as
LEFT JOIN author writer ON writer.author_id = first.author_id
LEFT JOIN lineage active ON active.state = 'active'
LEFT JOIN analysis n ON n.lineage_id = active.lineage_id AND n.revision_id = s.revision_id
"""  # noqa: S608  no values
