"""Counts of defects in SQL, and the rows that deciding writes about them.

Everything is counted over the current revisions and one lineage. A *voice* is
what counts once: the person behind a feedback, or the feedback itself where
nobody is named; copies of one text share one voice (``collapse``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values

from storage.remedy_offers import write_fixes
from storage.voices import make_voices

_QUOTES_PER_DEFECT = 5


class CellRow(NamedTuple):
    """Counts of one product × component × defect type; ``months`` as (month, persons).

    Of the persons, ``anonymous`` are not named, ``verified`` have bought it for sure, as a source says, and
    ``incentivised`` say that they got something for it. ``copies`` are feedback that counts for another.
    """

    product: str
    component: str
    component_name: str | None
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
    months: list[tuple[date, int]]


class ComponentRow(NamedTuple):
    """Mentions of one written name of a part, lower case."""

    product: str
    defect: str
    component: str
    mentions: int


class ExposureRow(NamedTuple):
    """Who spoke of a product: persons, feedback, and persons by month.

    Of the persons, ``star_only`` gave nothing but stars, ``anonymous`` are not named. ``units_sold`` is None where no
    sales were imported; ``return_months`` are months with more returns than sales, which count as none.
    """

    product: str
    persons: int
    reviews: int
    star_only: int
    anonymous: int
    units_sold: int | None
    return_months: int
    months: list[tuple[date, int]]


class FigureRow(NamedTuple):
    """One decided defect, as written to ``defect_figure``; the columns of its view say what each figure means."""

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
    closed_week: date | None
    exposed_star_only: int
    exposed_anonymous: int
    persons_anonymous: int
    persons_verified: int
    persons_incentivised: int
    copies: int
    units_sold: int | None
    return_months: int


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


_CELLS = """
WITH hit AS (
    SELECT m.cell AS component, m.component AS spelling, m.defect, v.*
    FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %s
), by_month AS (
    SELECT product, component, defect, month, count(DISTINCT voice) AS persons
    FROM hit WHERE month IS NOT NULL GROUP BY 1, 2, 3, 4
), series AS (
    SELECT product, component, defect, jsonb_agg(jsonb_build_array(month, persons) ORDER BY month) AS months
    FROM by_month GROUP BY 1, 2, 3
)
SELECT h.product, h.component, mode() WITHIN GROUP (ORDER BY h.spelling) FILTER (WHERE lower(h.spelling) = h.component),
       h.defect, count(DISTINCT h.voice)::int,
       count(*)::int, (count(DISTINCT h.voice) FILTER (WHERE h.created_at IS NOT NULL))::int,
       min(h.created_at), max(h.created_at),
       (count(DISTINCT h.voice) FILTER (WHERE h.voice < 0))::int,
       (count(DISTINCT h.voice) FILTER (WHERE h.verified))::int,
       (count(DISTINCT h.voice) FILTER (WHERE h.incentivised))::int,
       (count(DISTINCT h.feedback_id) FILTER (WHERE h.copy))::int,
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
SELECT v.product, count(DISTINCT v.voice)::int, count(*)::int,
       (count(DISTINCT v.voice) - count(DISTINCT v.voice) FILTER (WHERE NOT v.star_only))::int,
       (count(DISTINCT v.voice) FILTER (WHERE v.voice < 0))::int,
       (SELECT sum(greatest(net, 0)) FROM sold s WHERE s.product = v.product)::bigint,
       (SELECT count(*) FILTER (WHERE net < 0) FROM sold s WHERE s.product = v.product)::int,
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
            write_fixes(cursor, lineage_id, products)
            return 0
        execute_values(
            cursor,
            "INSERT INTO defect (product, component, defect) VALUES %s ON CONFLICT DO NOTHING",
            [(r.product, r.component, r.defect) for r in rows],
        )
        execute_values(cursor, _INSERT_FIGURES, [(lineage_id, *r) for r in rows], template=_FIGURE_TEMPLATE)
        cursor.execute(_INSERT_QUOTES, {"lineage": lineage_id, "quotes": _QUOTES_PER_DEFECT})
        write_fixes(cursor, lineage_id, products)
    return len(rows)


_FIGURE_TEMPLATE = (
    "(%s::int, %s, %s, %s::text, %s, %s::int, %s::int, %s::int, %s::int, %s::float8, %s::float8, %s::float8, %s,"
    " %s::timestamptz, %s::timestamptz, %s::int, %s::date, %s::date, %s::date, %s::float8, %s::boolean, %s::float8,"
    " %s::float8, %s::float8, %s::float8, %s::int, %s::date, %s::int, %s::int, %s::int, %s::int, %s::int, %s::int,"
    " %s::bigint, %s::int)"
)
_FIGURES = """component_name, persons, persons_exposed, mentions, reviews_of_product, rate, rate_low, rate_high, signal,
    first_seen, last_seen, evidence_needed, rising_since, rising_since_low, rising_since_high, rising_factor, real, ic,
    ic_low, watch_observed, watch_expected, watch_window, closed_week, exposed_star_only, exposed_anonymous,
    persons_anonymous, persons_verified, persons_incentivised, copies, units_sold, return_months"""
_INSERT_FIGURES = f"""
INSERT INTO defect_figure (defect_id, lineage_id, {_FIGURES})
SELECT d.defect_id, v.lineage_id, {_FIGURES}
FROM (VALUES %s) AS v (lineage_id, product, component, component_name, defect, {_FIGURES.partition(", ")[2]})
JOIN defect d USING (product, component, defect)
"""  # noqa: S608  no values
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


def _months(value: list[list[Any]] | None) -> list[tuple[date, int]]:
    return [(date.fromisoformat(month), persons) for month, persons in value or []]
