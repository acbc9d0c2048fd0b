"""What happens to cases by itself while they are at work: replies at the source, later words, and who is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


class LaterWord(NamedTuple):
    """The newest word that a customer said after an unhappy case came: a later feedback, or an edit of the same."""

    case_id: int
    feedback_id: int
    said_at: datetime
    rating: float | None
    nps: int | None
    sentiment: str | None


class Alert(NamedTuple):
    """A case that somebody is to be told of; holds no personal data."""

    case_id: int
    kind: str
    product: str | None
    channel: str
    owner: str
    due_at: datetime
    advocate: bool


def note_replies(conn: Connection) -> int:
    """Answer the cases to whose feedback the company has replied at the source, at the time that the source tells.

    A reply to an earlier version, or from before a case was opened again, is no answer to it.

    Returns:
        How many were answered.
    """
    with conn.cursor() as cursor:
        cursor.execute(_NOTE_REPLIES)
        return int(cursor.rowcount)


_NOTE_REPLIES = """
WITH replied AS (
    SELECT DISTINCT ON (c.case_id) c.case_id, greatest(coalesce(y.reply_at, y.seen_at), c.opened_at) AS at,
           y.reply_at IS NOT NULL OR y.load_id > (SELECT min(r.load_id) FROM revision r
                                                  WHERE r.feedback_id = c.feedback_id) AS dated
    FROM case_file c JOIN reply y USING (feedback_id)
    WHERE c.state IN ('open', 'waiting') AND y.reply IS NOT NULL
      AND (c.revision_number = 1 OR coalesce(y.reply_at, y.seen_at) >= c.opened_at)
      AND coalesce(y.reply_at, y.seen_at) > coalesce((SELECT max(e.happened_at) FROM case_event e
          WHERE e.case_id = c.case_id AND e.act IN ('reopen', 'proof_gone')), '-infinity')
    ORDER BY c.case_id, at, y.load_id
), answered AS (
    UPDATE case_file c SET state = 'answered', answered_at = coalesce(c.answered_at, replied.at),
        answer_dated = CASE WHEN c.answered_at IS NULL THEN replied.dated ELSE c.answer_dated END
    FROM replied WHERE c.case_id = replied.case_id RETURNING c.case_id, replied.at
)
INSERT INTO case_event (case_id, act, state, actor, happened_at)
SELECT case_id, 'answered_at_source', 'answered', 'rule', at FROM answered
"""


def later_words(conn: Connection, lineage_id: int) -> list[LaterWord]:
    """The newest word after each unhappy case at work, where there is one.

    It counts when it is an edit of the same feedback, or published by the same person about the same product, about
    none, or after a case about none.

    Args:
        conn: Connection.
        lineage_id: Lineage whose analyses count.
    """
    with conn.cursor() as cursor:
        cursor.execute(_LATER_WORDS, {"lineage": lineage_id})
        return [LaterWord._make(row) for row in cursor]


_LATER_WORDS = """
SELECT DISTINCT ON (k.case_id) k.case_id, w.feedback_id, w.said_at, w.rating_1_5, w.nps_0_10,
       CASE WHEN NOT a.abstained THEN a.sentiment END
FROM case_file k
JOIN feedback f USING (feedback_id)
LEFT JOIN author mine USING (author_id)
CROSS JOIN LATERAL (
    SELECT c.feedback_id, c.revision_id, c.collected_at AS said_at, c.rating_1_5, c.nps_0_10
    FROM current_feedback c
    WHERE c.feedback_id = k.feedback_id AND c.revision_number > k.revision_number AND c.state = 'published'
    UNION ALL
    SELECT c.feedback_id, c.revision_id, c.created_at, c.rating_1_5, c.nps_0_10
    FROM author b JOIN feedback o ON o.author_id = b.author_id JOIN current_feedback c ON c.feedback_id = o.feedback_id
    WHERE b.person_id = mine.person_id AND o.feedback_id <> k.feedback_id AND o.created_at > k.opened_at
      AND c.state = 'published' AND (c.product IS NULL OR k.product IS NULL OR c.product = k.product)
) w
LEFT JOIN analysis a ON a.revision_id = w.revision_id AND a.lineage_id = %(lineage)s
WHERE k.kind IN ('complaint', 'defect_report') AND k.state <> 'closed'
ORDER BY k.case_id, w.said_at DESC, w.feedback_id DESC
"""


def escalate(conn: Connection, moment: datetime) -> int:
    """Note the cases that are overdue at a moment, each once; returns how many are newly so."""
    with conn.cursor() as cursor:
        cursor.execute(
            "WITH late AS (UPDATE case_file SET escalated_at = %(at)s"
            "  WHERE state = 'open' AND due_at < %(at)s AND escalated_at IS NULL RETURNING case_id)"
            " INSERT INTO case_event (case_id, act, state, actor, happened_at)"
            " SELECT case_id, 'escalated', 'open', 'rule', %(at)s FROM late",
            {"at": moment},
        )
        return int(cursor.rowcount)


def to_tell_overdue(conn: Connection) -> list[Alert]:
    """Escalated cases that are still open and of which nobody has been told, the most pressing first."""
    return _alerts(conn, "state = 'open' AND escalated_at IS NOT NULL AND overdue_told_at IS NULL")


def to_tell_unhappy(conn: Connection) -> list[Alert]:
    """Unhappy valuable customers and advocates of whose case nobody has been told, the most pressing first."""
    return _alerts(
        conn,
        "kind IN ('complaint', 'defect_report') AND state <> 'closed' AND (valuable OR advocate)"
        " AND NOT content AND unhappy_told_at IS NULL",
    )


def _alerts(conn: Connection, which: str) -> list[Alert]:
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT case_id, kind, product, channel, owner, due_at, advocate FROM case_file"  # noqa: S608  our own words
            f" WHERE {which} ORDER BY priority, due_at, case_id"
        )
        return [Alert._make(row) for row in cursor]


def mark_overdue_told(conn: Connection, cases: Sequence[int]) -> None:
    """Note that somebody received the news that these cases are overdue."""
    with conn.cursor() as cursor:
        cursor.execute("UPDATE case_file SET overdue_told_at = now() WHERE case_id = ANY(%s)", (list(cases),))


def mark_unhappy_told(conn: Connection, cases: Sequence[int]) -> None:
    """Note that somebody received the news of these unhappy customers, with an event for each."""
    with conn.cursor() as cursor:
        cursor.execute(
            "WITH told AS (UPDATE case_file SET unhappy_told_at = now() WHERE case_id = ANY(%s)"
            " RETURNING case_id, state)"
            " INSERT INTO case_event (case_id, act, state, actor, happened_at)"
            " SELECT case_id, 'alerted', state, 'rule', now() FROM told",
            (list(cases),),
        )
