"""Counts of defects in SQL, and the rows that deciding writes about them.

Everything is counted over the current revisions and one lineage. A *voice* is
what counts once: the person behind a feedback, or the feedback itself where
nobody is named; copies of one text share one voice (``collapse``). Here products
are counted as a whole; :mod:`storage.additions` adds what came since.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values

#: Quotes that stand for a defect.
QUOTES_PER_DEFECT: Final = 5


class CellRow(NamedTuple):
    """Counts of one product × component × defect type; ``months`` as (month, persons).

    Of the persons, ``anonymous`` are not named, ``verified`` have bought it for sure, as a source says,
    ``incentivised`` say that they got something for it, and ``settled`` named it in weeks that are closed, first at
    ``settled_since``. ``copies`` are feedback that counts for another.
    """

    product: str
    component: str
    defect: str
    persons: int
    mentions: int
    dated: int
    first_seen: datetime | None
    last_seen: datetime | None
    anonymous: int
    verified: int
    incentivised: int
    copies: int
    settled: int
    settled_since: datetime | None
    months: list[tuple[date, int]]


class ExposureRow(NamedTuple):
    """When a product was spoken of first, and persons by month up to the last closed week."""

    product: str
    first_seen: datetime | None
    months: list[tuple[date, int]]


class FigureRow(NamedTuple):
    """One decided defect, as written to ``defect_figure``; the columns of its view say what each figure means."""

    product: str
    component: str
    defect: str
    persons: int
    mentions: int
    dated: int
    signal: str
    first_seen: datetime | None
    last_seen: datetime | None
    evidence_needed: int
    rising_since: date | None
    rising_since_low: date | None
    rising_since_high: date | None
    rising_factor: float | None
    real: bool | None
    ic: float | None
    ic_low: float | None
    watch_observed: float | None
    watch_expected: float | None
    watch_window: int | None
    persons_anonymous: int
    persons_verified: int
    persons_incentivised: int
    copies: int
    persons_settled: int
    course: str | None
    course_needed: int


def count_defects(
    conn: Connection, lineage_id: int, closed: date | None
) -> tuple[list[CellRow], dict[str, ExposureRow]]:
    """Count the defect cells of the products in ``voice``, and keep who spoke of them.

    Args:
        conn: Connection; :func:`storage.part_names.write_aliases` ran in the same transaction.
        lineage_id: Lineage whose mentions count.
        closed: Monday of the last closed week.

    Returns:
        The cells, and the exposure by product.
    """
    with conn.cursor() as cursor:
        cursor.execute(_CELLS, (lineage_id,))
        cells = [CellRow._make((*row[:-1], _months(row[-1]))) for row in cursor]
        cursor.execute("DELETE FROM product_figure WHERE product IN (SELECT product FROM whole)")
        cursor.execute(_EXPOSURE, {"closed": closed})
        cursor.execute(_EXPOSURE_MONTHS)
        exposure = {row[0]: ExposureRow(row[0], row[1], _months(row[2])) for row in cursor}
    return cells, exposure


_CELLS = """
WITH hit AS (
    SELECT m.cell AS component, m.defect, v.*
    FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %s
), by_month AS (
    SELECT product, component, defect, month, count(DISTINCT voice) AS persons
    FROM hit WHERE settled AND month IS NOT NULL GROUP BY 1, 2, 3, 4
), series AS (
    SELECT product, component, defect, jsonb_agg(jsonb_build_array(month, persons) ORDER BY month) AS months
    FROM by_month GROUP BY 1, 2, 3
)
SELECT h.product, h.component, h.defect, count(DISTINCT h.voice)::int,
       count(*)::int, (count(DISTINCT h.voice) FILTER (WHERE h.created_at IS NOT NULL))::int,
       min(h.created_at), max(h.created_at),
       (count(DISTINCT h.voice) FILTER (WHERE h.voice < 0))::int,
       (count(DISTINCT h.voice) FILTER (WHERE h.verified))::int,
       (count(DISTINCT h.voice) FILTER (WHERE h.incentivised))::int,
       (count(DISTINCT h.feedback_id) FILTER (WHERE h.copy))::int,
       (count(DISTINCT h.voice) FILTER (WHERE h.settled))::int, min(h.created_at) FILTER (WHERE h.settled),
       s.months
FROM hit h
LEFT JOIN series s USING (product, component, defect)
GROUP BY h.product, h.component, h.defect, s.months
ORDER BY h.product, h.component, h.defect
"""

# Returns are netted within a month; a month of more returns than sales sold nothing.
_EXPOSURE = """
WITH sold AS (
    SELECT product, month, sum(units) AS net FROM sale
    WHERE known_until IS NULL AND product IN (SELECT product FROM voice) GROUP BY product, month
)
INSERT INTO product_figure (product, persons_exposed, reviews, exposed_star_only, exposed_anonymous, units_sold,
    return_months, first_seen, settled, closed_week)
SELECT v.product, count(DISTINCT v.voice), count(*),
       count(DISTINCT v.voice) - count(DISTINCT v.voice) FILTER (WHERE NOT v.star_only),
       count(DISTINCT v.voice) FILTER (WHERE v.voice < 0),
       (SELECT sum(greatest(net, 0)) FROM sold s WHERE s.product = v.product),
       (SELECT count(*) FILTER (WHERE net < 0) FROM sold s WHERE s.product = v.product),
       min(v.created_at), bool_or(v.closed), %(closed)s
FROM voice v GROUP BY v.product
"""
_EXPOSURE_MONTHS = """
WITH by_month AS (
    SELECT product, month, count(DISTINCT voice) AS persons
    FROM voice WHERE settled AND month IS NOT NULL GROUP BY 1, 2
), series AS (
    SELECT product, json_agg(json_build_array(month, persons) ORDER BY month) AS months FROM by_month GROUP BY 1
)
SELECT g.product, g.first_seen, s.months FROM product_figure g LEFT JOIN series s USING (product)
WHERE g.product IN (SELECT product FROM voice)
"""


def write_defects(conn: Connection, lineage_id: int, figures: Iterable[FigureRow]) -> int:
    """Replace the figures and quotes of some products' defects; cells that are gone lose theirs.

    Args:
        conn: Connection; :func:`count_defects` ran in the same transaction for the same products.
        lineage_id: Lineage the figures stand on.
        figures: The decided cells.

    Returns:
        Number of defects written.
    """
    rows = list(figures)
    with conn.cursor() as cursor:
        for table in ("defect_quote", "defect_figure"):
            cursor.execute(
                f"DELETE FROM {table} x USING defect d WHERE d.defect_id = x.defect_id"  # noqa: S608  our own names
                " AND d.product IN (SELECT product FROM whole)"
            )
        if not rows:
            return 0
        execute_values(
            cursor,
            "INSERT INTO defect (product, component, defect) VALUES %s ON CONFLICT DO NOTHING",
            [row[:3] for row in rows],
        )
        execute_values(cursor, _INSERT_FIGURES, [(lineage_id, *r) for r in rows], template=_FIGURE_TEMPLATE)
        cursor.execute(_INSERT_QUOTES, {"lineage": lineage_id, "quotes": QUOTES_PER_DEFECT})
    return len(rows)


_FIGURE_TEMPLATE = (
    "(%s::int, %s, %s, %s, %s::int, %s::int, %s::int, %s, %s::timestamptz, %s::timestamptz, %s::int, %s::date,"
    " %s::date, %s::date, %s::float8, %s::boolean, %s::float8, %s::float8, %s::float8, %s::float8, %s::int, %s::int,"
    " %s::int, %s::int, %s::int, %s::int, %s::text, %s::int)"
)
_FIGURES = ", ".join(FigureRow._fields[3:])
_INSERT_FIGURES = f"""
INSERT INTO defect_figure (defect_id, lineage_id, component_name, {_FIGURES})
SELECT d.defect_id, v.lineage_id,
       (SELECT k.spelling FROM component_count k
        WHERE (k.product, k.defect, k.component) = (d.product, d.defect, d.component)
        ORDER BY k.mentions DESC, k.spelling LIMIT 1), {_FIGURES}
FROM (VALUES %s) AS v (lineage_id, product, component, defect, {_FIGURES})
JOIN defect d USING (product, component, defect)
"""  # noqa: S608  no values
#: Ranks the mentions of the table ``candidate`` (defect_id, mention_id, voice). A quote from an unhappy review is
#: better evidence than one from a happy review, and one person speaks once. The best of the best and of more are the
#: best of all only if a person's own are put in the same order.
RANKED: Final = """
SELECT defect_id, mention_id,
       row_number() OVER (PARTITION BY defect_id ORDER BY confidence DESC, stars, words DESC, mention_id) AS rank
FROM (
    SELECT DISTINCT ON (c.defect_id, c.voice) c.defect_id, c.mention_id, m.confidence,
           coalesce(r.rating_1_5, 3) AS stars, m.evidence_end - m.evidence_start >= 15 AS words
    FROM candidate c JOIN mention m USING (mention_id) JOIN revision r ON r.revision_id = m.revision_id
    ORDER BY c.defect_id, c.voice, m.confidence DESC, stars, words DESC, c.mention_id
) m
"""
_INSERT_QUOTES = f"""
WITH candidate AS (
    SELECT d.defect_id, m.mention_id, v.voice
    FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
    JOIN defect d ON d.product = v.product AND d.component = m.cell AND d.defect = m.defect
), best AS ({RANKED})
INSERT INTO defect_quote (defect_id, rank, mention_id)
SELECT defect_id, rank, mention_id FROM best WHERE rank <= %(quotes)s
"""  # noqa: S608  no values


def _months(value: list[list[Any]] | None) -> list[tuple[date, int]]:
    return [(date.fromisoformat(month), persons) for month, persons in value or []]
