"""Counts of defects in SQL, and the rows that deciding writes about them.

Everything is counted over the current revisions and one lineage. A *voice* is
what counts once: the person behind a feedback, or the feedback itself where
nobody is named; copies of one text share the voice of a named copy, else of
the oldest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values

_QUOTES_PER_DEFECT = 5
#: Characters between a defect and the fix that is suggested for it.
_FIX_REACH = 200


class CellRow(NamedTuple):
    """Counts of one product × component × defect type; ``months`` as (month, persons)."""

    product: str
    component: str
    component_name: str | None
    defect: str
    persons: int
    mentions: int
    dated: int
    first_seen: datetime | None
    last_seen: datetime | None
    months: list[tuple[date, int]]


class ComponentRow(NamedTuple):
    """Mentions of one written name of a part, lower case."""

    product: str
    defect: str
    component: str
    mentions: int


class ExposureRow(NamedTuple):
    """Who spoke of a product: persons, feedback, and persons by month."""

    product: str
    persons: int
    reviews: int
    months: list[tuple[date, int]]


class FigureRow(NamedTuple):
    """One decided defect, as written to ``defect_figure``."""

    product: str
    component: str
    component_name: str | None
    defect: str
    persons: int
    persons_exposed: int
    mentions: int
    reviews_of_product: int
    rate: float
    rate_low: float
    rate_high: float
    signal: str
    first_seen: datetime | None
    last_seen: datetime | None
    evidence_needed: int


def count_components(conn: Connection, products: Sequence[str], lineage_id: int) -> list[ComponentRow]:
    """How many mentions each written name of a part has, by product and type of defect.

    Makes the temporary table ``voice``, which the other functions here read.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: Products to count.
        lineage_id: Lineage whose mentions count.
    """
    make_voices(conn, products)
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT v.product, m.defect, lower(m.component), count(*)::int"
            " FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %s"
            " WHERE m.component IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            (lineage_id,),
        )
        return [ComponentRow._make(row) for row in cursor]


def make_voices(conn: Connection, products: Sequence[str]) -> None:
    """Make the temporary table ``voice``: the current feedback of some products with whom it counts for.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: The products.
    """
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.voice")
        cursor.execute(_VOICES, (list(products),))
        cursor.execute("CREATE INDEX ON voice (revision_id)")
        cursor.execute("ANALYZE voice")


def write_aliases(conn: Connection, products: Sequence[str], aliases: Iterable[tuple[str, str, str, str]]) -> None:
    """Replace which names of parts are one.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: All products that were looked at.
        aliases: Rows of (product, defect, component, canonical), lower case.
    """
    rows = list(aliases)
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM component_alias WHERE product = ANY(%s)", (list(products),))
        if rows:
            execute_values(
                cursor, "INSERT INTO component_alias (product, defect, component, canonical) VALUES %s", rows
            )


def count_defects(conn: Connection, lineage_id: int) -> tuple[list[CellRow], dict[str, ExposureRow]]:
    """Count the defect cells and the exposure of the products in ``voice``.

    Args:
        conn: Connection; :func:`count_components` ran in the same transaction.
        lineage_id: Lineage whose mentions count.

    Returns:
        The cells, and the exposure by product.
    """
    with conn.cursor() as cursor:
        cursor.execute(_CELLS, (lineage_id,))
        cells = [CellRow._make((*row[:-1], _months(row[-1]))) for row in cursor]
        cursor.execute(_EXPOSURE)
        exposure = {row[0]: ExposureRow._make((*row[:-1], _months(row[-1]))) for row in cursor}
    return cells, exposure


_VOICES = """
CREATE TEMP TABLE voice ON COMMIT DROP AS
SELECT c.feedback_id, c.revision_id, c.product, c.created_at,
       date_trunc('month', c.created_at AT TIME ZONE 'UTC')::date AS month,
       CASE WHEN rep.feedback_id IS NOT NULL THEN coalesce(rep.person_id, -rep.feedback_id)
            ELSE coalesce(c.person_id, -c.feedback_id) END AS voice
FROM current_feedback c
LEFT JOIN LATERAL (
    SELECT g.feedback_id, g.person_id FROM current_feedback g
    WHERE g.copy_digest = c.copy_digest AND g.state <> 'deleted'
    ORDER BY g.person_id IS NULL, g.feedback_id LIMIT 1
) rep ON c.copy_digest IS NOT NULL
WHERE c.product = ANY(%s) AND c.state <> 'deleted'
"""

_CELLS = """
WITH hit AS (
    SELECT v.product, m.cell AS component, m.component AS spelling, m.defect, v.voice, v.created_at, v.month
    FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %s
), by_month AS (
    SELECT product, component, defect, month, count(DISTINCT voice) AS persons
    FROM hit WHERE month IS NOT NULL GROUP BY 1, 2, 3, 4
), series AS (
    SELECT product, component, defect, json_agg(json_build_array(month, persons) ORDER BY month) AS months
    FROM by_month GROUP BY 1, 2, 3
)
SELECT h.product, h.component, mode() WITHIN GROUP (ORDER BY h.spelling) FILTER (WHERE lower(h.spelling) = h.component),
       h.defect, count(DISTINCT h.voice)::int,
       count(*)::int, (count(DISTINCT h.voice) FILTER (WHERE h.created_at IS NOT NULL))::int,
       min(h.created_at), max(h.created_at),
       (SELECT s.months FROM series s
        WHERE s.product = h.product AND s.component = h.component AND s.defect = h.defect)
FROM hit h
GROUP BY h.product, h.component, h.defect
ORDER BY h.product, h.component, h.defect
"""

_EXPOSURE = """
SELECT v.product, count(DISTINCT v.voice)::int, count(*)::int,
       (SELECT json_agg(json_build_array(month, persons) ORDER BY month)
        FROM (SELECT month, count(DISTINCT voice) AS persons FROM voice x
              WHERE x.product = v.product AND month IS NOT NULL GROUP BY month) m)
FROM voice v GROUP BY v.product
"""


def write_defects(conn: Connection, products: Sequence[str], lineage_id: int, figures: Iterable[FigureRow]) -> int:
    """Replace the figures, quotes and suggested fixes of some products' defects.

    Args:
        conn: Connection; :func:`count_defects` ran in the same transaction for the same products.
        products: All products that were counted; cells of theirs that are gone lose their figures.
        lineage_id: Lineage the figures stand on.
        figures: The decided cells.

    Returns:
        Number of defects written.
    """
    rows = list(figures)
    with conn.cursor() as cursor:
        cursor.execute(
            "DELETE FROM defect_quote q USING defect d WHERE d.defect_id = q.defect_id AND d.product = ANY(%s)",
            (list(products),),
        )
        cursor.execute(
            "DELETE FROM defect_figure f USING defect d WHERE d.defect_id = f.defect_id AND d.product = ANY(%s)",
            (list(products),),
        )
        if not rows:
            return 0
        execute_values(
            cursor,
            "INSERT INTO defect (product, component, defect) VALUES %s ON CONFLICT DO NOTHING",
            [(r.product, r.component, r.defect) for r in rows],
        )
        execute_values(cursor, _INSERT_FIGURES, [(lineage_id, *r) for r in rows], template=_FIGURE_TEMPLATE)
        cursor.execute(_INSERT_QUOTES, {"lineage": lineage_id, "quotes": _QUOTES_PER_DEFECT})
        cursor.execute(_SET_FIXES, {"lineage": lineage_id, "products": list(products), "reach": _FIX_REACH})
    return len(rows)


_FIGURE_TEMPLATE = (
    "(%s::int, %s, %s, %s::text, %s, %s::int, %s::int, %s::int, %s::int, %s::float8, %s::float8, %s::float8, %s,"
    " %s::timestamptz, %s::timestamptz, %s::int)"
)
_INSERT_FIGURES = """
INSERT INTO defect_figure (defect_id, lineage_id, component_name, persons, persons_exposed, mentions,
    reviews_of_product, rate, rate_low, rate_high, signal, first_seen, last_seen, evidence_needed)
SELECT d.defect_id, v.lineage_id, v.component_name, v.persons, v.persons_exposed, v.mentions,
    v.reviews_of_product, v.rate, v.rate_low, v.rate_high, v.signal, v.first_seen, v.last_seen, v.evidence_needed
FROM (VALUES %s) AS v (lineage_id, product, component, component_name, defect, persons, persons_exposed, mentions,
    reviews_of_product, rate, rate_low, rate_high, signal, first_seen, last_seen, evidence_needed)
JOIN defect d ON d.product = v.product AND d.component = v.component AND d.defect = v.defect
"""
# A quote from an unhappy review is better evidence than one from a happy review, and one person speaks once.
_INSERT_QUOTES = """
INSERT INTO defect_quote (defect_id, rank, mention_id)
SELECT defect_id, rank, mention_id FROM (
    SELECT d.defect_id, m.mention_id,
           row_number() OVER (PARTITION BY d.defect_id ORDER BY m.confidence DESC, m.stars, m.words DESC, m.mention_id)
               AS rank
    FROM (
        SELECT DISTINCT ON (v.product, m.cell, m.defect, v.voice)
               v.product, m.cell AS component, m.defect, m.mention_id, m.confidence,
               coalesce(r.rating_1_5, 3) AS stars, m.evidence_end - m.evidence_start >= 15 AS words
        FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
        JOIN revision r ON r.revision_id = v.revision_id
        ORDER BY 1, 2, 3, v.voice, m.confidence DESC, m.mention_id
    ) m
    JOIN defect d ON d.product = m.product AND d.component = m.component AND d.defect = m.defect
) ranked WHERE rank <= %(quotes)s
"""
# A fix is suggested for a defect that it names itself, or that is told close before it in the same text.
_SET_FIXES = """
UPDATE defect_figure g SET fix_id = best.fix_id
FROM (
    SELECT DISTINCT ON (d.defect_id) d.defect_id, x.fix_id
    FROM voice v
    JOIN fix x ON x.revision_id = v.revision_id AND x.lineage_id = %(lineage)s
    JOIN revision r ON r.revision_id = v.revision_id
    JOIN defect d ON d.product = v.product
    JOIN defect_figure known ON known.defect_id = d.defect_id
    LEFT JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
        AND m.field = x.field AND m.defect = d.defect AND m.cell = d.component
        AND x.fix_end > m.evidence_start AND x.fix_start <= m.evidence_end + %(reach)s
    WHERE d.product = ANY(%(products)s)
      AND (m.mention_id IS NOT NULL OR (d.component <> '' AND position(d.component IN lower(substr(
           CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.fix_start + 1, x.fix_end - x.fix_start))) > 0))
    ORDER BY d.defect_id, m.mention_id IS NULL, greatest(x.fix_start - m.evidence_end, 0), x.fix_id
) best
WHERE g.defect_id = best.defect_id
"""


def _months(value: list[list[Any]] | None) -> list[tuple[date, int]]:
    return [(date.fromisoformat(month), persons) for month, persons in value or []]
