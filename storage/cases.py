"""Cases that are opened by rule: what may open one, and the rows that deciding writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values


class FeedbackFacts(NamedTuple):
    """One feedback that may open a case, as its current revision and the lineage say; see :mod:`storage.cases`.

    ``conversation`` is what is answered at once: the feedback, or all answers of one survey response. ``last_kind`` is
    the kind of the case that an earlier revision opened, None without one.
    """

    feedback_id: int
    revision_number: int
    conversation: str
    source: str
    product: str | None
    kind: str
    opened_at: datetime
    rating: float | None
    nps: int | None
    would_recommend: bool | None
    sentiment: str | None
    recommend: str
    question: bool
    defects: list[str]
    gives_fix: bool
    has_text: bool
    last_kind: str | None


class ListFacts(NamedTuple):
    """One row of the company's lists that may open a case; ``day_only``: ``happened`` is a day, at midnight UTC."""

    kind: str
    origin: str
    customer_key: str | None
    email_key: str | None
    product: str | None
    channel: str
    happened: datetime
    day_only: bool


class CaseRow(NamedTuple):
    """A case to open; either the feedback and its revision are given, or the origin."""

    kind: str
    feedback_id: int | None
    revision_number: int | None
    origin: str | None
    customer_key: str | None
    email_key: str | None
    product: str | None
    channel: str
    opened_at: datetime
    due_at: datetime
    team: str
    owner: str
    priority: int


def fresh_feedback(conn: Connection, lineage_id: int, days: int) -> list[FeedbackFacts]:
    """Feedback of the newest days that may open a case and has none.

    The days are reckoned from the newest feedback, so that an installation whose data ends earlier opens the same
    cases at any time. Without a day of its own a feedback counts from when it was first seen, but for those of an
    account's first load, which may be of any age; an edited one counts from its edit.

    Args:
        conn: Connection.
        lineage_id: Lineage whose analyses count.
        days: How far back.

    Returns:
        Published feedback in order of its id.
    """
    with conn.cursor() as cursor:
        cursor.execute(_FRESH_FEEDBACK, {"days": days, "lineage": lineage_id})
        return [FeedbackFacts._make(row) for row in cursor]


_EDGE = "SELECT least(now(), max(created_at)) - make_interval(days => %(days)s) AS since FROM feedback"
_ANSWERS = "('complaint', 'defect_report', 'question', 'thanks')"
_FRESH_FEEDBACK = f"""
WITH edge AS ({_EDGE}), first_load AS (
    SELECT source, account, min(load_id) AS load_id FROM load GROUP BY source, account
), fresh AS (
    SELECT f.feedback_id FROM feedback f, edge
    WHERE f.created_at >= edge.since AND f.created_precision IN ('second', 'day')
    UNION
    SELECT r.feedback_id FROM revision r, edge WHERE r.number > 1 AND r.collected_at >= edge.since
    UNION
    SELECT f.feedback_id FROM edge, feedback f
    JOIN revision r ON r.feedback_id = f.feedback_id AND r.number = 1
    JOIN first_load l ON (l.source, l.account) = (f.source, f.account) AND r.load_id > l.load_id
    WHERE f.created_precision IN ('month', 'unknown') AND r.collected_at >= edge.since
)
SELECT c.feedback_id, c.revision_number,
       coalesce(c.source || ' ' || c.account || ' ' || c.response_key, c.feedback_id::text),
       c.source, c.product, c.kind,
       CASE WHEN c.revision_number = 1 AND c.created_precision IN ('second', 'day')
            THEN least(c.created_at, c.collected_at) ELSE c.collected_at END,
       c.rating_1_5, c.nps_0_10, c.would_recommend, CASE WHEN NOT a.abstained THEN a.sentiment END,
       coalesce(a.recommend, 'none'), coalesce(a.question, false),
       ARRAY(SELECT DISTINCT m.defect FROM mention m WHERE m.revision_id = c.revision_id
             AND m.lineage_id = %(lineage)s AND m.defect IS NOT NULL AND m.polarity <> 'pos' ORDER BY m.defect),
       EXISTS (SELECT FROM fix x WHERE x.revision_id = c.revision_id AND x.lineage_id = %(lineage)s),
       c.text IS NOT NULL, last.kind
FROM fresh
JOIN current_feedback c USING (feedback_id)
LEFT JOIN analysis a ON a.revision_id = c.revision_id AND a.lineage_id = %(lineage)s
LEFT JOIN LATERAL (SELECT k.kind, k.state, k.revision_number FROM case_file k
                   WHERE k.feedback_id = c.feedback_id AND k.kind IN {_ANSWERS}
                   ORDER BY k.case_id DESC LIMIT 1) last ON true
WHERE c.state = 'published' AND (a.revision_id IS NOT NULL OR (c.title IS NULL AND c.text IS NULL))
  AND (last.kind IS NULL OR (last.state = 'closed' AND last.revision_number < c.revision_number))
  AND NOT EXISTS (SELECT FROM feedback o JOIN case_file k USING (feedback_id)
                  WHERE (o.source, o.account, o.response_key) = (c.source, c.account, c.response_key)
                    AND o.feedback_id <> c.feedback_id AND k.kind IN {_ANSWERS})
ORDER BY c.feedback_id
"""  # noqa: S608  our own words


def fresh_list_rows(conn: Connection, days: int) -> list[ListFacts]:
    """Rows of the company's lists of the newest days that may open a case and have none.

    A customer is welcomed once, for the first order that is known; one who is known for longer than that order is
    no new customer.

    Args:
        conn: Connection.
        days: How far back from the newest feedback.
    """
    with conn.cursor() as cursor:
        cursor.execute(_FRESH_LIST_ROWS, {"days": days})
        return [ListFacts._make(row) for row in cursor]


_FRESH_LIST_ROWS = f"""
WITH edge AS ({_EDGE}), first_order AS (
    SELECT DISTINCT ON (coalesce(o.customer_key, o.email_key)) o.* FROM customer_order o
    WHERE o.known_until IS NULL AND coalesce(o.customer_key, o.email_key) IS NOT NULL
    ORDER BY coalesce(o.customer_key, o.email_key), o.ordered_on, o.order_key, o.product
), fresh AS (
    SELECT 'welcome' AS kind, 'customer ' || coalesce(o.customer_key, o.email_key) AS origin, o.customer_key,
           o.email_key, o.product, coalesce(o.channel, 'orders') AS channel, o.ordered_on::timestamptz AS happened,
           true AS day_only
    FROM edge, first_order o
    LEFT JOIN customer c ON c.customer_key = o.customer_key AND c.known_until IS NULL
    WHERE o.ordered_on >= edge.since AND o.ordered_on <= now()
      AND (c.customer_since IS NULL OR c.customer_since >= o.ordered_on)
    UNION ALL
    SELECT 'unsubscribe_confirmation', u.subject_key || ' ' || u.channel || ' ' || u.unsubscribed_at, u.customer_key,
           u.email_key, NULL, u.channel, u.unsubscribed_at, false
    FROM edge, unsubscribe u
    WHERE u.known_until IS NULL AND u.unsubscribed_at >= edge.since AND u.unsubscribed_at <= now()
)
SELECT kind, origin, customer_key, email_key, product, channel, happened, day_only FROM fresh
WHERE NOT EXISTS (SELECT FROM case_file k WHERE (k.kind, k.origin) = (fresh.kind, fresh.origin))
ORDER BY happened, origin
"""  # noqa: S608  our own words


def open_cases(conn: Connection, rows: Sequence[CaseRow]) -> int:
    """Open cases; one that is there already stays as it is.

    Returns:
        How many were opened.
    """
    if not rows:
        return 0
    with conn.cursor() as cursor:
        opened = execute_values(
            cursor,
            "INSERT INTO case_file (kind, feedback_id, revision_number, origin, customer_key, email_key, product,"
            " channel, opened_at, due_at, team, owner, priority) VALUES %s ON CONFLICT DO NOTHING"
            " RETURNING case_id, opened_at",
            rows,
            fetch=True,
        )
        write_events(conn, [(case_id, "opened", "open", None, at) for case_id, at in opened])
    return len(opened)


def write_events(conn: Connection, events: Sequence[tuple[int, str, str, str | None, datetime | None]]) -> None:
    """Write events that a rule brought about.

    Args:
        conn: Connection.
        events: Case, act, state after it, what it refers to, and when it happened (None: now).
    """
    with conn.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO case_event (case_id, act, state, detail, actor, happened_at) VALUES %s",
            [(case, act, state, detail, at) for case, act, state, detail, at in events],
            template="(%s, %s, %s, %s, 'rule', coalesce(%s, now()))",
        )


class Worth(NamedTuple):
    """What decides what goes first, of one case at work; ``value`` is what the customer list says, else the orders.

    ``shown`` is what was decided before: value, whether valuable, an advocate's, content; priority.
    """

    case_id: int
    kind: str
    value: Decimal | None
    advocate: bool
    defects: list[str]
    rating: float | None
    nps: int | None
    sentiment: str | None
    shown: tuple[Any, ...]


def worth(conn: Connection, lineage_id: int) -> list[Worth]:
    """Customer value, advocacy and named defects of all cases that are not closed.

    A customer is found through the person behind the feedback: the same keyed customer, order or e-mail.
    """
    with conn.cursor() as cursor:
        cursor.execute(_WORTH, {"lineage": lineage_id})
        return [Worth._make((*row[:8], row[8:])) for row in cursor]


_WORTH = """
WITH at_work AS (
    SELECT c.*, f.current_revision_id, a.person_id
    FROM case_file c LEFT JOIN feedback f USING (feedback_id) LEFT JOIN author a USING (author_id)
    WHERE c.state <> 'closed'
), known AS (
    SELECT w.case_id, i.kind, i.key
    FROM at_work w JOIN author a USING (person_id) JOIN author_identifier i ON i.author_id = a.author_id
    UNION SELECT case_id, 'customer', customer_key FROM at_work WHERE customer_key IS NOT NULL
    UNION SELECT case_id, 'email', email_key FROM at_work WHERE email_key IS NOT NULL
), buyer AS (
    SELECT k.case_id, k.key AS customer_key FROM known k WHERE k.kind = 'customer'
    UNION SELECT k.case_id, c.customer_key FROM known k
          JOIN customer c ON c.email_key = k.key AND c.known_until IS NULL WHERE k.kind = 'email'
    UNION SELECT k.case_id, o.customer_key FROM known k
          JOIN customer_order o ON o.order_key = k.key AND o.known_until IS NULL
          WHERE k.kind = 'order' AND o.customer_key IS NOT NULL
), listed AS (
    SELECT b.case_id, max(c.value_eur) AS value FROM buyer b
    JOIN customer c ON c.customer_key = b.customer_key AND c.known_until IS NULL GROUP BY b.case_id
), bought AS (
    SELECT case_id, sum(amount_eur) AS value FROM (
        SELECT b.case_id, o.order_key, o.product, o.amount_eur FROM buyer b
        JOIN customer_order o ON o.customer_key = b.customer_key AND o.known_until IS NULL
        UNION SELECT k.case_id, o.order_key, o.product, o.amount_eur FROM known k
        JOIN customer_order o ON o.email_key = k.key AND o.known_until IS NULL WHERE k.kind = 'email'
    ) orders GROUP BY case_id
)
SELECT w.case_id, w.kind, coalesce(listed.value, bought.value),
       EXISTS (SELECT FROM advocate v WHERE v.person_id = w.person_id AND v.listed)
           OR EXISTS (SELECT FROM person_stage s WHERE s.person_id = w.person_id AND s.stage = 'advocate'),
       ARRAY(SELECT DISTINCT m.defect FROM mention m WHERE m.revision_id = w.current_revision_id
             AND m.lineage_id = %(lineage)s AND m.defect IS NOT NULL AND m.polarity <> 'pos'),
       r.rating_1_5, r.nps_0_10, CASE WHEN NOT a.abstained THEN a.sentiment END,
       w.value_eur, w.valuable, w.advocate, w.content, w.priority
FROM at_work w LEFT JOIN listed USING (case_id) LEFT JOIN bought USING (case_id)
LEFT JOIN revision r ON r.revision_id = w.current_revision_id
LEFT JOIN analysis a ON a.revision_id = w.current_revision_id AND a.lineage_id = %(lineage)s
"""


def write_worth(conn: Connection, rows: Sequence[tuple[int, Decimal | None, bool, bool, bool, int]]) -> None:
    """Write case, value in euros, whether valuable, whether an advocate's, whether content, and priority."""
    if rows:
        with conn.cursor() as cursor:
            execute_values(
                cursor,
                "UPDATE case_file c SET value_eur = v.value_eur, valuable = v.valuable, advocate = v.advocate,"
                " content = v.content, priority = v.priority"
                " FROM (VALUES %s) AS v (case_id, value_eur, valuable, advocate, content, priority)"
                " WHERE c.case_id = v.case_id",
                rows,
                template="(%s, %s::numeric, %s, %s, %s, %s::smallint)",
            )


def owners_at_work(conn: Connection) -> list[tuple[str, str]]:
    """Team and owner of the cases that are not closed, each once."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT DISTINCT team, owner FROM case_file WHERE state <> 'closed' ORDER BY 1, 2")
        return [(team, owner) for team, owner in cursor]


def hand_over(conn: Connection, gone: tuple[str, str], heir: tuple[str, str]) -> int:
    """Give the cases of one (team, owner) that are not closed to another, each with its event."""
    with conn.cursor() as cursor:
        cursor.execute(
            "WITH moved AS (UPDATE case_file SET team = %s, owner = %s WHERE (team, owner) = (%s, %s)"
            " AND state <> 'closed' RETURNING case_id, state)"
            " INSERT INTO case_event (case_id, act, state, actor, detail, happened_at)"
            " SELECT case_id, 'owner_gone', state, 'rule', %s, now() FROM moved",
            (*heir, *gone, f"{gone[1]} → {heir[1]}"),
        )
        return int(cursor.rowcount)
