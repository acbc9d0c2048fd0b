"""What ends cases by itself, each with a proof: praise, a consent, a telling, a text that is gone, silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values


def recover(conn: Connection, rows: Sequence[tuple[int, int, datetime]]) -> int:
    """Close cases by the customer's later praise: case, feedback that proves it, and when it was said."""
    if not rows:
        return 0
    with conn.cursor() as cursor:
        execute_values(
            cursor,
            "WITH praise (case_id, feedback_id, at) AS (VALUES %s), closed AS ("
            " UPDATE case_file c SET state = 'closed', outcome = 'recovered', recovered_by = p.feedback_id,"
            "  closed_at = greatest(p.at, c.opened_at)"
            " FROM praise p WHERE c.case_id = p.case_id RETURNING c.case_id, p.feedback_id, c.closed_at)"
            " INSERT INTO case_event (case_id, act, state, actor, detail, happened_at)"
            " SELECT case_id, 'recovered', 'closed', 'rule', 'F' || feedback_id, closed_at FROM closed",
            rows,
            template="(%s, %s, %s::timestamptz)",
        )
        return int(cursor.rowcount)


def reopen_unproved(conn: Connection) -> int:
    """Open again what was closed by praise, a consent or a telling that is gone, or that is somebody else's.

    A consent that was withdrawn is not gone: the request was answered, and is not made again.
    """
    with conn.cursor() as cursor:
        cursor.execute(_REOPEN_UNPROVED)
        return int(cursor.rowcount)


_REOPEN_UNPROVED = """
WITH unproved AS (
    UPDATE case_file k SET state = 'open', outcome = NULL, closed_at = NULL, recovered_by = NULL
    WHERE k.outcome = 'recovered' AND NOT EXISTS (
        SELECT FROM current_feedback proof JOIN current_feedback mine ON mine.feedback_id = k.feedback_id
        WHERE proof.feedback_id = k.recovered_by AND proof.state = 'published'
          AND (proof.feedback_id = k.feedback_id OR proof.person_id = mine.person_id))
      OR k.outcome IN ('granted', 'told') AND NOT EXISTS (
        SELECT FROM feedback f JOIN author mine USING (author_id)
        JOIN author a ON a.person_id = mine.person_id OR a.author_id = mine.author_id
        CROSS JOIN LATERAL (SELECT subject_key FROM author_subject WHERE author_id = a.author_id OFFSET 0) s
        WHERE f.feedback_id = k.feedback_id AND CASE k.outcome
            WHEN 'granted' THEN EXISTS (SELECT FROM testimonial t
                                        WHERE t.subject_key = s.subject_key AND t.known_until IS NULL)
            ELSE EXISTS (SELECT FROM remedy_told t WHERE t.customer_key = s.subject_key) END)
    RETURNING case_id
)
INSERT INTO case_event (case_id, act, state, actor, happened_at)
SELECT case_id, 'proof_gone', 'open', 'rule', now() FROM unproved
"""


def close_granted(conn: Connection) -> int:
    """Close the requests for a testimonial that the customer has granted: a consent on the list that may be published.

    What somebody opened again by hand since then is closed by a later consent only.

    Returns:
        How many were closed.
    """
    with conn.cursor() as cursor:
        cursor.execute(_GRANTED)
        return int(cursor.rowcount)


# Begun at the few open requests, account by account, or the planner would join all accounts with all customers.
_GRANTED = """
WITH granted AS (
    SELECT c.case_id, min(t.given_at) AS at
    FROM case_file c JOIN feedback f USING (feedback_id) JOIN author mine USING (author_id)
    JOIN author a ON a.person_id = mine.person_id OR a.author_id = mine.author_id
    CROSS JOIN LATERAL (SELECT subject_key FROM author_subject WHERE author_id = a.author_id OFFSET 0) s
    JOIN testimonial_answer t ON t.subject_key = s.subject_key AND t.answer = 'published'
    WHERE c.kind = 'testimonial_request' AND c.state <> 'closed'
      AND t.given_at > coalesce((SELECT max(e.happened_at) FROM case_event e
                                 WHERE e.case_id = c.case_id AND e.act = 'reopen'), '-infinity')
    GROUP BY c.case_id
), closed AS (
    UPDATE case_file c SET state = 'closed', outcome = 'granted', closed_at = greatest(g.at, c.opened_at)
    FROM granted g WHERE c.case_id = g.case_id RETURNING c.case_id, c.closed_at
)
INSERT INTO case_event (case_id, act, state, actor, happened_at)
SELECT case_id, 'granted', 'closed', 'rule', closed_at FROM closed
"""


def close_told(conn: Connection, lineage_id: int) -> int:
    """Close the cases about a remedy of which the customer has been told by a list.

    Args:
        conn: Connection.
        lineage_id: Lineage whose mentions say which remedies the case is about.

    Returns:
        How many were closed.
    """
    with conn.cursor() as cursor:
        cursor.execute(_TOLD, {"lineage": lineage_id})
        return int(cursor.rowcount)


_TOLD = """
WITH told AS (
    SELECT DISTINCT ON (c.case_id) c.case_id, t.remedy_id, t.told_on
    FROM case_file c JOIN feedback f USING (feedback_id)
    JOIN defect_mention m ON m.revision_id = f.current_revision_id AND m.lineage_id = %(lineage)s
    JOIN remedy_cell e ON (e.product, e.component, e.defect) = (m.product, m.cell, m.defect)
    JOIN author mine ON mine.author_id = f.author_id
    JOIN author a ON a.person_id = mine.person_id OR a.author_id = mine.author_id
    CROSS JOIN LATERAL (SELECT customer_key FROM author_customer WHERE author_id = a.author_id OFFSET 0) k
    JOIN remedy_told t ON (t.remedy_id, t.customer_key) = (e.remedy_id, k.customer_key)
    WHERE c.kind = 'remedy_to_tell' AND c.state <> 'closed'
      AND t.told_on > coalesce((SELECT max(e.happened_at)::date FROM case_event e
                                WHERE e.case_id = c.case_id AND e.act = 'reopen'), '-infinity')
    ORDER BY c.case_id, t.told_on, t.remedy_id
), closed AS (
    UPDATE case_file c SET state = 'closed', outcome = 'told',
        closed_at = greatest(t.told_on::timestamptz, c.opened_at),
        answered_at = coalesce(c.answered_at, greatest(t.told_on::timestamptz, c.opened_at))
    FROM told t WHERE c.case_id = t.case_id RETURNING c.case_id, c.closed_at, t.remedy_id
)
INSERT INTO case_event (case_id, act, state, actor, detail, happened_at)
SELECT case_id, 'told', 'closed', 'rule', 'R' || remedy_id, closed_at FROM closed
"""


def close_gone(conn: Connection) -> int:
    """Close the cases whose feedback was taken away at its source."""
    with conn.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (UPDATE case_file c SET state = 'closed', outcome = 'gone',"
            "  closed_at = greatest(r.collected_at, c.opened_at)"
            " FROM feedback f JOIN revision r ON r.revision_id = f.current_revision_id"
            " WHERE f.feedback_id = c.feedback_id AND c.state <> 'closed' AND r.state = 'deleted'"
            " RETURNING c.case_id, c.closed_at)"
            " INSERT INTO case_event (case_id, act, state, actor, happened_at)"
            " SELECT case_id, 'gone', 'closed', 'rule', closed_at FROM gone"
        )
        return int(cursor.rowcount)


def close_quiet(conn: Connection, days: int) -> int:
    """Close the answered cases to which nothing has happened for some days, as of the end of these days."""
    with conn.cursor() as cursor:
        cursor.execute(
            "WITH quiet AS (SELECT c.case_id, max(e.happened_at) + make_interval(days => %(days)s) AS at"
            "  FROM case_file c JOIN case_event e USING (case_id) WHERE c.state = 'answered'"
            "  GROUP BY c.case_id HAVING max(e.happened_at) + make_interval(days => %(days)s) <= now()),"
            " closed AS (UPDATE case_file c SET state = 'closed', outcome = 'answered', closed_at = quiet.at FROM quiet"
            "  WHERE c.case_id = quiet.case_id RETURNING c.case_id, c.closed_at)"
            " INSERT INTO case_event (case_id, act, state, actor, happened_at)"
            " SELECT case_id, 'went_quiet', 'closed', 'rule', closed_at FROM closed",
            {"days": days},
        )
        return int(cursor.rowcount)
