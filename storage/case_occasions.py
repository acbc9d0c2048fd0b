"""Occasions for a case that lie with us: an advocate who may be asked, a remedy that somebody should hear of."""

from __future__ import annotations

from typing import Final, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


class Occasion(NamedTuple):
    """The feedback that a case refers to, as it stands now."""

    feedback_id: int
    revision_number: int
    source: str
    product: str | None


#: Advocates of whom it is asked anew at once whether they may be contacted, of those who could be and of those who may
#: have become so.
_ASKED_ANEW: Final = 1000


def advocates_to_ask(conn: Connection, most: int) -> list[Occasion]:
    """The weightiest feedback of advocates who may be asked for a testimonial, the highest score first.

    Asked is who may be contacted now, has no open complaint, was never asked, and has consented to no testimonial. What
    the last decide knew of whether they may be contacted only says whom to look at, so that a long list costs no more.

    Args:
        conn: Connection.
        most: So many requests may be open at once; those that are count.
    """
    with conn.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM case_file WHERE kind = 'testimonial_request' AND state <> 'closed'")
        row = cursor.fetchone()
        room = most - int(row[0] if row else 0)
        if room <= 0:
            return []
        cursor.execute(_TO_ASK, {"room": room, "looked_at": _ASKED_ANEW})
        return [Occasion._make(row) for row in cursor]


_CANDIDATE: Final = """
(SELECT n.person_id, n.score, n.last_seen, c.feedback_id, c.revision_number, c.source, c.product
 FROM advocate_rank n
 CROSS JOIN LATERAL (
     SELECT r.feedback_id FROM advocate_reason x JOIN revision r USING (revision_id)
     WHERE x.person_id = n.person_id AND x.weight > 0 ORDER BY x.rank LIMIT 1) best
 JOIN current_feedback c ON c.feedback_id = best.feedback_id AND c.state = 'published'
 WHERE n.product = '' AND n.contact = '{}'
   AND NOT EXISTS (SELECT FROM author a JOIN feedback f USING (author_id) JOIN case_file k USING (feedback_id)
                   WHERE a.person_id = n.person_id
                     AND (k.kind = 'testimonial_request'
                          OR (k.kind IN ('complaint', 'defect_report') AND k.state <> 'closed')))
   AND NOT EXISTS (SELECT FROM author a
                   CROSS JOIN LATERAL (SELECT subject_key FROM author_subject WHERE author_id = a.author_id OFFSET 0) s
                   JOIN testimonial t ON t.subject_key = s.subject_key AND t.known_until IS NULL
                   WHERE a.person_id = n.person_id)
 ORDER BY n.score DESC, n.last_seen DESC, n.person_id LIMIT %(looked_at)s)
"""
_TO_ASK: Final = f"""
WITH candidate AS MATERIALIZED (
    SELECT * FROM ({_CANDIDATE.format("yes")} UNION ALL {_CANDIDATE.format("may_turn")}) known
    -- Said here too, or everybody would be asked about before the first are taken.
    ORDER BY score DESC, last_seen DESC, person_id
)
SELECT d.feedback_id, d.revision_number, d.source, d.product
FROM candidate d CROSS JOIN LATERAL (SELECT k.contactable FROM person_contact k WHERE k.person_id = d.person_id) now_is
WHERE now_is.contactable = 'yes' ORDER BY d.score DESC, d.last_seen DESC, d.person_id LIMIT %(room)s
"""  # noqa: S608  our own words


def remedies_to_tell(conn: Connection, lineage_id: int, days: int) -> list[Occasion]:
    """Feedback that named a defect in the days before a remedy for it was published, and has not been answered since.

    Left out is whoever tells a fix, who has been told of the remedy by a list, and whose case is still open: its answer
    has the remedy at hand.

    Args:
        conn: Connection.
        lineage_id: Lineage whose mentions count.
        days: How long before the publication.
    """
    with conn.cursor() as cursor:
        cursor.execute(_TO_TELL, {"lineage": lineage_id, "days": days})
        return [Occasion._make(row) for row in cursor]


_TO_TELL = """
SELECT DISTINCT c.feedback_id, c.revision_number, c.source, c.product
FROM remedy y
JOIN remedy_cell e USING (remedy_id)
JOIN (SELECT remedy_id, min(published_on) AS day FROM remedy_publication WHERE ended_on IS NULL GROUP BY remedy_id) p
    USING (remedy_id)
JOIN defect_mention m ON (m.product, m.cell, m.defect) = (e.product, e.component, e.defect)
    AND m.lineage_id = %(lineage)s
JOIN current_feedback c ON c.revision_id = m.revision_id AND c.state = 'published'
WHERE y.state = 'published' AND c.created_at < p.day AND c.created_at >= p.day - make_interval(days => %(days)s)
  AND NOT EXISTS (SELECT FROM fix x WHERE x.revision_id = c.revision_id AND x.lineage_id = %(lineage)s)
  AND NOT EXISTS (SELECT FROM case_file k JOIN feedback o USING (feedback_id)
                  WHERE (o.feedback_id = c.feedback_id
                         OR (o.source, o.account, o.response_key) = (c.source, c.account, c.response_key))
                  AND (k.kind = 'remedy_to_tell' OR k.state <> 'closed' OR k.answered_at >= p.day
                       OR k.outcome = 'recovered'))
  AND NOT EXISTS (SELECT FROM author mine JOIN author a ON a.person_id = mine.person_id OR a.author_id = mine.author_id
                  CROSS JOIN LATERAL (SELECT customer_key FROM author_customer WHERE author_id = a.author_id OFFSET 0) b
                  JOIN remedy_told t ON (t.remedy_id, t.customer_key) = (y.remedy_id, b.customer_key)
                  WHERE mine.author_id = c.author_id)
ORDER BY c.feedback_id
"""
