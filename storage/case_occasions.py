"""Occasions for a case that lie with us: an advocate who may be asked, a remedy that somebody should hear of."""

from __future__ import annotations

from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


class Occasion(NamedTuple):
    """The feedback that a case refers to, as it stands now."""

    feedback_id: int
    revision_number: int
    source: str
    product: str | None


def advocates_to_ask(conn: Connection) -> list[Occasion]:
    """The weightiest feedback of each listed advocate who may be contacted, has no open complaint, was never asked."""
    with conn.cursor() as cursor:
        cursor.execute(_TO_ASK)
        return [Occasion._make(row) for row in cursor]


_TO_ASK = """
SELECT c.feedback_id, c.revision_number, c.source, c.product
FROM advocate v
CROSS JOIN LATERAL (
    SELECT r.feedback_id FROM advocate_reason x JOIN revision r USING (revision_id)
    WHERE x.person_id = v.person_id AND x.weight > 0 ORDER BY x.rank LIMIT 1) best
JOIN current_feedback c ON c.feedback_id = best.feedback_id AND c.state = 'published'
CROSS JOIN LATERAL (SELECT k.contactable FROM person_contact k WHERE k.person_id = v.person_id) now_is
WHERE v.listed AND v.contactable = 'yes' AND now_is.contactable = 'yes'
  AND NOT EXISTS (SELECT FROM author a JOIN feedback f USING (author_id) JOIN case_file k USING (feedback_id)
                  WHERE a.person_id = v.person_id
                    AND (k.kind = 'testimonial_request'
                         OR (k.kind IN ('complaint', 'defect_report') AND k.state <> 'closed')))
ORDER BY c.feedback_id
"""


def remedies_to_tell(conn: Connection, lineage_id: int, days: int) -> list[Occasion]:
    """Feedback that named a defect in the days before a remedy for it was published, and has not been answered since.

    Left out is whoever tells a fix, and whose case is still open: its answer has the remedy at hand.

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
ORDER BY c.feedback_id
"""
