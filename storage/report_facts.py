"""What the report of defects counts of its own: who named a defect, who spoke of a product, and both over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


class ProductFacts(NamedTuple):
    """What is known of one product's feedback.

    Attributes:
        feedback: Feedback about the product, stars without a text included.
        persons: Distinct persons behind it; copies of one text count once.
        anonymous: Of these, those of whom no author is known; each is one feedback.
        stars_only: Feedback without a text.
        undated: Feedback without a date.
        by_month: Feedback of which only the month is known.
        first: Time of the oldest.
        last: Time of the newest.
        first_month: Of the oldest only the month is known.
        last_month: Of the newest only the month is known.
        portals: Source, account (empty where the source is one portal) and persons, the largest first.
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
    first_month: bool
    last_month: bool
    portals: list[tuple[str, str, int]]
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
        first_month: Of the oldest naming only the month is known.
        last_month: Of the newest naming only the month is known.
        portals: Source, account (empty where the source is one portal) and persons, the largest first.
    """

    defect_id: int
    persons: int
    verified: int
    unverified: int
    anonymous: int
    incentivised: int
    undated: int
    by_month: int
    first_month: bool
    last_month: bool
    portals: list[tuple[str, str, int]]


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
SELECT d.defect_id, v.voice, v.source, f.account, v.week, v.month, v.created_at, f.created_precision,
       f.verified_purchase, f.author_id, a.incentivised_field IS NOT NULL AS incentivised
FROM voice v
JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
JOIN defect d ON d.product = v.product AND d.component = m.cell AND d.defect = m.defect
JOIN feedback f ON f.feedback_id = v.feedback_id
JOIN analysis a ON a.revision_id = v.revision_id AND a.lineage_id = m.lineage_id
WHERE d.defect_id = ANY(%(defects)s)
"""


def defect_facts(conn: Connection, several: Sequence[str] = ()) -> list[DefectFacts]:
    """Who named the defects in ``said``.

    Args:
        conn: Connection; :func:`make_said` ran in the same transaction.
        several: Sources in which each account is a portal.
    """
    with conn.cursor() as cursor:
        cursor.execute(_DEFECT_FACTS, {"several": list(several)})
        return [DefectFacts._make((*row[:-1], _portals(row[-1]))) for row in cursor]


_DEFECT_FACTS = """
WITH one AS (
    SELECT defect_id, voice, bool_or(verified_purchase = 'yes') AS verified,
           bool_or(verified_purchase = 'no') AS unverified, bool_and(author_id IS NULL) AS anonymous,
           bool_or(incentivised) AS incentivised, bool_and(created_at IS NULL) AS undated,
           bool_and(created_precision = 'month') AS by_month
    FROM said GROUP BY 1, 2
), portal AS (
    SELECT defect_id,
           jsonb_agg(jsonb_build_array(source, account, persons) ORDER BY persons DESC, source, account) AS portals
    FROM (SELECT defect_id, source, CASE WHEN source = ANY(%(several)s) THEN account ELSE '' END AS account,
                 count(DISTINCT voice) AS persons FROM said GROUP BY 1, 2, 3) s GROUP BY 1
), ends AS (
    SELECT defect_id, (array_agg(created_precision ORDER BY created_at))[1] = 'month' AS first_month,
           (array_agg(created_precision ORDER BY created_at DESC))[1] = 'month' AS last_month
    FROM said WHERE created_at IS NOT NULL GROUP BY 1
)
SELECT defect_id, count(*)::int, count(*) FILTER (WHERE verified)::int,
       count(*) FILTER (WHERE unverified AND NOT verified)::int, count(*) FILTER (WHERE anonymous)::int,
       count(*) FILTER (WHERE incentivised)::int, count(*) FILTER (WHERE undated)::int,
       count(*) FILTER (WHERE by_month)::int, coalesce(e.first_month, false), coalesce(e.last_month, false), p.portals
FROM one JOIN portal p USING (defect_id) LEFT JOIN ends e USING (defect_id)
GROUP BY defect_id, e.first_month, e.last_month, p.portals ORDER BY defect_id
"""


def product_facts(conn: Connection, several: Sequence[str] = ()) -> list[ProductFacts]:
    """What is known of the feedback about the products in ``voice``.

    Args:
        conn: Connection; ``voice`` was made in the same transaction.
        several: Sources in which each account is a portal.
    """
    with conn.cursor() as cursor:
        cursor.execute(_PRODUCT_FACTS, {"several": list(several)})
        return [ProductFacts._make((*row[:-2], _portals(row[-2]), row[-1])) for row in cursor]


_PRODUCT_FACTS = """
WITH one AS (
    SELECT v.product, count(*)::int AS feedback, count(DISTINCT v.voice)::int AS persons,
           (count(DISTINCT v.voice) FILTER (WHERE f.author_id IS NULL))::int AS anonymous,
           (count(*) FILTER (WHERE coalesce(r.text, r.title) IS NULL))::int AS stars_only,
           (count(*) FILTER (WHERE v.created_at IS NULL))::int AS undated,
           (count(*) FILTER (WHERE f.created_precision = 'month'))::int AS by_month,
           min(v.created_at) AS first, max(v.created_at) AS last,
           coalesce((array_agg(f.created_precision ORDER BY v.created_at))[1] = 'month', false) AS first_month,
           coalesce((array_agg(f.created_precision ORDER BY v.created_at DESC NULLS LAST))[1] = 'month', false)
               AS last_month
    FROM voice v JOIN feedback f USING (feedback_id) JOIN revision r ON r.revision_id = v.revision_id GROUP BY 1
), portal AS (
    SELECT product,
           jsonb_agg(jsonb_build_array(source, account, persons) ORDER BY persons DESC, source, account) AS portals
    FROM (SELECT v.product, v.source, CASE WHEN v.source = ANY(%(several)s) THEN f.account ELSE '' END AS account,
                 count(DISTINCT v.voice) AS persons FROM voice v JOIN feedback f USING (feedback_id) GROUP BY 1, 2, 3) s
    GROUP BY 1
)
SELECT o.product, p.name, o.feedback, o.persons, o.anonymous, o.stars_only, o.undated, o.by_month, o.first, o.last,
       o.first_month, o.last_month, s.portals,
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


def _portals(value: Any) -> list[tuple[str, str, int]]:
    return [(source, account, count) for source, account, count in value or []]
