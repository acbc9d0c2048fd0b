"""What persons said and did, as deciding reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from storage.connect import Connection

_PRAISE_PER_STATEMENT: Final = 3
#: Confidence from which a mention is quoted before longer ones: on annotated reviews 91 % of those praise, else 75 %.
_SURE: Final = 0.4


class StatementRow(NamedTuple):
    """One feedback of a person in its current revision; spans as (field, start, end)."""

    person_id: int
    revision_id: int
    source: str
    created_at: datetime | None
    rating: float | None
    first_rating: float | None
    nps: int | None
    counts_nps: bool
    would_recommend: bool | None
    sentiment: str | None
    abstained: bool
    recommend: str
    loyalty: str
    feedback_id: int
    kind: str
    likes: int
    copied: bool
    converted: bool
    incentivised: tuple[str, int, int] | None
    recommend_at: tuple[str, int, int] | None
    loyalty_at: tuple[str, int, int] | None
    referral_at: tuple[str, int, int] | None
    praise: list[tuple[str, int, int]]
    fixes: list[tuple[str, int, int]]


def statements(conn: Connection, persons: Sequence[int], lineage_id: int) -> Iterator[StatementRow]:
    """What some persons said, in the current revisions, copies of one text once; by person, the oldest first.

    Args:
        conn: Connection.
        persons: Person ids.
        lineage_id: Lineage whose analyses count.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            _STATEMENTS,
            {"persons": list(persons), "lineage": lineage_id, "praise": _PRAISE_PER_STATEMENT, "sure": _SURE},
        )
        for row in cursor:
            *head, incentivised, recommend_at, loyalty_at, referral_at, praise, fixes = row
            spans = map(_span, (incentivised, recommend_at, loyalty_at, referral_at))
            yield StatementRow._make((*head, *spans, _spans(praise), _spans(fixes)))


# Praise is quoted once for each part that it names, where the text names parts; of one part the longest sure quote.
_STATEMENTS: Final = """
WITH said AS (
    SELECT DISTINCT ON (c.person_id, coalesce(c.copy_digest, c.feedback_id::text)) c.*
    FROM current_feedback c
    WHERE c.person_id = ANY(%(persons)s) AND c.state = 'published'
    ORDER BY c.person_id, coalesce(c.copy_digest, c.feedback_id::text), c.feedback_id
)
SELECT s.person_id, s.revision_id, s.source, s.created_at, s.rating_1_5,
       CASE WHEN s.revision_number = 1 THEN s.rating_1_5
            ELSE (SELECT r.rating_1_5 FROM revision r
                  WHERE r.feedback_id = s.feedback_id ORDER BY r.number LIMIT 1) END,
       s.nps_0_10,
       row_number() OVER (PARTITION BY s.person_id, s.source, coalesce(s.response_key, s.feedback_id::text)
                          ORDER BY s.feedback_id) = 1,
       s.would_recommend, a.sentiment, coalesce(a.abstained, true), coalesce(a.recommend, 'none'),
       coalesce(a.loyalty, 'none'), s.feedback_id, s.kind,
       coalesce((SELECT y.likes FROM likes y WHERE y.feedback_id = s.feedback_id ORDER BY y.load_id DESC LIMIT 1), 0),
       s.copy_digest IS NOT NULL AND EXISTS (
           SELECT FROM current_feedback o
           WHERE o.copy_digest = s.copy_digest AND o.revision_id <> s.revision_id AND o.person_id <> s.person_id
             AND o.state <> 'deleted'
             AND (coalesce(o.created_at, 'infinity'), o.feedback_id)
                 < (coalesce(s.created_at, 'infinity'), s.feedback_id)),
       s.kind = 'referral' AND (SELECT f.extra ->> 'status' IN ('signed_up', 'purchased', 'rewarded')
                                FROM feedback f WHERE f.feedback_id = s.feedback_id) IS TRUE,
       CASE WHEN a.incentivised_field IS NOT NULL
            THEN json_build_array(a.incentivised_field, a.incentivised_start, a.incentivised_end) END,
       CASE WHEN a.recommend_field IS NOT NULL
            THEN json_build_array(a.recommend_field, a.recommend_start, a.recommend_end) END,
       CASE WHEN a.loyalty_field IS NOT NULL
            THEN json_build_array(a.loyalty_field, a.loyalty_start, a.loyalty_end) END,
       CASE WHEN a.referral_field IS NOT NULL
            THEN json_build_array(a.referral_field, a.referral_start, a.referral_end) END,
       (SELECT json_agg(json_build_array(m.field, m.evidence_start, m.evidence_end)
                        ORDER BY m.names_a_part DESC, m.confidence DESC, m.mention_id)
        FROM (SELECT * FROM (
                  SELECT DISTINCT ON (lower(coalesce(m.component, ''))) m.*, m.component IS NOT NULL AS names_a_part
                  FROM mention m
                  WHERE m.revision_id = s.revision_id AND m.lineage_id = %(lineage)s AND m.polarity = 'pos'
                  ORDER BY lower(coalesce(m.component, '')), m.confidence >= %(sure)s DESC,
                           m.evidence_end - m.evidence_start DESC, m.mention_id) m
              ORDER BY m.names_a_part DESC, m.confidence DESC, m.mention_id LIMIT %(praise)s) m),
       (SELECT json_agg(json_build_array(x.field, x.fix_start, x.fix_end) ORDER BY x.fix_id)
        FROM fix x WHERE x.revision_id = s.revision_id AND x.lineage_id = %(lineage)s)
FROM said s
LEFT JOIN analysis a ON a.revision_id = s.revision_id AND a.lineage_id = %(lineage)s
ORDER BY s.person_id, s.created_at NULLS FIRST, s.revision_id
"""

#: Customers that persons are known to be: by number, by an order, or by an address that only one customer has. Looked
#: up key by key, or the planner would read all that the company's lists hold.
_CUSTOMERS: Final = """
WITH identifier AS (
    SELECT a.person_id, i.kind, i.key FROM author a JOIN author_identifier i USING (author_id)
    WHERE a.person_id = ANY(%(persons)s)
), subject AS (
    SELECT person_id, key AS customer_key FROM identifier WHERE kind = 'customer'
    UNION
    SELECT i.person_id, min(k.customer_key) FROM identifier i
    CROSS JOIN LATERAL (SELECT customer_key FROM known_identity WHERE email_key = i.key OFFSET 0) k
    WHERE i.kind = 'email' AND k.customer_key IS NOT NULL
    GROUP BY i.person_id, i.key HAVING count(DISTINCT k.customer_key) = 1
    UNION
    SELECT i.person_id, k.customer_key FROM identifier i
    CROSS JOIN LATERAL (
        SELECT customer_key FROM customer_order WHERE order_key = i.key AND known_until IS NULL OFFSET 0) k
    WHERE i.kind = 'order' AND k.customer_key IS NOT NULL
)
"""
# What was cancelled or sent back shows no loyalty.
_ORDERS: Final = f"""{_CUSTOMERS}
SELECT DISTINCT person_id, order_key, ordered_on FROM (
    SELECT s.person_id, o.* FROM subject s
    CROSS JOIN LATERAL (SELECT * FROM customer_order WHERE customer_key = s.customer_key OFFSET 0) o
    UNION ALL
    SELECT i.person_id, o.* FROM identifier i JOIN customer_order o ON o.order_key = i.key WHERE i.kind = 'order'
    UNION ALL
    SELECT i.person_id, o.* FROM identifier i JOIN customer_order o ON o.email_key = i.key AND o.customer_key IS NULL
    WHERE i.kind = 'email') o
WHERE o.known_until IS NULL AND o.quantity > 0 AND coalesce(o.state, '') !~* '^(storn|retour|zurück|cancel|return)'
ORDER BY person_id, ordered_on, order_key
"""  # noqa: S608  our own text
_UNSUBSCRIBES: Final = f"""{_CUSTOMERS}
SELECT DISTINCT person_id, channel, unsubscribed_at FROM (
    SELECT s.person_id, u.* FROM subject s
    CROSS JOIN LATERAL (SELECT * FROM unsubscribe WHERE customer_key = s.customer_key OFFSET 0) u
    UNION ALL
    SELECT i.person_id, u.* FROM identifier i JOIN unsubscribe u ON u.email_key = i.key AND u.customer_key IS NULL
    WHERE i.kind = 'email') u
WHERE u.known_until IS NULL ORDER BY person_id, unsubscribed_at, channel
"""  # noqa: S608  our own text


def orders(conn: Connection, persons: Sequence[int]) -> dict[int, list[tuple[str, date]]]:
    """Key and day of each order of some persons, by person, the oldest first."""
    return _by_person(conn, _ORDERS, persons)


def unsubscriptions(conn: Connection, persons: Sequence[int]) -> dict[int, list[tuple[str, datetime]]]:
    """Channel and time of each unsubscription of some persons, by person, the oldest first."""
    return _by_person(conn, _UNSUBSCRIBES, persons)


def strikes(conn: Connection, persons: Sequence[int]) -> dict[int, set[tuple[str, int | None]]]:
    """Reasons that people struck, as kind and feedback (None: of the person as a whole), by person."""
    found: dict[int, set[tuple[str, int | None]]] = defaultdict(set)
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT a.person_id, l.kind, l.feedback_id FROM live_strike l JOIN author a USING (author_id)"
            " WHERE a.person_id = ANY(%s)",
            (list(persons),),
        )
        for person, kind, feedback in cursor:
            found[person].add((kind, feedback))
    return found


def copied_persons(conn: Connection, persons: Sequence[int]) -> list[int]:
    """Persons in whose other feedback a text of some persons stands, or stood; ascending."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT b.person_id FROM author a JOIN feedback f USING (author_id)"
            " JOIN revision mine ON mine.feedback_id = f.feedback_id AND mine.copy_digest IS NOT NULL"
            " JOIN revision other ON other.copy_digest = mine.copy_digest AND other.feedback_id <> mine.feedback_id"
            " JOIN feedback g ON g.feedback_id = other.feedback_id JOIN author b ON b.author_id = g.author_id"
            " WHERE a.person_id = ANY(%s) AND b.person_id IS NOT NULL ORDER BY 1",
            (list(persons),),
        )
        return [row[0] for row in cursor]


def texts(conn: Connection, revisions: Sequence[int]) -> dict[tuple[int, str], str]:
    """Texts of some revisions by revision and field, those that were not taken away."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT revision_id, title, text FROM revision WHERE revision_id = ANY(%s)", (list(revisions),))
        found = [(revision, {"title": title, "text": text}) for revision, title, text in cursor]
    return {(revision, field): text for revision, fields in found for field, text in fields.items() if text}


def _by_person(conn: Connection, query: str, persons: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    with conn.cursor() as cursor:
        cursor.execute(query, {"persons": list(persons)})
        for person, *rest in cursor:
            found[person].append(tuple(rest))
    return found


def _span(value: list[Any] | None) -> tuple[str, int, int] | None:
    return (value[0], value[1], value[2]) if value else None


def _spans(value: list[list[Any]] | None) -> list[tuple[str, int, int]]:
    return [(field, start, end) for field, start, end in value or []]
