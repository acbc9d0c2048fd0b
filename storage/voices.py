"""Who counts once: the temporary table ``voice`` that counts of defects and topics read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


def make_voices(
    conn: Connection, products: Sequence[str], closed: date | None = None, several: Sequence[str] = ()
) -> None:
    """Make the temporary table ``voice``: the current feedback of some products with whom it counts for.

    Makes the temporary table ``whole`` of the products, too.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: The products.
        closed: Monday of the last closed week. Rows up to it are ``closed``, of those without a date what was not
            collected in the weeks after it. The same are ``settled``; of a product that has no such row, all.
        several: Sources in which each account is a ``portal``; else the source is one.
    """
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.whole")
        cursor.execute(
            "CREATE TEMP TABLE whole ON COMMIT DROP AS SELECT unnest(%s::text[]) AS product", (list(products),)
        )
        values = {"products": list(products), "several": list(several), **_ends(closed)}
        _make(cursor, "c.product = ANY(%(products)s)", values)
        cursor.execute(
            "UPDATE voice SET settled = true WHERE product IN"
            " (SELECT product FROM voice GROUP BY product HAVING NOT bool_or(closed))"
        )
        if cursor.rowcount:
            cursor.execute("ANALYZE voice")


def make_voices_of(conn: Connection, table: str, closed: date | None) -> None:
    """Make the temporary table ``voice`` of some feedback.

    Args:
        conn: Connection; the caller's transaction goes on.
        table: Temporary table with a column ``feedback_id``.
        closed: Monday of the last closed week.
    """
    with conn.cursor() as cursor:
        _make(
            cursor,
            f"c.feedback_id IN (SELECT feedback_id FROM {table}) AND c.product IS NOT NULL",  # noqa: S608  our own name
            {"several": [], **_ends(closed)},
        )


def _ends(closed: date | None) -> dict[str, date]:
    """The day behind the last closed week, and one on which it will not be the last any more."""
    if closed is None:
        return {"end": date.max, "open": date.max}
    return {"end": closed + timedelta(weeks=1), "open": closed + timedelta(weeks=4)}


def _make(cursor: Any, which: str, values: dict[str, Any]) -> None:
    cursor.execute("DROP TABLE IF EXISTS pg_temp.voice")
    cursor.execute(_VOICES.replace("{which}", which), values)
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
SELECT s.feedback_id, s.revision_id, s.product, s.source,
       CASE WHEN s.source = ANY(%(several)s) THEN s.source || ' ' || s.account ELSE s.source END AS portal,
       s.said_at AS created_at,
       CASE WHEN s.created_precision IN ('second', 'day')
            THEN date_trunc('week', s.said_at AT TIME ZONE 'UTC')::date END AS week,
       date_trunc('month', s.said_at AT TIME ZONE 'UTC')::date AS month,
       CASE WHEN k.counts_as IS NULL THEN coalesce(s.person_id, -s.feedback_id)
            ELSE coalesce(writer.person_id, -k.counts_as) END AS voice,
       k.counts_as IS NOT NULL AS copy, s.verified_purchase = 'yes' AS verified,
       s.title IS NULL AND s.text IS NULL AND s.withdrawn_at IS NULL AS star_only,
       n.incentivised_start IS NOT NULL AS incentivised,
       t.closed, t.closed AS settled
FROM (
    SELECT c.*, CASE WHEN {BELIEVED} THEN c.created_at END AS said_at
    FROM current_feedback c JOIN load l USING (load_id)
    WHERE {{which}} AND c.state <> 'deleted'
) s
CROSS JOIN LATERAL (SELECT CASE
    WHEN s.said_at IS NULL THEN s.collected_at NOT BETWEEN (%(end)s::timestamp AT TIME ZONE 'UTC') AND %(open)s
    WHEN s.created_precision IN ('second', 'day') THEN s.said_at < %(end)s::timestamp AT TIME ZONE 'UTC'
    ELSE date_trunc('month', s.said_at AT TIME ZONE 'UTC') + interval '1 month' <= %(end)s END AS closed) t
LEFT JOIN collapse k ON k.feedback_id = s.feedback_id
LEFT JOIN feedback first ON first.feedback_id = k.counts_as
LEFT JOIN author writer ON writer.author_id = first.author_id
LEFT JOIN lineage active ON active.state = 'active'
LEFT JOIN analysis n ON n.lineage_id = active.lineage_id AND n.revision_id = s.revision_id
"""  # noqa: S608  no values
