"""Texts of routine messages, the cases they may answer, and receipts. The caller commits, but where it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import Json, RealDictCursor


@dataclass(frozen=True)
class MessageText:
    """A text as it stands."""

    message_id: int
    kind: str
    subject: str
    body: str
    state: str


class Begun(NamedTuple):
    """A message that is being sent now: its receipt, its words, and the address in clear."""

    delivery_id: int
    message_id: int
    subject: str
    body: str
    email: str


def insert_message(conn: Connection, kind: str, subject: str, body: str) -> int:
    """Write a new draft; returns its number."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO message_text (kind, subject, body) VALUES (%s, %s, %s) RETURNING message_id",
            (kind, subject, body),
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def lock_message(conn: Connection, message_id: int) -> MessageText | None:
    """Read a text and hold it until the end of the transaction; None where it is not known."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT message_id, kind, subject, body, state FROM message_text WHERE message_id = %s FOR UPDATE",
            (message_id,),
        )
        row = cursor.fetchone()
    return MessageText(*row) if row else None


def approved_of(conn: Connection, kind: str) -> int | None:
    """Number of the text that is approved for a kind of case, None for none."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT message_id FROM message_text WHERE kind = %s AND state = 'approved'", (kind,))
        row = cursor.fetchone()
    return int(row[0]) if row else None


def write_message(conn: Connection, text: MessageText, action: str, by: str, *, wording: bool = False) -> None:
    """Write what a text says and its state, and note who did it.

    Args:
        conn: Connection.
        text: The text as it shall stand.
        action: What was done.
        by: Who did it.
        wording: Keep subject and body with the event, for what is written or approved.
    """
    said = Json({"subject": text.subject, "body": text.body}) if wording else None
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE message_text SET subject = %s, body = %s, state = %s WHERE message_id = %s",
            (text.subject, text.body, text.state, text.message_id),
        )
        cursor.execute(
            "INSERT INTO message_event (message_id, action, state, done_by, wording) VALUES (%s, %s, %s, %s, %s)",
            (text.message_id, action, text.state, by, said),
        )


def list_messages(conn: Connection, *, message: str | None = None) -> list[dict[str, Any]]:
    """Rows of the view ``lists.messages``: approved ones first, then the newest.

    Args:
        conn: Connection that may read the schema ``lists``.
        message: Only this one, such as ``M3``.
    """
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "SELECT * FROM lists.messages WHERE (%(message)s::text IS NULL OR message_id = %(message)s)"
            " ORDER BY array_position(ARRAY['approved', 'draft', 'withdrawn'], state), kind, created_at DESC",
            {"message": message},
        )
        return [dict(row) for row in cursor]


#: Cases that an approved text may answer now, with the customer who may be written to. Whoever complains at the same
#: time is neither thanked nor welcomed by rule, and each mailbox is so once.
_DUE: Final = """
SELECT c.case_id, t.message_id, t.subject, t.body, k.customer_key, k.email, k.email_key, k.reason, k.legal_basis
FROM case_file c
JOIN message_text t ON t.kind = c.kind AND t.state = 'approved'
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT m.customer_key FROM customer_of_case m WHERE m.case_id = c.case_id) AS keys OFFSET 0
) m
CROSS JOIN LATERAL (
    SELECT a.customer_key, u.email, u.email_key, a.reason,
           CASE WHEN a.allowed THEN a.legal_basis ELSE 'Art. 12 Abs. 3 DSGVO' END AS legal_basis
    FROM contactable_customer a JOIN customer u ON u.customer_key = a.customer_key AND u.known_until IS NULL
    WHERE a.customer_key = ANY(m.keys) AND a.channel = 'email' AND u.email IS NOT NULL AND u.email_key IS NOT NULL
      AND (u.language IS NULL OR u.language ~* '^de')
      AND (a.allowed OR (%(confirm)s AND c.kind = 'unsubscribe_confirmation' AND a.reason_code = 'unsubscribed'))
    ORDER BY a.allowed DESC, a.consent_given_at DESC NULLS LAST, a.customer_key LIMIT 1
) k
WHERE c.state = 'open' AND c.opened_at > now() - make_interval(days => %(days)s)
  AND NOT EXISTS (SELECT FROM objecting_author o JOIN feedback f ON f.author_id = o.author_id
                  WHERE f.feedback_id = c.feedback_id)
  AND NOT EXISTS (SELECT FROM message_delivery d WHERE d.case_id = c.case_id AND (d.outcome <> 'failed' OR d.final))
  AND (c.kind = 'unsubscribe_confirmation' OR (
      NOT EXISTS (SELECT FROM message_delivery d WHERE d.kind = c.kind AND d.outcome <> 'failed'
                  AND (d.email_key = k.email_key OR d.customer_key = ANY(m.keys)))
      AND NOT EXISTS (SELECT FROM customer_of_case n JOIN case_file o USING (case_id)
                      WHERE n.customer_key = ANY(m.keys) AND o.state <> 'closed'
                        AND o.kind IN ('complaint', 'defect_report', 'question'))))
"""


def due_cases(conn: Connection, *, days: int, confirm: bool) -> list[int]:
    """Cases that an approved text may answer now, in order.

    Args:
        conn: Connection of the pipeline.
        days: Older cases are left to people.
        confirm: Whoever has just unsubscribed may be told so, though nothing else may be sent there.
    """
    with conn.cursor() as cursor:
        cursor.execute(f"SELECT case_id FROM ({_DUE}) due ORDER BY case_id", {"days": days, "confirm": confirm})  # noqa: S608
        return [row[0] for row in cursor]


def begin_message(conn: Connection, case_id: int, *, days: int, confirm: bool) -> Begun | None:
    """Write the receipt of a message before it is sent, if it may still be; commits, so that a crash leaves a trace.

    Args:
        conn: Connection of the pipeline.
        case_id: The case that it answers.
        days: As for :func:`due_cases`.
        confirm: As for :func:`due_cases`.

    Returns:
        What to send; None where it may not be sent any more.
    """
    with conn.cursor() as cursor:
        cursor.execute("SELECT FROM case_file WHERE case_id = %s FOR UPDATE", (case_id,))
        cursor.execute(
            f"WITH due AS (SELECT * FROM ({_DUE}) d WHERE case_id = %(case)s), kept AS ("  # noqa: S608  our own words
            " INSERT INTO message_delivery (message_id, case_id, kind, customer_key, email_key, reason, legal_basis)"
            " SELECT d.message_id, d.case_id, c.kind, d.customer_key, d.email_key, d.reason, d.legal_basis"
            " FROM due d JOIN case_file c USING (case_id) RETURNING delivery_id, message_id)"
            " SELECT kept.delivery_id, kept.message_id, due.subject, due.body, due.email FROM kept, due",
            {"case": case_id, "days": days, "confirm": confirm},
        )
        row = cursor.fetchone()
    conn.commit()
    return Begun._make(row) if row else None


def end_message(conn: Connection, delivery_id: int, outcome: str, detail: str, *, retry: bool, most: int) -> bool:
    """Write what became of a message, and what that means for its case; commits.

    Args:
        conn: Connection of the pipeline.
        delivery_id: The receipt.
        outcome: delivered | failed | unknown.
        detail: What the mail server said, without addresses; empty for nothing.
        retry: A failed one may be tried again.
        most: After so many attempts it is not.

    Returns:
        Whether the case is left to people.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE message_delivery d SET outcome = %(outcome)s, detail = nullif(%(detail)s, ''),"
            " ended_at = clock_timestamp(), final = %(outcome)s = 'failed' AND (NOT %(retry)s OR %(most)s <="
            "  (SELECT count(*) FROM message_delivery o WHERE o.case_id = d.case_id))"
            " WHERE delivery_id = %(id)s RETURNING case_id, 'M' || message_id, final OR outcome = 'unknown'",
            {"outcome": outcome, "detail": detail, "retry": retry, "most": most, "id": delivery_id},
        )
        row = cursor.fetchone()
        # An erasure may have taken receipt and case meanwhile.
        case_id, message, left = row or (None, "", False)
        if case_id is not None and outcome == "delivered":
            cursor.execute(_CLOSE, {"case": case_id, "detail": message})
        elif case_id is not None and left:
            cursor.execute(_LEAVE, {"case": case_id, "detail": f"{message} {detail}".strip()})
    conn.commit()
    return bool(left)


_CLOSE: Final = """
WITH closed AS (
    UPDATE case_file SET state = 'closed', outcome = 'sent', answered_at = coalesce(answered_at, now()),
        closed_at = now()
    WHERE case_id = %(case)s AND state <> 'closed' RETURNING case_id
)
INSERT INTO case_event (case_id, act, state, actor, detail, happened_at)
SELECT case_id, 'sent', 'closed', 'rule', %(detail)s, now() FROM closed
"""
_LEAVE: Final = """
INSERT INTO case_event (case_id, act, state, actor, detail, happened_at)
SELECT case_id, 'not_sent', state, 'rule', %(detail)s, now() FROM case_file WHERE case_id = %(case)s
"""


def cut_off(conn: Connection) -> list[int]:
    """Receipts of messages that a crash cut off, of which nobody knows whether they were sent."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT delivery_id FROM message_delivery WHERE outcome = 'sending' ORDER BY delivery_id")
        return [row[0] for row in cursor]
