"""Add feedback that came to the figures of defects, without reading what was counted before.

A person counts once: who has spoken of a product, or named a defect, in other feedback is not counted again. So beside
the feedback that came, only what the same voices said of the same products before is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values

from storage.defects import QUOTES_PER_DEFECT, RANKED


class TouchedRow(NamedTuple):
    """A defect that something was added to, and what is known of it now."""

    defect_id: int
    persons: int
    dated: int
    first_seen: datetime | None
    course: str | None
    course_needed: int
    observed_since: datetime | None


def add_counts(conn: Connection, lineage_id: int) -> list[TouchedRow]:
    """Add the feedback that came to the figures of its products and defects.

    Args:
        conn: Connection; :func:`storage.counted.take_fresh` ran in the same transaction.
        lineage_id: Lineage whose mentions count.

    Returns:
        The defects that something was added to; they wait for their signal (:func:`write_signals`).
    """
    values = {"lineage": lineage_id}
    with conn.cursor() as cursor:
        cursor.execute(_ADD_EXPOSURE)
        cursor.execute(_ADD_NAMES, values)
        cursor.execute(_ADDED, values)
        cursor.execute("ANALYZE added")
        cursor.execute("INSERT INTO defect (product, component, defect) SELECT product, component, defect FROM added"
                       " ON CONFLICT DO NOTHING")  # fmt: skip
        cursor.execute(_ADD_CELLS, values)
        cursor.execute(_NAME_CELLS)
        cursor.execute(_ADD_QUOTES, {**values, "quotes": QUOTES_PER_DEFECT})
        cursor.execute(_TOUCHED)
        return [TouchedRow._make(row) for row in cursor]


def write_signals(conn: Connection, signals: Iterable[tuple[int, str, int]]) -> int:
    """Write what is said of some defects: (defect_id, signal, persons that are missing for a verdict).

    Returns:
        Number of defects.
    """
    rows = list(signals)
    if rows:
        with conn.cursor() as cursor:
            execute_values(
                cursor,
                "UPDATE defect_figure g SET signal = v.signal, evidence_needed = v.needed, decided_at = now()"
                " FROM (VALUES %s) AS v (defect_id, signal, needed) WHERE g.defect_id = v.defect_id",
                rows,
                template="(%s::bigint, %s, %s::int)",
            )
    return len(rows)


_ADD_EXPOSURE = """
WITH spoke AS (
    SELECT v.product, v.voice, count(f.feedback_id) AS came, count(f.feedback_id) < count(*) AS known,
           bool_and(v.star_only) AS only_stars,
           bool_and(v.star_only) FILTER (WHERE f.feedback_id IS NULL) AS only_stars_before,
           min(v.created_at) AS first_seen
    FROM voice v LEFT JOIN fresh f USING (feedback_id) GROUP BY 1, 2
), sums AS (
    SELECT product, count(*) FILTER (WHERE NOT known) AS persons, sum(came) AS reviews,
           sum(only_stars::int - coalesce(only_stars_before, false)::int) AS only_stars,
           count(*) FILTER (WHERE NOT known AND voice < 0) AS anonymous, min(first_seen) AS first_seen
    FROM spoke GROUP BY 1
)
UPDATE product_figure g SET persons_exposed = g.persons_exposed + s.persons, reviews = g.reviews + s.reviews,
    exposed_star_only = g.exposed_star_only + s.only_stars, exposed_anonymous = g.exposed_anonymous + s.anonymous,
    first_seen = least(g.first_seen, s.first_seen)
FROM sums s WHERE s.product = g.product
"""
_ADD_NAMES = """
INSERT INTO component_count AS k (product, defect, component, spelling, mentions)
SELECT f.product, m.defect, lower(m.component), m.component, count(*)
FROM fresh f JOIN voice v USING (feedback_id)
JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
WHERE m.component IS NOT NULL GROUP BY 1, 2, 3, 4
ON CONFLICT (product, defect, component, spelling) DO UPDATE SET mentions = k.mentions + excluded.mentions
"""
_ADDED = """
CREATE TEMP TABLE added ON COMMIT DROP AS
WITH hit AS (
    SELECT v.*, m.cell AS component, m.defect, f.feedback_id IS NOT NULL AS came
    FROM voice v
    JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
    LEFT JOIN fresh f USING (feedback_id)
), said AS (
    SELECT product, component, defect, voice, count(*) FILTER (WHERE came) AS mentions,
           (NOT bool_or(NOT came))::int AS persons,
           bool_or(created_at IS NOT NULL)::int
               - coalesce(bool_or(created_at IS NOT NULL) FILTER (WHERE NOT came), false)::int AS dated,
           coalesce(bool_or(verified), false)::int
               - coalesce(bool_or(verified) FILTER (WHERE NOT came), false)::int AS verified,
           coalesce(bool_or(incentivised), false)::int
               - coalesce(bool_or(incentivised) FILTER (WHERE NOT came), false)::int AS incentivised,
           count(DISTINCT feedback_id) FILTER (WHERE came AND copy) AS copies,
           min(created_at) FILTER (WHERE came) AS first_seen, max(created_at) FILTER (WHERE came) AS last_seen
    FROM hit GROUP BY 1, 2, 3, 4 HAVING bool_or(came)
)
SELECT product, component, defect, sum(persons)::int AS persons, sum(mentions)::int AS mentions,
       sum(dated)::int AS dated, sum(CASE WHEN voice < 0 THEN persons ELSE 0 END)::int AS anonymous,
       sum(verified)::int AS verified, sum(incentivised)::int AS incentivised, sum(copies)::int AS copies,
       min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM said GROUP BY 1, 2, 3
"""
_ADD_CELLS = """
INSERT INTO defect_figure AS g (defect_id, lineage_id, persons, mentions, dated, persons_anonymous, persons_verified,
    persons_incentivised, copies, first_seen, last_seen, signal, evidence_needed)
SELECT d.defect_id, %(lineage)s, a.persons, a.mentions, a.dated, a.anonymous, a.verified, a.incentivised, a.copies,
       a.first_seen, a.last_seen, 'too_little_data', 0
FROM added a JOIN defect d USING (product, component, defect)
ON CONFLICT (defect_id) DO UPDATE SET persons = g.persons + excluded.persons, mentions = g.mentions + excluded.mentions,
    dated = g.dated + excluded.dated, persons_anonymous = g.persons_anonymous + excluded.persons_anonymous,
    persons_verified = g.persons_verified + excluded.persons_verified,
    persons_incentivised = g.persons_incentivised + excluded.persons_incentivised,
    copies = g.copies + excluded.copies, first_seen = least(g.first_seen, excluded.first_seen),
    last_seen = greatest(g.last_seen, excluded.last_seen)
"""
_NAME_CELLS = """
UPDATE defect_figure g SET component_name = n.spelling
FROM added a JOIN defect d USING (product, component, defect)
CROSS JOIN LATERAL (
    SELECT k.spelling FROM component_count k
    WHERE (k.product, k.defect, k.component) = (d.product, d.defect, d.component)
    ORDER BY k.mentions DESC, k.spelling LIMIT 1
) n
WHERE g.defect_id = d.defect_id AND g.component_name IS DISTINCT FROM n.spelling
"""
# The best five of what was quoted and what came are the best five of all: nothing that was counted is gone.
_ADD_QUOTES = f"""
WITH known AS (
    SELECT d.defect_id, q.mention_id, k.voice
    FROM added a JOIN defect d USING (product, component, defect) JOIN defect_quote q USING (defect_id)
    JOIN mention m USING (mention_id) JOIN revision r USING (revision_id)
    JOIN counted_feedback k ON k.feedback_id = r.feedback_id
), candidate AS (
    SELECT * FROM known
    UNION
    SELECT d.defect_id, m.mention_id, v.voice
    FROM fresh f JOIN voice v USING (feedback_id)
    JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
    JOIN defect d ON d.product = v.product AND d.component = m.cell AND d.defect = m.defect
), best AS ({RANKED})
INSERT INTO defect_quote AS q (defect_id, rank, mention_id)
SELECT defect_id, rank, mention_id FROM best WHERE rank <= %(quotes)s
ON CONFLICT (defect_id, rank) DO UPDATE SET mention_id = excluded.mention_id
WHERE q.mention_id <> excluded.mention_id
"""  # noqa: S608  no values
_TOUCHED = """
SELECT g.defect_id, g.persons, g.dated, g.first_seen, g.course, g.course_needed, e.first_seen
FROM added a JOIN defect d USING (product, component, defect) JOIN defect_figure g USING (defect_id)
JOIN product_figure e ON e.product = d.product
ORDER BY g.defect_id
"""
