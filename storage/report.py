"""What the report of defects shows, in a few queries over whole sets.

Figures and quotes come from what was decided, and quotes through the masked views; what the report adds, shares and
counts over time, is counted here over the same voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor

#: Characters of the text around a quote.
_AROUND = 110
#: Persons from which a defect is shown although its history is too short to be judged.
_MANY = 10


class ProductFacts(NamedTuple):
    """What is known of one product's feedback.

    Attributes:
        feedback: Feedback about the product, stars without a text included.
        persons: Distinct persons behind it; copies of one text count once.
        anonymous: Of these, those of whom no author is known; each is one feedback.
        stars_only: Feedback without a text.
        undated: Feedback without a date.
        by_month: Feedback of which only the month is known.
        sources: Persons by source, the largest first.
        siblings: Other products of its group.
    """

    product: str
    name: str
    feedback: int
    persons: int
    anonymous: int
    stars_only: int
    undated: int
    by_month: int
    first: datetime | None
    last: datetime | None
    sources: list[tuple[str, int]]
    siblings: int


class DefectFacts(NamedTuple):
    """What is known of the persons who named one defect.

    Attributes:
        persons: Distinct persons.
        verified: Of these, those whose purchase the source confirms.
        unverified: Those of whom the source says that there was none; of the others nothing is said.
        anonymous: Those of whom no author is known.
        incentivised: Those who say that they got something for it.
        undated: Those who named it without a date only.
        by_month: Those of whom only the month is known.
        sources: Persons by source, the largest first.
    """

    defect_id: int
    persons: int
    verified: int
    unverified: int
    anonymous: int
    incentivised: int
    undated: int
    by_month: int
    sources: list[tuple[str, int]]


class CountRow(NamedTuple):
    """Distinct persons of one week, by its Monday, or month: of a defect, or of a product."""

    key: str
    start: date
    persons: int


class Series(NamedTuple):
    """Counts over time; a week is known only where the day is."""

    defect_weeks: list[CountRow]
    defect_months: list[CountRow]
    product_weeks: list[CountRow]
    product_months: list[CountRow]


def count_signals(conn: Connection, product: str | None) -> dict[str, int]:
    """How many defects have each signal.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only this product; None for all.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT signal, count(*)::int FROM lists.defects WHERE %(product)s::text IS NULL OR product = %(product)s"
            " GROUP BY 1",
            {"product": product},
        )
        return dict(cursor.fetchall())


def leading_defects(conn: Connection, product: str | None, limit: int) -> list[dict[str, Any]]:
    """The defects that a reader should see first.

    Rising, new and falling ones, then the rest; among equals those with a published remedy, safety, then what sibling
    products have more rarely, then by persons.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only this product; None for all.
        limit: At most so many. Defects with too few persons to say anything are left out.

    Returns:
        Rows of ``lists.defects``, and ``cell``, the name of the part that counts.
    """
    rows = _dicts(conn, _LEADING, {"product": product, "limit": limit, "many": _MANY})
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT 'D' || defect_id, component FROM defect WHERE defect_id = ANY(%s)",
            ([int(row["defect_id"][1:]) for row in rows],),
        )
        cells = dict(cursor.fetchall())
    return [{**row, "cell": cells[row["defect_id"]]} for row in rows]


_LEADING = """
SELECT * FROM lists.defects
WHERE (%(product)s::text IS NULL OR product = %(product)s)
  AND (signal <> 'too_little_data' OR persons >= %(many)s
       OR defect_id IN (SELECT r.defect_id FROM lists.remedies r WHERE r.state = 'published'))
ORDER BY array_position(ARRAY['rising', 'new', 'falling'], signal),
         defect_id IN (SELECT r.defect_id FROM lists.remedies r WHERE r.state = 'published') DESC,
         defect = 'safety' DESC, real IS TRUE DESC,
         persons DESC, rate_low DESC, length(defect_id), defect_id
LIMIT %(limit)s
"""


def remedies_of(conn: Connection, defects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The remedy of each defect that is furthest: published, approved, a draft; of several the oldest.

    Args:
        conn: Connection that may read the schema ``lists``.
        defects: Defects of ``lists.defects``.

    Returns:
        Rows of ``lists.remedies`` by defect; a withdrawn remedy is none.
    """
    rows = _dicts(
        conn,
        "SELECT DISTINCT ON (defect_id) * FROM lists.remedies WHERE defect_id = ANY(%(defects)s)"
        " AND state <> 'withdrawn'"
        " ORDER BY defect_id, array_position(ARRAY['published', 'approved', 'draft'], state),"
        " published_on, created_at, remedy_id",
        {"defects": list(defects)},
    )
    return {row["defect_id"]: row for row in rows}


def quotes_in_context(conn: Connection, defects: Sequence[int], each: int) -> list[dict[str, Any]]:
    """The best quotes of some defects with a little of the text around them, personal data masked.

    Args:
        conn: Connection of the pipeline.
        defects: Numbers of the defects.
        each: At most so many for each.

    Returns:
        Mappings with defect_id, text, ahead, behind (the text around it, empty where the text is gone), feedback_id,
        url, source, created_at, created_precision, rating, verified_purchase; by defect, the surest first.
    """
    return _dicts(conn, _QUOTES, {"defects": list(defects), "each": each, "around": _AROUND})


_QUOTES = """
SELECT q.defect_id, lists.quote(x.body, m.evidence_start, m.evidence_end, r.state) AS text,
       CASE WHEN x.gone THEN '' ELSE lists.quote(x.body, greatest(m.evidence_start - %(around)s, 0), m.evidence_start,
                                                 r.state) END AS ahead,
       CASE WHEN x.gone THEN '' ELSE lists.quote(x.body, m.evidence_end, m.evidence_end + %(around)s, r.state) END
           AS behind,
       m.evidence_start > %(around)s AS cut_ahead, length(x.body) > m.evidence_end + %(around)s AS cut_behind,
       'F' || f.feedback_id AS feedback_id, f.url, f.source, f.created_at, f.created_precision,
       r.rating_1_5 AS rating, f.verified_purchase
FROM defect_quote q
JOIN mention m USING (mention_id)
JOIN masked_revision r ON r.revision_id = m.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id
CROSS JOIN LATERAL (
    SELECT CASE m.field WHEN 'title' THEN r.title ELSE r.text END AS body,
           r.state = 'deleted' OR CASE m.field WHEN 'title' THEN r.title ELSE r.text END IS NULL AS gone
) x
WHERE q.defect_id = ANY(%(defects)s) AND q.rank <= %(each)s
ORDER BY q.defect_id, q.rank
"""


def make_said(conn: Connection, defects: Sequence[int], lineage_id: int) -> None:
    """Make the temporary table ``said``: each naming of some defects, with whom it counts for.

    Args:
        conn: Connection; ``voice`` was made in the same transaction for the products of the defects.
        defects: Numbers of the defects.
        lineage_id: Lineage whose mentions count.
    """
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.said")
        cursor.execute(_SAID, {"defects": list(defects), "lineage": lineage_id})


_SAID = """
CREATE TEMP TABLE said ON COMMIT DROP AS
SELECT d.defect_id, v.voice, v.source, v.week, v.month, v.created_at, f.created_precision, f.verified_purchase,
       f.author_id, a.incentivised_field IS NOT NULL AS incentivised
FROM voice v
JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
JOIN defect d ON d.product = v.product AND d.component = m.cell AND d.defect = m.defect
JOIN feedback f ON f.feedback_id = v.feedback_id
JOIN analysis a ON a.revision_id = v.revision_id AND a.lineage_id = m.lineage_id
WHERE d.defect_id = ANY(%(defects)s)
"""


def defect_facts(conn: Connection) -> list[DefectFacts]:
    """Who named the defects in ``said``."""
    with conn.cursor() as cursor:
        cursor.execute(_DEFECT_FACTS)
        return [DefectFacts._make((*row[:-1], _pairs(row[-1]))) for row in cursor]


_DEFECT_FACTS = """
WITH one AS (
    SELECT defect_id, voice, bool_or(verified_purchase = 'yes') AS verified,
           bool_or(verified_purchase = 'no') AS unverified, bool_and(author_id IS NULL) AS anonymous,
           bool_or(incentivised) AS incentivised, bool_and(created_at IS NULL) AS undated,
           bool_and(created_precision = 'month') AS by_month
    FROM said GROUP BY 1, 2
), portal AS (
    SELECT defect_id, jsonb_agg(jsonb_build_array(source, persons) ORDER BY persons DESC, source) AS sources
    FROM (SELECT defect_id, source, count(DISTINCT voice) AS persons FROM said GROUP BY 1, 2) s GROUP BY 1
)
SELECT defect_id, count(*)::int, count(*) FILTER (WHERE verified)::int,
       count(*) FILTER (WHERE unverified AND NOT verified)::int, count(*) FILTER (WHERE anonymous)::int,
       count(*) FILTER (WHERE incentivised)::int, count(*) FILTER (WHERE undated)::int,
       count(*) FILTER (WHERE by_month)::int, p.sources
FROM one JOIN portal p USING (defect_id) GROUP BY defect_id, p.sources ORDER BY defect_id
"""


def product_facts(conn: Connection) -> list[ProductFacts]:
    """What is known of the feedback about the products in ``voice``."""
    with conn.cursor() as cursor:
        cursor.execute(_PRODUCT_FACTS)
        return [ProductFacts._make((*row[:-2], _pairs(row[-2]), row[-1])) for row in cursor]


_PRODUCT_FACTS = """
WITH one AS (
    SELECT v.product, count(*)::int AS feedback, count(DISTINCT v.voice)::int AS persons,
           (count(DISTINCT v.voice) FILTER (WHERE f.author_id IS NULL))::int AS anonymous,
           (count(*) FILTER (WHERE coalesce(r.text, r.title) IS NULL))::int AS stars_only,
           (count(*) FILTER (WHERE v.created_at IS NULL))::int AS undated,
           (count(*) FILTER (WHERE f.created_precision = 'month'))::int AS by_month,
           min(v.created_at) AS first, max(v.created_at) AS last
    FROM voice v JOIN feedback f USING (feedback_id) JOIN revision r ON r.revision_id = v.revision_id GROUP BY 1
), portal AS (
    SELECT product, jsonb_agg(jsonb_build_array(source, persons) ORDER BY persons DESC, source) AS sources
    FROM (SELECT product, source, count(DISTINCT voice) AS persons FROM voice GROUP BY 1, 2) s GROUP BY 1
)
SELECT o.product, p.name, o.feedback, o.persons, o.anonymous, o.stars_only, o.undated, o.by_month, o.first, o.last,
       s.sources,
       (SELECT count(*)::int FROM product x WHERE x.product_group = p.product_group AND x.product <> p.product)
FROM one o JOIN product p USING (product) JOIN portal s USING (product) ORDER BY o.persons DESC, o.product
"""


def count_series(conn: Connection, first: date) -> Series:
    """Distinct persons by week and by month, of the defects in ``said`` and of the products in ``voice``.

    Args:
        conn: Connection; :func:`make_said` ran in the same transaction.
        first: Earlier weeks and months are left out.
    """
    found = []
    with conn.cursor() as cursor:
        for table, key in (("said", "'D' || defect_id"), ("voice", "product")):
            for period in ("week", "month"):
                cursor.execute(
                    f"SELECT {key}, {period}, count(DISTINCT voice)::int FROM {table}"  # noqa: S608  no values
                    f" WHERE {period} >= %s GROUP BY 1, 2 ORDER BY 1, 2",
                    (first,),
                )
                found.append([CountRow._make(row) for row in cursor])
    return Series(*found)


def knows_product(conn: Connection, product: str) -> bool:
    """Whether there is such a product."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT 1 FROM product WHERE product = %s", (product,))
        return cursor.fetchone() is not None


def _pairs(value: Any) -> list[tuple[str, int]]:
    return [(name, count) for name, count in value or []]


def _dicts(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
