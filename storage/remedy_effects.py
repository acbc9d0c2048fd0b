"""What came of remedies: where they are published, the figures of their effect, and who came back content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from psycopg2.extras import execute_values

from storage.connect import Connection


class PublicationRow(NamedTuple):
    """A remedy that is published on a channel, with the names of the defect that it counts for now."""

    remedy_id: int
    product: str
    component: str
    defect: str
    channel: str
    published_on: date


class EffectRow(NamedTuple):
    """One row of ``remedy_effect``; the columns of its view say what each figure means."""

    remedy_id: int
    part: int
    channels: list[str]
    first_week: date
    last_week: date
    weeks: int
    observed: float
    expected: float
    expected_low: float
    expected_high: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: str
    weeks_needed: int
    level_since: date | None


def publications(conn: Connection, products: Sequence[str]) -> list[PublicationRow]:
    """Where the remedies of some products are published now, by remedy and day."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT c.remedy_id, c.product, c.component, c.defect, p.channel, p.published_on"
            " FROM remedy_cell c JOIN remedy_publication p USING (remedy_id)"
            " WHERE c.product = ANY(%s) AND p.ended_on IS NULL ORDER BY c.remedy_id, p.published_on, p.channel",
            (list(products),),
        )
        return [PublicationRow._make(row) for row in cursor]


def write_effects(conn: Connection, products: Sequence[str], rows: Iterable[EffectRow]) -> int:
    """Replace the effects of the remedies of some products; returns how many rows there are."""
    written = list(rows)
    with conn.cursor() as cursor:
        cursor.execute(
            "DELETE FROM remedy_effect w USING remedy y WHERE y.remedy_id = w.remedy_id AND y.product = ANY(%s)",
            (list(products),),
        )
        if written:
            columns = ", ".join(EffectRow._fields)
            execute_values(cursor, f"INSERT INTO remedy_effect ({columns}) VALUES %s", written)  # noqa: S608  no values
    return len(written)


def write_returns(conn: Connection, products: Sequence[str], lineage_id: int) -> None:
    """Replace the persons who named a defect and were content after its remedy was published.

    Content is who later praises the product by words that the analysis is sure of, or gives four stars or more, and
    does not name the defect again; who changes a complaint into such a review counts too. One row a person, the oldest
    words first.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: The products.
        lineage_id: Lineage whose analyses count.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "DELETE FROM remedy_return t USING remedy y WHERE y.remedy_id = t.remedy_id AND y.product = ANY(%s)",
            (list(products),),
        )
        cursor.execute(_RETURNS, {"products": list(products), "lineage": lineage_id})


_RETURNS: Final = """
WITH published AS (
    SELECT c.remedy_id, c.product, c.component, c.defect,
           min(p.published_on)::timestamp AT TIME ZONE 'UTC' AS since
    FROM remedy_cell c JOIN remedy_publication p USING (remedy_id)
    WHERE c.product = ANY(%(products)s) AND p.ended_on IS NULL GROUP BY 1, 2, 3, 4
), complained AS (
    -- Also in a revision that was replaced since: whoever changed a complaint has made it all the same.
    SELECT p.remedy_id, a.person_id, min(coalesce(f.created_at, p.since)) AS at
    FROM published p
    JOIN defect_mention m ON (m.product, m.cell, m.defect) = (p.product, p.component, p.defect)
        AND m.lineage_id = %(lineage)s
    JOIN revision r USING (revision_id)
    JOIN feedback f ON f.feedback_id = r.feedback_id
    JOIN author a ON a.author_id = f.author_id
    WHERE a.person_id IS NOT NULL GROUP BY 1, 2
), content AS (
    SELECT DISTINCT ON (p.remedy_id, g.person_id) p.remedy_id, c.revision_id, told.at
    FROM published p
    JOIN complained g USING (remedy_id)
    JOIN current_feedback c ON c.product = p.product AND c.person_id = g.person_id AND c.state <> 'deleted'
        AND NOT EXISTS (SELECT FROM collapse k JOIN feedback f ON f.feedback_id = k.counts_as
                        LEFT JOIN author o ON o.author_id = f.author_id
                        WHERE k.feedback_id = c.feedback_id AND o.person_id IS DISTINCT FROM g.person_id)
    CROSS JOIN LATERAL (SELECT CASE WHEN c.revision_number > 1 THEN c.collected_at ELSE c.created_at END AS at) told
    LEFT JOIN analysis a ON a.revision_id = c.revision_id AND a.lineage_id = %(lineage)s
    WHERE told.at >= p.since AND told.at > g.at
      AND ((a.sentiment = 'positive' AND NOT a.abstained) OR c.rating_1_5 >= 4)
      AND a.sentiment IS DISTINCT FROM 'negative'
      AND NOT EXISTS (SELECT FROM defect_mention m WHERE m.revision_id = c.revision_id
                      AND m.lineage_id = %(lineage)s AND (m.cell, m.defect) = (p.component, p.defect))
    ORDER BY p.remedy_id, g.person_id, told.at, c.revision_id
)
INSERT INTO remedy_return (remedy_id, rank, revision_id, field, quote_start, quote_end)
SELECT n.remedy_id, row_number() OVER (PARTITION BY n.remedy_id ORDER BY n.at, n.revision_id), n.revision_id,
       q.field, q.evidence_start, q.evidence_end
FROM content n
LEFT JOIN LATERAL (
    SELECT m.field, m.evidence_start, m.evidence_end FROM mention m
    WHERE m.revision_id = n.revision_id AND m.lineage_id = %(lineage)s AND m.polarity = 'pos'
    ORDER BY m.confidence DESC, m.mention_id LIMIT 1
) q ON true
"""
