"""Add feedback that came to the figures of topics, without reading what was counted before.

Which topics there are, and what belongs to them, the closed weeks say (:mod:`storage.topics`). A person counts once in
a group of products: so beside the feedback that came, only what the same voices said of the group before is read.
"""

from __future__ import annotations

from datetime import date

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

from storage.topics import QUOTES_PER_TOPIC, RANKED
from storage.voices import make_voices_of


def add_topics(conn: Connection, lineage_id: int, closed: date | None) -> int:
    """Add the feedback that came to the figures of its groups and topics.

    Args:
        conn: Connection; :func:`storage.counted.take_fresh` ran in the same transaction.
        lineage_id: Lineage whose terms count.
        closed: Monday of the last closed week.

    Returns:
        Topics that something was added to.
    """
    values = {"lineage": lineage_id, "quotes": QUOTES_PER_TOPIC}
    with conn.cursor() as cursor:
        cursor.execute(_BESIDE)
        cursor.execute("ANALYZE beside_group")
    make_voices_of(conn, "beside_group", closed)
    with conn.cursor() as cursor:
        cursor.execute(_ADD_EXPOSURE)
        cursor.execute(_ADDED, values)
        cursor.execute("ANALYZE added_term")
        cursor.execute(_ADD_FIGURES)
        written = int(cursor.rowcount)
        cursor.execute(_ADD_QUOTES, values)
        return written


# A group that is counted as a whole has nothing that came.
_BESIDE = """
CREATE TEMP TABLE beside_group ON COMMIT DROP AS
WITH sibling AS (
    SELECT g.group_id, unnest(g.products) AS product
    FROM topic_group g WHERE g.products && (SELECT array_agg(DISTINCT product) FROM fresh)
), came AS (
    SELECT s.group_id, f.feedback_id, f.voice FROM fresh f JOIN sibling s USING (product)
)
SELECT group_id, feedback_id, voice, true AS came FROM came
UNION ALL
SELECT s.group_id, k.feedback_id, k.voice, false
FROM (SELECT DISTINCT group_id, voice FROM came) c
JOIN sibling s USING (group_id)
JOIN counted_feedback k USING (product, voice)
WHERE NOT EXISTS (SELECT FROM came x WHERE x.feedback_id = k.feedback_id)
"""
_ADD_EXPOSURE = """
UPDATE topic_group g SET persons = g.persons + n.persons
FROM (SELECT group_id, count(*) AS persons
      FROM (SELECT group_id, voice FROM beside_group GROUP BY 1, 2 HAVING bool_and(came)) new GROUP BY 1) n
WHERE n.group_id = g.group_id
"""
_ADDED = """
CREATE TEMP TABLE added_term ON COMMIT DROP AS
SELECT m.topic_id, b.voice, b.came, v.created_at, t.term_id, t.phrase, t.construction, t.evidence_start, t.evidence_end
FROM beside_group b
JOIN voice v USING (feedback_id)
JOIN term t ON t.revision_id = v.revision_id AND t.lineage_id = %(lineage)s
JOIN topic_member m ON m.group_id = b.group_id AND m.key = t.key
    AND (m.construction IS NULL OR m.construction = t.construction)
"""
_ADD_FIGURES = """
WITH said AS (
    SELECT topic_id, voice, bool_and(came)::int AS persons,
           min(created_at) FILTER (WHERE came) AS first_seen, max(created_at) FILTER (WHERE came) AS last_seen
    FROM added_term GROUP BY 1, 2 HAVING bool_or(came)
), sums AS (
    SELECT topic_id, sum(persons) AS persons, min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM said GROUP BY 1
)
UPDATE topic_figure f SET persons = f.persons + s.persons, first_seen = least(f.first_seen, s.first_seen),
    last_seen = greatest(f.last_seen, s.last_seen), decided_at = now()
FROM sums s WHERE s.topic_id = f.topic_id
"""
# The best five of what was quoted and what came are the best five of all: nothing that was counted is gone.
_ADD_QUOTES = f"""
WITH candidate AS (
    SELECT q.topic_id, k.voice, t.term_id, t.phrase, t.construction, t.evidence_start, t.evidence_end
    FROM topic_quote q JOIN term t USING (term_id) JOIN revision r USING (revision_id)
    JOIN counted_feedback k USING (feedback_id)
    WHERE q.topic_id IN (SELECT topic_id FROM added_term WHERE came)
    UNION
    SELECT topic_id, voice, term_id, phrase, construction, evidence_start, evidence_end FROM added_term WHERE came
), best AS ({RANKED})
INSERT INTO topic_quote AS q (topic_id, rank, term_id)
SELECT topic_id, rank, term_id FROM best WHERE rank <= %(quotes)s
ON CONFLICT (topic_id, rank) DO UPDATE SET term_id = excluded.term_id WHERE q.term_id <> excluded.term_id
"""  # noqa: S608  no values
